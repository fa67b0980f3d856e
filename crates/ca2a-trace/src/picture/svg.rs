//! The lineage as a picture.
//!
//! Authority flows down a band on the left that gets narrower as the scope does. Each agent is a card on it; beside each
//! grant stand the capabilities that were passed on, and struck through those that were not; refusals stand to the right,
//! in red, tied to the agent that tried. Where the evidence breaks the band is torn, and grey from there on. Where the work
//! branches the band does too: the last branch goes straight on, those before it step aside to the right.

pub(crate) mod canvas;
mod card;
mod grant;
mod style;

use canvas::{Canvas, count};

use super::{
    Hop, Picture, Refusal, Standing,
    label::{fit, wrap},
    shape::{Operator, Shape},
    short_key,
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
/// From one lane to the next.
const LANE: f64 = 56.0;

/// Where a picture stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Frame {
    /// By itself, with a heading.
    Standalone,
    /// In a page that has the heading, each agent a link to its details.
    Inline,
}

pub(super) fn draw(picture: &Picture, frame: Frame) -> String {
    let shape = Shape::of(&picture.hops);
    let aside = !picture.refusals.is_empty() || picture.hops.iter().any(|hop| !hop.faults.is_empty());
    let width = if aside { REFUSALS.0 + REFUSALS.1 + MARGIN } else { LEFT + CARD + MARGIN };
    let mut canvas = Canvas::new(width + LANE * count(shape.lanes()));
    let mut from = if frame == Frame::Inline { 40.0 } else { heading(&mut canvas, picture) };
    let widest = picture.hops.iter().map(|hop| hop.grant.granted.len()).max().unwrap_or(1).max(1);
    let mut stream = Stream { picture, shape: &shape, frame, widest, ends: Vec::new() };
    for operator in &shape.operators {
        let trusted =
            |index: &usize| picture.hops.get(*index).is_some_and(|hop| hop.grant.standing == Standing::Holds);
        let root = if operator.below.iter().any(trusted) { "trusted root" } else { "root" };
        canvas.mark(BAND, from, "mark root", "");
        canvas.text(LEFT, from - 2.0, "name", &fit(picture.operator_name(operator.key), 40));
        let key = short_key(operator.key);
        canvas.text(LEFT, from + 18.0, "mono muted", &format!("{root}  {key}"));
        let width = stream.width(widest) + 3.0;
        from = stream.draw(&mut canvas, operator, End { x: BAND, y: from, width, proven: true }) + 72.0;
    }
    footer(&mut canvas, picture);
    canvas.finish(&picture.title, &describe(picture), frame)
}

/// Where the band has got to below a hop.
#[derive(Debug, Clone, Copy)]
struct End {
    x: f64,
    y: f64,
    width: f64,
    /// Whether the authority down to here was proven.
    proven: bool,
}

/// The band, as it is drawn from hop to hop.
struct Stream<'p> {
    picture: &'p Picture,
    shape: &'p Shape,
    frame: Frame,
    /// Capabilities of the widest grant.
    widest: usize,
    /// The end at each hop that was drawn.
    ends: Vec<(usize, End)>,
}

impl Stream<'_> {
    fn width(&self, capabilities: usize) -> f64 {
        5.0 + 18.0 * count(capabilities) / count(self.widest)
    }

    /// Draws everything below `operator`, whose mark is at `root`, and returns where it ends.
    fn draw(&mut self, canvas: &mut Canvas, operator: &Operator, mut root: End) -> f64 {
        let mut bottom = root.y;
        let mut first = true;
        for index in self.shape.below(operator) {
            let Some(hop) = self.picture.hops.get(index) else { continue };
            // The grant starts below whatever was drawn last.
            let start = if core::mem::take(&mut first) { root.y } else { bottom - 18.0 };
            let parent =
                hop.parent.and_then(|parent| self.ends.iter().position(|(known, _)| *known == parent));
            let above = parent.and_then(|parent| self.ends.get_mut(parent)).map_or(&mut root, |(_, end)| end);
            if above.y < start + 18.0 && bottom > above.y {
                let class = if above.proven { "band" } else { "band lost" };
                canvas.band((above.x, above.y, above.width), (above.x, start + 18.0, above.width), class);
            }
            above.y = above.y.max(start);
            let above = *above;
            let (end, next) = self.hop(canvas, index, hop, above, start);
            self.ends.push((index, end));
            bottom = next;
        }
        bottom
    }

    /// Draws one hop, whose grant starts at `from`; answers where its band and where all of it ends.
    fn hop(&self, canvas: &mut Canvas, index: usize, hop: &Hop, above: End, from: f64) -> (End, f64) {
        let picture = self.picture;
        let aside = LANE * count(self.shape.place(index).lane);
        let x = BAND + aside;
        canvas.step_aside(aside);
        let top = grant::draw(canvas, &hop.grant, from + 52.0, &fit(picture.grantor(hop), 32)) + 22.0;
        canvas.step_aside(0.0);
        let to = top + MARK;
        let width = self.width(hop.grant.granted.len());
        // Authority that was not proven above is not proven below.
        let proven = above.proven && hop.grant.standing == Standing::Holds;
        let (band, mark) = if proven { ("band", "mark") } else { ("band lost", "mark lost") };
        canvas.band((above.x, from, above.width), (x, to, width), band);
        if hop.torn() {
            canvas.tear((above.x + x) / 2.0, (from + to) / 2.0);
        }
        let mark = if hop.standing() == Standing::Broken { "mark broken" } else { mark };
        canvas.mark(x, to, mark, &index.to_string());
        canvas.step_aside(aside);
        if self.frame == Frame::Inline {
            canvas.link(&format!("hop-{index}"), &format!("Open hop {index}, {}", picture.name_of(hop)));
        }
        let bottom = card::agent(canvas, hop, picture.above(hop), picture.name_of(hop), top);
        if self.frame == Frame::Inline {
            canvas.end_link();
        }
        let faults = hop.faults.iter().fold(top, |y, fault| card::fault(canvas, fault, y, top + MARK) + 14.0);
        let refused = refusals(canvas, picture.refusals_at(index), faults, top);
        canvas.step_aside(0.0);
        // What comes next starts below whatever is taller: the card, or what stands beside it.
        let next = bottom.max(refused);
        canvas.extend_to(next);
        (End { x, y: to, width, proven }, next)
    }
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
    let grants = picture.hops.iter().map(|hop| {
        let granted = fit(&hop.grant.granted.join(", "), 400);
        format!("{} grants {granted} to {}.", picture.grantor(hop), picture.name_of(hop))
    });
    let faults = picture.hops.iter().enumerate().flat_map(|(index, hop)| {
        hop.faults.iter().map(move |fault| format!("Broken at hop {index}: {}, {}.", fault.title, fault.code))
    });
    let refusals =
        picture.refusals.iter().map(|refusal| format!("Refused: {}, {}.", refusal.attempt, refusal.code));
    grants.chain(faults).chain(refusals).collect::<Vec<_>>().join(" ")
}
