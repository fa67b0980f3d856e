//! JWS over the canonical card (A2A specification 8.4; RFC 7515, RFC 8785).

use ca2a_core::{
    canonical::{self, ObjectWriter},
    encoding::{base64url, from_base64url},
    json::{self, Node, NumberPolicy, Object, Reader, Value},
};

use super::{
    CardError, CardKey, PinnedKey, VerifiedCard,
    tidy::{without_default_flags, without_empty},
};

const SIGNATURES: &str = "signatures";

/// More signatures than a rotation needs.
const MAX_SIGNATURES: usize = 8;

/// What A2A requires of a card.
const REQUIRED: [&str; 8] = [
    "name",
    "description",
    "version",
    "supportedInterfaces",
    "capabilities",
    "defaultInputModes",
    "defaultOutputModes",
    "skills",
];

/// The card in the form on which every known reader agrees, signed with each of `keys` (A2A-81, A2A-82). Signatures that
/// it had are gone.
///
/// # Errors
/// No strict JSON, a member that A2A requires and that is missing or empty, or a gRPC URL with a scheme.
pub fn sign<'k>(card: &[u8], keys: impl IntoIterator<Item = &'k CardKey>) -> Result<Vec<u8>, CardError> {
    let node = Reader::new(NumberPolicy::Ieee754).read(card)?;
    let mut card = without_empty(node.expect_object("card")?);
    card.remove(SIGNATURES);
    without_default_flags(&mut card);
    if let Some(missing) = REQUIRED.into_iter().find(|name| !card.contains(name)) {
        return Err(CardError::Lacks(missing));
    }
    for interface in card.array("supportedInterfaces")? {
        let interface = interface.expect_object("interface")?;
        if interface.text("protocolBinding")? == "GRPC" && interface.text("url")?.contains("://") {
            return Err(CardError::GrpcUrl);
        }
    }
    let payload = base64url(&canonical::object_to_vec(&card)?);
    let signature = |key: &CardKey| {
        let public = key.public();
        let header = ObjectWriter::new()
            .text("alg", public.algorithm())
            .text("kid", &public.thumbprint())
            .text("typ", "JOSE")
            .finish();
        let protected = base64url(&header);
        let signature = key.sign(format!("{protected}.{payload}").as_bytes());
        Node::from(Object::from([("protected", protected), ("signature", base64url(&signature))]))
    };
    let signatures: Node<'_> = keys.into_iter().map(signature).collect();
    card.insert(SIGNATURES, signatures);
    Ok(json::to_text(&card.into()).into_bytes())
}

/// Believes a card that one of `pinned` signed (A2A-83 to A2A-86). Verified is what came: first as it is, then without
/// what is empty, as the Python SDK signs it.
///
/// # Errors
/// No strict JSON, no signature, none that is well formed, or none by a pinned key. What a card says about where its keys are
/// (`jku`, `jwk`, `x5u`) is not followed.
pub fn verify(card: &[u8], pinned: &[PinnedKey]) -> Result<VerifiedCard, CardError> {
    let node = Reader::new(NumberPolicy::Ieee754).read(card)?;
    let object = node.expect_object("card")?;
    let signatures = object.optional(SIGNATURES).ok_or(CardError::Unsigned)?.expect_array(SIGNATURES)?;
    if signatures.is_empty() {
        return Err(CardError::Unsigned);
    }
    if signatures.len() > MAX_SIGNATURES {
        return Err(CardError::Signatures(MAX_SIGNATURES));
    }
    let mut bare = object.clone();
    bare.remove(SIGNATURES);
    let as_sent = base64url(&canonical::object_to_vec(&bare)?);
    let tidied = base64url(&canonical::object_to_vec(&without_empty(&bare))?);
    let (mut is_read, mut unread) = (false, None);
    for signature in signatures {
        // Whoever else signs does so as it likes: what makes no signature here is none, beside one that does.
        let signature = match CardSignature::read(signature) {
            Ok(signature) => signature,
            Err(error) => {
                unread.get_or_insert(error);
                continue;
            }
        };
        is_read = true;
        let by = |pin: &&PinnedKey| {
            pin.key.algorithm() == signature.algorithm
                && pin.kid.as_ref().is_none_or(|kid| *kid == signature.kid)
                && [&as_sent, &tidied].into_iter().any(|payload| {
                    let input = format!("{}.{payload}", signature.protected);
                    pin.key.verifies(input.as_bytes(), &signature.bytes)
                })
        };
        if let Some(pin) = pinned.iter().find(by) {
            return VerifiedCard::new(card, bare.into_owned(), pin.key.clone(), signature.kid);
        }
    }
    Err(unread.filter(|_| !is_read).unwrap_or(CardError::NotPinned))
}

/// One signature.
struct CardSignature {
    protected: String,
    algorithm: String,
    kid: String,
    bytes: [u8; 64],
}

impl CardSignature {
    fn read(node: &Node<'_>) -> Result<Self, CardError> {
        let broken = |why: &dyn ToString| CardError::Signature(why.to_string());
        let object = node.expect_object("signature")?;
        let protected = object.text("protected")?.to_owned();
        let header = from_base64url(&protected).map_err(|error| broken(&error))?;
        let header = Reader::new(NumberPolicy::Ieee754).read(&header).map_err(|error| broken(&error))?;
        let header = header.expect_object("protected")?;
        // RFC 7515 section 4.1.11: what is critical and not understood makes the signature none.
        if header.contains("crit") {
            return Err(broken(&"it has critical members, and this reader knows none"));
        }
        if let Some(Value::Bool(false)) = header.get("b64").map(|node| &node.value) {
            return Err(broken(&"it is over a payload that is not encoded"));
        }
        let bytes = from_base64url(object.text("signature")?).ok().and_then(|bytes| bytes.try_into().ok());
        Ok(Self {
            algorithm: header.text("alg")?.to_owned(),
            kid: header.non_empty_text("kid")?.to_owned(),
            bytes: bytes.ok_or_else(|| broken(&"it has not 64 bytes in base64url"))?,
            protected,
        })
    }
}
