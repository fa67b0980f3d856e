//! ca2a-conformance
fn main() {}
