//! The checks on TPM evidence: those of its verifier ([`crate::verify::tpm::checks`]) and those of a policy.

use crate::{
    appraisal::{CheckId, CheckInfo, Component, Effect},
    verify::tpm::checks as verifier,
};

/// The quote answers what was asked.
pub const NONCE: CheckId = CheckId::new("tpm.nonce");
/// What it answers is long enough.
pub const NONCE_LENGTH: CheckId = CheckId::new("tpm.nonce-length");
/// The certificate says that the key is for attestation.
pub const EKU: CheckId = CheckId::new("tpm.ak-eku");
/// The key signs nothing but what its TPM made.
pub const ATTRIBUTES: CheckId = CheckId::new("tpm.ak-attributes");
/// The place of the key in its TPM is shown.
pub const QUALIFIED_NAME: CheckId = CheckId::new("tpm.ak-qualified-name");
/// The quote covers a bank that the policy names.
pub const BANK: CheckId = CheckId::new("tpm.pcr-bank");
/// The quote covers the PCRs that the policy names.
pub const SELECTION: CheckId = CheckId::new("tpm.pcr-selection");
/// The values of the PCRs came with the quote.
pub const VALUES_PRESENT: CheckId = CheckId::new("tpm.pcr-values-present");
/// The firmware measured something.
pub const PCR0: CheckId = CheckId::new("tpm.pcr0");
/// The event log explains the values.
pub const EVENT_LOG: CheckId = CheckId::new("tpm.event-log");
/// The clock never went back.
pub const CLOCK_SAFE: CheckId = CheckId::new("tpm.clock-safe");
/// The clock went on since the key was last seen.
pub const CLOCK: CheckId = CheckId::new("tpm.clock");
/// The TPM was not reset since the key was last seen.
pub const RESET_COUNT: CheckId = CheckId::new("tpm.reset-count");
/// The TPM was not restarted since the key was last seen.
pub const RESTART_COUNT: CheckId = CheckId::new("tpm.restart-count");
/// The firmware of the TPM is recent enough.
pub const FIRMWARE_VERSION: CheckId = CheckId::new("tpm.firmware-version");
/// What runs there is known.
pub const MEASUREMENT: CheckId = CheckId::new("tpm.measurement");

const IDENTITY: &[Effect] = &[Effect { component: Component::InstanceIdentity, pass: 2, fail: 96 }];
const FRESH: &[Effect] = &[Effect { component: Component::InstanceIdentity, pass: 2, fail: 97 }];
const GENUINE: &[Effect] = &[Effect { component: Component::Hardware, pass: 2, fail: 97 }];
const FIRMWARE: &[Effect] = &[Effect { component: Component::Hardware, pass: 2, fail: 32 }];
const CONFIGURED: &[Effect] = &[Effect { component: Component::Configuration, pass: 2, fail: 32 }];
const APPROVED: &[Effect] = &[Effect { component: Component::Executables, pass: 2, fail: 33 }];

const fn row(id: CheckId, meaning: &'static str) -> CheckInfo {
    CheckInfo { id, meaning, policy_key: None, effects: &[] }
}

/// Every check on TPM evidence.
pub const CHECKS: &[CheckInfo] = &[
    row(verifier::MAGIC, "a TPM made the structure that is signed"),
    row(verifier::TYPE, "it is a quote and no other attestation"),
    row(verifier::QUOTE_STRUCTURE, "the quote is one TPMS_ATTEST to its last byte"),
    row(verifier::SIGNATURE_ALGORITHM, "RSASSA, RSAPSS or ECDSA with SHA-256, SHA-384 or SHA-512"),
    row(verifier::SIGNATURE_STRUCTURE, "the signature is one TPMT_SIGNATURE to its last byte"),
    row(verifier::CERTIFICATE, "every certificate can be read and has a key of an accepted kind"),
    row(verifier::PUBLIC_STRUCTURE, "every public area is one TPMT_PUBLIC to its last byte"),
    row(verifier::KEY, "certificate, public area and key name one attestation key"),
    row(verifier::SCHEME, "the signature has the scheme of the attestation key"),
    row(verifier::SIGNATURE, "the attestation key signed the quote"),
    row(verifier::UNTRUSTED, "a certificate speaks for the attestation key"),
    row(verifier::DATES, "every certificate is in its dates"),
    row(verifier::ISSUER, "every issuer is an authority that may issue"),
    row(verifier::CRITICAL, "no certificate has a critical extension that is not understood"),
    row(verifier::CHAIN, "every certificate is signed by the next"),
    row(verifier::ROOT, "the chain leads to a root that is trusted"),
    row(verifier::REVOKED, "no revocation list names a certificate of the chain"),
    row(verifier::CRL_SIGNER, "each revocation list is signed by the issuer that it is about"),
    row(verifier::CRL_DATES, "each revocation list is in its dates"),
    row(verifier::LEAF, "the certificate of the key is no authority's and allows signatures"),
    row(verifier::QUALIFIED_SIGNER, "the quote names the Qualified Name of the key"),
    row(verifier::PCR_DIGEST, "the digest of the PCRs is as long as the hash of the signature"),
    row(verifier::PCR_VALUES, "the values of the PCRs are those that the quote covers"),
    row(verifier::EVENT_LOG_STRUCTURE, "the event log can be read to its last byte"),
    row(NONCE, "the quote answers what was asked: key, nonce and role").effects(FRESH),
    row(NONCE_LENGTH, "what it answers is too long to guess")
        .decided_by("tpm.minimum_nonce_bytes")
        .effects(FRESH),
    row(EKU, "the certificate says that the key is for attestation, in the way of its provider")
        .decided_by("tpm.certificate_profiles")
        .effects(GENUINE),
    row(ATTRIBUTES, "the key is restricted, signs, does not decrypt, and never leaves its TPM")
        .decided_by("tpm.require_attestation_key_public")
        .effects(IDENTITY),
    row(QUALIFIED_NAME, "the place of the key in its TPM is shown").decided_by("tpm.require_qualified_name"),
    row(BANK, "the quote covers every bank that is wanted").decided_by("tpm.pcrs").effects(CONFIGURED),
    row(SELECTION, "the quote covers every PCR that is wanted").decided_by("tpm.pcrs").effects(CONFIGURED),
    row(VALUES_PRESENT, "the values of the PCRs came along").decided_by("tpm.require_pcr_values"),
    row(PCR0, "the firmware measured itself into PCR 0")
        .decided_by("tpm.allow_zero_pcr0")
        .effects(CONFIGURED),
    row(EVENT_LOG, "the event log explains the values of the PCRs")
        .decided_by("tpm.event_log_pcrs")
        .effects(CONFIGURED),
    row(CLOCK_SAFE, "the clock of the TPM never went back")
        .decided_by("tpm.allow_unsafe_clock")
        .effects(FRESH),
    row(CLOCK, "the clock of the TPM went on since the key was last seen").effects(FRESH),
    row(RESET_COUNT, "the TPM was not reset since the key was last seen")
        .decided_by("tpm.allow_reset")
        .effects(FRESH),
    row(RESTART_COUNT, "the TPM was not restarted since the key was last seen")
        .decided_by("tpm.allow_restart")
        .effects(FRESH),
    row(FIRMWARE_VERSION, "the firmware of the TPM is recent enough")
        .decided_by("tpm.minimum_firmware_version")
        .effects(FIRMWARE),
    row(MEASUREMENT, "what was measured is one of the reference values")
        .decided_by("tpm.reference_values")
        .effects(APPROVED),
];
