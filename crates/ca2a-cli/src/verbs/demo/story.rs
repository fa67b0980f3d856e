//! The demo as a person reads it.

use ca2a_core::json::{Node, Object};

use super::{process::Actor, trial::Trial};
use crate::page::{Line, Page, Tint, short};

/// Who is who.
pub(super) fn cast(root: &str, actors: &[(&Actor, String)]) -> Page {
    let own = vec![
        Line::new().strong("operator"),
        Line::from(format!("pid {}", std::process::id())),
        Line::new().plain(short(root)),
        Line::new().faint("the root: grants, and runs the planner"),
    ];
    let rows = actors.iter().map(|(actor, key)| {
        vec![
            Line::new().strong(actor.name()),
            Line::from(format!("pid {}", actor.pid())),
            Line::new().plain(short(key)),
            Line::new().faint("a process of its own; its private key never leaves it"),
        ]
    });
    Page::new()
        .line(
            Line::new()
                .strong("A task goes down a row of agents, and the authority with it narrows at every step."),
        )
        .blank()
        .table(std::iter::once(own).chain(rows).collect())
}

/// The grant that starts it all.
pub(super) fn granted(scope: &[&str], task: &str) -> Page {
    Page::new()
        .blank()
        .line(
            Line::new()
                .tint(Tint::Name, "operator → planner")
                .plain("   grants ")
                .strong(scope.join(", "))
                .faint("   c0"),
        )
        .line(Line::new().faint(format!("  \"{task}\"")))
}

/// One call, from the facts that the caller reported.
pub(super) fn call(facts: &Object<'_>) -> Page {
    let text = |name: &str| facts.text(name).unwrap_or("?").to_owned();
    let number =
        |name: &str| facts.get(name).and_then(Node::as_number).and_then(|n| n.as_int()).unwrap_or_default();
    let list = |name: &str| -> Vec<String> {
        let items = facts.array(name).unwrap_or_default();
        items.iter().filter_map(Node::as_str).map(Into::into).collect()
    };
    let holds = list("holds");
    let passes = list("passes");
    let heading = Line::new()
        .tint(Tint::Name, format!("{} → {}", text("caller"), text("callee")))
        .plain("   asks for ")
        .strong(text("capability"))
        .faint(format!("   under {}", list("under").join(" · ")));
    let mut page = Page::new().blank().line(heading);
    page = page.line(
        Line::new()
            .plain("  ")
            .tick()
            .plain("signs   ")
            .faint(format!("TRACE record {}", short_link(&text("trace")))),
    );
    if facts.contains("issues") {
        let given_up: Vec<_> = holds.iter().filter(|held| !passes.contains(held)).cloned().collect();
        page = page.line(
            Line::new().plain("  ").tick().plain("narrows ").strong(passes.join(", ")).faint(format!(
                "   {} gives up {}",
                text("issues"),
                given_up.join(", ")
            )),
        );
    }
    let (plain, sealed) = (number("plain_bytes"), number("sealed_bytes"));
    page.line(
        Line::new()
            .plain("  ")
            .tick()
            .plain("seals   ")
            .faint(format!("{plain} bytes into {sealed}, for channel key {} alone", short(&text("channel")))),
    )
    .line(Line::new().plain("  ").tick().plain("granted ").faint(format!(
        "{} verified the chain, the holder and the scope, and recorded {}",
        text("callee"),
        short(&text("record_hash"))
    )))
    .line(Line::new().plain("  ").tick().plain("returns ").faint(format!(
        "the result, sealed for {} alone: {} bytes",
        text("caller"),
        number("result_sealed_bytes")
    )))
}

pub(super) fn answer(text: &str) -> Page {
    Page::new()
        .blank()
        .line(Line::new().tint(Tint::Name, "planner → operator").plain("   the answer"))
        .line(format!("  \"{text}\""))
}

/// What must fail, and did, or did not.
pub(super) fn trials(trials: &[Trial]) -> Page {
    let mut page = Page::new().blank().line(Line::new().strong("Four things that must fail")).blank();
    for trial in trials {
        let mark =
            if trial.holds() { Line::new().plain("  ").tick() } else { Line::new().plain("  ").cross() };
        let status = trial.status.map(|status| format!("{status} ")).unwrap_or_default();
        let code = if trial.code.is_empty() { "NOT REFUSED".into() } else { trial.code.clone() };
        page = page
            .line(mark.strong(format!("{:<14}", trial.name)).plain(trial.attempt.clone()))
            .line(
                Line::new()
                    .plain(" ".repeat(18))
                    .tint(Tint::Bad, format!("{status}{code}"))
                    .faint(format!("  by {}, pid {}", trial.by, trial.pid)),
            )
            .line(Line::new().plain(" ".repeat(18)).faint(trial.message.clone()));
    }
    page
}

/// The verdict of the process that took no part.
pub(super) fn audit(pid: u32, records: i64, picture: &str) -> Page {
    let verdict = format!(
        "{records} records, each signed by the delegate that its hop names, each linked to the one before"
    );
    Page::new()
        .blank()
        .line(Line::new().strong("What is left for anybody to check"))
        .blank()
        .line(
            Line::new()
                .plain("  ")
                .tick()
                .plain("verified offline by a fresh process")
                .faint(format!(", pid {pid}: {verdict}")),
        )
        .blank()
        .text(picture)
}

/// Where everything is, and how to check it.
pub(super) fn files(folder: &str, names: &[&str], command: &str) -> Page {
    let mut page = Page::new()
        .blank()
        .fact("written", Line::new().name(folder).faint(format!("  {}", names.join(", "))));
    page = page.fact("check it", Line::new().strong(command));
    page
}

fn short_link(link: &str) -> String {
    match link.split_once(':') {
        Some((algorithm, digits)) => format!("{algorithm}:{}", short(digits)),
        None => short(link),
    }
}
