//! Collateral and quotes of a platform of our own, good until a test changes something.

use aws_lc_rs::digest::{SHA256, digest};
use ca2a_attest::{
    Verified,
    verify::{
        EvidenceError,
        tdx::{Collateral, TdxClaims, TdxEvidence, TdxTrust, verify},
    },
};
use ca2a_core::encoding::hex;

use super::sgx::sgx_extension;
use crate::pki::{Key, List, Subject, extension};

/// When all of it is good: 2026-06-15.
pub const NOW: u64 = 1_781_481_600;

/// All that a verification looks at, before it is signed.
pub struct Plan {
    pub root: Subject,
    pub authority: Subject,
    pub signer: Subject,
    pub platform: Subject,
    /// The extension of the platform's certificate that says what the platform is.
    pub sgx: Option<Vec<u8>>,
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
    /// How many more certificates stand behind the quote.
    pub more_certificates: usize,
    /// What stands behind the text of the certificates.
    pub end_of_chain: &'static str,
    /// Gives the collateral the whole chain of the platform, as a member of its own.
    pub chain_in_collateral: bool,
    /// Changes the quote after all is signed.
    pub edit: fn(&mut Vec<u8>),
    /// Changes the collateral as it is written.
    pub edit_collateral: fn(&mut String),
    pub event_log: Option<Vec<u8>>,
}

/// What a [`Plan`] comes to.
pub struct Made {
    pub quote: Vec<u8>,
    pub collateral: String,
    /// The root, DER.
    pub root: Vec<u8>,
    pub event_log: Option<Vec<u8>>,
    pub now: u64,
}

impl Made {
    /// Trust in the root of the plan, and in no other.
    pub fn trust(&self) -> TdxTrust {
        TdxTrust::none().with_root(&self.root).unwrap()
    }

    pub fn verify(&self) -> Result<Verified<TdxClaims>, EvidenceError> {
        let collateral = Collateral::from_json(self.collateral.as_bytes())?;
        self.verify_with(Some(&collateral), &self.trust())
    }

    pub fn verify_with(
        &self,
        collateral: Option<&Collateral>,
        trust: &TdxTrust,
    ) -> Result<Verified<TdxClaims>, EvidenceError> {
        let evidence = TdxEvidence { quote: &self.quote, collateral, event_log: self.event_log.as_deref() };
        verify(evidence, trust, self.now)
    }
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
        let sgx = Some(sgx_extension(cpu_svn, &[0, 0xa1, 0xb2, 0xc3, 0xd4, 0xe5], &[0, 0]));
        Self {
            root: Subject::new("Root CA", "Root CA", 1, true),
            authority: Subject::new("Platform CA", "Root CA", 2, true),
            signer: Subject::new("TCB Signing", "Root CA", 4, false),
            platform: Subject::new("PCK", "Platform CA", 3, false),
            sgx,
            root_crl: List::new("Root CA"),
            pck_crl: List::new("Platform CA"),
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
            more_certificates: 0,
            end_of_chain: "",
            chain_in_collateral: false,
            edit: |_| (),
            edit_collateral: |_| (),
            event_log: None,
        }
    }

    /// Signs all of it and verifies it under the root of the plan.
    pub fn verify(self) -> Result<Verified<TdxClaims>, EvidenceError> {
        self.make().verify()
    }

    /// Signs all of it.
    pub fn make(mut self) -> Made {
        let [root, authority, signer, platform, attestation] = std::array::from_fn(|_| Key::new());
        let sgx = self.sgx.iter().map(|sgx| extension("1.2.840.113741.1.13.1", false, sgx));
        self.platform.extensions.extend(sgx);
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
        let whole_chain = [&platform_der[..], &authority_der, &root_der];
        let own_chain = if self.chain_in_collateral {
            format!(",\"pck_certificate_chain\":\"{}\"", text(&pem(&whole_chain)))
        } else {
            String::new()
        };
        let mut collateral = format!(
            "{{\"pck_crl_issuer_chain\":\"\",\"root_ca_crl\":\"{}\",\"pck_crl\":\"{}\",\
             \"tcb_info_issuer_chain\":\"{}\",\"tcb_info\":\"{}\",\"tcb_info_signature\":\"{}\",\
             \"qe_identity_issuer_chain\":\"{}\",\"qe_identity\":\"{}\",\"qe_identity_signature\":\"{}\"{own_chain}}}",
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
        chain.extend(std::iter::repeat_n(&root_der[..], self.more_certificates));
        let chain = (pem(&chain) + self.end_of_chain).into_bytes();
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

        (self.edit)(&mut quote);
        (self.edit_collateral)(&mut collateral);
        Made { quote, collateral, root: root_der, event_log: self.event_log, now: self.now }
    }
}

fn pem(certificates: &[&[u8]]) -> String {
    let block = |der: &&[u8]| der::pem::encode_string("CERTIFICATE", der::pem::LineEnding::LF, der).unwrap();
    certificates.iter().map(block).collect()
}
