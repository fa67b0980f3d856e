//! An appraisal, as JSON and as a page.

use ca2a_core::json::{Node, Object};
use ca2a_manifest::{Appraisal, CheckResult, Manifest, Outcome};

use crate::{
    answer::Answer,
    exit::ExitCode,
    page::{Line, Page, Tint},
};

/// The verdict on `manifest`; `code` is that of a refusal.
pub(crate) fn answer(
    manifest: &Manifest,
    found: &Appraisal,
    code: Option<&'static str>,
    more: Page,
) -> Answer {
    let exit = if found.outcome == Outcome::Valid { ExitCode::Success } else { ExitCode::Failure };
    Answer::new(to_json(manifest, found, code), to_page(manifest, found, code).then(more)).exit(exit)
}

fn to_json(manifest: &Manifest, found: &Appraisal, code: Option<&'static str>) -> Object<'static> {
    let text = |text: Option<&str>| Node::from(text.map(str::to_owned));
    let checks = found.checks.iter().map(|check| {
        Object::from([
            ("step", Node::from(check.step.as_str())),
            ("result", word(check.result).into()),
            ("detail", check.detail.clone().into()),
        ])
    });
    let mismatches = found.mismatches.iter().map(|mismatch| {
        Object::from([
            ("field", Node::from(mismatch.field.clone())),
            ("problem", mismatch.problem.clone().into()),
        ])
    });
    let fields = found.fields.words().into_iter().collect::<Object<'static>>();
    Object::from([
        ("verified", Node::from(found.outcome == Outcome::Valid)),
        ("result", found.outcome.as_str().into()),
        ("code", code.into()),
        ("manifest_id", text(manifest.id())),
        ("agent_id", text(manifest.agent_id())),
        ("issuer", text(manifest.issuer())),
        ("version", text(manifest.version())),
        ("digest", found.digest.map(|digest| format!("sha256:{}", digest.to_hex())).into()),
        ("signature_verified", found.signature_verified.into()),
        ("attestation_verified", found.attestation_verified.into()),
        ("transparency_verified", found.transparency_verified.into()),
        ("fields_verified", fields.into()),
        ("configuration_assurance", found.assurance.as_str().into()),
        ("hitl_admissibility", found.admissibility.as_str().into()),
        ("mismatches", mismatches.collect()),
        ("findings", found.findings.iter().map(|finding| finding.as_str()).collect()),
        ("checks", checks.collect()),
    ])
}

fn to_page(manifest: &Manifest, found: &Appraisal, code: Option<&'static str>) -> Page {
    let agent = manifest.agent_id().unwrap_or("nobody");
    let result = found.outcome.as_str();
    let heading = match code {
        None => Line::new().tick().strong(format!("{result}: a manifest of {agent}")),
        Some(code) => Line::new().cross().tint(Tint::Bad, format!("{result}: {code}")),
    };
    let rows = found.checks.iter().map(|check| {
        let mark = match check.result {
            CheckResult::Passed => Line::new().tick(),
            CheckResult::Failed => Line::new().cross(),
            CheckResult::Skipped => Line::new().dot(),
        };
        vec![mark.strong(check.step.as_str()), Line::from(check.detail.clone())]
    });
    let mut page = Page::new().line(heading).blank().table(rows.collect());
    if !found.mismatches.is_empty() || !found.findings.is_empty() {
        page = page.blank();
    }
    for mismatch in &found.mismatches {
        page = page
            .fact("wrong", Line::new().name(mismatch.field.clone()).plain(format!("  {}", mismatch.problem)));
    }
    for finding in &found.findings {
        page = page.fact("note", Line::new().faint(finding.as_str()));
    }
    page
}

fn word(result: CheckResult) -> &'static str {
    match result {
        CheckResult::Passed => "passed",
        CheckResult::Failed => "failed",
        CheckResult::Skipped => "skipped",
    }
}
