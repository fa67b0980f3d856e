//! Policies as they are shipped: one text, or a directory that somebody signed.
//!
//! A bundle of `cmcp` is a directory: `manifest.json` says who wrote it and in which version, the `.cedar` files are the
//! policy, `schema.cedarschema` describes it. One digest names all of it, a signature covers the digest, and a key that
//! signs can be taken back. What is read is not what is verified:
//!
//! ```text
//! files ──Bundle::read──▶ Bundle ──BundleTrust::verify──▶ VerifiedBundle ──policy()──▶ PolicyBundle
//!                                 └─BundleTrust::reload──▶ VerifiedBundle, of a greater version
//! ```
//!
//! ```
//! use ca2a_core::SigningKey;
//! use ca2a_policy::bundle::{Bundle, BundleTrust, PolicyKeys, sign};
//!
//! let key = SigningKey::from_seed(&[7; 32]);
//! let manifest = br#"{"version": "1.0", "authored_at": "2026-05-01T00:00:00Z",
//!                     "author_identity": "Ann", "commit_sha": "0000000"}"#;
//! let files = [("10-read.cedar", &b"permit(principal, action == Action::\"read\", resource);"[..])];
//!
//! let unsigned = Bundle::read(manifest, files, b"{}")?;
//! let signed = sign(manifest, &unsigned, &key)?;
//!
//! let trust = BundleTrust::new().keys(PolicyKeys::new(key.verifying_key(), None)?);
//! assert!(trust.verify(unsigned).is_err());
//! let verified = trust.verify(Bundle::read(&signed, files, b"{}")?)?;
//! assert!(verified.policy()?.text().contains("permit"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod keys;
mod read;
mod text;
mod trust;

pub use error::BundleError;
pub use keys::{KeyId, KeyRevocation, PolicyKeys};
pub use read::{Bundle, sign};
pub use text::PolicyBundle;
pub use trust::{BundleTrust, VerifiedBundle};
