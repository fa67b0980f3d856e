//! Lists of manifests that were taken back: JSON, one record a line.

use std::collections::BTreeMap;

use ca2a_core::{
    ErrorCode, SigningKey, VerifyingKey,
    encoding::{base64url, from_base64url},
    json::{self, Node, Object},
    requirement::{enforce, is_off},
};

use crate::{
    ManifestError, ManifestKey, Timestamp,
    algorithm::{Unsigned, check_ed25519},
    document,
    names::folded,
    schema::timestamp,
};

/// A manifest that was taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// The manifest, as the record writes it.
    pub manifest_id: String,
    /// Since when.
    pub revoked_at: Timestamp,
    /// Why, for people.
    pub reason: String,
    /// By whom.
    pub revoked_by: String,
}

/// A list that cannot be believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RevocationListError {
    /// More than a list may have.
    #[error("the list has more than {MAX_BYTES} bytes or {MAX_RECORDS} records")]
    TooLarge,
    /// A record that is none, or that nobody entitled signed. A list with one such record says nothing. (MAN-29)
    #[error("line {line}: {problem}")]
    Record {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl RevocationListError {
    /// The code on the wire and in exits.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        ErrorCode::ManifestRevocationsInvalid
    }
}

const MAX_BYTES: usize = 50 << 20;
const MAX_RECORDS: usize = 1_000_000;

/// The manifests that were taken back, as far as is known.
#[derive(Debug, Clone, Default)]
pub struct RevocationList {
    records: BTreeMap<String, Option<Revocation>>,
    known: bool,
}

impl RevocationList {
    /// Reads a list, every record of which `signer` signed. (MAN-29)
    ///
    /// A list without any record says nothing: it cannot be told from one that was emptied. See [`Self::is_known`].
    ///
    /// # Errors
    /// One record that is none or does not verify.
    pub fn read(bytes: &[u8], signer: &VerifyingKey) -> Result<Self, RevocationListError> {
        Self::collect(bytes, |line, text| {
            let record = |problem| RevocationListError::Record { line, problem };
            let object = document::read(text).map_err(|_| record("this is no JSON object"))?;
            let revocation = Revocation::of(&object).ok_or(record("this is no record of a revocation"))?;
            revocation.verify(&object, signer).map_err(record)?;
            Ok(Some(revocation))
        })
    }

    /// Reads a list without asking who signed it. Lines that are no record are passed over: for development, and for a
    /// list that came by a way that is authenticated itself.
    ///
    /// # Errors
    /// A list that is too large.
    pub fn read_unsigned(bytes: &[u8]) -> Result<Self, RevocationListError> {
        Self::collect(bytes, |_, text| {
            Ok(document::read(text).ok().and_then(|object| Revocation::of(&object)))
        })
    }

    fn collect(
        bytes: &[u8],
        read: impl Fn(usize, &[u8]) -> Result<Option<Revocation>, RevocationListError>,
    ) -> Result<Self, RevocationListError> {
        if bytes.len() > MAX_BYTES {
            return Err(RevocationListError::TooLarge);
        }
        let mut list = Self::default();
        let lines = (1..).zip(bytes.split(|byte| *byte == b'\n'));
        for (line, text) in
            lines.map(|(line, text)| (line, text.trim_ascii())).filter(|(_, text)| !text.is_empty())
        {
            if list.records.len() >= MAX_RECORDS {
                return Err(RevocationListError::TooLarge);
            }
            if let Some(record) = read(line, text)? {
                list.records.insert(folded(&record.manifest_id), Some(record));
            }
        }
        list.known = !list.records.is_empty();
        Ok(list)
    }

    /// Exactly these manifests; none of them is known to mean none.
    #[must_use]
    pub fn of_ids<I: IntoIterator<Item = S>, S: AsRef<str>>(ids: I) -> Self {
        Self { records: ids.into_iter().map(|id| (folded(id.as_ref()), None)).collect(), known: true }
    }

    /// Whether the list says anything. One that was read without a record does not. (MAN-29)
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.known
    }

    /// Whether the manifest was taken back. Ids are compared without regard to case. (MAN-12)
    #[must_use]
    pub fn is_revoked(&self, manifest_id: &str) -> bool {
        self.records.contains_key(&folded(manifest_id))
    }

    /// The record about the manifest, where the list has one.
    #[must_use]
    pub fn record(&self, manifest_id: &str) -> Option<&Revocation> {
        self.records.get(&folded(manifest_id)).and_then(Option::as_ref)
    }

    /// The manifests, in lower case, in the order of their ids.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = &str> {
        self.records.keys().map(String::as_str)
    }
}

impl Revocation {
    fn of(object: &Object<'_>) -> Option<Self> {
        let text = |name| object.get(name).and_then(Node::as_str).map(str::to_owned);
        Some(Self {
            manifest_id: text("manifest_id")?,
            revoked_at: object.get("revoked_at").and_then(timestamp)?,
            reason: text("reason")?,
            revoked_by: text("revoked_by")?,
        })
    }

    fn verify(&self, object: &Object<'_>, signer: &VerifyingKey) -> Result<(), &'static str> {
        let text = |name| object.get(name).and_then(Node::as_str);
        let signature = text("revocation_signature").ok_or("nobody signed the record")?;
        if text("signer_key_id") != Some(&ManifestKey::from(*signer).id().to_hex()) {
            return Err("the record names another signer");
        }
        let signature = from_base64url(signature).map_err(|_| "the signature must be unpadded base64url")?;
        let stated =
            |time: String| text("revoked_at").filter(|_| is_off("MAN-30")).map_or(time, str::to_owned);
        let input = self.signing_input(&stated(self.revoked_at.to_isoformat()));
        let input = input.map_err(|_| "the record has no canonical form")?;
        let verified = check_ed25519(signer, &input, &signature);
        enforce("MAN-29", verified.map_err(|_: Unsigned| "the signature does not verify"))
    }

    /// The bytes that the signer signs. The time stands in them as Python writes it, whatever the record says. (MAN-30)
    fn signing_input(&self, revoked_at: &str) -> Result<Vec<u8>, ManifestError> {
        document::lean_bytes(
            [
                ("manifest_id", self.manifest_id.as_str()),
                ("revoked_at", revoked_at),
                ("reason", &self.reason),
                ("revoked_by", &self.revoked_by),
            ]
            .into(),
        )
    }

    /// The signed record, as a line of a list. (MAN-30)
    ///
    /// # Errors
    /// None in practice: text has a canonical form.
    pub fn sign(&self, key: &SigningKey) -> Result<String, ManifestError> {
        let revoked_at = self.revoked_at.to_isoformat();
        let signature = base64url(&key.sign(&self.signing_input(&revoked_at)?).0);
        let record = Object::from([
            ("manifest_id", Node::from(self.manifest_id.clone())),
            ("revoked_at", revoked_at.into()),
            ("reason", self.reason.clone().into()),
            ("revoked_by", self.revoked_by.clone().into()),
            ("revocation_signature", signature.into()),
            ("signer_key_id", ManifestKey::from(key.verifying_key()).id().to_hex().into()),
        ]);
        Ok(json::to_text(&record.into()))
    }
}
