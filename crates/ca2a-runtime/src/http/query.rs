//! The one query that there is: `nonce=<n>`.

/// Characters that a nonce may have.
const MAX_CHARACTERS: usize = 256;

/// The nonce of a query that is exactly `nonce=<n>`, with 1 to 256 characters after form decoding (WIRE-41).
pub(crate) fn nonce(query: &str) -> Option<String> {
    let value = query.strip_prefix("nonce=")?;
    let nonce = form_decoded(value)?;
    (1..=MAX_CHARACTERS).contains(&nonce.chars().count()).then_some(nonce)
}

/// Decodes `+` and `%xx` (WHATWG URL, `application/x-www-form-urlencoded`). `None` for a second parameter, a broken
/// escape, or bytes that are no UTF-8.
fn form_decoded(value: &str) -> Option<String> {
    if value.contains('&') { None } else { decoded(value, b' ') }
}

/// Decodes `%xx`, and takes `+` for `plus`: what that is depends on where it stands in an address. `None` for a broken escape,
/// or bytes that are no UTF-8.
pub(crate) fn decoded(value: &str, plus: u8) -> Option<String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => plus,
            b'%' => {
                let (high, low) = (digit(rest.next()?)?, digit(rest.next()?)?);
                high << 4 | low
            }
            plain => plain,
        });
    }
    String::from_utf8(bytes).ok()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::nonce;

    #[test]
    fn one_nonce_is_read() {
        assert_eq!(nonce("nonce=n-1").as_deref(), Some("n-1"));
        assert_eq!(nonce("nonce=a+b%20c%C3%A9").as_deref(), Some("a b cé"));
        assert_eq!(nonce("nonce=a=b").as_deref(), Some("a=b"));
        assert_eq!(nonce(&format!("nonce={}", "é".repeat(256))).map(|n| n.len()), Some(512));
    }

    #[test]
    fn anything_else_is_refused() {
        for query in ["", "nonce", "nonce=", "Nonce=a", "nonce=a&nonce=b", "nonce=a&", "x=1&nonce=a"] {
            assert_eq!(nonce(query), None, "{query}");
        }
        for query in ["nonce=%", "nonce=%4", "nonce=%zz", "nonce=%ff", "nonce=%+1"] {
            assert_eq!(nonce(query), None, "{query}");
        }
        assert_eq!(nonce(&format!("nonce={}", "a".repeat(257))), None);
    }
}
