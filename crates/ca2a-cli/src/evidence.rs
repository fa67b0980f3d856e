//! What the verbs of an auditor share: the files of a lineage, and what is known beside them.

use std::path::{Path, PathBuf};

use ca2a_core::{ErrorCode, EvaluationTime, TraceLink, VerifyingKey};
use ca2a_delegation::{Chain, Credential, TrustedRoots};
use ca2a_runtime::store::Export;
use ca2a_trace::{
    TrustRecord,
    explain::{Documents, Explainer, Explanation},
    statement::{ChainDigest, Statement},
};

use crate::{
    acts::{self, Wanted},
    chain_checks::ChainChecks,
    failure::Failure,
    gather::{gather, items, list},
    render::counted,
    session::Session,
    verbs::records::Keeper,
};

/// The evidence, and how it is judged.
#[derive(Debug, clap::Args)]
pub(crate) struct Evidence {
    /// A chain: an array of credentials, root first, or an object that holds one as `chain`; given several times where an
    /// agent handed work to several
    #[arg(long = "chain", value_name = "FILE")]
    chains: Vec<PathBuf>,
    /// TRACE records in the order of the hops: an array, an object that holds one as `records`, JSON Lines; may be given
    /// several times. Where work branched there is no order to keep
    #[arg(long, value_name = "FILE")]
    records: Vec<PathBuf>,
    /// Signed statements of callees, in the same forms under `statements`; may be given several times
    #[arg(long, value_name = "FILE")]
    statements: Vec<PathBuf>,
    /// A node to ask for its statements and TRACE records, by its configuration (YAML); those about other chains are left
    /// aside; may be given several times
    #[arg(long = "from-node", value_name = "FILE", requires = "chains")]
    nodes: Vec<PathBuf>,
    /// The act to explain, by the digest `sha256:…` of its TRACE record: what it continues, and nothing beside it; may be
    /// given several times. Of several acts that nodes keep the latest under each chain, unless given
    #[arg(long = "act", value_name = "DIGEST", value_parser = TraceLink::parse, requires = "chains")]
    acts: Vec<TraceLink>,
    /// Explain every act that nodes keep under the chains, each as a branch
    #[arg(long, conflicts_with = "acts", requires = "nodes")]
    every_act: bool,
    /// Unsigned delegation records of one path, in the same forms; may be given several times
    #[arg(long, value_name = "FILE")]
    decisions: Vec<PathBuf>,
    /// A root issuer to trust, 64 lower-case hex characters; may be given several times
    #[arg(long = "trusted-root-issuer", value_name = "HEX")]
    roots: Vec<String>,
    /// A callee whose statements count, 64 lower-case hex characters; the subjects of the chain are known already
    #[arg(long = "callee", value_name = "HEX", value_parser = VerifyingKey::from_hex)]
    callees: Vec<VerifyingKey>,
    #[command(flatten)]
    checks: ChainChecks,
}

/// Evidence, read.
#[derive(Debug)]
pub(crate) struct Gathered {
    chains: Vec<Vec<u8>>,
    records: Option<Vec<u8>>,
    statements: Vec<Vec<u8>>,
    decisions: Vec<Vec<u8>>,
    revocations: Option<Vec<u8>>,
    /// When everything is judged.
    pub(crate) at: EvaluationTime,
}

impl Evidence {
    /// What cannot be meant: a question about nothing, and revocation without credentials to revoke.
    pub(crate) fn conflict(&self) -> Option<&'static str> {
        if self.chains.is_empty()
            && self.records.is_empty()
            && self.statements.is_empty()
            && self.decisions.is_empty()
        {
            return Some("give at least one of --chain, --records, --statements and --decisions");
        }
        let revocation = self.checks.revocations.is_some() || self.checks.max_revocation_staleness.is_some();
        (revocation && self.chains.is_empty())
            .then_some("the revocation flags need --chain: without one, nothing can be revoked")
    }

    /// Reads every file and asks every node.
    pub(crate) fn gather(&self, session: &mut Session<'_, '_>) -> Result<Gathered, Failure> {
        let mut gathered = self.read(session)?;
        if self.nodes.is_empty() && self.acts.is_empty() {
            return Ok(gathered);
        }
        let hops = |chain: &Vec<u8>| Chain::from_json(chain).and_then(|chain| chain.credentials());
        let chains: Vec<_> = gathered.chains.iter().map(|chain| hops(chain).unwrap_or_default()).collect();
        let mut kept = Vec::new();
        for node in &self.nodes {
            Keeper::of(node, session)?.export(Export::TraceRecords, &mut kept)?;
        }
        let wanted = match self.acts.as_slice() {
            [] if self.every_act => Wanted::Every,
            [] => Wanted::Latest,
            acts => Wanted::Named(acts),
        };
        let joined = acts::join(gathered.records.as_deref(), &kept, &chains, wanted);
        let (records, others) = joined.ok_or_else(|| {
            Failure::argument("`--act`: no TRACE record that was given or kept has this digest")
        })?;
        if others > 0 {
            let others = counted(others, "other act");
            session.remark(&format!("note: {others} left aside; --act names those to explain"));
        }
        let acts = acts::records(records.as_deref().unwrap_or_default());
        gathered.records = records;
        if !self.acts.is_empty() {
            for (path, statements) in self.statements.iter().zip(&mut gathered.statements) {
                let items = items(statements, "statements");
                let [own, chains, tasks] = sort(items, &chains, &acts);
                leave_aside(path, &[], &tasks, session);
                let own = list(&[own, chains].concat());
                *statements = own;
            }
        }
        for node in &self.nodes {
            let mut lines = Vec::new();
            Keeper::of(node, session)?.export(Export::Statements, &mut lines)?;
            let [own, chains, tasks] = sort(lines.split_inclusive(|byte| *byte == b'\n'), &chains, &acts);
            leave_aside(node, &chains, &tasks, session);
            gathered.statements.push(own.concat());
        }
        Ok(gathered)
    }

    fn read(&self, session: &Session<'_, '_>) -> Result<Gathered, Failure> {
        let read = |what: &'static str, code| move |path: &PathBuf| session.document(what, path, code);
        let all =
            |what, paths: &[PathBuf], code| paths.iter().map(read(what, code)).collect::<Result<Vec<_>, _>>();
        let revocations = self.checks.revocations.as_ref();
        Ok(Gathered {
            chains: all("chain", &self.chains, ErrorCode::InvalidCredential)?,
            records: gather(all("records", &self.records, ErrorCode::MalformedLineage)?, "records"),
            statements: all("statements", &self.statements, ErrorCode::StatementInvalid)?,
            decisions: all("decisions", &self.decisions, ErrorCode::ProvenanceLinkBroken)?,
            revocations: revocations.map(read("revocation", ErrorCode::InvalidRevocation)).transpose()?,
            at: self.checks.time(session)?,
        })
    }

    /// Puts every question to what was gathered.
    pub(crate) fn explain(
        &self,
        gathered: &Gathered,
        session: &mut Session<'_, '_>,
    ) -> Result<Explanation, Failure> {
        let mut documents = Documents::new();
        documents = gathered.chains.iter().fold(documents, |documents, chain| documents.chain(chain));
        if let Some(records) = &gathered.records {
            documents = documents.records(records);
        }
        documents = gathered.statements.iter().fold(documents, |documents, list| documents.statements(list));
        documents = gathered.decisions.iter().fold(documents, |documents, list| documents.decisions(list));
        if let Some(snapshot) = &gathered.revocations {
            documents = documents.revocations(snapshot);
        }
        let roots: TrustedRoots = crate::chain_checks::trusted(&self.roots, session);
        let mut explainer = Explainer::new(&roots, gathered.at).max_depth(self.checks.depth()?);
        if let Some(bound) = self.checks.max_revocation_staleness {
            explainer = explainer.max_revocation_staleness(bound.uint("--max-revocation-staleness")?);
        }
        explainer = self.callees.iter().fold(explainer, |explainer, key| explainer.callee(*key));
        Ok(explainer.explain(&documents))
    }

    /// Whether there are statements to judge.
    pub(crate) fn has_statements(&self) -> bool {
        !self.statements.is_empty() || !self.nodes.is_empty()
    }

    /// The words that ask the same of the same files at the same time, for a shell.
    pub(crate) fn again(&self, at: EvaluationTime) -> Vec<String> {
        let file = |flag: &str, path: &PathBuf| [flag.to_owned(), path.display().to_string()];
        let mut words: Vec<String> = Vec::new();
        words.extend(self.chains.iter().flat_map(|path| file("--chain", path)));
        words.extend(self.records.iter().flat_map(|path| file("--records", path)));
        words.extend(self.statements.iter().flat_map(|path| file("--statements", path)));
        words.extend(self.nodes.iter().flat_map(|path| file("--from-node", path)));
        words.extend(self.acts.iter().flat_map(|act| ["--act".to_owned(), act.to_string()]));
        words.extend(self.every_act.then(|| "--every-act".to_owned()));
        words.extend(self.decisions.iter().flat_map(|path| file("--decisions", path)));
        words.extend(self.roots.iter().flat_map(|root| ["--trusted-root-issuer".to_owned(), root.clone()]));
        words.extend(self.callees.iter().flat_map(|key| ["--callee".to_owned(), key.to_hex()]));
        words.extend(self.checks.again());
        words.extend(["--at-time".to_owned(), at.seconds().to_string()]);
        words
    }
}

/// Statements about calls under a chain that were made with one of `acts` or without any, those about other chains, and
/// those about other acts. A node serves many chains and tasks; a statement in a file was put there by somebody who means
/// it, and is left aside only where an act was named.
fn sort<'l>(
    statements: impl IntoIterator<Item = &'l [u8]>,
    chains: &[Vec<Credential>],
    acts: &[TrustRecord<'_>],
) -> [Vec<&'l [u8]>; 3] {
    let prefixes = |hops: &'_ Vec<Credential>| -> Vec<_> {
        (1..=hops.len()).filter_map(|count| hops.get(..count)).map(ChainDigest::of).collect()
    };
    let called: Vec<_> = chains.iter().flat_map(prefixes).collect();
    let of_an_act = |link: TraceLink| acts.is_empty() || acts.iter().any(|act| link.matches(act.canonical()));
    let [mut own, mut chains, mut tasks] = [const { Vec::new() }; 3];
    for text in statements {
        match Statement::from_json(text) {
            Ok(statement) if !called.is_empty() && !called.contains(&statement.facts().chain) => {
                chains.push(text);
            }
            Ok(statement) if !statement.facts().trace_record.is_none_or(of_an_act) => tasks.push(text),
            // What cannot be read is for the library to refuse.
            _ => own.push(text),
        }
    }
    [own, chains, tasks]
}

/// Says of what `place` gave how much is left aside.
fn leave_aside(place: &Path, chains: &[&[u8]], tasks: &[&[u8]], session: &mut Session<'_, '_>) {
    for (others, about) in [(chains, "chains"), (tasks, "acts")] {
        if !others.is_empty() {
            let (place, others) = (place.display(), counted(others.len(), "statement"));
            session.remark(&format!("note: {place}: {others} about other {about}"));
        }
    }
}
