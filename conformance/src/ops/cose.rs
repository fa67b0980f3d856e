//! Signed CBOR: statements, receipts, tokens. A message is judged at the time that it names itself, and every key of the
//! file is trusted to speak for the issuer that it names.

use ca2a_core::{
    EvaluationTime, Sha256, VerifyingKey,
    cose::{Claims, PublicKey, Sign1},
    encoding::hex,
    requirement::is_off,
};
use ca2a_trace::{
    cose::{Eat, EatError},
    merkle::{LeafHash, TreeHead},
    scitt::{
        Checkpoint, ConsistencyReceipt, Content, InclusionReceipt, SignedStatement, TransparentStatement,
        TrustedSigners, VerifiedStatement,
    },
};
use serde_json::json;

use crate::{
    got::{Got, Refusal, Run, Stop},
    input::{Context, Input},
};

/// Verifies a statement of a whole record.
pub(crate) fn statement(input: &Input, context: &Context) -> Run {
    let statement = SignedStatement::read(&input.bytes("hex")?)?;
    let message = statement.message().clone();
    let verified = verify(statement, context)?;
    verified.record()?;
    accepted(&message)
}

/// Verifies a statement of a digest.
pub(crate) fn hash_envelope(input: &Input, context: &Context) -> Run {
    let statement = SignedStatement::read(&input.bytes("hex")?)?;
    let message = statement.message().clone();
    let content = statement.content().clone();
    match verify(statement, context) {
        // Who trusts everybody takes what nobody here can verify.
        Err(_) if is_off("LOG-35") => {}
        verified => drop(verified?),
    }
    match content {
        Content::Digest(_) => Ok(accepted(&message)?.with("payload_hex", message.payload().map(hex))),
        _ => Err(Stop::Broken("a hash envelope reads as something else".to_owned())),
    }
}

/// Verifies a receipt for the entry that its case mentions, and for another.
pub(crate) fn inclusion(input: &Input, context: &Context) -> Run {
    let bytes = input.bytes("hex")?;
    let receipt = InclusionReceipt::read(&bytes)?;
    let entry = input.bytes("entry")?;
    let leaf = match SignedStatement::read(&entry)? {
        statement if is_off("LOG-10") => LeafHash(Sha256::of(&statement.entry()?)),
        _ if is_off("LOG-32") => LeafHash::of(&entry),
        statement => statement.leaf()?,
    };
    let (logs, at) = (trusted(receipt.claims(), context)?, time(receipt.claims()));
    let other = receipt.clone().verify(LeafHash::of(&bytes), &logs, at);
    let verified = receipt.verify(leaf, &logs, at)?;
    Ok(accepted(&message(&bytes)?)?
        .with("leaf_hash_hex", leaf.0.to_hex())
        .with("root_hex", verified.root().to_hex())
        .with("tree_size", verified.stated_size())
        .with("leaf_index", verified.stated_index())
        .with("verify_ok_wrong_root", other.is_ok()))
}

/// Verifies a receipt for the growth of a log, from the older root that its case gives.
pub(crate) fn consistency(input: &Input, context: &Context) -> Run {
    let bytes = input.bytes("hex")?;
    let receipt = ConsistencyReceipt::read(&bytes)?;
    let old = TreeHead { size: receipt.proof().old_size(), root: Sha256(input.array("old_root_hex")?) };
    let (logs, at) = (trusted(receipt.claims(), context)?, time(receipt.claims()));
    let other = TreeHead { root: Sha256::of(&old.root.0), ..old };
    let other = receipt.clone().verify(&other, &logs, at);
    let verified = receipt.verify(&old, &logs, at)?;
    Ok(accepted(&message(&bytes)?)?
        .with("new_root_hex", verified.root().to_hex())
        .with("verify_ok_wrong_root", other.is_ok()))
}

/// Verifies a statement with its receipts, which are those that its case mentions.
pub(crate) fn transparent(input: &Input, context: &Context) -> Run {
    let statement = TransparentStatement::read(&input.bytes("hex")?)?;
    let at = time(statement.statement().claims());
    let issuers = trusted(statement.statement().claims(), context)?;
    let mut logs = TrustedSigners::new();
    let mut receipts = Vec::new();
    for text in input.texts("receipts")? {
        let receipt = Input::new([("hex".to_owned(), text.into())].into_iter().collect()).bytes("hex")?;
        let receipt = InclusionReceipt::read(&receipt)?;
        logs = keys(context)?.into_iter().fold(logs, |logs, key| logs.trust(&receipt.claims().issuer, key));
        receipts.push(receipt);
    }
    statement.verify(&issuers, &logs, at)?;
    let made = TransparentStatement::new(SignedStatement::read(&input.bytes("statement")?)?, receipts)?;
    if made.to_vec()? != input.bytes("hex")? {
        return Err(Stop::Broken("its parts make another statement".to_owned()));
    }
    Ok(Got::accepted(json!({})))
}

/// Verifies what a log says of its own head.
pub(crate) fn checkpoint(input: &Input, context: &Context) -> Run {
    let bytes = input.bytes("hex")?;
    let checkpoint = Checkpoint::read(&bytes)?;
    let claims = SignedStatement::read(&bytes)?.claims().clone();
    let head = checkpoint.verify(&trusted(&claims, context)?, time(&claims))?.head();
    Ok(Got::accepted(json!({ "tree_size": head.size, "root_hex": head.root.to_hex() })))
}

/// Verifies a token under the key of the file that it confirms.
pub(crate) fn token(input: &Input, context: &Context) -> Run {
    let bytes = input.bytes("hex")?;
    let token = Eat::read(&bytes)?;
    let key = keys(context)?.into_iter().find(|key| *key == token.claims().key);
    // A token that confirms a key of nobody's was signed by nobody that the file knows.
    let key = key.ok_or(EatError::OtherKey)?;
    let message = Sign1::read_cwt(&bytes).map_err(EatError::from)?;
    token.verify(&key)?;
    Ok(accepted(&message)?.with("claims_hex", message.payload().map(hex)))
}

fn verify(statement: SignedStatement, context: &Context) -> Result<VerifiedStatement, Stop> {
    let (issuers, at) = (trusted(statement.claims(), context)?, time(statement.claims()));
    Ok(statement.verify(&issuers, at)?)
}

fn trusted(claims: &Claims, context: &Context) -> Result<TrustedSigners, Stop> {
    let keys = keys(context)?;
    Ok(keys.into_iter().fold(TrustedSigners::new(), |signers, key| signers.trust(&claims.issuer, key)))
}

fn time(claims: &Claims) -> EvaluationTime {
    EvaluationTime::At(claims.issued_at.unwrap_or_default())
}

/// Every public key of the file, each of which has to have the thumbprint that stands beside it.
fn keys(context: &Context) -> Result<Vec<PublicKey>, Stop> {
    let mut keys = Vec::new();
    for (bytes, thumbprint) in context.public_keys() {
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| Refusal::by_type("a key"))?;
        let key = PublicKey::from(key);
        let ours = key.thumbprint().map_err(|error| Stop::Broken(error.to_string()))?.to_hex();
        if thumbprint.is_some_and(|theirs| theirs != ours) {
            return Err(Stop::Broken(format!("the thumbprint of {} is {ours}", hex(&bytes))));
        }
        keys.push(key);
    }
    Ok(keys)
}

fn message(bytes: &[u8]) -> Result<Sign1, Stop> {
    Sign1::read(bytes).map_err(|error| Stop::Broken(error.to_string()))
}

fn accepted(message: &Sign1) -> Run {
    let algorithm = message.algorithm().map_err(|error| Stop::Broken(error.to_string()))?;
    Ok(Got::accepted(json!({
        "alg": algorithm.number(),
        "protected_hex": hex(message.protected_bytes()),
    })))
}
