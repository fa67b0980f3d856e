//! The shared vector file, and how a case is judged: on its input alone.

use std::{fs, path::Path};

use ca2a_core::{
    ErrorCode,
    json::{Limits, Node, NumberPolicy, Object, Reader},
};

/// What came of a case: outputs, a coded refusal, or a document that the strict reader refuses.
pub enum Outcome {
    Ok(Object<'static>),
    Refused(ErrorCode),
    Unreadable,
    Skipped,
}

/// Runs every case of `group` and says how many there were; `None` where the file is absent.
pub fn run_group(group: &str, run: impl Fn(&str, &Object<'_>) -> Outcome) -> Option<usize> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors/ca2a-vectors.json");
    let Ok(bytes) = fs::read(&path) else {
        println!("SKIPPED: group {group}: {} is not there", path.display());
        return None;
    };
    let reader = Reader::new(NumberPolicy::Lexical).limits(Limits { max_bytes: bytes.len(), max_depth: 128 });
    let file = reader.read(&bytes).unwrap();
    let cases = file.as_object().unwrap().array("cases").unwrap();
    let mut ran = 0;
    for case in cases.iter().map(|case| case.as_object().unwrap()) {
        if case.text("group").unwrap() != group {
            continue;
        }
        let outcome = run(case.text("op").unwrap(), case.object("input").unwrap());
        if matches!(outcome, Outcome::Skipped) {
            continue;
        }
        ran += 1;
        let id = case.text("id").unwrap();
        if let Err(problem) = judge(case, &outcome) {
            panic!("{id}: {problem}");
        }
    }
    Some(ran)
}

fn judge(case: &Object<'_>, outcome: &Outcome) -> Result<(), String> {
    let expect = case.object("expect").unwrap();
    let must_refuse = case.get("recommend").and_then(Node::as_str) == Some("reject");
    if must_refuse || expect.contains("uncaught") {
        return match outcome {
            Outcome::Ok(_) => Err("accepted, must be refused".into()),
            Outcome::Refused(_) | Outcome::Unreadable | Outcome::Skipped => Ok(()),
        };
    }
    let accepted = expect.get("ok").and_then(Node::as_bool).unwrap();
    match outcome {
        Outcome::Ok(output) if accepted => {
            let wanted = expect.iter().filter(|(name, _)| *name != "ok");
            let differs = |(name, want): &(&str, &Node<'_>)| !same(output.get(name), want);
            match wanted.into_iter().find(differs) {
                Some((name, want)) => Err(format!("`{name}`: {:?}, want {want:?}", output.get(name))),
                None => Ok(()),
            }
        }
        Outcome::Ok(_) => Err("accepted, want a refusal".into()),
        Outcome::Refused(code) if accepted => Err(format!("refused with {code}")),
        Outcome::Refused(code) => {
            let want = expect.text("error").unwrap();
            if code.as_str() == want { Ok(()) } else { Err(format!("{code}, want {want}")) }
        }
        Outcome::Unreadable if accepted => Err("unreadable".into()),
        Outcome::Unreadable | Outcome::Skipped => Ok(()),
    }
}

/// Equal, whatever policy read the numbers, and whatever the order of members.
fn same(got: Option<&Node<'_>>, want: &Node<'_>) -> bool {
    use ca2a_core::canonical::to_vec;
    got.is_some_and(|got| to_vec(got).unwrap() == to_vec(want).unwrap())
}

/// The bytes behind hex text of any length.
pub fn bytes(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// 32 bytes behind 64 hex characters.
pub fn bytes32(text: &str) -> [u8; 32] {
    bytes(text).try_into().unwrap()
}
