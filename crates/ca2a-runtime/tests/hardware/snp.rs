//! SEV-SNP machines that call one another.

use std::{fs, net::SocketAddr, path::Path, sync::Arc};

use ca2a_attest::verify::snp::{CertificateTable, TableEntry};
use ca2a_core::{CallerAssurance, SigningKey};
use ca2a_covers::covers;
use ca2a_runtime::{
    attestation::{Attester, HardwareJudge, OperatorFiles, QuotaLimits, SoftwareAttester},
    peer::CallerRequirement,
};
use ca2a_seal::SealVersion;

use crate::{
    live::{ANSWER, call, client, demanding, denied, served, unsent},
    machine::{KNOWN, Lie, Lying, OTHER, World},
    maker::{ASK, Crl},
    scene::scene,
};

/// A node that attests by `machine` and serves nobody whose hardware `judge` does not affirm.
async fn node(machine: Arc<dyn Attester>, judge: HardwareJudge) -> SocketAddr {
    let node = scene().node.with_identity(SigningKey::from_seed(&[5; 32]));
    let node = node.with_attester(machine, QuotaLimits::default());
    served(node.with_caller_requirement(CallerRequirement::Hardware, Some(Arc::new(judge)))).await
}

/// ATT-504, ATT-506, ATT-530: both sides are judged, and what is sealed is sealed to the measurement.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_machines_believe_one_another() {
    covers!(accept, "ATT-504", "ATT-506", "ATT-530");
    let world = World::new();
    let address = node(world.machine(KNOWN), world.judge()).await;
    let client = demanding(address, Arc::new(world.judge())).with_attester(world.machine(KNOWN));
    let client = client.with_seal_minimum(SealVersion::V2);
    for _ in 0..2 {
        let accepted = call(&client).await.unwrap();
        assert_eq!(accepted.caller_attestation, CallerAssurance::Hardware);
        assert_eq!(accepted.result.as_deref(), Some(ANSWER));
        let statement = accepted.statement.unwrap();
        let measured = format!("sha384:{}", "11".repeat(48));
        assert_eq!(statement.facts().caller.measurement.as_deref(), Some(&*measured));
        assert!(statement.facts().caller.appraisal.is_some());
    }
}

/// ATT-504: what a callee shows that is not known, not bound or not there, nothing is sealed for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_callee_that_is_not_affirmed_is_sent_nothing() {
    covers!(refuse, "ATT-504");
    let world = World::new();
    let lying = |lie| Arc::new(Lying(world.machine(KNOWN), lie)) as Arc<dyn Attester>;
    let cases: [(Arc<dyn Attester>, &str); 6] = [
        (world.machine(OTHER), "snp.measurement"),
        (lying(Lie::Nonce), "snp.report-data"),
        (lying(Lie::Role), "snp.report-data"),
        (lying(Lie::Key), "snp.report-data"),
        (world.machine_with(KNOWN, Vec::new()), "snp.endorsement-missing"),
        (Arc::new(SoftwareAttester), "hardware"),
    ];
    for (machine, says) in cases {
        let address = node(machine, world.judge()).await;
        let client = demanding(address, Arc::new(world.judge())).with_attester(world.machine(KNOWN));
        let (code, why) = unsent(&client).await;
        assert_eq!(code, "ATTESTATION_FAILED");
        assert!(why.contains(says), "{says}: {why}");
    }
    // Nobody to judge it, and a judge that knows no such machine: no better than evidence that fails.
    let address = node(world.machine(KNOWN), world.judge()).await;
    assert_eq!(unsent(&client(address)).await.0, "ATTESTATION_FAILED");
    let nothing = Arc::new(world.judge_under(r#"{"version": 1}"#));
    assert_eq!(unsent(&demanding(address, nothing)).await.0, "ATTESTATION_FAILED");
}

/// ATT-504: the same in the other direction, and the refusal is on the record.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_that_is_not_affirmed_is_not_served() {
    covers!(refuse, "ATT-504");
    let world = World::new();
    let address = node(world.machine(KNOWN), world.judge()).await;
    let lying = |lie| Arc::new(Lying(world.machine(KNOWN), lie)) as Arc<dyn Attester>;
    let cases: [(Arc<dyn Attester>, &str); 6] = [
        (world.machine(OTHER), "snp.measurement"),
        (lying(Lie::Nonce), "snp.report-data"),
        (lying(Lie::Role), "snp.report-data"),
        (lying(Lie::Key), "snp.report-data"),
        (world.machine_with(KNOWN, Vec::new()), "snp.endorsement-missing"),
        (Arc::new(SoftwareAttester), "hardware"),
    ];
    for (machine, says) in cases {
        let client = demanding(address, Arc::new(world.judge())).with_attester(machine);
        let (status, code, why) = denied(&client).await;
        assert_eq!((status, &*code), (412, "ATTESTATION_FAILED"), "{why}");
        assert!(why.contains(says), "{says}: {why}");
    }
}

/// ATT-501, ATT-502, ATT-507: what an operator puts into the folder of endorsements counts from the next report on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_believed_until_a_list_revokes_it() {
    covers!(accept, "ATT-501", "ATT-502", "ATT-507");
    covers!(refuse, "ATT-502", "ATT-507");
    let world = World::new();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("revoked");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let judge = world.judge().with_files(OperatorFiles::new(Some(folder.clone()), None));
    let address = node(world.machine(KNOWN), judge).await;
    let client = demanding(address, Arc::new(world.judge())).with_attester(world.machine(KNOWN));
    assert!(call(&client).await.is_ok());

    let list = folder.join("milan.crl");
    fs::write(&list, Crl::new("SEV-Milan", &[]).sign(&ASK)).unwrap();
    assert!(call(&client).await.is_ok());
    fs::write(&list, Crl::new("SEV-Milan", &[9, 3]).sign(&ASK)).unwrap();
    let (_, code, why) = denied(&client).await;
    assert!(code == "ATTESTATION_FAILED" && why.contains("snp.vek-revoked"), "{why}");
    // A list that cannot be read hides whom it revokes.
    fs::write(&list, b"no list").unwrap();
    assert!(denied(&client).await.2.contains("milan.crl"));
    fs::remove_file(&list).unwrap();
    assert!(call(&client).await.is_ok());
}

/// A table without the authority is completed by nobody: what a host leaves out is not guessed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chain_that_does_not_reach_a_root_is_refused() {
    let world = World::new();
    let table = CertificateTable::to_bytes(&[(TableEntry::Vcek, &world.made.vcek.der)]);
    let address = node(world.machine_with(KNOWN, table), world.judge()).await;
    let (code, why) = unsent(&demanding(address, Arc::new(world.judge()))).await;
    assert_eq!(code, "ATTESTATION_FAILED", "{why}");
}
