//! Whether a floating-point number is in its shortest form (RFC 8949 section 4.1).

/// A binary format of IEEE 754: the exponents of its normal numbers and the bits of its fraction.
struct Format {
    least: i32,
    greatest: i32,
    fraction: u32,
}

const HALF: Format = Format { least: -14, greatest: 15, fraction: 10 };
const SINGLE: Format = Format { least: -126, greatest: 127, fraction: 23 };

/// The only spelling of "not a number".
const NAN: u16 = 0x7e00;

/// Whether 16 bits are a shortest form: all are, but only one spelling of "not a number".
pub(super) fn half_is_shortest(bits: u16) -> bool {
    let is_nan = bits & 0x7fff > 0x7c00;
    !is_nan || bits == NAN
}

/// Whether 32 bits hold what 16 could not.
pub(super) fn single_is_shortest(value: f32) -> bool {
    let bits = u64::from(value.to_bits());
    !fits(&HALF, bits >> 23 & 0xff, 127, bits & 0x7f_ffff, 23)
}

/// Whether 64 bits hold what 32 could not.
pub(super) fn double_is_shortest(value: f64) -> bool {
    let bits = value.to_bits();
    !fits(&SINGLE, bits >> 52 & 0x7ff, 1023, bits & 0xf_ffff_ffff_ffff, 52)
}

/// Whether a number with this biased exponent and fraction of `width` bits is exact in `format`. What is not a number
/// fits everything: its shortest form is the half.
fn fits(format: &Format, biased: u64, bias: i32, fraction: u64, width: u32) -> bool {
    let Ok(biased) = i32::try_from(biased) else { return false };
    let exponent = biased.saturating_sub(bias);
    if exponent > bias {
        return true;
    }
    if biased == 0 {
        // Zero fits; a subnormal of the wide format lies below every number of the narrow one.
        return fraction == 0;
    }
    if exponent > format.greatest {
        return false;
    }
    // Below the least normal exponent every step costs a bit of the fraction, the leading one last.
    let lost = format.least.saturating_sub(exponent).max(0).unsigned_abs();
    let dropped = width.saturating_sub(format.fraction).saturating_add(lost);
    let significand = fraction | 1 << width;
    dropped <= width && significand.trailing_zeros() >= dropped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_takes_what_it_can_hold() {
        for held in [0.0, -0.0, 1.0, 1.5, 65504.0, 5.960_464_5e-8, 6.103_515_6e-5, f32::INFINITY] {
            assert!(!single_is_shortest(held), "{held}");
        }
        for not in [100_000.0, 65536.0, 1.1, f32::MAX, 2.980_232_2e-8, f32::MIN_POSITIVE, f32::from_bits(1)] {
            assert!(single_is_shortest(not), "{not}");
        }
        assert!(!single_is_shortest(f32::NAN));
    }

    #[test]
    fn a_single_takes_what_it_can_hold() {
        for held in
            [0.0, 1.0, 100_000.0, f64::from(f32::MAX), f64::from(f32::from_bits(1)), f64::NEG_INFINITY]
        {
            assert!(!double_is_shortest(held), "{held}");
        }
        for not in [1.1, 1.0e300, f64::from(f32::from_bits(1)) / 2.0, f64::MIN_POSITIVE, f64::from_bits(1)] {
            assert!(double_is_shortest(not), "{not}");
        }
        assert!(!double_is_shortest(f64::NAN));
    }

    #[test]
    fn not_a_number_has_one_spelling() {
        assert!(half_is_shortest(0x7e00) && half_is_shortest(0x7c00) && half_is_shortest(0xfc00));
        assert!(!half_is_shortest(0x7e01) && !half_is_shortest(0xfe00) && !half_is_shortest(0x7c01));
    }
}
