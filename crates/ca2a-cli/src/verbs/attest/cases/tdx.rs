//! Cases of TDX quotes and of their event logs.

use ca2a_attest::{
    EvidenceError, VerifiedEvidence,
    verify::tdx::{Collateral, Quote, TdxEvidence, TdxTrust, verify},
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
    let quote = case.need("quote", session)?;
    let signature = signature(&quote);
    let claims = Quote::parse(&quote).map(|quote| claims(&quote)).unwrap_or_default();
    let trust = trust(case, session)?;
    let now = case.time()?;
    // What kind of quote it is comes before what is known about its platform.
    let result = Quote::parse(&quote).and_then(|_| collateral(case, session)).and_then(|collateral| {
        let evidence = TdxEvidence { quote: &quote, collateral: collateral.as_ref(), event_log: None };
        verify(evidence, &trust, now)
    });
    let result = result.map(|verified| Found::Evidence(Box::new(VerifiedEvidence::Tdx(verified))));
    Ok(Examined { signature, result, claims })
}

pub(super) fn trust(case: &Case, session: &Session<'_, '_>) -> Result<TdxTrust, String> {
    let roots = certificates(case.all("root", session)?)?;
    let trust = roots.iter().try_fold(TdxTrust::built_in(), |trust, root| trust.with_root(root));
    trust.map_err(|error| error.to_string())
}

pub(super) fn collateral(
    case: &Case,
    session: &Session<'_, '_>,
) -> Result<Option<Collateral>, EvidenceError> {
    let file = case.get("collateral", session);
    let file = file.map_err(|why| EvidenceError::new(ca2a_attest::verify::tdx::checks::COLLATERAL, why))?;
    file.map(|file| Collateral::from_json(&file)).transpose()
}

/// Whether the platform's certificate, the quoting enclave and the attestation key lead to the body, whoever issued the
/// certificate.
pub(super) fn signature(quote: &[u8]) -> Signature {
    match Quote::parse(quote).and_then(|quote| quote.check_signatures()) {
        Ok(()) => Signature::Pass,
        Err(_) => Signature::Fail,
    }
}

/// An event log that has to give the registers of a quote.
pub(super) fn examine_log(case: &Case, session: &Session<'_, '_>) -> Result<Examined, String> {
    let quote = case.need("quote", session)?;
    let log = case.need("log", session)?;
    let result = Quote::parse(&quote).and_then(|quote| quote.body().replay(&log)).map(|_| Found::Plain);
    Ok(Examined { signature: Signature::None, result, claims: Object::new() })
}

/// What a quote says, as cases write it.
fn claims(quote: &Quote<'_>) -> Object<'static> {
    let body = quote.body();
    let [rtmr0, rtmr1, rtmr2, rtmr3] = &body.rtmr;
    let mut claims = Object::from([
        ("version", Node::from(u32::from(quote.version()))),
        ("body_type", u32::from(body.kind.number()).into()),
        ("tee_tcb_svn", hex(&body.tee_tcb_svn).into()),
        ("mrseam", hex(&body.mr_seam).into()),
        ("td_attributes", hex(&body.td_attributes.0.to_le_bytes()).into()),
        ("xfam", hex(&body.xfam.0.to_le_bytes()).into()),
        ("mrtd", hex(&body.mr_td).into()),
        ("mrconfigid", hex(&body.mr_config_id).into()),
        ("rtmr0", hex(rtmr0).into()),
        ("rtmr1", hex(rtmr1).into()),
        ("rtmr2", hex(rtmr2).into()),
        ("rtmr3", hex(rtmr3).into()),
        ("report_data", hex(&body.report_data).into()),
    ]);
    let later = [
        ("tee_tcb_svn2", body.tee_tcb_svn2.map(|svn| hex(&svn))),
        ("mrservicetd", body.mr_service_td.map(|td| hex(&td))),
    ];
    for (name, value) in later {
        if let Some(value) = value {
            claims.insert(name, value);
        }
    }
    claims
}
