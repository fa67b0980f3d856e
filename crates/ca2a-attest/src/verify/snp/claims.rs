//! What a verified report says.

use alloc::boxed::Box;

use super::{
    flags::SigningKey,
    report::SnpReport,
    tcb::{Product, Tcb, TcbBytes},
};

/// What AMD's hardware signed, and what the certificate adds to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnpClaims {
    /// The product, by its certificate.
    pub product: Product,
    /// The kind of key that signed.
    pub signing_key: SigningKey,
    /// Whether a revocation list was consulted about the key or its authority.
    pub revocation_checked: bool,
    /// The report.
    pub report: Box<SnpReport>,
}

impl SnpClaims {
    /// A TCB of the report, part by part.
    #[must_use]
    pub fn tcb(&self, bytes: TcbBytes) -> Tcb {
        Tcb::read(bytes, self.product)
    }
}
