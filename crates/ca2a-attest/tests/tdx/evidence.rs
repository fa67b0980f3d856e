//! The evidence of others: files and cases.

use std::{fs, path::PathBuf};

use ca2a_attest::verify::{
    EvidenceError,
    tdx::{Collateral, TdxClaims, TdxEvidence, TdxTrust, verify},
};
use ca2a_core::json::{self, Node, Object};

/// The directory of the evidence, where it is.
pub fn directory() -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/evidence");
    if path.is_dir() {
        return Some(path);
    }
    println!("SKIPPED: {} is not there", path.display());
    None
}

/// A case, with its files read.
pub struct Case {
    pub id: String,
    pub now: u64,
    pub verdict: String,
    pub expect: Object<'static>,
    files: Object<'static>,
}

impl Case {
    pub fn file(&self, name: &str) -> Option<Vec<u8>> {
        let path = self.files.get(name)?.as_str()?;
        Some(fs::read(directory()?.join(path)).unwrap())
    }

    pub fn quote(&self) -> Vec<u8> {
        self.file("quote").unwrap()
    }

    /// The whole verification, under Intel's root.
    pub fn verify(&self) -> Result<ca2a_attest::Verified<TdxClaims>, EvidenceError> {
        let (quote, collateral) = (self.quote(), self.file("collateral").unwrap());
        let collateral = Collateral::from_json(&collateral)?;
        let evidence = TdxEvidence { quote: &quote, collateral: Some(&collateral), event_log: None };
        verify(evidence, &TdxTrust::built_in(), self.now)
    }
}

/// The cases of `kind`, empty where there is no evidence.
pub fn cases(kind: &str) -> Vec<Case> {
    let Some(directory) = directory() else { return Vec::new() };
    let bytes = fs::read(directory.join("cases-dev.json")).unwrap();
    let node = json::read(&bytes).unwrap().into_owned();
    let of_kind = |node: &&Node<'static>| node.as_object().unwrap().text("kind").unwrap() == kind;
    let case = |node: &Node<'static>| {
        let case = node.as_object().unwrap();
        Case {
            id: case.text("id").unwrap().into(),
            now: case.get("now").and_then(Node::as_uint).unwrap_or_default(),
            verdict: case.text("verdict").unwrap().into(),
            expect: case.object("expect").unwrap().clone(),
            files: case.object("files").unwrap().clone(),
        }
    };
    let found: Vec<Case> = node.as_array().unwrap().iter().filter(of_kind).map(case).collect();
    assert!(!found.is_empty(), "no case of kind {kind}");
    found
}

/// The case called `id`; none where there is no evidence.
pub fn case(id: &str) -> Option<Case> {
    cases("tdx").into_iter().find(|case| case.id == id)
}
