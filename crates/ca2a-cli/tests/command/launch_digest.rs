//! `attest expected`, through the command, beside what the Python package `sev-snp-measure` 0.0.13 says of the same firmware.

use std::path::Path;

use ca2a_core::Sha256;

use crate::support::for_real;

/// Where Debian's package `ovmf` puts the one firmware that SEV-SNP starts.
const FIRMWARE: &str = "/usr/share/ovmf/OVMF.fd";
/// `ovmf` 2022.11-6+deb12u2, which measures no kernel.
const KNOWN: &str = "7b456907dd0786d415999e801a1ac4637b8ed4d7cf5378cfc6edbe5e574dd773";

#[test]
fn the_measurement_is_the_one_that_sev_snp_measure_computes() {
    let firmware = std::fs::read(FIRMWARE).ok().filter(|bytes| Sha256::of(bytes).to_hex() == KNOWN);
    if firmware.is_none() {
        println!(
            "SKIPPED: {FIRMWARE} is not there, or is another build than the one whose measurements are known"
        );
        return;
    }
    for (vcpus, model, measurement) in [
        (
            "1",
            "EPYC-v4",
            "11570979c77a0adb515761a702527c8b9e11554e730552621d950988613a3a75c6ff1703f540bd22a9beede8fe7a97e3",
        ),
        (
            "4",
            "EPYC-Genoa",
            "a509186122f6e4e095ebab39abf4aea568d9949b9e929d0759f45a3983dfc2df71404de97367aba26c08ddeebc3d7ba0",
        ),
        (
            "2",
            "EPYC-Milan",
            "a175292a4a09fcfb760c5bd80c93ed667dbaafce6247d0f21fc06638658b3ebf2804d3019e2abed05cb6a9efe0a7464e",
        ),
    ] {
        let words = ["attest", "expected", "--firmware", FIRMWARE, "--vcpus", vcpus, "--vcpu-type", model];
        let said = for_real(&words);
        assert_eq!(said.accepted().text("measurement"), measurement);
        assert_eq!(said.text("stated"), format!("sha384:{measurement}"));
    }
    let kernel = ["attest", "expected", "--firmware", FIRMWARE, "--kernel", FIRMWARE];
    for_real(&kernel).refused("BAD_REQUEST");
}

#[test]
fn what_is_no_firmware_is_refused() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-firmware");
    std::fs::write(&folder, b"no firmware").unwrap();
    for_real(&["attest", "expected", "--firmware", folder.to_str().unwrap()]).refused("BAD_REQUEST");
    for_real(&["attest", "expected", "--firmware", "/nonexistent"]).refused("BAD_REQUEST");
    for_real(&["attest", "expected", "--firmware", "x", "--vcpu-type", "Pentium"]).usage();
}
