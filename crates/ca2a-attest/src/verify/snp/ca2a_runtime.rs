//! What `ca2a-runtime` 0.4.0 asks of a report, for comparison with it (profile `ca2a-runtime-0.4`).
