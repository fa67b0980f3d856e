//! A report and what it is verified with: what `verify` and `appraise` share.

use std::path::PathBuf;

use ca2a_attest::{
    AttestationReport, EvidenceError, Platform, VerifiedEvidence,
    appraisal::check_info,
    verify::{HardwareVerifier, Memory, Provided, Wanted, tdx::Collateral, tpm::certificates_from_pem},
};
use ca2a_core::{
    ErrorCode,
    json::{Node, NumberPolicy, Object, Reader},
};

use crate::{failure::Failure, number::Integer, session::Session};

/// The report, and what there is beside it.
#[derive(Debug, clap::Args)]
pub(super) struct Evidence {
    /// A report, or a channel offer or answer to a handshake with one in it (JSON)
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Roots to trust beside those that are built in, PEM; may be given several times
    #[arg(long = "trusted-root", value_name = "FILE")]
    roots: Vec<PathBuf>,
    /// A revocation list of SEV-SNP or TPM certificates, DER; may be given several times
    #[arg(long = "crl", value_name = "FILE")]
    crls: Vec<PathBuf>,
    /// The folder of certificates of SEV-SNP machines, `<chip id>-<reported tcb>.der`
    #[arg(long, value_name = "DIR")]
    endorsements_dir: Option<PathBuf>,
    /// The folder of collateral of TDX platforms, `<fmspc>.json`
    #[arg(long, value_name = "DIR")]
    collateral_dir: Option<PathBuf>,
    /// Judge as of this Unix time; it reads no clock then
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    at_time: Option<Integer>,
}

/// A report whose evidence is genuine.
pub(super) struct Verified {
    pub(super) platform: Platform,
    pub(super) report: AttestationReport,
    pub(super) evidence: VerifiedEvidence,
    pub(super) now: u64,
}

impl Evidence {
    /// Reads the report and verifies its evidence.
    pub(super) fn verify(&self, session: &Session<'_, '_>) -> Result<Verified, Failure> {
        let path = self
            .report
            .as_deref()
            .ok_or_else(|| Failure::argument("there is no report to judge").help("pass one with --report"))?;
        let report = read(&session.document("report", path, ErrorCode::TransportError)?)?;
        let platform: Platform = report
            .platform
            .parse()
            .map_err(|error: ca2a_attest::AttestError| Failure::new(error.code(), error.to_string()))?;
        if platform == Platform::SoftwareOnly {
            let why = "a software report is signed by nobody: there is nothing to verify";
            return Err(Failure::new(ErrorCode::AttestationFailed, why).rule("ATT-8"));
        }
        let now = match self.at_time {
            Some(then) => then.uint("--at-time")?,
            None => session.clock.now(),
        };
        let verifier = self.verifier(platform, session)?;
        let wanted = Wanted::of(platform, &report.evidence);
        let endorsement = self.beside(&self.endorsements_dir, wanted.endorsement.as_deref(), session);
        let collateral = self.beside(&self.collateral_dir, wanted.collateral.as_deref(), session);
        let collateral =
            collateral.map(|bytes| Collateral::from_json(&bytes)).transpose().map_err(refused)?;
        let provided = Provided { endorsement: endorsement.as_deref(), collateral: collateral.as_ref() };
        let evidence = verifier.verify(platform, &report.evidence, provided, now, &Memory::default());
        Ok(Verified { platform, evidence: evidence.map_err(refused)?, report, now })
    }

    fn verifier(&self, platform: Platform, session: &Session<'_, '_>) -> Result<HardwareVerifier, Failure> {
        let mut verifier = HardwareVerifier::built_in();
        for path in &self.roots {
            let pem = session.document("root", path, ErrorCode::ConfigError)?;
            for root in certificates_from_pem(&pem).map_err(refused)? {
                verifier = verifier.with_root(platform, &root).map_err(refused)?;
            }
        }
        for path in &self.crls {
            let list = session.document("revocation list", path, ErrorCode::ConfigError)?;
            verifier = verifier.with_crl(platform, &list).map_err(refused)?;
        }
        Ok(verifier)
    }

    /// The file called `name` in `folder`. One that is not there is for the verifier to miss.
    fn beside(
        &self,
        folder: &Option<PathBuf>,
        name: Option<&str>,
        session: &Session<'_, '_>,
    ) -> Option<Vec<u8>> {
        let path = folder.as_ref()?.join(name?);
        session.fs.read(&path, crate::session::LARGEST_DOCUMENT).ok().map(|contents| contents.bytes)
    }
}

/// A report by itself, or the one in an offer.
fn read(bytes: &[u8]) -> Result<AttestationReport, Failure> {
    let malformed = |error: ca2a_attest::AttestError| Failure::new(error.code(), error.to_string());
    let node = Reader::new(NumberPolicy::Lexical).read(bytes).map_err(|error| malformed(error.into()))?;
    let inner = node.as_object().and_then(|object| object.get("attestation"));
    AttestationReport::from_node(inner.unwrap_or(&node)).map_err(malformed)
}

/// Evidence that is not genuine: the check, what it asks, and which key of a policy decides it.
pub(super) fn refused(error: EvidenceError) -> Failure {
    let info = check_info(error.check);
    let failure = Failure::new(ErrorCode::AttestationFailed, error.to_string())
        .member("check", error.check.as_str())
        .member("meaning", Node::from(info.map(|info| info.meaning)));
    match info {
        Some(info) => failure.help(format!("the check `{}` asks: {}", info.id, info.meaning)),
        None => failure,
    }
}

/// What is known of a verified report, as JSON.
pub(super) fn facts(verified: &Verified) -> Object<'static> {
    let (checks, anchors, not_after) = match &verified.evidence {
        VerifiedEvidence::Snp(one) => (one.checks(), one.anchors(), one.not_after()),
        VerifiedEvidence::Tdx(one) => (one.checks(), one.anchors(), one.not_after()),
        VerifiedEvidence::Tpm(one) => (one.checks(), one.anchors(), one.not_after()),
        VerifiedEvidence::Azure(one) => (one.checks(), one.anchors(), one.not_after()),
        _ => (&[][..], &[][..], 0),
    };
    let check = |check: &ca2a_attest::appraisal::Check| {
        Object::from([
            ("id", check.id.as_str().to_owned()),
            ("outcome", check.outcome.as_str().to_owned()),
            ("expected", check.expected.to_string()),
            ("actual", check.actual.to_string()),
        ])
    };
    let anchor = |anchor: &ca2a_attest::Anchor| {
        Object::from([("name", anchor.name.to_string()), ("sha256", anchor.fingerprint.to_hex())])
    };
    Object::from([
        ("verified", Node::from(true)),
        ("platform", verified.platform.as_str().into()),
        ("verified_at", verified.now.into()),
        ("not_after", not_after.into()),
        ("anchors", anchors.iter().map(anchor).collect()),
        ("checks", checks.iter().map(check).collect()),
    ])
}
