//! What is passed on at one hop, and what is not.

use super::{
    LEFT,
    canvas::{Canvas, count},
};
use crate::picture::{
    Grant,
    label::{columns, fit},
};

/// Right edge of the chips.
const RIGHT: f64 = LEFT + super::CARD;
/// Advance of one column of the fixed-width font.
const COLUMN: f64 = 7.25;
const CHIP: f64 = 26.0;
const GAP: f64 = 8.0;
/// The most chips of one kind; the rest become a number.
const MOST: usize = 24;

/// What a chip stands for.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Granted,
    Withheld,
    Refused,
    /// Granted without being held.
    Beyond,
}

impl Kind {
    fn class(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Withheld => "withheld",
            Self::Refused => "refused",
            Self::Beyond => "beyond",
        }
    }
}

/// Draws `grant` from `y` downwards and returns where it ends.
pub(super) fn draw(canvas: &mut Canvas, grant: &Grant, y: f64, grantor: &str) -> f64 {
    if grant.id.is_empty() {
        canvas.text(LEFT, y, "strong muted", "no credential that can be read");
        return y;
    }
    canvas.text(LEFT, y, "strong", &format!("{grantor} grants"));
    let id = fit(&grant.id, 28);
    let detail = grant.window.as_ref().map_or_else(|| id.clone(), |window| format!("{id}  {window}"));
    canvas.text_right(RIGHT, y, "mono muted", &detail);
    let mut place = (LEFT, y + 14.0);
    chips(canvas, &grant.granted, Kind::Granted, &mut place);
    chips(canvas, &grant.beyond, Kind::Beyond, &mut place);
    chips(canvas, &grant.withheld, Kind::Withheld, &mut place);
    place.1 + CHIP
}

fn chips(canvas: &mut Canvas, capabilities: &[String], kind: Kind, place: &mut (f64, f64)) {
    let rest = capabilities.len().saturating_sub(MOST);
    let more = (rest > 0).then(|| format!("{rest} more"));
    for capability in capabilities.iter().take(MOST).chain(more.as_ref()) {
        let label = fit(capability, 60);
        if place.0 > LEFT && place.0 + width(&label) > RIGHT {
            *place = (LEFT, place.1 + CHIP + GAP);
        }
        place.0 += chip(canvas, place.0, place.1, &label, kind) + GAP;
    }
}

fn width(label: &str) -> f64 {
    count(columns(label)) * COLUMN + 24.0
}

/// Draws one chip and returns its width.
pub(super) fn chip(canvas: &mut Canvas, x: f64, y: f64, label: &str, kind: Kind) -> f64 {
    let width = width(label);
    canvas.rect((x, y), (width, CHIP), CHIP / 2.0, &format!("chip {}", kind.class()));
    canvas.text_center(x + width / 2.0, y + 17.5, &format!("mono chip-text {}", kind.class()), label);
    width
}
