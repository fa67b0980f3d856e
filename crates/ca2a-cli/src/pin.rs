//! A signer that somebody pins on the command line: a name, the key that speaks for it, and what that key is called.

use std::str::FromStr;

use ca2a_core::{
    P256VerifyingKey, VerifyingKey,
    cose::PublicKey,
    encoding::{from_base64url, from_hex},
};
use ca2a_trace::scitt::TrustedSigners;

/// `NAME=KEY`, or `NAME=KEY@KID` for a signer that does not call its key by the thumbprint. The key is Ed25519, 64 hex
/// characters, or P-256 as SEC1 has it, 66 or 130; the `kid` is base64url, as in the address of a log's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pin {
    name: String,
    key: PublicKey,
    key_id: Option<Vec<u8>>,
}

impl FromStr for Pin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, key) =
            text.rsplit_once('=').filter(|(name, _)| !name.is_empty()).ok_or("must be NAME=KEY")?;
        let (key, key_id) = match key.split_once('@') {
            Some((_, "")) => return Err("a `kid` has at least one byte".into()),
            Some((key, id)) => {
                (key, Some(from_base64url(id).map_err(|error| format!("the `kid`: {error}"))?))
            }
            None => (key, None),
        };
        Ok(Self { name: name.to_owned(), key: public_key(key)?, key_id })
    }
}

fn public_key(hex: &str) -> Result<PublicKey, String> {
    let p256 = |sec1: &[u8]| P256VerifyingKey::from_sec1(sec1).map(PublicKey::from);
    let key = match hex.len() {
        66 => from_hex::<33>(hex).map_err(|error| error.to_string()).map(|sec1| p256(&sec1)),
        130 => from_hex::<65>(hex).map_err(|error| error.to_string()).map(|sec1| p256(&sec1)),
        _ => Ok(VerifyingKey::from_hex(hex).map(PublicKey::from)),
    };
    key?.map_err(|error| error.to_string())
}

/// Whom `pins` trust.
pub(crate) fn trusted<'p>(pins: impl IntoIterator<Item = &'p Pin>) -> TrustedSigners {
    pins.into_iter().fold(TrustedSigners::new(), |signers, pin| match &pin.key_id {
        Some(key_id) => signers.trust_as(&pin.name, key_id, pin.key.clone()),
        None => signers.trust(&pin.name, pin.key.clone()),
    })
}

#[cfg(test)]
mod tests {
    use ca2a_core::{SigningKey, encoding::hex};

    use super::*;

    /// The generator of P-256 (SEC 2 section 2.4.2).
    const X: &str = "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296";
    const Y: &str = "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";

    #[test]
    fn keys_of_either_kind_are_pinned_under_either_name() {
        let ed25519 = SigningKey::from_seed(&[7; 32]).verifying_key();
        let own: Pin = format!("https://log.example?a=b={}", ed25519.to_hex()).parse().unwrap();
        let expected = Pin { name: "https://log.example?a=b".into(), key: ed25519.into(), key_id: None };
        assert_eq!(own, expected);

        let p256 = from_hex::<65>(&format!("04{X}{Y}")).unwrap();
        let p256 = PublicKey::from(P256VerifyingKey::from_sec1(&p256).unwrap());
        for text in [format!("log=04{X}{Y}@AQI"), format!("log=03{X}@AQI")] {
            let expected = Pin { name: "log".into(), key: p256.clone(), key_id: Some(vec![1, 2]) };
            assert_eq!(text.parse::<Pin>().unwrap(), expected);
        }
        assert_eq!(trusted([&own]), TrustedSigners::new().trust("https://log.example?a=b", ed25519.into()));
    }

    #[test]
    fn anything_else_is_no_pin() {
        let key = hex(&[7; 32]);
        let pins = ["", "log", "log=", "=00", "log=00", &format!("={key}"), &format!("log=04{X}{X}")];
        for text in pins.into_iter().map(str::to_owned).chain([
            format!("log=02{X}@"),
            format!("log=02{X}@A"),
            format!("log=02{X}@!!"),
            format!("log=02{}", "f".repeat(64)),
            format!("log=03{}", X.to_uppercase()),
        ]) {
            assert!(text.parse::<Pin>().is_err(), "{text}");
        }
    }
}
