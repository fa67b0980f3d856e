//! Cases of TPM quotes and of the certificates of their keys.

use ca2a_attest::{
    EvidenceError, VerifiedEvidence,
    appraisal::Counters,
    verify::tpm::{Quote, TpmEvidence, TpmTrust, checks, key_from_pem, verify, verify_certificates},
};
use ca2a_core::{
    encoding::hex,
    json::{Node, Object},
};

use super::{
    files::{Case, certificates},
    outcome::{Examined, Found, Signature},
    pcrs,
};
use crate::session::Session;

/// What of a case goes into the verification of a quote.
pub(super) struct Parts {
    pub(super) quote: Vec<u8>,
    signature: Vec<u8>,
    certificates: Vec<Vec<u8>>,
    key: Option<Vec<u8>>,
    public: Option<Vec<u8>>,
    pcr_values: Option<Vec<u8>>,
    event_log: Option<Vec<u8>>,
}

impl Parts {
    /// Reads them; `chain` of a case about a confidential VM is that of its hardware.
    pub(super) fn read(case: &Case, chain: bool, session: &Session<'_, '_>) -> Result<Self, String> {
        let quote = case.need("quote", session)?;
        let mut files = case.all("ak_cert", session)?;
        if chain {
            files.extend(case.all("chain", session)?);
        }
        let mut key = case.get("ak_spki", session)?;
        let mut public = case.get("ak_public", session)?.map(unsized_public);
        if let Some(ak) = case.get("ak", session)? {
            match ak.first() {
                Some(b'-') => key = Some(key_from_pem(&ak).map_err(|error| error.to_string())?),
                Some(0x30) => key = Some(ak),
                _ => public = public.or(Some(unsized_public(ak))),
            }
        }
        let selection = Quote::parse(&quote).ok().map(|quote| quote.selection);
        let pcr_values = match (case.get("pcrs", session)?, selection) {
            (Some(file), Some(selection)) => Some(pcrs::covered(&file, &selection)?),
            _ => None,
        };
        Ok(Self {
            signature: enveloped(case.need("sig", session)?),
            certificates: certificates(files)?,
            key,
            public,
            pcr_values,
            event_log: case.get("eventlog", session)?,
            quote,
        })
    }

    pub(super) fn evidence(&self) -> TpmEvidence<'_> {
        TpmEvidence {
            quote: &self.quote,
            signature: &self.signature,
            certificates: &self.certificates,
            key: self.key.as_deref(),
            public: self.public.as_deref(),
            parent_public: None,
            pcr_values: self.pcr_values.as_deref(),
            event_log: self.event_log.as_deref(),
        }
    }
}

/// The TPMT_PUBLIC in a TPM2B_PUBLIC, or what is one already.
fn unsized_public(bytes: Vec<u8>) -> Vec<u8> {
    match bytes.split_first_chunk::<2>() {
        Some((size, rest)) if usize::from(u16::from_be_bytes(*size)) == rest.len() => rest.to_vec(),
        _ => bytes,
    }
}

/// A signature exactly as long as a modulus is bare RSASSA with SHA-256.
fn enveloped(signature: Vec<u8>) -> Vec<u8> {
    const RSASSA_SHA256: [u8; 4] = [0, 0x14, 0, 0x0b];
    match u16::try_from(signature.len()) {
        Ok(length @ (128 | 256 | 384 | 512)) => {
            [&RSASSA_SHA256[..], &length.to_be_bytes(), &signature].concat()
        }
        _ => signature,
    }
}

fn trust(case: &Case, session: &Session<'_, '_>) -> Result<TpmTrust, String> {
    let roots = certificates(case.all("root", session)?)?;
    let trust = roots.iter().try_fold(TpmTrust::built_in(), |trust, root| trust.with_root(root));
    trust.map_err(|error| error.to_string())
}

pub(super) fn examine(case: &Case, session: &Session<'_, '_>) -> Result<Examined, String> {
    let parts = Parts::read(case, true, session)?;
    let verified = verify(&parts.evidence(), &trust(case, session)?, case.time()?);
    Ok(Examined {
        signature: signature(&verified),
        claims: claims(&parts.quote),
        result: verified.map(|verified| Found::Evidence(Box::new(VerifiedEvidence::Tpm(verified)))),
    })
}

pub(super) fn signature<C>(verified: &Result<C, EvidenceError>) -> Signature {
    match verified {
        Err(error) if !checks::follows_signature(error.check) => Signature::Fail,
        _ => Signature::Pass,
    }
}

pub(super) fn examine_certificates(case: &Case, session: &Session<'_, '_>) -> Result<Examined, String> {
    let mut files = case.all("ak_cert", session)?;
    files.extend(case.all("chain", session)?);
    let verified = verify_certificates(&certificates(files)?, &trust(case, session)?, case.time()?);
    let result = verified.map(|_| Found::Plain);
    Ok(Examined { signature: Signature::None, result, claims: Object::new() })
}

fn claims(quote: &[u8]) -> Object<'static> {
    let Ok(quote) = Quote::parse(quote) else { return Object::new() };
    Object::from([
        ("extra_data", Node::from(hex(&quote.extra_data))),
        ("clock", quote.clock.clock.into()),
        ("reset", quote.clock.reset_count.into()),
        ("restart", quote.clock.restart_count.into()),
        ("safe", u32::from(quote.clock.safe).into()),
        ("firmware", format!("0x{:x}", quote.firmware_version).into()),
    ])
}

/// The counters that the quote of `case` states.
pub(super) fn counters(case: &Case, session: &Session<'_, '_>) -> Result<Counters, String> {
    let quote = Quote::parse(&case.need("quote", session)?).map_err(|error| error.to_string())?;
    let clock = quote.clock;
    Ok(Counters { clock: clock.clock, reset_count: clock.reset_count, restart_count: clock.restart_count })
}

/// Bytes in hex text, with blank space around it.
pub(super) fn hex_text(text: &[u8]) -> Result<Vec<u8>, String> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    };
    let bytes: Option<Vec<u8>> = text.trim_ascii().chunks(2).map(pair).collect();
    bytes.ok_or_else(|| "a value is not in hex".to_owned())
}
