//! `live`, and `live init`

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use ca2a_conformance::{Binding, RunReport, Target, html, init, junit, live};
use ca2a_core::{Capability, SigningKey};

use super::write;

#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Live {
    #[command(subcommand)]
    first: Option<First>,
    /// The node: `http://host:port` or `https://host:port`.
    #[arg(long, required = true)]
    url: Option<String>,
    /// The private key of the root that the node trusts for this test (PKCS#8 PEM).
    #[arg(long, value_name = "FILE", required = true)]
    root_key: Option<PathBuf>,
    /// The capability that the node's policy allows.
    #[arg(long, required = true)]
    capability: Option<String>,
    /// Over which wire to ask: http, jsonrpc or rest.
    #[arg(long, default_value = "http")]
    binding: Binding,
    /// The roots (PEM) that the certificate of a node at an `https` URL reaches, and no others; the public ones unless given.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// The node is not on this machine, and it is yours.
    #[arg(long)]
    i_own_this: bool,
    /// Write the run as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the run as JUnit's XML.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write the run as a page.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

#[derive(clap::Subcommand)]
enum First {
    /// Write a root for the test and a configuration for the node.
    Init(Init),
}

#[derive(clap::Args)]
struct Init {
    /// The folder to write into.
    folder: PathBuf,
    /// The capability that the node will allow.
    #[arg(long, default_value = "ca2a-conformance:ask")]
    capability: String,
    /// Where the node will listen.
    #[arg(long, default_value_t = 8443)]
    port: u16,
    /// Where it will listen as an A2A agent. Unless it is given, on the port after `--port`.
    #[arg(long)]
    a2a_port: Option<u16>,
}

impl Live {
    pub(crate) fn run(self) -> Result<bool, String> {
        if let Some(First::Init(Init { folder, capability, port, a2a_port })) = self.first {
            let a2a_port =
                a2a_port.or(port.checked_add(1)).ok_or("there is no port after this; give `--a2a-port`")?;
            init(&folder, &named(&capability)?, port, a2a_port).map_err(|error| error.to_string())?;
            return Ok(true);
        }
        // clap demands them where there is no subcommand.
        let (Some(url), Some(key), Some(capability)) = (&self.url, &self.root_key, &self.capability) else {
            return Err("`--url`, `--root-key` and `--capability` are needed".to_owned());
        };
        let target = Target::new(url, self.binding, root(key)?, named(capability)?, self.i_own_this)
            .map_err(|error| error.to_string())?;
        let target = match &self.ca {
            Some(path) => target.trusting(&read(path)?).map_err(|error| error.to_string())?,
            None => target,
        };
        let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
        let report = runtime.block_on(live(&target));
        // A closed pipe downstream changes nothing about the verdict.
        let _ = report.print(&mut io::stdout().lock());
        let json = serde_json::to_string_pretty(&report).map_err(|error| error.to_string())?;
        write(self.json.as_deref(), || json)?;
        write(self.junit.as_deref(), || junit(&report))?;
        write(self.html.as_deref(), || html(std::slice::from_ref::<RunReport>(&report)))?;
        Ok(report.passed)
    }
}

fn named(capability: &str) -> Result<Capability, String> {
    Capability::new(capability).map_err(|error| format!("`{capability}`: {error}"))
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("`{}`: {error}", path.display()))
}

fn root(path: &Path) -> Result<SigningKey, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("`{}`: {error}", path.display()))?;
    SigningKey::from_pkcs8_pem(&text).map_err(|error| format!("`{}`: {error}", path.display()))
}
