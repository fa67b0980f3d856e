//! Versions as dotted numbers.

/// The release of the Python package whose rules this crate follows, and which `min_verifier_version` is compared with.
pub(crate) const OURS: [u64; 3] = [0, 15, 0];

/// `1.20.3` as numbers; `None` for what cannot be ordered.
pub(crate) fn read(text: &str) -> Option<Vec<u64>> {
    let part = |part: &str| {
        let digits = !part.is_empty() && part.len() <= 9 && part.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| part.parse().ok()).flatten()
    };
    (text.len() <= 64).then(|| text.split('.').map(part).collect()).flatten()
}
