//! A page that grows downwards, and the few shapes that are drawn on it.

use std::fmt::Write as _;

use super::{Frame, style::STYLE};

/// `number` as a length.
pub(super) fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// Collects shapes: bands below, everything else above.
pub(super) struct Canvas {
    width: f64,
    bottom: f64,
    aside: bool,
    below: String,
    above: String,
}

/// Writing to a string cannot fail.
macro_rules! draw {
    ($out:expr, $($arg:tt)*) => {{ let _ = writeln!($out, $($arg)*); }};
}

impl Canvas {
    pub(super) fn new(width: f64) -> Self {
        Self { width, bottom: 0.0, aside: false, below: String::new(), above: String::new() }
    }

    /// Whether there is room beside the agents.
    pub(super) fn wide(&self) -> bool {
        self.width > 800.0
    }

    pub(super) fn bottom(&self) -> f64 {
        self.bottom
    }

    pub(super) fn extend_to(&mut self, y: f64) {
        self.bottom = self.bottom.max(y);
    }

    /// Text whose baseline starts at (`x`, `y`).
    pub(super) fn text(&mut self, x: f64, y: f64, class: &str, text: &str) {
        draw!(self.above, r#"<text x="{x:.1}" y="{y:.1}" class="{class}">{}</text>"#, escape(text));
    }

    /// Text whose baseline ends at (`x`, `y`).
    pub(super) fn text_right(&mut self, x: f64, y: f64, class: &str, text: &str) {
        draw!(
            self.above,
            r#"<text x="{x:.1}" y="{y:.1}" class="{class}" text-anchor="end">{}</text>"#,
            escape(text)
        );
    }

    /// Text in the middle of a box.
    pub(super) fn text_center(&mut self, x: f64, y: f64, class: &str, text: &str) {
        draw!(
            self.above,
            r#"<text x="{x:.1}" y="{y:.1}" class="{class}" text-anchor="middle">{}</text>"#,
            escape(text)
        );
    }

    /// A box with round corners, from (`x`, `y`).
    pub(super) fn rect(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), radius: f64, class: &str) {
        draw!(
            self.above,
            r#"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" rx="{radius}" class="{class}"/>"#
        );
        self.extend_to(y + height);
    }

    /// A path as SVG spells it.
    pub(super) fn path(&mut self, path: &str, class: &str) {
        draw!(self.above, r#"<path d="{path}" class="{class}"/>"#);
    }

    /// A disc on the band with a number in it.
    pub(super) fn mark(&mut self, x: f64, y: f64, class: &str, number: &str) {
        draw!(self.above, r#"<circle cx="{x:.1}" cy="{y:.1}" r="15" class="{class}"/>"#);
        self.text_center(x, y + 4.5, "number", number);
    }

    /// A red disc with a cross.
    pub(super) fn stop(&mut self, x: f64, y: f64) {
        draw!(self.above, r#"<circle cx="{x:.1}" cy="{y:.1}" r="12" class="stop"/>"#);
        self.path(&format!("M{:.1} {:.1}l8 8m0 -8l-8 8", x - 4.0, y - 4.0), "cross");
    }

    /// Everything until [`Self::end_link`] leads to `target` within the page.
    pub(super) fn link(&mut self, target: &str, label: &str) {
        draw!(self.above, r##"<a href="#{}" aria-label="{}">"##, escape(target), escape(label));
    }

    pub(super) fn end_link(&mut self) {
        draw!(self.above, "</a>");
    }

    /// Where the band is torn: the page shows through, between two ragged edges.
    pub(super) fn tear(&mut self, x: f64, y: f64) {
        let edge = "l7 -6l7 6l7 -6l7 6l7 -6l7 6";
        let (left, top, bottom) = (x - 21.0, y - 6.0, y + 12.0);
        let back = "l-7 -6l-7 6l-7 -6l-7 6l-7 -6l-7 6";
        self.path(&format!("M{left:.1} {top:.1}{edge}v18{back}Z"), "gap");
        self.path(&format!("M{left:.1} {top:.1}{edge}"), "torn");
        self.path(&format!("M{left:.1} {bottom:.1}{edge}"), "torn");
    }

    /// A piece of the band, from one place to another: each where its middle is, how far down, and how wide.
    pub(super) fn band(
        &mut self,
        (x, from, from_width): (f64, f64, f64),
        (below, to, to_width): (f64, f64, f64),
        class: &str,
    ) {
        let (start, end) = (from_width / 2.0, to_width / 2.0);
        let middle = (from + to) / 2.0;
        draw!(
            self.below,
            r#"<path d="M{:.1} {from:.1}C{:.1} {middle:.1} {:.1} {middle:.1} {:.1} {to:.1}H{:.1}C{:.1} {middle:.1} {:.1} {middle:.1} {:.1} {from:.1}Z" class="{class}"/>"#,
            x - start,
            x - start,
            below - end,
            below - end,
            below + end,
            below + end,
            x + start,
            x + start,
        );
    }

    /// From here on everything but the band stands so far to the right.
    pub(super) fn step_aside(&mut self, right: f64) {
        if core::mem::replace(&mut self.aside, right > 0.0) {
            draw!(self.above, "</g>");
        }
        if right > 0.0 {
            draw!(self.above, r#"<g transform="translate({right:.1} 0)">"#);
        }
    }

    /// The whole document.
    pub(super) fn finish(self, title: &str, description: &str, frame: Frame) -> String {
        let Self { width, bottom: height, below, above, .. } = self;
        let (title, description) = (escape(title), escape(description));
        // What is an image has no parts for a reader who cannot see; what holds links must have them.
        let role = if frame == Frame::Inline { "group" } else { "img" };
        format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0} {height:.0}" width="{width:.0}" height="{height:.0}" role="{role}" class="lineage" aria-labelledby="t d">
<title id="t">{title}</title>
<desc id="d">{description}</desc>
<defs>
<linearGradient id="flow" gradientUnits="userSpaceOnUse" x1="0" y1="0" x2="0" y2="{height:.0}"><stop offset="0" stop-color="#4f46e5"/><stop offset="1" stop-color="#14b8a6"/></linearGradient>
<filter id="lift" x="-5%" y="-10%" width="110%" height="130%"><feDropShadow dx="0" dy="2" stdDeviation="5" flood-color="#0f172a" flood-opacity="0.09"/></filter>
</defs>
<style>{STYLE}</style>
<rect width="100%" height="100%" class="page"/>
{below}{above}</svg>
"##
        )
    }
}

/// XML 1.0 section 2.4. Characters that XML cannot carry were replaced when the label was made.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(character),
        }
    }
    out
}
