//! `cargo xtask bench`: one table, our crates beside the published Python packages, measured in one run.
//!
//! Both sides get the same bytes and parse them inside the measurement, each in one warm process, and both are
//! charged the CPU time of their process: what another job on the machine does costs neither. A figure is the median
//! of many batches. Rust alone has a cache, and only in rows that say so.

mod a2a;
mod chains;
mod handoffs;
mod http;
mod lines;
mod manifests;
mod measure;
mod memory;
mod partner;
mod pipeline;
mod records;
mod request;
mod seal;
mod snp;
mod table;
mod tdx;

use anyhow::{Context as _, Result};

pub(crate) use self::lines::verify as verify_lines;
use self::{measure::Effort, partner::Partner, table::Table};
use crate::{
    python::Python,
    workspace::{cargo, target},
};

/// Builds what is measured, optimised, and runs [`measure()`] in it. `--quick` measures this very build with a tiny
/// effort instead: it shows that everything runs, and its figures mean nothing.
///
/// # Errors
/// A build or a measurement that fails. A target that is not reached is no error; the table says so.
pub(crate) fn run(quick: bool, groups: &[&str]) -> Result<()> {
    if quick {
        return measure(true, groups);
    }
    let status = cargo()
        .args(["build", "--release", "--package", "ca2a-cli", "--package", "xtask"])
        .status()
        .context("building for release")?;
    anyhow::ensure!(status.success(), "the release build failed");
    let status = std::process::Command::new(target().join("release").join("xtask"))
        .arg("bench-inner")
        .args(groups)
        .status()?;
    anyhow::ensure!(status.success(), "the measurement failed");
    Ok(())
}

/// The groups of rows, in the order of the table.
const GROUPS: [&str; 11] =
    ["chains", "seal", "snp", "tdx", "manifests", "pipeline", "records", "lines", "http", "handoffs", "a2a"];

/// What is measured alone, because it takes long: no time, and no row of the table.
const MEMORY: &str = "memory";

/// Measures the rows of `groups`, or every row where none is named, with the build that this code is part of.
///
/// # Errors
/// A side that refuses what it is measured with, a package that cannot be installed, or a group that does not exist.
pub(crate) fn measure(quick: bool, groups: &[&str]) -> Result<()> {
    if let Some(unknown) = groups.iter().find(|name| !GROUPS.contains(name) && groups != [MEMORY]) {
        anyhow::bail!("no rows are called `{unknown}`; there are {}", GROUPS.join(", "));
    }
    let ca2a = target().join(if quick { "debug" } else { "release" }).join("ca2a");
    if quick {
        crate::interop::cli::build()?;
    }
    if groups == [MEMORY] {
        return memory::measure(&ca2a, quick);
    }
    let wanted = |group: &str| groups.is_empty() || groups.contains(&group);
    let python = Python::prepare()?;
    let effort = if quick { Effort::QUICK } else { Effort::FULL };
    let mut table = Table::new()?;
    let mut partner = Partner::start(&python, effort)?;
    for group in GROUPS.into_iter().filter(|group| wanted(group)) {
        match group {
            "chains" => chains::rows(&mut partner, effort, &mut table)?,
            "seal" => seal::rows(&mut partner, effort, &mut table)?,
            "snp" => snp::rows(&mut partner, effort, &mut table)?,
            "tdx" => tdx::rows(&mut partner, effort, &mut table)?,
            "manifests" => manifests::rows(&mut partner, effort, &mut table)?,
            "pipeline" => pipeline::rows(&mut partner, effort, &mut table)?,
            "records" => records::rows(&mut partner, effort, &mut table)?,
            "lines" => lines::row(effort, &mut table)?,
            "a2a" => a2a::rows(&ca2a, effort, &mut table)?,
            "handoffs" => handoffs::rows(effort, &mut table)?,
            _ => http::rows(&python, &ca2a, effort, &mut table)?,
        }
    }
    table.print(quick);
    Ok(())
}
