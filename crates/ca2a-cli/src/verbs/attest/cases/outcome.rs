//! What came of a case, before anybody says what should have.

use ca2a_attest::{
    EvidenceError, VerifiedEvidence,
    appraisal::{Appraisal, Request},
    verify::azure::AzureHardware,
};
use ca2a_core::json::{Node, Object};

use super::{azure, base, files::Case, snp, tdx, tpm};
use crate::session::Session;

/// Whether what the evidence signs was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signature {
    Pass,
    Fail,
    /// There is none in this kind of case.
    None,
}

/// What a verifier found.
pub(super) struct Examined {
    pub(super) signature: Signature,
    pub(super) result: Result<Found, EvidenceError>,
    /// What the evidence claims, whether it is believed or not.
    pub(super) claims: Object<'static>,
}

/// What a verifier found good.
pub(super) enum Found {
    Evidence(Box<VerifiedEvidence>),
    /// Something that no policy is about: certificates alone, an event log.
    Plain,
}

/// What came of a case.
pub(super) struct Outcome {
    pub(super) signature: Signature,
    /// The TCB status that the collateral gives.
    pub(super) status: Option<&'static str>,
    pub(super) accepted: bool,
    /// The ids of the checks that failed.
    pub(super) failed: Vec<&'static str>,
    /// Whether it is accepted once the keys that decide the failed checks are relaxed; none where no key does.
    pub(super) relaxed: Option<bool>,
    pub(super) claims: Object<'static>,
    detail: String,
}

impl Outcome {
    /// Judges `case` under the policy of cases. `all` are the cases of the file, for those that went before.
    pub(super) fn of(case: &Case, all: &[&Case], session: &Session<'_, '_>) -> Result<Self, String> {
        let examined = match case.kind.as_str() {
            "snp" => snp::examine(case, session)?,
            "tdx" => tdx::examine(case, session)?,
            "ccel" => tdx::examine_log(case, session)?,
            "tpm" => tpm::examine(case, session)?,
            "ak-cert-chain" => tpm::examine_certificates(case, session)?,
            "azure-hcl-snp" | "azure-hcl-tdx" => azure::examine(case, session)?,
            "azure-raw-parts" => azure::examine_parts(case, session)?,
            other => return Err(format!("unknown kind `{other}`")),
        };
        let Examined { signature, result, claims } = examined;
        let mut outcome = Self {
            signature,
            status: None,
            accepted: false,
            failed: Vec::new(),
            relaxed: None,
            claims,
            detail: String::new(),
        };
        match result {
            Err(error) => {
                outcome.failed.push(error.check.as_str());
                outcome.detail = error.detail.into();
            }
            Ok(Found::Plain) => outcome.accepted = true,
            Ok(Found::Evidence(evidence)) => outcome.appraise(case, all, &evidence, session)?,
        }
        Ok(outcome)
    }

    fn appraise(
        &mut self,
        case: &Case,
        all: &[&Case],
        evidence: &VerifiedEvidence,
        session: &Session<'_, '_>,
    ) -> Result<(), String> {
        self.status = status(evidence);
        let request = request(case, all, session)?;
        let document = base::document(case);
        let judge = |document: &Node<'_>| -> Result<Appraisal, String> {
            Ok(base::policy(document, case)?.appraise(evidence, &request))
        };
        let appraisal = judge(&document)?;
        self.failed = appraisal.failed().map(|check| check.id.as_str()).collect();
        self.accepted = self.failed.is_empty();
        self.detail = appraisal.reasons();
        if let Some(relaxed) = base::relax(document, &appraisal) {
            self.relaxed = Some(judge(&relaxed)?.failed().next().is_none());
        }
        Ok(())
    }

    /// The verdict in a word or two.
    pub(super) fn verdict(&self) -> String {
        let word = if self.accepted { "accept" } else { "reject" };
        self.status.map_or_else(|| word.to_owned(), |status| format!("{word} {status}"))
    }

    pub(super) fn to_object(&self) -> Object<'static> {
        let signature = match self.signature {
            Signature::Pass => "pass",
            Signature::Fail => "fail",
            Signature::None => "none",
        };
        Object::from([
            ("signature", Node::from(signature)),
            ("tcb_status", self.status.into()),
            ("accepted", self.accepted.into()),
            ("failed", self.failed.iter().copied().collect()),
            ("accepted_when_allowed", self.relaxed.map_or(Node::NULL, Node::from)),
            ("detail", self.detail.clone().into()),
        ])
    }
}

fn status(evidence: &VerifiedEvidence) -> Option<&'static str> {
    match evidence {
        VerifiedEvidence::Tdx(verified) => Some(verified.claims().tcb.status.as_str()),
        VerifiedEvidence::Azure(verified) => match &verified.claims().hardware {
            AzureHardware::Tdx(claims) => Some(claims.tcb.status.as_str()),
            _ => None,
        },
        _ => None,
    }
}

/// A case with a nonce has to answer it; one with a case before it has to have grown from that.
fn request(case: &Case, all: &[&Case], session: &Session<'_, '_>) -> Result<Request, String> {
    let now = case.time()?;
    let request = match case.get("nonce", session)? {
        Some(nonce) => Request::field(now, tpm::hex_text(&nonce)?),
        None => Request::unbound(now),
    };
    let Some(prior) = &case.prior else { return Ok(request) };
    let before = all.iter().find(|other| other.id == *prior);
    let before = before.ok_or_else(|| format!("`prior` names `{prior}`, which is no case of the file"))?;
    Ok(request.after(tpm::counters(before, session)?))
}
