//! A signed bundle of revocations: what it says, and what its silence is worth.

use ca2a_core::{
    Signature, TraceLink, canonical,
    encoding::from_base64url,
    json::{Node, Object},
};

use super::report::{Bound, BundleFacts, BundleProblem, BundleReport};
use crate::{
    error::{RecordFault, TraceError},
    schema::{self, Check, Rule, Violation},
    trust_record::TrustedKey,
};

/// A bundle, whose signatures count, and how old it may be.
#[derive(Debug, Clone, Copy)]
pub struct RevocationBundle<'b> {
    document: &'b Node<'b>,
    keys: &'b [TrustedKey],
    max_age: u64,
}

/// Oldest bundle whose silence counts unless the verifier says otherwise: one day.
const DEFAULT_MAX_AGE: u64 = 86_400;

impl<'b> RevocationBundle<'b> {
    /// `document` as read, judged by the signatures of `keys`.
    #[must_use]
    pub fn new(document: &'b Node<'b>, keys: &'b [TrustedKey]) -> Self {
        Self { document, keys, max_age: DEFAULT_MAX_AGE }
    }

    /// Seconds after its issue for which the bundle's silence counts.
    #[must_use]
    pub fn max_age(mut self, seconds: u64) -> Self {
        self.max_age = seconds;
        self
    }

    /// TRC-31, in this order: shape, one log, algorithm, key, signature; then what it says; then whether it is recent.
    /// A statement counts however old the bundle is. Time bounds only what its silence means.
    pub(super) fn check(
        &self,
        identifiers: &[String],
        now: u64,
        max_future_skew: u64,
    ) -> Result<BundleReport, TraceError> {
        let (bundle, facts) = match self.read(now) {
            Ok(read) => read,
            Err(problem) => return Ok(BundleReport { facts: None, statements: 0, problem: Some(problem) }),
        };
        let statements = bundle.array("statements").unwrap_or_default();
        let report =
            |problem| BundleReport { facts: Some(facts.clone()), statements: statements.len(), problem };
        if let Some(problem) = self.signature_problem(bundle) {
            return Ok(report(Some(problem)));
        }
        let mut compromised =
            statements.iter().filter_map(|statement| member(statement, "compromised_key_id"));
        if let Some(key) = compromised.find(|key| identifiers.iter().any(|identifier| identifier == key)) {
            return Err(RecordFault::Revoked(key.into()).into());
        }
        if facts.issued_at > now.saturating_add(max_future_skew) {
            return Ok(report(Some(BundleProblem::IssuedInFuture { max_future_skew })));
        }
        let past_horizon = now > facts.valid_until;
        let too_old = now.saturating_sub(facts.issued_at) > self.max_age;
        Ok(report(Bound::tripped(past_horizon, too_old).map(BundleProblem::Expired)))
    }

    fn read(&self, now: u64) -> Result<(&'b Object<'b>, BundleFacts), BundleProblem> {
        let bundle = self.object_of_right_shape()?;
        let log_id = bundle.text("log_id").unwrap_or_default();
        let statements = bundle.array("statements").unwrap_or_default();
        if let Some(index) =
            statements.iter().position(|statement| member(statement, "log_id") != Some(log_id))
        {
            let path = format!("statements/{index}/log_id");
            let error = format!("the statement is about another log than the bundle's `{log_id}`");
            return Err(BundleProblem::Malformed { path, error });
        }
        let bytes = canonical::object_to_vec(bundle)
            .map_err(|error| BundleProblem::Malformed { path: "/".into(), error: error.to_string() })?;
        let facts = BundleFacts {
            digest: TraceLink::sha256_of(&bytes),
            log_id: log_id.into(),
            issued_at: bundle.uint("issued_at").unwrap_or_default(),
            valid_until: bundle.uint("valid_until").unwrap_or_default(),
            now,
            max_age: self.max_age,
        };
        Ok((bundle, facts))
    }

    fn object_of_right_shape(&self) -> Result<&'b Object<'b>, BundleProblem> {
        let mut check = Check::all();
        check.rule(&RULE, self.document);
        // Several violations come in the order of the schema; the one reported is the first by its place.
        let path = |violation: &Violation| -> Vec<String> {
            violation.pointer().split('/').map(Into::into).collect()
        };
        let first = check.into_violations().into_iter().min_by_key(path);
        match (first, self.document.as_object()) {
            (None, Some(object)) => Ok(object),
            (violation, _) => {
                let error = violation.as_ref().map(ToString::to_string).unwrap_or_default();
                let pointer = violation.as_ref().map_or("/", Violation::pointer);
                let path = if pointer == "/" { pointer } else { pointer.trim_start_matches('/') };
                Err(BundleProblem::Malformed { path: path.into(), error })
            }
        }
    }

    fn signature_problem(&self, bundle: &Object<'_>) -> Option<BundleProblem> {
        let key_id = bundle.text("bundle_key_id").unwrap_or_default();
        let signature = bundle.object("sig").ok()?;
        let algorithm = signature.text("alg").unwrap_or_default();
        if algorithm != "ed25519" {
            return Some(BundleProblem::SignatureUnsupported { algorithm: algorithm.into() });
        }
        let named = |key: &&TrustedKey| key.identifiers().iter().any(|identifier| identifier == key_id);
        let Some(key) = self.keys.iter().find(named) else {
            return Some(BundleProblem::KeyUntrusted { key_id: key_id.into() });
        };
        let verifies = || -> Option<()> {
            let bytes = from_base64url(signature.text("value").ok()?).ok()?;
            let bytes = <[u8; 64]>::try_from(bytes).ok()?;
            let covered = canonical::to_vec_without(bundle, "sig").ok()?;
            key.key().verify(&covered, &Signature(bytes)).ok()
        };
        verifies().is_none().then(|| BundleProblem::SignatureInvalid { key_id: key_id.into() })
    }
}

static RULE: Rule = Rule::Object(&schema::BUNDLE);

fn member<'n>(statement: &'n Node<'_>, name: &str) -> Option<&'n str> {
    statement.as_object()?.get(name)?.as_str()
}
