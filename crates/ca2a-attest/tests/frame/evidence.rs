//! A genuine report of SEV-SNP, verified.

use std::{fs, path::PathBuf};

use ca2a_attest::{
    VerifiedEvidence,
    appraisal::{AppraisalPolicy, PolicyError},
    verify::snp::{Endorsements, SnpVerifier},
};
use ca2a_core::json;

/// When it is verified: its certificates are valid then.
pub(crate) const NOW: u64 = 1_795_219_200;

/// What it measured.
pub(crate) struct Genuine {
    pub(crate) evidence: VerifiedEvidence,
    pub(crate) measurement: String,
    /// The report and the certificate of its key, as they came.
    pub(crate) report: Vec<u8>,
    pub(crate) certificate: Vec<u8>,
}

/// The report of a Genoa of version 3; `None`, said visibly, where the evidence is absent.
pub(crate) fn genuine() -> Option<Genuine> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/evidence/snp/genoa-v3-aci");
    let Ok(report) = fs::read(folder.join("report.bin")) else {
        println!("SKIPPED: {} is not there", folder.display());
        return None;
    };
    let certificate = fs::read(folder.join("vcek.der")).unwrap();
    let verified = SnpVerifier::new().verify(&report, &Endorsements::der(&certificate), NOW, None).unwrap();
    let measurement = ca2a_core::encoding::hex(&verified.claims().report.measurement);
    Some(Genuine { evidence: VerifiedEvidence::Snp(verified), measurement, report, certificate })
}

pub(crate) fn policy(text: &str) -> Result<AppraisalPolicy, PolicyError> {
    AppraisalPolicy::from_node(&json::read(text.as_bytes()).unwrap())
}

/// A policy that knows `measurement`.
pub(crate) fn knowing(measurement: &str) -> AppraisalPolicy {
    let text = format!(
        r#"{{"version":1,"id":"genoa","snp":{{"reference_values":[{{"name":"ours","measurement":"{measurement}"}}]}}}}"#
    );
    policy(&text).unwrap()
}
