//! Where reports come from, one module a source.

pub mod software;
