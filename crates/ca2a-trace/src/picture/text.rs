//! The lineage as a tree of text.

use super::{
    Hop, Picture,
    label::{short, wrap},
};

/// Draws the tree: each grant below its grantor, each refusal beside the hop that it was tried at.
pub(super) fn draw(picture: &Picture) -> String {
    let mut out =
        format!("{}\n\n{}  {}\n", picture.title, picture.operator_name(), short(&picture.operator.to_hex()));
    for (index, hop) in picture.hops.iter().enumerate() {
        let indent = "   ".repeat(index);
        for line in hop_lines(picture, index, hop) {
            out.push_str(&indent);
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }
    out.push_str(&format!(
        "\n✓ {} signed records, each by the key its credential names; {}\n",
        picture.hops.len(),
        picture.revocation_words()
    ));
    out
}

fn hop_lines(picture: &Picture, index: usize, hop: &Hop) -> Vec<String> {
    let mut lines =
        vec![format!("│  grants {} (depth {}): {}", hop.credential, hop.depth, hop.granted.join(", "))];
    if !hop.withheld.is_empty() {
        lines.push(format!("│  keeps back: {}", hop.withheld.join(", ")));
    }
    if let Some(window) = &hop.window {
        lines.push(format!("│  valid {window}"));
    }
    lines.push(format!("└─ {}  {}  {}", picture.name_of(hop), short(&hop.key.to_hex()), hop.subject));
    lines.push(format!(
        "   {} on {}, {} data, policy {}",
        hop.model, hop.platform, hop.data_class, hop.enforcement
    ));
    lines.push(format!("   ✓ signed {}  record {}", hop.issued, hop.record));
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
