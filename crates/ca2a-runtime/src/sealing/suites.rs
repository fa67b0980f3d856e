//! The suites that a peer says it opens.

use ca2a_core::json::{Node, Object, ShapeError};
use ca2a_seal::{SealVersion, hpke};

/// The member of a handshake, and of a caller's offer, that lists the seal suites its author opens (WIRE-6).
pub const SEAL_SUITES: &str = "seal_suites";

/// Our own suites, as the member lists them.
pub(crate) fn listed() -> Node<'static> {
    hpke::SUITES.iter().map(|suite| Node::from(u64::from(*suite))).collect()
}

/// The strongest version that the author of `document` opens and we seal: version 1 where it lists no suite of ours.
///
/// # Errors
/// A member that is no list of suite numbers.
pub(crate) fn strongest(document: &Object<'_>) -> Result<SealVersion, ShapeError> {
    let Some(node) = document.optional(SEAL_SUITES) else { return Ok(SealVersion::V1) };
    let mut strongest = SealVersion::V1;
    for suite in node.expect_array(SEAL_SUITES)? {
        let number = suite.as_uint().and_then(|number| u16::try_from(number).ok());
        let number =
            number.ok_or_else(|| ShapeError::expected(SEAL_SUITES, "numbers from 0 to 65535", suite))?;
        if hpke::SUITES.contains(&number) {
            strongest = SealVersion::V2;
        }
    }
    Ok(strongest)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use ca2a_core::json::{NumberPolicy, Reader};

    use super::*;

    fn read(text: &str) -> Result<SealVersion, ShapeError> {
        // Handshakes are read so.
        let node = Reader::new(NumberPolicy::Lexical).read(text.as_bytes()).unwrap();
        strongest(node.as_object().unwrap())
    }

    /// WIRE-6
    #[test]
    fn a_suite_of_ours_makes_version_two() {
        for (text, version) in [
            ("{}", SealVersion::V1),
            (r#"{"seal_suites":null}"#, SealVersion::V1),
            (r#"{"seal_suites":[]}"#, SealVersion::V1),
            (r#"{"seal_suites":[0,2,65535]}"#, SealVersion::V1),
            (r#"{"seal_suites":[1]}"#, SealVersion::V2),
            (r#"{"seal_suites":[7,1,7]}"#, SealVersion::V2),
        ] {
            assert_eq!(read(text), Ok(version), "{text}");
        }
        let ours = Object::from([(SEAL_SUITES, listed())]);
        assert_eq!(strongest(&ours), Ok(SealVersion::V2));
    }

    /// WIRE-6
    #[test]
    fn what_is_no_list_of_suites_is_refused() {
        for value in
            ["1", "{}", "\"1\"", "[\"1\"]", "[1,null]", "[-1]", "[65536]", "[1.5]", "[1e9]", "[[1]]", "true"]
        {
            let text = format!(r#"{{"seal_suites":{value}}}"#);
            assert!(read(&text).is_err(), "{text}");
        }
    }
}
