//! TLS by `rustls`: a server whose certificate may be replaced while it runs, callers known by SPIFFE id, and what a client
//! trusts (RUN-60 to RUN-63).

mod caller;
mod client;
mod client_auth;
mod error;
mod pem;
mod server;
mod watched;

pub(crate) use caller::caller_id;
pub use client::ClientTls;
pub use error::TlsError;
pub use server::{Protocols, ServerTls, ServerTlsFiles};
pub use watched::{ClientTlsFiles, Trust, WatchedTls};
