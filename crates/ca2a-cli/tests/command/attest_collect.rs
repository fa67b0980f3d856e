//! `attest collect`: a software TPM, and the kernel's side of configfs through real files. CLI-46, and what is called under it, CLI-47.

use ca2a_attest::{ChannelOffer, Platform, Role, binding};
use ca2a_cli::ExitCode;
use ca2a_covers::covers;

use crate::fuse::Mounted;
use crate::kernel::Kernel;
use crate::support::{
    folder::Folder,
    for_real,
    process::{Running, free_port},
    tpm,
};

const KEY: &str = "e8fd15a9e9dd23e991e48bca159f9e6231875921687f85080f74a45550e6591c";

fn collect(more: &[&str]) -> crate::support::Said {
    for_real(&[&["attest", "collect", "--channel-key", KEY, "--nonce", "nonce-1"], more].concat())
}

fn offer(said: &crate::support::Said) -> ChannelOffer {
    ChannelOffer::from_node(&said.accepted().json()).unwrap()
}

/// A TPM that nobody provisioned gives nothing; one that was gives what `verify` believes and `appraise` affirms.
#[test]
fn a_software_tpm_attests_once_it_has_a_key() {
    let folder = Folder::new();
    let Some(tpm) = tpm::started(&folder) else { return };
    covers!(accept, "CLI-46", "CLI-47");
    covers!(refuse, "CLI-46", "CLI-47");
    let address = tpm.address().to_string();
    let said = collect(&["--tpm", &address]);
    assert!(said.refused("ATTESTATION_UNSUPPORTED").text("error").contains("TPM2_ReadPublic"), "{said:?}");

    let [certificates, root] = tpm::provision(&tpm, &folder);
    let write = |name: &str, content: &[u8]| {
        std::fs::write(folder.file(name), content).unwrap();
        folder.file(name)
    };
    let out = folder.file("offer.json");
    let said = collect(&["--tpm", &address, "--certificates", &certificates, "--out", &out]);
    let offered = offer(&said);
    assert_eq!((&*offered.report.platform, &*offered.report.nonce), ("tpm", "nonce-1"));

    let verify = ["attest", "verify", "--report", &out, "--trusted-root", &root];
    for_real(&verify).accepted();
    let digest = offered.report.measurement.strip_prefix("sha256:").unwrap();
    let policy =
        format!("version: 1\ntpm:\n  reference_values: [{{name: boot, pcr-digest: \"{digest}\"}}]\n");
    let policy = write("policy.yaml", policy.as_bytes());
    let appraise = |role: &str| {
        let asked = ["--policy", &policy, "--nonce", "nonce-1", "--role", role];
        for_real(&[&["attest", "appraise", "--report", &out, "--trusted-root", &root][..], &asked].concat())
    };
    assert_eq!(appraise("callee").accepted().bool("affirming"), Some(true));
    // It was made for a callee, and what is there is not replaced unasked.
    assert_eq!(appraise("caller").exit, ExitCode::Failure);
    let again = ["--tpm", &address, "--certificates", &certificates, "--out", &out];
    assert_eq!(collect(&again).exit, ExitCode::Failure);
    collect(&[&again[..], &["--force", "--role", "caller"]].concat()).accepted();
    assert_eq!(appraise("caller").accepted().bool("affirming"), Some(true));

    // CLI-47: a node on this TPM is called by one who demands hardware, and not by one who knows other hardware.
    let (port, key) = (free_port(), folder.file("key.pem"));
    let public = for_real(&["keygen", "--out", &key]).accepted().text("public_key");
    let chain = folder.file("chain.json");
    for_real(&["issue", "--key", &key, "--subject", &public, "--scope", "read", "--out", &chain]).accepted();
    let here = format!("ca2a: {{tpm: {{address: '{address}', certificates_path: ak.pem}}}}\n");
    let node = format!(
        "attestation: {{provider: tpm, appraisal_policy_path: policy.yaml, trusted_roots: {{tpm: root.pem}}}}\nlisten_addr: '127.0.0.1:{port}'\nlocal_policy: [read]\n\
         trusted_root_issuers: ['{public}']\n{here}"
    );
    let node = write("node.yaml", node.as_bytes());
    let _node = Running::start(&["start", "--config", &node], &folder.file("said"));
    let other = format!(
        "version: 1\ntpm:\n  reference_values: [{{name: other, pcr-digest: \"{}\"}}]\n",
        "3".repeat(64)
    );
    write("other.yaml", other.as_bytes());
    let send = |policy: &str, more: &[&str]| {
        let judge = format!(
            "attestation: {{provider: tpm, appraisal_policy_path: {policy}, trusted_roots: {{tpm: root.pem}}}}\n{here}"
        );
        let judge = write("judge.yaml", judge.as_bytes());
        let url = format!("http://127.0.0.1:{port}");
        let call =
            ["send", "--url", &url, "--chain", &chain, "--key", &key, "--capability", "read", "--no-trace"];
        for_real(&[&call[..], &["--judge", &judge, "--require-hardware"], more].concat())
    };
    let attested = send("policy.yaml", &["--caller-offer", "--attest"]);
    assert_eq!(attested.accepted().text("caller_attestation"), "hardware");
    send("other.yaml", &[]).refused("ATTESTATION_FAILED");
}

/// A report of a confidential VM comes through the files of its kernel.
#[test]
fn a_confidential_vm_attests_through_configfs() {
    for (platform, kernel, field) in [
        (Platform::SevSnp, Kernel { floor: Some(1), ..Kernel::snp() }, 0x50),
        (Platform::Tdx, Kernel::tdx(), 48 + 520),
    ] {
        let Some(mounted) = Mounted::new(&format!("cli-{platform}"), kernel, 1) else { return };
        let place = mounted.folder.to_str().unwrap();
        let said = collect(&["--platform", platform.as_str(), "--tsm", place, "--role", "caller"]);
        let report = offer(&said).report;
        assert_eq!((&*report.platform, report.role), (platform.as_str(), Role::Caller));
        let bound = binding::signed_field(platform, Role::Caller, KEY, "nonce-1").unwrap();
        assert_eq!(report.evidence.raw_evidence.unwrap()[field..field + 64], bound);
        // A machine of another platform is no such machine.
        let other = if platform == Platform::Tdx { "sev-snp" } else { "tdx" };
        collect(&["--platform", other, "--tsm", place]).refused("ATTESTATION_UNSUPPORTED");
    }
}

#[test]
fn what_is_not_there_attests_nothing() {
    covers!(refuse, "CLI-46");
    for more in [
        &["--platform", "sev-snp", "--tsm", "/nonexistent"][..],
        &["--platform", "tdx", "--tsm", "/nonexistent"],
        &["--tpm", "/nonexistent"],
        &["--tpm", "unix:/nonexistent"],
    ] {
        collect(more).refused("ATTESTATION_UNSUPPORTED");
    }
    collect(&["--tpm", "/nonexistent", "--certificates", "/nonexistent"]).refused("ATTESTATION_FAILED");
    for usage in [&["--platform", "software-only"][..], &["--platform", "sgx"], &["--tpm", "tpm0"]] {
        collect(usage).usage();
    }
    for_real(&["attest", "collect", "--channel-key", "00", "--nonce", "n"]).refused("BAD_REQUEST");
}
