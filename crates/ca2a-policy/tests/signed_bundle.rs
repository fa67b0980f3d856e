//! POL-20 to POL-26: bundles of cmcp, their signatures, and how their keys are taken back.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "tests"
)]

use ca2a_core::{ErrorCode, Sha256, SigningKey, json};
use ca2a_covers::covers;
use ca2a_policy::bundle::{Bundle, BundleError, BundleTrust, KeyId, KeyRevocation, PolicyKeys, sign};
use proptest::prelude::*;

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

fn manifest(version: &str) -> Vec<u8> {
    format!(r#"{{"version":"{version}","authored_at":"t","author_identity":"Zo\u00eb","commit_sha":"0"}}"#)
        .into_bytes()
}

const FILES: [(&str, &str); 2] = [
    ("sub/20-deny.cedar", "forbid(principal, action, resource);\n"),
    ("10-allow.cedar", "permit(principal, action, resource);\n"),
];

fn bundle(version: &str) -> Bundle {
    Bundle::read(&manifest(version), FILES, b"{}\n").unwrap()
}

fn signed(version: &str, by: u8) -> Bundle {
    let signed = sign(&manifest(version), &bundle(version), &key(by)).unwrap();
    Bundle::read(&signed, FILES, b"{}\n").unwrap()
}

fn keys() -> PolicyKeys {
    PolicyKeys::new(key(1).verifying_key(), Some(key(2).verifying_key())).unwrap()
}

/// POL-21.
#[test]
fn the_digest_covers_everything_but_the_signature_and_the_order_of_files_is_that_of_their_paths() {
    covers!(accept, "POL-21");
    covers!(refuse, "POL-21");
    let one = bundle("1.0");
    assert_eq!(one.hash(), signed("1.0", 1).hash());
    assert_ne!(one.hash(), bundle("1.1").hash());
    assert_ne!(one.hash(), Bundle::read(&manifest("1.0"), FILES, b"{}").unwrap().hash());
    let mut other = FILES;
    other.reverse();
    assert_eq!(one.hash(), Bundle::read(&manifest("1.0"), other, b"{}\n").unwrap().hash());
    assert_eq!(one.text(), format!("{}\n\n{}", FILES[1].1, FILES[0].1));
}

/// POL-20.
#[test]
fn what_is_no_bundle_is_refused() {
    covers!(accept, "POL-20");
    covers!(refuse, "POL-20");
    let read = |manifest: &[u8], path: &str| {
        Bundle::read(manifest, [(path, "permit(principal, action, resource);")], b"")
    };
    assert!(read(&manifest("1"), "a/b.cedar").is_ok());
    for path in ["../a.cedar", "/a.cedar", "a//b.cedar", "./a.cedar", "a\\b.cedar", "a.txt", "a/../b.cedar"] {
        assert_eq!(read(&manifest("1"), path).unwrap_err().code(), ErrorCode::ConfigError, "{path}");
    }
    for manifest in [
        &b"[]"[..],
        b"{}",
        br#"{"version":1,"authored_at":"t","author_identity":"a","commit_sha":"0"}"#,
        b"{\"a\":1,\"a\":1}",
    ] {
        assert!(read(manifest, "a.cedar").is_err());
    }
    assert!(Bundle::read(&manifest("1"), [("a.cedar", "x"), ("a.cedar", "x")], b"").is_err());
    assert!(Bundle::read(&manifest("1"), [("a.cedar", &b"\xff"[..])], b"").is_err());
    assert!(Bundle::read(&manifest("1"), [("a.cedar", vec![b' '; 1 << 20])], b"").is_err());
    let none: [(&str, &str); 0] = [];
    assert!(Bundle::read(&manifest("1"), none, b"").is_err());
}

/// POL-22, POL-23.
#[test]
fn a_pinned_digest_and_a_pinned_key_each_let_only_their_own_through() {
    covers!(accept, "POL-22", "POL-23");
    covers!(refuse, "POL-22", "POL-23");
    let pinned = BundleTrust::new().pin(bundle("1.0").hash());
    assert!(pinned.verify(bundle("1.0")).is_ok());
    assert_eq!(pinned.verify(bundle("1.1")).unwrap_err().code(), ErrorCode::PolicyHashMismatch);
    let trust = BundleTrust::new().keys(keys());
    assert_eq!(trust.verify(signed("1.0", 1)).unwrap().signer(), Some(KeyId::of(&key(1).verifying_key())));
    for refused in [bundle("1.0"), signed("1.0", 2), signed("1.0", 3)] {
        assert_eq!(trust.verify(refused).unwrap_err().code(), ErrorCode::PolicySignatureInvalid);
    }
    assert_eq!(trust.verify(signed("v1", 1)).unwrap_err().code(), ErrorCode::ConfigError);
}

/// POL-26.
#[test]
fn a_reload_needs_a_key_and_a_greater_version() {
    covers!(accept, "POL-26");
    covers!(refuse, "POL-26");
    let trust = BundleTrust::new().pin(bundle("1.9").hash()).keys(keys());
    let current = trust.verify(signed("1.9", 1)).unwrap();
    assert!(trust.reload(&current, signed("1.10", 1)).is_ok());
    for version in ["1.9", "1.8", "1"] {
        assert_eq!(
            trust.reload(&current, signed(version, 1)).unwrap_err().code(),
            ErrorCode::PolicyReloadRefused
        );
    }
    assert!(trust.reload(&current, signed("2.0", 3)).is_err());
    let pin_alone = BundleTrust::new().pin(bundle("1.9").hash());
    let current = pin_alone.verify(bundle("1.9")).unwrap();
    assert!(pin_alone.reload(&current, bundle("2.0")).is_err());
    assert!(pin_alone.reload(&current, bundle("1.9")).is_ok());
}

/// POL-24, POL-25.
#[test]
fn a_key_is_taken_back_once_and_with_it_what_it_signed() {
    covers!(accept, "POL-24", "POL-25");
    covers!(refuse, "POL-24", "POL-25");
    let mut trust = BundleTrust::new().keys(keys());
    let current = trust.verify(signed("1.0", 1)).unwrap();
    let first = KeyId::of(&key(1).verifying_key());
    for nobody in [
        KeyRevocation::sign(first, &key(3)),
        KeyRevocation::sign(KeyId::of(&key(2).verifying_key()), &key(1)),
    ] {
        assert!(matches!(trust.apply(&nobody), Err(BundleError::Revocation(_))));
    }
    assert!(trust.still_counts(&current).is_ok());
    let statement = KeyRevocation::sign(first, &key(2));
    assert_eq!(trust.apply(&statement), Ok(true));
    assert_eq!(trust.apply(&statement), Ok(false), "it may come again");
    assert_eq!(trust.still_counts(&current).unwrap_err().code(), ErrorCode::PolicySigningKeyRevoked);
    assert_eq!(trust.verify(signed("1.0", 1)).unwrap_err().code(), ErrorCode::PolicySigningKeyRevoked);
    assert!(trust.reload(&current, signed("1.1", 2)).is_ok(), "the successor took its place");
    let last = KeyRevocation::sign(KeyId::of(&key(2).verifying_key()), &key(2));
    assert_eq!(trust.apply(&last), Ok(true));
    assert!(trust.verify(signed("1.2", 2)).is_err(), "nobody is trusted any more");
}

/// POL-25: one bad statement hinders no other.
#[test]
fn a_file_of_revocations_is_read_statement_by_statement() {
    covers!(accept, "POL-25");
    covers!(refuse, "POL-25");
    let good = KeyRevocation::sign(KeyId::of(&key(1).verifying_key()), &key(2));
    let file = format!("[null, {{\"revoked_key_id\":1}}, {}]", json::to_text(&good.to_object().into()));
    let read = KeyRevocation::read_file(file.as_bytes()).unwrap();
    assert_eq!(read.iter().filter(|statement| statement.is_err()).count(), 2);
    assert_eq!(read.into_iter().flatten().collect::<Vec<_>>(), [good]);
    assert!(KeyRevocation::read_file(b"{}").is_err());
}

proptest! {
    /// Whatever stands in the files, the digest tells two bundles apart.
    #[test]
    fn a_change_of_any_file_changes_the_digest(one in "[a-z]{1,20}", other in "[a-z]{1,20}") {
        let read = |text: &str| Bundle::read(&manifest("1"), [("a.cedar", text)], b"").unwrap().hash();
        prop_assert_eq!(read(&one) == read(&other), one == other);
        prop_assert_ne!(read(&one), Sha256::of(one.as_bytes()));
    }
}
