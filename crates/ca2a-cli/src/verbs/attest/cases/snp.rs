//! Cases of SEV-SNP reports.

use ca2a_attest::{
    VerifiedEvidence,
    verify::snp::{Endorsements, Product, SnpReport, SnpVerifier},
};
use ca2a_core::{
    encoding::hex,
    json::{Node, Object},
};

use super::{
    files::{Case, certificates},
    outcome::{Examined, Found, Signature},
};
use crate::session::Session;

pub(super) fn examine(case: &Case, session: &Session<'_, '_>) -> Result<Examined, String> {
    let report = case.need("report", session)?;
    let path = path(case, session)?;
    let verified = verifier(case, session)?.verify(&report, &endorsements(&path), case.time()?, None);
    let mut claims = SnpReport::parse(&report).map(|report| claims(&report)).unwrap_or_default();
    if let Ok(verified) = &verified {
        claims.insert("product", verified.claims().product.key());
    }
    Ok(Examined {
        signature: if verified.is_ok() { Signature::Pass } else { Signature::Fail },
        result: verified.map(|verified| Found::Evidence(Box::new(VerifiedEvidence::Snp(verified)))),
        claims,
    })
}

pub(super) fn verifier(case: &Case, session: &Session<'_, '_>) -> Result<SnpVerifier, String> {
    let roots = certificates(case.all("root", session)?)?;
    let verifier = roots.iter().try_fold(SnpVerifier::new(), |verifier, root| verifier.with_root(root));
    verifier.map_err(|error| error.to_string())
}

/// The certificates of a case, that of the key first.
pub(super) fn path(case: &Case, session: &Session<'_, '_>) -> Result<Vec<Vec<u8>>, String> {
    let mut files = case.all("vek", session)?;
    files.extend(case.all("chain", session)?);
    certificates(files)
}

pub(super) fn endorsements(path: &[Vec<u8>]) -> Endorsements<'_> {
    let (key, above) = path.split_first().map_or((&[][..], &[][..]), |(key, above)| (key.as_slice(), above));
    Endorsements::der(key).under(above.iter().map(Vec::as_slice))
}

/// What a report says, as cases write it.
pub(super) fn claims(report: &SnpReport) -> Object<'static> {
    let cpu = report.cpuid.map_or([0; 3], |cpu| [cpu.family, cpu.model, cpu.stepping]);
    let mut claims = Object::from([
        ("version", Node::from(report.version)),
        ("guest_svn", report.guest_svn.into()),
        ("policy", format!("0x{:x}", report.policy.0).into()),
        ("vmpl", report.vmpl.into()),
        ("platform_info", format!("0x{:x}", report.platform_info.0).into()),
        ("key_info", format!("0x{:x}", report.key_info.0).into()),
        ("measurement", hex(&report.measurement).into()),
        ("report_data", hex(&report.report_data).into()),
        ("host_data", hex(&report.host_data).into()),
        ("chip_id", hex(&report.chip_id).into()),
        ("current_tcb", hex(&report.current_tcb.0).into()),
        ("reported_tcb", hex(&report.reported_tcb.0).into()),
        ("committed_tcb", hex(&report.committed_tcb.0).into()),
        ("launch_tcb", hex(&report.launch_tcb.0).into()),
        ("cpuid", hex(&cpu).into()),
    ]);
    if let Some(product) = report.cpuid.and_then(|cpu| Product::of_cpu(cpu.family, cpu.model)) {
        claims.insert("product", product.key());
    }
    claims
}
