//! Certificates as AMD, Intel, Google and TPM vendors make them: read from the bytes that were signed, walked up to an
//! anchor that is known by its bytes, and checked against revocation lists (ATT-101 to ATT-108).

mod certificate;
mod crl;
mod der;
mod error;
mod extensions;
mod path;
pub(crate) mod pem;
mod scheme;

pub(crate) use self::{
    certificate::Certificate,
    crl::Crl,
    error::{PathError, PathProblem},
    extensions::oid,
    path::{Anchor, PathRules, verify_path},
    scheme::public_key,
};
