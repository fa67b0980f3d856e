//! The configuration file: what it may say, what it may not, and where the complaint points.

use std::{path::Path, time::Duration};

use ca2a_covers::covers;
use ca2a_runtime::config::{Config, ConfigError, ConfigProblem, Provider, StartError, beside};
use proptest::prelude::*;

const KEY: &str = "c9dccd66703268cf2b146dee384b9028637266a8232f8bbfff4f6c0a56626b57";

fn refused(yaml: impl AsRef<[u8]>) -> ConfigError {
    let yaml = yaml.as_ref();
    match Config::from_yaml(yaml) {
        Ok(config) => panic!("{} was read as {config:?}", String::from_utf8_lossy(yaml)),
        Err(error) => error,
    }
}

fn message(yaml: &str) -> String {
    refused(yaml).to_string()
}

/// CFG-1: nothing said is the default, however it is not said.
#[test]
fn nothing_is_the_default() {
    covers!(accept, "CFG-1");
    for yaml in [
        "",
        "\n",
        "# only a comment\n",
        "---\n",
        "---\n...\n",
        "null",
        "~",
        "{}",
        "attestation:\nca2a: {http: }\n",
    ] {
        assert_eq!(Config::from_yaml(yaml.as_bytes()).unwrap(), Config::default(), "{yaml:?}");
    }
}

/// CFG-8: our own keys.
#[test]
fn our_own_keys_are_read() {
    covers!(accept, "CFG-2", "CFG-8");
    let yaml = "
ca2a:
  state_dir: /var/lib/ca2a
  holder_key_path: agent.pem
  record_sync: on-close
  replay_capacity: 800
  seal: {minimum: 2}
  revocation: {snapshot_path: revocations.json, max_staleness_seconds: 0}
  http: {max_connections: 16, head_seconds: 1, body_seconds: 2, request_seconds: 3}
";
    let config = Config::from_yaml(yaml.as_bytes()).unwrap();
    assert_eq!(config.state_dir, "/var/lib/ca2a");
    assert_eq!(config.holder_key_path.as_deref(), Some("agent.pem"));
    assert_eq!(config.record_sync, ca2a_runtime::store::SyncPolicy::OnClose);
    assert_eq!(config.replay_capacity, 800);
    assert_eq!(config.seal_minimum, ca2a_seal::SealVersion::V2);
    let revocation = config.revocation.unwrap();
    assert_eq!(
        (revocation.source.place().as_str(), revocation.max_staleness_seconds),
        ("revocations.json", Some(0))
    );
    assert_eq!(config.http.max_connections, 16);
    let seconds = [config.http.head, config.http.body, config.http.request];
    assert_eq!(seconds, [1, 2, 3].map(Duration::from_secs));
    assert_eq!(
        message("ca2a:\n  revocation:\n    max_staleness_seconds: 60\n"),
        "line 3, column 28: `ca2a.revocation.max_staleness_seconds` needs `snapshot_path`"
    );
}

/// CFG-2: every refusal says where and what.
#[test]
fn refusals_point_at_the_fault() {
    covers!(refuse, "CFG-1", "CFG-2", "CFG-8");
    for (yaml, expected) in [
        ("listen_adr: x", "line 1, column 1: unknown key `listen_adr`; did you mean `listen_addr`?"),
        ("a: [", "line 2, column 1: this is not YAML: "),
        ("[1]", "line 1, column 1: `the configuration` must be a mapping, found a list"),
        ("just text", "line 1, column 1: `the configuration` must be a mapping, found `just text`"),
        ("attestation: {provider: sgx}", "line 1, column 25: `attestation.provider` must be one of `auto`, "),
        ("\n\nattestation:\n  provider: [x]", "line 4, column 13: `attestation.provider` must be one of "),
        ("attestation: []", "line 1, column 14: `attestation` must be a mapping, found a list"),
        (
            "max_delegation_depth: true",
            "line 1, column 23: `max_delegation_depth` must be an integer of at least 1",
        ),
        (
            "trusted_root_issuers:\n- hello",
            "line 2, column 3: `trusted_root_issuers[0]`: a key is 64 lower-case hex",
        ),
        (
            "local_policy: [a, '']",
            "line 1, column 19: `local_policy[1]` must be text of at least one character",
        ),
        ("provider: auto", "line 1, column 1: unknown key `provider`; did you mean `attestation.provider`?"),
        (
            "attestation: {require_caller_attestation: hardware}",
            "line 1, column 43: `attestation.require_caller_attestation` needs `attestation.caller_verifier`",
        ),
        (
            "ca2a: {record_sync: never}",
            "line 1, column 21: `ca2a.record_sync` must be one of `each-commit`, `on-close`",
        ),
        ("ca2a: {seal: {minimum: 3}}", "line 1, column 24: `ca2a.seal.minimum`: must be 1 or 2"),
        ("ca2a: {record_sync: null}", "line 1, column 21: `ca2a.record_sync` must be one of "),
        (
            "ca2a: {record_sink: on-close}",
            "line 1, column 8: unknown key `record_sink`; did you mean `record_sync`?",
        ),
        ("agent_manifest: {path: m}", "line 1, column 17: `agent_manifest` needs `trust_anchor_path`"),
    ] {
        let said = message(yaml);
        assert!(said.starts_with(expected), "{yaml}\n{said}");
    }
}

/// CFG-3: what a configuration does not need, and readers disagree on, is not read.
#[test]
fn clever_yaml_is_refused() {
    covers!(refuse, "CFG-3");
    for yaml in [
        "local_policy: [a]\nlocal_policy: [b]",
        "local_policy: [a]\n'local_policy': [b]",
        "attestation: {provider: tpm, provider: software-only}",
        "local_policy: &a [x]\n",
        "local_policy: &a [x]\ntrusted_root_issuers: *a",
        "listen_addr: &a 'h:1'",
        "attestation: &a {}",
        "attestation: {<<: {provider: tpm}}",
        "listen_addr: !!str 'h:1'",
        "local_policy: !!set {a}",
        "attestation: !mine {}",
        "%YAML 1.1\n---\nlisten_addr: 'h:1'",
        "# first\n\n%TAG ! x\n---\n{}",
        "--- {}\n--- {}\n",
        "? [a]\n: b",
        "? {a: b}\n: c",
        "listen_addr: 'h\u{85}:1'",
        "# a\u{2028}listen_addr: x",
        "\u{feff}{}",
        "listen_addr: \"h\\0:1\"",
        "policy_bundle_path: \"a\\nb\"",
        "a: b: c",
        "\tlisten_addr: 'h:1'",
        "listen_addr: 'h:1",
        "*a",
    ] {
        refused(yaml);
    }
    refused([0xff, 0xfe]);
    refused(b"listen_addr: \xc3\x28");
    let utf16: Vec<u8> = "{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    refused(utf16);
}

/// CFG-4: text that some YAML reads as something else must be in quotes, and in quotes it is text.
#[test]
fn ambiguous_text_must_be_quoted() {
    covers!(refuse, "CFG-4");
    for text in [
        "yes",
        "No",
        "ON",
        "off",
        "y",
        "N",
        "true",
        "~",
        "null",
        "12",
        "0o17",
        "0123",
        "1_000",
        "1:20",
        "1.5",
        "12e34",
        "1e5",
        "0x1f",
        ".inf",
        "2001-12-14",
        "2001-12-14 10:00:00",
        "127.0.0.1",
        "=",
    ] {
        let error = refused(format!("local_policy: [{text}]"));
        assert!(matches!(error.problem(), ConfigProblem::MustBeQuoted { .. }), "{text}: {error}");
        for quoted in [format!("local_policy: ['{text}']"), format!("local_policy: [\"{text}\"]")] {
            let config = Config::from_yaml(quoted.as_bytes()).unwrap();
            assert!(config.local_policy.unwrap().contains(text), "{text}");
        }
    }
    assert_eq!(
        message("policy_bundle_path: no"),
        "line 1, column 21: `no` reads as a truth value in YAML 1.1; where `policy_bundle_path` means text, put it \
         in quotes"
    );
    // A root of digits and one `e` is a number to YAML 1.2.
    let root = format!("{}e{}", "1".repeat(40), "2".repeat(23));
    let error = refused(format!("trusted_root_issuers: [{root}]"));
    assert!(matches!(error.problem(), ConfigProblem::MustBeQuoted { version: "1.2", .. }), "{error}");
}

/// CFG-4: what both versions read as text needs no quotes.
#[test]
fn plain_text_needs_no_quotes() {
    covers!(accept, "CFG-3", "CFG-4");
    let yaml = format!(
        "listen_addr: 127.0.0.1:8443\nlocal_policy: [tool:purchase, read-1, a b]\npolicy_bundle_path: ./p.cedar\n\
         trusted_root_issuers:\n- {KEY}\n"
    );
    let config = Config::from_yaml(yaml.as_bytes()).unwrap();
    assert_eq!((config.listen_addr.host(), config.listen_addr.port()), ("127.0.0.1", 8443));
    assert_eq!(config.local_policy.unwrap().len(), 3);
    assert_eq!(config.trusted_root_issuers.len(), 1);
}

/// CFG-5: an integer has one reading.
#[test]
fn integers_have_one_reading() {
    covers!(accept, "CFG-5");
    covers!(refuse, "CFG-5");
    for (text, value) in [("1", 1), ("+8", 8), ("0x10", 16), ("9007199254740991", (1 << 53) - 1)] {
        let config = Config::from_yaml(format!("max_delegation_depth: {text}").as_bytes()).unwrap();
        assert_eq!(config.max_delegation_depth, value);
    }
    let huge = "9".repeat(5000);
    for text in [
        "0",
        "-1",
        "010",
        "0o10",
        "1_0",
        "1:20",
        "1.0",
        "1e1",
        "'8'",
        "true",
        "~",
        "",
        "[8]",
        "9007199254740992",
        &huge,
    ] {
        refused(format!("max_delegation_depth: {text}"));
        refused(format!("attestation: {{challenge_ttl_seconds: {text}}}"));
    }
}

/// CFG-6: roots are keys, and keys are strict.
#[test]
fn roots_are_strict_keys() {
    covers!(accept, "CFG-6");
    covers!(refuse, "CFG-6");
    let small_order = format!("01{}", "0".repeat(62));
    for root in [small_order, KEY.to_uppercase(), format!("{KEY}0"), "0".repeat(64), "f".repeat(64)] {
        refused(format!("trusted_root_issuers: ['{root}']"));
    }
    refused(format!("trusted_root_issuers: '{KEY}'"));
    refused("trusted_root_issuers: null");
    let config = Config::from_yaml(format!("trusted_root_issuers: ['{KEY}']").as_bytes()).unwrap();
    assert_eq!(config.trusted_root_issuers.iter().map(|key| key.to_hex()).collect::<Vec<_>>(), [KEY]);
}

/// CFG-7: size and depth are bounded.
#[test]
fn it_is_bounded() {
    covers!(refuse, "CFG-7");
    refused(format!("listen_addr: {}", "[".repeat(10_000)));
    refused("[".repeat(1 << 20));
    refused("{a: ".repeat(10_000));
    refused("- ".repeat(10_000));
    refused("? ".repeat(10_000));
    let error = refused(format!("# {}", "x".repeat(1 << 20)));
    assert!(matches!(error.problem(), ConfigProblem::TooLarge { .. }), "{error}");
    let key = "k".repeat(500_000);
    let error = refused(format!("\"{key}\": 1"));
    assert!(error.to_string().len() < 300, "{error}");
}

/// CFG-7: a file of the last byte that may be, and lists of the last depth, are read; one more is not.
#[test]
fn the_bounds_are_where_they_are_said_to_be() {
    covers!(accept, "CFG-7");
    covers!(refuse, "CFG-7");
    let padded = |bytes: usize| format!("{{}} #{}", "x".repeat(bytes - 4));
    let largest = padded(1 << 20);
    assert_eq!((largest.len(), Config::from_yaml(largest.as_bytes())), (1 << 20, Ok(Config::default())));
    let error = refused(padded((1 << 20) + 1));
    assert_eq!(error.problem(), &ConfigProblem::TooLarge { max: 1 << 20 });

    // The mapping at the root is at depth 0; no key takes so deep a list, and that is what is said of it.
    let nested = |depth: usize| refused(format!("local_policy: {}{}", "[".repeat(depth), "]".repeat(depth)));
    assert!(matches!(nested(16).problem(), ConfigProblem::Expected { .. }), "{}", nested(16));
    assert_eq!(nested(17).problem(), &ConfigProblem::TooDeep { max: 16 });
}

/// CFG-9: what demands another key, or excludes it.
#[test]
fn keys_come_together_or_not_at_all() {
    covers!(accept, "CFG-9");
    covers!(refuse, "CFG-9");
    let verifier = "caller_verifier: {platform: tpm, trusted_roots_path: r.pem}";
    let hardware = "require_caller_attestation: hardware";
    let manifest = [("path", "m"), ("trust_anchor_path", "t"), ("authenticated_subject", "'spiffe://a/b'")];
    let whole = manifest.map(|(key, value)| format!("{key}: {value}")).join(", ");
    for good in [
        format!("attestation: {{{hardware}, {verifier}}}"),
        format!("attestation: {{{hardware}, appraisal_policy_path: p}}"),
        "attestation: {appraisal_policy_path: p, trusted_roots: {tdx: r.pem}}".to_owned(),
        format!("agent_manifest: {{{whole}}}"),
        "agent_manifest: {}".to_owned(),
        "ca2a: {revocation: {snapshot_path: r, max_staleness_seconds: 1}}".to_owned(),
        "ca2a: {revocation: {url: 'https://a/', max_staleness_seconds: 1, tls_roots_path: r, interval_seconds: 1}}"
            .to_owned(),
    ] {
        assert!(Config::from_yaml(good.as_bytes()).is_ok(), "{good}: {:?}", Config::from_yaml(good.as_bytes()));
    }
    for (bad, why) in [
        (format!("attestation: {{{hardware}}}"), "needs `attestation.caller_verifier`"),
        (format!("attestation: {{{verifier}, appraisal_policy_path: p}}"), "leave one of the two out"),
        (
            "attestation: {trusted_roots: {tdx: r.pem}}".to_owned(),
            "needs `attestation.appraisal_policy_path`",
        ),
        ("attestation: {caller_verifier: {platform: tpm}}".to_owned(), "needs `trusted_roots_path`"),
        ("attestation: {caller_verifier: {trusted_roots_path: r}}".to_owned(), "needs `platform`"),
        ("ca2a: {revocation: {max_staleness_seconds: 1}}".to_owned(), "needs `snapshot_path`"),
        ("ca2a: {revocation: {snapshot_path: r, url: 'https://a/'}}".to_owned(), "leave one of the two out"),
        ("ca2a: {revocation: {tls_roots_path: r}}".to_owned(), "needs `ca2a.revocation.url`"),
        ("ca2a: {revocation: {interval_seconds: 1}}".to_owned(), "needs `ca2a.revocation.url`"),
        (
            "ca2a: {revocation: {snapshot_path: r, interval_seconds: 1}}".to_owned(),
            "needs `ca2a.revocation.url`",
        ),
    ] {
        let said = message(&bad);
        assert!(said.contains(why), "{bad}\n{said}");
    }
    for (missing, _) in manifest {
        let rest = manifest.iter().filter(|(key, _)| *key != missing);
        let rest: Vec<_> = rest.map(|(key, value)| format!("{key}: {value}")).collect();
        let said = message(&format!("agent_manifest: {{{}}}", rest.join(", ")));
        assert!(said.contains(&format!("needs `{missing}`")), "{said}");
    }
}

/// CFG-10: what a node needs to start.
#[test]
fn a_start_has_needs() {
    covers!(accept, "CFG-10");
    covers!(refuse, "CFG-10");
    let with = |rest: &str| {
        let yaml = format!("trusted_root_issuers: [{KEY}]\nlocal_policy: [read]\n{rest}");
        Config::from_yaml(yaml.as_bytes()).unwrap().validate_for_start()
    };
    assert_eq!(with("attestation: {provider: software-only}"), Ok(()));
    assert_eq!(with(""), Err(StartError::NoHardware));
    assert_eq!(with("attestation: {provider: tpm}"), Err(StartError::Provider(Provider::Tpm)));
    assert_eq!(with("attestation: {provider: opaque}"), Err(StartError::Provider(Provider::Opaque)));
    assert_eq!(
        with(
            "attestation: {provider: software-only, caller_verifier: {platform: tdx, trusted_roots_path: r.pem}}"
        ),
        Err(StartError::NoReference("attestation.caller_verifier"))
    );
    // With the feature, the manifest itself is verified when the node starts.
    let manifest = with(
        "attestation: {provider: software-only}\nagent_manifest: {path: m, trust_anchor_path: t, authenticated_subject: 'spiffe://a/b'}",
    );
    assert_eq!(manifest, if cfg!(feature = "manifest") { Ok(()) } else { Err(StartError::AgentManifest) });
    assert_eq!(Config::default().validate_for_start(), Err(StartError::NoPolicy));
    let no_root = Config::from_yaml(b"policy_bundle_path: p.cedar").unwrap();
    assert_eq!(no_root.validate_for_start(), Err(StartError::NoTrustedRoot));
}

#[test]
fn paths_start_at_the_configuration() {
    for (file, path, expected) in [
        ("/etc/ca2a/node.yaml", "p.cedar", "/etc/ca2a/p.cedar"),
        ("/etc/ca2a/node.yaml", "/p.cedar", "/p.cedar"),
        ("node.yaml", "p.cedar", "p.cedar"),
    ] {
        assert_eq!(beside(Path::new(file), path), Path::new(expected));
    }
}

proptest! {
    /// CFG-2: any bytes get a value or a coded error with a place.
    #[test]
    fn bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Err(error) = Config::from_yaml(&bytes) {
            prop_assert!(error.line() > 0 && error.column() > 0);
        }
    }

    #[test]
    fn yaml_shaped_text_never_panics(text in "([a-z_]{1,6}: ?|- |\\? |[\\[\\]{},&*!|>'\"%@`#~<=:.0-9]|\n| |\t|\\\\|é|x){0,60}") {
        if let Err(error) = Config::from_yaml(text.as_bytes()) {
            prop_assert!(error.line() > 0 && error.column() > 0);
        }
    }

    /// Cutting or changing a good file never panics either.
    #[test]
    fn damaged_files_never_panic(at in 0_usize..400, byte in any::<u8>(), cut in any::<bool>()) {
        let yaml = format!(
            "attestation:\n  provider: software-only\n  challenge_ttl_seconds: 30\nlocal_policy: [a, 'b', \"c\\n\"]\n\
             trusted_root_issuers:\n- {KEY}\nca2a:\n  http: {{head_seconds: 5}}\nlisten_addr: >-\n  [::1]:9000\n"
        );
        let mut bytes = yaml.into_bytes();
        let at = at % bytes.len();
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        let _ = Config::from_yaml(&bytes);
    }

    /// Every text can be said in quotes.
    #[test]
    fn quoted_text_comes_back(text in "[ -~é]{1,20}") {
        let yaml = format!("local_policy: ['{}']", text.replace('\'', "''"));
        let config = Config::from_yaml(yaml.as_bytes()).unwrap();
        let policy = config.local_policy.unwrap();
        prop_assert_eq!(policy.iter().next().unwrap().as_str(), text.as_str());
    }
}
