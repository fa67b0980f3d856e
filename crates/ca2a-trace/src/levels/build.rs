//! TR-SCA: where the build came from.

use ca2a_core::json::{Node, Number};

use super::checks::{Checks, shown};

pub(super) fn check(checks: &mut Checks<'_>) {
    let Some(build) = checks.part("build_provenance") else {
        return checks.fail("TR-SCA-001", "`build_provenance` must be an object");
    };
    let node = build.get("slsa_level");
    // JSON Schema has no floats: `1.0` is the integer 1. The strict reader refuses the spelling before.
    let number = node.and_then(Node::as_number).and_then(|number| match number {
        Number::Int(int) => i32::try_from(*int).ok().map(f64::from),
        Number::Float(float) => Some(*float),
        Number::Text(text) => text.parse().ok(),
    });
    let known = number.is_some_and(|number| [0.0, 1.0, 2.0, 3.0].contains(&number));
    checks.judge("TR-SCA-001", known, "`slsa_level` is one of SLSA", || {
        format!("`slsa_level` must be 0, 1, 2 or 3, found {}", shown(node))
    });
    checks.digest("TR-SCA-002", build, "digest");
}
