//! What a paravisor says beside its report: ATT-343.

use ca2a_attest::verify::azure::{RuntimeData, checks};
use ca2a_covers::covers;

/// The member `n` of a key of so many bytes, in base64url.
fn modulus(bytes: usize) -> String {
    ca2a_core::encoding::base64url(&vec![0xff; bytes])
}

fn key(name: &str, rest: &str) -> String {
    format!(r#"{{"kid":"{name}","kty":"RSA","e":"AQAB","n":"{}"{rest}}}"#, modulus(256))
}

fn data(keys: &[String]) -> String {
    format!(
        r#"{{"keys":[{}],"vm-configuration":{{"secure-boot":true,"vmUniqueId":"A"}},"x":1.5}}"#,
        keys.join(",")
    )
}

#[test]
fn one_key_of_the_vtpm_is_named() {
    covers!(accept, "ATT-343");
    let good =
        data(&[key("HCLEkPub", r#","key_ops":["encrypt"]"#), key("HCLAkPub", r#","key_ops":["sign"]"#)]);
    let read = RuntimeData::parse(good.as_bytes()).unwrap();
    assert_eq!((read.secure_boot, read.vm_id.as_deref()), (Some(true), Some("A")));
    assert!(RuntimeData::parse(data(&[key("HCLAkPub", "")]).as_bytes()).is_ok(), "for whatever it may do");
}

#[test]
fn no_other_key_will_do() {
    covers!(refuse, "ATT-343");
    let ours = || key("HCLAkPub", "");
    let cases = [
        ("no key", data(&[])),
        ("another name", data(&[key("HCLEkPub", "")])),
        ("two of the name", data(&[ours(), ours()])),
        ("a key to decrypt", data(&[key("HCLAkPub", r#","key_ops":["decrypt"]"#)])),
        ("of another kind", data(&[ours().replace("RSA", "EC")])),
        ("a short one", data(&[ours().replace(&modulus(256), &modulus(128))])),
        ("padded", data(&[ours().replace("AQAB", "AQAB====")])),
        ("a member twice", data(&[key("HCLAkPub", r#","kid":"HCLAkPub""#)])),
        ("a word for a flag", data(&[ours()]).replace("true", "\"yes\"")),
        ("more than JSON", data(&[ours()]) + "x"),
        ("nothing", String::new()),
    ];
    for (what, text) in cases {
        let refused = RuntimeData::parse(text.as_bytes()).expect_err(what);
        assert_eq!(refused.check, checks::RUNTIME_DATA, "{what}");
    }
}
