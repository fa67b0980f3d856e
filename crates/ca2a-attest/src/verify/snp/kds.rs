//! What AMD's key service writes into the certificate of a key (KDS specification 57230, section 3).

use alloc::boxed::Box;

use der::{
    Decode as _,
    asn1::{Ia5StringRef, ObjectIdentifier},
};

use super::{
    check,
    flags::SigningKey,
    report::SnpReport,
    tcb::{Product, Tcb},
};
use crate::verify::{EvidenceError, x509::Certificate};

const PRODUCT: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.3704.1.2");
const BOOTLOADER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.3704.1.3.1");
const TEE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.3704.1.3.2");
const SNP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.3704.1.3.3");
const MICROCODE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.3704.1.3.8");
const FMC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.3704.1.3.9");
const HWID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.3704.1.4");
const CSP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.3704.1.5");

/// What a certificate says about the key that it certifies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KdsClaims {
    pub(super) product: Product,
    pub(super) kind: SigningKey,
    pub(super) tcb: Tcb,
    /// The chip of a VCEK: 64 bytes, on Turin 8.
    pub(super) hwid: Option<Box<[u8]>>,
}

impl KdsClaims {
    /// Reads the extensions of `certificate` (ATT-118).
    pub(super) fn read(certificate: &Certificate<'_>) -> Result<Self, EvidenceError> {
        let wrong = |what: &str| {
            EvidenceError::new(check::ENDORSEMENT, format_args!("the key's certificate has no proper {what}"))
        };
        let name = certificate.common_name();
        let kind = match name {
            Some("SEV-VCEK") => SigningKey::Vcek,
            Some("SEV-VLEK") => SigningKey::Vlek,
            _ => return Err(wrong("name of a VCEK or VLEK")),
        };
        let text = |oid| certificate.extension(oid).and_then(|value| Ia5StringRef::from_der(value).ok());
        let product = text(PRODUCT).and_then(|name| Product::of_kds_name(name.as_ref()));
        let product = product.ok_or_else(|| wrong("product"))?;
        let part = |oid, what| {
            let value = certificate.extension(oid).and_then(|value| u8::from_der(value).ok());
            value.ok_or_else(|| wrong(what))
        };
        let tcb = Tcb {
            fmc: if product == Product::Turin { part(FMC, "FMC version")? } else { 0 },
            bootloader: part(BOOTLOADER, "boot loader version")?,
            tee: part(TEE, "TEE version")?,
            snp: part(SNP, "SNP version")?,
            microcode: part(MICROCODE, "microcode version")?,
        };
        let hwid = match kind {
            SigningKey::Vcek => {
                let size = if product == Product::Turin { 8 } else { 64 };
                let hwid = certificate.extension(HWID).filter(|hwid| hwid.len() == size);
                Some(hwid.ok_or_else(|| wrong("hardware id"))?.into())
            }
            // A VLEK belongs to a provider, which its certificate names, and to no chip.
            SigningKey::Vlek if text(CSP).is_none() || certificate.extension(HWID).is_some() => {
                return Err(wrong("provider"));
            }
            SigningKey::Vlek => None,
        };
        Ok(Self { product, kind, tcb, hwid })
    }

    /// Whether this key is the one that `report` says it was signed with: its kind, its product, its firmware and its
    /// chip (ATT-119 to ATT-122).
    pub(super) fn fit(&self, report: &SnpReport) -> Result<(), EvidenceError> {
        if report.key_info.signing_key() != Some(self.kind) {
            let detail = match report.key_info.signing_key() {
                Some(kind) => alloc::format!(
                    "the report was signed with a {kind}, the certificate is of a {}",
                    self.kind
                ),
                None => alloc::format!("KEY_INFO {:#x} names no VCEK or VLEK", report.key_info.0),
            };
            return Err(EvidenceError::new(check::KEY_INFO, detail));
        }
        if let Some(cpu) = report.cpuid
            && Product::of_cpu(cpu.family, cpu.model) != Some(self.product)
        {
            let detail = format_args!(
                "the report is of family {:#x} model {:#x}, the certificate of {}",
                cpu.family, cpu.model, self.product
            );
            return Err(EvidenceError::new(check::PRODUCT, detail));
        }
        let reported = Tcb::read(report.reported_tcb, self.product);
        if reported != self.tcb {
            let detail = format_args!("the report says {reported}, the certificate {}", self.tcb);
            return Err(EvidenceError::new(check::CERTIFIED_TCB, detail));
        }
        let Some(hwid) = self.hwid.as_deref().filter(|_| !report.is_chip_masked()) else { return Ok(()) };
        let (chip, rest) = report.chip_id.split_at_checked(hwid.len()).unwrap_or_default();
        if chip != hwid || rest.iter().any(|byte| *byte != 0) {
            return Err(EvidenceError::new(
                check::HWID,
                "the certificate is of another chip than the report",
            ));
        }
        Ok(())
    }
}
