//! Hardware on the live path: nodes and clients over HTTP that attest to one another, by SEV-SNP machines whose authorities
//! and configfs are made here, and by a software TPM. Covers ATT-501 to ATT-530.
#![cfg(all(
    unix,
    feature = "hardware",
    feature = "config",
    feature = "store-redb",
    feature = "cedar",
    feature = "http"
))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    dead_code,
    unreachable_pub,
    missing_docs,
    reason = "tests"
)]

mod live;
mod machine;
mod quotas;
#[path = "../support/scene.rs"]
mod scene;
mod snp;
mod tpm;

// What AMD makes, and the kernel's side of configfs, as the tests of `ca2a-attest` have them.
#[path = "../../../ca2a-attest/tests/tsm/kernel.rs"]
mod kernel;
#[path = "../../../ca2a-attest/tests/snp/maker.rs"]
mod maker;

/// What the maker makes.
mod evidence {
    /// A report with its certificates, leaf first.
    #[derive(Clone)]
    pub struct Evidence {
        pub report: Vec<u8>,
        pub path: Vec<Vec<u8>>,
    }
}
