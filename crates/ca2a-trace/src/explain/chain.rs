//! Which link of a chain breaks.
//!
//! The verifier names the first fault. To see the others, its complaint is conceded (that root is trusted, this is the
//! time, that depth is allowed) and it is asked again. A signature that does not verify and a link that does not hold
//! cannot be conceded: what is below them is known by its own signature only.

use ca2a_core::EvaluationTime;
use ca2a_delegation::{
    Chain, ChainVerifier, Credential, DelegationError, Document, PrefixCache, RevocationSnapshot,
    TrustedRoots, VerifiedChain,
};

use super::{
    Explainer, MOST_HOPS,
    check::{Ledger, Outcome, Rule},
    documents,
    explained::Explained,
};

const RULES: &[Rule] = &[
    Rule::CredentialForm,
    Rule::CredentialSignature,
    Rule::CredentialWindow,
    Rule::CredentialUnique,
    Rule::CredentialDepth,
    Rule::CredentialLink,
    Rule::CredentialScope,
    Rule::CredentialRevocation,
];
const ROOT_RULES: &[Rule] = &[
    Rule::CredentialForm,
    Rule::CredentialRoot,
    Rule::CredentialSignature,
    Rule::CredentialWindow,
    Rule::CredentialUnique,
    Rule::CredentialDepth,
    Rule::CredentialLink,
    Rule::CredentialRevocation,
];

/// What was found out about a chain.
pub(super) struct Findings {
    pub(super) verified: Option<VerifiedChain>,
    pub(super) hops: Vec<Explained<Credential>>,
}

/// A hop under examination.
struct Suspect {
    credential: Option<Credential>,
    source: String,
    ledger: Ledger,
}

pub(super) fn examine(
    explainer: &Explainer<'_>,
    document: &[u8],
    revocations: Option<&RevocationSnapshot>,
    documents: &mut Ledger,
) -> Findings {
    let read = documents::items(document, "chain");
    let mut nodes = Vec::new();
    let mut suspects = Vec::new();
    for (hop, item) in read.items.iter().take(MOST_HOPS).enumerate() {
        let mut ledger = Ledger::new(if hop == 0 { ROOT_RULES } else { RULES });
        let unreadable = |source| DelegationError::Unreadable { document: Document::Credential, source };
        let parsed = item.node.as_ref().map_err(|error| unreadable(*error)).and_then(Credential::from_node);
        match &parsed {
            Ok(_) => ledger.pass(Rule::CredentialForm),
            Err(error) => ledger.fail(Rule::CredentialForm, error.code(), said(error)),
        }
        if revocations.is_none() {
            let why = "no revocation snapshot was given";
            ledger.settle(Rule::CredentialRevocation, Outcome::unknown(why));
        }
        // The chain to ask about ends above the first hop that is none.
        if let (Ok(node), Ok(_), true) = (&item.node, &parsed, nodes.len() == hop) {
            nodes.push(node.clone());
        }
        suspects.push(Suspect { credential: parsed.ok(), source: item.shown(), ledger });
    }
    let mut inquiry = Inquiry {
        at: explainer.at,
        roots: explainer.roots.clone(),
        max_depth: explainer.max_depth,
        revocations,
        max_staleness: explainer.max_staleness,
        conceded: Vec::new(),
        broken_at: None,
        suspects,
        documents,
    };
    let verified = match Chain::from_json(document) {
        Ok(chain) => inquiry.pursue(&chain),
        Err(error) => {
            if error.hop().is_none() {
                inquiry.documents.fail(Rule::ChainReadable, error.code(), error.to_string());
            }
            if let Ok(chain) = Chain::from_nodes(&nodes, document)
                && !chain.is_empty()
            {
                // What only the cutting of a broken document could read proves nothing.
                let _ = inquiry.pursue(&chain);
            }
            None
        }
    };
    inquiry.documents.pass(Rule::ChainReadable);
    if nodes.len() < inquiry.suspects.len() {
        inquiry.broken_at = inquiry.broken_at.or(Some(nodes.len()));
    }
    Findings { verified, hops: inquiry.conclude() }
}

/// The verifier, and what was conceded to it so far.
struct Inquiry<'i> {
    at: EvaluationTime,
    roots: TrustedRoots,
    max_depth: u64,
    revocations: Option<&'i RevocationSnapshot>,
    max_staleness: Option<u64>,
    conceded: Vec<Rule>,
    /// The hop below which nothing can be asked.
    broken_at: Option<usize>,
    suspects: Vec<Suspect>,
    documents: &'i mut Ledger,
}

impl Inquiry<'_> {
    /// Asks about `chain` until it is clear what is wrong with it. A verdict for which nothing was conceded is
    /// returned.
    fn pursue(&mut self, chain: &Chain) -> Option<VerifiedChain> {
        if self.roots.is_empty() {
            let why = Outcome::unknown("no trusted root was given");
            self.each_from(0, |ledger| ledger.settle(Rule::CredentialRoot, why.clone()));
            self.trust_its_own_root();
        }
        // What holds once is not computed twice.
        let cache = PrefixCache::new(MOST_HOPS);
        loop {
            let mut verifier = ChainVerifier::new(&self.roots).max_depth(self.max_depth).cache(&cache);
            if let Some(snapshot) = self.revocations {
                verifier = verifier.revocations(snapshot);
            }
            if let Some(seconds) = self.max_staleness {
                verifier = verifier.max_revocation_staleness(seconds);
            }
            match verifier.verify(chain, self.at) {
                Ok(verified) => {
                    self.suspects.iter_mut().take(chain.len()).for_each(|suspect| suspect.ledger.pass_open());
                    self.documents.pass(Rule::RevocationsFresh);
                    return self.conceded.is_empty().then_some(verified);
                }
                Err(error) => {
                    self.note(&error);
                    if !self.concede(&error) {
                        self.broken_at = error.hop();
                        return None;
                    }
                }
            }
        }
    }

    /// Writes down what `error` says: the hops above passed, this one did not.
    fn note(&mut self, error: &DelegationError) {
        let (rule, message) = (rule_of(error), said(error));
        let Some(hop) = error.hop() else {
            return match rule {
                // Nobody can tell: that is no refusal.
                Rule::RevocationsFresh => self.documents.settle(rule, Outcome::unknown(message)),
                _ => self.documents.fail(rule, error.code(), message),
            };
        };
        // Revocation is asked about last of all, once every other answer is in.
        let walked = if rule == Rule::CredentialRevocation { self.suspects.len() } else { hop };
        for (place, suspect) in self.suspects.iter_mut().enumerate().take(walked) {
            let last = if place < hop && walked > hop { None } else { Some(Rule::CredentialRevocation) };
            suspect.ledger.pass_open_but(last);
        }
        if let Some(suspect) = self.suspects.get_mut(hop)
            && !(rule == Rule::CredentialWindow && self.conceded.contains(&rule))
        {
            suspect.ledger.fail(rule, error.code(), message);
        }
    }

    /// Asks on as if `error` were none, once for each kind. What cannot be known after that is said.
    fn concede(&mut self, error: &DelegationError) -> bool {
        let rule = rule_of(error);
        if self.conceded.contains(&rule) {
            return false;
        }
        let below = error.hop().unwrap_or_default().saturating_add(1);
        let hop = below.saturating_sub(1);
        let unknown = |why: &str| Outcome::unknown(format!("hop {hop} above it {why}"));
        match error {
            DelegationError::UntrustedRoot { .. } => self.trust_its_own_root(),
            DelegationError::NotYetValid { not_before: moment, .. }
            | DelegationError::Expired { not_after: moment, .. } => {
                self.at = EvaluationTime::At(*moment);
                self.revocations = None;
                self.max_staleness = None;
                let window = unknown("is not valid at the time");
                self.each_from(below, |ledger| ledger.settle(Rule::CredentialWindow, window.clone()));
                let revocation = Outcome::unknown("asked only of a chain whose grants are all valid");
                self.each_from(0, |ledger| ledger.settle(Rule::CredentialRevocation, revocation.clone()));
            }
            DelegationError::TooDeep { .. } => {
                self.max_depth = u64::MAX;
                let depth = unknown("is too deep already");
                self.each_from(below, |ledger| ledger.settle(Rule::CredentialDepth, depth.clone()));
            }
            DelegationError::Revoked { .. } => {
                self.revocations = None;
                self.max_staleness = None;
                let revoked = unknown("is revoked already");
                self.each_from(below, |ledger| ledger.settle(Rule::CredentialRevocation, revoked.clone()));
            }
            _ if rule == Rule::RevocationsFresh => self.max_staleness = None,
            _ => return false,
        }
        self.conceded.push(rule);
        true
    }

    fn trust_its_own_root(&mut self) {
        let issuer = self.suspects.first().and_then(|root| root.credential.as_ref()).map(Credential::issuer);
        self.roots = issuer.copied().into_iter().collect();
        self.conceded.push(Rule::CredentialRoot);
    }

    fn each_from(&mut self, hop: usize, settle: impl Fn(&mut Ledger)) {
        self.suspects.iter_mut().skip(hop).for_each(|suspect| settle(&mut suspect.ledger));
    }

    /// Below the break, each signature by itself.
    fn conclude(mut self) -> Vec<Explained<Credential>> {
        let revocation = Outcome::unknown("asked only of a chain that holds");
        self.each_from(0, |ledger| ledger.settle(Rule::CredentialRevocation, revocation.clone()));
        let broken_at = self.broken_at;
        let conclude = |(position, mut suspect): (usize, Suspect)| {
            if let Some(credential) = &suspect.credential
                && !suspect.ledger.settled(Rule::CredentialSignature)
            {
                let outcome = match credential.verify_signature() {
                    Ok(()) => Outcome::Passed,
                    Err(error) => Outcome::Failed { code: error.code(), message: said(&error) },
                };
                suspect.ledger.settle(Rule::CredentialSignature, outcome);
            }
            let why = match broken_at {
                Some(hop) if hop < position => format!("the chain breaks above it, at hop {hop}"),
                _ => "not asked, once it had failed".into(),
            };
            let Suspect { credential: value, source, ledger } = suspect;
            Explained { position, value, source, checks: ledger.close(&why) }
        };
        self.suspects.into_iter().enumerate().map(conclude).collect()
    }
}

/// Which question `error` answers.
fn rule_of(error: &DelegationError) -> Rule {
    match error {
        DelegationError::Hop { source, .. } => match **source {
            DelegationError::BadSignature { .. } => Rule::CredentialSignature,
            _ => Rule::CredentialForm,
        },
        DelegationError::UntrustedRoot { .. } => Rule::CredentialRoot,
        DelegationError::NotYetValid { .. } | DelegationError::Expired { .. } => Rule::CredentialWindow,
        DelegationError::RepeatedId { .. } => Rule::CredentialUnique,
        DelegationError::TooDeep { .. } => Rule::CredentialDepth,
        DelegationError::RootWithParent { .. }
        | DelegationError::ParentMismatch { .. }
        | DelegationError::IssuerMismatch { .. }
        | DelegationError::DepthMismatch { .. } => Rule::CredentialLink,
        DelegationError::Escalation { .. } => Rule::CredentialScope,
        DelegationError::Revoked { .. } => Rule::CredentialRevocation,
        DelegationError::SnapshotMissing
        | DelegationError::SnapshotStale { .. }
        | DelegationError::SnapshotFromFuture { .. } => Rule::RevocationsFresh,
        _ => Rule::ChainReadable,
    }
}

/// What `error` says, without the hop that it is said of.
fn said(error: &DelegationError) -> String {
    match error {
        DelegationError::Hop { source, .. } => source.to_string(),
        error => error.to_string(),
    }
}
