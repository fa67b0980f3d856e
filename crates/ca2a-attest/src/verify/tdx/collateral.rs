//! What Intel says about a platform: TCB information, identity of the quoting enclave, revocation lists.

use alloc::{boxed::Box, string::String, vec::Vec};
use core::fmt;

use ca2a_core::json::{self, Object};
use dcap_qvl::QuoteCollateralV3;

use super::checks;
use crate::verify::EvidenceError;

/// Collateral about one family of platforms, read and not believed (ATT-210). It comes from the operator's directory,
/// never from a peer.
#[derive(Clone, PartialEq, Eq)]
pub struct Collateral {
    inner: QuoteCollateralV3,
    /// What the TCB information is about: `TDX`, or `SGX`.
    subject: Box<str>,
    fmspc: [u8; 6],
    pce_id: [u8; 2],
}

const REQUIRED: [&str; 9] = [
    "pck_crl_issuer_chain",
    "root_ca_crl",
    "pck_crl",
    "tcb_info_issuer_chain",
    "tcb_info",
    "tcb_info_signature",
    "qe_identity_issuer_chain",
    "qe_identity",
    "qe_identity_signature",
];

/// `dcap-qvl` would believe this chain in place of the one in the quote, so that it is never handed on (ATT-211).
const NOT_READ: &str = "pck_certificate_chain";

impl Collateral {
    /// Reads the JSON form that the tools around `dcap-qvl` write: texts as they came from Intel, binary members in hex.
    ///
    /// # Errors
    /// `tdx.collateral` for anything else, a member that is unknown or there twice included.
    pub fn from_json(bytes: &[u8]) -> Result<Self, EvidenceError> {
        let node = json::read(bytes).map_err(refuse)?;
        let object = node.expect_object("the collateral").map_err(refuse)?;
        object.closed(&REQUIRED, &[NOT_READ]).map_err(refuse)?;
        let text = |name| object.text(name).map(String::from).map_err(refuse);
        let binary = |name| {
            let bytes = unhex(object.text(name).map_err(refuse)?);
            bytes.ok_or_else(|| refuse(format_args!("`{name}` is not in hex")))
        };
        let signature = |name| {
            let bytes = binary(name)?;
            let of_p256 = bytes.len() == 64;
            of_p256.then_some(bytes).ok_or_else(|| refuse(format_args!("`{name}` has not 64 bytes")))
        };
        let inner = QuoteCollateralV3 {
            pck_crl_issuer_chain: text("pck_crl_issuer_chain")?,
            root_ca_crl: binary("root_ca_crl")?,
            pck_crl: binary("pck_crl")?,
            tcb_info_issuer_chain: text("tcb_info_issuer_chain")?,
            tcb_info: text("tcb_info")?,
            tcb_info_signature: signature("tcb_info_signature")?,
            qe_identity_issuer_chain: text("qe_identity_issuer_chain")?,
            qe_identity: text("qe_identity")?,
            qe_identity_signature: signature("qe_identity_signature")?,
            pck_certificate_chain: None,
        };
        let in_info = |problem: &dyn fmt::Display| refuse(format_args!("`tcb_info`: {problem}"));
        let node = json::read(inner.tcb_info.as_bytes()).map_err(|error| in_info(&error))?;
        let info = node.expect_object("tcb_info").map_err(|error| in_info(&error))?;
        let subject = info.text("id").map_err(|error| in_info(&error))?.chars().take(20).collect();
        let (fmspc, pce_id) = (fixed(info, "fmspc")?, fixed(info, "pceId")?);
        Ok(Self { subject, fmspc, pce_id, inner })
    }

    /// The family of platforms that it is about: what `collateral_dir` is searched by.
    #[must_use]
    pub fn fmspc(&self) -> [u8; 6] {
        self.fmspc
    }

    /// The provisioning enclave that it is about.
    #[must_use]
    pub fn pce_id(&self) -> [u8; 2] {
        self.pce_id
    }

    /// Whether it is about TDX at all.
    pub(super) fn check_subject(&self) -> Result<(), EvidenceError> {
        let about = self.subject.escape_debug();
        if &*self.subject == "TDX" {
            Ok(())
        } else {
            Err(refuse(format_args!("it is about `{about}`, not TDX")))
        }
    }

    pub(super) fn inner(&self) -> &QuoteCollateralV3 {
        &self.inner
    }
}

impl fmt::Debug for Collateral {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fmspc = ca2a_core::encoding::hex(&self.fmspc);
        out.debug_struct("Collateral").field("fmspc", &fmspc).finish_non_exhaustive()
    }
}

fn refuse(problem: impl fmt::Display) -> EvidenceError {
    EvidenceError::new(checks::COLLATERAL, problem)
}

fn fixed<const N: usize>(object: &Object<'_>, name: &str) -> Result<[u8; N], EvidenceError> {
    let text = object.text(name).map_err(refuse)?;
    let bytes = unhex(text).and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| refuse(format_args!("`{name}` is not {N} bytes in hex")))
}

/// Hex of either case, as Intel writes both.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    };
    text.as_bytes().chunks(2).map(pair).collect()
}
