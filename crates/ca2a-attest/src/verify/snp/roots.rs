//! AMD's root keys and the authorities below them, one of each a product, as its key service serves them: facts of the
//! world, built in (ATT-109).

macro_rules! certificates {
    ($($name:literal $file:literal $fingerprint:literal,)*) => {
        &[$(BuiltIn {
            name: $name,
            der: include_bytes!(concat!("roots/", $file)),
            #[cfg(test)]
            fingerprint: $fingerprint,
        }),*]
    };
}

/// A certificate of AMD's.
pub(super) struct BuiltIn {
    /// What it is called.
    pub(super) name: &'static str,
    /// Its bytes.
    pub(super) der: &'static [u8],
    /// SHA-256 of its bytes.
    #[cfg(test)]
    pub(super) fingerprint: &'static str,
}

/// The roots.
pub(super) const ROOTS: &[BuiltIn] = certificates! {
    "AMD ARK-Milan" "milan-ark.der" "69d063b45344d26a2e94e1f4210de49ef555308287d4c174445c95639a540bcd",
    "AMD ARK-Genoa" "genoa-ark.der" "4c6598d19c18719c5dfd4a7d335f674e5bfe1d8f800cea2cf270c10d103db2f1",
    "AMD ARK-Turin" "turin-ark.der" "1f084161a44bb6d93778a904877d4819cafa5d05ef4193b2ded9dd9c73dd3f6a",
};

/// The authorities of VCEKs (ASK) and VLEKs (ASVK). They are not trusted: a root has to have signed the one used.
pub(super) const AUTHORITIES: &[BuiltIn] = certificates! {
    "AMD SEV-Milan" "milan-ask.der" "67d303bd3905fd38db8b20e0793699870e7fa612eaad5dec358293fd8c0bac1b",
    "AMD SEV-Genoa" "genoa-ask.der" "5464738c1546aed5f2cecf1dc98c5c960a92e8913238a61711bc90ec6e828521",
    "AMD SEV-Turin" "turin-ask.der" "5b77ef5fe7a7a004fd9032668fba9d0fda22f88c4442069a479636a6ae3b3185",
    "AMD SEV-VLEK-Milan" "milan-asvk.der" "c5e081f59b7efab1fe2f8b505e159704e72f29cab7ef7cf628a05a42439082f5",
    "AMD SEV-VLEK-Genoa" "genoa-asvk.der" "197e610743a917d6b9bb982a5a9226ccc0a15b611be0619e626aca9151457372",
    "AMD SEV-VLEK-Turin" "turin-asvk.der" "104e10a8bd060a3c20a434261a57d0588fd65a88915b4f65b08bdecaf8df1a3c",
};

#[cfg(test)]
mod tests {
    use std::{vec, vec::Vec};

    use ca2a_covers::covers;

    use super::*;
    use crate::verify::{
        crypto::sha256,
        x509::{Anchor, Certificate, PathRules, verify_path},
    };

    /// ATT-109
    #[test]
    fn the_bytes_are_those_of_the_fingerprints() {
        covers!(accept, "ATT-109");
        for certificate in ROOTS.iter().chain(AUTHORITIES) {
            assert_eq!(
                ca2a_core::encoding::hex(&sha256(certificate.der)),
                certificate.fingerprint,
                "{}",
                certificate.name
            );
            let read = Certificate::read(certificate.der);
            let name = read.ok().and_then(|read| read.common_name());
            assert_eq!(name, certificate.name.strip_prefix("AMD "));
        }
    }

    /// ATT-109, ATT-115: each authority is one root's, and each root its own.
    #[test]
    fn the_roots_signed_all_of_it() {
        covers!(accept, "ATT-109");
        let anchors: Vec<_> = ROOTS.iter().filter_map(|root| Anchor::new(root.der).ok()).collect();
        assert_eq!(anchors.len(), 3);
        let rules = PathRules { now: 1_800_000_000, leaf_critical: &[], crls: &[] };
        for certificate in AUTHORITIES.iter().chain(ROOTS) {
            let path = Certificate::read(certificate.der).map(|read| vec![read]);
            let verified = path.ok().and_then(|path| verify_path(&path, &anchors, rules).ok());
            assert!(verified.is_some(), "{}", certificate.name);
        }
        for root in ROOTS {
            let read = Certificate::read(root.der);
            assert!(read.is_ok_and(|read| read.is_signed_by(&read)), "{}", root.name);
        }
    }
}
