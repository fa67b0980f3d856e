//! The lineage as a tree of text.

use super::{
    Hop, Picture,
    label::{brief, fit, wrap},
};

/// Draws the tree: each grant below its grantor, each fault and each refusal beside its hop.
pub(super) fn draw(picture: &Picture) -> String {
    let mut out = format!("{}\n\n{}  {}\n", picture.title, picture.operator_name(), picture.operator_key());
    for (index, hop) in picture.hops.iter().enumerate() {
        let indent = "   ".repeat(index);
        for line in hop_lines(picture, index, hop) {
            out.push_str(&indent);
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }
    if let Some(conclusion) = &picture.conclusion {
        out.push_str(&format!("\n{conclusion}\n"));
    }
    out
}

fn hop_lines(picture: &Picture, index: usize, hop: &Hop) -> Vec<String> {
    let mut lines = grant_lines(hop);
    for fault in hop.faults.iter().filter(|fault| fault.link) {
        lines.push(format!("╳  {}: {}", fault.title, fault.code));
        lines.extend(wrap(&brief(&fault.message), 70, 4).into_iter().map(|line| format!("╳    {line}")));
    }
    let name = picture.name_of(hop);
    let subject = hop.record.as_ref().map_or("", |record| record.subject.as_str());
    lines.push(format!("└─ {name}  {}  {subject}", hop.short_key()));
    match &hop.record {
        Some(record) => {
            lines.push(format!(
                "   {} on {}, {} data, policy {}",
                record.model, record.platform, record.data_class, record.enforcement
            ));
            let (mark, signed) = (record.standing.mark(), record.signed());
            lines.push(format!("   {mark} {signed}  record {}", record.hash));
        }
        None => lines.push("   – no TRACE record that can be read".into()),
    }
    for fault in hop.faults.iter().filter(|fault| !fault.link) {
        lines.push(format!("   ✗ {}: {}", fault.title, fault.code));
        lines.extend(wrap(&brief(&fault.message), 70, 4).into_iter().map(|line| format!("     {line}")));
    }
    for call in &hop.calls {
        lines.push(format!("   → called {} for {}", call.callee, call.capability));
    }
    for refusal in picture.refusals_at(index) {
        let by = refusal.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
        lines.push(format!("   ✗ {}: refused{by}, {}", refusal.attempt, refusal.code));
        lines.extend(wrap(&refusal.reason, 70, 4).into_iter().map(|line| format!("     {line}")));
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
