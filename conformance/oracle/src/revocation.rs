//! What was taken back (REV-1 to REV-5).

use crate::{
    credential::{hex, natural, spelled},
    ed25519::verifies,
    json::{self, Value},
};

/// A statement whose signature holds.
pub(crate) struct Statement {
    pub(crate) digest: String,
    pub(crate) revoker: [u8; 32],
    pub(crate) issued_at: i64,
}

/// A snapshot of which every statement holds.
pub(crate) struct Snapshot {
    pub(crate) as_of: i64,
    pub(crate) statements: Vec<Statement>,
}

impl Snapshot {
    /// The snapshot in `bytes`.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let snapshot = json::read(bytes)?;
        let [as_of, revocations] = exactly(&snapshot, ["as_of", "revocations"])?;
        let Value::List(items) = revocations else { return None };
        Some(Self {
            as_of: natural(as_of)?,
            statements: items.iter().map(Statement::read).collect::<Option<_>>()?,
        })
    }
}

impl Statement {
    fn read(value: &Value) -> Option<Self> {
        let names = ["issued_at", "revoked_digest", "revoker", "signature", "type"];
        let [issued_at, digest, revoker, signature, kind] = exactly(value, names)?;
        let (Value::Text(digest), Value::Text(kind)) = (digest, kind) else { return None };
        // Reading the hex and writing it again leaves one spelling.
        let bytes: [u8; 32] = hex(&Value::Text(digest.strip_prefix("sha256:")?.to_owned()))?;
        let statement = Self {
            digest: format!("sha256:{}", spelled(&bytes)),
            revoker: hex(revoker)?,
            issued_at: natural(issued_at)?,
        };
        let holds = kind == "ca2a.delegation-revocation.v1"
            && verifies(&statement.revoker, statement.body().as_bytes(), &hex(signature)?);
        holds.then_some(statement)
    }

    /// What is signed (REV-2).
    fn body(&self) -> String {
        format!(
            "{{\"issued_at\":{},\"revoked_digest\":\"{}\",\"revoker\":\"{}\",\"type\":\"ca2a.delegation-revocation.v1\"}}",
            self.issued_at,
            self.digest,
            spelled(&self.revoker),
        )
    }
}

/// The members `names` of an object that has these and no others.
pub(crate) fn exactly<'v, const N: usize>(value: &'v Value, names: [&str; N]) -> Option<[&'v Value; N]> {
    let Value::Object(members) = value else { return None };
    if members.len() != N {
        return None;
    }
    let found = names.map(|wanted| members.iter().find(|(name, _)| name == wanted).map(|(_, value)| value));
    found.into_iter().collect::<Option<Vec<_>>>()?.try_into().ok()
}
