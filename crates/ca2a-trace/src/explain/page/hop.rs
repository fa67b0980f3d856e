//! One hop, which can be opened.

use super::{checks, markup::Markup};
use crate::{
    explain::{
        check::{Check, Outcome, Rule},
        explained::{Explained, ExplainedHop},
        explanation::Explanation,
        sketch,
    },
    picture::{
        Standing,
        label::{instant, short, window},
    },
    record::DelegationRecord,
    statement::Statement,
    trust_record::TrustRecord,
};

/// Draws hop `index`: how it hangs on the hop before, a line that says what it is, and everything behind that line.
pub(super) fn draw(
    page: &mut Markup,
    explanation: &Explanation,
    (index, lane): (usize, usize),
    hop: &ExplainedHop,
) {
    let aside = if lane == 0 { String::new() } else { format!(" style=\"--lane:{lane}\"") };
    page.raw(&format!("<li{aside}>\n"));
    let broken = hop.checks(index).any(|(_, check)| check.failure().is_some());
    link(page, hop.parent, index, hop);
    let (open, class) = if broken { (" open", "hop broken") } else { ("", "hop") };
    page.raw(&format!("<details class=\"{class}\" id=\"hop-{index}\"{open}>\n<summary>"));
    page.raw(&format!("<span class=\"disc\"><span class=\"unseen\">Hop </span>{index}</span>"));
    page.element("span", "who", &sketch::name(explanation, index));
    chips(page, explanation, index);
    let (class, word) = state(hop, broken);
    page.element("span", &format!("state {class}"), word).raw("</summary>\n");
    page.raw("<div class=\"inside\">\n<div class=\"pair\">\n");
    credential(page, explanation, index, hop);
    if hop.records().is_empty() {
        unrecorded(page);
    }
    hop.records().iter().for_each(|record| self::record(page, record));
    page.raw("</div>\n");
    for decision in hop.decisions() {
        self::decision(page, decision);
    }
    for statement in hop.statements() {
        self::statement(page, explanation, statement);
    }
    page.raw("</div>\n</details>\n").close("li");
}

/// A hop holds by its grant and its records. What others say about it may be open, and may not be broken.
fn state(hop: &ExplainedHop, broken: bool) -> (&'static str, &'static str) {
    let grant = hop.grant().map(|grant| sketch::standing(&grant.checks));
    let mut records = hop.records().iter().map(|record| sketch::standing(&record.checks));
    let recorded = !hop.records().is_empty() && records.all(|standing| standing == Standing::Holds);
    match (broken, grant, recorded) {
        (true, ..) => ("bad", "✗ broken"),
        (false, Some(Standing::Holds), true) => ("good", "✓ holds"),
        _ => ("unsure", "– not proven"),
    }
}

/// How the hop hangs on the one that granted it.
fn link(page: &mut Markup, before: Option<usize>, index: usize, hop: &ExplainedHop) {
    let Some(before) = before else { return };
    let of_link = |check: &&Check| matches!(check.rule, Rule::CredentialLink | Rule::RecordLink);
    let grant = hop.grant.iter().flat_map(|grant| &grant.checks);
    let links: Vec<_> =
        grant.chain(hop.records.iter().flat_map(|record| &record.checks)).filter(of_link).collect();
    let mut failures = links.iter().filter_map(|check| Some((check.rule, check.failure()?))).peekable();
    if failures.peek().is_some() {
        page.raw("<div class=\"link torn\" role=\"note\">");
        for (rule, (code, message)) in failures {
            page.raw("<p><strong>✗ ").text(rule.fault());
            page.raw(&format!("</strong>, between hop {before} and hop {index} <code>{code}</code> "));
            page.element("span", "why", message).raw("</p>");
        }
        page.close("div");
    } else if links.len() > 1 && links.iter().all(|check| check.outcome == Outcome::Passed) {
        page.raw(&format!("<div class=\"link whole\">✓ continues hop {before}</div>\n"));
    } else {
        page.raw(&format!("<div class=\"link open\">– link to hop {before} not checked</div>\n"));
    }
}

fn chips(page: &mut Markup, explanation: &Explanation, index: usize) {
    let grant = sketch::grant(explanation, index);
    page.open("span", "chips");
    for (class, word, capabilities) in [
        ("given", "", &grant.granted),
        ("stolen", "not held by its grantor: ", &grant.beyond),
        ("kept", "not passed on: ", &grant.withheld),
    ] {
        for capability in capabilities.iter().take(24) {
            page.open("span", &format!("cap {class}"));
            page.raw("<span class=\"unseen\">").raw(word).raw("</span>").text(capability).raw("</span> ");
        }
        if let Some(more @ 1..) = capabilities.len().checked_sub(24) {
            page.element("span", &format!("cap {class}"), &format!("{more} more"));
        }
    }
    page.close("span");
}

fn credential(page: &mut Markup, explanation: &Explanation, index: usize, hop: &ExplainedHop) {
    panel(page, "Granted", hop.grant().map(|grant| sketch::standing(&grant.checks)));
    let Some(grant) = hop.grant() else {
        page.raw("<p>No chain was given, so nobody granted this.</p></section>\n");
        return;
    };
    if let Some(credential) = grant.value() {
        let grantor = sketch::name_of_key(explanation, credential.issuer());
        page.raw("<dl>\n").fact("Credential", "mono", credential.id().as_str());
        page.fact("By", "", &grantor).fact("Its key", "mono", &credential.issuer().to_hex());
        page.fact("To", "", &sketch::name(explanation, index));
        page.fact("Key of the holder", "mono", &credential.subject().to_hex());
        page.fact("Depth", "", &credential.depth().to_string());
        let always = "at any time".to_owned();
        page.fact("Valid", "", &window(credential.not_before(), credential.not_after()).unwrap_or(always));
        page.fact("Digest", "mono", &credential.digest().to_string()).close("dl");
    }
    checks::list(page, grant.checks());
    source(page, "Credential, as it was given", grant.source());
    page.close("section");
}

fn unrecorded(page: &mut Markup) {
    panel(page, "Recorded by the agent", None);
    page.raw("<p>No TRACE record says what was done under this grant.</p></section>\n");
}

pub(super) fn record(page: &mut Markup, explained: &Explained<TrustRecord<'static>>) {
    panel(page, "Recorded by the agent", Some(sketch::standing(&explained.checks)));
    if let Some(record) = explained.value() {
        let member = |object: &str, member: &str| {
            let found = record.object().object(object).ok().and_then(|object| object.text(member).ok());
            found.unwrap_or("–").to_owned()
        };
        page.raw("<dl>\n").fact("Subject", "mono", record.subject());
        page.fact("Issued", "", &instant(record.iat()));
        page.fact("Model", "", &format!("{}, {}", member("model", "model_id"), member("model", "provider")));
        page.fact("Platform", "", &member("runtime", "platform"));
        page.fact("Data", "", record.object().text("data_class").unwrap_or("–"));
        page.fact("Policy", "", &member("policy", "enforcement_mode"));
        if let Some(block) = record.delegation() {
            page.fact("Continues", "mono", &block.parent.to_string());
            page.fact("Under", "mono", block.credential_id.as_str());
        }
        page.fact("Digest", "mono", &record.hash().to_string()).close("dl");
    }
    checks::list(page, explained.checks());
    source(page, "TRACE record, as it was given", explained.source());
    page.close("section");
}

pub(super) fn decision(page: &mut Markup, explained: &Explained<DelegationRecord>) {
    panel(page, "Decided by the callee, unsigned", Some(sketch::standing(&explained.checks)));
    if let Some(record) = explained.value() {
        page.raw("<dl>\n");
        match record.denial() {
            None => page.fact("Decision", "", "allow"),
            Some(denial) => page
                .fact("Decision", "refusal", "deny")
                .fact("Asked for", "mono", denial.capability().as_str())
                .fact("Because", "", denial.reason()),
        };
        page.fact("Record", "mono", record.id().as_str());
        page.fact("Caller's runtime", "", record.assurance().as_str());
        page.fact("Hash", "mono", &record.hash().to_string()).close("dl");
    }
    checks::list(page, explained.checks());
    source(page, "Decision record, as it was given", explained.source());
    page.close("section");
}

pub(super) fn statement(page: &mut Markup, explanation: &Explanation, explained: &Explained<Statement>) {
    panel(page, "Decided and signed by the callee", Some(sketch::standing(&explained.checks)));
    if let Some(statement) = explained.value() {
        let facts = statement.facts();
        let callee = statement.callee();
        page.raw("<dl>\n").fact("Callee", "", &sketch::name_of_key(explanation, callee));
        page.fact("Its key", "mono", &short(&callee.to_hex()));
        page.fact("Asked for", "mono", facts.capability.as_str());
        let class = if facts.verdict.reason().is_some() { "refusal" } else { "" };
        page.fact("Decision", class, facts.verdict.as_str());
        if let Some(code) = facts.verdict.reason() {
            page.fact("Because", "mono", code.as_str());
        }
        page.fact("Allowed here", "mono", &facts.effective_scope.texts().collect::<Vec<_>>().join(", "));
        page.fact("Signed", "", &instant(facts.issued_at));
        page.fact("Caller's runtime", "", facts.caller.assurance.as_str());
        if let Some(measurement) = &facts.caller.measurement {
            page.fact("Measured there", "mono", measurement);
        }
        if let Some(appraisal) = &facts.caller.appraisal {
            page.fact("Its appraisal", "mono", &format!("sha256:{}", appraisal.to_hex()));
        }
        page.fact("Revocation", "", facts.revocation.as_str()).close("dl");
    }
    checks::list(page, explained.checks());
    source(page, "Signed statement, as it was given", explained.source());
    page.close("section");
}

fn panel(page: &mut Markup, title: &str, standing: Option<Standing>) {
    let class = match standing {
        Some(Standing::Holds) => "panel",
        Some(Standing::Broken) => "panel broken",
        _ => "panel open",
    };
    page.open("section", class).element("h3", "", title);
}

fn source(page: &mut Markup, title: &str, text: &str) {
    page.raw("<details class=\"source\"><summary>").text(title).raw("</summary><pre tabindex=\"0\">");
    page.block(text).raw("</pre></details>\n");
}
