//! SEV-SNP: a report that AMD's secure processor signed, a certificate for the key that it signed with, and AMD's
//! authorities above that (ATT-110 to ATT-127).
//!
//! [`SnpVerifier::verify`] takes the bytes of both and gives [`SnpClaims`], [`crate::Verified`]. Nothing is fetched: the
//! certificate comes with the report in a [certificate table](CertificateTable) or from the operator's folder, under
//! [`endorsement_file_name`].

pub mod ca2a_runtime;
mod cache;
pub mod check;
mod claims;
mod endorsement;
mod flags;
mod kds;
mod report;
mod roots;
mod table;
mod tcb;
mod verifier;

pub use self::{
    cache::EndorsementCache,
    claims::SnpClaims,
    endorsement::{Endorsements, endorsement_file_name},
    flags::{GuestPolicy, KeyInfo, PlatformInfo, PlatformInfoBit, SigningKey},
    report::{CpuId, Firmware, SnpReport},
    table::{CertificateTable, TableEntry, TableError},
    tcb::{Product, Tcb, TcbBytes},
    verifier::SnpVerifier,
};
