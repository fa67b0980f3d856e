use super::*;

fn file(path: &str, text: &str) -> Vec<File> {
    vec![(path.to_owned(), text.to_owned())]
}

const PAGE: &str =
    "# Chains\n\n**DEL-1** (MUST, code INVALID_CREDENTIAL): closed.\n- **DEL-2** (SHOULD): short.\n";

fn refusal(page: &str, source: &str) -> String {
    judge(&file("specs/d.md", page), &file("a.rs", source)).unwrap_err().to_string()
}

#[test]
fn what_is_stated_may_be_cited() {
    let source = "/// A hop (DEL-1, DEL-2). SHA-256 and RFC-8785 are no requirements.\nlet n = DEL-9;";
    let seen = judge(&file("specs/d.md", PAGE), &file("a.rs", source)).unwrap();
    assert_eq!(seen, Seen { requirements: 2, pages: 1, citations: 2, sources: 1 });
}

#[test]
fn a_citation_without_a_requirement_is_named() {
    assert!(refusal(PAGE, "x; // DEL-3 says so").contains("a.rs:1: cites `DEL-3`"));
    let covers = "covers!(accept, \"DEL-1\");\ncovers!(\n    refuse,\n    \"DEL-1\",\n    \"DEL-4\",\n);";
    assert!(refusal(PAGE, covers).contains("a.rs: covers `DEL-4`"));
    let checks = "use crate::requirement::{enforce, holds};\nenforce(\"DEL-1\", verdict)?;\nif !holds(\n    \"DEL-1, DEL-8\",\n    true,\n) {}";
    assert!(refusal(PAGE, checks).contains("a.rs: checks `DEL-8`"));
}

#[test]
fn an_id_is_allocated_once() {
    let twice = format!("{PAGE}**DEL-1** (MUST): again.\n");
    assert!(refusal(&twice, "").contains("specs/d.md:5: `DEL-1` is allocated already, at specs/d.md:3"));
}

#[test]
fn an_id_has_one_shape() {
    for (line, fault) in [
        ("**FOO-1** (MUST): x", "a prefix that no layer owns"),
        ("**DEL-01** (MUST): x", "plain decimal"),
        ("**DEL-1a** (MUST): x", "plain decimal"),
        ("**DEL-1**: x", "does not say (MUST)"),
        ("**DEL-1** (must): x", "does not say (MUST)"),
        ("**DEL-1** (MUST, code SCOPE_ESCALATED): x", "no error code"),
    ] {
        let said = refusal(line, "");
        assert!(said.contains(fault), "{line}: {said}");
    }
}

#[test]
fn an_empty_folder_proves_nothing() {
    assert!(refusal("# Chains", "").contains("nothing was checked"));
}

fn coverage(records: &[&str]) -> Coverage {
    let mut coverage = Coverage::default();
    for record in records {
        coverage.add(record).unwrap();
    }
    coverage
}

fn holds(page: &str, records: &[&str]) -> Result<Held> {
    judge_coverage(&file("specs/d.md", page), &coverage(records))
}

const BOTH: [&str; 2] = ["DEL-1\taccept\t-\tt", "DEL-1\trefuse\tINVALID_CREDENTIAL\tt"];

#[test]
fn a_requirement_is_shown_from_both_sides() {
    let page = format!("Held against their tests: DEL.\n\n{PAGE}**REV-1** (MUST): x\n");
    let held = holds(&page, &BOTH).unwrap();
    assert_eq!((held.musts, held.whole, held.held, held.others), (2, 1, 1, 1));
    for (records, missing) in
        [(&BOTH[..1], "no test that passed refuses"), (&BOTH[1..], "no test that passed accepts")]
    {
        let said = holds(&page, records).unwrap_err().to_string();
        assert!(said.contains("`DEL-1`") && said.contains(missing), "{said}");
    }
}

#[test]
fn what_a_layer_lacks_is_listed() {
    let page = format!("{PAGE}**REV-1** (MUST): x\n**REV-2** (MUST, by process): x\n");
    let listed =
        |records: &[&str], layer| judge_layer(&file("specs/d.md", &page), &coverage(records), layer).unwrap();
    assert_eq!(listed(&BOTH, "DEL"), [""; 0]);
    assert_eq!(listed(&BOTH[..1], "DEL"), ["`DEL-1`: no test that passed refuses what breaks it"]);
    assert_eq!(listed(&BOTH, "REV").len(), 2);
    assert!(judge_layer(&file("specs/d.md", &page), &coverage(&BOTH), "FOO").is_err());
}

#[test]
fn what_a_process_shows_needs_no_test() {
    let page = format!("Held against their tests: DEL.\n\n{PAGE}**DEL-3** (MUST, by process): x\n");
    assert_eq!(holds(&page, &BOTH).unwrap().musts, 1);
}

#[test]
fn a_vector_is_refused_with_a_code_of_its_requirement() {
    let page = format!("Held against their tests: DEL.\n\n{PAGE}");
    let other = ["DEL-1\taccept\t-\tt", "DEL-1\trefuse\tSCOPE_ESCALATION\tt"];
    assert!(holds(&page, &other).unwrap_err().to_string().contains("refused as SCOPE_ESCALATION"));
}

#[test]
fn records_are_of_requirements_and_some_layer_is_held() {
    let page = format!("Held against their tests: DEL.\n\n{PAGE}");
    let stray = [BOTH[0], BOTH[1], "DEL-9\taccept\t-\tt"];
    assert!(holds(&page, &stray).unwrap_err().to_string().contains("`DEL-9`"));
    assert!(holds(PAGE, &BOTH).unwrap_err().to_string().contains("nothing was checked"));
    assert!(Coverage::default().add("DEL-1 accept").is_err());
    assert!(Coverage::default().add("DEL-1\tperhaps\t-\tt").is_err());
}

#[test]
fn a_vector_is_about_a_requirement_and_refused_with_its_code() {
    let vectors = |requirement: &str, code: &str| {
        let case = format!(
            r#"{{"cases":[{{"id":"DEL-1/refuse-x","requirement":"{requirement}","expect":{{"ok":false,"error":"{code}"}}}}]}}"#
        );
        file("conformance/vectors/d.json", &case)
    };
    let page = format!("{PAGE}See `DEL-1/refuse-x`.\n");
    let judged = |page: &str, requirement, code| {
        vectors::judge(&file("specs/d.md", page), &vectors(requirement, code))
            .map_err(|error| error.to_string())
    };
    assert_eq!(judged(&page, "DEL-1", "INVALID_CREDENTIAL"), Ok(1));
    assert!(judged(&page, "DEL-9", "INVALID_CREDENTIAL").unwrap_err().contains("no page states"));
    assert!(judged(&page, "DEL-1", "SCOPE_ESCALATION").unwrap_err().contains("does not name"));
    let gone = format!("{PAGE}See `DEL-1/accept-y`.\n");
    assert!(judged(&gone, "DEL-1", "INVALID_CREDENTIAL").unwrap_err().contains("not there"));
}
