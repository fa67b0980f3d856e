//! Who signed. (MAN-14 to MAN-23)

use ca2a_core::{
    encoding::from_base64url,
    json::{Node, Object},
    requirement::{enforce, holds, is_off},
};

use super::{
    Step,
    work::{Ended, Work},
};
use crate::{
    Algorithm, Finding, ManifestKey, Outcome,
    algorithm::{Unsigned, check_ed25519},
    envelope::{Entry, EntryAlgorithm, Envelope},
};

/// Why a signature does not count.
enum Fault {
    /// It is not what it must be.
    Bad(&'static str),
    /// This build cannot tell.
    Unavailable,
}

impl From<Unsigned> for Fault {
    fn from(unsigned: Unsigned) -> Self {
        match unsigned {
            Unsigned::Bad => Self::Bad("the signature does not verify"),
            Unsigned::Unavailable => Self::Unavailable,
        }
    }
}

impl Work<'_> {
    /// The signatures of an envelope, which come before anything that it holds is looked at.
    pub(super) fn envelope(&mut self) -> Result<(), Ended> {
        let manifest = self.manifest;
        let Some(envelope) = manifest.envelope() else { return Ok(()) };
        if !envelope.deterministic {
            self.find(Finding::NotDeterministic);
        }
        if !envelope.canonical && !is_off("MAN-20") {
            self.find(Finding::NotCanonical);
        }
        match self.check_envelope(envelope) {
            Ok(()) if self.verifier.anchors.is_empty() => {
                self.skip(Step::Envelope, "no key is trusted");
                Ok(())
            }
            Ok(()) => {
                self.appraisal.key_ids = envelope.entries.iter().map(|entry| entry.key_id.clone()).collect();
                self.open.sealed = true;
                self.check(Step::Envelope, "every signature of the envelope holds under a trusted key");
                Ok(())
            }
            Err(Fault::Bad(problem)) => {
                self.mismatch("signature", problem);
                self.end(Step::Envelope, Outcome::Mismatch, problem)
            }
            Err(Fault::Unavailable) => {
                self.find(Finding::AlgorithmUnavailable);
                self.end(Step::Envelope, Outcome::Unverifiable, "this build cannot check ML-DSA-65")
            }
        }
    }

    fn check_envelope(&mut self, envelope: &Envelope) -> Result<(), Fault> {
        let has_pq = envelope.entries.iter().any(|entry| entry.algorithm == EntryAlgorithm::MlDsa65);
        if self.manifest.text("crypto_profile") == Some("post-quantum") && !has_pq {
            return Err(Fault::Bad("`crypto_profile` demands a signature with ML-DSA-65"));
        }
        for entry in &envelope.entries {
            self.check_entry(entry)?;
        }
        // What was taken away leaves no trace in the message, and one in who holds a key for it. (MAN-16)
        if !has_pq && self.verifier.anchors.holds(Algorithm::MlDsa65) {
            return Err(Fault::Bad("a key for ML-DSA-65 is trusted, and no signature stands under it"));
        }
        Ok(())
    }

    fn check_entry(&mut self, entry: &Entry) -> Result<(), Fault> {
        match entry.algorithm {
            EntryAlgorithm::Unknown => return Err(Fault::Bad("the algorithm is none of this format")),
            EntryAlgorithm::Ed25519 { deprecated: true } if !is_off("MAN-22") => {
                self.find(Finding::DeprecatedAlgorithm)
            }
            _ => {}
        }
        if self.verifier.anchors.is_empty() {
            return Ok(());
        }
        let key = trusted(self.verifier.anchors.entry(&entry.key_id))?;
        match (entry.algorithm, key) {
            (EntryAlgorithm::Ed25519 { .. }, ManifestKey::Ed25519(key)) => {
                Ok(enforce("MAN-19", check_ed25519(key, &entry.covered, &entry.signature))?)
            }
            (EntryAlgorithm::MlDsa65, ManifestKey::MlDsa65(key)) => {
                Ok(key.check(&entry.covered, &entry.signature)?)
            }
            _ => Err(Fault::Bad("the key is not for the algorithm")),
        }
    }

    /// The signature of a document of version 0.1, and for whom a key may sign in both versions.
    pub(super) fn signature(&mut self) {
        if self.manifest.is_enveloped() {
            self.appraisal.signature_verified = self.open.sealed;
            let key_ids = self.appraisal.key_ids.clone();
            let refused = key_ids.iter().map(|key_id| self.issuer_allowed(key_id)).filter(|allowed| !allowed);
            if !holds("MAN-17", refused.count() == 0) {
                self.mismatch("signature.issuer", "the key may not sign for this issuer");
            }
            return self.check(Step::Signature, "the key may sign for this issuer");
        }
        let manifest = self.manifest;
        let Some(block) = manifest
            .document()
            .optional("signature")
            .and_then(Node::as_object)
            .filter(|block| !block.is_empty())
        else {
            self.open.unsigned = true;
            return self.skip(Step::Signature, "nobody signed it");
        };
        if manifest.version() == Some("0.2") {
            self.mismatch(
                "signature",
                "version 0.2 is signed by its envelope, and this is a block of version 0.1",
            );
            return self.check(Step::Signature, "a document of version 0.2 under a block of version 0.1");
        }
        self.find(Finding::UnsignedMembersNotChecked);
        let algorithm = block.get("algorithm").and_then(Node::as_str).and_then(Algorithm::named);
        let quantum = manifest.text("crypto_profile") == Some("post-quantum");
        match algorithm {
            None => self.mismatch("signature.algorithm", "the block names no algorithm of this format"),
            Some(Algorithm::Ed25519) if quantum => {
                self.mismatch("signature.algorithm", "`crypto_profile` demands a signature with ML-DSA-65");
            }
            Some(_) if self.verifier.anchors.is_empty() => {
                return self.skip(Step::Signature, "no key is trusted");
            }
            Some(algorithm) => self.check_block(block, algorithm),
        }
        self.check(Step::Signature, "the signature holds under a trusted key that may sign for this issuer");
    }

    fn check_block(&mut self, block: &Object<'static>, algorithm: Algorithm) {
        let key_id = block.get("key_id").and_then(Node::as_str).unwrap_or_default();
        let verdict = trusted(self.verifier.anchors.entry(key_id)).and_then(|key| {
            let issuers = self.verifier.issuers.as_ref();
            let is_allowed = issuers.is_none_or(|issuers| issuers.allows(key_id, self.manifest.issuer()));
            if !holds("MAN-17", is_allowed) {
                return Ok(false);
            }
            self.check_value(block, algorithm, key).map(|()| true)
        });
        match verdict {
            Ok(true) => {
                self.appraisal.signature_verified = true;
                self.appraisal.key_ids = vec![key_id.to_owned()];
                self.issuer_allowed(key_id);
            }
            Ok(false) => self.mismatch("signature.issuer", "the key may not sign for this issuer"),
            Err(Fault::Bad(problem)) => self.mismatch("signature", problem),
            Err(Fault::Unavailable) => self.find(Finding::AlgorithmUnavailable),
        }
    }

    fn check_value(
        &self,
        block: &Object<'static>,
        algorithm: Algorithm,
        key: &ManifestKey,
    ) -> Result<(), Fault> {
        let input =
            self.manifest.signed_bytes().map_err(|_| Fault::Bad("the document has no canonical form"))?;
        let signature = |name: &&str| {
            let text = block.get(name).and_then(Node::as_str).unwrap_or_default();
            from_base64url(text).map_err(|_| Fault::Bad("a signature must be unpadded base64url"))
        };
        let signatures = algorithm.members().iter().map(signature).collect::<Result<Vec<_>, _>>()?;
        match (algorithm, key, &signatures[..]) {
            (Algorithm::Ed25519, ManifestKey::Ed25519(key), [one]) => {
                enforce("MAN-18", check_ed25519(key, &input, one))?;
            }
            (Algorithm::MlDsa65, ManifestKey::MlDsa65(key), [one]) => key.check(&input, one)?,
            (Algorithm::Hybrid, ManifestKey::Hybrid(classical, pq), [one, other]) => {
                check_ed25519(classical, &input, one)?;
                pq.check(&input, other)?;
            }
            _ => return Err(Fault::Bad("the key is not for the algorithm")),
        }
        Ok(())
    }

    /// Whether the key may sign for the issuer; where nobody said for whom it may, that is reported. (MAN-17)
    fn issuer_allowed(&mut self, key_id: &str) -> bool {
        match &self.verifier.issuers {
            Some(issuers) => issuers.allows(key_id, self.manifest.issuer()),
            None => {
                self.find(Finding::KeyIssuerNotChecked);
                true
            }
        }
    }
}

fn trusted(entry: Option<Option<&ManifestKey>>) -> Result<&ManifestKey, Fault> {
    match entry {
        Some(Some(key)) => Ok(key),
        Some(None) => {
            Err(Fault::Bad("the key that is trusted under this id is none, or not the one that the id names"))
        }
        None => Err(Fault::Bad("no key is trusted under this id")),
    }
}
