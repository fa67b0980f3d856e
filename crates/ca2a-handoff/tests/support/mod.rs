//! The vectors of the Python package, read so that neither an order nor the text of a number is lost.

use std::{collections::BTreeMap, fs, path::Path};

use ca2a_core::json::{self, Node, NumberPolicy, Object, Reader};
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
pub struct Vectors {
    pub identities: BTreeMap<String, Identity>,
    cases: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
pub struct Identity {
    pub seed_hex: String,
    pub raw_public_key_hex: String,
    pub public_key_pem: String,
    pub private_key_pem: String,
    pub agent_id: String,
    pub attestation_fingerprint: String,
}

/// The file, or `None` with a visible line where it is absent.
pub fn vectors() -> Option<Vectors> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors/trusthandoff-vectors.json");
    let Ok(text) = fs::read_to_string(&path) else {
        println!("SKIPPED: the vectors of the Python package are not here");
        return None;
    };
    Some(serde_json::from_str(&text).unwrap())
}

impl Vectors {
    /// The cases of one kind, each as an object.
    pub fn of_kind(&self, kind: &str) -> Vec<Case> {
        let cases =
            self.cases.iter().map(|raw| Case::read(raw.get())).filter(|case| case.text("kind") == kind);
        let cases: Vec<Case> = cases.collect();
        assert!(!cases.is_empty(), "no case of kind {kind}");
        cases
    }
}

/// One case.
pub struct Case(pub Object<'static>);

impl Case {
    fn read(text: &str) -> Self {
        let limits = json::Limits { max_bytes: 1 << 24, max_depth: 512 };
        let node = Reader::new(NumberPolicy::Lexical).limits(limits).read(text.as_bytes()).unwrap();
        Self(node.as_object().unwrap().clone().into_owned())
    }

    pub fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Node::as_str).unwrap_or_default()
    }

    pub fn node(&self, path: &[&str]) -> &Node<'static> {
        let mut object = &self.0;
        let (last, parents) = path.split_last().unwrap();
        for name in parents {
            object = object.object(name).unwrap();
        }
        object.get(last).unwrap_or_else(|| panic!("{}: no {path:?}", self.text("id")))
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }
}

pub fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

pub fn seed(text: &str) -> [u8; 32] {
    unhex(text).try_into().unwrap()
}
