//! What a verifier of manifests is told on the command line.

use std::path::{Path, PathBuf};

use ca2a_core::{
    ErrorCode, EvaluationTime, Sha256, VerifyingKey,
    json::{self, NumberPolicy, Reader},
};
use ca2a_manifest::{
    Context, KeyIssuers, Manifest, ManifestError, Mode, PrincipalKeys, RevocationList, TrustAnchors, Verifier,
};

use crate::{failure::Failure, number::Integer, session::Session};

/// Keys, lists and demands.
#[derive(Debug, clap::Args)]
pub(crate) struct Trust {
    /// The manifest: JSON of version 0.1, or an envelope of version 0.2
    #[arg(long, value_name = "FILE")]
    manifest: PathBuf,
    /// The keys of principals who may delegate: an object of base64url by principal
    #[arg(long, value_name = "FILE")]
    delegation_keys: Option<PathBuf>,
    /// The keys of people who may approve: an object of base64url by approver
    #[arg(long, value_name = "FILE")]
    approver_keys: Option<PathBuf>,
    /// The manifests that were taken back, one record a line
    #[arg(long, value_name = "FILE")]
    revocations: Option<PathBuf>,
    /// The key that signed every record of that list, 64 lower-case hex characters
    #[arg(long, value_name = "HEX", requires = "revocations", value_parser = VerifyingKey::from_hex)]
    revocation_key: Option<VerifyingKey>,
    /// What runs, what was appraised and what is demanded, under the names of the Python package; without it only
    /// signature and identity are
    #[arg(long, value_name = "FILE")]
    context: Option<PathBuf>,
    /// A principal that may stand below the root of a chain; may be given several times
    #[arg(long = "expected-delegate", value_name = "ID")]
    expected_delegates: Vec<String>,
    /// The digest of a manifest that people saw when they approved, 64 lower-case hex characters; may be given several times
    #[arg(long = "approved-digest", value_name = "HEX", value_parser = Sha256::from_hex)]
    approved_digests: Vec<Sha256>,
    /// Follow another implementation where it is laxer and that is safe: `agent-manifest-0.15`
    #[arg(long, value_name = "NAME")]
    compat: Option<Mode>,
    /// Judge as of this Unix time; it reads no clock then
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    at_time: Option<Integer>,
}

/// Everything that a verdict needs.
pub(crate) struct Asked {
    pub(crate) manifest: Manifest,
    pub(crate) verifier: Verifier,
    pub(crate) context: Context,
    pub(crate) at: EvaluationTime,
}

impl Trust {
    pub(crate) fn ask(&self, anchor: Option<&Path>, session: &mut Session<'_, '_>) -> Result<Asked, Failure> {
        let at = match self.at_time {
            Some(then) => EvaluationTime::At(then.uint("--at-time")?),
            None => EvaluationTime::Live(session.clock.now()),
        };
        let config = |what: &str, path: &Path| session.document(what, path, ErrorCode::ConfigError);
        let anchors = match anchor {
            Some(path) => {
                TrustAnchors::read(&config("trust anchor", path)?).map_err(|error| unread(&error))?
            }
            None => TrustAnchors::new(),
        };
        let keys = |what: &str, path: Option<&PathBuf>| match path {
            Some(path) => PrincipalKeys::read(&config(what, path)?).map_err(|error| unread(&error)),
            None => Ok(PrincipalKeys::new()),
        };
        let mut verifier = Verifier::new(anchors)
            .delegation_keys(keys("delegation keys", self.delegation_keys.as_ref())?)
            .approver_keys(keys("approver keys", self.approver_keys.as_ref())?)
            .mode(self.compat.unwrap_or_default());
        if !self.expected_delegates.is_empty() {
            verifier = verifier.expected_delegates(self.expected_delegates.clone());
        }
        if !self.approved_digests.is_empty() {
            verifier = verifier.approved_digests(self.approved_digests.iter().copied());
        }
        let mut context = Context::identity_only();
        if let Some(path) = &self.context {
            let bytes = config("context", path)?;
            context = Context::read(&bytes).map_err(|error| unread(&error))?;
            if let Some(issuers) = issuers(&bytes)? {
                verifier = verifier.key_issuers(issuers);
            }
        }
        if let Some(path) = &self.revocations {
            verifier = verifier.revocations(self.list(path, session)?);
        }
        let bytes = session.document("manifest", &self.manifest, ErrorCode::ManifestInvalid)?;
        let manifest = Manifest::read(&bytes).map_err(|error| unread(&error))?;
        Ok(Asked { manifest, verifier, context, at })
    }

    fn list(&self, path: &Path, session: &mut Session<'_, '_>) -> Result<RevocationList, Failure> {
        let bytes = session.document("revocations", path, ErrorCode::ManifestRevocationsInvalid)?;
        let list = match &self.revocation_key {
            Some(key) => RevocationList::read(&bytes, key),
            None => {
                session
                    .remark("note: without --revocation-key nobody knows who wrote the list of revocations");
                RevocationList::read_unsigned(&bytes)
            }
        };
        list.map_err(|error| Failure::new(error.code(), format!("{}: {error}", path.display())))
    }
}

/// For whom keys may sign, where the context says so.
fn issuers(context: &[u8]) -> Result<Option<KeyIssuers>, Failure> {
    let node = Reader::new(NumberPolicy::Lexical).read(context);
    let node = node.map_err(|error| Failure::new(ErrorCode::ConfigError, error.to_string()))?;
    let map = node.as_object().and_then(|object| object.optional("trusted_key_issuers"));
    match map.map(json::Node::as_object) {
        None => Ok(None),
        Some(Some(map)) => KeyIssuers::from_map(map).map(Some).map_err(|error| unread(&error)),
        Some(None) => Err(Failure::new(ErrorCode::ConfigError, "`trusted_key_issuers` must be an object")),
    }
}

/// A document that is none, with the result that the format has for it.
pub(crate) fn unread(error: &ManifestError) -> Failure {
    Failure::new(error.code(), error.to_string()).member("result", error.outcome().as_str())
}
