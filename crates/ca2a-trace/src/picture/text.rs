//! The lineage as a tree of text.

use super::{
    Hop, Picture,
    label::{brief, fit, wrap},
    shape::Shape,
    short_key,
};

/// Draws the tree: each grant below its grantor, each fault and each refusal beside its hop.
pub(super) fn draw(picture: &Picture) -> String {
    let shape = Shape::of(&picture.hops);
    let mut out = format!("{}\n", picture.title);
    for operator in &shape.operators {
        let (name, key) = (picture.operator_name(operator.key), short_key(operator.key));
        out.push_str(&format!("\n{name}  {key}\n"));
        let mut open: Vec<_> = operator.below.iter().rev().map(|index| (*index, String::new())).collect();
        while let Some((index, indent)) = open.pop() {
            let Some(hop) = picture.hops.get(index) else { continue };
            let place = shape.place(index);
            for line in hop_lines(picture, index, hop, place.last) {
                out.push_str(format!("{indent}{line}").trim_end());
                out.push('\n');
            }
            let indent = format!("{indent}{}", if place.last { "   " } else { "│  " });
            open.extend(place.below.iter().rev().map(|below| (*below, indent.clone())));
        }
    }
    if let Some(conclusion) = &picture.conclusion {
        out.push_str(&format!("\n{conclusion}\n"));
    }
    out
}

fn hop_lines(picture: &Picture, index: usize, hop: &Hop, last: bool) -> Vec<String> {
    let mut lines = grant_lines(hop);
    for fault in hop.faults.iter().filter(|fault| fault.link) {
        lines.push(format!("╳  {}: {}", fault.title, fault.code));
        lines.extend(wrap(&brief(&fault.message), 70, 4).into_iter().map(|line| format!("╳    {line}")));
    }
    let (elbow, side) = if last { ("└─", "  ") } else { ("├─", "│ ") };
    let name = picture.name_of(hop);
    let subject = hop.records.first().map_or("", |record| record.subject.as_str());
    lines.push(format!("{elbow} {name}  {}  {subject}", hop.short_key()));
    lines.extend(body(picture, index, hop).into_iter().map(|line| format!("{side} {line}")));
    lines
}

/// What the agent of a hop did, and what came of it.
fn body(picture: &Picture, index: usize, hop: &Hop) -> Vec<String> {
    let mut lines = Vec::new();
    for (record, named) in hop.signed(picture.above(hop)) {
        lines.push(format!(
            "{} on {}, {} data, policy {}",
            record.model, record.platform, record.data_class, record.enforcement
        ));
        lines.push(format!("{} {}  {named}", record.standing.mark(), record.signed()));
    }
    if hop.records.is_empty() {
        lines.push("– no TRACE record that can be read".into());
    }
    for fault in hop.faults.iter().filter(|fault| !fault.link) {
        lines.push(format!("✗ {}: {}", fault.title, fault.code));
        lines.extend(wrap(&brief(&fault.message), 70, 4).into_iter().map(|line| format!("  {line}")));
    }
    for call in &hop.calls {
        lines.push(format!("→ called {} for {}", call.callee, call.capability));
    }
    for appraised in &hop.appraisals {
        lines.push(format!("   ✓ {}", appraised.words()));
    }
    for refusal in picture.refusals_at(index) {
        let by = refusal.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
        lines.push(format!("✗ {}: refused{by}, {}", refusal.attempt, refusal.code));
        lines.extend(wrap(&refusal.reason, 70, 4).into_iter().map(|line| format!("  {line}")));
    }
    lines
}

fn grant_lines(hop: &Hop) -> Vec<String> {
    let grant = &hop.grant;
    if grant.id.is_empty() {
        return vec!["│  no credential that can be read".into()];
    }
    let mut lines =
        vec![format!("│  grants {} (depth {}): {}", grant.id, grant.depth, listed(&grant.granted))];
    if !grant.beyond.is_empty() {
        lines.push(format!("│  grants what is not held: {}", listed(&grant.beyond)));
    }
    if !grant.withheld.is_empty() {
        lines.push(format!("│  keeps back: {}", listed(&grant.withheld)));
    }
    if let Some(window) = &grant.window {
        lines.push(format!("│  valid {window}"));
    }
    lines
}

fn listed(capabilities: &[String]) -> String {
    fit(&capabilities.join(", "), 400)
}
