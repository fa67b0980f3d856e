//! Which files of its operator a node looks up for a report.

#[cfg(feature = "tdx")]
use alloc::format;
use alloc::string::String;

#[cfg(all(feature = "tpm", feature = "snp"))]
use crate::verify::azure::{HclKind, HclReport};
#[cfg(feature = "snp")]
use crate::verify::snp::endorsement_file_name;
#[cfg(feature = "tdx")]
use crate::verify::tdx::Quote;
use crate::{Evidence, Platform};

/// The files of the operator that a report can be verified with, by name (ATT-501).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    /// Of the folder of endorsements: `<chip id>-<reported tcb>.der`, for an SEV-SNP report that brings no certificate.
    pub endorsement: Option<String>,
    /// Of the folder of collateral: `<fmspc>.json`, in lower-case hex.
    pub collateral: Option<String>,
}

impl Wanted {
    /// What `evidence` of `platform` can be verified with. Whoever sent it chose these names, so they lead to a file and
    /// prove nothing.
    #[must_use]
    pub fn of(platform: Platform, evidence: &Evidence) -> Self {
        let hcl = evidence.hcl_report.as_deref().filter(|_| platform == Platform::Tpm);
        let raw = evidence.raw_evidence.as_deref();
        Self {
            endorsement: match (platform, hcl) {
                (Platform::SevSnp, _) => raw.and_then(endorsement),
                (_, Some(hcl)) => paravised(hcl).and_then(endorsement),
                _ => None,
            },
            collateral: match (platform, hcl) {
                (Platform::Tdx, _) => raw.and_then(collateral),
                (_, Some(_)) => evidence.td_quote.as_deref().and_then(collateral),
                _ => None,
            },
        }
    }
}

#[cfg(all(feature = "tpm", feature = "snp"))]
fn paravised(hcl: &[u8]) -> Option<&[u8]> {
    HclReport::parse(hcl).ok().filter(|hcl| hcl.kind == HclKind::SevSnp).map(|hcl| hcl.report)
}

#[cfg(not(all(feature = "tpm", feature = "snp")))]
fn paravised(_: &[u8]) -> Option<&[u8]> {
    None
}

#[cfg(feature = "snp")]
fn endorsement(report: &[u8]) -> Option<String> {
    endorsement_file_name(report).ok()
}

#[cfg(not(feature = "snp"))]
fn endorsement(_: &[u8]) -> Option<String> {
    None
}

#[cfg(feature = "tdx")]
fn collateral(quote: &[u8]) -> Option<String> {
    let family = Quote::parse(quote).ok()?.claimed_fmspc()?;
    Some(format!("{}.json", ca2a_core::encoding::hex(&family)))
}

#[cfg(not(feature = "tdx"))]
fn collateral(_: &[u8]) -> Option<String> {
    None
}
