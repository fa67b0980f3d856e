//! Finding the end of plain text inside a string, eight bytes at a time: most of what is read and written is that.

/// How many bytes at the start of `bytes` are no quote, no backslash and no control character. What ends the run is
/// ASCII, so it ends between two characters.
pub(crate) fn plain_length(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut length = 0_usize;
    for word in words {
        let special = specials(u64::from_le_bytes(*word));
        if special != 0 {
            // The first byte is the least significant one.
            let zeros = special.trailing_zeros() / 8;
            return length.saturating_add(usize::try_from(zeros).unwrap_or_default());
        }
        length = length.saturating_add(word.len());
    }
    let special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=0x1f);
    length.saturating_add(rest.iter().position(special).unwrap_or(rest.len()))
}

/// The high bit of every byte of `word` that is special. Bytes above the first such byte may be marked wrongly, by a
/// borrow; the first one never is.
fn specials(word: u64) -> u64 {
    const fn each(byte: u8) -> u64 {
        u64::from_ne_bytes([byte; 8])
    }
    let below = |word: u64, bound: u64| word.wrapping_sub(bound) & !word;
    let control = below(word, each(0x20));
    let quote = below(word ^ each(b'"'), each(1));
    let backslash = below(word ^ each(b'\\'), each(1));
    (control | quote | backslash) & each(0x80)
}

#[cfg(test)]
mod tests;
