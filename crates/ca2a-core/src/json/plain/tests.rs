use super::plain_length;

fn naive(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| **byte >= 0x20 && **byte != b'"' && **byte != b'\\').count()
}

/// Every byte at every place of two words and a rest, before each other byte that could confuse it.
#[test]
fn every_byte_at_every_place() {
    for filler in [b'a', 0x20, 0x21, 0x23, 0x5b, 0x5d, 0x7f, 0x80, 0xa2, 0xdc, 0xff] {
        for length in [0, 1, 7, 8, 9, 15, 16, 19] {
            let mut bytes = std::vec![filler; length];
            assert_eq!(plain_length(&bytes), length);
            for place in 0..length {
                for byte in 0..=255 {
                    bytes[place] = byte;
                    assert_eq!(
                        plain_length(&bytes),
                        naive(&bytes),
                        "{byte:#x} at {place} of {length}, {filler:#x}"
                    );
                }
                bytes[place] = filler;
            }
        }
    }
}

/// Two special bytes: the first ends the run.
#[test]
fn the_first_of_two() {
    let specials = [0, 0x1f, b'"', b'\\'];
    for first in 0..10 {
        for second in first..10 {
            for (one, other) in specials.iter().flat_map(|one| specials.map(|other| (*one, other))) {
                let mut bytes = [b'!'; 10];
                bytes[second] = other;
                bytes[first] = one;
                assert_eq!(plain_length(&bytes), first);
            }
        }
    }
}
