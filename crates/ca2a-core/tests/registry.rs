//! CORE-26: the registry of error codes is the one of the page.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

use std::{collections::BTreeSet, path::Path};

use ca2a_core::{ErrorCode, UnknownErrorCode};
use ca2a_covers::covers;

#[test]
fn the_page_and_the_code_say_the_same() {
    covers!(accept, "CORE-26");
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs/errors.md");
    let page = std::fs::read_to_string(page).unwrap();
    let rows: Vec<_> = page
        .lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| `")?.split('|').map(str::trim);
            let code = cells.next()?.trim_matches('`').to_owned();
            let http: u16 = cells.next()?.parse().unwrap_or_else(|error| panic!("{line}: {error}"));
            assert!(cells.next().is_some_and(|when| !when.is_empty()), "{line} says when");
            Some((code, http))
        })
        .collect();
    let registry: Vec<_> = ErrorCode::ALL.iter().map(|code| (code.to_string(), code.http_status())).collect();
    assert_eq!(rows, registry);
}

#[test]
fn every_code_has_one_text() {
    covers!(accept, "CORE-26");
    covers!(refuse, "CORE-26");
    let texts: BTreeSet<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(texts.len(), ErrorCode::ALL.len());
    for code in ErrorCode::ALL {
        assert_eq!(code.as_str().parse(), Ok(*code));
        assert!((400..600).contains(&code.http_status()), "{code}");
    }
    for text in ["", "scope_escalation", "SCOPE_ESCALATION ", "ScopeEscalation", "NO_SUCH_CODE"] {
        assert_eq!(text.parse::<ErrorCode>(), Err(UnknownErrorCode));
    }
}
