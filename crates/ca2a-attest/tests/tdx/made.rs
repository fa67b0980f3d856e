//! A platform of our own: root, authorities, collateral and quotes, good until a test changes something.

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
    },
};
use ca2a_attest::{
    Verified,
    verify::{
        EvidenceError,
        tdx::{Collateral, TdxClaims, TdxEvidence, TdxTrust, verify},
    },
};
use ca2a_core::encoding::hex;

/// When all of it is good: 2026-06-15.
pub const NOW: u64 = 1_781_481_600;

/// A key, for both forms of a signature.
pub struct Key(Vec<u8>);

impl Key {
    pub fn new() -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        Self(key.to_pkcs8v1().unwrap().as_ref().to_vec())
    }

    fn public(&self) -> Vec<u8> {
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &self.0).unwrap();
        key.public_key().as_ref().to_vec()
    }

    fn der(&self, message: &[u8]) -> Vec<u8> {
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &self.0).unwrap();
        key.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
    }

    pub fn raw(&self, message: &[u8]) -> Vec<u8> {
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &self.0).unwrap();
        key.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
    }
}

pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match content.len() {
        length if length < 0x80 => out.push(length as u8),
        length if length < 0x100 => out.extend([0x81, length as u8]),
        length => out.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    out.extend_from_slice(content);
    out
}

pub fn seq(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

fn oid(text: &str) -> Vec<u8> {
    tlv(0x06, der::asn1::ObjectIdentifier::new(text).unwrap().as_bytes())
}

fn algorithm() -> Vec<u8> {
    seq(&[oid("1.2.840.10045.4.3.2")])
}

fn name(text: &str) -> Vec<u8> {
    seq(&[tlv(0x31, &seq(&[oid("2.5.4.3"), tlv(0x0c, text.as_bytes())]))])
}

fn bits(content: &[u8]) -> Vec<u8> {
    tlv(0x03, &[&[0][..], content].concat())
}

fn extension(id: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if critical { tlv(0x01, &[0xff]) } else { Vec::new() };
    seq(&[oid(id), critical, tlv(0x04, value)])
}

/// The SGX extension of a PCK certificate.
pub fn sgx_extension(cpu_svn: [u8; 16], fmspc: &[u8], pce_id: &[u8]) -> Vec<u8> {
    let base = "1.2.840.113741.1.13.1";
    let number = |value: u8| tlv(0x02, &if value > 127 { vec![0, value] } else { vec![value] });
    let pair = |id: String, value: Vec<u8>| seq(&[oid(&id), value]);
    let mut tcb: Vec<Vec<u8>> =
        (1..).zip(cpu_svn).map(|(at, svn)| pair(format!("{base}.2.{at}"), number(svn))).collect();
    tcb.push(pair(format!("{base}.2.17"), number(11)));
    tcb.push(pair(format!("{base}.2.18"), tlv(0x04, &cpu_svn)));
    seq(&[
        pair(format!("{base}.1"), tlv(0x04, &[7; 16])),
        pair(format!("{base}.2"), seq(&tcb)),
        pair(format!("{base}.3"), tlv(0x04, pce_id)),
        pair(format!("{base}.4"), tlv(0x04, fmspc)),
        pair(format!("{base}.5"), tlv(0x0a, &[1])),
    ])
}

/// One certificate, before it is signed.
pub struct Subject {
    pub name: &'static str,
    pub issuer: &'static str,
    pub serial: u8,
    pub from: &'static str,
    pub until: &'static str,
    pub authority: bool,
    pub sgx: Option<Vec<u8>>,
}

impl Subject {
    fn sign(&self, key: &Key, issuer: &Key) -> Vec<u8> {
        let point = seq(&[oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")]);
        let constraints = if self.authority { seq(&[tlv(0x01, &[0xff])]) } else { seq(&[]) };
        // keyCertSign and cRLSign, or digitalSignature.
        let usage = if self.authority { [1, 0x06] } else { [6, 0xc0] };
        let mut extensions = vec![
            extension("2.5.29.19", true, &constraints),
            extension("2.5.29.15", true, &tlv(0x03, &usage)),
        ];
        extensions.extend(self.sgx.iter().map(|sgx| extension("1.2.840.113741.1.13.1", false, sgx)));
        let tbs = seq(&[
            tlv(0xa0, &tlv(0x02, &[2])),
            tlv(0x02, &[self.serial]),
            algorithm(),
            name(self.issuer),
            seq(&[tlv(0x17, self.from.as_bytes()), tlv(0x17, self.until.as_bytes())]),
            name(self.name),
            seq(&[point, bits(&key.public())]),
            tlv(0xa3, &seq(&extensions)),
        ]);
        let signature = bits(&issuer.der(&tbs));
        seq(&[tbs, algorithm(), signature])
    }
}

/// One revocation list, before it is signed.
pub struct List {
    pub issuer: &'static str,
    pub until: &'static str,
    pub revoked: Option<u8>,
    pub forged: bool,
}

impl List {
    fn sign(&self, issuer: &Key) -> Vec<u8> {
        let since = tlv(0x17, b"260601000000Z");
        let revoked = self.revoked.map(|serial| seq(&[seq(&[tlv(0x02, &[serial]), since.clone()])]));
        let tbs = seq(&[
            tlv(0x02, &[1]),
            algorithm(),
            name(self.issuer),
            since,
            tlv(0x17, self.until.as_bytes()),
            revoked.unwrap_or_default(),
            tlv(0xa0, &seq(&[extension("2.5.29.20", false, &tlv(0x02, &[1]))])),
        ]);
        let stranger = Key::new();
        let signature = bits(&(if self.forged { &stranger } else { issuer }).der(&tbs));
        seq(&[tbs, algorithm(), signature])
    }
}

/// All that a verification looks at, before it is signed.
pub struct Plan {
    pub root: Subject,
    pub authority: Subject,
    pub signer: Subject,
    pub platform: Subject,
    pub root_crl: List,
    pub pck_crl: List,
    pub tcb_info: String,
    pub qe_identity: String,
    pub version: u16,
    pub body_type: u16,
    pub body: Vec<u8>,
    pub qe_report: [u8; 384],
    pub qe_auth_data: Vec<u8>,
    /// Flips a bit of what is named, after it was signed.
    pub broken: &'static str,
    /// When it is verified.
    pub now: u64,
    /// Leaves the authority out of the quote.
    pub without_authority: bool,
    /// How often the authority stands in the chain of the collateral's signer, where it has no business.
    pub more_authorities: usize,
    /// Lets the platform's authority issue the certificate of the collateral's signer.
    pub signer_below_authority: bool,
}

pub const FMSPC: &str = "00A1B2C3D4E5";

/// A body of TD 1.5 that nothing can be said against.
pub fn td15() -> Vec<u8> {
    let mut body = vec![0; 648];
    body[..3].copy_from_slice(&[5, 1, 2]);
    body[123] = 0x10;
    body[128] = 3;
    body[136] = 0xaa;
    body[584..587].copy_from_slice(&[5, 1, 2]);
    body
}

pub fn level(svn: u8, status: &str, advisories: &str) -> String {
    let components = |svn: u8| {
        let all: Vec<String> =
            (0..16).map(|at| format!("{{\"svn\":{}}}", if at < 3 { svn } else { 0 })).collect();
        all.join(",")
    };
    let sgx = components(svn);
    format!(
        "{{\"tcb\":{{\"sgxtcbcomponents\":[{sgx}],\"pcesvn\":11,\"tdxtcbcomponents\":[{}]}},\
         \"tcbDate\":\"2026-01-01T00:00:00Z\",\"tcbStatus\":\"{status}\",\"advisoryIDs\":[{advisories}]}}",
        components(2)
    )
}

impl Plan {
    pub fn new() -> Self {
        let subject = |name, issuer, serial, authority| Subject {
            name,
            issuer,
            serial,
            from: "200101000000Z",
            until: "400101000000Z",
            authority,
            sgx: None,
        };
        let list = |issuer| List { issuer, until: "260701000000Z", revoked: None, forged: false };
        let mut qe_report = [0; 384];
        qe_report[48] = 0x11;
        qe_report[128..160].copy_from_slice(&[0xdc; 32]);
        qe_report[256..260].copy_from_slice(&[2, 0, 8, 0]);
        let dates = "\"issueDate\":\"2026-06-01T00:00:00Z\",\"nextUpdate\":\"2026-07-01T00:00:00Z\"";
        let zeros = "0".repeat(96);
        let tcb_info = format!(
            "{{\"id\":\"TDX\",\"version\":3,{dates},\"fmspc\":\"{FMSPC}\",\"pceId\":\"0000\",\"tcbType\":0,\
             \"tcbEvaluationDataNumber\":18,\"tdxModule\":{{\"mrsigner\":\"{zeros}\",\
             \"attributes\":\"0000000000000000\",\"attributesMask\":\"FFFFFFFFFFFFFFFF\"}},\
             \"tdxModuleIdentities\":[{{\"id\":\"TDX_01\",\"mrsigner\":\"{zeros}\",\
             \"attributes\":\"0000000000000000\",\"attributesMask\":\"FFFFFFFFFFFFFFFF\",\
             \"tcbLevels\":[{{\"tcb\":{{\"isvsvn\":4}},\"tcbDate\":\"2026-01-01T00:00:00Z\",\
             \"tcbStatus\":\"UpToDate\"}}]}}],\"tcbLevels\":[{}]}}",
            level(6, "UpToDate", "")
        );
        let qe_identity = format!(
            "{{\"id\":\"TD_QE\",\"version\":2,{dates},\"tcbEvaluationDataNumber\":17,\"miscselect\":\"00000000\",\
             \"miscselectMask\":\"FFFFFFFF\",\"attributes\":\"11000000000000000000000000000000\",\
             \"attributesMask\":\"FBFFFFFFFFFFFFFF0000000000000000\",\"mrsigner\":\"{}\",\"isvprodid\":2,\
             \"tcbLevels\":[{{\"tcb\":{{\"isvsvn\":8}},\"tcbDate\":\"2026-02-01T00:00:00Z\",\
             \"tcbStatus\":\"UpToDate\"}}]}}",
            "DC".repeat(32)
        );
        let cpu_svn = std::array::from_fn(|at| if at < 3 { 6 } else { 0 });
        let mut platform = subject("PCK", "Platform CA", 3, false);
        platform.sgx = Some(sgx_extension(cpu_svn, &[0, 0xa1, 0xb2, 0xc3, 0xd4, 0xe5], &[0, 0]));
        Self {
            root: subject("Root CA", "Root CA", 1, true),
            authority: subject("Platform CA", "Root CA", 2, true),
            signer: subject("TCB Signing", "Root CA", 4, false),
            platform,
            root_crl: list("Root CA"),
            pck_crl: list("Platform CA"),
            tcb_info,
            qe_identity,
            version: 5,
            body_type: 3,
            body: td15(),
            qe_report,
            qe_auth_data: vec![9; 32],
            broken: "",
            now: NOW,
            without_authority: false,
            more_authorities: 0,
            signer_below_authority: false,
        }
    }

    /// Signs all of it and verifies it under the root of the plan.
    pub fn verify(mut self) -> Result<Verified<TdxClaims>, EvidenceError> {
        let [root, authority, signer, platform, attestation] = std::array::from_fn(|_| Key::new());
        let root_der = self.root.sign(&root, &root);
        let authority_der = self.authority.sign(&authority, &root);
        let signer_der =
            self.signer.sign(&signer, if self.signer_below_authority { &authority } else { &root });
        let platform_der = self.platform.sign(&platform, &authority);
        let above = self.more_authorities + usize::from(self.signer_below_authority);
        let above = std::iter::repeat_n(&authority_der, above);
        let signers: Vec<&[u8]> =
            [&signer_der].into_iter().chain(above).chain([&root_der]).map(|der| &der[..]).collect();

        let flip = |what: &str, mut bytes: Vec<u8>| {
            if self.broken == what {
                let last = bytes.len() - 1;
                bytes[last] ^= 1;
            }
            bytes
        };
        let text = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let collateral = format!(
            "{{\"pck_crl_issuer_chain\":\"\",\"root_ca_crl\":\"{}\",\"pck_crl\":\"{}\",\
             \"tcb_info_issuer_chain\":\"{}\",\"tcb_info\":\"{}\",\"tcb_info_signature\":\"{}\",\
             \"qe_identity_issuer_chain\":\"{}\",\"qe_identity\":\"{}\",\"qe_identity_signature\":\"{}\"}}",
            hex(&self.root_crl.sign(&root)),
            hex(&self.pck_crl.sign(&authority)),
            text(&if self.broken == "no signer" { String::new() } else { pem(&signers) }),
            text(&self.tcb_info),
            hex(&flip("tcb_info", signer.raw(self.tcb_info.as_bytes()))),
            text(&pem(&signers)),
            text(&self.qe_identity),
            hex(&flip("qe_identity", signer.raw(self.qe_identity.as_bytes()))),
        );

        let key = attestation.public();
        let vouched = digest(&SHA256, &[&key[1..], &self.qe_auth_data].concat());
        self.qe_report[320..352].copy_from_slice(&flip("vouched", vouched.as_ref().to_vec()));
        let mut signed = vec![0; 48];
        signed[..8].copy_from_slice(&[self.version as u8, 0, 2, 0, 0x81, 0, 0, 0]);
        signed[12..28].copy_from_slice(&[
            0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9, 0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07,
        ]);
        if self.version == 5 {
            signed.extend(self.body_type.to_le_bytes());
            signed.extend((self.body.len() as u32).to_le_bytes());
        }
        signed.extend_from_slice(&self.body);

        let mut chain: Vec<&[u8]> = vec![&platform_der];
        if !self.without_authority {
            chain.push(&authority_der);
        }
        let chain = pem(&chain).into_bytes();
        let mut inner = self.qe_report.to_vec();
        inner.extend(flip("qe_report", platform.raw(&self.qe_report)));
        inner.extend((self.qe_auth_data.len() as u16).to_le_bytes());
        inner.extend_from_slice(&self.qe_auth_data);
        inner.extend(5_u16.to_le_bytes());
        inner.extend((chain.len() as u32).to_le_bytes());
        inner.extend(chain);
        let mut data = flip("quote", attestation.raw(&signed));
        data.extend_from_slice(&key[1..]);
        data.extend(6_u16.to_le_bytes());
        data.extend((inner.len() as u32).to_le_bytes());
        data.extend(inner);
        let mut quote = signed;
        quote.extend((data.len() as u32).to_le_bytes());
        quote.extend(data);

        let trust = TdxTrust::none().with_root(&root_der)?;
        let collateral = Collateral::from_json(collateral.as_bytes())?;
        let evidence = TdxEvidence { quote: &quote, collateral: Some(&collateral), event_log: None };
        verify(evidence, &trust, self.now)
    }
}

fn pem(certificates: &[&[u8]]) -> String {
    let block = |der: &&[u8]| der::pem::encode_string("CERTIFICATE", der::pem::LineEnding::LF, der).unwrap();
    certificates.iter().map(block).collect()
}
