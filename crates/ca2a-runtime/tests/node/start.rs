//! A node from a configuration file: what starts, and what is refused before it can serve anyone.

use std::path::{Path, PathBuf};

use ca2a_core::{ErrorCode, RecordHash, Sha256, SigningKey};
use ca2a_covers::covers;
use ca2a_policy::bundle::{Bundle, sign};
use ca2a_runtime::{
    config::Config,
    control::{self, Control},
    node::{NodeError, Started},
    sink::StoredRecord,
    store::Export,
};

/// A folder of its own, removed when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("ca2a-start-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn config(&self) -> PathBuf {
        self.0.join("ca2a.yaml")
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.join(name), text).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn start(yaml: &str, file: &Path) -> Result<Started, NodeError> {
    Started::from_config(&Config::from_yaml(yaml.as_bytes()).unwrap(), file)
}

fn yaml(rest: &str) -> String {
    let root = SigningKey::from_seed(&[1; 32]).verifying_key();
    format!("attestation: {{provider: software-only}}\ntrusted_root_issuers: ['{root}']\n{rest}")
}

/// RUN-10: records are durable without anybody asking for it.
#[test]
fn a_plain_configuration_starts_and_keeps_its_records_beside_itself() {
    let folder = Folder::new("plain");
    let node = start(&yaml("local_policy: [read]\n"), &folder.config()).unwrap();
    assert_eq!(node.node.handshake("n").status, 200);
    assert!(folder.0.join("ca2a-state/records.redb").is_file());
    // One node, one store.
    let second = start(&yaml("local_policy: [read]\n"), &folder.config()).unwrap_err();
    assert_eq!(second.code(), ErrorCode::StoreUnavailable);
}

/// POL-20, POL-22, POL-23: a signed bundle in a folder, held against a key or a digest.
#[test]
fn a_signed_bundle_must_count() {
    let folder = Folder::new("bundle");
    let key = SigningKey::from_seed(&[7; 32]);
    let manifest = br#"{"version":"1.0","authored_at":"t","author_identity":"Ann","commit_sha":"0000000"}"#;
    let text = "permit(principal, action == Action::\"read\", resource);";
    let bundle = Bundle::read(manifest, [("read.cedar", text)], b"{}").unwrap();
    folder.write("read.cedar", text);
    folder.write("schema.cedarschema", "{}");
    folder.write("manifest.json", &String::from_utf8(sign(manifest, &bundle, &key).unwrap()).unwrap());

    let start = |held: &str| {
        let config = yaml(&format!("ca2a: {{policy_bundle: {{dir: ., {held}}}}}\n"));
        start(&config, &folder.config()).map(drop).map_err(|error| error.code())
    };
    let (own, other) = (key.verifying_key(), SigningKey::from_seed(&[8; 32]).verifying_key());
    let digest = bundle.hash().to_hex();
    assert_eq!(start(&format!("key: '{own}'")), Ok(()));
    assert_eq!(start(&format!("key: '{own}', digest: '{digest}'")), Ok(()));
    assert_eq!(start(&format!("digest: '{digest}'")), Ok(()));
    assert_eq!(start(&format!("key: '{other}'")), Err(ErrorCode::PolicySignatureInvalid));
    let zeros = "0".repeat(64);
    assert_eq!(start(&format!("digest: '{zeros}'")), Err(ErrorCode::PolicyHashMismatch));

    // Held against nothing it would be anybody's who writes the folder; and there is one policy.
    let own = format!("'{own}'");
    for refused in [
        "ca2a: {policy_bundle: {dir: .}}\n".to_owned(),
        format!("ca2a: {{policy_bundle: {{key: {own}}}}}\n"),
        format!("ca2a: {{policy_bundle: {{dir: ., successor_key: {own}, digest: '{zeros}'}}}}\n"),
        format!("ca2a: {{policy_bundle: {{dir: ., key: '{zeros}'}}}}\n"),
        format!("policy_bundle_path: p.cedar\nca2a: {{policy_bundle: {{dir: ., key: {own}}}}}\n"),
    ] {
        assert!(Config::from_yaml(yaml(&refused).as_bytes()).is_err(), "{refused}");
    }
}

/// POL-7: a policy that does not parse is a start-up error.
#[test]
fn a_policy_must_load() {
    let folder = Folder::new("policy");
    let with = yaml("policy_bundle_path: policy.cedar\n");
    assert!(matches!(start(&with, &folder.config()), Err(NodeError::File { .. })));
    folder.write("policy.cedar", "permit(principal, action");
    let refused = start(&with, &folder.config()).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::ConfigError);
    assert!(refused.to_string().contains("policy.cedar"), "{refused}");
    folder.write("policy.cedar", "permit(principal, action == Action::\"read\", resource);");
    assert!(start(&with, &folder.config()).unwrap().notes.is_empty());
    // The package's constant principal: such a rule never applies here, and its author is told.
    folder.write("policy.cedar", "permit(principal == Agent::\"peer\", action, resource);");
    let noted = start(&with, &folder.config()).unwrap();
    assert!(noted.notes.iter().any(|note| note.contains("peer")), "{:?}", noted.notes);
}

/// RUN-13: a snapshot that was promised must be there.
#[test]
fn a_revocation_snapshot_must_load() {
    let folder = Folder::new("revocations");
    let with = yaml(
        "local_policy: [read]\nca2a: {revocation: {snapshot_path: revoked.json, max_staleness_seconds: 60}}\n",
    );
    assert_eq!(start(&with, &folder.config()).unwrap_err().code(), ErrorCode::ConfigError);
    folder.write("revoked.json", "{\"as_of\": 0, \"revocations\": []}");
    start(&with, &folder.config()).unwrap();
}

/// CFG-10: what this build cannot check, it does not start on.
#[test]
fn what_cannot_be_checked_is_refused() {
    covers!(refuse, "CFG-10");
    let folder = Folder::new("refused");
    for (text, says) in [
        (yaml(""), "needs a policy"),
        ("local_policy: [read]\nattestation: {provider: software-only}".to_owned(), "at least one root"),
        (yaml("local_policy: [read]").replace("software-only", "auto"), "software-only"),
        (yaml("local_policy: [read]").replace("software-only", "tdx"), "tdx"),
    ] {
        let refused = start(&text, &folder.config()).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::ConfigError);
        assert!(refused.to_string().contains(says), "{refused}");
    }
}

/// RUN-48: who gives up that records are durable at once is told what that costs.
#[test]
fn records_that_may_be_lost_are_said() {
    covers!(accept, "RUN-48");
    covers!(refuse, "RUN-48");
    for (sync, said) in [("each-commit", 0), ("on-close", 1)] {
        let folder = Folder::new(sync);
        let text = yaml(&format!("local_policy: [read]\nca2a: {{record_sync: {sync}}}\n"));
        let notes = start(&text, &folder.config()).unwrap().notes;
        let told = notes.iter().filter(|note| note.contains("record_sync"));
        assert_eq!(told.count(), said, "{notes:?}");
    }
}

/// RUN-16: a node keeps one key for good, and keeps it to itself.
#[test]
fn a_node_makes_its_key_once_and_for_itself() {
    covers!(accept, "RUN-16");
    covers!(refuse, "RUN-16");
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new("identity");
    let text = yaml("local_policy: [read]\n");
    let first = start(&text, &folder.config()).unwrap().node.signing_key().unwrap();
    let second = start(&text, &folder.config()).unwrap().node.signing_key().unwrap();
    assert_eq!(first, second);
    let file = folder.0.join("ca2a-state/node-key.pem");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    let refused = start(&text, &folder.config()).unwrap_err();
    assert!(refused.to_string().contains("chmod 600"), "{refused}");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(&file, "no key").unwrap();
    assert_eq!(start(&text, &folder.config()).unwrap_err().code(), ErrorCode::ConfigError);
}

/// RUN-18: a running node is asked, one that is gone is read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_are_had_from_a_running_node_and_from_a_store() {
    covers!(accept, "RUN-18");
    covers!(refuse, "RUN-18");
    let folder = Folder::new("control");
    let started = start(&yaml("local_policy: [read]\n"), &folder.config()).unwrap();
    for number in 0..3_u8 {
        let (json, hash) = (format!("{{\"n\":{number}}}"), RecordHash(Sha256([number; 32])));
        let statement = (number == 1).then(|| "{\"s\":1}".to_owned());
        started.records.append(StoredRecord { hash, json, statement }).await.unwrap();
    }
    let state = started.folder.clone();
    let read = move |what| {
        let state = state.clone();
        tokio::task::spawn_blocking(move || {
            let mut out = Vec::new();
            control::export(&state, what, &mut out).map(|count| (count, String::from_utf8(out).unwrap()))
        })
    };
    let socket = started.folder.join(control::SOCKET_FILE);
    let control = Control::bind(&socket).unwrap();
    assert!(Control::bind(&socket).is_err(), "one node, one socket");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&socket).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let serving = tokio::spawn(control.serve(started.records.clone()));
    let records = (3, "{\"n\":0}\n{\"n\":1}\n{\"n\":2}\n".to_owned());
    assert_eq!(read(Export::Records).await.unwrap().unwrap(), records);
    assert_eq!(read(Export::Statements).await.unwrap().unwrap(), (1, "{\"s\":1}\n".to_owned()));
    serving.abort();
    let _ = serving.await;
    assert!(!socket.exists());

    drop(started);
    // Whoever served the last answer holds the store for a moment after its client has it.
    let mut kept = read(Export::Records).await.unwrap();
    for _ in 0..500 {
        if kept.is_ok() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        kept = read(Export::Records).await.unwrap();
    }
    assert_eq!(kept.unwrap(), records);
    let nowhere = Folder::new("control-nowhere");
    assert!(control::export(&nowhere.0, Export::Records, &mut Vec::new()).is_err());
}
