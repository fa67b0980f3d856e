//! The boxes: agents, and what was refused.

use super::{
    CARD, LEFT, REFUSALS,
    canvas::{Canvas, count},
};
use crate::picture::{
    Fault, Hop, Refusal, Standing,
    label::{brief, columns, fit, wrap},
};

const PADDING: f64 = 20.0;
/// Height of one more line in an agent's card.
const LINE: f64 = 23.0;

/// Draws the card of an agent, who hangs on `above`, from `top` and returns where it ends.
pub(super) fn agent(canvas: &mut Canvas, hop: &Hop, above: Option<&Hop>, name: &str, top: f64) -> f64 {
    let records = hop.records.len().saturating_sub(1);
    let lines = hop.calls.len().saturating_add(hop.appraisals.len()).saturating_add(records);
    let height = 128.0 + LINE * count(lines);
    let (left, right) = (LEFT + PADDING, LEFT + CARD - PADDING);
    let class = match hop.standing() {
        Standing::Holds => "card",
        Standing::Broken => "card broken",
        Standing::Unknown => "card unknown",
    };
    canvas.rect((LEFT, top), (CARD, height), 14.0, class);
    // A notch towards the band.
    canvas.path(&format!("M{LEFT:.1} {:.1}l-9 8l9 8", top + 26.0), class);
    canvas.text(left, top + 34.0, "name", &fit(name, 34));
    if let Some(record) = hop.records.first() {
        badge(canvas, right, top + 18.0, &record.platform);
        canvas.text(left, top + 55.0, "mono muted", &fit(&record.subject, 70));
        let facts = format!(
            "{}, {} data, policy {}",
            fit(&record.model, 30),
            fit(&record.data_class, 20),
            fit(&record.enforcement, 12)
        );
        canvas.text(left, top + 77.0, "small muted", &facts);
    } else {
        canvas.text(left, top + 77.0, "small muted", "what it did was not recorded, or cannot be read");
    }
    let mut y = top + 77.0;
    for call in &hop.calls {
        y += LINE;
        let (callee, capability) = (fit(&call.callee, 24), fit(&call.capability, 36));
        canvas.text(left, y, "strong call", &format!("→ called {callee} for {capability}"));
    }
    for appraised in &hop.appraisals {
        y += LINE;
        canvas.text(left, y, "strong good", "✓");
        canvas.text(left + 18.0, y, "small", &fit(&appraised.words(), 74));
    }
    canvas.path(&format!("M{left:.1} {:.1}H{right:.1}", y + 15.0), "rule");
    y += 37.0;
    if hop.records.is_empty() {
        canvas.text(left, y, "strong muted", Standing::Unknown.mark());
        canvas.text(left + 18.0, y, "small", "no record that can be read");
        canvas.text_right(right, y, "mono muted", &format!("key {}", hop.short_key()));
    }
    for (number, (record, named)) in hop.signed(above).enumerate() {
        let class = match record.standing {
            Standing::Holds => "good",
            Standing::Broken => "bad",
            Standing::Unknown => "muted",
        };
        canvas.text(left, y, &format!("strong {class}"), record.standing.mark());
        canvas.text(left + 18.0, y, "small", &record.signed());
        let key = if number == 0 { format!("key {}  ", hop.short_key()) } else { String::new() };
        canvas.text_right(right, y, "mono muted", &format!("{key}{named}"));
        y += LINE;
    }
    top + height
}

/// Draws the verdict as a stamp and returns its width.
pub(super) fn seal(canvas: &mut Canvas, x: f64, top: f64, standing: Standing, word: &str) -> f64 {
    let label = format!("{} {word}", standing.mark());
    let width = count(columns(&label)) * 8.4 + 26.0;
    let class = match standing {
        Standing::Holds => "seal good",
        Standing::Broken => "seal bad",
        Standing::Unknown => "seal unsure",
    };
    canvas.rect((x, top), (width, 28.0), 14.0, class);
    canvas.text_center(x + width / 2.0, top + 19.0, "seal-text", &label);
    width
}

fn badge(canvas: &mut Canvas, right: f64, top: f64, platform: &str) {
    let label = fit(platform, 26);
    let width = count(columns(&label)) * 6.9 + 22.0;
    let kind = if platform == "software-only" { "" } else { " hardware" };
    canvas.rect((right - width, top), (width, 22.0), 11.0, &format!("badge{kind}"));
    canvas.text_center(right - width / 2.0, top + 15.0, &format!("badge-text{kind}"), &label);
}

/// Draws a refusal from `top`, tied to the agent whose card is marked at `agent`, and returns where it ends.
pub(super) fn refusal(canvas: &mut Canvas, refusal: &Refusal, top: f64, agent: f64) -> f64 {
    let x = REFUSALS.0;
    let bottom =
        aside(canvas, "refusal", (&refusal.attempt, refusal.code.as_str(), &refusal.reason), top, agent);
    if let Some(by) = &refusal.by {
        let by = format!("by {}", fit(by, 20));
        canvas.text_right(x + REFUSALS.1 - 18.0, top + 51.0, "small muted", &by);
    }
    bottom
}

/// Draws what is broken from `top`, tied likewise, and returns where it ends.
pub(super) fn fault(canvas: &mut Canvas, fault: &Fault, top: f64, agent: f64) -> f64 {
    aside(canvas, "fault", (&fault.title, fault.code.as_str(), &fault.message), top, agent)
}

fn aside(
    canvas: &mut Canvas,
    class: &str,
    (title, code, reason): (&str, &str, &str),
    top: f64,
    agent: f64,
) -> f64 {
    let (x, width) = REFUSALS;
    let reason = wrap(&brief(reason), 52, 5);
    let height = 70.0 + 18.0 * count(reason.len());
    let edge = LEFT + CARD;
    let bend = (edge + x) / 2.0;
    let middle = top + 34.0;
    canvas.path(
        &format!("M{edge:.1} {agent:.1}C{bend:.1} {agent:.1} {bend:.1} {middle:.1} {x:.1} {middle:.1}"),
        &format!("tie {class}"),
    );
    canvas.rect((x, top), (width, height), 12.0, &format!("aside {class}"));
    canvas.stop(x, middle);
    canvas.text(x + 26.0, top + 30.0, &format!("aside-title {class}"), &fit(title, 44));
    canvas.text(x + 26.0, top + 51.0, &format!("mono code {class}"), code);
    for (line, text) in reason.iter().enumerate() {
        canvas.text(x + 26.0, top + 73.0 + 18.0 * count(line), &format!("small {class}"), text);
    }
    top + height
}
