//! Labels of header parameters and names of claims, as the IANA registries number them.

/// `alg` (RFC 9052).
pub const ALGORITHM: i64 = 1;
/// `crit`: the labels that a reader must understand (RFC 9052).
pub const CRITICAL: i64 = 2;
/// `content type` of the payload (RFC 9052).
pub const CONTENT_TYPE: i64 = 3;
/// `kid`: which key signed (RFC 9052).
pub const KEY_ID: i64 = 4;
/// `CWT Claims` about the payload (RFC 9597).
pub const CLAIMS: i64 = 15;
/// `typ` of the whole message (RFC 9596).
pub const TYPE: i64 = 16;
/// `x5chain` (RFC 9360).
pub const X5CHAIN: i64 = 33;
/// `x5t` (RFC 9360).
pub const X5T: i64 = 34;
/// The hash algorithm under which the payload stands for something else (RFC 9995).
pub const PAYLOAD_HASH: i64 = 258;
/// The content type of what was hashed (RFC 9995).
pub const PREIMAGE_TYPE: i64 = 259;
/// Where what was hashed can be had (RFC 9995).
pub const PAYLOAD_LOCATION: i64 = 260;
/// Receipts about this message (RFC 9942).
pub const RECEIPTS: i64 = 394;
/// The verifiable data structure of a receipt (RFC 9942).
pub const DATA_STRUCTURE: i64 = 395;
/// The proofs of a receipt (RFC 9942).
pub const PROOFS: i64 = 396;

/// Tag of a COSE_Sign1 message (RFC 9052).
pub const TAG_SIGN1: u64 = 18;
/// Tag of a COSE_Sign message (RFC 9052).
pub const TAG_SIGN: u64 = 98;
/// Tag of a CBOR Web Token (RFC 8392).
pub const TAG_CWT: u64 = 61;

/// Names of claims in a CBOR Web Token.
pub mod claim {
    /// `iss` (RFC 8392).
    pub const ISSUER: i64 = 1;
    /// `sub` (RFC 8392).
    pub const SUBJECT: i64 = 2;
    /// `exp` (RFC 8392).
    pub const EXPIRATION: i64 = 4;
    /// `nbf` (RFC 8392).
    pub const NOT_BEFORE: i64 = 5;
    /// `iat` (RFC 8392).
    pub const ISSUED_AT: i64 = 6;
    /// `cnf`: the key that the subject holds (RFC 8747).
    pub const CONFIRMATION: i64 = 8;
    /// `eat_nonce` (RFC 9711).
    pub const NONCE: i64 = 10;
    /// `eat_profile` (RFC 9711).
    pub const PROFILE: i64 = 265;
}
