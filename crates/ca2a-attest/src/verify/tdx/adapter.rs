//! `dcap-qvl` on our cryptography.

use dcap_qvl::config::{Config, CryptoProvider};
use rustls_pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id};

use super::memo::{Memo, entry};
use crate::verify::crypto::{Hash, KeyKind, PublicKey, Scheme, sha256};

/// The one global of this crate: a cache of a pure function (ATT-209).
static MEMO: Memo = Memo::new();

/// The parts that `dcap-qvl` is put together from: its own readers, our signatures and digests.
pub(super) struct Parts;

impl Config for Parts {
    type X509 = dcap_qvl::x509::X509CertBackend;
    type SigEncoder = dcap_qvl::signature::DerSigEncoder;
    type Crypto = Crypto;
}

pub(super) struct Crypto;

impl CryptoProvider for Crypto {
    fn sig_algo() -> &'static dyn SignatureVerificationAlgorithm {
        &P256
    }

    fn sha256(data: &[u8]) -> [u8; 32] {
        sha256(data)
    }

    fn sha384(data: &[u8]) -> [u8; 48] {
        let mut out = [0; 48];
        for (to, from) in out.iter_mut().zip(Hash::Sha384.digest(data)) {
            *to = from;
        }
        out
    }
}

/// ECDSA with P-256 and SHA-256, which is all that Intel signs with.
#[derive(Debug)]
struct P256;

impl SignatureVerificationAlgorithm for P256 {
    fn verify_signature(&self, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        // Other spellings of a point exist; nobody who signs for a platform uses them.
        if key.len() != 65 || key.first() != Some(&4) {
            return Err(InvalidSignature);
        }
        let entry = entry(key, message, signature);
        if MEMO.knows(&entry) {
            return Ok(());
        }
        let key = PublicKey { kind: KeyKind::P256, bytes: key };
        key.verify(Scheme::Ecdsa(Hash::Sha256), message, signature).map_err(|_| InvalidSignature)?;
        MEMO.keep(entry);
        Ok(())
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_P256
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_SHA256
    }
}
