//! Which family of platforms a quote is from, by the certificate in it: what its collateral is found by.

use super::{Quote, adapter::Parts};

impl Quote<'_> {
    /// The FMSPC that the platform's certificate states. It is whoever's claim until the quote is verified, and is good for
    /// finding collateral and for nothing else.
    #[must_use]
    pub fn claimed_fmspc(&self) -> Option<[u8; 6]> {
        let certificate = self.certificates().first()?;
        dcap_qvl::intel::parse_pck_extension_with::<Parts>(certificate).ok().map(|extension| extension.fmspc)
    }
}
