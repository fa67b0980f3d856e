//! The lineage as a picture.
//!
//! Authority flows down a band on the left that gets narrower as the scope does. Each agent is a card on it; beside each
//! grant stand the capabilities that were passed on, and struck through those that were not; refusals stand to the right,
//! in red, tied to the agent that tried.

mod canvas;
mod card;
mod grant;
mod style;

use canvas::{Canvas, count};

use super::{
    Picture, Refusal,
    label::{fit, short},
};

/// Where the band runs.
const BAND: f64 = 76.0;
/// Left edge of what stands beside the band.
const LEFT: f64 = 124.0;
/// Width of an agent's card.
const CARD: f64 = 560.0;
/// Left edge and width of the refusals.
const REFUSALS: (f64, f64) = (748.0, 372.0);
const MARGIN: f64 = 40.0;
/// Below the top of a card, where its place on the band is marked.
const MARK: f64 = 34.0;

pub(super) fn draw(picture: &Picture) -> String {
    let width =
        if picture.refusals.is_empty() { LEFT + CARD + MARGIN } else { REFUSALS.0 + REFUSALS.1 + MARGIN };
    let mut canvas = Canvas::new(width);
    let widest = picture.hops.iter().map(|hop| hop.granted.len()).max().unwrap_or(1);
    let band_width = |capabilities: usize| 5.0 + 18.0 * count(capabilities) / count(widest.max(1));

    canvas.text(MARGIN, 58.0, "title", &fit(&picture.title, 64));
    let hops = picture.hops.len();
    let subtitle = format!("{hops} grants, {hops} signed records, {}", picture.revocation_words());
    canvas.text(MARGIN, 84.0, "muted", &subtitle);

    let mut from = 142.0;
    canvas.mark(BAND, from, "mark root", "");
    canvas.text(LEFT, from - 2.0, "name", &fit(picture.operator_name(), 40));
    canvas.text(
        LEFT,
        from + 18.0,
        "mono muted",
        &format!("trusted root  {}", short(&picture.operator.to_hex())),
    );
    let mut from_width = band_width(widest) + 3.0;

    for (index, hop) in picture.hops.iter().enumerate() {
        let top = grant::draw(&mut canvas, hop, from + 52.0, &fit(picture.grantor(index), 32)) + 22.0;
        let to = top + MARK;
        let to_width = band_width(hop.granted.len());
        canvas.band(BAND, (from, from_width), (to, to_width));
        canvas.mark(BAND, to, "mark", &hop.depth.to_string());
        let bottom = card::agent(&mut canvas, hop, picture.name_of(hop), top);
        let refused = refusals(&mut canvas, picture.refusals_at(index), top);
        from = to;
        from_width = to_width;
        // The next grant starts below whatever is taller: the card, or the refusals beside it.
        let next = bottom.max(refused);
        canvas.extend_to(next);
        if index.saturating_add(1) < hops {
            canvas.band(BAND, (from, from_width), (next, from_width));
            from = next - 18.0;
        }
    }
    footer(&mut canvas, !picture.refusals.is_empty());
    canvas.finish(&picture.title, &describe(picture))
}

/// Draws the refusals at one agent below one another and returns where they end.
fn refusals<'r>(canvas: &mut Canvas, refusals: impl Iterator<Item = &'r Refusal>, top: f64) -> f64 {
    refusals.fold(top, |y, refusal| card::refusal(canvas, refusal, y, top + MARK) + 14.0)
}

fn footer(canvas: &mut Canvas, with_refusals: bool) {
    let y = canvas.bottom() + 44.0;
    let mut x = LEFT;
    x += grant::chip(canvas, x, y - 17.0, "granted", grant::Kind::Granted) + 10.0;
    x += grant::chip(canvas, x, y - 17.0, "not passed on", grant::Kind::Withheld) + 10.0;
    if with_refusals {
        grant::chip(canvas, x, y - 17.0, "refused", grant::Kind::Refused);
    }
    canvas.text_right(LEFT + CARD, y, "small muted", "the band is as wide as the authority");
    canvas.extend_to(y + 36.0);
}

/// The picture in words, for a reader who cannot see it.
fn describe(picture: &Picture) -> String {
    let grants = picture.hops.iter().enumerate().map(|(index, hop)| {
        format!("{} grants {} to {}.", picture.grantor(index), hop.granted.join(", "), picture.name_of(hop))
    });
    let refusals =
        picture.refusals.iter().map(|refusal| format!("Refused: {}, {}.", refusal.attempt, refusal.code));
    grants.chain(refusals).collect::<Vec<_>>().join(" ")
}
