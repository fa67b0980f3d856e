//! Hardware on the live path: a caller on a TPM is served by a node that knows its measurement, and by no other. The evidence
//! is that of the shared vectors, whose authorities are made up. Covers ATT-501 to ATT-505, ATT-510, ATT-520, ATT-530.

use std::{fs, net::IpAddr, path::Path, sync::Arc};

use ca2a_attest::{
    AttestError, AttestationReport, ChannelOffer, EvidenceVerifier, Platform, Role,
    appraisal::{AppraisalPolicy, Counters},
    software,
    verify::{HardwareVerifier, tpm::certificates_from_pem},
};
use ca2a_core::{ChallengeKey, ChannelKey, ErrorCode, Sha256, SigningKey, VerifyingKey};
use ca2a_covers::covers;
use ca2a_policy::AllowSet;
use ca2a_runtime::{
    answer::Answer,
    attestation::{
        Attester, AttesterError, CounterError, CounterStore, FileCounters, HardwareJudge, Machine,
        MemoryCounters, OperatorFiles, QuotaLimits, attester,
    },
    config::{Config, Provider, StartError},
    http::Endpoints as _,
    node::{PeerNode, Started},
    peer::CallerRequirement,
    store::{MemoryRecordStore, MemoryReplayStore},
    system::{FixedClock, OsRandom},
};
use ca2a_seal::ChannelSecret;
use serde_json::{Value, json};

const NOW: u64 = 1_800_000_000;
const MEASURED: &str = "3333333333333333333333333333333333333333333333333333333333333333";

/// A call by a caller on a TPM, as the peer's package made it.
fn call() -> Option<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors/ca2a-vectors.json");
    let Ok(bytes) = fs::read(&path) else {
        println!("SKIPPED: {} is not there", path.display());
        return None;
    };
    let file: Value = serde_json::from_slice(&bytes).unwrap();
    let cases = file["cases"].as_array().unwrap();
    Some(cases.iter().find(|case| case["id"] == json!("v-pipe-039")).unwrap()["input"].clone())
}

fn roots(call: &Value) -> HardwareVerifier {
    let pem = call["caller_verifier"]["trusted_roots_pem"].as_str().unwrap();
    let roots = certificates_from_pem(pem.as_bytes()).unwrap();
    roots
        .iter()
        .fold(HardwareVerifier::built_in(), |verifier, root| verifier.with_root(Platform::Tpm, root).unwrap())
}

/// A policy that knows `measured`, and that takes what the vectors' TPM lacks: a public area, a purpose, a safe clock.
fn policy(measured: &str) -> AppraisalPolicy {
    let text = json!({
        "version": 1,
        "tpm": {
            "reference_values": [{ "name": "known", "pcr-digest": measured }],
            "require_attestation_key_public": false,
            "certificate_profiles": ["unmarked"],
            "allow_unsafe_clock": true,
        },
    });
    AppraisalPolicy::from_node(&ca2a_core::json::read(text.to_string().as_bytes()).unwrap()).unwrap()
}

fn judge(call: &Value, policy: AppraisalPolicy) -> HardwareJudge {
    HardwareJudge::new(roots(call), policy).with_clock(Arc::new(FixedClock(NOW)))
}

fn report(call: &Value) -> AttestationReport {
    let message: Value = serde_json::from_str(call["message_json"].as_str().unwrap()).unwrap();
    let metadata = message["metadata"].as_object().unwrap();
    let (_, offer) = metadata.iter().find(|(name, _)| name.ends_with("/caller_offer")).unwrap();
    let node = ca2a_core::json::read(offer.to_string().as_bytes()).unwrap().into_owned();
    ChannelOffer::from_node(&node).unwrap().report
}

fn hex32(text: &Value) -> [u8; 32] {
    ca2a_core::encoding::from_hex(text.as_str().unwrap()).unwrap()
}

fn node(call: &Value, judge: HardwareJudge) -> (PeerNode, Arc<MemoryRecordStore>) {
    let records = Arc::new(MemoryRecordStore::default());
    let root = call["trusted_root_issuers"][0].as_str().unwrap();
    let node = PeerNode::new(
        [VerifyingKey::from_hex(root).unwrap()].into_iter().collect(),
        Arc::new(AllowSet::new(["read".parse().unwrap()])),
        Arc::new(MemoryReplayStore::default()),
        records.clone(),
    );
    let node = node
        .unwrap()
        .with_identity(SigningKey::from_seed(&[5; 32]))
        .with_channel_secret(ChannelSecret::from_bytes(hex32(&call["enclave_private_hex"])))
        .with_challenges(ChallengeKey::new(hex32(&call["challenge_secret_hex"])), 60)
        .with_system(Arc::new(FixedClock(NOW)), Arc::new(OsRandom))
        .with_caller_requirement(CallerRequirement::Hardware, Some(Arc::new(judge)));
    (node, records)
}

async fn ask(node: &PeerNode, call: &Value) -> (u16, Value) {
    let answer = PeerNode::task(node, call["message_json"].as_str().unwrap().as_bytes()).await;
    (answer.status, serde_json::from_slice(&answer.body).unwrap())
}

#[tokio::test]
async fn a_known_caller_is_served_and_the_statement_cites_the_appraisal() {
    let Some(call) = call() else { return };
    covers!(accept, "ATT-504", "ATT-530");
    let (node, _) = node(&call, judge(&call, policy(MEASURED)));
    let (status, body) = ask(&node, &call).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["caller_attestation"], json!("hardware"));
    let caller = &body["statement"]["caller"];
    assert_eq!(caller["measurement"], json!(format!("sha256:{MEASURED}")), "{body}");
    let cited = caller["appraisal"].as_str().unwrap().strip_prefix("sha256:").unwrap().to_owned();
    // Whoever judges the same evidence under the same policy at the same time comes to the same digest.
    let report = report(&call);
    let again = judge(&call, policy(MEASURED)).verify(Platform::Tpm, &report, &report.nonce, Role::Caller);
    assert_eq!(again.unwrap().appraisal.map(Sha256::to_hex), Some(cited.clone()));
    // Under another policy that lets it pass it is another record.
    let mut other = policy(MEASURED);
    other.tpm.policy.minimum_nonce_bytes = 20;
    let other = judge(&call, other).verify(Platform::Tpm, &report, &report.nonce, Role::Caller);
    assert_ne!(other.unwrap().appraisal.map(Sha256::to_hex), Some(cited));
}

#[tokio::test]
async fn an_unknown_caller_is_refused_with_the_check_that_it_failed() {
    let Some(call) = call() else { return };
    covers!(refuse, "ATT-504", "ATT-530");
    let (node, _) = node(&call, judge(&call, policy(&"4".repeat(64))));
    let (status, body) = ask(&node, &call).await;
    assert_eq!((status, &body["error"]["code"]), (412, &json!("ATTESTATION_FAILED")));
    let message = body["error"]["message"].as_str().unwrap();
    assert!(message.contains("tpm.measurement") && message.contains(MEASURED), "{message}");
    let caller = &body["statement"]["caller"];
    assert_eq!((&caller["assurance"], caller.get("appraisal")), (&json!("failed"), None), "{body}");
}

/// Nothing is known of any TPM, so nobody judges one: `hardware` is out of reach.
#[tokio::test]
async fn without_reference_values_nobody_is_believed() {
    let Some(call) = call() else { return };
    covers!(refuse, "ATT-504");
    let judge = judge(&call, AppraisalPolicy::default());
    assert!(!judge.covers(Platform::Tpm) && !judge.covers(Platform::SevSnp));
    let (node, _) = node(&call, judge);
    assert_eq!(ask(&node, &call).await.0, 412);
}

#[test]
fn evidence_is_for_one_key_one_nonce_and_one_role() {
    let Some(call) = call() else { return };
    covers!(accept, "ATT-504");
    covers!(refuse, "ATT-504");
    let (judge, report) = (judge(&call, policy(MEASURED)), report(&call));
    let verify = |report: &AttestationReport, nonce: &str, role| {
        judge.verify(Platform::Tpm, report, nonce, role).map_err(|error| match error {
            AttestError::Evidence { reason, .. } => reason.into_string(),
            other => panic!("{other}"),
        })
    };
    assert!(verify(&report, &report.nonce, Role::Caller).is_ok());
    let fresh = |refused: Result<_, String>| assert!(refused.unwrap_err().contains("tpm.nonce"));
    fresh(verify(&report, &report.nonce, Role::Callee).map(|_| ()));
    fresh(verify(&report, "another", Role::Caller).map(|_| ()));
    let mut other = report.clone();
    other.public_key = ChannelKey([1; 32]).to_string().into();
    fresh(verify(&other, &report.nonce, Role::Caller).map(|_| ()));
    let mut lie = report.clone();
    lie.measurement = format!("sha256:{}", "4".repeat(64)).into();
    assert!(verify(&lie, &report.nonce, Role::Caller).unwrap_err().contains("another measurement"));
}

#[test]
fn a_tpm_that_was_reset_or_set_back_is_noticed() {
    let Some(call) = call() else { return };
    covers!(accept, "ATT-503");
    covers!(refuse, "ATT-503");
    let report = report(&call);
    let key = Arc::new(MemoryCounters::default());
    let judge = |counters: Arc<dyn CounterStore>| judge(&call, policy(MEASURED)).with_counters(counters);
    let verify = |judge: &HardwareJudge| judge.verify(Platform::Tpm, &report, &report.nonce, Role::Caller);
    let first = judge(key);
    assert!(verify(&first).is_ok());
    assert!(verify(&first).is_ok(), "the same counters are no reset");
    // A report that was overtaken by a later one is no set-back, up to the life of a challenge.
    let overtaking = Arc::new(MemoryCounters::default());
    let minute_later = Counters { clock: 60_000, reset_count: 0, restart_count: 0 };
    overtaking.remember(&report_key(&call), minute_later).unwrap();
    assert!(verify(&judge(overtaking.clone())).is_ok());
    assert_eq!(overtaking.last(&report_key(&call)), Ok(Some(minute_later)));

    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("counters.redb");
    let _ = fs::remove_file(&folder);
    let zero = Counters { clock: 0, reset_count: 0, restart_count: 0 };
    let later = Counters { clock: 60_001, reset_count: 2, restart_count: 0 };
    let id = {
        let file = Arc::new(FileCounters::open(&folder).unwrap());
        assert!(verify(&judge(file.clone())).is_ok());
        // The store names the key by its own digest; this is the only one in it.
        let id = report_key(&call);
        assert_eq!(file.last(&id), Ok(Some(zero)));
        file.remember(&id, later).unwrap();
        // A report that was overtaken on its way changes nothing.
        file.remember(&id, zero).unwrap();
        id
    };
    let file = Arc::new(FileCounters::open(&folder).unwrap());
    assert_eq!(file.last(&id), Ok(Some(later)));
    let refused = verify(&judge(file)).unwrap_err().to_string();
    assert!(refused.contains("tpm.clock ") && refused.contains("tpm.reset-count"), "{refused}");
}

/// A memory that can be read or not, and written or not.
#[derive(Debug)]
struct Forgetful {
    reads: bool,
}

impl CounterStore for Forgetful {
    fn last(&self, _: &[u8; 32]) -> Result<Option<Counters>, CounterError> {
        if self.reads { Ok(None) } else { Err(CounterError("the disk is gone".into())) }
    }

    fn remember(&self, _: &[u8; 32], _: Counters) -> Result<(), CounterError> {
        Err(CounterError("the disk is full".into()))
    }
}

/// ATT-503: who cannot look up what a TPM was takes its report for no first encounter.
#[tokio::test]
async fn counters_that_are_out_of_reach_are_no_first_encounter() {
    let Some(call) = call() else { return };
    covers!(refuse, "ATT-503");
    let report = report(&call);
    for (reads, says) in [(false, "the disk is gone"), (true, "the disk is full")] {
        let judge = judge(&call, policy(MEASURED)).with_counters(Arc::new(Forgetful { reads }));
        let refused = judge.verify(Platform::Tpm, &report, &report.nonce, Role::Caller).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::StoreUnavailable, "{refused}");
        assert!(refused.to_string().contains(says), "{refused}");
        // Nor is a call served, and the caller is told that it may come again.
        let (status, body) = ask(&node(&call, judge).0, &call).await;
        assert_eq!((status, &body["error"]["code"]), (503, &json!("STORE_UNAVAILABLE")), "{body}");
    }
}

/// The attestation key of the call, as counters are kept under it.
fn report_key(call: &Value) -> [u8; 32] {
    let report = report(call);
    let verified =
        roots(call).verify(Platform::Tpm, &report.evidence, Default::default(), NOW, &Default::default());
    match verified.unwrap() {
        ca2a_attest::VerifiedEvidence::Tpm(verified) => verified.claims().key.material.id(),
        other => panic!("{other:?}"),
    }
}

/// The operator's files are looked up by the report's own names, and again when they change.
#[test]
fn a_certificate_that_is_put_beside_a_node_counts_at_once() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/evidence/snp/genoa-v3-aci");
    let Ok(evidence) = fs::read(shared.join("report.bin")) else {
        println!("SKIPPED: {} is not there", shared.display());
        return;
    };
    covers!(accept, "ATT-501", "ATT-502");
    covers!(refuse, "ATT-501", "ATT-502");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("endorsements");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let known = json!({ "version": 1, "snp": { "reference_values": [{ "name": "a", "measurement": "0".repeat(96) }] } });
    let known = ca2a_core::json::read(known.to_string().as_bytes()).unwrap().into_owned();
    let judge = HardwareJudge::new(HardwareVerifier::built_in(), AppraisalPolicy::from_node(&known).unwrap())
        .with_clock(Arc::new(FixedClock(1_795_219_200)))
        .with_files(OperatorFiles::new(Some(folder.clone()), None));
    let mut report = software::report(Role::Callee, &ChannelKey([1; 32]), "nonce");
    report.platform = "sev-snp".into();
    report.evidence.raw_evidence = Some(evidence.clone());
    let refusal = || judge.verify(Platform::SevSnp, &report, "nonce", Role::Callee).unwrap_err().to_string();
    assert!(refusal().contains("snp.endorsement-missing"), "{}", refusal());
    let name = ca2a_attest::verify::snp::endorsement_file_name(&evidence).unwrap();
    fs::write(folder.join(&name), b"no certificate").unwrap();
    assert!(refusal().contains("snp.endorsement:"), "{}", refusal());
    fs::copy(shared.join("vcek.der"), folder.join(&name)).unwrap();
    // Genuine now, and neither bound to this key nor known.
    assert!(refusal().contains("snp.report-data") && refusal().contains("snp.measurement"), "{}", refusal());
}

#[test]
fn auto_is_never_software() {
    covers!(accept, "ATT-510");
    covers!(refuse, "ATT-510");
    let nothing = Machine::default();
    let attester = |provider, machine: &Machine| {
        attester(&Config { provider, ..Config::default() }, Path::new("node.yaml"), machine)
    };
    assert_eq!(attester(Provider::Auto, &nothing).unwrap_err(), AttesterError::NoHardware);
    for provider in [Provider::SevSnp, Provider::Tdx, Provider::Tpm, Provider::Opaque] {
        let error = attester(provider, &nothing).unwrap_err();
        assert_eq!(error.code().as_str(), "ATTESTATION_UNSUPPORTED", "{error}");
    }
    assert_eq!(attester(Provider::SoftwareOnly, &nothing).unwrap().platform(), Platform::SoftwareOnly);
    let all = Machine { sev_snp: true, tdx: true, tpm: true };
    assert_eq!(all.best(), Some(Platform::SevSnp));
    assert_eq!(Machine { sev_snp: false, ..all }.best(), Some(Platform::Tdx));
    assert_eq!(Machine { tpm: true, ..nothing }.best(), Some(Platform::Tpm));
    assert_eq!(nothing.best(), None);
}

#[test]
fn a_node_that_judges_hardware_and_knows_none_does_not_start() {
    covers!(accept, "ATT-505");
    covers!(refuse, "ATT-411", "ATT-505");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("judging");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("config.yaml");
    let start = |attestation: &str| {
        let text = format!(
            "local_policy: [read]\ntrusted_root_issuers: [{}]\nattestation: {{provider: software-only, {attestation}}}\n",
            SigningKey::from_seed(&[1; 32]).verifying_key().to_hex()
        );
        let config = Config::from_yaml(text.as_bytes()).map_err(|error| error.to_string())?;
        Started::from_config(&config, &file).map(|_| ()).map_err(|error| error.to_string())
    };
    fs::write(folder.join("empty.yaml"), "version: 1\ntpm: {allow_reset: true}\n").unwrap();
    let says = StartError::NoReference("attestation.appraisal_policy_path").to_string();
    assert_eq!(start("require_caller_attestation: hardware, appraisal_policy_path: empty.yaml"), Err(says));
    fs::write(folder.join("typo.yaml"), "version: 1\ntpm:\n  alow_reset: true\n").unwrap();
    let typo = start("appraisal_policy_path: typo.yaml").unwrap_err();
    assert!(typo.contains("line 3, column 15") && typo.contains("tpm.allow_reset"), "{typo}");
    assert!(start("appraisal_policy_path: nowhere.yaml").unwrap_err().contains("nowhere.yaml"));
    let known = format!("version: 1\ntpm: {{reference_values: [{{name: a, pcr-digest: \"{MEASURED}\"}}]}}\n");
    fs::write(folder.join("known.yaml"), known).unwrap();
    assert_eq!(start("require_caller_attestation: hardware, appraisal_policy_path: known.yaml"), Ok(()));
    assert!(start("require_caller_attestation: hardware").unwrap_err().contains("caller_verifier"));

    let Some(call) = call() else { return };
    fs::write(folder.join("roots.pem"), call["caller_verifier"]["trusted_roots_pem"].as_str().unwrap())
        .unwrap();
    let verifier =
        |more: &str| format!("caller_verifier: {{platform: tpm, trusted_roots_path: roots.pem{more}}}");
    let says = StartError::NoReference("attestation.caller_verifier").to_string();
    assert_eq!(start(&verifier("")), Err(says));
    let known = format!(", measurements: [\"{MEASURED}\"]");
    assert_eq!(start(&format!("require_caller_attestation: hardware, {}", verifier(&known))), Ok(()));
    let both = format!("{}, appraisal_policy_path: known.yaml", verifier(&known));
    assert!(start(&both).unwrap_err().contains("takes its place"));
    assert!(start(&verifier(", measurements: [\"33\"]")).unwrap_err().contains("lower-case hex"));
}

/// ATT-412: a policy is its content, whatever it is written in.
#[test]
fn yaml_and_json_of_one_document_are_one_policy() {
    covers!(accept, "ATT-412");
    covers!(refuse, "ATT-412");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("spellings");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let digest = |name: &str, text: &str| {
        fs::write(folder.join(name), text).unwrap();
        let config = format!("attestation: {{appraisal_policy_path: {name}}}\n");
        let config = Config::from_yaml(config.as_bytes()).unwrap();
        let counters = Arc::new(MemoryCounters::default());
        let judge = HardwareJudge::of_callers(&config, &folder.join("ca2a.yaml"), counters);
        judge.unwrap().unwrap().policy().id().digest
    };
    let json = format!(
        r#"{{"version": 1, "id": "a", "tpm": {{"reference_values": [{{"name": "b", "pcr-digest": "{MEASURED}"}}]}}}}"#
    );
    let yaml = format!(
        "# The machines that we know.\ntpm:\n  reference_values:\n  - pcr-digest: '{MEASURED}'\n    name: b\nid: a\nversion: 1\n"
    );
    assert_eq!(digest("policy.json", &json), digest("policy.yaml", &yaml));
    assert_ne!(digest("policy.json", &json), digest("other.yaml", &yaml.replace("id: a", "id: c")));
}

/// Hardware that mints what it is told to.
#[derive(Debug)]
struct Minting;

impl Attester for Minting {
    fn platform(&self) -> Platform {
        Platform::Tpm
    }

    fn measurement(&self) -> Box<str> {
        "sha256:minted".into()
    }

    fn offer(&self, role: Role, key: &ChannelKey, nonce: &str) -> Result<ChannelOffer, AttesterError> {
        Ok(software::offer(role, key, nonce))
    }
}

#[tokio::test]
async fn an_empty_bucket_is_429_and_says_when_to_come_again() {
    let Some(call) = call() else { return };
    covers!(accept, "ATT-520");
    covers!(refuse, "ATT-520");
    let (node, _) = node(&call, judge(&call, policy(MEASURED)));
    let limits = QuotaLimits { per_minute: 4, per_peer_per_minute: 2, reserved: 1 };
    let node = node.with_attester(Arc::new(Minting), limits);
    let [one, two, known] = [1, 2, 3].map(|last| IpAddr::from([192, 0, 2, last]));
    let ask = async |from: IpAddr| -> Answer { node.handshake_from("a nonce", Some(from)).await };
    assert_eq!(ask(one).await.status, 200);
    assert_eq!(ask(one).await.status, 200);
    let refused = ask(one).await;
    assert_eq!((refused.status, refused.retry_after), (429, Some(30)));
    let body: Value = serde_json::from_slice(&refused.body).unwrap();
    assert_eq!(body["error"]["code"], json!("RATE_LIMITED"));
    assert_eq!(ask(two).await.status, 200);
    // One token is left, and it is for who proved itself.
    assert_eq!(ask(two).await.status, 429);
    node.granted_to(known);
    assert_eq!(ask(known).await.status, 200);
}

/// RUN-72: the appraisal policy, with its reference values, is the file's as it stands; one that does not load leaves the
/// one in force.
#[test]
fn reference_values_follow_their_file() {
    use ca2a_runtime::{
        attestation::{CounterStore, MemoryCounters, ReloadedJudge},
        config::Config,
        node::NodeError,
        reload::{Report, to_standard_error},
    };
    type Made = Result<Option<ReloadedJudge>, NodeError>;
    type Make = fn(&Config, &std::path::Path, Arc<dyn CounterStore>, Report) -> Made;
    let folder = std::env::temp_dir().join(format!("ca2a-judge-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (file, policy) = (folder.join("ca2a.yaml"), folder.join("policy.yaml"));
    let config = Config::from_yaml(b"attestation: {appraisal_policy_path: policy.yaml}\n").unwrap();
    let open = |make: Make| {
        make(&config, &file, Arc::new(MemoryCounters::default()), to_standard_error()).map(Option::unwrap)
    };
    let makes: [Make; 2] = [ReloadedJudge::of_callers, ReloadedJudge::of_callees];
    for make in makes {
        assert!(open(make).is_err(), "there is no policy");
    }
    let snp = format!(
        "version: 1\nsnp: {{reference_values: [{{name: a, measurement: \"{}\"}}]}}\n",
        "0".repeat(96)
    );
    std::fs::write(&policy, &snp).unwrap();
    let judges = makes.map(|make| open(make).unwrap());
    let cover = || judges.iter().all(|judge| judge.covers(Platform::SevSnp));
    assert!(cover());
    covers!(refuse, "RUN-72");
    for broken in ["version: 1\nsmp: {}\n", "version: 1\n", "version: [1"] {
        std::fs::write(&policy, broken).unwrap();
        assert!(cover(), "half a policy was taken up: {broken}");
    }
    covers!(accept, "RUN-72");
    let tpm = format!("version: 1\ntpm: {{reference_values: [{{name: a, pcr-digest: \"{MEASURED}\"}}]}}\n");
    std::fs::write(&policy, tpm).unwrap();
    assert!(judges.iter().all(|judge| !judge.covers(Platform::SevSnp)));
    std::fs::write(&policy, snp).unwrap();
    assert!(cover());
    std::fs::remove_dir_all(&folder).unwrap();
}
