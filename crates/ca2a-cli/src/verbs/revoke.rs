//! `ca2a revoke`: take a grant back.

use std::path::{Path, PathBuf};

use ca2a_core::{
    CredentialDigest, ErrorCode,
    json::{Node, Object, to_pretty},
};
use ca2a_delegation::{Chain, RevocationSnapshot, revoke};

use crate::{
    answer::Answer,
    failure::Failure,
    fs::Placement,
    key_file,
    page::{Line, Page},
    render::{counted, time},
    session::{Session, unwritten},
};

/// Revoke a credential: add a signed statement to a snapshot, which is made if it is not there
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The private key of the credential's issuer, or of an issuer above it
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The chain that holds the credential
    #[arg(long, value_name = "FILE", required_unless_present = "digest", conflicts_with = "digest")]
    chain: Option<PathBuf>,
    /// Which hop of the chain to revoke, the root's being 0; the last one unless given
    #[arg(long, value_name = "N", requires = "chain")]
    hop: Option<usize>,
    /// The credential by its digest, `sha256:` and 64 hex characters
    #[arg(long, value_name = "DIGEST")]
    digest: Option<String>,
    /// The snapshot to add to
    #[arg(long, value_name = "FILE")]
    snapshot: PathBuf,
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let key = key_file::load(session.fs, &self.key)?;
        let now = session.clock.now();
        let digest = match (&self.digest, &self.chain) {
            (Some(digest), _) => {
                digest.parse().map_err(|error| Failure::argument(format!("`--digest`: {error}")))?
            }
            (None, Some(chain)) => self.named(chain, &key.verifying_key(), session)?,
            (None, None) => return Err(Failure::argument("name a credential with --chain or --digest")),
        };
        let statement = revoke(&key, digest, now)?;
        let before = existing(&self.snapshot, session)?;
        let statements = before.map(|snapshot| snapshot.statements().to_vec()).unwrap_or_default();
        let again =
            statements.iter().any(|old| old.revoked() == digest && old.revoker() == statement.revoker());
        let added = (!again).then_some(statement);
        let snapshot = RevocationSnapshot::new(now, statements.into_iter().chain(added))?;
        let mut text = to_pretty(&snapshot.to_node());
        text.push('\n');
        let placement = Placement { replace: true, private: false };
        let written = session.fs.write(&self.snapshot, text.as_bytes(), placement);
        written.map_err(|error| unwritten(&self.snapshot, &error))?;

        let count = snapshot.statements().len();
        let place = self.snapshot.display().to_string();
        let json = Object::from([
            ("revoked", Node::from(digest.to_string())),
            ("revoker", key.verifying_key().to_hex().into()),
            ("snapshot_file", place.clone().into()),
            ("as_of", now.into()),
            ("revocations", count.into()),
        ]);
        let heading = if again { "this key had revoked it already" } else { "revoked" };
        let page = Page::new()
            .line(Line::new().tick().strong(heading))
            .blank()
            .fact("credential", Line::new().name(digest.to_string()))
            .fact(
                "snapshot",
                Line::from(place).faint(format!(
                    "  {} as of {}",
                    counted(count, "statement"),
                    time::utc(now)
                )),
            )
            .fact(
                "next",
                "hand the snapshot to every verifier: there, --revocations or the key `ca2a.revocation`",
            );
        Ok(Answer::new(json, page))
    }

    /// The digest of the hop that the flags name, and a word of warning where the statement would not count.
    fn named(
        &self,
        path: &Path,
        revoker: &ca2a_core::VerifyingKey,
        session: &mut Session<'_, '_>,
    ) -> Result<CredentialDigest, Failure> {
        let bytes = session.document("chain", path, ErrorCode::InvalidCredential)?;
        let hops = Chain::from_json(&bytes)?.credentials()?;
        let last = hops.len().saturating_sub(1);
        let hop = self.hop.unwrap_or(last);
        let credential = hops.get(hop).ok_or_else(|| {
            Failure::argument(format!("`--hop {hop}`: the chain has {} hops, counted from 0", hops.len()))
        })?;
        if !hops.iter().take(hop.saturating_add(1)).any(|above| above.issuer() == revoker) {
            session.remark(
                "note: this key issued neither that credential nor one above it: no verifier will heed it",
            );
        }
        Ok(credential.digest())
    }
}

/// The snapshot that is there, if one is.
fn existing(path: &Path, session: &Session<'_, '_>) -> Result<Option<RevocationSnapshot>, Failure> {
    match session.fs.read(path, crate::session::LARGEST_DOCUMENT) {
        Ok(contents) => Ok(Some(RevocationSnapshot::from_json(&contents.bytes)?)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            let message = format!("revocation file {} cannot be read: {error}", path.display());
            Err(Failure::new(ErrorCode::InvalidRevocation, message))
        }
    }
}
