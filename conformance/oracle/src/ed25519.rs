//! The acceptance rule of Ed25519 (CORE-14, CORE-15), spelled out over curve arithmetic.

use curve25519_dalek::{
    edwards::{CompressedEdwardsY, EdwardsPoint},
    scalar::Scalar,
};
use sha2::{Digest as _, Sha512};

/// The point that `bytes` are the one spelling of, unless it is of small order.
pub(crate) fn point(bytes: &[u8; 32]) -> Option<EdwardsPoint> {
    let point = CompressedEdwardsY(*bytes).decompress()?;
    // Compressing again gives the one spelling; y at or above p, and the sign of a zero x, were others.
    let canonical = point.compress().0 == *bytes;
    (canonical && !point.is_small_order()).then_some(point)
}

/// Whether `signature` is one of `message` under `key`: S below L, and `S·B = R + H(R ‖ A ‖ M)·A` without cofactor.
#[must_use]
pub fn verifies(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    holds(key, message, signature).unwrap_or(false)
}

fn holds(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> Option<bool> {
    let (first, second) = signature.split_first_chunk::<32>()?;
    let (a, r) = (point(key)?, point(first)?);
    let s = Option::<Scalar>::from(Scalar::from_canonical_bytes(second.try_into().ok()?))?;
    let hash = Sha512::new().chain_update(first).chain_update(key).chain_update(message).finalize();
    let k = Scalar::from_bytes_mod_order_wide(&hash.into());
    Some(EdwardsPoint::mul_base(&s) == sum(r, k, a))
}

#[allow(clippy::arithmetic_side_effects, reason = "arithmetic of the curve has no overflow")]
fn sum(r: EdwardsPoint, k: Scalar, a: EdwardsPoint) -> EdwardsPoint {
    r + k * a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_small_point_and_no_second_spelling_is_a_key() {
        let mut identity = [0; 32];
        identity[0] = 1;
        assert!(point(&identity).is_none());
        let mut above_p = [0xff; 32];
        (above_p[0], above_p[31]) = (0xee, 0x7f);
        assert!(point(&above_p).is_none());
        assert!(!verifies(&identity, b"any", &[0; 64]));
    }
}
