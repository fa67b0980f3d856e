//! Nodes from configuration files on a machine with a software TPM.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use ca2a_attest::{
    collect::{
        CollectError, SystemPace,
        tpm::{
            Chip, TpmAddress,
            provision::{self, KeyKind, Provisioned, Swtpm, ThrowawayAuthority},
        },
    },
    verify::hash::HashAlgorithm,
};
use ca2a_core::{CallerAssurance, ErrorCode, Sha256};
use ca2a_covers::covers;
use ca2a_runtime::{
    attestation::{
        Attester as _, AttesterError, HardwareJudge, Machine, MemoryCounters, TpmAttester, attester,
    },
    client::PeerClient,
    config::{Config, StartError},
    node::{NodeError, Started},
};

use crate::{
    live::{ANSWER, call, client, demanding, denied, served, unsent},
    scene::key,
};

/// A machine, the files of its operator, and what it is known to boot.
struct Host {
    folder: PathBuf,
    tpm: Option<Swtpm>,
    known: String,
}

impl Drop for Host {
    fn drop(&mut self) {
        drop(self.tpm.take());
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Host {
    fn new(name: &str) -> Option<Self> {
        if !Swtpm::is_installed() {
            println!("SKIPPED: swtpm is not installed (apt-get install swtpm swtpm-tools)");
            return None;
        }
        let folder = std::env::temp_dir().join(format!("ca2a-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("tpm")).unwrap();
        let mut host = Self { folder, tpm: None, known: String::new() };
        host.boot();
        let public = host.ask(|chip| {
            provision::provision(chip, KeyKind::Attestation, Provisioned::default())?;
            chip.read_public(Provisioned::default().key)
        });
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let authority = ThrowawayAuthority::new(now - 60, now + 3_600).unwrap();
        host.write("ak.pem", &authority.certify_as_pem(&public.public).unwrap());
        host.write("root.pem", &authority.certificate_as_pem());
        Some(host)
    }

    /// Powers up, which is a reset, and measures what boots.
    fn boot(&mut self) {
        drop(self.tpm.take());
        self.tpm = Some(Swtpm::start(&self.folder.join("tpm")).unwrap());
        self.ask(|chip| {
            (0..8).try_for_each(|pcr| provision::pcr_extend(chip, pcr, HashAlgorithm::Sha256, b"firmware"))
        });
        let pcr = Sha256::of_parts(&[&[0; 32], &Sha256::of(b"firmware").0]);
        self.known = Sha256::of(&pcr.0.repeat(8)).to_hex();
    }

    fn ask<T>(&self, ask: impl FnOnce(&mut Chip<'_>) -> Result<T, CollectError>) -> T {
        let mut transport = self.address().open().unwrap();
        let mut pace = SystemPace::start();
        ask(&mut Chip::new(&mut *transport, &mut pace, [9; 16], Duration::from_secs(20))).unwrap()
    }

    fn address(&self) -> TpmAddress {
        self.tpm.as_ref().unwrap().address()
    }

    fn write(&self, name: &str, content: &[u8]) {
        fs::write(self.folder.join(name), content).unwrap();
    }

    fn file(&self) -> PathBuf {
        self.folder.join("ca2a.yaml")
    }

    /// A configuration of `provider`, with `attestation` in that section and `tpm` beside the address in its own.
    fn config(&self, provider: &str, attestation: &str, tpm: &str) -> Config {
        let text = format!(
            "local_policy: [read]\ntrusted_root_issuers: ['{}']\nattestation: {{provider: {provider}, \
             {attestation}}}\nca2a:\n  tpm: {{address: '{}', {tpm}}}\n",
            key(1).verifying_key(),
            self.address(),
        );
        Config::from_yaml(text.as_bytes()).unwrap()
    }

    /// A node that demands of callers what it shows itself.
    fn demanding(&self, provider: &str) -> Config {
        let known = &self.known;
        let verifier = format!("{{platform: tpm, trusted_roots_path: root.pem, measurements: ['{known}']}}");
        let attestation = format!(
            "require_caller_attestation: hardware, caller_verifier: {verifier}, callee_verifier: {verifier}"
        );
        let tpm = "key: 0x81010002, parent: 0x81010001, certificates_path: ak.pem, pcrs: 0-7";
        self.config(provider, &attestation, tpm)
    }

    /// The same under a policy file, which takes an unsafe clock, and `more`.
    fn under_a_policy(&self, more: &str) -> Config {
        let policy = format!(
            "version: 1\ntpm: {{{more}allow_unsafe_clock: true, reference_values: [{{name: boot, pcr-digest: '{}'}}]}}\n",
            self.known
        );
        self.write("policy.yaml", policy.as_bytes());
        let attestation = "require_caller_attestation: hardware, appraisal_policy_path: policy.yaml, \
                           trusted_roots: {tpm: root.pem}";
        self.config("tpm", attestation, "certificates_path: ak.pem")
    }

    fn start(&self, config: &Config) -> Result<Started, NodeError> {
        Started::from_config(config, &self.file())
    }

    /// Calls under `config`: attested by its TPM, and judging as it says.
    fn calling(&self, address: SocketAddr, config: &Config) -> PeerClient {
        let attester = attester(config, &self.file(), &Machine::look_for(config)).unwrap();
        demanding(address, self.judge(config)).with_attester(attester)
    }

    /// Who judges callees under `config`, without a past.
    fn judge(&self, config: &Config) -> Arc<HardwareJudge> {
        let judge = HardwareJudge::of_callees(config, &self.file(), Arc::new(MemoryCounters::default()));
        Arc::new(judge.unwrap().unwrap())
    }
}

/// ATT-503, ATT-504, ATT-506, ATT-511: from the configuration to the answer; then the machine is reset, and a node that was
/// restarted too remembers what its counters were.
#[test]
fn a_configured_tpm_attests_and_a_reset_is_noticed_after_a_restart() {
    let Some(mut host) = Host::new("configured") else { return };
    covers!(accept, "ATT-503", "ATT-504", "ATT-506", "ATT-511", "ATT-512");
    covers!(refuse, "ATT-503");
    let config = host.demanding("tpm");
    let measured = format!("sha256:{}", host.known);
    for_a_while(async {
        let address = served(host.start(&config).unwrap().node).await;
        let caller = host.calling(address, &config);
        for _ in 0..2 {
            let accepted = call(&caller).await.unwrap();
            assert_eq!(accepted.caller_attestation, CallerAssurance::Hardware);
            assert_eq!(accepted.result.as_deref(), Some(ANSWER));
            let facts = accepted.statement.unwrap().facts().clone();
            assert_eq!(facts.caller.measurement.as_deref(), Some(&*measured));
        }
        // A caller that shows nothing is not served.
        let shy = demanding(address, host.judge(&config));
        assert_eq!(denied(&shy).await.1, "ATTESTATION_FAILED");
    });
    // The node is gone. The same software boots after a loss of power, which leaves the clock unsafe; who has a memory knows
    // of the reset, and a policy file, with roots of its own, may allow it.
    host.boot();
    let forgiving = |state: &str, more: &str| Config { state_dir: state.into(), ..host.under_a_policy(more) };
    for_a_while(async {
        let config = forgiving("elsewhere", "");
        let stranger = served(host.start(&config).unwrap().node).await;
        assert!(call(&host.calling(stranger, &config)).await.is_ok());
        let config = forgiving("ca2a-state", "");
        let again = served(host.start(&config).unwrap().node).await;
        let (status, code, why) = denied(&host.calling(again, &config)).await;
        assert_eq!((status, &*code), (412, "ATTESTATION_FAILED"), "{why}");
        assert!(why.contains("tpm.reset-count"), "{why}");
    });
    for_a_while(async {
        let config = forgiving("ca2a-state", "allow_reset: true, ");
        let node = served(host.start(&config).unwrap().node).await;
        assert!(call(&host.calling(node, &config)).await.is_ok());
    });
}

/// Runs `scene` until it ends, and then everything that it started.
fn for_a_while(scene: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(scene);
}

/// ATT-510, ATT-512: hardware that goes away is never made up for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tpm_that_is_gone_is_no_software() {
    let Some(mut host) = Host::new("gone") else { return };
    covers!(accept, "ATT-510", "ATT-512");
    covers!(refuse, "ATT-510", "ATT-512");
    let config = host.demanding("auto");
    let started = host.start(&config).unwrap();
    let address = served(started.node).await;
    let caller = host.calling(address, &config);
    assert!(call(&caller).await.is_ok());

    let socket = host.folder.join("tpm/sock");
    drop(host.tpm.take());
    let (_, code, why) = denied(&client(address)).await;
    assert_eq!(code, "ATTESTATION_UNSUPPORTED", "{why}");
    // Nor does a new node start: with the socket there and nobody behind it, and without it.
    let elsewhere = Config { state_dir: "elsewhere".into(), ..config };
    let refused = Started::from_config(&elsewhere, &host.file()).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::ConfigError, "{refused}");
    let _ = fs::remove_file(&socket);
    let refused = Started::from_config(&elsewhere, &host.file()).unwrap_err();
    assert!(matches!(refused, NodeError::Start(StartError::NoHardware)), "{refused}");
}

/// ATT-506: a caller whose own TPM is gone makes no call.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_whose_tpm_is_gone_calls_nobody() {
    let Some(mut host) = Host::new("caller") else { return };
    covers!(refuse, "ATT-506");
    let config = host.demanding("tpm");
    let address = served(host.start(&config).unwrap().node).await;
    let other = Host::new("other").unwrap();
    let gone = TpmAttester::by(other.address(), Default::default());
    assert!(gone.offer(ca2a_attest::Role::Caller, &ca2a_core::ChannelKey([1; 32]), "n").is_ok());
    drop(other);
    let caller = host.calling(address, &config).with_attester(Arc::new(gone));
    let (code, why) = unsent(&caller).await;
    assert_eq!(code, "ATTESTATION_UNSUPPORTED", "{why}");
    drop(host.tpm.take());
}

/// ATT-511: what goes with the TPM is there at the start, or the node is not.
#[test]
fn files_that_are_not_there_keep_a_node_from_starting() {
    let Some(host) = Host::new("files") else { return };
    covers!(refuse, "ATT-511");
    for (tpm, says) in [
        ("certificates_path: nowhere.pem", "nowhere.pem"),
        ("event_log_path: nowhere.log", "nowhere.log"),
        ("event_log_path: /dev/zero", "/dev/zero"),
        ("key: 0x81000077", "TPM2_ReadPublic"),
    ] {
        let refused = host.start(&host.config("tpm", "enforcement_mode: enforcing", tpm)).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::ConfigError);
        assert!(matches!(
            refused,
            NodeError::Attester(AttesterError::File { .. } | AttesterError::Device { .. })
        ));
        assert!(refused.to_string().contains(says), "{says}: {refused}");
    }
}

/// CFG-8, ATT-511: the section, and what it may not say.
#[test]
fn the_section_is_read_strictly() {
    covers!(accept, "ATT-511");
    covers!(refuse, "ATT-511");
    let read = |tpm: &str| {
        Config::from_yaml(format!("ca2a:\n  tpm: {tpm}\n").as_bytes()).map_err(|error| error.to_string())
    };
    let tpm =
        read("{address: /dev/tpmrm1, key: 0x81010002, parent: 2164326401, pcrs: '0-7,14'}").unwrap().tpm;
    assert_eq!((tpm.key, tpm.parent), (Some(0x8101_0002), Some(0x8101_0001)));
    assert_eq!((tpm.address.as_deref(), tpm.pcrs.as_deref()), (Some("/dev/tpmrm1"), Some("0-7,14")));
    for (wrong, says) in [
        ("{address: tpm0}", "/dev/tpmrm0"),
        ("{address: 'unix:sock'}", "unix:PATH"),
        ("{address: 'tcp:host'}", "tcp:HOST:PORT"),
        ("{key: 0x80000001}", "0x81000000"),
        ("{key: 0x82000000}", "0x81000000"),
        ("{key: '0x81010002'}", "an integer"),
        ("{pcrs: '7-0'}", "ascending"),
        ("{pcrs: '0-24'}", "ascending"),
        ("{certificate_path: ak.pem}", "certificates_path"),
    ] {
        let refused = read(wrong).unwrap_err();
        assert!(refused.contains(says), "{wrong}: {refused}");
    }
    let read = |attestation: &str| {
        Config::from_yaml(format!("attestation: {attestation}\n").as_bytes())
            .map_err(|error| error.to_string())
    };
    let refused = read("{trusted_roots: {tpm: root.pem}}").unwrap_err();
    assert!(refused.contains("appraisal_policy_path"), "{refused}");
    let refused = read("{appraisal_policy_path: p.yaml, trusted_roots: {azure: root.pem}}").unwrap_err();
    assert!(refused.contains("azure"), "{refused}");
}

/// ATT-510: a place that is named counts, and is looked at.
#[test]
fn a_named_tpm_is_looked_for_where_it_is_named() {
    let at = |address: &str| {
        let text = format!("attestation: {{provider: tpm}}\nca2a: {{tpm: {{address: '{address}'}}}}\n");
        Machine::look_for(&Config::from_yaml(text.as_bytes()).unwrap()).tpm
    };
    assert!(at("/dev/null") && at("unix:/dev/null") && at("tcp:127.0.0.1:9"));
    assert!(!at("/nonexistent") && !at("unix:/nonexistent"));
    assert!(Path::new("/dev/null").exists());
}
