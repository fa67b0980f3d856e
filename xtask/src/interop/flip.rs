//! Flipping one byte of what was accepted.

use std::ops::Range;

use super::random::Random;

/// `bytes` with the lowest bit of one byte flipped, somewhere in `places`.
pub(super) fn flip(bytes: &[u8], places: &[Range<usize>], random: &mut Random) -> Vec<u8> {
    let mut at = random.index(places.iter().map(Range::len).sum());
    let mut flipped = bytes.to_vec();
    for place in places {
        if at < place.len() {
            flipped[place.start + at] ^= 1;
            return flipped;
        }
        at -= place.len();
    }
    flipped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte_of_the_places_differs() {
        let mut random = Random::new(1);
        let mut seen = [false; 10];
        for _ in 0..200 {
            let flipped = flip(&[7; 10], &[1..3, 5..6], &mut random);
            let differing: Vec<usize> = (0..10).filter(|at| flipped[*at] != 7).collect();
            assert_eq!(differing.len(), 1);
            seen[differing[0]] = true;
        }
        assert_eq!(seen, [false, true, true, false, false, true, false, false, false, false]);
    }
}
