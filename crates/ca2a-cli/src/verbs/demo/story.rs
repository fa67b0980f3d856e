//! The demo as a person reads it.

use ca2a_core::{
    VerifyingKey,
    json::{Node, Object},
};

use super::{process::Actor, row::Booted, trial::Trial, verdict::Audit};
use crate::page::{Line, Page, Tint, short};

/// Who is who.
pub(super) fn cast(root: &VerifyingKey, actors: &[(&Actor, &str)], machine: Option<&Booted>) -> Page {
    let row = |name: &str, pid: u32, key: &str, remark: &str| {
        vec![
            Line::new().strong(name),
            Line::from(format!("pid {pid}")),
            Line::from(short(key)),
            Line::new().faint(remark),
        ]
    };
    let operator =
        row("operator", std::process::id(), &root.to_hex(), "the root: grants, and runs the planner");
    let rest =
        actors.iter().map(|(actor, key)| row(actor.name(), actor.pid(), key, "its key never leaves it"));
    let machine = machine.map(|machine| {
        let (name, pid, measured) = (machine.actor.name(), machine.actor.pid(), &machine.measurement);
        row(name, pid, measured, "a software TPM, whose quotes all of them demand of one another")
    });
    Page::new()
        .line(
            Line::new()
                .strong("A task goes down a row of agents, and the authority with it narrows at every step."),
        )
        .line(Line::new().faint(
            "Each agent is a process of its own and believes nobody: not its caller, not the operator.",
        ))
        .blank()
        .table(std::iter::once(operator).chain(rest).chain(machine).collect())
}

/// The grant that starts it all.
pub(super) fn granted(scope: &[&str], task: &str) -> Page {
    heading("operator", "planner", "grants", &scope.join(", "), "as c0").then(quote(task))
}

/// One call, from the facts that the caller reported.
pub(super) fn call(facts: &Object<'_>) -> Page {
    let text = |name: &str| facts.text(name).unwrap_or("?");
    let number = |name: &str| facts.get(name).and_then(Node::as_uint).unwrap_or_default();
    let under = format!("under {}", texts(facts, "under").join(" · "));
    let page = heading(text("caller"), text("callee"), "asks for", text("capability"), &under)
        .line(step("signs", "").faint(format!("TRACE record {}", short_link(text("trace")))));
    let page = match facts.text("issues") {
        Ok(issued) => page.line(narrowing(facts, issued)),
        Err(_) => page,
    };
    let page = match text("assurance") {
        "hardware" => page.line(attested(text("caller"), text("callee"), text("measurement"))),
        _ => page,
    };
    let grant = facts.text("issues").map_or_else(|_| String::new(), |id| format!(",\"grant\":[… {id}]"));
    // The first byte of a blob is its version, and the second binds it to its call.
    let bound = if text("sealed_start").starts_with("02") { ", in this call alone" } else { "" };
    let sealed = format!("  {} bytes that {} alone can open{bound}", number("sealed_bytes"), text("callee"));
    let verified = format!("  chain, holder, scope; recorded as {} and signed", short(text("record_hash")));
    let returned =
        format!("  {} bytes that {} alone can open{bound}", number("result_sealed_bytes"), text("caller"));
    page.line(
        step("seals", &format!("{{\"task\":\"…\"{grant}}}"))
            .faint(" → ")
            .plain(format!("{}…", text("sealed_start")))
            .faint(sealed),
    )
    .line(step("verified", &format!("by {}", text("callee"))).faint(verified))
    .line(step("returns", "the result, sealed").faint(returned))
}

/// That both sides were appraised, each by the other, before anything was sealed or opened.
fn attested(caller: &str, callee: &str, measurement: &str) -> Line {
    step("attested", &format!("{callee} to {caller}, {caller} to {callee}"))
        .faint(format!("  hardware, affirming: {}", short_link(measurement)))
}

/// What is passed on, and what is kept back.
fn narrowing(facts: &Object<'_>, issued: &str) -> Line {
    let (holds, passes) = (texts(facts, "holds"), texts(facts, "passes"));
    let kept: Vec<_> = holds.into_iter().filter(|held| !passes.contains(held)).collect();
    step("narrows", "to ")
        .strong(passes.join(", "))
        .faint(format!("  as {issued}; gives up {}", kept.join(", ")))
}

/// What came back up the row.
pub(super) fn answer(text: &str) -> Page {
    heading("planner", "operator", "answers", "", "").then(quote(text))
}

/// What must fail, and did, or did not.
pub(super) fn trials(trials: &[Trial]) -> Page {
    let page = Page::new().blank().line(Line::new().strong("Four things that must fail")).blank();
    trials.iter().fold(page, |page, trial| {
        let mark =
            if trial.holds() { Line::new().plain("  ").tick() } else { Line::new().plain("  ").cross() };
        let status = trial.status.map(|status| format!("{status} ")).unwrap_or_default();
        let code = if trial.code.is_empty() { "NOT REFUSED" } else { &trial.code };
        let under = || Line::new().plain(" ".repeat(19));
        page.line(mark.strong(format!("{:<15}", trial.name)).plain(trial.attempt))
            .line(
                under()
                    .tint(Tint::Bad, format!("{status}{code}"))
                    .faint(format!("  by {}, pid {}", trial.by, trial.pid)),
            )
            .line(under().faint(trial.message.clone()))
    })
}

/// The verdict of the process that took no part.
pub(super) fn audit(audit: &Audit, picture: &str) -> Page {
    let records = audit.records;
    Page::new()
        .blank()
        .line(Line::new().strong("What anybody can check afterwards, without asking any of them"))
        .blank()
        .line(step("verified", "by a fresh process").faint(format!(
            ", pid {}: {records} records, each signed by the delegate of its hop, each linked to the one before",
            audit.pid
        )))
        .blank()
        .text(picture)
}

/// Where everything is, and how to check it.
pub(super) fn files(folder: &str, names: &[&str], command: &str) -> Page {
    Page::new()
        .blank()
        .fact("written to", Line::new().name(folder).faint(format!("  {}", names.join(", "))))
        .fact("check it", Line::new().strong(command))
}

fn heading(from: &str, to: &str, verb: &str, what: &str, how: &str) -> Page {
    let line =
        Line::new().tint(Tint::Name, format!("{from} → {to}")).plain(format!("  {verb} ")).strong(what);
    Page::new().blank().line(line.faint(format!("  {how}")))
}

fn step(verb: &str, what: &str) -> Line {
    Line::new().plain("  ").tick().plain(format!("{verb:<9}{what}"))
}

/// What somebody said, in lines of a width that reads well.
fn quote(text: &str) -> Page {
    const WIDTH: usize = 92;
    let mut lines = vec![String::from("“")];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count().saturating_add(word.chars().count()) < WIDTH => {
                if !line.ends_with(['“', ' ']) {
                    line.push(' ');
                }
                line.push_str(word);
            }
            _ => lines.push(format!(" {word}")),
        }
    }
    if let Some(last) = lines.last_mut() {
        last.push('”');
    }
    let lines = lines.into_iter().map(|line| Line::new().plain("    ").tint(Tint::Warn, line));
    lines.fold(Page::new(), Page::line)
}

fn texts(facts: &Object<'_>, name: &str) -> Vec<String> {
    let items = facts.array(name).unwrap_or_default();
    items.iter().filter_map(Node::as_str).map(Into::into).collect()
}

fn short_link(link: &str) -> String {
    match link.split_once(':') {
        Some((algorithm, digits)) => format!("{algorithm}:{}", short(digits)),
        None => short(link),
    }
}
