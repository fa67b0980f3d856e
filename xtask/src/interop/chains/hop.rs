//! Credentials and revocations as plain data that may be wrong in any way, signed with whichever key is asked for.
//!
//! The library refuses to issue what these hold, so the generator signs by itself: canonical bytes and Ed25519 from
//! `ca2a-core`, the members from section 1.1 of the protocol notes.

use ca2a_core::{
    Sha256, SigningKey, canonical,
    json::{Node, Object},
};

/// The keys of every agent that occurs, strangers included. A party is an index.
pub(crate) struct Keys(Vec<SigningKey>);

/// An agent, as an index into [`Keys`].
pub(crate) type Party = usize;

impl Keys {
    /// `count` keys, the same in every run.
    pub(crate) fn new(count: u8) -> Self {
        Self((0..count).map(|party| SigningKey::from_seed(&Sha256::of(&[b'k', party]).0)).collect())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn key(&self, party: Party) -> &SigningKey {
        &self.0[party % self.0.len()]
    }

    pub(crate) fn public(&self, party: Party) -> String {
        self.key(party).verifying_key().to_hex()
    }

    fn sign(&self, party: Party, body: &Object<'_>) -> String {
        // Everything in a body is text or an integer within 2^53-1, so that it has a canonical form.
        let bytes = canonical::to_vec_without(body, "signature").unwrap_or_default();
        self.key(party).sign(&bytes).to_hex()
    }
}

/// One credential.
#[derive(Clone)]
pub(crate) struct Hop {
    pub(crate) id: String,
    pub(crate) issuer: Party,
    pub(crate) subject: Party,
    pub(crate) scope: Vec<String>,
    pub(crate) depth: u64,
    pub(crate) parent: Option<String>,
    pub(crate) not_before: Option<u64>,
    pub(crate) not_after: Option<u64>,
    pub(crate) signature: String,
}

impl Hop {
    fn body(&self, keys: &Keys) -> Object<'static> {
        let mut scope = self.scope.clone();
        scope.sort();
        let mut body = Object::from([
            ("credential_id", Node::from(self.id.clone())),
            ("issuer", keys.public(self.issuer).into()),
            ("subject", keys.public(self.subject).into()),
            ("scope", scope.into_iter().collect()),
            ("depth", self.depth.into()),
            ("parent_id", self.parent.clone().into()),
        ]);
        for (name, bound) in [("not_before", self.not_before), ("not_after", self.not_after)] {
            if let Some(bound) = bound {
                body.insert(name, bound);
            }
        }
        body
    }

    /// Signs with the issuer's key, as an honest issuer would.
    pub(crate) fn sign(&mut self, keys: &Keys) {
        self.sign_as(self.issuer, keys);
    }

    /// Signs with any key.
    pub(crate) fn sign_as(&mut self, party: Party, keys: &Keys) {
        self.signature = keys.sign(party, &self.body(keys));
    }

    /// The digest that a revocation names.
    pub(crate) fn digest(&self, keys: &Keys) -> String {
        let bytes = canonical::to_vec_without(&self.body(keys), "signature").unwrap_or_default();
        format!("sha256:{}", Sha256::of(&bytes).to_hex())
    }

    /// The object on the wire. The scope keeps the order it has here.
    pub(crate) fn to_object(&self, keys: &Keys) -> Object<'static> {
        let mut object = self.body(keys);
        object.insert("scope", self.scope.iter().cloned().collect::<Node<'_>>());
        object.insert("signature", self.signature.clone());
        object
    }
}

/// A revocation statement.
#[derive(Clone)]
pub(crate) struct Statement {
    pub(crate) digest: String,
    pub(crate) revoker: Party,
    pub(crate) issued_at: u64,
    /// Whose key signs it; an honest statement has the revoker's.
    pub(crate) signer: Party,
}

impl Statement {
    pub(crate) fn honest(digest: String, revoker: Party, issued_at: u64) -> Self {
        Self { digest, revoker, issued_at, signer: revoker }
    }

    fn to_object(&self, keys: &Keys) -> Object<'static> {
        let mut object = Object::from([
            ("type", Node::from("ca2a.delegation-revocation.v1")),
            ("revoked_digest", self.digest.clone().into()),
            ("revoker", keys.public(self.revoker).into()),
            ("issued_at", self.issued_at.into()),
        ]);
        let signature = keys.sign(self.signer, &object);
        object.insert("signature", signature);
        object
    }
}

/// What a verifier is told about revocation.
#[derive(Clone)]
pub(crate) struct Snapshot {
    pub(crate) as_of: u64,
    pub(crate) statements: Vec<Statement>,
}

impl Snapshot {
    pub(crate) fn to_node(&self, keys: &Keys) -> Node<'static> {
        let statements: Node<'static> =
            self.statements.iter().map(|statement| statement.to_object(keys)).collect();
        Object::from([("as_of", Node::from(self.as_of)), ("revocations", statements)]).into()
    }
}
