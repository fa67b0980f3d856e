//! Whose keys count: for manifests, for hops, for approvals.

use std::collections::{BTreeMap, BTreeSet};

use ca2a_core::{
    VerifyingKey,
    json::{Node, Object},
    requirement::holds,
};

use crate::{Algorithm, ManifestError, ManifestKey, document};

/// The keys that may sign manifests, by their ids. (MAN-14)
///
/// An entry that is no key, or stands under an id that is not its own, is kept as unusable: a manifest that names it is
/// refused, which a missing entry would not always cause.
#[derive(Debug, Clone, Default)]
pub struct TrustAnchors {
    keys: BTreeMap<String, Option<ManifestKey>>,
}

/// Entries that a map of keys may have.
const MAX_ENTRIES: usize = 10_000;
const WHAT: &str = "the trust anchor";

impl TrustAnchors {
    /// No key: nothing can be verified.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same anchors and `key`.
    #[must_use]
    pub fn with(mut self, key: impl Into<ManifestKey>) -> Self {
        let key = key.into();
        self.keys.insert(key.id().to_hex(), Some(key));
        self
    }

    /// Adds the base64url of a public key under `key_id`; whether it is a usable key under its own id.
    pub fn insert(&mut self, key_id: &str, public_key: &str) -> bool {
        let key = ManifestKey::from_base64url(public_key).ok().filter(|key| key.id().to_hex() == key_id);
        let usable = key.is_some();
        self.keys.insert(key_id.to_owned(), key);
        usable
    }

    /// Reads a file: `{"public_key_base64url": …, "key_id"?: …}`, or `{"keys": […]}` of such objects. (MAN-13)
    ///
    /// # Errors
    /// Another shape, more than 10,000 keys, or an entry that is no key or not the key that its id names.
    pub fn read(bytes: &[u8]) -> Result<Self, ManifestError> {
        let file = document::read(bytes).map_err(|error| ManifestError::shape(WHAT, error.to_string()))?;
        let items: Vec<&Object<'_>> = match (file.get("public_key_base64url"), file.get("keys")) {
            (Some(_), None) => vec![&file],
            (None, Some(keys)) => keys
                .as_array()
                .and_then(|keys| keys.iter().map(Node::as_object).collect())
                .unwrap_or_default(),
            _ => return Err(ManifestError::shape(WHAT, "must hold either `public_key_base64url` or `keys`")),
        };
        let listed = file.get("keys").and_then(Node::as_array).map_or(1, <[_]>::len);
        if items.len() != listed || listed > MAX_ENTRIES {
            return Err(ManifestError::shape(WHAT, format!("`keys` must be at most {MAX_ENTRIES} objects")));
        }
        let mut anchors = Self::new();
        for item in items {
            item.closed(&["public_key_base64url"], &["key_id", "keys"])
                .map_err(|error| ManifestError::shape(WHAT, error.to_string()))?;
            let text = item
                .text("public_key_base64url")
                .map_err(|error| ManifestError::shape(WHAT, error.to_string()))?;
            let key = ManifestKey::from_base64url(text)
                .map_err(|error| ManifestError::shape(WHAT, error.to_string()))?;
            let id = key.id().to_hex();
            let is_own = item.optional("key_id").is_none_or(|stated| stated.as_str() == Some(&id));
            if !holds("MAN-13", is_own) {
                return Err(ManifestError::shape(WHAT, format!("`key_id` is not `{id}`, the id of its key")));
            }
            anchors.keys.insert(id, Some(key));
        }
        Ok(anchors)
    }

    /// Reads the map that the package's context holds: `{key id: base64url}`.
    ///
    /// # Errors
    /// Anything but an object of at most 10,000 texts.
    pub fn from_map(map: &Object<'_>) -> Result<Self, ManifestError> {
        let mut anchors = Self::new();
        for (id, key) in texts(map, "`trusted_keys`")? {
            anchors.insert(id, key);
        }
        Ok(anchors)
    }

    /// Whether there is no entry at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The entry called `key_id`: `None` where there is none, `Some(None)` where it is unusable.
    pub(crate) fn entry(&self, key_id: &str) -> Option<Option<&ManifestKey>> {
        self.keys.get(key_id).map(Option::as_ref)
    }

    /// Whether a key of `algorithm` is among them.
    pub(crate) fn holds(&self, algorithm: Algorithm) -> bool {
        self.keys.values().flatten().any(|key| key.algorithm() == algorithm)
    }
}

/// The Ed25519 keys of principals or approvers, by the name that a hop or an approval gives. (MAN-15)
#[derive(Debug, Clone, Default)]
pub struct PrincipalKeys {
    keys: BTreeMap<String, Option<VerifyingKey>>,
}

impl PrincipalKeys {
    /// No key.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same keys, and `key` for `name`.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, key: VerifyingKey) -> Self {
        self.keys.insert(name.into(), Some(key));
        self
    }

    /// Reads `{name: base64url}`. An entry that is no key is kept as unusable: what it signed is refused.
    ///
    /// # Errors
    /// Anything but an object of at most 10,000 texts.
    pub fn from_map(map: &Object<'_>) -> Result<Self, ManifestError> {
        let read = |(name, key): (&str, &str)| (name.to_owned(), VerifyingKey::from_base64url(key).ok());
        Ok(Self { keys: texts(map, "keys by name")?.into_iter().map(read).collect() })
    }

    /// Reads a file that holds what [`Self::from_map`] takes.
    ///
    /// # Errors
    /// What the strict reader refuses, what [`Self::from_map`] refuses, and an entry that is no key.
    pub fn read(bytes: &[u8]) -> Result<Self, ManifestError> {
        let keys = Self::from_map(&document::read(bytes)?)?;
        match keys.keys.iter().find(|(_, key)| key.is_none()) {
            Some((name, _)) => {
                Err(ManifestError::shape("keys by name", format!("the entry of `{name}` is no Ed25519 key")))
            }
            None => Ok(keys),
        }
    }

    /// Whether there is no entry at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The entry of `name`: `None` where there is none, `Some(None)` where it is unusable.
    pub(crate) fn entry(&self, name: &str) -> Option<Option<&VerifyingKey>> {
        self.keys.get(name).map(Option::as_ref)
    }
}

/// For which issuers a key may sign. (MAN-17)
#[derive(Debug, Clone, Default)]
pub struct KeyIssuers {
    issuers: BTreeMap<String, BTreeSet<String>>,
}

impl KeyIssuers {
    /// No key for no issuer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, and the key called `key_id` for `issuer`.
    #[must_use]
    pub fn allow(mut self, key_id: impl Into<String>, issuer: impl Into<String>) -> Self {
        self.issuers.entry(key_id.into()).or_default().insert(issuer.into());
        self
    }

    /// Reads `{key id: [issuer, …]}`.
    ///
    /// # Errors
    /// Another shape, or more than 10,000 entries.
    pub fn from_map(map: &Object<'_>) -> Result<Self, ManifestError> {
        let shape = || ManifestError::shape("`trusted_key_issuers`", "must be an object of arrays of text");
        if map.len() > MAX_ENTRIES {
            return Err(shape());
        }
        let read = |(id, issuers): (&str, &Node<'_>)| {
            let texts = issuers.as_array()?.iter().map(|issuer| issuer.as_str().map(str::to_owned));
            Some((id.to_owned(), texts.collect::<Option<_>>()?))
        };
        Ok(Self { issuers: map.iter().map(read).collect::<Option<_>>().ok_or_else(shape)? })
    }

    pub(crate) fn allows(&self, key_id: &str, issuer: Option<&str>) -> bool {
        issuer.is_some_and(|issuer| self.issuers.get(key_id).is_some_and(|issuers| issuers.contains(issuer)))
    }
}

fn texts<'o>(map: &'o Object<'_>, what: &'static str) -> Result<Vec<(&'o str, &'o str)>, ManifestError> {
    let shape = || ManifestError::shape(what, format!("must be an object of at most {MAX_ENTRIES} texts"));
    if map.len() > MAX_ENTRIES {
        return Err(shape());
    }
    map.iter().map(|(name, text)| Some((name, text.as_str()?))).collect::<Option<_>>().ok_or_else(shape)
}
