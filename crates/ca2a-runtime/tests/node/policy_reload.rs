//! A policy bundle that is replaced while its node runs (POL-27, RUN-75).

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use ca2a_core::{CallerAssurance, ErrorCode, json};
use ca2a_covers::covers;
use ca2a_policy::{
    Facts,
    bundle::{Bundle, BundleTrust, KeyId, KeyRevocation, PolicyKeys, sign},
};
use ca2a_runtime::node::{BundleFolder, PolicySource};

use crate::support::scene::{call, capability, key, scene};

const READ: &str = "permit(principal, action == Action::\"read\", resource);";
const WRITE: &str = "permit(principal, action == Action::\"write\", resource);";

struct Folder {
    path: PathBuf,
    said: Arc<Mutex<Vec<String>>>,
}

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("ca2a-bundle-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(path.join("more")).unwrap();
        Self { path, said: Arc::default() }
    }

    /// Writes a bundle; `by` signs it.
    fn put(&self, version: &str, policy: &str, by: u8) {
        let manifest = format!(
            r#"{{"version":"{version}","authored_at":"t","author_identity":"Ann","commit_sha":"0000000"}}"#
        );
        let files = [("more/10.cedar", policy)];
        let unsigned = Bundle::read(manifest.as_bytes(), files, b"{}").unwrap();
        let signed = sign(manifest.as_bytes(), &unsigned, &key(by)).unwrap();
        std::fs::write(self.path.join("more/10.cedar"), policy).unwrap();
        std::fs::write(self.path.join("schema.cedarschema"), "{}").unwrap();
        std::fs::write(self.path.join("manifest.json"), signed).unwrap();
    }

    fn revoke(&self, revoked: u8, by: u8) {
        let statement = KeyRevocation::sign(KeyId::of(&key(revoked).verifying_key()), &key(by));
        let file = json::to_text(&[json::Node::from(statement.to_object())].into_iter().collect());
        std::fs::write(self.path.join("signing-key-revocations.json"), file).unwrap();
    }

    /// Key 7 signs, and key 8 after it.
    fn open(&self) -> Result<BundleFolder, ErrorCode> {
        let keys = PolicyKeys::new(key(7).verifying_key(), Some(key(8).verifying_key())).unwrap();
        let said = Arc::clone(&self.said);
        let report = move |note: &str| said.lock().unwrap().push(note.to_owned());
        BundleFolder::open(&self.path, BundleTrust::new().keys(keys), report).map_err(|error| error.code())
    }

    fn said(&self) -> Vec<String> {
        self.said.lock().unwrap().drain(..).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// What of `read` and `write` is allowed.
fn allowed(folder: &BundleFolder) -> Vec<&'static str> {
    let policy = folder.current();
    let (agent, root) = (key(3).verifying_key(), key(1).verifying_key());
    let allows = |name: &&str| {
        let capability = capability(name);
        let facts = Facts::new(&agent, &capability, 1, &root, CallerAssurance::NotOffered, None);
        policy.decide(&facts).is_allow()
    };
    ["read", "write"].into_iter().filter(|name| allows(name)).collect()
}

/// POL-27: a greater version takes its place; what does not count leaves the one in force, and is said once.
#[test]
fn a_bundle_is_replaced_whole_or_not_at_all() {
    covers!(accept, "POL-27");
    covers!(refuse, "POL-26", "POL-27");
    let folder = Folder::new();
    folder.put("1.0", READ, 7);
    let bundles = folder.open().unwrap();
    assert_eq!(allowed(&bundles), ["read"]);
    assert_eq!(folder.said(), [""; 0]);

    folder.put("1.1", WRITE, 7);
    assert_eq!(allowed(&bundles), ["write"]);
    assert_eq!(folder.said(), ["policy bundle 1.1 is in force"]);

    // An older version, a stranger's signature, an edited file, no policy at all, no manifest.
    for (change, code) in [
        (&|| folder.put("1.0", READ, 7) as (), "POLICY_RELOAD_REFUSED"),
        (&|| folder.put("1.2", READ, 9), "POLICY_SIGNATURE_INVALID"),
        (
            &|| {
                folder.put("1.3.0", WRITE, 7);
                std::fs::write(folder.path.join("more/10.cedar"), READ).unwrap();
            },
            "POLICY_SIGNATURE_INVALID",
        ),
        (&|| folder.put("1.40.0", "permit(", 7), "CONFIG_ERROR"),
        (&|| std::fs::remove_file(folder.path.join("manifest.json")).unwrap(), "CONFIG_ERROR"),
    ] as [(&dyn Fn(), &str); 5]
    {
        change();
        assert_eq!(bundles.reload().unwrap_err().code().as_str(), code);
        assert_eq!(allowed(&bundles), ["write"], "{code}");
    }
    folder.put("2.0", READ, 7);
    assert!(bundles.reload().unwrap());
    assert!(!bundles.reload().unwrap(), "the same bundle is no other");
    assert_eq!(allowed(&bundles), ["read"]);
}

/// POL-27: a refusal is said, and once.
#[test]
fn a_refusal_is_said() {
    covers!(refuse, "POL-27");
    let folder = Folder::new();
    folder.put("1.0", READ, 7);
    let bundles = folder.open().unwrap();
    folder.put("1.10", WRITE, 9);
    for _ in 0..3 {
        assert_eq!(allowed(&bundles), ["read"]);
    }
    let said = folder.said();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("POLICY_SIGNATURE_INVALID"), "{said:?}");
}

/// POL-24, POL-27: what a revoked key signed allows nothing, until its successor signs.
#[test]
fn a_revoked_key_takes_its_bundle_with_it() {
    covers!(accept, "POL-24");
    covers!(refuse, "POL-24", "POL-27");
    let folder = Folder::new();
    folder.put("1.0", READ, 7);
    let bundles = folder.open().unwrap();
    // A stranger revokes nothing.
    folder.revoke(7, 9);
    assert_eq!(allowed(&bundles), ["read"]);
    std::fs::remove_file(folder.path.join("signing-key-revocations.json")).unwrap();
    assert_eq!(allowed(&bundles), ["read"]);
    folder.revoke(7, 8);
    assert_eq!(allowed(&bundles), [""; 0]);
    assert_eq!(bundles.reload().unwrap_err().code(), ErrorCode::PolicySigningKeyRevoked);
    folder.put("1.1", WRITE, 8);
    assert_eq!(allowed(&bundles), ["write"]);
    // And a node does not start under it.
    folder.put("1.2", READ, 7);
    assert_eq!(folder.open().unwrap_err(), ErrorCode::PolicySigningKeyRevoked);
}

/// POL-20, POL-23: a node does not start without a bundle that counts.
#[test]
fn a_node_starts_under_a_bundle_that_counts() {
    let folder = Folder::new();
    assert_eq!(folder.open().unwrap_err(), ErrorCode::ConfigError);
    folder.put("1.0", READ, 9);
    assert_eq!(folder.open().unwrap_err(), ErrorCode::PolicySignatureInvalid);
    folder.put("1.0", READ, 7);
    std::fs::write(folder.path.join("large.cedar"), vec![b' '; (1 << 20) + 1]).unwrap();
    assert_eq!(folder.open().unwrap_err(), ErrorCode::ConfigError);
}

/// RUN-75: one policy decides a call and stands in its statement.
#[tokio::test]
async fn a_call_is_decided_and_signed_for_under_one_policy() {
    covers!(accept, "RUN-75");
    covers!(refuse, "RUN-75");
    let folder = Folder::new();
    folder.put("1.0", READ, 7);
    let bundles = Arc::new(folder.open().unwrap());
    let scene = scene();
    let node = scene.node.with_identity(key(5)).with_policy_source(bundles.clone());
    let granted = node.decide(call("read").prove(&node)).await.unwrap();
    let first = granted.statement.unwrap().facts().policy;
    assert_eq!(first, bundles.current().digest());
    assert!(node.decide(call("write").prove(&node)).await.is_err());

    folder.put("1.10", WRITE, 7);
    let granted = node.decide(call("write").prove(&node)).await.unwrap();
    let second = granted.statement.unwrap().facts().policy;
    assert_eq!(second, bundles.current().digest());
    assert_ne!(first, second);
    assert!(node.decide(call("read").prove(&node)).await.is_err());
}

/// RUN-71: roots and policy are those of the configuration file as it stands; a file that no node would start from changes
/// nothing, and is told of.
#[cfg(all(feature = "config", feature = "store-redb"))]
#[tokio::test]
async fn roots_and_policy_follow_the_configuration_file() {
    use ca2a_runtime::{config::Config, node::ConfiguredAuthority};
    let folder = Folder::new();
    let file = folder.path.join("ca2a.yaml");
    let text = |root: u8, allowed: &str| {
        let root = key(root).verifying_key();
        format!(
            "attestation: {{provider: software-only}}\ntrusted_root_issuers: ['{root}']\nlocal_policy: [{allowed}]\n"
        )
    };
    std::fs::write(&file, text(1, "read")).unwrap();
    let config = Config::from_yaml(text(1, "read").as_bytes()).unwrap();
    let said = Arc::clone(&folder.said);
    let report = Arc::new(move |note: &str| said.lock().unwrap().push(note.to_owned()));
    let node = ConfiguredAuthority::open(&config, &file, report).unwrap().govern(scene().node);
    let asked = async |capability: &str| {
        node.decide(call(capability).prove(&node)).await.err().map(|declined| declined.code())
    };
    assert_eq!((asked("read").await, asked("write").await), (None, Some(ErrorCode::ScopeNotPermitted)));

    covers!(accept, "RUN-71");
    std::fs::write(&file, text(1, "write, read")).unwrap();
    assert_eq!((asked("read").await, asked("write").await), (None, None));

    covers!(refuse, "RUN-71");
    for broken in ["local_policy: [read", "local_policy: []\n", "lokal_policy: [read]\n"] {
        std::fs::write(&file, broken).unwrap();
        assert_eq!((asked("read").await, asked("write").await), (None, None), "{broken}");
        assert!(folder.said().iter().any(|note| note.contains("refused")), "{broken}");
    }
    // A policy at a place that nobody watches is none for a node that runs.
    std::fs::write(folder.path.join("more.cedar"), READ).unwrap();
    let elsewhere = text(1, "read").replace("local_policy: [read]", "policy_bundle_path: more.cedar");
    std::fs::write(&file, elsewhere).unwrap();
    assert_eq!((asked("read").await, asked("write").await), (None, None));
    assert!(folder.said().last().unwrap().contains("policy_bundle_path"), "{:?}", folder.said());
    std::fs::write(&file, text(9, "read")).unwrap();
    assert_eq!(asked("read").await, Some(ErrorCode::UntrustedDelegationRoot));
}
