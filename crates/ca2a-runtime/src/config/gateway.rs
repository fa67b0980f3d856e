//! `ca2a.gateway`: cA2A in front of an agent, and the peers that the agent calls through it (GATE-20, GATE-60).

use std::{collections::BTreeSet, time::Duration};

use ca2a_core::{Capability, Scope, VerifyingKey};

use super::{
    Config, ConfigError, ListenAddr,
    model::{capabilities, optional_text, required},
    revocation::STALENESS,
    section::{Field, Section},
};
use crate::host::is_loopback;

impl Config {
    /// The same for a gateway: the age of its revocations is bounded (GATE-69).
    #[must_use]
    pub fn for_gateway(mut self) -> Self {
        if let Some(revocation) = &mut self.revocation {
            revocation.max_staleness_seconds.get_or_insert(STALENESS);
        }
        self
    }
}

/// A gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewaySettings {
    /// `upstream`: where the agent behind it is, `http://127.0.0.1:PORT/PATH` or `unix:/SOCKET:/PATH` (GATE-81).
    pub upstream: Option<String>,
    /// `url`: where callers reach the gateway, as its card says.
    pub url: Option<String>,
    /// `silence_seconds`: for how long the agent may say nothing, from 1 on; 300 unless given.
    pub silence: Duration,
    /// `outbound`.
    pub outbound: Option<OutboundSettings>,
}

/// `ca2a.gateway.outbound`: the peers of the agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboundSettings {
    /// `listen_addr`: where the agent finds them, a loopback address.
    pub listen_addr: ListenAddr,
    /// `require_hardware`: whether nothing is sent to a peer whose hardware is not affirmed; `false` unless given.
    pub require_hardware: bool,
    /// `answer_seconds`: for how long a peer is waited for, from 1 on; 60 unless given.
    pub answer: Duration,
    /// `peers`.
    pub peers: Vec<PeerSettings>,
}

/// One of `ca2a.gateway.outbound.peers`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerSettings {
    /// `name`: the peer's part of the path.
    pub name: String,
    /// `url`: the origin of its card.
    pub url: String,
    /// `tls_roots_path`: the PEM roots that its certificate must reach; the public ones unless given.
    pub tls_roots_path: Option<String>,
    /// `tls_certificate_path` and `tls_key_path`: the certificate, PEM, that is shown to a peer that asks for one, and its key.
    pub tls_identity: Option<TlsIdentitySettings>,
    /// `card_key`: the Ed25519 key that its card is signed with.
    pub card_key: VerifyingKey,
    /// `grpc_listen_addr`: a port of the peer's own, where the agent speaks gRPC to it; a loopback address.
    pub grpc_listen_addr: Option<ListenAddr>,
    /// `capability`, or `capabilities`: what may be asked for.
    pub allowed: BTreeSet<Capability>,
    /// Whether the agent chooses: `capabilities` was given.
    pub chosen: bool,
    /// `chain_path` and `key_path`: the chain of calls that belong to no inbound one, and the key of its leaf.
    pub standing: Option<StandingSettings>,
    /// `grant`: what the peer is granted with each call.
    pub grant: Option<GrantSettings>,
}

/// Two files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingSettings {
    /// The chain, JSON.
    pub chain_path: String,
    /// The key, PKCS#8 PEM.
    pub key_path: String,
}

/// Two files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsIdentitySettings {
    /// The certificate chain, PEM, the client's own first.
    pub certificate_path: String,
    /// Its private key, PEM, closed to others on the machine.
    pub key_path: String,
}

/// `grant`: a credential for the peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantSettings {
    /// `subject`: the peer's key, as its card names it for credentials.
    pub subject: VerifyingKey,
    /// `scope`.
    pub scope: Scope,
    /// `ttl_seconds`, from 1 on, default 300.
    pub ttl_seconds: u64,
}

impl GatewaySettings {
    /// A gateway, where the rest of the configuration names a judge of its peers' hardware or does not.
    pub(super) fn read(field: &Field<'_>, has_judge: bool) -> Result<Self, ConfigError> {
        let section = field.section()?;
        if let Some(upstream) = section.present("upstream") {
            check_upstream(&upstream)?;
        }
        if let Some(url) = section.present("url") {
            check_origin(&url)?;
        }
        let settings = Self {
            upstream: optional_text(&section, "upstream")?,
            url: optional_text(&section, "url")?,
            silence: Duration::from_secs(
                section.get("silence_seconds").map_or(Ok(300), |field| field.uint(1))?,
            ),
            outbound: section
                .present("outbound")
                .map(|field| OutboundSettings::read(&field, has_judge))
                .transpose()?,
        };
        match (section.present("upstream"), section.present("url")) {
            (Some(upstream), None) => Err(upstream.needs("ca2a.gateway.url")),
            (None, Some(url)) => Err(url.needs("ca2a.gateway.upstream")),
            _ => Ok(settings),
        }
    }
}

/// The gateway knows addresses better than a file does; without it in the build they are only text.
#[cfg(feature = "gateway")]
fn check_upstream(field: &Field<'_>) -> Result<(), ConfigError> {
    let address = field.text()?.parse::<crate::gateway::UpstreamAddress>();
    address.map(drop).map_err(|error| field.refuse(error.to_string()))
}

#[cfg(not(feature = "gateway"))]
fn check_upstream(field: &Field<'_>) -> Result<(), ConfigError> {
    field.text().map(drop)
}

impl OutboundSettings {
    fn read(field: &Field<'_>, has_judge: bool) -> Result<Self, ConfigError> {
        let section = field.section()?;
        let listen_addr = on_this_machine(&required(&section, field, "listen_addr")?)?;
        let (mut names, mut ports) = (BTreeSet::new(), BTreeSet::from([listen_addr.port()]));
        let mut peers = Vec::new();
        for item in required(&section, field, "peers")?.items()? {
            let peer = PeerSettings::read(&item, &mut ports)?;
            if !names.insert(peer.name.clone()) {
                return Err(item.refuse("has the name of a peer before it"));
            }
            peers.push(peer);
        }
        let hardware = section.get("require_hardware");
        let require_hardware = hardware.as_ref().map_or(Ok(false), |field| field.flag())?;
        if let Some(field) = hardware.filter(|_| require_hardware && !has_judge) {
            return Err(field.needs("attestation.callee_verifier"));
        }
        let answer = section.get("answer_seconds").map_or(Ok(60), |field| field.uint(1))?;
        Ok(Self { listen_addr, require_hardware, answer: Duration::from_secs(answer), peers })
    }
}

/// Where the agent finds its peers.
fn on_this_machine(field: &Field<'_>) -> Result<ListenAddr, ConfigError> {
    let address = ListenAddr::parse(field.text()?).map_err(|problem| field.refuse(problem))?;
    if !is_loopback(address.host()) {
        return Err(field.refuse("must be a loopback address: peers are for the agent on this machine"));
    }
    Ok(address)
}

/// A port that is none of the `ports` taken before, and one of them from then on.
fn own_port(field: &Field<'_>, ports: &mut BTreeSet<u16>) -> Result<ListenAddr, ConfigError> {
    let address = on_this_machine(field)?;
    if !ports.insert(address.port()) {
        return Err(
            field.refuse("must have a port of its own: `listen_addr` or a peer before it has this one")
        );
    }
    Ok(address)
}

impl PeerSettings {
    /// The files of TLS with the peer. Relative paths start at the folder of `config_file`.
    #[cfg(feature = "http")]
    #[must_use]
    pub fn tls_files(&self, config_file: &std::path::Path) -> crate::tls::ClientTlsFiles {
        let beside = |path: &String| super::beside(config_file, path);
        let identity = self.tls_identity.as_ref();
        crate::tls::ClientTlsFiles {
            roots: self.tls_roots_path.as_ref().map(beside),
            identity: identity.map(|files| (beside(&files.certificate_path), beside(&files.key_path))),
        }
    }

    fn read(field: &Field<'_>, ports: &mut BTreeSet<u16>) -> Result<Self, ConfigError> {
        let section = field.section()?;
        let name = required(&section, field, "name")?;
        if !is_peer_name(name.text()?) {
            return Err(name.refuse("must have 1 to 64 characters from `a` to `z`, `0` to `9` and `-`"));
        }
        let url = required(&section, field, "url")?;
        check_origin(&url)?;
        let (allowed, chosen) = allowed(&section, field)?;
        let standing = pair(&section, "chain_path", "key_path")?;
        let standing = standing.map(|(chain_path, key_path)| StandingSettings { chain_path, key_path });
        let identity = pair(&section, "tls_certificate_path", "tls_key_path")?;
        let tls_identity =
            identity.map(|(certificate_path, key_path)| TlsIdentitySettings { certificate_path, key_path });
        Ok(Self {
            name: name.text()?.to_owned(),
            url: url.text()?.to_owned(),
            tls_roots_path: optional_text(&section, "tls_roots_path")?,
            tls_identity,
            card_key: key(&required(&section, field, "card_key")?)?,
            grpc_listen_addr: section
                .present("grpc_listen_addr")
                .map(|field| own_port(&field, ports))
                .transpose()?,
            allowed,
            chosen,
            standing,
            grant: section.present("grant").map(|field| GrantSettings::read(&field)).transpose()?,
        })
    }
}

/// Two texts that are nothing without each other.
fn pair(
    section: &Section<'_>,
    first: &'static str,
    second: &'static str,
) -> Result<Option<(String, String)>, ConfigError> {
    match (section.present(first), section.present(second)) {
        (Some(one), Some(other)) => Ok(Some((one.text()?.to_owned(), other.text()?.to_owned()))),
        (Some(one), None) => Err(one.needs(second)),
        (None, Some(other)) => Err(other.needs(first)),
        (None, None) => Ok(None),
    }
}

/// Whether `name` can stand in a path as it is.
pub(crate) fn is_peer_name(name: &str) -> bool {
    let fits = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    (1..=64).contains(&name.len()) && name.bytes().all(fits)
}

#[cfg(feature = "http")]
pub(super) fn check_origin(field: &Field<'_>) -> Result<(), ConfigError> {
    let origin = crate::http::Origin::parse(field.text()?);
    origin.map(drop).map_err(|error| field.refuse(error.to_string()))
}

#[cfg(not(feature = "http"))]
pub(super) fn check_origin(field: &Field<'_>) -> Result<(), ConfigError> {
    field.text().map(drop)
}

fn key(field: &Field<'_>) -> Result<VerifyingKey, ConfigError> {
    VerifyingKey::from_hex(field.text()?).map_err(|error| field.refuse(error.to_string()))
}

/// One capability, or the list that the agent chooses from.
fn allowed(section: &Section<'_>, of: &Field<'_>) -> Result<(BTreeSet<Capability>, bool), ConfigError> {
    match (section.present("capability"), section.present("capabilities")) {
        (Some(one), Some(_)) => Err(one.refuse("`capabilities` takes its place; leave one of the two out")),
        (Some(one), None) => {
            let capability = Capability::new(one.text()?).map_err(|error| one.refuse(error.to_string()))?;
            Ok((BTreeSet::from([capability]), false))
        }
        (None, Some(list)) => {
            let allowed = capabilities(&list)?;
            if allowed.is_empty() {
                return Err(list.refuse("must list one capability at least"));
            }
            Ok((allowed, true))
        }
        (None, None) => Err(of.needs("capability")),
    }
}

impl GrantSettings {
    fn read(field: &Field<'_>) -> Result<Self, ConfigError> {
        let section = field.section()?;
        let scope = required(&section, field, "scope")?;
        let held = capabilities(&scope)?;
        if held.is_empty() {
            return Err(scope.refuse("must list one capability at least"));
        }
        Ok(Self {
            subject: key(&required(&section, field, "subject")?)?,
            scope: Scope::new(held),
            ttl_seconds: section.get("ttl_seconds").map_or(Ok(300), |field| field.uint(1))?,
        })
    }
}
