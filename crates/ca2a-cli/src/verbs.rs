//! The verbs, one file each. A verb reads its files, calls the library that answers its question, and says what
//! came out; it decides nothing itself.

pub(crate) mod attest;
pub(crate) mod config_schema;
pub(crate) mod delegate;
pub(crate) mod demo;
mod door;
pub(crate) mod gateway;
mod grant;
mod granted;
pub(crate) mod handoff;
pub(crate) mod inspect;
pub(crate) mod issue;
pub(crate) mod keygen;
pub(crate) mod lineage;
pub(crate) mod log;
pub(crate) mod manifest;
pub(crate) mod records;
pub(crate) mod revoke;
pub(crate) mod send;
pub(crate) mod start;
pub(crate) mod switch;
pub(crate) mod trace;
pub(crate) mod validate_config;
pub(crate) mod verify;
pub(crate) mod verify_chain;
pub(crate) mod verify_dag;
pub(crate) mod verify_lineage;
