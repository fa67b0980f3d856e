//! Why a path of certificates was not walked to its end.

use core::fmt;

use ::der::asn1::ObjectIdentifier;

/// Bytes that are not the certificate or list they should be, and the part that is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) &'static str);

impl fmt::Display for Malformed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0)
    }
}

/// What is wrong with a certificate of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PathProblem {
    /// Nothing was presented.
    Empty,
    /// More certificates than any path of ours has.
    TooLong,
    /// Not yet valid, or no longer.
    Dates { not_before: u64, not_after: u64 },
    /// It issued the one below, but may not.
    NotAnIssuer(&'static str),
    /// A critical extension that nobody here understands.
    UnknownCritical(ObjectIdentifier),
    /// Its issuer's name is not the subject of the next.
    Name,
    /// The signature by the next does not verify.
    Signature,
    /// The path ends where no anchor is.
    NoAnchor,
    /// A list of its issuer revokes it.
    Revoked { since: u64 },
    /// A list that its issuer did not sign.
    CrlSigner(&'static str),
    /// A list that speaks of another time.
    CrlDates { this_update: u64, next_update: u64 },
}

/// A problem, and which certificate of the path has it, 0 being the leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PathError {
    pub(crate) at: usize,
    pub(crate) problem: PathProblem,
}

impl fmt::Display for PathError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.at;
        match self.problem {
            PathProblem::Empty => write!(out, "no certificate was presented"),
            PathProblem::TooLong => write!(out, "the chain has more than {at} certificates"),
            PathProblem::Dates { not_before, not_after } => {
                write!(out, "certificate {at} is valid from {not_before} to {not_after} only (Unix seconds)")
            }
            PathProblem::NotAnIssuer(why) => write!(out, "certificate {at} may not issue: {why}"),
            PathProblem::UnknownCritical(oid) => {
                write!(out, "certificate {at} has the critical extension `{oid}`, which is not understood")
            }
            PathProblem::Name => write!(out, "certificate {at} names another issuer than the next one"),
            PathProblem::Signature => write!(out, "certificate {at} was not signed by the next one"),
            PathProblem::NoAnchor => write!(out, "certificate {at} leads to no anchor"),
            PathProblem::Revoked { since } => {
                write!(out, "certificate {at} is revoked since {since} (Unix seconds)")
            }
            PathProblem::CrlSigner(why) => {
                write!(out, "the revocation list for certificate {at} is not its issuer's: {why}")
            }
            PathProblem::CrlDates { this_update, next_update } => write!(
                out,
                "the revocation list for certificate {at} speaks from {this_update} until {next_update} (Unix seconds)"
            ),
        }
    }
}
