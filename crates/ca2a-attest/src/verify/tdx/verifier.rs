//! A quote against collateral: the whole verification.

use alloc::{boxed::Box, format, vec::Vec};

use ca2a_core::encoding::hex;
use dcap_qvl::{PckCertFlag, QuoteClaims, QuotePolicy, verify::QuoteVerifier};
use der::DateTime;

use super::{
    Collateral, CollateralWindow, PckPlatform, Quote, TcbStatus, TcbVerdict, TdxClaims, TdxTrust,
    adapter::Parts, agreement::same, checks, refusals::refusal, trust::Root,
};
use crate::{
    Verified,
    appraisal::{Check, CheckId},
    verify::EvidenceError,
};

/// What there is about a trust domain.
#[derive(Debug, Clone, Copy)]
pub struct TdxEvidence<'a> {
    /// The quote, as it came.
    pub quote: &'a [u8],
    /// Intel's collateral about the platform, from the operator's own store.
    pub collateral: Option<&'a Collateral>,
    /// The event log, as it came.
    pub event_log: Option<&'a [u8]>,
}

/// Verifies `evidence` at `now`, in Unix seconds: the quote up to one of the roots of `trust`, the collateral, and the
/// platform, module and quoting enclave against it (ATT-200 to ATT-230). What the claims are worth is for an appraisal.
///
/// # Errors
/// The first check that fails, by its id in [`checks`].
pub fn verify(
    evidence: TdxEvidence<'_>,
    trust: &TdxTrust,
    now: u64,
) -> Result<Verified<TdxClaims>, EvidenceError> {
    let quote = Quote::parse(evidence.quote)?;
    quote.check_qe_vendor()?;
    let Some(collateral) = evidence.collateral else {
        return Err(EvidenceError::new(
            checks::COLLATERAL_MISSING,
            "there is no collateral for the platform",
        ));
    };
    collateral.check_subject()?;
    let (claims, root) = endorsed(&quote, collateral, trust, now)?;
    let platform = platform(&claims)?;
    if platform.pce_id != collateral.pce_id() {
        let (found, known) = (hex(&platform.pce_id), hex(&collateral.pce_id()));
        let wrong = format!("the platform's PCEID is {found}, and the collateral is about {known}");
        return Err(EvidenceError::new(checks::PCE_ID, wrong));
    }
    if !same(&claims.report, quote.body()) {
        return Err(EvidenceError::new(checks::VERIFIER, "two readings of the quote differ"));
    }
    let event_log = evidence.event_log.map(|log| quote.body().replay(log)).transpose()?;
    let window = CollateralWindow {
        issued_from: claims.earliest_issue_date,
        issued_until: claims.latest_issue_date,
        expires: claims.earliest_expiration_date,
    };
    let tcb = tcb(&claims)?;
    let passed = passed(&tcb, &platform, root);
    let body = Box::new(quote.body().clone());
    let claims =
        TdxClaims { quote_version: quote.version(), body, tcb, platform, collateral: window, event_log };
    // The list of a CRL is over at its next update, not after it.
    let not_after = window.expires.saturating_sub(1);
    Ok(Verified::new(claims, passed, [root.anchor()].into(), now, not_after))
}

/// What `dcap-qvl` finds, under the one root that the collateral's revocation list comes from.
fn endorsed<'t>(
    quote: &Quote<'_>,
    collateral: &Collateral,
    trust: &'t TdxTrust,
    now: u64,
) -> Result<(QuoteClaims, &'t Root), EvidenceError> {
    let mut first = None;
    for root in trust.roots() {
        // Debug and service domains are for the policy to judge; the rest of the attributes has no switch.
        let verifier = QuoteVerifier::<Parts>::new_with_config(root.anchor.der().into());
        let verifier = verifier.allow_debug(true).allow_service_td(true);
        let all = QuotePolicy::claims_only(now);
        match verifier.verify_with_policy(quote.bytes(), collateral.inner(), now, &all) {
            Ok(claims) => return Ok((claims, root)),
            Err(error) => {
                let refused = refusal(&error);
                let elsewhere = refused.check == checks::CRL && trust.roots().len() > 1;
                if !elsewhere {
                    return Err(refused);
                }
                first = first.or(Some(refused));
            }
        }
    }
    Err(first.unwrap_or_else(|| EvidenceError::new(checks::ROOT, "no root is trusted")))
}

fn platform(claims: &QuoteClaims) -> Result<PckPlatform, EvidenceError> {
    let pck = &claims.platform.pck;
    let flag = |flag| match flag {
        PckCertFlag::True => Some(true),
        PckCertFlag::False => Some(false),
        PckCertFlag::Undefined => None,
    };
    let pce_id = <[u8; 2]>::try_from(pck.pce_id.as_slice());
    let wrong = |_| EvidenceError::new(checks::PCK_EXTENSION, "the certificate's PCEID has not two bytes");
    Ok(PckPlatform {
        fmspc: pck.fmspc,
        pce_id: pce_id.map_err(wrong)?,
        pce_svn: pck.pce_svn,
        cpu_svn: pck.cpu_svn,
        ppid: pck.ppid.as_slice().into(),
        instance_id: pck.platform_instance_id,
        dynamic: flag(pck.dynamic_platform),
        cached_keys: flag(pck.cached_keys),
        smt: flag(pck.smt_enabled),
    })
}

fn tcb(claims: &QuoteClaims) -> Result<TcbVerdict, EvidenceError> {
    let qe = &claims.qe.tcb_level;
    let date = qe.tcb_date.parse::<DateTime>();
    let wrong = |_| EvidenceError::new(checks::COLLATERAL, "the level of the quoting enclave has no date");
    let qe_date = date.map_err(wrong)?.unix_duration().as_secs();
    let qe_is_old = TcbStatus::from(qe.tcb_status).is_out_of_date();
    let mut advisories: Vec<Box<str>> = claims.tcb.advisory_ids.iter().map(|id| id.as_str().into()).collect();
    // Those of a level that only the present TCB is at are among them as well: they apply now.
    let now = claims.platform.current_tcb_level.iter().flat_map(|level| &level.advisory_ids);
    advisories.extend(now.map(|id| Box::from(id.as_str())));
    advisories.sort();
    advisories.dedup();
    Ok(TcbVerdict {
        status: claims.tcb.status.into(),
        advisories,
        evaluation_number: claims.tcb.eval_data_number,
        date: if qe_is_old {
            qe_date.min(claims.platform.tcb_date_tag)
        } else {
            claims.platform.tcb_date_tag
        },
    })
}

/// What was found good, for the record.
fn passed(tcb: &TcbVerdict, platform: &PckPlatform, root: &Root) -> Vec<Check> {
    let pass = |id: CheckId, expected: &str, actual: &str| Check::decided(id, true, expected, actual);
    let evaluation = format!("evaluation {}", tcb.evaluation_number);
    let fmspc = hex(&platform.fmspc);
    [
        pass(checks::STRUCTURE, "one quote and zeros", "one quote and zeros"),
        pass(checks::CHAIN, "a root that is trusted", &root.name),
        pass(checks::REVOKED, "not revoked", "not revoked"),
        pass(checks::COLLATERAL_SIGNATURE, "signed by Intel", &evaluation),
        pass(checks::QE_SIGNATURE, "the platform's key", "the platform's key"),
        pass(checks::QE_BINDING, "the attestation key", "the attestation key"),
        pass(checks::QE_IDENTITY, "published by Intel", "published by Intel"),
        pass(checks::SIGNATURE, "signed by the attestation key", "signed by the attestation key"),
        pass(checks::FMSPC, "the family of the collateral", &fmspc),
        pass(checks::PCE_ID, "the PCE of the collateral", &hex(&platform.pce_id)),
        pass(checks::TCB_LEVEL, "a published level", tcb.status.as_str()),
        pass(checks::MODULE_IDENTITY, "published by Intel", "published by Intel"),
    ]
    .into()
}
