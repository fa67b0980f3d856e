//! Credentials as text, each signed by whoever is told to.

use ca2a_core::{Sha256, SigningKey, encoding::hex};
use serde_json::json;

/// The Unix second at which cases are judged.
pub(super) const NOW: u64 = 1_800_000_000;

/// Whose keys there are.
pub(super) const KEYS: [&str; 5] = ["root", "planner", "searcher", "tool", "stranger"];

/// The seed of the key called `name`: the digest of a text, so that anybody can make it.
pub(super) fn seed(name: &str) -> String {
    Sha256::of(format!("ca2a vectors: {name}").as_bytes()).to_hex()
}

/// The key called `name`.
pub(super) fn key(name: &str) -> SigningKey {
    SigningKey::from_seed(&Sha256::of(format!("ca2a vectors: {name}").as_bytes()).0)
}

/// The public key called `name`, in hex.
pub(super) fn public(name: &str) -> String {
    key(name).verifying_key().to_hex()
}

/// A credential before it is signed. Its fields stand as their JSON texts, so that they can say anything.
#[derive(Clone)]
pub(super) struct Draft {
    pub(super) id: String,
    pub(super) issuer: String,
    pub(super) subject: String,
    /// In code point order.
    pub(super) scope: Vec<String>,
    pub(super) depth: u64,
    pub(super) parent: Option<String>,
    pub(super) from: Option<u64>,
    pub(super) until: Option<u64>,
    /// Who signs it.
    pub(super) signer: &'static str,
}

/// The honest chain of three: root to planner to searcher to tool, each with one capability less.
pub(super) fn honest() -> Vec<Draft> {
    let hop = |place: usize| Draft {
        id: format!("c-{place}"),
        issuer: public(KEYS[place]),
        subject: public(KEYS[place + 1]),
        scope: ["read", "search", "write"][..3 - place].iter().map(|text| (*text).to_owned()).collect(),
        depth: place as u64,
        parent: place.checked_sub(1).map(|parent| format!("c-{parent}")),
        from: None,
        until: None,
        signer: KEYS[place],
    };
    (0..3).map(hop).collect()
}

impl Draft {
    /// What is signed: the canonical form, spelled out (DEL-10).
    pub(super) fn body(&self) -> String {
        let bounds: String = [("not_after", self.until), ("not_before", self.from)]
            .into_iter()
            .filter_map(|(name, bound)| Some(format!("\"{name}\":{},", bound?)))
            .collect();
        format!(
            "{{\"credential_id\":{},\"depth\":{},\"issuer\":{},{bounds}\"parent_id\":{},\"scope\":{},\"subject\":{}}}",
            json!(self.id),
            self.depth,
            json!(self.issuer),
            json!(self.parent),
            json!(self.scope),
            json!(self.subject),
        )
    }

    /// The credential on the wire.
    pub(super) fn text(&self) -> String {
        let body = self.body();
        let signature = key(self.signer).sign(body.as_bytes()).to_hex();
        with(&body, "signature", &signature)
    }

    /// SHA-256 over the body, as `sha256:` and hex (DEL-14).
    pub(super) fn digest(&self) -> String {
        format!("sha256:{}", hex(&Sha256::of(self.body().as_bytes()).0))
    }
}

/// The text of an object with one more member, a text.
pub(super) fn with(object: &str, name: &str, text: &str) -> String {
    let open = object.strip_suffix('}').unwrap_or(object);
    format!("{open},{}:{}}}", json!(name), json!(text))
}

/// The chain document of these credentials.
pub(super) fn document(chain: &[Draft]) -> String {
    let texts: Vec<String> = chain.iter().map(Draft::text).collect();
    format!("[{}]", texts.join(","))
}
