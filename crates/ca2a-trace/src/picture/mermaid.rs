//! The lineage as a Mermaid flowchart.

use super::{
    Hop, Picture,
    label::{fit, short},
};

/// Draws the flowchart: agents from top to bottom, refusals as red nodes beside them.
pub(super) fn draw(picture: &Picture) -> String {
    let mut out = String::from("flowchart TD\n");
    let mut line = |text: String| {
        out.push_str("    ");
        out.push_str(&text);
        out.push('\n');
    };
    line(format!(
        "operator([\"{}<br/>{}\"]):::operator",
        escape(picture.operator_name()),
        short(&picture.operator.to_hex())
    ));
    for (index, hop) in picture.hops.iter().enumerate() {
        line(format!("hop{index}[\"{}\"]:::agent", agent(picture, hop)));
        let from =
            index.checked_sub(1).map_or_else(|| "operator".to_owned(), |before| format!("hop{before}"));
        line(format!("{from} -->|\"{}\"| hop{index}", grant(hop)));
    }
    for (number, refusal) in picture.refusals.iter().enumerate() {
        let reason = escape(&fit(&refusal.reason, 90));
        line(format!(
            "refused{number}[\"✗ {}<br/>{}<br/>{reason}\"]:::refused",
            escape(&refusal.attempt),
            refusal.code
        ));
        line(format!("hop{} -.-x refused{number}", refusal.hop));
    }
    line("classDef operator fill:#0f172a,stroke:#0f172a,color:#f8fafc".into());
    line("classDef agent fill:#eef2ff,stroke:#6366f1,color:#1e1b4b".into());
    line("classDef refused fill:#fef2f2,stroke:#dc2626,color:#7f1d1d".into());
    out
}

fn agent(picture: &Picture, hop: &Hop) -> String {
    let mut lines = vec![
        format!("<b>{}</b>", escape(picture.name_of(hop))),
        escape(&hop.subject),
        format!("✓ signed {}", hop.issued),
        format!("record {}", hop.record),
    ];
    let calls = hop.calls.iter();
    lines.extend(calls.map(|call| format!("→ {} for {}", escape(&call.callee), escape(&call.capability))));
    lines.join("<br/>")
}

fn grant(hop: &Hop) -> String {
    let mut lines =
        vec![format!("{}: {}", escape(&hop.credential), escape(&fit(&hop.granted.join(", "), 80)))];
    if !hop.withheld.is_empty() {
        lines.push(format!("without {}", escape(&fit(&hop.withheld.join(", "), 80))));
    }
    lines.join("<br/>")
}

/// Mermaid's entities for whatever could end a label, open markup or start an entity.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' | '#' | '&' | '<' | '>' | '`' | '\\' | '|' | '[' | ']' | '{' | '}' | '(' | ')' | ';'
            | '*' | '_' | '%' => {
                out.push_str(&format!("#{};", u32::from(character)));
            }
            _ => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escape;

    /// covers TRC-60
    #[test]
    fn nothing_leaves_its_label() {
        assert_eq!(escape("a\"]; click x"), "a#34;#93;#59; click x");
        assert_eq!(escape("<b>&#35;"), "#60;b#62;#38;#35;35#59;");
    }
}
