//! `ca2a attest appraise`: is this machine what we want to talk to?

use std::path::{Path, PathBuf};

use ca2a_attest::{
    Role,
    appraisal::{Appraisal, AppraisalPolicy, Check, MeasurementValue, Request, Tier, check_info},
};
use ca2a_core::{
    ChannelKey, ErrorCode,
    cose::Signer,
    json::{Node, Object, Value},
};
use ca2a_runtime::config::{document, line_and_column};

use super::{report, table};
use crate::{
    answer::Answer,
    exit::ExitCode,
    failure::Failure,
    key_file,
    page::{Line, Page, Tint},
    render::time,
    session::Session,
};

/// Appraise evidence against a policy: every check, and which key of the policy decides it
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    evidence: report::Evidence,
    /// The appraisal policy with reference values, YAML or JSON; without one, the strict default, which affirms nothing
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The nonce that was sent; without it, freshness and binding are not checked, and the answer says so
    #[arg(long, value_name = "NONCE")]
    nonce: Option<String>,
    /// The role that the report has to be of
    #[arg(long, value_name = "ROLE", default_value = "callee", value_parser = role)]
    role: Role,
    /// Write the result as an EAT Attestation Result, JSON
    #[arg(long, value_name = "FILE")]
    ear: Option<PathBuf>,
    /// Write the result as a signed CBOR Web Token
    #[arg(long, value_name = "FILE", requires = "key")]
    ear_cwt: Option<PathBuf>,
    /// The key that signs the token (PEM)
    #[arg(long, value_name = "FILE", requires = "ear_cwt")]
    key: Option<PathBuf>,
    /// Replace what is there already
    #[arg(long)]
    force: bool,
}

fn role(text: &str) -> Result<Role, String> {
    text.parse().map_err(|error: ca2a_attest::AttestError| error.to_string())
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let policy = self.policy.as_deref().map(|path| policy(path, session)).transpose()?;
        let verified = self.evidence.verify(session)?;
        let request = self.request(&verified)?;
        let appraisal = policy.unwrap_or_default().appraise(&verified.evidence, &request);
        self.export(&appraisal, session)?;
        Ok(answer(&appraisal))
    }

    fn request(&self, verified: &report::Verified) -> Result<Request, Failure> {
        let Some(nonce) = &self.nonce else { return Ok(Request::unbound(verified.now)) };
        let refused = |why: String| Failure::new(ErrorCode::AttestationFailed, why);
        let key: ChannelKey = verified
            .report
            .public_key
            .parse()
            .map_err(|_| refused(format!("`{}` is no channel key", verified.report.public_key)))?;
        Request::binding(verified.now, verified.platform, self.role, &key, nonce)
            .map_err(|error| refused(error.to_string()))
    }

    fn export(&self, appraisal: &Appraisal, session: &Session<'_, '_>) -> Result<(), Failure> {
        if let Some(path) = &self.ear {
            let text = ca2a_core::json::to_pretty(&appraisal.to_ear_node());
            session.write(path, text.as_bytes(), self.force)?;
        }
        if let (Some(path), Some(key)) = (&self.ear_cwt, &self.key) {
            let key = key_file::load(session.fs, key)?;
            let token = appraisal.to_ear_cwt(&Signer::ed25519(&key));
            let token = token.map_err(|error| Failure::new(ErrorCode::Ca2aError, error.to_string()))?;
            session.write(path, &token, self.force)?;
        }
        Ok(())
    }
}

/// Reads a policy file.
fn policy(path: &Path, session: &Session<'_, '_>) -> Result<AppraisalPolicy, Failure> {
    let bytes = session.document("policy", path, ErrorCode::ConfigError)?;
    let refused = |why: String| Failure::new(ErrorCode::ConfigError, format!("{}: {why}", path.display()));
    let node = document(&bytes).map_err(|error| refused(error.to_string()))?;
    AppraisalPolicy::from_node(&node).map_err(|error| {
        let (line, column) = line_and_column(&bytes, error.span());
        refused(format!("line {line}, column {column}: {error}"))
    })
}

fn answer(appraisal: &Appraisal) -> Answer {
    let affirming = appraisal.is_affirming();
    let mut json = Object::from([("affirming", Node::from(affirming))]);
    if let Value::Object(members) = appraisal.to_node().value {
        for (name, member) in members.iter() {
            json.insert(name.to_owned(), member.clone());
        }
    }
    json.insert("reasons", appraisal.failed().map(reason).collect::<Node<'_>>());
    let exit = if affirming { ExitCode::Success } else { ExitCode::Failure };
    Answer::new(json, page(appraisal)).exit(exit)
}

fn reason(check: &Check) -> Object<'static> {
    let info = check_info(check.id);
    Object::from([
        ("check", Node::from(check.id.as_str())),
        ("meaning", info.map(|info| info.meaning).into()),
        ("expected", check.expected.to_string().into()),
        ("actual", check.actual.to_string().into()),
        ("policy_key", info.and_then(|info| info.policy_key).into()),
    ])
}

fn page(appraisal: &Appraisal) -> Page {
    let platform = appraisal.platform();
    let heading = match appraisal.verdict() {
        Tier::Affirming => Line::new().tick().strong(format!("{platform}: affirming")),
        Tier::None => Line::new().tint(
            Tint::Warn,
            format!("? {platform}: genuine, and the policy has no reference value for what runs there"),
        ),
        verdict => Line::new().cross().tint(Tint::Bad, format!("{platform}: {}", verdict.as_str())),
    };
    let mut page = Page::new().line(heading).blank().table(table::of_checks(appraisal.checks())).blank();
    if appraisal.failed().next().is_some() {
        let row = |check: &Check| {
            vec![Line::new().strong(check.id.as_str()), Line::new().plain(table::advice(check))]
        };
        page = page.table(appraisal.failed().map(row).collect()).blank();
    }
    let policy = appraisal.policy();
    let name = policy.name.as_deref().unwrap_or("strict default");
    page = page.fact("policy", format!("{name}  sha256:{}", policy.digest.to_hex()));
    if let Some(reference) = appraisal.reference() {
        page = page.fact("reference", reference);
    }
    let measured = |(name, value): (&str, &MeasurementValue)| {
        vec![Line::new().plain(name), Line::new().name(value.to_string())]
    };
    page = page.blank().table(appraisal.measurement().iter().map(measured).collect()).blank();
    page.fact("until", time::utc(appraisal.not_after()))
        .fact("appraisal", Line::new().name(format!("sha256:{}", appraisal.digest().to_hex())))
}
