//! POL-6: what policy text may be, and what names it.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use ca2a_core::{ErrorCode, Sha256};
use ca2a_covers::covers;
use ca2a_policy::{PolicyBundle, PolicyError};

#[test]
fn the_digest_is_over_the_bytes_of_the_file() {
    covers!(accept, "POL-6");
    let bytes = b"permit(principal, action, resource);\r\n// caf\xc3\xa9\n";
    let bundle = PolicyBundle::from_bytes(bytes).unwrap();
    assert_eq!(bundle.digest(), Sha256::of(bytes));
    assert_eq!(bundle.text().as_bytes(), bytes);
}

#[test]
fn text_that_is_no_policy_text_is_refused() {
    covers!(refuse, "POL-6");
    let refused = |bytes: &[u8]| PolicyBundle::from_bytes(bytes).unwrap_err();
    assert_eq!(refused(b""), PolicyError::Empty);
    assert_eq!(refused(b" \n\t\r\n"), PolicyError::Empty);
    assert_eq!(refused(b"permit\xff"), PolicyError::Encoding { offset: 6 });
    assert_eq!(
        refused(b"\xef\xbb\xbfpermit(principal, action, resource);"),
        PolicyError::Encoding { offset: 0 }
    );
    assert_eq!(refused(b"\xff\xfep\0e\0"), PolicyError::Encoding { offset: 0 });
    let mut largest = b"permit(principal, action, resource);".to_vec();
    largest.resize(PolicyBundle::MAX_BYTES, b' ');
    assert!(PolicyBundle::from_bytes(&largest).is_ok());
    let large = vec![b' '; PolicyBundle::MAX_BYTES + 1];
    assert_eq!(refused(&large), PolicyError::TooLarge { found: large.len() });
    for error in [refused(b""), refused(b"\xff"), refused(&large)] {
        assert_eq!(error.code(), ErrorCode::ConfigError, "{error}");
    }
}
