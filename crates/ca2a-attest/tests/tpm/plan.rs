//! A TPM of our own, its key and the certificates of that: genuine evidence until a test changes something.

use ca2a_attest::{
    EvidenceError, Verified,
    appraisal::Request,
    verify::{
        hash::HashAlgorithm::Sha256,
        tpm::{PcrSelection, PcrSet, TpmClaims, TpmEvidence, TpmTrust, verify},
    },
};

use crate::{
    event_log::{self, Measured},
    pki::{Key, List, Subject, extension, oid, seq},
};

/// When all of it is good: 2026-06-15.
pub const NOW: u64 = 1_781_481_600;

const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
pub const AIK_CERTIFICATE: &str = "2.23.133.8.3";
pub const EK_CERTIFICATE: &str = "2.23.133.8.1";
pub const ENDORSEMENT: u32 = 0x4000_000b;
pub const NULL: u32 = 0x4000_0007;

/// Restricted, signs, fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth.
pub const ATTESTS: u32 = 0x0005_0072;
const STORES: u32 = 0x0003_0072;

/// A TPM2B of `bytes`.
pub fn tpm2b(bytes: &[u8]) -> Vec<u8> {
    [&u16::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat()
}

/// The TPMT_PUBLIC of a key on P-256 that signs with ECDSA and `hash`.
fn public_area(key: &Key, attributes: u32, hash: u16) -> Vec<u8> {
    let point = key.public();
    let scheme = [0x0018, hash].map(u16::to_be_bytes).concat();
    let parts = [
        &[0x00, 0x23, 0x00, 0x0b][..],
        &attributes.to_be_bytes(),
        &tpm2b(&[]),
        &[0x00, 0x10],
        &scheme,
        &[0x00, 0x03, 0x00, 0x10],
        &tpm2b(&point[1..33]),
        &tpm2b(&point[33..]),
    ];
    parts.concat()
}

/// nameAlg and the digest of `parts`: a Name, or a Qualified Name.
fn named(parts: &[&[u8]]) -> Vec<u8> {
    [&[0x00, 0x0b][..], &Sha256.digest(parts)].concat()
}

/// An event of the boot for each PCR from 0 to 7.
pub fn boot() -> Vec<Measured> {
    (0_u8..8).map(|pcr| (pcr.into(), 0xd, [pcr + 1; 32], &b"what was run"[..])).collect()
}

/// The extended key usage `purposes`.
pub fn purposes(purposes: &[&str]) -> Vec<u8> {
    let purposes: Vec<Vec<u8>> = purposes.iter().map(|purpose| oid(purpose)).collect();
    extension(EXTENDED_KEY_USAGE, false, &seq(&purposes))
}

/// All that a verification looks at, before it is signed.
pub struct Plan {
    pub root: Subject,
    pub authority: Subject,
    pub leaf: Subject,
    pub root_list: Option<List>,
    pub list: Option<List>,
    pub attributes: u32,
    /// The hash of the scheme in the public area.
    pub scheme_hash: u16,
    /// The hierarchy in which the key has a parent that comes along.
    pub below: Option<u32>,
    /// The hierarchy whose primary key it is.
    pub primary: Option<u32>,
    pub extra_data: Vec<u8>,
    pub safe: u8,
    pub selection: PcrSelection,
    /// In the order of the selection.
    pub values: Vec<u8>,
    /// In place of the digest of the values.
    pub pcr_digest: Option<Vec<u8>>,
    pub event_log: Option<Vec<u8>>,
    /// How many times over the authority stands in the chain.
    pub authorities: usize,
}

/// What a [`Plan`] comes to.
#[derive(Clone)]
pub struct Made {
    pub quote: Vec<u8>,
    pub signature: Vec<u8>,
    pub certificates: Vec<Vec<u8>>,
    pub public: Vec<u8>,
    pub parent: Option<Vec<u8>>,
    pub values: Option<Vec<u8>>,
    pub event_log: Option<Vec<u8>>,
    /// The root, DER, which no chain brings along.
    pub root: Vec<u8>,
    lists: Vec<Vec<u8>>,
    asked: Vec<u8>,
}

impl Plan {
    pub fn new() -> Self {
        let mut leaf = Subject::new("AK", "Platform CA", 3, false);
        leaf.extensions.push(purposes(&[AIK_CERTIFICATE]));
        let value = |event: &Measured| Sha256.digest(&[&[0; 32], &event.2]);
        Self {
            root: Subject::new("Root CA", "Root CA", 1, true),
            authority: Subject::new("Platform CA", "Root CA", 2, true),
            leaf,
            root_list: None,
            list: None,
            attributes: ATTESTS,
            scheme_hash: 0x000b,
            below: None,
            primary: None,
            extra_data: vec![0x5a; 32],
            safe: 1,
            selection: PcrSelection::of(Sha256, PcrSet::FIRMWARE),
            values: boot().iter().flat_map(|event| value(event).into_vec()).collect(),
            pcr_digest: None,
            event_log: None,
            authorities: 1,
        }
    }

    /// Signs all of it.
    pub fn make(self) -> Made {
        let [root, authority, key, parent] = std::array::from_fn(|_| Key::new());
        let authority_der = self.authority.sign(&authority, &root);
        let mut certificates = vec![self.leaf.sign(&key, &authority)];
        certificates.extend(std::iter::repeat_n(authority_der, self.authorities));
        let public = public_area(&key, self.attributes, self.scheme_hash);
        let parent = public_area(&parent, STORES, 0x000b);
        let primary = |hierarchy: u32, public: &[u8]| named(&[&hierarchy.to_be_bytes(), &named(&[public])]);
        let signer = match (self.below, self.primary) {
            (Some(hierarchy), _) => named(&[&primary(hierarchy, &parent), &named(&[&public])]),
            (None, Some(hierarchy)) => primary(hierarchy, &public),
            (None, None) => named(&[b"some other parent"]),
        };
        let digest = self.pcr_digest.unwrap_or_else(|| Sha256.digest(&[&self.values]).into_vec());
        let clock = [&100_u64.to_be_bytes()[..], &2_u32.to_be_bytes(), &1_u32.to_be_bytes(), &[self.safe]];
        let parts = [
            &0xff54_4347_u32.to_be_bytes()[..],
            &0x8018_u16.to_be_bytes(),
            &tpm2b(&signer),
            &tpm2b(&self.extra_data),
            &clock.concat(),
            &9_u64.to_be_bytes(),
            &self.selection.to_bytes(),
            &tpm2b(&digest),
        ];
        let quote = parts.concat();
        let lists = [(self.root_list, &root), (self.list, &authority)];
        Made {
            signature: ecdsa(&key, &quote),
            quote,
            certificates,
            public,
            parent: self.below.map(|_| parent),
            values: Some(self.values),
            event_log: self.event_log,
            root: self.root.sign(&root, &root),
            lists: lists.into_iter().filter_map(|(list, key)| Some(list?.sign(key))).collect(),
            asked: self.extra_data,
        }
    }

    pub fn verify(self) -> Result<Verified<TpmClaims>, EvidenceError> {
        self.make().verify()
    }
}

/// A TPMT_SIGNATURE of `key` over `message`: ECDSA with SHA-256.
fn ecdsa(key: &Key, message: &[u8]) -> Vec<u8> {
    let raw = key.raw(message);
    [&[0x00, 0x18, 0x00, 0x0b][..], &tpm2b(&raw[..32]), &tpm2b(&raw[32..])].concat()
}

impl Made {
    pub fn evidence(&self) -> TpmEvidence<'_> {
        TpmEvidence {
            quote: &self.quote,
            signature: &self.signature,
            certificates: &self.certificates,
            key: None,
            public: Some(&self.public),
            parent_public: self.parent.as_deref(),
            pcr_values: self.values.as_deref(),
            event_log: self.event_log.as_deref(),
        }
    }

    /// Trust in the root of the plan and the lists of its authorities.
    pub fn trust(&self) -> TpmTrust {
        let trust = TpmTrust::none().with_root(&self.root).unwrap();
        self.lists.iter().fold(trust, |trust, list| trust.with_crl(list).unwrap())
    }

    pub fn verify(&self) -> Result<Verified<TpmClaims>, EvidenceError> {
        verify(&self.evidence(), &self.trust(), NOW)
    }

    /// A request for what the quote was asked for.
    pub fn request(&self) -> Request {
        Request::field(NOW, self.asked.clone())
    }

    /// The log of [`boot`].
    pub fn boot_log() -> Vec<u8> {
        event_log::log(&boot())
    }
}
