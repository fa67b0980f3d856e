//! TR-RTE: the platform, its measurement, and the verifier's nonce.

use ca2a_core::{
    json::{Node, Object},
    requirement::holds,
};
use subtle::ConstantTimeEq as _;

use super::checks::{Checks, is_digest, shown};

const HARDWARE: [&str; 9] = [
    "intel-tdx",
    "amd-sev-snp",
    "azure-cvm-sev-snp",
    "nvidia-h100",
    "nvidia-blackwell",
    "aws-nitro",
    "arm-cca",
    "google-confidential-space",
    "tpm2",
];

/// Runs from level 1 on, where `software-only` is no platform.
pub(super) fn check(checks: &mut Checks<'_>) {
    let Some(runtime) = checks.part("runtime") else {
        return checks.fail("TR-RTE-001", "`runtime` must be an object");
    };
    let platform = runtime.get("platform");
    let hardware = platform.and_then(Node::as_str).is_some_and(|platform| HARDWARE.contains(&platform));
    checks.judge("TR-RTE-001", hardware, "the platform is hardware that TRACE knows", || {
        format!("level 1 and above demand one of `{}`, found {}", HARDWARE.join("`, `"), shown(platform))
    });
    measurement(checks, runtime);
    match runtime.optional("rim_uri") {
        None => checks.skip("TR-RTE-003", "`rim_uri` is not there"),
        Some(node) => {
            let https = node.as_str().is_some_and(|uri| uri.starts_with("https://"));
            checks.judge("TR-RTE-003", https, "`rim_uri` is an https URI", || {
                format!("`rim_uri` must start with `https://`, found {}", shown(Some(node)))
            });
        }
    }
    nonce(checks, runtime);
}

fn measurement(checks: &mut Checks<'_>, runtime: &Object<'_>) {
    let digest = runtime.get("measurement").and_then(Node::as_str).filter(|text| is_digest(text));
    let digits = digest.and_then(|digest| digest.split_once(':')).map_or("", |(_, digits)| digits);
    let is_zero = !digits.is_empty() && digits.bytes().all(|byte| byte == b'0');
    if checks.is_strict() && !holds("TRC-127", !is_zero) {
        return checks.fail("TR-RTE-002", "`measurement` is all zero: nothing was measured");
    }
    checks.digest("TR-RTE-002", runtime, "measurement");
}

fn nonce(checks: &mut Checks<'_>, runtime: &Object<'_>) {
    let id = "TR-RTE-004";
    let Some(expected) = checks.options.expected_nonce.filter(|nonce| !nonce.is_empty()) else {
        return checks.fail(id, "level 1 and above demand the nonce that the verifier sent");
    };
    let echoed = runtime.get("nonce").and_then(Node::as_str).filter(|nonce| !nonce.is_empty());
    let Some(echoed) = echoed else { return checks.fail(id, "`nonce` is missing or empty") };
    let same: bool = echoed.as_bytes().ct_eq(expected.as_bytes()).into();
    checks.judge(id, same, "`nonce` is the one that the verifier sent", || {
        "`nonce` is not the one that the verifier sent".into()
    });
}
