//! Cedar policies: how a request looks to them, and what each kind of policy does.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "tests"
)]

mod common;

use ca2a_core::{CallerAssurance, ErrorCode, Sha256};
use ca2a_covers::covers;
use ca2a_policy::{
    Decision, Denial, Policy as _, PolicyError, authorize,
    cedar::{CedarPolicy, Note},
    effective_scope,
};
use common::{ASSURANCES, Caller, Counted, capability, key, scope};

fn load(text: &str) -> CedarPolicy {
    CedarPolicy::from_bytes(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn decide(text: &str, caller: &Caller) -> Decision {
    load(text).decide(&caller.facts())
}

fn allows(text: &str, caller: &Caller) -> bool {
    decide(text, caller).is_allow()
}

/// A condition alone, under a policy that permits exactly where it holds.
fn holds(condition: &str, caller: &Caller) -> bool {
    allows(&format!("permit(principal, action, resource) when {{ {condition} }};"), caller)
}

/// POL-8: the file that honest peers write decides as it does there.
#[test]
fn a_policy_of_the_python_package_works_as_it_is() {
    covers!(accept, "POL-8");
    let policy = load(r#"permit(principal, action == Action::"read", resource);"#);
    assert!(policy.notes().is_empty());
    for assurance in ASSURANCES {
        let caller = Caller { assurance, ..Caller::asking("read") };
        assert!(policy.decide(&caller.facts()).is_allow());
        let effective =
            effective_scope(&policy, &scope(&["read", "write", "Read", "read "]), &caller.facts());
        assert_eq!(effective, scope(&["read"]));
    }
    let denied = policy.decide(&Caller::asking("write").facts());
    assert_eq!(denied, Decision::Deny(Denial::NotPermitted(capability("write"))));
}

/// POL-8
#[test]
fn the_principal_is_the_leaf_subject() {
    covers!(accept, "POL-8");
    covers!(refuse, "POL-8");
    let caller = Caller { subject: key(7), ..Caller::asking("read") };
    let permit = |agent: &str| format!(r#"permit(principal == Agent::"{agent}", action, resource);"#);
    assert!(allows(&permit(&key(7).to_hex()), &caller));
    assert!(!allows(&permit(&key(8).to_hex()), &caller));
    assert!(!allows(&permit("peer"), &caller));
    assert!(holds("principal is Agent", &caller));
    // And so a forbid bites the one it names.
    let forbid = format!(
        r#"permit(principal, action, resource); forbid(principal == Agent::"{}", action, resource);"#,
        key(7)
    );
    assert!(!allows(&forbid, &caller));
    assert!(allows(&forbid, &Caller { subject: key(8), ..caller }));
}

/// POL-8
#[test]
fn the_resource_is_the_task() {
    covers!(accept, "POL-8");
    covers!(refuse, "POL-8");
    let caller = Caller::asking("read");
    assert!(allows(r#"permit(principal, action, resource == Task::"task");"#, &caller));
    assert!(!allows(r#"permit(principal, action, resource == Task::"other");"#, &caller));
}

/// POL-8: the capability is an opaque id, whatever characters it has.
#[test]
fn the_action_is_the_capability_to_the_letter() {
    covers!(accept, "POL-8");
    covers!(refuse, "POL-8");
    for text in
        ["read", "tool:purchase", r#"a"b\c"#, "Ns::Action::\"x\"", "é\u{1f511}", "\u{0}", " ", "*", "a\nb"]
    {
        let escaped: String = text.chars().map(|char| format!("\\u{{{:x}}}", u32::from(char))).collect();
        let policy = format!(r#"permit(principal, action == Action::"{escaped}", resource);"#);
        assert!(allows(&policy, &Caller::asking(text)), "{text:?}");
        assert!(!allows(&policy, &Caller::asking(&format!("{text}x"))), "{text:?}");
    }
    // A pattern in a capability is no pattern.
    assert!(!allows(r#"permit(principal, action == Action::"read", resource);"#, &Caller::asking("*")));
}

/// POL-8
#[test]
fn the_context_holds_what_was_proven() {
    covers!(accept, "POL-8");
    let caller = Caller {
        depth: 3,
        assurance: CallerAssurance::Hardware,
        measurement: Some("sha384:ab".to_owned()),
        ..Caller::asking("read")
    };
    assert!(holds("context.depth == 3 && context.depth < 4", &caller));
    assert!(holds(&format!(r#"context.root_issuer == "{}""#, key(1)), &caller));
    assert!(holds(r#"context.measurement == "sha384:ab""#, &caller));
    for assurance in ASSURANCES {
        let caller = Caller { assurance, ..caller.clone() };
        assert!(holds(&format!(r#"context.caller_assurance == "{assurance}""#), &caller));
    }
    let unmeasured = Caller { measurement: None, ..caller.clone() };
    assert!(holds("!(context has measurement)", &unmeasured));
    // A depth beyond Cedar's long does not wrap around.
    assert!(holds("context.depth > 9007199254740991", &Caller { depth: u64::MAX, ..caller.clone() }));
    // Nothing else is there.
    assert!(holds(
        r#"context == {depth: 3, root_issuer: context.root_issuer, caller_assurance: "hardware", measurement: "sha384:ab"}"#,
        &caller
    ));
}

/// POL-9
#[test]
fn forbid_wins_and_is_named() {
    covers!(accept, "POL-9");
    covers!(refuse, "POL-9");
    let text = r#"
        permit(principal, action, resource);
        forbid(principal, action == Action::"write", resource);
        @id("no admins") forbid(principal, action == Action::"admin", resource);
    "#;
    assert!(allows(text, &Caller::asking("read")));
    let forbidden = |by: &str, asked: &str| {
        Decision::Deny(Denial::Forbidden { capability: capability(asked), policies: vec![by.to_owned()] })
    };
    assert_eq!(decide(text, &Caller::asking("write")), forbidden("policy1", "write"));
    assert_eq!(decide(text, &Caller::asking("admin")), forbidden("no admins", "admin"));
}

/// POL-9: a policy that fails denies, permit or forbid, first or last, whatever the others say.
#[test]
fn an_evaluation_error_denies() {
    covers!(accept, "POL-9");
    covers!(refuse, "POL-9");
    let failing = [
        r#"forbid(principal, action, resource) when { context.clearance == "none" };"#,
        r#"permit(principal, action, resource) when { context.clearance == "top" };"#,
        r#"forbid(principal, action, resource) when { context.depth + 9223372036854775807 > 0 };"#,
        r#"forbid(principal, action, resource) when { principal.blocked };"#,
        r#"forbid(principal, action, resource) when { ip("not an address").isLoopback() };"#,
        r#"forbid(principal, action, resource) when { context.depth };"#,
        r#"forbid(principal, action, resource) when { context.measurement == "sha384:ab" };"#,
    ];
    let permit = "permit(principal, action, resource);";
    let caller = Caller::asking("read");
    assert!(allows(permit, &caller));
    for policy in failing {
        for text in [format!("{permit}{policy}"), format!("{policy}{permit}")] {
            let Decision::Deny(Denial::Failed { capability, errors }) = decide(&text, &caller) else {
                panic!("{text}: not refused for its error")
            };
            assert_eq!((capability.as_str(), errors.len()), ("read", 1), "{text}");
            assert!(effective_scope(&load(&text), &scope(&["read"]), &caller.facts()).is_empty());
        }
    }
    // A condition that asks first does not fail.
    let careful = r#"permit(principal, action, resource);
        forbid(principal, action, resource) when { context has measurement && context.measurement == "sha384:ab" };"#;
    assert!(allows(careful, &caller));
    let measured = Caller { measurement: Some("sha384:ab".to_owned()), ..caller };
    assert!(!allows(careful, &measured));
}

/// POL-4, POL-3
#[test]
fn one_decision_is_one_evaluation_and_stays_inside_the_chain() {
    covers!(accept, "POL-3", "POL-4");
    covers!(refuse, "POL-3");
    let policy = Counted::new(load("permit(principal, action, resource);"));
    let delegated = scope(&["a", "b", "c"]);
    assert!(authorize(&policy, &delegated, &Caller::asking("b").facts()).is_allow());
    assert_eq!(policy.asked(), 1);
    let beyond = authorize(&policy, &delegated, &Caller::asking("d").facts());
    assert_eq!(beyond, Decision::Deny(Denial::NotDelegated(capability("d"))));
}

/// POL-7
#[test]
fn text_that_does_not_parse_is_refused_where_it_breaks() {
    covers!(refuse, "POL-7");
    let position = |text: &str| match CedarPolicy::from_bytes(text.as_bytes()).unwrap_err() {
        PolicyError::Syntax { position, message } => {
            assert!(!message.is_empty());
            position
        }
        other => panic!("{text}: {other}"),
    };
    assert_eq!(position("permit(principal, action, resource)"), Some((1, 36)));
    assert_eq!(
        position("permit(principal, action, resource);\npermti(principal, action, resource);"),
        Some((2, 1))
    );
    assert_eq!(
        position("// é\nforbid(principal, action, resource) when { é };").map(|(line, _)| line),
        Some(2)
    );
    assert_eq!(
        position("permit(principal, action, resource) when { frobnicate(1) };").map(|(line, _)| line),
        Some(1)
    );
    assert_eq!(position("permit(principal, action, resource); \"unclosed").map(|(line, _)| line), Some(1));
    for text in ["allow read", "{}", "permit", "permit(principal, action, resource);;", "\0"] {
        let error = CedarPolicy::from_bytes(text.as_bytes()).unwrap_err();
        assert_eq!(error.code(), ErrorCode::ConfigError, "{text}: {error}");
    }
    assert_eq!(CedarPolicy::from_bytes(b"// nothing yet\n").unwrap_err(), PolicyError::Empty);
    assert_eq!(CedarPolicy::from_bytes(b"permit\xff").unwrap_err(), PolicyError::Encoding { offset: 6 });
}

/// POL-7: text that nests too deep is refused where it does, and never ends the process. Whatever is within the limit
/// is evaluated to its end, on the 2 MiB that this thread has.
#[test]
fn nesting_is_bounded() {
    covers!(accept, "POL-7");
    covers!(refuse, "POL-7");
    let forms = [
        ("(", "true", ")"),
        ("[", "1", "]"),
        ("{a:", "1", "}"),
        ("if true then ", "true", " else false"),
        ("if ", "true", " then true else false"),
        ("", "1", " + context.depth"),
        ("", "1", " * -1"),
        ("", "true", " && context.depth == 1"),
        ("", "false", " || context.depth == 2"),
        ("!(true && ", "true", ")"),
        ("!!!!(true && 1 + 1 < 3 && (false || ", "true", "))"),
        ("(true && false || ", "true", ")"),
        ("[1 + ", "1", "].contains(1)"),
        ("[if true then (true == ", "true", ") else false].contains(true)"),
        ("", "context", ".a"),
        ("", "context", "[\"a\"]"),
        ("", "context", ".a.contains(1)"),
        ("", "true", "} when { true"),
    ];
    for (open, core, close) in forms {
        let text = |levels: usize| {
            let (open, close) = (open.repeat(levels), close.repeat(levels));
            format!("// (((\npermit(principal, action, resource) when {{ {open}{core}{close} }};")
        };
        // The deepest that is admitted; the text grows with the levels, so that this is a search by halves.
        let (mut admitted, mut refused) = (1, 2_000);
        while refused - admitted > 1 {
            let middle = (admitted + refused) / 2;
            match CedarPolicy::from_bytes(text(middle).as_bytes()) {
                Err(PolicyError::TooDeep { .. }) => refused = middle,
                Err(error) => panic!("{open}{core}{close}: {error}"),
                Ok(_) => admitted = middle,
            }
        }
        assert!(admitted >= 50, "{open}{core}{close}: {admitted}");
        if let Decision::Deny(Denial::Failed { errors, .. }) =
            decide(&text(admitted), &Caller::asking("read"))
        {
            assert!(!errors[0].contains("recursion limit"), "{open}{core}{close} {admitted}: {}", errors[0]);
        }
        for levels in [refused, 10_000, 20_000] {
            let error = CedarPolicy::from_bytes(text(levels).as_bytes()).unwrap_err();
            assert!(matches!(error, PolicyError::TooDeep { position: Some((2, _)) }), "{error}");
        }
    }
    let unclosed = [
        "!".repeat(100_000),
        "-".repeat(100_000),
        format!("\"{}", "\\".repeat(100_000)),
        "(".repeat(1 << 20),
    ];
    for text in unclosed {
        let error = CedarPolicy::from_bytes(text.as_bytes()).unwrap_err();
        assert_eq!(error.code(), ErrorCode::ConfigError);
    }
}

/// POL-7: what is long is not deep.
#[test]
fn a_long_policy_is_no_deep_one() {
    covers!(accept, "POL-7");
    let caller = Caller::asking("read");
    let brackets = "(".repeat(2_000);
    assert!(holds(
        &format!(r#""\"{brackets}\\" != "" && context.depth == 1 // {brackets}{}"#, "\n"),
        &caller
    ));
    let clause = r#"context.caller_assurance == "hardware" || "#;
    assert!(holds(&format!("{}context.depth + 1 - 1 == 1", clause.repeat(900)), &caller));
    let list = vec!["-1"; 5_000].join(", ");
    assert!(holds(&format!("[{list}, context.depth].contains(1)"), &caller));
    let many = r#"permit(principal, action == Action::"read", resource) when { if context.depth == 1 then true else false };"#;
    assert!(allows(&many.repeat(1_100), &caller));
}

/// POL-2: there is no clock to ask and nothing to read; two moments are compared only where the text names both.
#[test]
fn a_policy_has_no_clock() {
    covers!(accept, "POL-2");
    covers!(refuse, "POL-2");
    let caller = Caller::asking("read");
    assert!(holds(r#"datetime("2026-01-01") < datetime("2026-01-02")"#, &caller));
    for clock in ["now()", "datetime.now()", "time()", "env(\"HOME\")", "read(\"/etc/passwd\")"] {
        let text = format!("permit(principal, action, resource) when {{ {clock} == {clock} }};");
        assert!(CedarPolicy::from_bytes(text.as_bytes()).is_err(), "{clock}");
    }
    for absent in ["now", "time", "timestamp", "date"] {
        assert!(!holds(&format!("context has {absent}"), &caller), "{absent}");
    }
    let policy = load("permit(principal, action, resource) when { context.depth == 1 };");
    let asked: Vec<_> = (0..3).map(|_| policy.decide(&caller.facts())).collect();
    assert!(asked.iter().all(|decision| decision == &asked[0]));
}

/// POL-6
#[test]
fn the_digest_is_the_one_of_the_file() {
    covers!(accept, "POL-6");
    let text = "permit(principal, action, resource);";
    assert_eq!(load(text).digest(), Sha256::of(text.as_bytes()));
    assert_ne!(load(text).digest(), load(&format!("{text}\n")).digest());
}

/// POL-10
#[test]
fn what_never_takes_effect_is_reported() {
    covers!(accept, "POL-10");
    covers!(refuse, "POL-10");
    let text = format!(
        r#"
        permit(principal, action == Action::"read", resource == Task::"task");
        permit(principal == Agent::"{}", action, resource);
        forbid(principal == Agent::"peer", action, resource);
        @id("typo") forbid(principal == Agent::"{}", action, resource);
        forbid(principal, action, resource) when {{ principal in Group::"admins" || resource == Task::"other" }};
        @id("later") permit(principal == ?principal, action, resource);
        "#,
        key(2),
        key(2).to_hex().to_uppercase(),
    );
    let policy = load(&text);
    let never =
        |policy: &str, entity: &str| Note::NeverMatches { policy: policy.into(), entity: entity.into() };
    let expected = [
        never("policy2", r#"Agent::"peer""#),
        never("typo", &format!(r#"Agent::"{}""#, key(2).to_hex().to_uppercase())),
        never("policy4", r#"Group::"admins""#),
        never("policy4", r#"Task::"other""#),
        Note::Template { policy: "later".into() },
    ];
    assert_eq!(policy.notes().len(), expected.len(), "{:?}", policy.notes());
    for note in &expected {
        assert!(policy.notes().contains(note), "{note}");
    }
}

#[test]
fn a_policy_is_shared_between_threads() {
    fn shared<T: Send + Sync + 'static>(_: &T) {}
    shared(&load("permit(principal, action, resource);"));
    let _: Box<dyn ca2a_policy::Policy> = Box::new(load("permit(principal, action, resource);"));
}
