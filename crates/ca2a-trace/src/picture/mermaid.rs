//! The lineage as a Mermaid flowchart.

use super::{
    Hop, Picture, Standing,
    label::{brief, fit},
    shape::{Shape, grantor_id, operator_id},
    short_key,
};

/// Draws the flowchart: agents from top to bottom, what broke and what was refused as red nodes beside them.
pub(super) fn draw(picture: &Picture) -> String {
    let mut out = String::from("flowchart TD\n");
    let mut line = |text: String| {
        out.push_str("    ");
        out.push_str(&text);
        out.push('\n');
    };
    let shape = Shape::of(&picture.hops);
    for (number, operator) in shape.operators.iter().enumerate() {
        let (name, key) = (escape(picture.operator_name(operator.key)), short_key(operator.key));
        line(format!("{}([\"{name}<br/>{key}\"]):::operator", operator_id(number)));
    }
    let mut faults = 0_usize;
    for (index, hop) in picture.hops.iter().enumerate() {
        let class = match hop.standing() {
            Standing::Holds => "agent",
            Standing::Broken => "broken",
            Standing::Unknown => "unknown",
        };
        line(format!("hop{index}[\"{}\"]:::{class}", agent(picture, hop)));
        let from = grantor_id(&shape, index, hop);
        if hop.torn() {
            line(format!("{from} -. \"✗ {}\" .-x hop{index}", grant(hop)));
        } else {
            line(format!("{from} -->|\"{}\"| hop{index}", grant(hop)));
        }
        for fault in &hop.faults {
            let (title, message) = (escape(&fault.title), escape(&fit(&brief(&fault.message), 90)));
            line(format!("fault{faults}[\"✗ {title}<br/>{}<br/>{message}\"]:::fault", fault.code));
            line(format!("hop{index} ==> fault{faults}"));
            faults = faults.saturating_add(1);
        }
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
    line("classDef unknown fill:#f8fafc,stroke:#94a3b8,color:#475569,stroke-dasharray:4 3".into());
    line("classDef broken fill:#fff7f7,stroke:#dc2626,color:#7f1d1d,stroke-width:2px".into());
    line("classDef fault fill:#dc2626,stroke:#991b1b,color:#fff".into());
    line("classDef refused fill:#fef2f2,stroke:#dc2626,color:#7f1d1d".into());
    out
}

fn agent(picture: &Picture, hop: &Hop) -> String {
    let mut lines = vec![format!("<b>{}</b>", escape(picture.name_of(hop)))];
    lines.extend(hop.records.first().map(|record| escape(&record.subject)));
    for (record, named) in hop.signed(picture.above(hop)) {
        lines.push(format!("{} {}", record.standing.mark(), record.signed()));
        lines.push(named);
    }
    if hop.records.is_empty() {
        lines.push("– no TRACE record that can be read".into());
    }
    let calls = hop.calls.iter();
    lines.extend(calls.map(|call| format!("→ {} for {}", escape(&call.callee), escape(&call.capability))));
    lines.extend(hop.appraisals.iter().map(|appraised| format!("✓ {}", escape(&appraised.words()))));
    lines.join("<br/>")
}

fn grant(hop: &Hop) -> String {
    let grant = &hop.grant;
    let listed = |capabilities: &[String]| escape(&fit(&capabilities.join(", "), 80));
    let mut lines = vec![format!("{}: {}", escape(&grant.id), listed(&grant.granted))];
    if !grant.beyond.is_empty() {
        lines.push(format!("not held: {}", listed(&grant.beyond)));
    }
    if !grant.withheld.is_empty() {
        lines.push(format!("without {}", listed(&grant.withheld)));
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
