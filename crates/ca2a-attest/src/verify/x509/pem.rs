//! PEM text as a list of certificates (RFC 7468).

use alloc::{string::String, vec::Vec};

use super::error::Malformed;

/// The most certificates of one text.
const MAX_BLOCKS: usize = 16;

/// The DER of every block labelled `label` of `text`; nothing but blank space may stand around them.
pub(crate) fn blocks(text: &[u8], label: &str) -> Result<Vec<Vec<u8>>, Malformed> {
    let wrong = Malformed("PEM text");
    let mut rest = core::str::from_utf8(text).map_err(|_| wrong)?.trim();
    let mut out = Vec::new();
    let (begin, end) = (alloc::format!("-----BEGIN {label}-----"), alloc::format!("-----END {label}-----"));
    while !rest.is_empty() {
        if out.len() == MAX_BLOCKS {
            return Err(Malformed("PEM text of more than 16 blocks"));
        }
        // The decoder would skip a preamble (RFC 7468 section 2); text that says more than certificates is refused.
        let (block, after) =
            rest.split_once(&end).filter(|(block, _)| block.starts_with(&begin)).ok_or(wrong)?;
        let mut whole = String::from(block);
        whole.push_str(&end);
        let (found, der) = ::der::pem::decode_vec(whole.as_bytes()).map_err(|_| wrong)?;
        if found != label {
            return Err(wrong);
        }
        out.push(der);
        rest = after.trim_start();
    }
    Ok(out)
}

/// `der` as one block labelled `label`.
#[cfg(feature = "collect-tpm")]
pub(crate) fn text(der: &[u8], label: &'static str) -> String {
    // Only a label that is none fails, and ours are constants.
    ::der::pem::encode_string(label, ::der::pem::LineEnding::LF, der).unwrap_or_default()
}
