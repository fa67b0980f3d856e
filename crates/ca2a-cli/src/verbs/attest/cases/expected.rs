//! What a case expects, and whether an outcome is that.

use ca2a_attest::{appraisal, verify::tdx::TcbStatus};
use ca2a_core::json::{Node, Object};

use super::outcome::{Outcome, Signature};

/// The expected verdict of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expected {
    /// `accept`, `accept STATUS`.
    Accept(Option<String>),
    /// `reject`.
    Reject,
    /// `reject-X`.
    RejectFor(String),
    /// `accept-signature, reject-by-default-policy`.
    SignatureOnly,
    /// `accept-if-policy-allows-X`.
    AcceptIfAllowed(String),
    /// `accept-with S / reject by default`.
    AcceptWith(String),
    /// `reject by default`.
    RejectByDefault,
    /// `reject for TDX policy…`.
    RejectForTdx,
    /// `signature ok, Y`.
    SignatureOk,
    /// `policy`.
    Profile,
}

/// What freshness is about.
const FRESHNESS: [&str; 8] = [
    "tpm.nonce",
    "tpm.nonce-length",
    "tpm.clock",
    "tpm.clock-safe",
    "tpm.reset-count",
    "tpm.restart-count",
    "snp.report-data",
    "tdx.report-data",
];

impl Expected {
    /// Reads the text of a verdict; `None` for one that is not known.
    pub(super) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "accept" => Self::Accept(None),
            "reject" => Self::Reject,
            "accept-signature, reject-by-default-policy" => Self::SignatureOnly,
            "reject by default" => Self::RejectByDefault,
            "policy" => Self::Profile,
            _ => {
                if let Some(status) = text.strip_prefix("accept ") {
                    Self::Accept(Some(known_status(status)?))
                } else if let Some(what) = text.strip_prefix("accept-if-policy-allows-") {
                    Self::AcceptIfAllowed(known_family(what)?)
                } else if let Some(rest) = text.strip_prefix("accept-with ") {
                    Self::AcceptWith(known_status(rest.strip_suffix(" / reject by default")?)?)
                } else if let Some(family) = text.strip_prefix("reject-") {
                    Self::RejectFor(known_family(family)?)
                } else if text.starts_with("reject for TDX policy") {
                    Self::RejectForTdx
                } else if text.strip_prefix("signature ok, ").is_some_and(|rest| !rest.is_empty()) {
                    Self::SignatureOk
                } else {
                    return None;
                }
            }
        })
    }

    /// Whether `outcome` is this, and says of the evidence what `claims` say.
    pub(super) fn judge(&self, outcome: &Outcome, claims: Option<&Object<'_>>) -> Result<(), String> {
        self.verdict(outcome).map_err(|why| format!("{why}; got {}", shown(outcome)))?;
        let plainly_refused = matches!(self, Self::Reject | Self::RejectFor(_));
        match claims {
            Some(claims) if outcome.signature == Signature::Pass && !plainly_refused => {
                compare(claims, &outcome.claims, outcome.status, "")
            }
            _ => Ok(()),
        }
    }

    fn verdict(&self, outcome: &Outcome) -> Result<(), String> {
        let signed = outcome.signature == Signature::Pass;
        let only = |id: &dyn Fn(&str) -> bool| {
            !outcome.failed.is_empty() && outcome.failed.iter().all(|failed| id(failed))
        };
        match self {
            Self::Accept(status) => {
                want(outcome.accepted, "must be accepted")?;
                let same = status.as_deref().is_none_or(|status| outcome.status == Some(status));
                want(same, "must have that status")
            }
            Self::Reject | Self::RejectByDefault => want(!outcome.accepted, "must be refused"),
            Self::RejectFor(family) if family == "freshness" => {
                want(!outcome.accepted && signed, "must be refused with a good signature")?;
                want(only(&|id| FRESHNESS.contains(&id)), "must be refused for freshness alone")
            }
            Self::RejectFor(family) => {
                let named = outcome.failed.iter().any(|id| is_of(id, family));
                want(!outcome.accepted && named, "must be refused by a check of that family")
            }
            Self::SignatureOnly => want(signed && !outcome.accepted, "must be refused with a good signature"),
            Self::AcceptIfAllowed(what) => {
                want(!outcome.accepted && signed, "must be refused with a good signature")?;
                want(only(&|id| is_of(id, what)), "must be refused for that alone")?;
                want(outcome.relaxed == Some(true), "must be accepted once that is allowed")
            }
            Self::AcceptWith(status) => {
                want(outcome.status == Some(status), "must have that status")?;
                want(
                    only(&|id| id == "tdx.tcb-status" || id == "tdx.advisories"),
                    "must be refused for its status and advisories alone",
                )?;
                want(outcome.failed.contains(&"tdx.tcb-status"), "must be refused for its status")?;
                want(outcome.relaxed == Some(true), "must be accepted once status and advisories are allowed")
            }
            Self::RejectForTdx => {
                want(outcome.failed == ["tdx.tee-type"], "must be refused by `tdx.tee-type`")
            }
            Self::SignatureOk => {
                want(signed && !outcome.accepted, "must be refused with a good signature")?;
                want(only(&is_chain), "must be refused for its chain or collateral")
            }
            Self::Profile => {
                want(outcome.failed == ["tpm.ak-eku"], "must be refused by `tpm.ak-eku` alone")?;
                want(outcome.relaxed == Some(true), "must be accepted with the profile `gce`")
            }
        }
    }
}

fn want(holds: bool, what: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what.to_owned()) }
}

fn shown(outcome: &Outcome) -> String {
    let signature = match outcome.signature {
        Signature::Pass => "a good signature, ",
        Signature::Fail => "no good signature, ",
        Signature::None => "",
    };
    format!("{signature}{} [{}]", outcome.verdict(), outcome.failed.join(" "))
}

fn is_chain(id: &str) -> bool {
    let words = [
        "chain",
        "root",
        "untrusted",
        "collateral",
        "endorsement",
        "dates",
        "issuer",
        "crl",
        "revoked",
        "fmspc",
        "pce-id",
    ];
    words.into_iter().any(|word| id.contains(word))
}

fn known_status(text: &str) -> Option<String> {
    TcbStatus::ALL.into_iter().map(TcbStatus::as_str).find(|status| *status == text).map(str::to_owned)
}

/// `text`, without the number at its end, when there is a check that it can mean.
fn known_family(text: &str) -> Option<String> {
    let name = match text.rsplit_once('-') {
        Some((name, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => text,
    };
    let known = name == "freshness" || appraisal::checks().any(|info| is_of(info.id.as_str(), name));
    (known && !name.is_empty()).then(|| name.to_owned())
}

/// Whether the words of `family` stand in `id`, one after the other.
fn is_of(id: &str, family: &str) -> bool {
    let id = format!("-{}-", id.replace('.', "-"));
    id.contains(&format!("-{family}-"))
}

/// Whether everything that `expected` says of the evidence is what the evidence says.
fn compare(
    expected: &Object<'_>,
    claims: &Object<'_>,
    status: Option<&'static str>,
    path: &str,
) -> Result<(), String> {
    for (name, want) in expected.iter() {
        let path = format!("{path}{name}");
        let same = match name {
            "tcb_status" => status == want.as_str(),
            // It says which event log goes with the quote; that is a case of its own.
            "ccel" => true,
            _ => match (want.as_object(), claims.get(name)) {
                (Some(want), Some(got)) => {
                    let got = got.as_object().ok_or_else(|| format!("`{path}` is no object"))?;
                    compare(want, got, status, &format!("{path}."))?;
                    true
                }
                (None, Some(got)) => text(got) == text(want),
                (_, None) => false,
            },
        };
        if !same {
            let got = claims.get(name).map_or_else(|| "nothing".to_owned(), text);
            return Err(format!("`{path}` must be {}, got {got}", text(want)));
        }
    }
    Ok(())
}

fn text(node: &Node<'_>) -> String {
    ca2a_core::json::to_text(node)
}
