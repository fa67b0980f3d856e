//! The lineage as a picture.
//!
//! Authority flows down a band on the left that gets narrower as the scope does. Each agent is a card on it; beside each
//! grant stand the capabilities that were passed on, and struck through those that were not; refusals stand to the right,
//! in red, tied to the agent that tried. Where the evidence breaks the band is torn, and grey from there on.

pub(crate) mod canvas;
mod card;
mod grant;
mod style;

use canvas::{Canvas, count};

use super::{
    Picture, Refusal, Standing,
    label::{fit, wrap},
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

/// Where a picture stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Frame {
    /// By itself, with a heading.
    Standalone,
    /// In a page that has the heading, each agent a link to its details.
    Inline,
}

pub(super) fn draw(picture: &Picture, frame: Frame) -> String {
    let aside = !picture.refusals.is_empty() || picture.hops.iter().any(|hop| !hop.faults.is_empty());
    let width = if aside { REFUSALS.0 + REFUSALS.1 + MARGIN } else { LEFT + CARD + MARGIN };
    let mut canvas = Canvas::new(width);
    let widest = picture.hops.iter().map(|hop| hop.grant.granted.len()).max().unwrap_or(1);
    let band_width = |capabilities: usize| 5.0 + 18.0 * count(capabilities) / count(widest.max(1));

    let mut from = if frame == Frame::Inline { 40.0 } else { heading(&mut canvas, picture) };
    let trusted = picture.hops.first().is_some_and(|hop| hop.grant.standing == Standing::Holds);
    let root = if trusted { "trusted root" } else { "root" };
    canvas.mark(BAND, from, "mark root", "");
    canvas.text(LEFT, from - 2.0, "name", &fit(picture.operator_name(), 40));
    canvas.text(LEFT, from + 18.0, "mono muted", &format!("{root}  {}", picture.operator_key()));
    let mut from_width = band_width(widest) + 3.0;

    let hops = picture.hops.len();
    let mut proven = true;
    for (index, hop) in picture.hops.iter().enumerate() {
        let grant = from + 52.0;
        let top = grant::draw(&mut canvas, &hop.grant, grant, &fit(picture.grantor(index), 32)) + 22.0;
        let to = top + MARK;
        let to_width = band_width(hop.grant.granted.len());
        // Authority that was not proven above is not proven below.
        proven &= hop.grant.standing == Standing::Holds;
        let (band, mark) = if proven { ("band", "mark") } else { ("band lost", "mark lost") };
        canvas.band(BAND, (from, from_width), (to, to_width), band);
        if hop.torn() {
            canvas.tear(BAND, (from + to) / 2.0);
        }
        let mark = if hop.standing() == Standing::Broken { "mark broken" } else { mark };
        canvas.mark(BAND, to, mark, &index.to_string());
        if frame == Frame::Inline {
            canvas.link(&format!("hop-{index}"), &format!("Open hop {index}, {}", picture.name_of(hop)));
        }
        let bottom = card::agent(&mut canvas, hop, picture.name_of(hop), top);
        if frame == Frame::Inline {
            canvas.end_link();
        }
        let faults =
            hop.faults.iter().fold(top, |y, fault| card::fault(&mut canvas, fault, y, top + MARK) + 14.0);
        let refused = refusals(&mut canvas, picture.refusals_at(index), faults, top);
        from = to;
        from_width = to_width;
        // The next grant starts below whatever is taller: the card, or what stands beside it.
        let next = bottom.max(refused);
        canvas.extend_to(next);
        if index.saturating_add(1) < hops {
            canvas.band(BAND, (from, from_width), (next, from_width), band);
            from = next - 18.0;
        }
    }
    footer(&mut canvas, picture);
    canvas.finish(&picture.title, &describe(picture), frame)
}

/// Draws the heading and returns where the band starts.
fn heading(canvas: &mut Canvas, picture: &Picture) -> f64 {
    canvas.text(MARGIN, 58.0, "title", &fit(&picture.title, 64));
    let Some((standing, word)) = &picture.seal else {
        canvas.text(MARGIN, 84.0, "muted", &fit(&picture.subtitle, 110));
        return 142.0;
    };
    let width = card::seal(canvas, MARGIN, 76.0, *standing, word);
    let lines = wrap(&picture.subtitle, if canvas.wide() { 118 } else { 66 }, 4);
    for (line, text) in lines.iter().enumerate() {
        canvas.text(MARGIN + width + 14.0, 95.0 + 19.0 * count(line), "muted", text);
    }
    150.0 + 19.0 * (count(lines.len()) - 1.0).max(0.0)
}

/// Draws the refusals at the agent of the card at `card` below one another and returns where they end.
fn refusals<'r>(
    canvas: &mut Canvas,
    refusals: impl Iterator<Item = &'r Refusal>,
    top: f64,
    card: f64,
) -> f64 {
    refusals.fold(top, |y, refusal| card::refusal(canvas, refusal, y, card + MARK) + 14.0)
}

fn footer(canvas: &mut Canvas, picture: &Picture) {
    let y = canvas.bottom() + 44.0;
    let mut x = LEFT;
    x += grant::chip(canvas, x, y - 17.0, "granted", grant::Kind::Granted) + 10.0;
    x += grant::chip(canvas, x, y - 17.0, "not passed on", grant::Kind::Withheld) + 10.0;
    if !picture.refusals.is_empty() {
        x += grant::chip(canvas, x, y - 17.0, "refused", grant::Kind::Refused) + 10.0;
    }
    if picture.hops.iter().any(|hop| !hop.faults.is_empty()) {
        grant::chip(canvas, x, y - 17.0, "broken", grant::Kind::Beyond);
    }
    let right = if canvas.wide() { REFUSALS.0 + REFUSALS.1 } else { LEFT + CARD };
    canvas.text_right(right, y, "small muted", "the band is as wide as the authority");
    canvas.extend_to(y + 36.0);
}

/// The picture in words, for a reader who cannot see it.
fn describe(picture: &Picture) -> String {
    let grants = picture.hops.iter().enumerate().map(|(index, hop)| {
        let granted = fit(&hop.grant.granted.join(", "), 400);
        format!("{} grants {granted} to {}.", picture.grantor(index), picture.name_of(hop))
    });
    let faults = picture.hops.iter().enumerate().flat_map(|(index, hop)| {
        hop.faults.iter().map(move |fault| format!("Broken at hop {index}: {}, {}.", fault.title, fault.code))
    });
    let refusals =
        picture.refusals.iter().map(|refusal| format!("Refused: {}, {}.", refusal.attempt, refusal.code));
    grants.chain(faults).chain(refusals).collect::<Vec<_>>().join(" ")
}
