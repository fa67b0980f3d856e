//! Verifying the evidence of a TPM, from bytes to claims.

use alloc::{format, vec::Vec};

use ca2a_core::encoding::hex;

use super::{
    AttestationKey, Hierarchy, KeyMaterial, KeyPlace, KeyScheme, PcrSet, PcrValues, Quote, ReplayedBank,
    ReplayedLog, Scheme, SignatureValue, Standing, TpmClaims, TpmPublic, TpmSignature, TpmTrust, chain,
    checks,
};
use crate::{
    Verified,
    appraisal::Check,
    verify::{
        EvidenceError,
        event_log::{EventLog, Padding},
        hash::HashAlgorithm,
        x509::Certificate,
    },
};

/// The evidence of a TPM as it arrives. Nothing of it is believed.
#[derive(Debug, Clone, Copy, Default)]
pub struct TpmEvidence<'a> {
    /// The quote, a TPMS_ATTEST.
    pub quote: &'a [u8],
    /// Its signature, a TPMT_SIGNATURE.
    pub signature: &'a [u8],
    /// The certificates of the attestation key in DER, its own first.
    pub certificates: &'a [Vec<u8>],
    /// The attestation key as a SubjectPublicKeyInfo in DER.
    pub key: Option<&'a [u8]>,
    /// The attestation key as a TPMT_PUBLIC.
    pub public: Option<&'a [u8]>,
    /// Its parent as a TPMT_PUBLIC.
    pub parent_public: Option<&'a [u8]>,
    /// The values of the PCRs that the quote covers, concatenated in the order of its selection.
    pub pcr_values: Option<&'a [u8]>,
    /// The TCG event log of the boot.
    pub event_log: Option<&'a [u8]>,
}

/// Verifies `evidence` at `now`, in Unix seconds: its structures, the signature, the certificates up to a root of
/// `trust`, and all that comes along against what was signed (ATT-300 to ATT-310).
///
/// # Errors
/// The first check that fails, one of [`checks`], in the order of that module.
pub fn verify(
    evidence: &TpmEvidence<'_>,
    trust: &TpmTrust,
    now: u64,
) -> Result<Verified<TpmClaims>, EvidenceError> {
    let certificates = chain::read(evidence.certificates)?;
    let signed = Signed::verify(evidence, &certificates, None)?;
    let certified = certified(&certificates, trust, now)?;
    let (claims, mut made) = signed.claims(evidence, certified.claims().clone())?;
    made.extend(certified.checks().iter().cloned());
    Ok(Verified::new(claims, made, Vec::from(certified.anchors()), now, certified.not_after()))
}

/// Verifies the certificates of an attestation key in DER, its own first, up to a root of `trust` at `now`, in Unix
/// seconds: what they say is worth something only with a quote of that key.
///
/// # Errors
/// The first check of [`checks`] that fails.
pub fn verify_certificates(
    certificates: &[Vec<u8>],
    trust: &TpmTrust,
    now: u64,
) -> Result<Verified<Standing>, EvidenceError> {
    certified(&chain::read(certificates)?, trust, now)
}

fn certified(
    path: &[Certificate<'_>],
    trust: &TpmTrust,
    now: u64,
) -> Result<Verified<Standing>, EvidenceError> {
    let certified = chain::walk(path, trust, now)?;
    let shown = format!("{} certificates to {}", path.len(), certified.anchor.name);
    let revoked = if certified.revocation_checked == 0 {
        Check::not_checked(checks::REVOKED, "no revocation list of an issuer of the chain is known")
    } else {
        let checked = format!("{} certificates checked", certified.revocation_checked);
        Check::decided(checks::REVOKED, true, "not revoked", checked)
    };
    let made = Vec::from([Check::decided(checks::CHAIN, true, "a chain to a trusted root", shown), revoked]);
    Ok(Verified::new(certified.standing, made, Vec::from([certified.anchor]), now, certified.not_after))
}

/// Verifies all of `evidence` but why its key is believed, which is `key` because hardware evidence names it.
#[cfg(any(feature = "snp", feature = "tdx"))]
pub(crate) fn verify_measured(
    evidence: &TpmEvidence<'_>,
    key: KeyMaterial,
) -> Result<(TpmClaims, Vec<Check>), EvidenceError> {
    let certificates = chain::read(evidence.certificates)?;
    let signed = Signed::verify(evidence, &certificates, Some(key))?;
    signed.claims(evidence, Standing::Measured)
}

/// A quote with a good signature.
struct Signed {
    quote: Quote,
    signature: TpmSignature,
    key: KeyMaterial,
    public: Option<TpmPublic>,
    parent: Option<TpmPublic>,
}

impl Signed {
    fn verify(
        evidence: &TpmEvidence<'_>,
        certificates: &[Certificate<'_>],
        measured: Option<KeyMaterial>,
    ) -> Result<Self, EvidenceError> {
        let quote = Quote::parse(evidence.quote)?;
        let signature = TpmSignature::parse(evidence.signature)?;
        let public = evidence.public.map(public).transpose()?;
        let parent = evidence.parent_public.map(self::public).transpose()?;
        let named = [
            measured,
            certificates.first().map(chain::key).transpose()?,
            public.as_ref().map(|public| public.key.clone()),
            evidence.key.map(spki).transpose()?,
        ];
        let key = one_key(named.into_iter().flatten())?;
        scheme(&signature, &key, public.as_ref())?;
        key.verify(evidence.quote, &signature).map_err(|_| {
            EvidenceError::new(checks::SIGNATURE, "the attestation key did not sign this quote")
        })?;
        Ok(Self { quote, signature, key, public, parent })
    }

    fn claims(
        self,
        evidence: &TpmEvidence<'_>,
        standing: Standing,
    ) -> Result<(TpmClaims, Vec<Check>), EvidenceError> {
        let hash = self.signature.hash;
        let place = self.place()?;
        let values = self.pcr_values(evidence.pcr_values)?;
        let event_log = event_log(evidence.event_log, &self.quote, values.as_ref())?;
        let signed = format!("{} with {hash}", self.signature.scheme);
        let checks = Vec::from([
            Check::decided(checks::TYPE, true, "a quote", "a quote"),
            Check::decided(checks::SCHEME, true, "the scheme of the key", &signed),
            Check::decided(checks::SIGNATURE, true, "a signature of the attestation key", signed),
            match place {
                KeyPlace::Unknown => Check::not_checked(checks::QUALIFIED_SIGNER, "no parent came along"),
                KeyPlace::Primary(hierarchy) | KeyPlace::Below(hierarchy) => {
                    let shown = format!("in the {hierarchy} hierarchy");
                    Check::decided(checks::QUALIFIED_SIGNER, true, "the Qualified Name of the key", shown)
                }
            },
            match &values {
                Some(_) => Check::decided(
                    checks::PCR_VALUES,
                    true,
                    "the values that the quote covers",
                    &self.quote.selection,
                ),
                None => Check::not_checked(checks::PCR_VALUES, "no values came along"),
            },
        ]);
        let key = AttestationKey {
            material: self.key,
            standing,
            attributes: self.public.map(|public| public.attributes.of_attestation()),
            place,
        };
        let scheme = self.signature.scheme;
        Ok((TpmClaims { quote: self.quote, scheme, hash, key, pcr_values: values, event_log }, checks))
    }

    /// Compares the Qualified Name in the quote with those that the key can have: H(QN(parent) ‖ Name), never the Name
    /// itself (ATT-308). Without a parent the key may be a primary key; a Qualified Name that then fits no hierarchy
    /// shows nothing.
    fn place(&self) -> Result<KeyPlace, EvidenceError> {
        let signer = &*self.quote.qualified_signer;
        let Some(public) = &self.public else { return Ok(KeyPlace::Unknown) };
        let below = |parent: &TpmPublic| {
            let qualified =
                |hierarchy: &Hierarchy| *public.qualified_below(&parent.qualified_in(*hierarchy)) == *signer;
            let found = Hierarchy::LASTING.into_iter().find(qualified);
            found.map(KeyPlace::Below).ok_or_else(|| {
                let detail =
                    format!("the quote names `{}`, which is not the key below that parent", hex(signer));
                EvidenceError::new(checks::QUALIFIED_SIGNER, detail)
            })
        };
        match &self.parent {
            Some(parent) => below(parent),
            None => {
                let primary = |hierarchy: &Hierarchy| *public.qualified_in(*hierarchy) == *signer;
                let found = Hierarchy::LASTING.into_iter().find(primary);
                Ok(found.map_or(KeyPlace::Unknown, KeyPlace::Primary))
            }
        }
    }

    /// One hash over all values in the order of the selection is what the TPM signed (ATT-307).
    fn pcr_values(&self, bytes: Option<&[u8]>) -> Result<Option<PcrValues>, EvidenceError> {
        let (quote, hash) = (&self.quote, self.signature.hash);
        if quote.pcr_digest.len() != hash.size() {
            let detail =
                format!("`pcrDigest` has {} bytes, a {hash} digest {}", quote.pcr_digest.len(), hash.size());
            return Err(EvidenceError::new(checks::PCR_DIGEST, detail));
        }
        let Some(bytes) = bytes else { return Ok(None) };
        if hash.digest(&[bytes]) != quote.pcr_digest {
            return Err(EvidenceError::new(
                checks::PCR_VALUES,
                "the values are not those that the quote covers",
            ));
        }
        let values = PcrValues::split(&quote.selection, bytes).ok_or_else(|| {
            let detail = format!("{} bytes are not the values of {}", bytes.len(), quote.selection);
            EvidenceError::new(checks::PCR_VALUES, detail)
        })?;
        Ok(Some(values))
    }
}

fn public(bytes: &[u8]) -> Result<TpmPublic, EvidenceError> {
    TpmPublic::parse(bytes).map_err(|error| EvidenceError::new(checks::PUBLIC_STRUCTURE, error))
}

fn spki(bytes: &[u8]) -> Result<KeyMaterial, EvidenceError> {
    let key = KeyMaterial::from_spki(bytes);
    key.ok_or_else(|| {
        EvidenceError::new(checks::KEY, "the attestation key is no RSA, P-256 or P-384 public key")
    })
}

/// The one key that all of `named` are (ATT-304).
fn one_key(mut named: impl Iterator<Item = KeyMaterial>) -> Result<KeyMaterial, EvidenceError> {
    let Some(key) = named.next() else {
        return Err(EvidenceError::new(checks::KEY, "nothing says which key signed"));
    };
    if named.any(|other| other != key) {
        return Err(EvidenceError::new(checks::KEY, "certificate, public area and key name different keys"));
    }
    Ok(key)
}

/// A restricted key signs with the one scheme of its public area (ATT-303).
fn scheme(
    signature: &TpmSignature,
    key: &KeyMaterial,
    public: Option<&TpmPublic>,
) -> Result<(), EvidenceError> {
    let refuse = |expected: &dyn core::fmt::Display| {
        let detail =
            format!("signed with {} and {}, the key is for {expected}", signature.scheme, signature.hash);
        Err(EvidenceError::new(checks::SCHEME, detail))
    };
    let rsa = matches!(signature.value, SignatureValue::Rsa(_));
    if key.is_rsa() != rsa {
        return refuse(if key.is_rsa() { &"RSA" } else { &Scheme::Ecdsa });
    }
    match public.map_or(KeyScheme::Any, |public| public.scheme) {
        KeyScheme::Any => Ok(()),
        KeyScheme::Only(scheme, hash) if (scheme, hash) == (signature.scheme, signature.hash) => Ok(()),
        KeyScheme::Only(scheme, hash) => refuse(&format_args!("{scheme} and {hash}")),
        KeyScheme::Other => refuse(&"no signature"),
    }
}

/// Replays `bytes` against the values of the quote (ATT-310). Without values there is nothing to compare with.
fn event_log(
    bytes: Option<&[u8]>,
    quote: &Quote,
    values: Option<&PcrValues>,
) -> Result<Option<ReplayedLog>, EvidenceError> {
    let Some(bytes) = bytes else { return Ok(None) };
    let log = EventLog::parse(bytes, Padding::None);
    let log = log.map_err(|error| EvidenceError::new(checks::EVENT_LOG_STRUCTURE, error))?;
    let Some(values) = values else { return Ok(None) };
    let mut banks = Vec::new();
    for selected in quote.selection.banks() {
        let bank = HashAlgorithm::from_tcg(selected.bank);
        let Some(replay) = bank.and_then(|bank| log.replay(bank)) else { continue };
        let explains = |index: &u8| {
            values.get(replay.bank(), *index).is_some_and(|value| replay.gives((*index).into(), value))
        };
        let extended: PcrSet =
            replay.registers().filter_map(|register| u8::try_from(register).ok()).collect();
        banks.push(ReplayedBank {
            bank: replay.bank(),
            extended: extended.and(selected.pcrs),
            explained: selected.pcrs.iter().filter(explains).collect(),
        });
    }
    Ok(Some(ReplayedLog { events: log.events().len(), banks }))
}
