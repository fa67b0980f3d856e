//! Statements, keys, and a folder that goes away again.

use std::path::PathBuf;

use ca2a_core::{
    EvaluationTime, SigningKey,
    cose::{Claims, Signer},
};
use ca2a_runtime::log::StatementLog;
use ca2a_trace::scitt::{SignedStatement, TrustedSigners};

pub const NOW: u64 = 1_790_000_000;
pub const AT: EvaluationTime = EvaluationTime::At(NOW);
pub const NAME: &str = "https://log.example";
pub const ISSUER: &str = "https://acme.example";

pub fn log_key() -> SigningKey {
    SigningKey::from_seed(&[1; 32])
}

pub fn issuer_key() -> SigningKey {
    SigningKey::from_seed(&[2; 32])
}

/// The log's key, pinned.
pub fn logs() -> TrustedSigners {
    TrustedSigners::from_iter([(NAME, log_key().verifying_key().into())])
}

pub fn issuers() -> TrustedSigners {
    TrustedSigners::from_iter([(ISSUER, issuer_key().verifying_key().into())])
}

/// A statement that says `what`.
pub fn statement(what: &str) -> SignedStatement {
    dated(what, Some(NOW))
}

pub fn dated(what: &str, issued_at: Option<u64>) -> SignedStatement {
    let claims = Claims { issuer: ISSUER.to_owned(), subject: format!("about {what}"), issued_at };
    SignedStatement::of_payload(&claims, "text/plain", what.as_bytes(), &Signer::eddsa(&issuer_key()))
        .unwrap()
}

pub fn bytes(what: &str) -> Vec<u8> {
    statement(what).to_vec().unwrap()
}

/// A folder below the target folder, removed when dropped.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let path =
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("log-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// A log without an entry.
    pub fn log(&self, name: &str) -> StatementLog {
        let path = self.file(name);
        StatementLog::create(&path, NAME, &log_key()).unwrap();
        StatementLog::open(&path, log_key()).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
