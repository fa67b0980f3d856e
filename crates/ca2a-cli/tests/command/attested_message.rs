//! `send --a2a` between two that attest to one another: both run on a software TPM, and each judges the other's quote.
//! CLI-45, CLI-47, A2A-104.

use ca2a_attest::ChannelOffer;
use ca2a_covers::covers;
use serde_json::Value;

use crate::support::{
    Said,
    folder::Folder,
    for_real,
    process::{Running, free_port},
    tpm,
};

/// Two parties on one machine with a TPM.
struct Scene {
    folder: Folder,
    /// What the machine booted, as both of them know it.
    measurement: String,
    /// How its TPM is found, as a section of a configuration.
    here: String,
}

impl Scene {
    fn file(&self, name: &str) -> String {
        self.folder.file(name)
    }

    /// The policy `name`, under which one measurement is known.
    fn policy(&self, name: &str, measurement: &str) {
        let digest = measurement.trim_start_matches("sha256:");
        let policy =
            format!("version: 1\ntpm:\n  reference_values: [{{name: boot, pcr-digest: \"{digest}\"}}]\n");
        std::fs::write(self.file(name), policy).unwrap();
    }

    /// The configuration `name` of somebody who judges by `policy`.
    fn configure(&self, name: &str, policy: &str, attestation: &str, more: &str) -> String {
        let text = format!(
            "attestation: {{provider: tpm, appraisal_policy_path: {policy}, trusted_roots: {{tpm: root.pem}}{attestation}}}\n\
             ca2a:\n  tpm: {}\n{more}",
            self.here
        );
        std::fs::write(self.file(name), text).unwrap();
        self.file(name)
    }

    /// A caller that judges by `policy` and has everything affirmed or sends nothing.
    fn send(&self, agent: &Agent, policy: &str, more: &[&str]) -> Said {
        let judge = self.configure("judge.yaml", policy, "", "");
        let (key, chain, task) = (self.file("caller.pem"), self.file("chain.json"), self.file("task.txt"));
        let call = [
            "send",
            "--a2a",
            &agent.url,
            "--card-key",
            &agent.key,
            "--chain",
            &chain,
            "--key",
            &key,
            "--capability",
            "read",
            "--payload",
            &task,
            "--no-trace",
            "--judge",
            &judge,
            "--require-hardware",
        ];
        for_real(&[&call[..], more].concat())
    }

    /// How many calls the agent has decided about.
    fn decided(&self) -> usize {
        for_real(&["records", "--config", &self.file("agent.yaml")]).accepted().stdout.lines().count()
    }
}

struct Agent {
    _running: Running,
    url: String,
    key: String,
}

impl Agent {
    /// An agent that works only for callers on hardware that it knows.
    fn start(scene: &Scene, root: &str) -> Self {
        let (reference, port) = (free_port(), free_port());
        let more = format!(
            "  a2a: {{listen_addr: '127.0.0.1:{port}'}}\nlisten_addr: '127.0.0.1:{reference}'\n\
             local_policy: [read]\ntrusted_root_issuers: ['{root}']\n"
        );
        let demand = ", require_caller_attestation: hardware";
        let config = scene.configure("agent.yaml", "policy.yaml", demand, &more);
        let running = Running::start(&["start", "--json", "--config", &config], &scene.file("said"));
        let said: Value = serde_json::from_str(&running.line).unwrap();
        let key = said["signing_key"].as_str().unwrap().to_owned();
        Self { _running: running, url: format!("http://127.0.0.1:{port}"), key }
    }
}

#[test]
fn a_sealed_message_goes_between_two_that_know_each_others_hardware() {
    let folder = Folder::new();
    let Some(tpm) = tpm::started(&folder) else { return };
    covers!(accept, "CLI-45", "CLI-47", "A2A-104");
    covers!(refuse, "CLI-45", "CLI-47", "A2A-104");
    let [certificates, _] = tpm::provision(&tpm, &folder);
    let address = tpm.address().to_string();
    let nobody = "00".repeat(32);
    let collect = ["attest", "collect", "--channel-key", &nobody, "--nonce", "n", "--tpm", &address];
    let offer = for_real(&[&collect[..], &["--certificates", &certificates]].concat());
    let measurement =
        ChannelOffer::from_node(&offer.accepted().json()).unwrap().report.measurement.to_string();
    let here = format!("{{address: '{address}', certificates_path: ak.pem}}");
    let scene = Scene { folder, measurement, here };
    scene.policy("policy.yaml", &scene.measurement);
    scene.policy("other.yaml", &"3".repeat(64));
    let [root, caller] = ["root.key", "caller.pem"]
        .map(|name| for_real(&["keygen", "--out", &scene.file(name)]).accepted().text("public_key"));
    let (key, chain) = (scene.file("root.key"), scene.file("chain.json"));
    for_real(&["issue", "--key", &key, "--subject", &caller, "--out", &chain, "--scope", "read"]).accepted();
    std::fs::write(scene.file("task.txt"), "work").unwrap();
    let agent = Agent::start(&scene, &root);

    // Each has seen the other's quote.
    let said = scene.send(&agent, "policy.yaml", &["--caller-offer", "--attest"]);
    let json: Value = serde_json::from_str(&said.accepted().stdout).unwrap();
    assert_eq!(json["response"]["task"]["status"]["state"], "TASK_STATE_COMPLETED", "{json}");
    assert_eq!(json["peer"]["assurance"], "hardware");
    assert_eq!(json["peer"]["measurement"], scene.measurement.as_str());
    let seen = &json["statement"]["caller"];
    assert_eq!(
        (&seen["assurance"], &seen["measurement"]),
        (&"hardware".into(), &(*scene.measurement).into())
    );
    assert_eq!(scene.decided(), 1);

    // Of a caller that shows software, or nothing, the agent takes nothing.
    scene.send(&agent, "policy.yaml", &["--caller-offer"]).refused("ATTESTATION_FAILED");
    scene.send(&agent, "policy.yaml", &[]).refused("ATTESTATION_FAILED");
    assert_eq!(scene.decided(), 3);

    // A caller that knows other hardware sends nothing.
    scene.send(&agent, "other.yaml", &["--caller-offer", "--attest"]).refused("ATTESTATION_FAILED");
    assert_eq!(scene.decided(), 3, "nothing was sent");
}
