//! The configuration as plain data.

use std::{collections::BTreeSet, time::Duration};

use ca2a_core::{Capability, VerifyingKey};
use ca2a_seal::SealVersion;

use super::{
    A2aSettings, CallsSettings, Choice as _, ConfigError, EnforcementMode, GatewaySettings, ListenAddr,
    OperationsSettings, PolicyBundleSettings, Provider, RevocationSettings, TlsSettings, TpmSettings,
    TrafficSettings, VerifierPlatform,
    section::{Field, Section},
    yaml,
};
use crate::{attestation::QuotaLimits, peer::CallerRequirement, store::SyncPolicy};

/// A configuration. What it holds is well-formed; whether a node can start from it is another question, which
/// [`Self::validate_for_start`] answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `attestation.provider`, default `auto`.
    pub provider: Provider,
    /// `attestation.enforcement_mode`, default `enforcing`. Without effect: a node always enforces.
    pub enforcement_mode: EnforcementMode,
    /// `attestation.require_caller_attestation`, default `none`.
    pub require_caller_attestation: CallerRequirement,
    /// `attestation.caller_verifier`.
    pub caller_verifier: Option<PeerVerifier>,
    /// `attestation.callee_verifier`: the same for the peers that this node calls.
    pub callee_verifier: Option<PeerVerifier>,
    /// `attestation.appraisal_policy_path`: an appraisal policy with reference values, YAML or JSON, which takes the place of
    /// both verifiers.
    pub appraisal_policy_path: Option<String>,
    /// `attestation.trusted_roots`: PEM roots that certificates may reach under that policy, beside those that are built in.
    pub trusted_roots: Vec<(VerifierPlatform, String)>,
    /// `attestation.endorsements_dir`: certificates of SEV-SNP machines, `<chip id>-<reported tcb>.der`, and revocation lists
    /// of SEV-SNP and TPM certificates, `*.crl`.
    pub endorsements_dir: Option<String>,
    /// `attestation.collateral_dir`: collateral of TDX platforms, `<fmspc>.json`.
    pub collateral_dir: Option<String>,
    /// `attestation.quotes`: how many quotes are minted for those who ask.
    pub quotes: QuotaLimits,
    /// `attestation.challenge_ttl_seconds`, from 1 on, default 60.
    pub challenge_ttl_seconds: u64,
    /// `max_delegation_depth`, from 1 on, default 8: the depth of the deepest credential, the root's being 0.
    pub max_delegation_depth: u64,
    /// `listen_addr`, default `127.0.0.1:8443`.
    pub listen_addr: ListenAddr,
    /// `local_policy`: the capabilities that this node allows.
    pub local_policy: Option<BTreeSet<Capability>>,
    /// `policy_bundle_path`: Cedar text. Wins over `local_policy`.
    pub policy_bundle_path: Option<String>,
    /// `trusted_root_issuers`, default none.
    pub trusted_root_issuers: BTreeSet<VerifyingKey>,
    /// `agent_manifest`.
    pub agent_manifest: Option<AgentManifest>,
    /// `ca2a.state_dir`: the folder for durable records, default `ca2a-state`.
    pub state_dir: String,
    /// `ca2a.holder_key_path`: the node's own signing key, PKCS#8 PEM, default `node-key.pem` in the folder of records.
    /// Where there is no file, the first start makes one.
    pub holder_key_path: Option<String>,
    /// `ca2a.record_sync`, default `each-commit`: when records are forced to the disk.
    pub record_sync: SyncPolicy,
    /// `ca2a.replay_capacity`, from 8 on, default 1,000,000: how many spent proofs are remembered, an eighth of them
    /// for one holder.
    pub replay_capacity: u64,
    /// `ca2a.calls`: the calls of a gateway in a database. They stand in the folder of state unless this is there.
    pub calls: Option<CallsSettings>,
    /// `ca2a.seal.minimum`, 1 or 2, default 1: the weakest version of sealed payloads.
    pub seal_minimum: SealVersion,
    /// `ca2a.policy_bundle`, in the place of `local_policy` and `policy_bundle_path`.
    pub policy_bundle: Option<PolicyBundleSettings>,
    /// `ca2a.revocation`.
    pub revocation: Option<RevocationSettings>,
    /// `ca2a.http`.
    pub http: HttpSettings,
    /// `ca2a.traffic`.
    pub traffic: TrafficSettings,
    /// `ca2a.operations`.
    pub operations: OperationsSettings,
    /// `ca2a.tls`: TLS wherever the node listens. It listens in plain unless this is there.
    pub tls: Option<TlsSettings>,
    /// `ca2a.a2a`: the node as an A2A agent. It is none unless this is there.
    pub a2a: Option<A2aSettings>,
    /// `ca2a.gateway`: the node as a gateway (`ca2a gateway`).
    pub gateway: Option<GatewaySettings>,
    /// `ca2a.tpm`.
    pub tpm: TpmSettings,
}

/// `attestation.caller_verifier`, `attestation.callee_verifier`: how a peer's hardware evidence is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerVerifier {
    /// Whose evidence.
    pub platform: VerifierPlatform,
    /// PEM roots that its certificates may reach beside those that are built in.
    pub trusted_roots_path: String,
    /// Launch digests of SEV-SNP, MRTDs of TDX or PCR digests of TPMs that are known, in lower-case hex. Without one no
    /// evidence is believed.
    pub measurements: Vec<String>,
}

/// `agent_manifest`: the manifest that describes this agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentManifest {
    /// The manifest.
    pub path: String,
    /// The keys that may have signed it.
    pub trust_anchor_path: String,
    /// The SPIFFE id that it must be about.
    pub authenticated_subject: String,
}

/// `ca2a.http`: the bounds of the transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpSettings {
    /// Connections at one time, default 1,024.
    pub max_connections: u64,
    /// For a request head, default 5 s.
    pub head: Duration,
    /// For a request body, default 10 s.
    pub body: Duration,
    /// For a whole request, default 30 s.
    pub request: Duration,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            max_connections: 1024,
            head: Duration::from_secs(5),
            body: Duration::from_secs(10),
            request: Duration::from_secs(30),
        }
    }
}

#[cfg(feature = "http")]
impl From<HttpSettings> for crate::http::HttpLimits {
    fn from(settings: HttpSettings) -> Self {
        Self {
            head: settings.head,
            body: settings.body,
            request: settings.request,
            connections: usize::try_from(settings.max_connections).unwrap_or(usize::MAX),
            ..Self::default()
        }
    }
}

impl Default for Config {
    /// What the empty file says.
    fn default() -> Self {
        Self {
            provider: Provider::Auto,
            enforcement_mode: EnforcementMode::Enforcing,
            require_caller_attestation: CallerRequirement::None,
            caller_verifier: None,
            callee_verifier: None,
            appraisal_policy_path: None,
            trusted_roots: Vec::new(),
            endorsements_dir: None,
            collateral_dir: None,
            quotes: QuotaLimits::default(),
            challenge_ttl_seconds: 60,
            max_delegation_depth: 8,
            listen_addr: ListenAddr::default(),
            local_policy: None,
            policy_bundle_path: None,
            trusted_root_issuers: BTreeSet::new(),
            agent_manifest: None,
            state_dir: "ca2a-state".to_owned(),
            holder_key_path: None,
            record_sync: SyncPolicy::EachCommit,
            replay_capacity: 1_000_000,
            seal_minimum: SealVersion::V1,
            calls: None,
            policy_bundle: None,
            revocation: None,
            http: HttpSettings::default(),
            traffic: TrafficSettings::default(),
            operations: OperationsSettings::default(),
            tls: None,
            a2a: None,
            gateway: None,
            tpm: TpmSettings::default(),
        }
    }
}

impl Config {
    /// Reads a configuration file (CFG-1 to CFG-9).
    ///
    /// # Errors
    /// The first thing that is wrong, with its line and column: `CONFIG_ERROR`.
    pub fn from_yaml(bytes: &[u8]) -> Result<Self, ConfigError> {
        let Some(document) = yaml::read(bytes)? else { return Ok(Self::default()) };
        if document.is_null() {
            return Ok(Self::default());
        }
        let root = Section::root(&document)?;
        let mut config = Self::default();
        config.read_attestation(&root.section("attestation")?)?;
        if let Some(field) = root.get("max_delegation_depth") {
            config.max_delegation_depth = field.uint(1)?;
        }
        if let Some(field) = root.get("listen_addr") {
            config.listen_addr = ListenAddr::parse(field.text()?).map_err(|problem| field.refuse(problem))?;
        }
        config.local_policy = root.present("local_policy").map(|field| capabilities(&field)).transpose()?;
        config.policy_bundle_path = optional_text(&root, "policy_bundle_path")?;
        if let Some(field) = root.get("trusted_root_issuers") {
            config.trusted_root_issuers = keys(&field)?;
        }
        config.agent_manifest = manifest(&root)?;
        config.read_ours(&root.section("ca2a")?)?;
        Ok(config)
    }

    fn read_attestation(&mut self, section: &Section<'_>) -> Result<(), ConfigError> {
        if let Some(field) = section.get("provider") {
            self.provider = field.choice()?;
        }
        if let Some(field) = section.get("enforcement_mode") {
            self.enforcement_mode = field.choice()?;
        }
        if let Some(field) = section.get("challenge_ttl_seconds") {
            self.challenge_ttl_seconds = field.uint(1)?;
        }
        self.caller_verifier =
            section.present("caller_verifier").map(|field| verifier(&field)).transpose()?;
        self.callee_verifier =
            section.present("callee_verifier").map(|field| verifier(&field)).transpose()?;
        self.appraisal_policy_path = optional_text(section, "appraisal_policy_path")?;
        if self.appraisal_policy_path.is_some() {
            let both = ["caller_verifier", "callee_verifier"];
            if let Some(field) = both.into_iter().find_map(|key| section.present(key)) {
                return Err(field.refuse("`appraisal_policy_path` takes its place; leave one of the two out"));
            }
        }
        self.trusted_roots = trusted_roots(section, self.appraisal_policy_path.is_some())?;
        self.endorsements_dir = optional_text(section, "endorsements_dir")?;
        self.collateral_dir = optional_text(section, "collateral_dir")?;
        self.quotes = quotes(&section.section("quotes")?)?;
        if let Some(field) = section.get("require_caller_attestation") {
            self.require_caller_attestation = field.choice()?;
            if self.require_caller_attestation == CallerRequirement::Hardware
                && self.caller_verifier.is_none()
                && self.appraisal_policy_path.is_none()
            {
                return Err(field.needs("attestation.caller_verifier"));
            }
        }
        Ok(())
    }

    fn read_ours(&mut self, section: &Section<'_>) -> Result<(), ConfigError> {
        if let Some(folder) = optional_text(section, "state_dir")? {
            self.state_dir = folder;
        }
        self.holder_key_path = optional_text(section, "holder_key_path")?;
        if let Some(field) = section.get("record_sync") {
            self.record_sync = field.choice()?;
        }
        if let Some(field) = section.get("replay_capacity") {
            self.replay_capacity = field.uint(8)?;
        }
        if let Some(field) = section.section("seal")?.get("minimum") {
            let known = SealVersion::from_number(field.uint(1)?);
            self.seal_minimum = known.ok_or_else(|| field.refuse("must be 1 or 2"))?;
        }
        self.traffic = TrafficSettings::read(&section.section("traffic")?)?;
        self.operations = OperationsSettings::read(&section.section("operations")?)?;
        self.tls = section.present("tls").map(|field| TlsSettings::read(&field)).transpose()?;
        self.calls = section.present("calls").map(|field| CallsSettings::read(&field)).transpose()?;
        self.a2a = section.present("a2a").map(|field| A2aSettings::read(&field)).transpose()?;
        if let Some(field) = section.present("gateway") {
            let has_judge = self.callee_verifier.is_some() || self.appraisal_policy_path.is_some();
            self.gateway = Some(GatewaySettings::read(&field, has_judge)?);
            let sync = section.get("record_sync").filter(|_| self.record_sync != SyncPolicy::EachCommit);
            if let Some(field) = sync {
                return Err(field
                    .refuse("must be `each-commit` for a gateway: it keeps what it promises on the disk"));
            }
        }
        self.policy_bundle =
            section.present("policy_bundle").map(|field| PolicyBundleSettings::read(&field)).transpose()?;
        if let Some(field) = section.present("policy_bundle")
            && self.policy_bundle_path.is_some()
        {
            return Err(field.refuse("it takes the place of `policy_bundle_path`; leave one of the two out"));
        }
        self.revocation = RevocationSettings::read(&section.section("revocation")?)?;
        self.tpm = TpmSettings::read(&section.section("tpm")?)?;
        let http = section.section("http")?;
        if let Some(field) = http.get("max_connections") {
            self.http.max_connections = field.uint(1)?;
        }
        for (key, slot) in [
            ("head_seconds", &mut self.http.head),
            ("body_seconds", &mut self.http.body),
            ("request_seconds", &mut self.http.request),
        ] {
            if let Some(field) = http.get(key) {
                *slot = Duration::from_secs(field.uint(1)?);
            }
        }
        Ok(())
    }
}

pub(super) fn optional_text(section: &Section<'_>, key: &str) -> Result<Option<String>, ConfigError> {
    section.present(key).map(|field| field.text().map(str::to_owned)).transpose()
}

pub(super) fn capabilities(field: &Field<'_>) -> Result<BTreeSet<Capability>, ConfigError> {
    let capability =
        |item: Field<'_>| Capability::new(item.text()?).map_err(|error| item.refuse(error.to_string()));
    field.items()?.map(capability).collect()
}

fn keys(field: &Field<'_>) -> Result<BTreeSet<VerifyingKey>, ConfigError> {
    let key = |item: Field<'_>| {
        VerifyingKey::from_hex(item.text()?).map_err(|error| item.refuse(error.to_string()))
    };
    field.items()?.map(key).collect()
}

pub(super) fn required<'i>(
    section: &Section<'i>,
    of: &Field<'_>,
    key: &'static str,
) -> Result<Field<'i>, ConfigError> {
    section.present(key).ok_or_else(|| of.needs(key))
}

fn verifier(field: &Field<'_>) -> Result<PeerVerifier, ConfigError> {
    let section = field.section()?;
    let platform = required(&section, field, "platform")?.choice()?;
    let measurements = match section.present("measurements") {
        None => Vec::new(),
        Some(list) => list.items()?.map(|item| measurement(&item, platform)).collect::<Result<_, _>>()?,
    };
    Ok(PeerVerifier {
        platform,
        trusted_roots_path: required(&section, field, "trusted_roots_path")?.text()?.to_owned(),
        measurements,
    })
}

fn trusted_roots(
    section: &Section<'_>,
    has_policy: bool,
) -> Result<Vec<(VerifierPlatform, String)>, ConfigError> {
    let Some(field) = section.present("trusted_roots") else { return Ok(Vec::new()) };
    if !has_policy {
        return Err(field.needs("attestation.appraisal_policy_path"));
    }
    let roots = field.section()?;
    let named = VerifierPlatform::ALL.iter().filter_map(|platform| {
        let path = roots.present(platform.as_str())?;
        Some(path.text().map(|path| (*platform, path.to_owned())))
    });
    named.collect()
}

/// A digest of the length that the platform measures with.
fn measurement(field: &Field<'_>, platform: VerifierPlatform) -> Result<String, ConfigError> {
    let text = field.text()?;
    let lengths: &[usize] = match platform {
        VerifierPlatform::SevSnp | VerifierPlatform::Tdx => &[96],
        VerifierPlatform::Tpm => &[64, 96, 128],
    };
    let hex = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if hex && lengths.contains(&text.len()) {
        return Ok(text.to_owned());
    }
    let wanted: Vec<_> = lengths.iter().map(ToString::to_string).collect();
    Err(field.refuse(format!("must be {} lower-case hex characters", wanted.join(" or "))))
}

fn quotes(section: &Section<'_>) -> Result<QuotaLimits, ConfigError> {
    let mut limits = QuotaLimits::default();
    for (key, least, slot) in [
        ("per_minute", 1, &mut limits.per_minute),
        ("per_peer_per_minute", 1, &mut limits.per_peer_per_minute),
        ("reserved", 0, &mut limits.reserved),
    ] {
        let Some(field) = section.get(key) else { continue };
        *slot =
            u32::try_from(field.uint(least)?).map_err(|_| field.refuse("is more than a machine mints"))?;
    }
    match section.get("reserved").or_else(|| section.get("per_minute")) {
        Some(field) if limits.reserved >= limits.per_minute => {
            Err(field.refuse("`reserved` must be less than `per_minute`, or strangers get nothing at all"))
        }
        _ => Ok(limits),
    }
}

fn manifest(root: &Section<'_>) -> Result<Option<AgentManifest>, ConfigError> {
    const KEYS: [&str; 3] = ["path", "trust_anchor_path", "authenticated_subject"];
    let Some(field) = root.present("agent_manifest") else { return Ok(None) };
    let section = field.section()?;
    if KEYS.iter().all(|key| section.present(key).is_none()) {
        return Ok(None);
    }
    let [path, anchor, subject] = KEYS.map(|key| required(&section, &field, key));
    let (path, anchor, subject) = (path?, anchor?, subject?);
    let authenticated_subject = subject.text()?;
    if !authenticated_subject.starts_with("spiffe://") {
        return Err(subject.refuse("must be a SPIFFE id, `spiffe://…`"));
    }
    Ok(Some(AgentManifest {
        path: path.text()?.to_owned(),
        trust_anchor_path: anchor.text()?.to_owned(),
        authenticated_subject: authenticated_subject.to_owned(),
    }))
}
