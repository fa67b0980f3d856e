//! Verifying a chain.

use std::collections::BTreeSet;

use ca2a_core::{
    encoding::from_base64url,
    json::Node,
    requirement::{enforce, holds, is_off},
};

use super::{
    ChainFault, ChainRefusal,
    hop::{Hop, UNSIGNED},
    narrow::narrows,
};
use crate::{
    ConstraintAnswer, ConstraintEvaluator, ConstraintQuestion, Finding, Mode, PrincipalKeys, Timestamp,
    algorithm::{Unsigned, check_ed25519},
};

/// What a chain is asked: by whom, for which manifest, and when.
#[derive(Debug, Clone)]
pub struct ChainQuestion<'q> {
    /// The keys of the principals.
    pub keys: &'q PrincipalKeys,
    /// The id of the manifest that the chain stands in, as written there.
    pub manifest_id: &'q str,
    /// The issuer of that manifest, with whom the chain has to begin.
    pub issuer: Option<&'q str>,
    /// The agent that the manifest is about, with whom the chain has to end unless it is the root alone.
    pub agent: Option<&'q str>,
    /// When this is asked.
    pub now: Timestamp,
    /// Which rules count.
    pub mode: Mode,
    /// The principals that may stand below the root, where the caller knows them.
    pub expected_delegates: Option<&'q BTreeSet<String>>,
    /// Who evaluates constraints.
    pub constraints: Option<&'q dyn ConstraintEvaluator>,
}

/// What a chain that holds grants. No public constructor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedDelegation {
    principals: Vec<String>,
    tools: Vec<String>,
    classes: Vec<String>,
    depth_left: u64,
    ends: Option<Timestamp>,
    findings: Vec<Finding>,
}

/// Hops that a chain may have: each costs a signature to verify.
const MAX_HOPS: usize = 64;

impl ChainQuestion<'_> {
    /// Verifies `chain`, the value of `delegation_chain`. The first fault is reported, in an order that others share.
    /// (MAN-31 to MAN-39)
    ///
    /// # Errors
    /// The first fault.
    pub fn ask(&self, chain: &Node<'static>) -> Result<VerifiedDelegation, ChainRefusal> {
        let nodes = chain.as_array().ok_or(ChainRefusal::of_chain(ChainFault::NotAList))?;
        let Some(first) = nodes.first() else { return Ok(VerifiedDelegation::none()) };
        let root = Hop::read(first).map_err(|fault| ChainRefusal::at(0, fault))?;
        self.check_root(&root).map_err(|fault| ChainRefusal::at(0, fault))?;
        let below = u64::try_from(nodes.len().saturating_sub(1)).unwrap_or(u64::MAX);
        if below > root.grant.depth || nodes.len() > MAX_HOPS {
            return Err(ChainRefusal::of_chain(ChainFault::DepthExceeded));
        }
        let mut hops: Vec<Hop<'_>> = Vec::with_capacity(nodes.len());
        for (place, node) in nodes.iter().enumerate() {
            let hop =
                self.check_hop(place, node, hops.last()).map_err(|fault| ChainRefusal::at(place, fault))?;
            hops.push(hop);
        }
        self.check_rules(&hops)?;
        self.granted(&hops)
    }

    /// MAN-33: `principal_manifest_id` stands outside of the signature, so that it binds nothing.
    fn check_root(&self, root: &Hop<'_>) -> Result<(), ChainFault> {
        match self.issuer {
            Some(issuer) if issuer == root.principal => Ok(()),
            _ if is_off("MAN-33") => Ok(()),
            _ => Err(ChainFault::RootNotBound),
        }
    }

    fn check_hop<'d>(
        &self,
        place: usize,
        node: &'d Node<'static>,
        parent: Option<&Hop<'d>>,
    ) -> Result<Hop<'d>, ChainFault> {
        let hop = Hop::read(node)?;
        if u64::try_from(place) != Ok(hop.number) {
            return Err(ChainFault::HopIndex);
        }
        let key = self.keys.entry(hop.principal).ok_or(ChainFault::NoKey)?.ok_or(ChainFault::BadKey)?;
        let signature = from_base64url(hop.signature).map_err(|_| ChainFault::SignatureEncoding)?;
        let input = hop.signing_input(place, self.manifest_id).map_err(|_| ChainFault::InvalidSignature)?;
        enforce("MAN-15, MAN-32", check_ed25519(key, &input, &signature))
            .map_err(|_: Unsigned| ChainFault::InvalidSignature)?;
        if let Some(parent) = parent {
            enforce("MAN-34", narrows(parent, &hop))?;
        }
        Ok(hop)
    }

    /// What the package leaves out. (MAN-35 to MAN-37)
    fn check_rules(&self, hops: &[Hop<'_>]) -> Result<(), ChainRefusal> {
        let at = |place, fault| Err(ChainRefusal::at(place, fault));
        for (place, hop) in hops.iter().enumerate() {
            if !holds("MAN-35", !hop.has_unknown_member()) {
                return at(place, ChainFault::UnknownMember);
            }
            if !holds("MAN-35", !hop.grant.tools.is_empty()) {
                return at(place, ChainFault::NoTools);
            }
            let unexpected =
                self.expected_delegates.is_some_and(|expected| !expected.contains(hop.principal));
            if place > 0 && !holds("MAN-39", !unexpected) {
                return at(place, ChainFault::UnexpectedDelegate);
            }
        }
        if !self.mode.is_strict() && !is_off("MAN-40") {
            return Ok(());
        }
        let mut seen = BTreeSet::new();
        let mut latest: Option<Timestamp> = None;
        for (place, hop) in hops.iter().enumerate() {
            let begins = hop.begins().map_err(|fault| ChainRefusal::at(place, fault))?;
            if !holds("MAN-36", begins.micros() <= self.now.micros()) {
                return at(place, ChainFault::GrantNotBegun);
            }
            if !holds("MAN-36", latest.is_none_or(|latest| begins.micros() >= latest.micros())) {
                return at(place, ChainFault::BeforeParent);
            }
            latest = Some(begins);
            let ends = hop
                .grant
                .ttl
                .map(|ttl| begins.after(ttl).ok_or(ChainRefusal::at(place, ChainFault::Timestamp)));
            let is_over = ends.transpose()?.is_some_and(|ends| self.now.micros() > ends.micros());
            if !holds("MAN-36", !is_over) {
                return at(place, ChainFault::GrantOver);
            }
            let below = hops.len().saturating_sub(place.saturating_add(1));
            if u64::try_from(below).unwrap_or(u64::MAX) > hop.grant.depth {
                return at(place, ChainFault::DepthExceeded);
            }
            if !holds("MAN-37", seen.insert(hop.principal)) {
                return at(place, ChainFault::PrincipalRepeated);
            }
        }
        match (self.agent, hops) {
            (Some(agent), [_, .., last]) if !holds("MAN-37", agent == last.principal) => {
                Err(ChainRefusal::of_chain(ChainFault::AgentNotLast))
            }
            _ => Ok(()),
        }
    }

    fn granted(&self, hops: &[Hop<'_>]) -> Result<VerifiedDelegation, ChainRefusal> {
        let [root, ..] = hops else { return Ok(VerifiedDelegation::none()) };
        let last = hops.last().unwrap_or(root);
        let tools = self.constrained(root, last, hops.len())?;
        let mut findings = Vec::new();
        if hops.len() > 1 && self.expected_delegates.is_none() {
            findings.push(Finding::RecipientNotChecked);
        }
        if hops.iter().any(|hop| UNSIGNED.iter().any(|name| hop.object.optional(name).is_some())) {
            findings.push(Finding::UnsignedMembersNotChecked);
        }
        let naive = |hop: &Hop<'_>| hop.begins().is_ok_and(|begins| !begins.has_zone());
        if hops.iter().any(naive) {
            findings.push(Finding::NaiveTime);
        }
        let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let end = |hop: &Hop<'_>| hop.begins().ok()?.after(hop.grant.ttl?);
        Ok(VerifiedDelegation {
            principals: hops.iter().map(|hop| hop.principal.to_owned()).collect(),
            tools,
            classes: own(&last.grant.classes),
            depth_left: last.grant.depth,
            ends: hops.iter().filter_map(end).min_by_key(Timestamp::micros),
            findings,
        })
    }

    /// The tools that stay under the constraints of the last hop, which are those of every hop. (MAN-38)
    fn constrained(&self, root: &Hop<'_>, last: &Hop<'_>, hops: usize) -> Result<Vec<String>, ChainRefusal> {
        let grant = &last.grant;
        let own = |tool: &&str| (*tool).to_owned();
        if grant.constraints.is_empty() || is_off("MAN-38") {
            return Ok(grant.tools.iter().map(own).collect());
        }
        let refusal = |fault| ChainRefusal::at(hops.saturating_sub(1), fault);
        let evaluator = self.constraints.ok_or(refusal(ChainFault::CedarConstraints))?;
        let mut stay = Vec::new();
        for tool in &grant.tools {
            let answer = evaluator.evaluate(&ConstraintQuestion {
                constraints: &grant.constraints,
                agent: self.agent.unwrap_or(last.principal),
                tool,
                root: root.principal,
                depth: u64::try_from(hops.saturating_sub(1)).unwrap_or(u64::MAX),
            });
            match answer {
                ConstraintAnswer::Permitted => stay.push(own(tool)),
                ConstraintAnswer::Forbidden => {}
                ConstraintAnswer::Unknown => return Err(refusal(ChainFault::CedarConstraints)),
            }
        }
        if stay.is_empty() { Err(refusal(ChainFault::ConstraintsForbidAll)) } else { Ok(stay) }
    }
}

impl VerifiedDelegation {
    fn none() -> Self {
        Self {
            principals: Vec::new(),
            tools: Vec::new(),
            classes: Vec::new(),
            depth_left: 0,
            ends: None,
            findings: Vec::new(),
        }
    }

    /// Who granted, from the root on.
    #[must_use]
    pub fn principals(&self) -> &[String] {
        &self.principals
    }

    /// The tools that are left at the end of the chain, as exact strings.
    #[must_use]
    pub fn tools(&self) -> &[String] {
        &self.tools
    }

    /// The data classifications that are left.
    #[must_use]
    pub fn data_classifications(&self) -> &[String] {
        &self.classes
    }

    /// How many hops may follow.
    #[must_use]
    pub fn depth_left(&self) -> u64 {
        self.depth_left
    }

    /// When the first of the grants ends, if one does.
    #[must_use]
    pub fn ends(&self) -> Option<Timestamp> {
        self.ends
    }

    /// What could not be told.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}
