//! The folder that the demo leaves behind, and what a process that took no part says about it.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use ca2a_core::{
    ErrorCode, EvaluationTime, VerifyingKey,
    json::{Node, Object, to_pretty, to_text},
};
use ca2a_delegation::{Chain, ChainVerifier, TrustedRoots};
use ca2a_trace::{
    Lineage, Picture, Refusal, TrustEveryKey,
    explain::{Documents, Explainer},
};

use super::{
    broken, list,
    process::{self, Spoken},
    trial::Trial,
};
use crate::{
    failure::Failure,
    fs::Placement,
    session::{Session, unwritten},
};

/// What lies in the folder in the end.
pub(super) const FILES: &[&str] = &[
    "chain.json",
    "records.json",
    "statements.jsonl",
    "denial.json",
    "records-edited.json",
    "lineage.html",
    "lineage.svg",
    "lineage.mmd",
];

/// The folder, and what it takes to check what is in it.
pub(super) struct Folder {
    path: PathBuf,
    root: VerifyingKey,
    /// The time that the grants are judged at: they hold for an hour, and an audit comes later.
    then: u64,
}

/// What the auditor found.
pub(super) struct Audit {
    pub(super) pid: u32,
    pub(super) records: u64,
}

impl Folder {
    pub(super) fn new(
        path: &Path,
        root: &VerifyingKey,
        then: u64,
        session: &Session<'_, '_>,
    ) -> Result<Self, Failure> {
        session.fs.make_folder(path).map_err(|error| unwritten(path, &error))?;
        Ok(Self { path: path.to_owned(), root: *root, then })
    }

    pub(super) fn shown(&self) -> String {
        self.path.display().to_string()
    }

    /// Writes an object with a list under `member`, as the verify verbs read it.
    pub(super) fn keep_list(
        &self,
        name: &str,
        member: &str,
        items: &[Node<'_>],
        session: &Session<'_, '_>,
    ) -> Result<(), Failure> {
        let document = Node::from(Object::from([(member, Node::from(items.to_vec()))]));
        self.write(name, &(to_pretty(&document) + "\n"), session)
    }

    /// Writes what the tool recorded about the overreach.
    pub(super) fn keep_denial(&self, trials: &[Trial], session: &Session<'_, '_>) -> Result<(), Failure> {
        let denial = trials.iter().find_map(|trial| trial.record.as_ref());
        let denial = denial.ok_or_else(|| broken("no refusal came with a record"))?;
        self.write("denial.json", &(to_pretty(denial) + "\n"), session)
    }

    /// Writes what the callees signed about each call, and about the overreach, a line each.
    pub(super) fn keep_statements(
        &self,
        done: &Object<'_>,
        trials: &[Trial],
        session: &Session<'_, '_>,
    ) -> Result<(), Failure> {
        let calls = list(done, "calls")?.iter().filter_map(Node::as_object);
        let granted = calls.map(|call| call.optional("statement"));
        let refused =
            trials.iter().filter(|trial| trial.record.is_some()).map(|trial| trial.statement.as_ref());
        let mut lines = String::new();
        for statement in granted.chain(refused) {
            let statement = statement.ok_or_else(|| broken("a callee signed nothing about a call"))?;
            lines.push_str(&to_text(statement));
            lines.push('\n');
        }
        self.write("statements.jsonl", &lines, session)
    }

    /// Writes the page on which a reader looks at it all, from the files alone.
    pub(super) fn page(
        &self,
        names: &[(VerifyingKey, &'static str)],
        session: &Session<'_, '_>,
    ) -> Result<(), Failure> {
        let read = |name: &str| session.document("demo", &self.path.join(name), ErrorCode::Ca2aError);
        let (chain, records, statements) =
            (read("chain.json")?, read("records.json")?, read("statements.jsonl")?);
        let documents = Documents::new().chain(&chain).records(&records).statements(&statements);
        let roots = TrustedRoots::from_iter([self.root]);
        let explainer = Explainer::new(&roots, EvaluationTime::At(self.then));
        let explainer = names.iter().fold(explainer, |explainer, (key, _)| explainer.callee(*key));
        let explained = explainer.explain(&documents);
        if let Some((place, check)) = explained.failures().next() {
            let why = check.failure().map_or("", |(_, message)| message);
            return Err(broken(&format!("the page says of {place}: {}: {why}", check.rule.fault())));
        }
        let explained = names.iter().fold(explained, |explained, (key, name)| explained.name(key, name));
        let explained = explained.title("ca2a demo: a task handed down").recheck(&self.command());
        self.write("lineage.html", &explained.to_html(), session)
    }

    fn write(&self, name: &str, text: &str, session: &Session<'_, '_>) -> Result<(), Failure> {
        let path = self.path.join(name);
        let placement = Placement { replace: true, private: false };
        session.fs.write(&path, text.as_bytes(), placement).map_err(|error| unwritten(&path, &error))
    }

    /// Edits the leaf's record behind its signer's back, and has that judged.
    pub(super) fn edited_record(
        &self,
        done: &Object<'_>,
        session: &Session<'_, '_>,
    ) -> Result<Trial, Failure> {
        let mut records = list(done, "records")?.to_vec();
        let hop = records.len().saturating_sub(1);
        if let Some(leaf) = records.last_mut().and_then(Node::as_object_mut) {
            leaf.insert("data_class", "public");
        }
        self.keep_list("records-edited.json", "records", &records, session)?;
        let spoken = self.verify("records-edited.json")?;
        let attempt = "the searcher's record says `public` where it was signed as `confidential`";
        let by = "a fresh verify-lineage";
        let trial = Trial::of("edited record", attempt, ErrorCode::TraceRecordInvalid, hop, by, spoken.pid);
        // An exit of 0 would be an acceptance, whatever it said.
        Ok(if spoken.success { trial } else { trial.came_back(&spoken.answer) })
    }

    /// Has the genuine files verified by a process that took no part.
    pub(super) fn audit(&self) -> Result<Audit, Failure> {
        let Spoken { pid, success, answer } = self.verify("records.json")?;
        let verified = answer.get("verified").and_then(Node::as_bool) == Some(true);
        let records = answer.get("records").and_then(Node::as_uint).unwrap_or_default();
        if success && verified && records == 3 {
            return Ok(Audit { pid, records });
        }
        let why = answer.text("error").unwrap_or("it said nothing of the kind");
        Err(Failure::new(ErrorCode::Ca2aError, format!("the files do not verify: {why}")).rule("CLI-20"))
    }

    fn verify(&self, records: &str) -> Result<Spoken, Failure> {
        let (dag, chain) = (self.path.join(records), self.path.join("chain.json"));
        let (root, then) = (self.root.to_hex(), self.then.to_string());
        process::apart(&[
            OsStr::new("verify-lineage"),
            OsStr::new("--json"),
            OsStr::new("--dag"),
            dag.as_os_str(),
            OsStr::new("--chain"),
            chain.as_os_str(),
            OsStr::new("--trusted-root-issuer"),
            OsStr::new(&root),
            OsStr::new("--at-time"),
            OsStr::new(&then),
        ])
    }

    /// The command that checks the folder, for a shell.
    pub(super) fn command(&self) -> String {
        let file = |name: &str| quoted(&self.path.join(name).display().to_string());
        let (dag, chain, root, then) = (file("records.json"), file("chain.json"), &self.root, self.then);
        // Called as this run was, so that the line works where it is pasted.
        let program = std::env::args().next().map_or_else(|| "ca2a".to_owned(), |name| quoted(&name));
        let command = format!("{program} verify-lineage --dag {dag} --chain {chain}");
        format!("{command} --trusted-root-issuer {root} --at-time {then}")
    }

    /// Draws the lineage, refusals included, into the folder; gives it as text.
    pub(super) fn picture(
        &self,
        done: &Object<'_>,
        names: &[(VerifyingKey, &'static str)],
        trials: &[Trial],
        session: &Session<'_, '_>,
    ) -> Result<String, Failure> {
        let picture = self.lineage(done, session)?;
        let picture = Picture::of(&picture).title("ca2a demo: a task handed down");
        let picture = names.iter().fold(picture, |picture, (key, name)| picture.name(key, name));
        let calls = list(done, "calls")?.iter().filter_map(Node::as_object).enumerate();
        let picture = calls.fold(picture, |picture, (hop, call)| {
            let text = |name| call.text(name).unwrap_or_default();
            let picture = picture.call(hop, text("callee"), text("capability"));
            match measured(call) {
                Some(measurement) => picture.appraised(hop, text("callee"), measurement),
                None => picture,
            }
        });
        let picture = trials.iter().fold(picture, |picture, trial| {
            picture.refusal(Refusal {
                hop: trial.hop,
                attempt: trial.name.to_owned(),
                code: trial.expected,
                reason: trial.message.clone(),
                by: Some(trial.by.to_owned()),
            })
        });
        self.write("lineage.svg", &picture.to_svg(), session)?;
        self.write("lineage.mmd", &picture.to_mermaid(), session)?;
        Ok(picture.to_text())
    }

    /// The lineage, verified here once more: only what holds is drawn.
    fn lineage(&self, done: &Object<'_>, session: &Session<'_, '_>) -> Result<Lineage, Failure> {
        let roots = TrustedRoots::from_iter([self.root]);
        let chain = Chain::from_nodes(list(done, "chain")?, b"")?;
        let chain = ChainVerifier::new(&roots).verify(&chain, EvaluationTime::At(self.then))?;
        let delegates: Vec<_> = chain.hops().iter().map(|hop| *hop.subject()).collect();
        let now = EvaluationTime::Live(session.clock.now());
        let dag = TrustEveryKey::new(delegates).verify(list(done, "records")?, now)?;
        Ok(Lineage::establish(chain, dag)?)
    }
}

/// What the callee of `call` signed that it measured on the caller's hardware.
fn measured<'c>(call: &'c Object<'_>) -> Option<&'c str> {
    call.object("statement").ok()?.object("caller").ok()?.text("measurement").ok()
}

/// A path as a shell takes it.
fn quoted(path: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_');
    if path.chars().all(plain) { path.to_owned() } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn paths_survive_a_shell() {
        assert_eq!(quoted("a/b-c.json"), "a/b-c.json");
        assert_eq!(quoted("my demo/it's"), r"'my demo/it'\''s'");
    }
}
