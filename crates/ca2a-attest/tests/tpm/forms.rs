//! The forms in which case files hold TPM evidence, made into the one form that the verifier reads. On the wire there is
//! only that one; tools write these.

use std::collections::BTreeMap;

use ca2a_attest::verify::{
    hash::HashAlgorithm,
    tpm::{KeyMaterial, PcrSelection, PcrValues, Quote, TpmEvidence, certificates_from_pem, key_from_pem},
};
use ca2a_core::json::{self, Node, Object};

/// The files of a case: what each name stands for, one content or a list of them.
pub type Files = BTreeMap<String, Vec<Vec<u8>>>;

/// TPM evidence of a case.
#[derive(Debug, Default)]
pub struct TpmParts {
    quote: Vec<u8>,
    signature: Vec<u8>,
    certificates: Vec<Vec<u8>>,
    key: Option<Vec<u8>>,
    public: Option<Vec<u8>>,
    pcr_values: Option<Vec<u8>>,
    event_log: Option<Vec<u8>>,
}

impl TpmParts {
    /// Reads the evidence out of `files`. `chain` is the attestation key's where `of_key` says so, and otherwise that of
    /// the hardware below a vTPM.
    ///
    /// # Errors
    /// What cannot be brought into form, in words; the case then has no evidence to verify.
    pub fn read(files: &Files, of_key: bool) -> Result<Self, String> {
        let one = |name: &str| files.get(name).and_then(|contents| contents.first()).cloned();
        let mut parts = Self {
            quote: one("quote").unwrap_or_default(),
            signature: one("sig").map(|bytes| signature(&bytes)).unwrap_or_default(),
            event_log: one("eventlog"),
            ..Self::default()
        };
        for name in ["ak_cert", "ak", "ak_spki", "ak_public"] {
            match one(name).map(|bytes| key(&bytes)) {
                None => {}
                Some(Some(Key::Spki(spki))) => parts.key = Some(spki),
                Some(Some(Key::Public(public))) => parts.public = Some(public),
                Some(Some(Key::Certificate(certificate))) => parts.certificates.push(certificate),
                Some(None) => return Err(format!("`{name}` is a key in no known form")),
            }
        }
        if let Some(contents) = files.get("chain").filter(|_| of_key) {
            for certificate in certificates(contents)? {
                if !parts.certificates.contains(&certificate) {
                    parts.certificates.push(certificate);
                }
            }
        }
        if let Some(file) = one("pcrs") {
            // A quote that cannot be read is refused for that, whatever its values are.
            let selection = Quote::parse(&parts.quote).map(|quote| quote.selection).unwrap_or_default();
            let values = pcr_values(&file, &selection).ok_or("`pcrs` lacks a value that the quote covers")?;
            parts.pcr_values = Some(values);
        }
        Ok(parts)
    }

    /// The evidence.
    pub fn evidence(&self) -> TpmEvidence<'_> {
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

    /// The certificates of the attestation key, its own first.
    pub fn certificates(&self) -> &[Vec<u8>] {
        &self.certificates
    }
}

/// Certificates as one PEM text or as contents in DER.
pub fn certificates(contents: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, String> {
    let mut all = Vec::new();
    for content in contents {
        if content.starts_with(b"-----BEGIN") {
            all.extend(certificates_from_pem(content).map_err(|error| error.to_string())?);
        } else {
            all.push(content.clone());
        }
    }
    Ok(all)
}

/// A TPMT_SIGNATURE: what has exactly the length of a modulus is a bare RSASSA signature over SHA-256, which the envelope,
/// six bytes longer, never is.
fn signature(bytes: &[u8]) -> Vec<u8> {
    const RSASSA_SHA256: [u8; 4] = [0x00, 0x14, 0x00, 0x0b];
    match (bytes.len(), u16::try_from(bytes.len())) {
        (256 | 384 | 512, Ok(length)) => [&RSASSA_SHA256, &length.to_be_bytes()[..], bytes].concat(),
        _ => bytes.to_vec(),
    }
}

enum Key {
    Spki(Vec<u8>),
    Public(Vec<u8>),
    Certificate(Vec<u8>),
}

/// A public key or certificate in PEM or DER, a TPMT_PUBLIC or a TPM2B_PUBLIC.
fn key(bytes: &[u8]) -> Option<Key> {
    if bytes.starts_with(b"-----BEGIN PUBLIC KEY") {
        return key_from_pem(bytes).ok().map(Key::Spki);
    }
    if bytes.starts_with(b"-----BEGIN CERTIFICATE") {
        return certificates_from_pem(bytes).ok()?.into_iter().next().map(Key::Certificate);
    }
    match bytes {
        [0x30, ..] if KeyMaterial::from_spki(bytes).is_some() => Some(Key::Spki(bytes.into())),
        [0x30, ..] => Some(Key::Certificate(bytes.into())),
        [0x00, 0x01 | 0x23, ..] => Some(Key::Public(bytes.into())),
        [high, low, public @ ..] if usize::from(u16::from_be_bytes([*high, *low])) == public.len() => {
            Some(Key::Public(public.into()))
        }
        _ => None,
    }
}

/// The values that `selection` covers, in its order: out of a map by bank or by index, a list, or what `tpm2_quote`
/// writes.
fn pcr_values(file: &[u8], selection: &PcrSelection) -> Option<Vec<u8>> {
    let document = file.iter().find(|byte| !byte.is_ascii_whitespace());
    if !matches!(document, Some(b'{' | b'[')) {
        return tools_values(file);
    }
    let document = json::read(file).ok()?;
    let mut values = PcrValues::new();
    for selected in selection.banks() {
        let bank = HashAlgorithm::from_tcg(selected.bank)?;
        let named = document.as_object().and_then(|banks| banks.get(bank.as_str()));
        for index in selected.pcrs.iter() {
            values.insert(bank, index, &unhex(value(named.unwrap_or(&document), index)?)?);
        }
    }
    values.concat(selection)
}

/// The value of PCR `index` in a list or a map by index.
fn value<'n>(values: &'n Node<'_>, index: u8) -> Option<&'n str> {
    let by_index = |object: &'n Object<'_>| object.get(&index.to_string());
    let listed = || values.as_array().and_then(|list| list.get(usize::from(index)));
    values.as_object().and_then(by_index).or_else(listed)?.as_str()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = text.chars().map(|digit| digit.to_digit(16)).collect::<Option<_>>()?;
    let byte = |pair: &[u32]| match pair {
        [high, low] => u8::try_from(high << 4 | low).ok(),
        _ => None,
    };
    digits.chunks(2).map(byte).collect()
}

/// The structures of tpm2-tools as they lie in memory: TPML_PCR_SELECTION in 132 bytes, a count, and lists of eight
/// digests, each a length and 64 bytes.
fn tools_values(file: &[u8]) -> Option<Vec<u8>> {
    const SELECTION: usize = 132;
    let (count, mut rest) = file.get(SELECTION..)?.split_first_chunk()?;
    let mut values = Vec::new();
    for _ in 0..u32::from_le_bytes(*count) {
        let (used, slots) = rest.split_first_chunk()?;
        let used = usize::try_from(u32::from_le_bytes(*used)).ok().filter(|used| *used <= 8)?;
        let (slots, after) = slots.split_at_checked(8 * 66)?;
        for slot in slots.chunks_exact(66).take(used) {
            let (length, digest) = slot.split_first_chunk()?;
            values.extend_from_slice(digest.get(..usize::from(u16::from_le_bytes(*length)))?);
        }
        rest = after;
    }
    rest.is_empty().then_some(values)
}
