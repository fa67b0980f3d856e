//! Statements on the record of a transparency service (SCITT: RFC 9943), and the receipts that prove it (RFC 9942).
//!
//! ```text
//! TrustRecord ──of_record──▶ SignedStatement ──verify──▶ VerifiedStatement
//!                                  │ leaf                      │
//!                    LogSigner::include ──▶ InclusionReceipt ──┤
//!                                                              ▼
//!                            TransparentStatement ──verify──▶ VerifiedTransparentStatement
//!
//! bytes ─Checkpoint::verify─▶ VerifiedCheckpoint ─extends(kept)─▶ TreeHead to keep
//! ```
//!
//! An issuer says something about a subject in a [`SignedStatement`]; a log shows it to everybody and answers with a receipt
//! that its key signed. Neither a URI nor a root in an unsigned file does that: only a receipt under a key of
//! [`TrustedSigners`] counts. What it proves is the root; a size comes from a [`Checkpoint`].
//!
//! ```
//! use ca2a_core::{EvaluationTime, SigningKey, TraceLink, cose::Signer};
//! use ca2a_trace::{HopContext, merkle::{Frontier, LeafHash, MemoryNodes, prove_inclusion}};
//! use ca2a_trace::scitt::{LogSigner, SignedStatement, TransparentStatement, TrustedSigners};
//!
//! let [agent, operator, log] = [1, 2, 3].map(|seed| SigningKey::from_seed(&[seed; 32]));
//! let context = HopContext::software("acme", "large-2", "planner:1.4", TraceLink::sha256_of(b"policy"));
//! let record = context.sign("spiffe://acme.example/planner", 1_790_000_000, None, &agent)?;
//! let statement =
//!     SignedStatement::of(&record, "https://acme.example", 1_790_000_001, &Signer::eddsa(&operator))?;
//!
//! // A log that somebody else has used before.
//! let (mut tree, mut nodes) = (Frontier::default(), MemoryNodes::default());
//! for leaf in [LeafHash::of(b"somebody else's entry"), statement.leaf()?] {
//!     tree.append(leaf)?.into_iter().for_each(|node| nodes.store(node));
//! }
//! let proof = prove_inclusion(&nodes, 1, tree.size())?;
//! let receipt = LogSigner::new("https://log.example", Signer::eddsa(&log))
//!     .include(statement.claims().subject.as_str(), 1_790_000_002, statement.leaf()?, &proof)?;
//! let transparent = TransparentStatement::new(statement, vec![receipt])?.to_vec()?;
//!
//! // An auditor, with two pinned keys.
//! let issuers = TrustedSigners::from_iter([("https://acme.example", operator.verifying_key().into())]);
//! let logs = TrustedSigners::from_iter([("https://log.example", log.verifying_key().into())]);
//! let verified = TransparentStatement::read(&transparent)?.verify(&issuers, &logs, EvaluationTime::At(1_790_000_100))?;
//! assert_eq!(verified.receipts()[0].root(), tree.head().root);
//! assert_eq!(verified.statement().record()?.hash(), record.hash());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod checkpoint;
mod content;
mod error;
mod log_signer;
mod proof;
mod receipt;
mod signers;
mod stated;
mod statement;
mod transparent;

pub use checkpoint::{Checkpoint, VerifiedCheckpoint};
pub use content::{Content, HashEnvelope, MediaType};
pub use error::{ReceiptFault, ScittError, StatementFault};
pub use log_signer::LogSigner;
pub use receipt::{ConsistencyReceipt, InclusionReceipt, VerifiedConsistency, VerifiedInclusion};
pub use signers::TrustedSigners;
pub use stated::Stated;
pub use statement::{SignedStatement, VerifiedStatement};
pub use transparent::{TransparentStatement, UnverifiableReceipt, VerifiedTransparentStatement};
