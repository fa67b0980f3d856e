//! `log`: a log in a folder, the same log over HTTP, and watching it.

use std::fs;

use ca2a_core::{Sha256, SigningKey, TraceLink, encoding::from_base64url, json};
use ca2a_covers::covers;
use ca2a_trace::{
    HopContext,
    scitt::{Checkpoint, SignedStatement, TransparentStatement},
};

use crate::support::{Said, folder::Folder, for_real, process::Running};

const NAME: &str = "https://log.example";
const ISSUER: &str = "https://acme.example";

/// A folder with an empty log, an operator's key, and statements about three records.
struct Scene {
    folder: Folder,
    /// The log's name and key, as others pin it.
    log_key: String,
    /// The operator's.
    issuer_key: String,
}

impl Scene {
    fn new() -> Self {
        let folder = Folder::new();
        let log = folder.file("log");
        let said = for_real(&["log", "init", "--dir", &log, "--name", NAME]);
        let log_key = said.accepted().text("log_key");
        for_real(&["keygen", "--out", &folder.file("operator.pem")]).accepted();
        let mut scene = Self { folder, log_key, issuer_key: String::new() };
        for name in ["a", "b", "c"] {
            scene.issuer_key = scene.state(name, &[]).accepted().text("issuer_key");
        }
        scene
    }

    fn file(&self, name: &str) -> String {
        self.folder.file(name)
    }

    /// A record about `name`, and a statement about it in the file of that name.
    fn state(&self, name: &str, more: &[&str]) -> Said {
        let agent = SigningKey::from_seed(&[7; 32]);
        let context = HopContext::software("acme", "large-2", "planner:1.4", TraceLink::sha256_of(b"policy"));
        let record =
            context.sign(&format!("spiffe://acme.example/{name}"), 1_790_000_000, None, &agent).unwrap();
        let path = self.file(&format!("{name}.json"));
        fs::write(&path, record.canonical()).unwrap();
        let (key, out) = (self.file("operator.pem"), self.file(name));
        let words = ["log", "state", "--record", &path, "--key", &key, "--issuer", ISSUER, "--out", &out];
        for_real(&[&words[..], more].concat())
    }

    /// A task of the log in its folder.
    fn here(&self, task: &str, more: &[&str]) -> Said {
        let log = self.file("log");
        for_real(&[&["log", task, "--dir", &log][..], more].concat())
    }

    fn register(&self, name: &str) -> Said {
        self.here("register", &["--statement", &self.file(name)])
    }
}

/// A log that is served by a process of its own.
struct Served<'s> {
    scene: &'s Scene,
    _running: Running,
    url: String,
}

impl<'s> Served<'s> {
    fn start(scene: &'s Scene) -> Self {
        let log = scene.file("log");
        let words = ["log", "serve", "--json", "--dir", &log, "--listen", "127.0.0.1:0"];
        let words = [&words[..], &["--issuer-key", &scene.issuer_key]].concat();
        let running = Running::start(&words, &scene.file("said"));
        let greeting = json::read(running.line.as_bytes()).unwrap();
        let address = greeting.as_object().unwrap().get("listening").unwrap().as_str().unwrap();
        let url = format!("http://{address}");
        Self { scene, _running: running, url }
    }

    fn there(&self, task: &str, more: &[&str]) -> Said {
        let words = ["log", task, "--url", &self.url, "--log-key", &self.scene.log_key];
        for_real(&[&words[..], more].concat())
    }
}

/// CLI-7, LOG-53: a log and its key are made once, and the key is its owner's.
#[test]
fn a_log_is_made_once() {
    covers!(refuse, "CLI-7");
    let scene = Scene::new();
    let (log, key) = (scene.file("log"), scene.file("log/key.pem"));
    for_real(&["log", "init", "--dir", &log, "--name", NAME]).refused("BAD_REQUEST");
    for_real(&["log", "init", "--dir", &scene.file("unnamed"), "--name", ""]).refused("CONFIG_ERROR");
    assert!(!std::path::Path::new(&scene.file("unnamed")).exists(), "nothing is left of it");
    for_real(&["log", "checkpoint", "--dir", &scene.file("nowhere")]).refused("CONFIG_ERROR");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
        scene.here("checkpoint", &[]).refused("CONFIG_ERROR");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    }
    for_real(&["keygen", "--out", &key, "--force"]).accepted();
    scene.here("checkpoint", &[]).refused("CONFIG_ERROR");
}

/// LOG-50: the first statement waits for its receipt, and every receipt stays what it was.
#[test]
fn statements_are_registered_in_a_folder() {
    let scene = Scene::new();
    assert_eq!(scene.register("a").accepted().bool("pending"), Some(true));
    scene.here("receipt", &["--statement", &scene.file("a")]).refused("RECEIPT_PENDING");
    let (receipt, transparent) = (scene.file("b.receipt"), scene.file("b.transparent"));
    let statement = scene.file("b");
    let words = ["--statement", &statement, "--out", &receipt, "--transparent", &transparent];
    let said = scene.here("register", &words);
    assert_eq!(said.accepted().bool("pending"), Some(false));
    TransparentStatement::read(&fs::read(&transparent).unwrap()).unwrap();
    scene.register("c").accepted();
    let again = scene.here("receipt", &["--statement", &statement]).accepted().text("receipt");
    assert_eq!(from_base64url(&again).unwrap(), fs::read(&receipt).unwrap());

    // What is already there stays, unless it may go.
    scene.here("receipt", &["--statement", &statement, "--out", &receipt]).refused("BAD_REQUEST");
    scene.here("receipt", &["--statement", &statement, "--out", &receipt, "--force"]).accepted();
    scene.here("receipt", &["--statement", &scene.file("a"), "--size", "3"]).accepted();
    scene.here("receipt", &["--statement", &scene.file("a"), "--size", "4"]).refused("BAD_REQUEST");
    scene.here("receipt", &["--statement", &scene.file("a"), "--size", "-1"]).refused("BAD_REQUEST");
}

/// CLI-28, LOG-39: any file can be stated, and whoever has the entry verifies it without asking anybody.
#[test]
fn a_file_is_verified_from_files_alone() {
    covers!(accept, "CLI-28");
    covers!(refuse, "CLI-28");
    let scene = Scene::new();
    let (file, entry, whole) = (scene.file("plan.txt"), scene.file("plan"), scene.file("plan.transparent"));
    fs::write(&file, "the plan").unwrap();
    let key = scene.file("operator.pem");
    let state = ["log", "state", "--file", &file, "--key", &key, "--issuer", ISSUER, "--out", &entry];
    for_real(&state).usage();
    let named = ["--subject", "plan", "--media-type", "text/plain"];
    assert_eq!(for_real(&[&state[..], &named].concat()).accepted().text("subject"), "plan");
    scene.register("a").accepted();
    scene.here("register", &["--statement", &entry, "--transparent", &whole]).accepted();

    assert_eq!(scene.here("checkpoint", &[]).accepted().text("log_key"), scene.log_key);

    let verify = |entry: &str, file: &str, log: &str, issuer: &str| {
        for_real(&[
            "log",
            "verify",
            "--entry",
            entry,
            "--file",
            file,
            "--log-key",
            log,
            "--issuer-key",
            issuer,
        ])
    };
    let (log, issuer) = (scene.log_key.as_str(), scene.issuer_key.as_str());
    let said = verify(&whole, &file, log, issuer);
    assert_eq!(said.accepted().text("sha256"), Sha256::of(b"the plan").to_hex());
    verify(&entry, &file, log, issuer).refused("STATEMENT_INVALID");
    let other = SigningKey::from_seed(&[3; 32]).verifying_key().to_hex();
    verify(&whole, &file, log, &format!("{ISSUER}={other}")).refused("UNTRUSTED_SIGNER");
    verify(&whole, &file, &format!("{NAME}={other}"), issuer).refused("UNTRUSTED_SIGNER");
    fs::write(&file, "another plan").unwrap();
    verify(&whole, &file, log, issuer).refused("STATEMENT_INVALID");
}

/// LOG-51: what is no statement, or of no accepted issuer, stays out.
#[test]
fn what_is_no_statement_stays_out() {
    let scene = Scene::new();
    let stranger = SigningKey::from_seed(&[9; 32]).verifying_key().to_hex();
    let issuer = format!("{ISSUER}={stranger}");
    let statement = scene.file("a");
    scene.here("register", &["--statement", &statement, "--issuer-key", &issuer]).refused("UNTRUSTED_SIGNER");
    scene.here("register", &["--statement", &scene.file("a.json")]).refused("STATEMENT_INVALID");
    scene.here("register", &["--statement", &scene.file("none")]).refused("STATEMENT_INVALID");
    scene.here("register", &["--statement", &statement, "--issuer-key", &scene.issuer_key]).accepted();
    scene.here("receipt", &["--statement", &scene.file("b")]).refused("NOT_FOUND");
}

/// LOG-33, LOG-34: a statement holds the record or its hash alone.
#[test]
fn a_record_is_stated_whole_or_by_its_hash() {
    let scene = Scene::new();
    let whole = SignedStatement::read(&fs::read(scene.file("a")).unwrap()).unwrap();
    assert_eq!(whole.message().payload(), Some(&fs::read(scene.file("a.json")).unwrap()[..]));
    scene.state("h", &["--hash"]).accepted();
    let hash = SignedStatement::read(&fs::read(scene.file("h")).unwrap()).unwrap();
    assert_eq!(hash.message().payload().unwrap().len(), 32);
    assert_eq!(hash.claims().subject, "spiffe://acme.example/h");
    let (key, json) = (scene.file("operator.pem"), scene.file("bad.json"));
    fs::write(&json, b"{}").unwrap();
    for_real(&["log", "state", "--record", &json, "--key", &key, "--issuer", ISSUER])
        .refused("TRACE_RECORD_INVALID");
}

/// CLI-25, LOG-56: the same tasks over HTTP, under a pinned key.
#[test]
fn a_log_is_asked_over_http() {
    covers!(accept, "CLI-25");
    covers!(refuse, "CLI-25");
    let scene = Scene::new();
    let served = Served::start(&scene);
    // One process has the log.
    scene.register("a").refused("STORE_UNAVAILABLE");
    for (name, pending) in [("a", true), ("b", false)] {
        let said = served.there("register", &["--statement", &scene.file(name)]);
        assert_eq!(said.accepted().bool("pending"), Some(pending));
    }
    let kept = scene.file("checkpoint");
    served.there("checkpoint", &["--out", &kept]).accepted();
    served.there("consistency", &["--from", &kept]).refused("BAD_REQUEST");
    served.there("register", &["--statement", &scene.file("c")]).accepted();
    served.there("consistency", &["--from", &kept]).accepted();
    served.there("receipt", &["--statement", &scene.file("a"), "--size", "3"]).accepted();

    // The same answers under another name or key are nothing.
    let stranger = SigningKey::from_seed(&[9; 32]).verifying_key().to_hex();
    let key = scene.log_key.rsplit_once('=').unwrap().1;
    for pinned in [format!("{NAME}={stranger}"), format!("https://other.example={key}")] {
        let unkept = scene.file("unkept");
        let words = ["log", "checkpoint", "--url", &served.url, "--log-key", &pinned, "--out", &unkept];
        for_real(&words).refused("UNTRUSTED_SIGNER");
        assert!(!fs::exists(&unkept).unwrap(), "what does not verify is not kept");
    }
    for_real(&["log", "checkpoint", "--url", &served.url]).usage();
    for_real(&["log", "checkpoint"]).usage();
    let url = served.url.clone();
    drop(served);
    for_real(&["log", "checkpoint", "--url", &url, "--log-key", &scene.log_key]).refused("TRANSPORT_ERROR");
}

/// CLI-26, LOG-45, LOG-57: a monitor follows growth, and keeps what it had when a log forks or forgets.
#[test]
fn a_monitor_refuses_a_fork_and_a_rollback() {
    covers!(accept, "CLI-26");
    covers!(refuse, "CLI-26");
    let scene = Scene::new();
    let state = scene.file("state");
    let look = || scene.here("monitor", &["--state", &state]);
    assert_eq!(look().accepted().text("sighting"), "first");
    scene.register("a").accepted();
    assert_eq!(look().accepted().text("sighting"), "grown");
    // A copy of the log as it was, by which it will forget and fork.
    let (log, copy) = (scene.file("log/log.redb"), scene.file("copy"));
    fs::copy(&log, &copy).unwrap();
    for name in ["b", "c"] {
        scene.register(name).accepted();
    }
    assert_eq!(look().accepted().text("sighting"), "grown");
    assert_eq!(look().accepted().text("sighting"), "unchanged");
    let kept = fs::read(&state).unwrap();

    fs::copy(&copy, &log).unwrap();
    let rollback = look();
    rollback.refused("LOG_INCONSISTENT");
    assert_eq!(rollback.bool("consistent"), Some(false));
    for name in ["c", "b"] {
        scene.register(name).accepted();
    }
    let fork = look();
    fork.refused("LOG_INCONSISTENT");
    // The evidence: two heads of one size under one key.
    let seen = Checkpoint::read(&from_base64url(&fork.text("seen")).unwrap()).unwrap();
    let had = Checkpoint::read(&kept).unwrap();
    assert_eq!((seen.head().size, had.head().size), (3, 3));
    assert_ne!(seen.head().root, had.head().root);
    scene.state("d", &[]).accepted();
    scene.register("d").accepted();
    look().refused("LOG_INCONSISTENT");
    assert_eq!(fs::read(&state).unwrap(), kept, "what was kept is kept");

    fs::write(&state, b"{}").unwrap();
    look().refused("STATEMENT_INVALID");
}
