//! A peer as a process, and who calls it through the command.

use super::{
    Said,
    folder::Folder,
    for_real,
    process::{Running, free_port},
};

/// A peer that serves `read` and `write` to chains from one root.
pub struct Peer {
    pub running: Running,
    pub folder: Folder,
    pub url: String,
}

/// A configuration for chains from `root`.
pub fn config(root: &str, port: u16) -> String {
    format!(
        "attestation: {{provider: software-only}}\nlisten_addr: '127.0.0.1:{port}'\nlocal_policy: [read, write]\n\
         trusted_root_issuers: ['{root}']\n"
    )
}

impl Peer {
    pub fn start() -> Self {
        let folder = Folder::new();
        let root = for_real(&["keygen", "--out", &folder.file("root.pem")]).accepted().text("public_key");
        let port = free_port();
        std::fs::write(folder.file("config.yaml"), config(&root, port)).unwrap();
        let words = ["start", "--config", &folder.file("config.yaml")];
        let running = Running::start(&words, &folder.file("said"));
        let greeting = format!(
            "ca2a listening on 127.0.0.1:{port} (provider=software-only, require_caller_attestation=none)"
        );
        assert_eq!(running.line.trim_end(), greeting);
        Self { running, folder, url: format!("http://127.0.0.1:{port}") }
    }

    pub fn file(&self, name: &str) -> String {
        self.folder.file(name)
    }

    pub fn caller(&self, name: &str, scope: &[&str]) -> Vec<String> {
        caller(&self.folder, &self.url, name, scope)
    }
}

/// Grants `scope` to a fresh key under the root in `folder`; gives the arguments that call the peer at `url` under it.
pub fn caller(folder: &Folder, url: &str, name: &str, scope: &[&str]) -> Vec<String> {
    let (key, chain) = (folder.file(&format!("{name}.pem")), folder.file(&format!("{name}.json")));
    let public = for_real(&["keygen", "--out", &key]).accepted().text("public_key");
    let root = folder.file("root.pem");
    let issue = ["issue", "--key", &root, "--subject", &public, "--out", &chain, "--scope"];
    for_real(&[&issue[..], scope].concat()).accepted();
    let state = folder.file("state");
    ["send", "--url", url, "--chain", &chain, "--key", &key, "--state-dir", &state].map(Into::into).to_vec()
}

/// Runs the words of `caller` and what this call asks.
pub fn send(caller: &[String], more: &[&str]) -> Said {
    let words: Vec<_> = caller.iter().map(String::as_str).chain(more.iter().copied()).collect();
    for_real(&words)
}
