//! The boxes: agents, and what was refused.

use super::{
    CARD, LEFT, REFUSALS,
    canvas::{Canvas, count},
};
use crate::picture::{
    Hop, Refusal,
    label::{columns, fit, short, wrap},
};

const PADDING: f64 = 20.0;
/// Height of one more line in an agent's card.
const LINE: f64 = 23.0;

/// Draws the card of an agent from `top` and returns where it ends.
pub(super) fn agent(canvas: &mut Canvas, hop: &Hop, name: &str, top: f64) -> f64 {
    let height = 128.0 + LINE * count(hop.calls.len());
    let (left, right) = (LEFT + PADDING, LEFT + CARD - PADDING);
    canvas.rect((LEFT, top), (CARD, height), 14.0, "card");
    // A notch towards the band.
    canvas.path(&format!("M{LEFT:.1} {:.1}l-9 8l9 8", top + 26.0), "card");
    canvas.text(left, top + 34.0, "name", &fit(name, 34));
    badge(canvas, right, top + 18.0, &hop.platform);
    canvas.text(left, top + 55.0, "mono muted", &fit(&hop.subject, 70));
    let facts =
        format!("{}, {} data, policy {}", fit(&hop.model, 30), fit(&hop.data_class, 20), hop.enforcement);
    canvas.text(left, top + 77.0, "small muted", &facts);
    let mut y = top + 77.0;
    for call in &hop.calls {
        y += LINE;
        let (callee, capability) = (fit(&call.callee, 24), fit(&call.capability, 36));
        canvas.text(left, y, "strong call", &format!("→ called {callee} for {capability}"));
    }
    canvas.path(&format!("M{left:.1} {:.1}H{right:.1}", y + 15.0), "rule");
    canvas.text(left, y + 37.0, "strong good", "✓");
    canvas.text(left + 18.0, y + 37.0, "small", &format!("signed {}", hop.issued));
    let hashes = format!("key {}  record {}", short(&hop.key.to_hex()), hop.record);
    canvas.text_right(right, y + 37.0, "mono muted", &hashes);
    top + height
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
    let (x, width) = REFUSALS;
    let reason = wrap(&refusal.reason, 56, 4);
    let height = 70.0 + 18.0 * count(reason.len());
    let edge = LEFT + CARD;
    let bend = (edge + x) / 2.0;
    let middle = top + 34.0;
    canvas.path(
        &format!("M{edge:.1} {agent:.1}C{bend:.1} {agent:.1} {bend:.1} {middle:.1} {x:.1} {middle:.1}"),
        "tie",
    );
    canvas.rect((x, top), (width, height), 12.0, "refusal");
    canvas.stop(x, middle);
    canvas.text(x + 26.0, top + 30.0, "refusal-title", &fit(&refusal.attempt, 42));
    canvas.text(x + 26.0, top + 51.0, "mono code", refusal.code.as_str());
    if let Some(by) = &refusal.by {
        canvas.text_right(x + width - 18.0, top + 51.0, "small muted", &format!("by {}", fit(by, 20)));
    }
    for (line, text) in reason.iter().enumerate() {
        canvas.text(x + 26.0, top + 73.0 + 18.0 * count(line), "small", text);
    }
    top + height
}
