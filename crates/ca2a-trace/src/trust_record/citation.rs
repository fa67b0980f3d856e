//! What a record cites, looked up once the record verified.

use ca2a_core::{
    Sha256,
    json::{Node, Object},
};

use super::{SignedRecord, TrustRecord};

/// Fetches what a URI names. Supplied by the caller: nothing in a record chooses it.
pub trait CitationResolver {
    /// The bytes that `uri` names.
    ///
    /// # Errors
    /// When there are none to be had.
    fn resolve(&self, uri: &str) -> Result<Vec<u8>, Unresolvable>;
}

/// Nothing could be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the citation could not be resolved")]
pub struct Unresolvable;

/// What came of one citation. It says whether something was there, and nothing about the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Citation {
    /// Bytes were there.
    Resolved {
        /// The URI as cited.
        uri: String,
        /// Digest of the bytes.
        sha256: Sha256,
        /// How many they were.
        bytes: usize,
    },
    /// The resolver had nothing.
    Unresolvable {
        /// The URI as cited.
        uri: String,
    },
    /// Nobody looked.
    NotAttempted(NotAttempted),
}

/// Why nobody looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAttempted {
    /// There was no resolver.
    NoResolver,
    /// The record cites nothing there.
    FieldAbsent,
    /// A receipt is no citation: `transparency` is judged as an anchor.
    SurfaceDeferred,
}

const SURFACES: [(&str, &str, &str); 3] = [
    ("appraisal.policy_ref", "appraisal", "policy_ref"),
    ("runtime.rim_uri", "runtime", "rim_uri"),
    ("model.aibom_uri", "model", "aibom_uri"),
];

impl SignedRecord<'_> {
    /// Looks up what the record cites, by the name of the member that cites it (TRC-32). Only a verified record can be
    /// asked, so an unverified one fetches nothing.
    #[must_use]
    pub fn citations(&self, resolver: Option<&dyn CitationResolver>) -> Vec<(&'static str, Citation)> {
        let consumed = SURFACES.into_iter().map(|(surface, object, member)| {
            let uri = uri_at(self.record(), object, member);
            (surface, look_up(uri, resolver))
        });
        let deferred = ("transparency", Citation::NotAttempted(NotAttempted::SurfaceDeferred));
        consumed.chain([deferred]).collect()
    }
}

fn uri_at<'r>(record: &'r TrustRecord<'_>, object: &str, member: &str) -> Option<&'r str> {
    record.object().object(object).ok()?.get(member)?.as_str()
}

fn look_up(uri: Option<&str>, resolver: Option<&dyn CitationResolver>) -> Citation {
    let Some(resolver) = resolver else { return Citation::NotAttempted(NotAttempted::NoResolver) };
    let Some(uri) = uri else { return Citation::NotAttempted(NotAttempted::FieldAbsent) };
    match resolver.resolve(uri) {
        Ok(bytes) => Citation::Resolved { uri: uri.into(), sha256: Sha256::of(&bytes), bytes: bytes.len() },
        Err(Unresolvable) => Citation::Unresolvable { uri: uri.into() },
    }
}

impl Citation {
    /// The report as other implementations write it: `outcome`, `cause` (or null) and `evidence`.
    #[must_use]
    pub fn to_node(&self) -> Node<'static> {
        let mut evidence: Object<'static> = Object::new();
        let (outcome, cause) = match self {
            Self::Resolved { uri, sha256, bytes } => {
                evidence.insert("uri", uri.clone());
                evidence.insert("sha256", sha256.to_hex());
                evidence.insert("bytes", *bytes);
                ("resolved", None)
            }
            Self::Unresolvable { uri } => {
                evidence.insert("uri", uri.clone());
                ("unresolvable", Some("resolver_raised"))
            }
            Self::NotAttempted(why) => ("not_attempted", Some(why.cause())),
        };
        Object::from([
            ("outcome", Node::from(outcome)),
            ("cause", cause.into()),
            ("evidence", evidence.into()),
        ])
        .into()
    }
}

impl NotAttempted {
    fn cause(self) -> &'static str {
        match self {
            Self::NoResolver => "no_resolver",
            Self::FieldAbsent => "field_absent",
            Self::SurfaceDeferred => "surface_deferred",
        }
    }
}
