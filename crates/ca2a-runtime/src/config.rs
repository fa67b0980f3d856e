//! The configuration file: YAML 1.2 with the keys of the Python peer, ours under `ca2a:` (`specs/config.md`).
//!
//! Reading is strict and total: whatever is wrong is one [`ConfigError`] with its line and column. A scalar that
//! YAML 1.1 and YAML 1.2 read differently, or that is no string although a string is wanted, must be quoted, so that
//! the two peers never read one file in two ways.
//!
//! ```
//! use ca2a_runtime::config::{Config, Provider};
//!
//! let config = Config::from_yaml(b"attestation: {provider: software-only}\nlocal_policy: [read, write]\n")?;
//! assert_eq!(config.provider, Provider::SoftwareOnly);
//! assert_eq!(config.listen_addr.to_string(), "127.0.0.1:8443");
//!
//! let error = Config::from_yaml(b"max_delegation_dept: 4\n").unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "line 1, column 1: unknown key `max_delegation_dept`; did you mean `max_delegation_depth`?"
//! );
//! # Ok::<(), ca2a_runtime::config::ConfigError>(())
//! ```

mod a2a;
mod address;
mod bundle;
mod calls;
mod choice;
mod document;
mod error;
mod gateway;
mod model;
mod operations;
mod revocation;
mod scalar;
mod schema;
mod section;
mod start;
mod tls;
mod tpm;
mod yaml;

pub use a2a::{A2aSettings, A2aSkill};
pub use address::ListenAddr;
pub use bundle::PolicyBundleSettings;
pub use calls::{CallsSettings, ForwardSettings};
pub use choice::{A2aBinding, A2aDemand, Choice, EnforcementMode, Provider, VerifierPlatform};
pub use document::{document, line_and_column};
pub use error::{ConfigError, ConfigProblem};
#[cfg(feature = "gateway")]
pub(crate) use gateway::is_peer_name;
pub use gateway::{GatewaySettings, GrantSettings, OutboundSettings, PeerSettings, StandingSettings};
pub use model::{AgentManifest, Config, HttpSettings, PeerVerifier};
pub use operations::{OperationsSettings, TrafficSettings};
pub use revocation::{PulledSettings, RevocationSettings, SnapshotSource};
pub use schema::json_schema;
pub use start::{StartError, beside};
pub use tls::TlsSettings;
pub use tpm::TpmSettings;
