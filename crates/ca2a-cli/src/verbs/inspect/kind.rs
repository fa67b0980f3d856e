//! Which of our documents a JSON value is, by the members that only one of them has.

use ca2a_core::json::{Node, Object};

/// A kind of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Chain,
    Credential,
    Snapshot,
    Statement,
    DelegationRecords,
    DelegationRecord,
    TraceRecords,
    TraceRecord,
}

impl Kind {
    pub(super) fn of(node: &Node<'_>) -> Option<Self> {
        if let Some(items) = node.as_array() {
            return Self::of_list(items);
        }
        let object = node.as_object()?;
        match (object.get("chain"), object.get("records")) {
            (Some(_), None) => return Some(Self::Chain),
            (None, Some(records)) => return Self::of_list(records.as_array()?),
            _ => {}
        }
        Self::of_object(object)
    }

    fn of_list(items: &[Node<'_>]) -> Option<Self> {
        match Self::of_object(items.first()?.as_object()?)? {
            Self::Credential => Some(Self::Chain),
            Self::DelegationRecord => Some(Self::DelegationRecords),
            Self::TraceRecord => Some(Self::TraceRecords),
            _ => None,
        }
    }

    fn of_object(object: &Object<'_>) -> Option<Self> {
        let has = |name| object.contains(name);
        match () {
            () if has("eat_profile") => Some(Self::TraceRecord),
            () if has("record_id") => Some(Self::DelegationRecord),
            () if has("revoked_digest") => Some(Self::Statement),
            () if has("revocations") => Some(Self::Snapshot),
            () if has("credential_id") => Some(Self::Credential),
            () => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use ca2a_core::json::read;

    use super::Kind;

    #[test]
    fn each_document_is_told_by_its_own_members() {
        for (text, kind) in [
            (r#"{"chain":[]}"#, Some(Kind::Chain)),
            (r#"[{"credential_id":"a","issuer":"b"}]"#, Some(Kind::Chain)),
            (r#"{"credential_id":"a","issuer":"b"}"#, Some(Kind::Credential)),
            (r#"{"record_id":"a","credential_id":"b"}"#, Some(Kind::DelegationRecord)),
            (r#"{"records":[{"record_id":"a"}]}"#, Some(Kind::DelegationRecords)),
            (r#"[{"eat_profile":"a"}]"#, Some(Kind::TraceRecords)),
            (r#"{"eat_profile":"a"}"#, Some(Kind::TraceRecord)),
            (r#"{"as_of":1,"revocations":[]}"#, Some(Kind::Snapshot)),
            (r#"{"revoked_digest":"a"}"#, Some(Kind::Statement)),
            ("[]", None),
            ("{}", None),
            ("[1]", None),
            (r#"{"records":1}"#, None),
            (r#"[{"as_of":1,"revocations":[]}]"#, None),
            ("null", None),
        ] {
            assert_eq!(Kind::of(&read(text.as_bytes()).unwrap()), kind, "{text}");
        }
    }
}
