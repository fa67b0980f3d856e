//! What a request for a log is about.

use ca2a_core::encoding::from_base64url;
use hyper::{Method, Uri};

use super::EntryId;

/// The key set of the log.
pub(super) const KEYS: &str = "/.well-known/scitt-keys";
/// Statements go here.
pub(super) const ENTRIES: &str = "/entries";
/// The signed head.
pub(super) const CHECKPOINT: &str = "/checkpoint";
/// Proofs that the log only added.
pub(super) const CONSISTENCY: &str = "/consistency";
/// After an entry: the statement itself.
const STATEMENT: &str = "/statement";

/// A request that is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// `GET /.well-known/scitt-keys`.
    Keys,
    /// `GET /.well-known/scitt-keys/{kid}`, the key's identifier in base64url.
    Key(Vec<u8>),
    /// `POST /entries`.
    Register,
    /// `GET /entries/{id}`, with `?size=` for the receipt over a tree of that size.
    Receipt(EntryId, Option<u64>),
    /// `GET /entries/{id}/statement`.
    Statement(EntryId),
    /// `GET /checkpoint`.
    Checkpoint,
    /// `GET /consistency?old=` and perhaps `&new=`, which is the log's size unless given.
    Consistency(u64, Option<u64>),
}

/// Why a request is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Astray {
    NoSuchPath,
    /// The path is there; this is the one method for it.
    Method(&'static str),
    Query(&'static str),
}

impl Target {
    pub(super) fn of(method: &Method, uri: &Uri) -> Result<Self, Astray> {
        let target = Self::of_path(uri.path()).ok_or(Astray::NoSuchPath)?;
        let target = match (target, method) {
            (Self::Register, &Method::POST) => Self::Register,
            (Self::Register, _) => return Err(Astray::Method("POST")),
            (target, &Method::GET) => target,
            _ => return Err(Astray::Method("GET")),
        };
        target.asking(uri.query().unwrap_or_default())
    }

    fn of_path(path: &str) -> Option<Self> {
        match path {
            KEYS => return Some(Self::Keys),
            ENTRIES => return Some(Self::Register),
            CHECKPOINT => return Some(Self::Checkpoint),
            CONSISTENCY => return Some(Self::Consistency(0, None)),
            _ => {}
        }
        let below = |folder| path.strip_prefix(folder)?.strip_prefix('/');
        if let Some(id) = below(KEYS) {
            return from_base64url(id).ok().map(Self::Key);
        }
        let id = below(ENTRIES)?;
        match id.strip_suffix(STATEMENT) {
            Some(id) => id.parse().ok().map(Self::Statement),
            None => id.parse().ok().map(|id| Self::Receipt(id, None)),
        }
    }

    /// The same target with what its query says. Only a consistency proof needs one.
    fn asking(self, query: &str) -> Result<Self, Astray> {
        match self {
            Self::Receipt(id, _) => {
                let [size] =
                    numbers(query, ["size"]).ok_or(Astray::Query("`size` is a number, given once"))?;
                Ok(Self::Receipt(id, size))
            }
            Self::Consistency(..) => match numbers(query, ["old", "new"]) {
                Some([Some(old), new]) => Ok(Self::Consistency(old, new)),
                _ => Err(Astray::Query("`old` is needed, `new` may follow; both are numbers, given once")),
            },
            target => Ok(target),
        }
    }
}

/// The numbers under `names`, each at most once, and nothing else.
fn numbers<const N: usize>(query: &str, names: [&str; N]) -> Option<[Option<u64>; N]> {
    let mut found = [None; N];
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, digits) = pair.split_once('=')?;
        let (_, slot) = names.iter().zip(&mut found).find(|(known, _)| **known == name)?;
        // The parser of integers also takes a sign.
        let number = digits.parse().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
        if slot.replace(number).is_some() {
            return None;
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use ca2a_core::Sha256;
    use ca2a_trace::merkle::LeafHash;

    use super::*;

    fn of(method: &Method, uri: &str) -> Result<Target, Astray> {
        Target::of(method, &uri.parse().unwrap())
    }

    #[test]
    fn requests_are_told_apart() {
        let id = EntryId(LeafHash(Sha256([0xab; 32])));
        for (uri, target) in [
            ("/.well-known/scitt-keys", Target::Keys),
            ("/.well-known/scitt-keys/AQI", Target::Key(vec![1, 2])),
            (&format!("/entries/{id}"), Target::Receipt(id, None)),
            (&format!("/entries/{id}?size=18446744073709551615"), Target::Receipt(id, Some(u64::MAX))),
            (&format!("/entries/{id}/statement"), Target::Statement(id)),
            ("/checkpoint", Target::Checkpoint),
            ("/consistency?old=3", Target::Consistency(3, None)),
            ("/consistency?new=5&old=3", Target::Consistency(3, Some(5))),
        ] {
            assert_eq!(of(&Method::GET, uri), Ok(target), "{uri}");
            assert_eq!(of(&Method::POST, uri), Err(Astray::Method("GET")), "{uri}");
        }
        assert_eq!(of(&Method::POST, "/entries"), Ok(Target::Register));
        assert_eq!(of(&Method::GET, "/entries"), Err(Astray::Method("POST")));
    }

    #[test]
    fn anything_else_is_astray() {
        let id = "ab".repeat(32);
        for path in [
            "/",
            "/entries/",
            "/entries/0",
            &format!("/entries/{}", id.to_uppercase()),
            &format!("/entries/{id}/"),
            &format!("/entries/{id}/statement/"),
            &format!("/entries//{id}"),
            "/.well-known/scitt-keys/=",
            "/checkpoint/",
            "/tree",
        ] {
            assert_eq!(of(&Method::GET, path), Err(Astray::NoSuchPath), "{path}");
        }
        for query in
            ["", "?new=5", "?old=", "?old=-1", "?old=+1", "?old=1&old=1", "?old=1&x=2", "?old", "?old=1e3"]
        {
            let astray = of(&Method::GET, &format!("/consistency{query}"));
            assert!(matches!(astray, Err(Astray::Query(_))), "{query}: {astray:?}");
        }
        assert!(matches!(of(&Method::GET, &format!("/entries/{id}?size=x")), Err(Astray::Query(_))));
    }
}
