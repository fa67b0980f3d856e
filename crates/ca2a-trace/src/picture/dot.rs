//! The lineage as a Graphviz digraph.

use super::{
    Hop, Picture, Standing,
    label::{brief, fit},
    shape::{Shape, grantor_id, operator_id},
    short_key,
};

/// Draws the digraph: agents from top to bottom, what broke and what was refused beside them.
pub(super) fn draw(picture: &Picture) -> String {
    let mut out = String::from("digraph lineage {\n");
    let mut line = |text: String| {
        out.push_str("    ");
        out.push_str(&text);
        out.push('\n');
    };
    line("rankdir=TB; bgcolor=\"transparent\"; fontname=\"Helvetica\"; labelloc=\"t\";".into());
    line(format!("label={};", quoted(&[&picture.title, &picture.subtitle])));
    line("node [shape=box, style=\"rounded,filled\", fontname=\"Helvetica\", fontsize=11];".into());
    line("edge [fontname=\"Helvetica\", fontsize=10];".into());
    let shape = Shape::of(&picture.hops);
    for (number, operator) in shape.operators.iter().enumerate() {
        let (label, id) =
            (quoted(&[picture.operator_name(operator.key), &short_key(operator.key)]), operator_id(number));
        line(format!("{id} [label={label}, shape=oval, fillcolor=\"#0f172a\", fontcolor=\"#f8fafc\"];"));
    }
    let mut faults = 0_usize;
    for (index, hop) in picture.hops.iter().enumerate() {
        let (fill, edge) = match hop.standing() {
            Standing::Holds => ("#eef2ff", "#6366f1"),
            Standing::Broken => ("#fff7f7", "#dc2626"),
            Standing::Unknown => ("#f8fafc", "#94a3b8"),
        };
        line(format!("hop{index} [label={}, fillcolor=\"{fill}\", color=\"{edge}\"];", agent(picture, hop)));
        let from = grantor_id(&shape, index, hop);
        let torn = if hop.torn() { ", style=dashed, color=\"#dc2626\", arrowhead=tee" } else { "" };
        line(format!("{from} -> hop{index} [label={}{torn}];", grant(hop)));
        for fault in &hop.faults {
            let label = quoted(&[
                &format!("✗ {}", fault.title),
                fault.code.as_str(),
                &fit(&brief(&fault.message), 90),
            ]);
            line(format!("fault{faults} [label={label}, fillcolor=\"#dc2626\", fontcolor=\"#ffffff\"];"));
            line(format!("hop{index} -> fault{faults} [color=\"#dc2626\", arrowhead=none];"));
            line(format!("{{ rank=same; hop{index}; fault{faults}; }}"));
            faults = faults.saturating_add(1);
        }
    }
    for (number, refusal) in picture.refusals.iter().enumerate() {
        let label =
            quoted(&[&format!("✗ {}", refusal.attempt), refusal.code.as_str(), &fit(&refusal.reason, 90)]);
        line(format!("refused{number} [label={label}, fillcolor=\"#fef2f2\", color=\"#dc2626\"];"));
        line(format!(
            "hop{} -> refused{number} [style=dotted, color=\"#dc2626\", arrowhead=tee];",
            refusal.hop
        ));
    }
    out.push_str("}\n");
    out
}

fn agent(picture: &Picture, hop: &Hop) -> String {
    let name = picture.name_of(hop).to_owned();
    let mut lines = vec![name];
    lines.extend(hop.records.first().map(|record| record.subject.clone()));
    for (record, named) in hop.signed(picture.above(hop)) {
        lines.push(format!("{} {}", record.standing.mark(), record.signed()));
        lines.push(named);
    }
    if hop.records.is_empty() {
        lines.push("– no TRACE record that can be read".into());
    }
    lines.extend(hop.calls.iter().map(|call| format!("→ {} for {}", call.callee, call.capability)));
    lines.extend(hop.appraisals.iter().map(|appraised| format!("✓ {}", appraised.words())));
    quoted(&lines)
}

fn grant(hop: &Hop) -> String {
    let grant = &hop.grant;
    let listed = |capabilities: &[String]| fit(&capabilities.join(", "), 80);
    let mut lines = vec![format!("{}: {}", grant.id, listed(&grant.granted))];
    if !grant.beyond.is_empty() {
        lines.push(format!("not held: {}", listed(&grant.beyond)));
    }
    if !grant.withheld.is_empty() {
        lines.push(format!("without {}", listed(&grant.withheld)));
    }
    quoted(&lines)
}

/// Lines as one quoted string. A backslash starts an escape in it and `&` an entity, so neither stands for itself.
fn quoted<T: AsRef<str>>(lines: &[T]) -> String {
    let mut out = String::from("\"");
    for (number, line) in lines.iter().enumerate() {
        if number > 0 {
            out.push_str("\\n");
        }
        for character in line.as_ref().chars() {
            match character {
                '"' => out.push_str("&quot;"),
                '\\' => out.push_str("&#92;"),
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                _ => out.push(character),
            }
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::quoted;

    /// covers TRC-60
    #[test]
    fn nothing_leaves_its_label() {
        assert_eq!(quoted(&["a\"]; b [x", "\\N"]), "\"a&quot;]; b [x\\n&#92;N\"");
        assert_eq!(quoted(&["<b>&#35;"]), "\"&lt;b&gt;&amp;#35;\"");
    }
}
