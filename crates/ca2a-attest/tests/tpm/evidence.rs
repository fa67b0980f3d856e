//! The evidence that lies beside the repository, by case.

use std::{
    fs,
    path::{Path, PathBuf},
};

use ca2a_attest::{
    EvidenceError, Verified, VerifiedEvidence,
    appraisal::{
        AppraisalPolicy, Counters, Request,
        tpm::{CertificateProfile, TpmPolicy},
    },
    verify::tpm::{TpmClaims, TpmTrust, verify},
};
use ca2a_core::json::{Limits, Node, NumberPolicy, Object, Reader};

use crate::forms::{Files, TpmParts, certificates};

/// The folder of the evidence; `None`, said aloud, where it is absent.
pub fn folder() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/evidence");
    if folder.join("cases-dev.json").is_file() {
        return Some(folder);
    }
    println!("SKIPPED: {} is not there", folder.display());
    None
}

/// A case of the file.
pub struct Case {
    pub id: String,
    pub kind: String,
    pub verdict: String,
    pub now: u64,
    pub prior: Option<String>,
    pub files: Files,
    pub expect: Object<'static>,
}

impl Case {
    fn read(case: &Object<'_>, folder: &Path) -> Self {
        let content = |path: &Node<'_>| fs::read(folder.join(path.as_str().unwrap())).unwrap();
        let contents = |node: &Node<'_>| match node.as_array() {
            Some(paths) => paths.iter().map(content).collect(),
            None => vec![content(node)],
        };
        let files = case.object("files").unwrap();
        let text = |name: &str| case.text(name).unwrap().to_owned();
        Self {
            id: text("id"),
            kind: text("kind"),
            verdict: text("verdict"),
            now: case.get("now").and_then(Node::as_uint).unwrap_or_default(),
            prior: case.get("prior").and_then(Node::as_str).map(str::to_owned),
            files: files.iter().map(|(name, node)| (name.to_owned(), contents(node))).collect(),
            expect: case.object("expect").unwrap().clone().into_owned(),
        }
    }

    /// Every case, or none where the evidence is absent.
    pub fn all() -> Vec<Self> {
        let Some(folder) = folder() else { return Vec::new() };
        let bytes = fs::read(folder.join("cases-dev.json")).unwrap();
        let reader =
            Reader::new(NumberPolicy::Lexical).limits(Limits { max_bytes: bytes.len(), max_depth: 64 });
        let file = reader.read(&bytes).unwrap();
        file.as_array().unwrap().iter().map(|case| Self::read(case.as_object().unwrap(), &folder)).collect()
    }

    pub fn named(id: &str) -> Option<Self> {
        Self::all().into_iter().find(|case| case.id == id)
    }

    pub fn file(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(|contents| contents[0].as_slice())
    }

    pub fn parts(&self) -> TpmParts {
        TpmParts::read(&self.files, matches!(&*self.kind, "tpm" | "ak-cert-chain")).unwrap()
    }

    /// What is trusted: the built-in roots and `files.root`, never the end of the chain.
    pub fn trust(&self) -> TpmTrust {
        let roots = self.files.get("root").map(|root| certificates(root).unwrap()).unwrap_or_default();
        roots.iter().fold(TpmTrust::built_in(), |trust, root| trust.with_root(root).unwrap())
    }

    pub fn verify(&self) -> Result<Verified<TpmClaims>, EvidenceError> {
        verify(&self.parts().evidence(), &self.trust(), self.now)
    }

    /// The policy `cases-base` of `CASES.md` for this case.
    pub fn policy(&self) -> TpmPolicy {
        let mut policy = TpmPolicy::default();
        policy.profiles.insert(CertificateProfile::Unmarked);
        policy.require_public = self.files.contains_key("ak_public");
        policy.require_cover = self.files.contains_key("pcrs");
        policy
    }

    /// What is asked: the nonce where there is one, after the counters of the prior case where there is one.
    pub fn request(&self) -> Request {
        let request = match self.file("nonce") {
            Some(hex) => {
                Request::field(self.now, crate::common::bytes(std::str::from_utf8(hex).unwrap().trim()))
            }
            None => Request::unbound(self.now),
        };
        let prior = self.prior.as_deref().map(|id| Self::named(id).unwrap().verify().unwrap());
        let counters = prior.map(|prior| prior.claims().quote.clock).map(|clock| Counters {
            clock: clock.clock,
            reset_count: clock.reset_count,
            restart_count: clock.restart_count,
        });
        counters.into_iter().fold(request, Request::after)
    }
}

/// The ids of the checks that fail.
pub fn failed(policy: &TpmPolicy, verified: Verified<TpmClaims>, request: &Request) -> Vec<String> {
    let mut all = AppraisalPolicy::default();
    all.tpm.policy = policy.clone();
    let appraisal = all.appraise(&VerifiedEvidence::Tpm(verified), request);
    appraisal.failed().map(|check| check.id.to_string()).collect()
}
