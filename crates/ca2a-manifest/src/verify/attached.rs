//! What others attached: hardware evidence and log entries. Their own appraisal is not ours; that it was made, and about
//! this manifest, is what counts here. (MAN-28)

use ca2a_core::{
    Sha256,
    json::{Node, Object},
    requirement::holds,
};

use super::{Step, work::Work};
use crate::Finding;

impl Work<'_> {
    pub(super) fn attestation_block(&self) -> Option<&Object<'static>> {
        let block = match self.manifest.envelope() {
            Some(envelope) => envelope.attached.attestation.as_ref(),
            None => self.manifest.document().get("attestation").and_then(Node::as_object),
        };
        block.filter(|block| !block.is_empty())
    }

    pub(super) fn attestation(&mut self) {
        let reported = self.attestation_block().and_then(|block| block.get("manifest_hash_in_report"));
        let Some(reported) = reported.filter(|reported| reported.as_str() != Some("")) else {
            return self.skip(Step::Attestation, "no attestation names a manifest");
        };
        let expected = self.manifest.attested_digest().ok();
        let is_own = expected.is_some() && reported.as_str() == expected.as_deref();
        if !holds("MAN-28", is_own) {
            self.mismatch("attestation", "the attestation is about another document");
            return self.check(Step::Attestation, "the attestation is about another document");
        }
        let evidence = &self.context.evidence;
        let about = evidence.attestation_manifest_id.as_deref() == self.manifest.id();
        self.appraisal.attestation_verified =
            about && expected.is_some_and(|expected| evidence.attested_hashes.contains(&expected));
        if self.appraisal.attestation_verified {
            return self.check(Step::Attestation, "appraised evidence is about this manifest");
        }
        self.find(Finding::AttestationNotAppraised);
        self.skip(Step::Attestation, "the attestation names this manifest, and nobody appraised it");
    }

    pub(super) fn transparency(&mut self) {
        let evidence = &self.context.evidence;
        let about = evidence.transparency_manifest_id.as_deref() == self.manifest.id();
        let (present, verified) = match self.manifest.envelope() {
            Some(envelope) => {
                let receipts = &envelope.attached.receipts;
                let known = |receipt: &Vec<u8>| {
                    evidence.transparency_receipt_hashes.contains(&Sha256::of(receipt).to_hex())
                };
                (!receipts.is_empty(), receipts.iter().any(known))
            }
            None => {
                let entry = self.document.get("transparency_log_entry").and_then(Node::as_object);
                let id = entry
                    .and_then(|entry| entry.get("entry_uuid"))
                    .and_then(Node::as_str)
                    .filter(|id| !id.is_empty());
                (id.is_some(), id.is_some_and(|id| evidence.transparency_entry_ids.contains(id)))
            }
        };
        self.appraisal.transparency_verified = about && verified;
        let demanded = self.context.demands.transparency || self.context.demands.conformance_level >= 1;
        self.open.log_missing = demanded && !present;
        self.open.log_unverified = demanded && present && !self.appraisal.transparency_verified;
        if self.appraisal.transparency_verified {
            return self.check(Step::Transparency, "a verified log holds this manifest");
        }
        if present {
            self.find(Finding::TransparencyNotAppraised);
        }
        self.skip(
            Step::Transparency,
            if present { "nobody verified the receipt" } else { "no log is named" },
        );
    }
}
