//! Cases of confidential VMs on Azure.

use ca2a_attest::{
    EvidenceError, Verified, VerifiedEvidence,
    verify::{
        azure::{self, AzureClaims, HclKind, HclReport, RuntimeData, checks},
        hash::HashAlgorithm,
        snp::SnpReport,
        tpm::Quote,
    },
};
use ca2a_core::{
    Sha256,
    encoding::hex,
    json::{Node, Object},
};

use super::{
    files::Case,
    outcome::{Examined, Found, Signature},
    snp, tdx,
    tpm::Parts,
};
use crate::session::Session;

/// A case with the paravisor's report.
pub(super) fn examine(case: &Case, session: &Session<'_, '_>) -> Result<Examined, String> {
    let bytes = case.need("hcl", session)?;
    if !case.has("quote") {
        return without_quote(&bytes, case, session);
    }
    let parts = Parts::read(case, false, session)?;
    let verified = composite(&bytes, &parts, case, session)?;
    let claims = HclReport::parse(&bytes).map(|hcl| claims(&hcl, &parts.quote)).unwrap_or_default();
    Ok(examined(verified, claims))
}

/// A case with the parts of the paravisor's report, which is put together again.
pub(super) fn examine_parts(case: &Case, session: &Session<'_, '_>) -> Result<Examined, String> {
    let report = case.need("report", session)?;
    let bytes = assembled(&report, &case.need("runtime", session)?);
    let parts = Parts::read(case, false, session)?;
    let verified = composite(&bytes, &parts, case, session)?;
    let claims = SnpReport::parse(&report).map(|report| snp::claims(&report)).unwrap_or_default();
    Ok(examined(verified, claims))
}

fn examined(verified: Result<Verified<AzureClaims>, EvidenceError>, claims: Object<'static>) -> Examined {
    Examined {
        signature: if verified.is_ok() { Signature::Pass } else { Signature::Fail },
        result: verified.map(|verified| Found::Evidence(Box::new(VerifiedEvidence::Azure(verified)))),
        claims,
    }
}

fn composite(
    bytes: &[u8],
    parts: &Parts,
    case: &Case,
    session: &Session<'_, '_>,
) -> Result<Result<Verified<AzureClaims>, EvidenceError>, String> {
    let hcl = match HclReport::parse(bytes) {
        Ok(hcl) => hcl,
        Err(error) => return Ok(Err(error)),
    };
    let now = case.time()?;
    if hcl.kind == HclKind::SevSnp {
        let path = snp::path(case, session)?;
        let verifier = snp::verifier(case, session)?;
        return Ok(azure::verify_snp(
            &hcl,
            &verifier,
            &snp::endorsements(&path),
            None,
            &parts.evidence(),
            now,
        ));
    }
    let td_quote = case.need("td_quote", session)?;
    let trust = tdx::trust(case, session)?;
    let collateral = match tdx::collateral(case, session) {
        Ok(collateral) => collateral,
        Err(error) => return Ok(Err(error)),
    };
    Ok(azure::verify_tdx(&hcl, &td_quote, collateral.as_ref(), &trust, &parts.evidence(), now))
}

/// Without a quote of the vTPM there is no composite: the hardware's report and its hold on the runtime data are all that
/// can be looked at.
fn without_quote(bytes: &[u8], case: &Case, session: &Session<'_, '_>) -> Result<Examined, String> {
    let path = snp::path(case, session)?;
    let verifier = snp::verifier(case, session)?;
    let now = case.time()?;
    let found = HclReport::parse(bytes).and_then(|hcl| {
        let verified = verifier.verify(hcl.report, &snp::endorsements(&path), now, None)?;
        if verified.claims().report.report_data != hcl.binding() {
            return Err(EvidenceError::new(checks::BINDING, "the hardware report holds another digest"));
        }
        RuntimeData::parse(hcl.runtime_data)?;
        Ok(Found::Evidence(Box::new(VerifiedEvidence::Snp(verified))))
    });
    let signature = if found.is_ok() { Signature::Pass } else { Signature::Fail };
    let claims = HclReport::parse(bytes).map(|hcl| claims(&hcl, &[])).unwrap_or_default();
    Ok(Examined { signature, result: found, claims })
}

fn claims(hcl: &HclReport<'_>, quote: &[u8]) -> Object<'static> {
    let mut claims = Object::from([
        ("hcl_version", Node::from(hcl.version)),
        ("runtime_sha256", Sha256::of(hcl.runtime_data).to_hex().into()),
    ]);
    if let Ok(quote) = Quote::parse(quote) {
        claims.insert("quote_extra_data", hex(&quote.extra_data));
        let banks = quote.selection.banks().iter().filter_map(|bank| {
            Some(format!("{}:{}", HashAlgorithm::from_tcg(bank.bank)?.as_str(), bank.pcrs))
        });
        claims.insert("quote_pcrs", banks.collect::<Vec<_>>().join(","));
    }
    if let (HclKind::SevSnp, Ok(report)) = (hcl.kind, SnpReport::parse(hcl.report)) {
        claims.insert("snp", snp::claims(&report));
    }
    claims
}

/// The paravisor's report around a hardware report and runtime data, under SHA-256.
fn assembled(report: &[u8], runtime: &[u8]) -> Vec<u8> {
    let size =
        |more: u32| u32::try_from(runtime.len()).unwrap_or(u32::MAX).saturating_add(more).to_le_bytes();
    let [version, request, status] = [1_u32, 2, 0].map(u32::to_le_bytes);
    let [data_version, kind, hash] = [1_u32, 2, 1].map(u32::to_le_bytes);
    let header = [b"HCLA", &version[..], &size(32 + 1184 + 20), &request, &status, &[0; 12]].concat();
    let data = [&size(20)[..], &data_version, &kind, &hash, &size(0)].concat();
    [&header, report, &data, runtime].concat()
}
