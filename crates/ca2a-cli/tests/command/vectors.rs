//! The command on the shared vectors: exit codes, and the JSON members that a case names.

use std::path::Path;

use ca2a_cli::MemoryFs;
use ca2a_core::json::{Limits, Node, NumberPolicy, Object, Reader, read, to_text};

use crate::support::piped;

/// Members that people read and nothing matches on.
const NOT_COMPARED: &[&str] = &["error"];

fn vectors() -> Option<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors/ca2a-vectors.json");
    std::fs::read(path).ok()
}

fn files(input: &Object<'_>) -> MemoryFs {
    let files = input.object("files").unwrap();
    files.iter().fold(MemoryFs::new(), |kept, (name, node)| {
        // A document as text where its spelling matters, else as a value.
        let text = node.as_str().map_or_else(|| to_text(node), Into::into);
        kept.with(name, text, false)
    })
}

#[test]
fn every_case_of_the_command() {
    let Some(bytes) = vectors() else {
        println!("SKIPPED: the shared vectors are not here");
        return;
    };
    let limits = Limits { max_bytes: 64 << 20, max_depth: 64 };
    let document = Reader::new(NumberPolicy::Lexical).limits(limits).read(&bytes).unwrap();
    let cases = document.as_object().unwrap().array("cases").unwrap();
    let mut judged = 0;
    for case in cases.iter().filter_map(Node::as_object).filter(|case| case.text("op") == Ok("cli")) {
        let id = case.text("id").unwrap();
        let input = case.object("input").unwrap();
        let words: Vec<_> = input.array("argv").unwrap().iter().map(|word| word.as_str().unwrap()).collect();
        let expect = case.object("expect").unwrap();
        let said = piped(&files(input), &words);
        if expect.contains("uncaught") || case.text("recommend") == Ok("reject") {
            assert_ne!(said.exit.code(), 0, "{id}: {said:?}");
            judged += 1;
            continue;
        }
        assert_eq!(u64::from(said.exit.code()), expect.uint("exit").unwrap(), "{id}: {said:?}");
        if let Ok(wanted) = read(expect.text("stdout").unwrap().as_bytes()) {
            let got = said.json();
            for (name, value) in wanted.as_object().unwrap().iter() {
                if !NOT_COMPARED.contains(&name) {
                    let found = got.as_object().unwrap().get(name);
                    assert_eq!(found, Some(value), "{id}, member `{name}`: {said:?}");
                }
            }
        }
        judged += 1;
    }
    assert!(judged > 0, "no case of the command in the vectors");
    println!("{judged} cases of the command");
}
