//! Strings and numbers as RFC 8785 prints them.

use alloc::vec::Vec;

use crate::json::plain_length;

/// RFC 8785 section 3.2.2.2: the short escapes, `\u00xx` for other controls, everything else as it is.
pub(crate) fn write_string(out: &mut Vec<u8>, text: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    let mut rest = text.as_bytes();
    loop {
        let (plain, tail) = rest.split_at_checked(plain_length(rest)).unwrap_or((rest, &[]));
        out.extend_from_slice(plain);
        let Some((special, tail)) = tail.split_first() else { break };
        match special {
            b'"' => out.extend_from_slice(br#"\""#),
            b'\\' => out.extend_from_slice(br"\\"),
            0x08 => out.extend_from_slice(br"\b"),
            b'\t' => out.extend_from_slice(br"\t"),
            b'\n' => out.extend_from_slice(br"\n"),
            0x0c => out.extend_from_slice(br"\f"),
            b'\r' => out.extend_from_slice(br"\r"),
            control => {
                out.extend_from_slice(br"\u00");
                let nibble =
                    |shift: u8| HEX.get(usize::from((control >> shift) & 0xf)).copied().unwrap_or(b'0');
                out.extend_from_slice(&[nibble(4), nibble(0)]);
            }
        }
        rest = tail;
    }
    out.push(b'"');
}

pub(crate) fn write_int(out: &mut Vec<u8>, int: i64) {
    let mut digits = [0_u8; 20];
    let mut magnitude = int.unsigned_abs();
    let mut first = digits.len();
    for (at, slot) in digits.iter_mut().enumerate().rev() {
        *slot = b'0'.saturating_add(u8::try_from(magnitude % 10).unwrap_or_default());
        magnitude /= 10;
        first = at;
        if magnitude == 0 {
            break;
        }
    }
    if int < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(digits.get(first..).unwrap_or_default());
}

/// ECMA-262 `Number::toString` (RFC 8785 section 3.2.2.3). `float` is finite.
pub(crate) fn write_float(out: &mut Vec<u8>, float: f64) {
    out.extend_from_slice(ryu_js::Buffer::new().format_finite(float).as_bytes());
}
