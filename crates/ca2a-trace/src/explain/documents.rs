//! Lists as they come: an array, an object that holds one, JSON Lines, or the wreck of one of these.
//!
//! A document that cannot be read is refused as a whole by every verifier. To say which item is broken, it is cut into
//! items that are read one by one. Nothing that only this cutting could read is ever verified.

use ca2a_core::json::{Limits, Node, NumberPolicy, ReadError, Reader, Value};

/// A whole document may be this large.
pub(super) const LIMITS: Limits = Limits { max_bytes: 16 << 20, max_depth: 64 };
/// As much of an item's own text is kept to be shown.
const MAX_SHOWN: usize = 8192;

/// The items of a document.
pub(super) struct Items<'a> {
    /// Each item as it was read, or why it was not.
    pub(super) items: Vec<Item<'a>>,
    /// Why the document as a whole is none.
    pub(super) broken: Option<ReadError>,
}

/// One item.
pub(super) struct Item<'a> {
    pub(super) node: Result<Node<'a>, ReadError>,
    bytes: &'a [u8],
}

impl<'a> Item<'a> {
    fn read(bytes: &'a [u8]) -> Self {
        Self { node: reader().read(bytes), bytes }
    }

    /// What there is to show of it: laid out where it was read, as it stands where it was not.
    pub(super) fn shown(&self) -> String {
        let text = match &self.node {
            Ok(node) => ca2a_core::json::to_pretty(node),
            Err(_) => String::from_utf8_lossy(self.bytes.get(..MAX_SHOWN).unwrap_or(self.bytes)).into_owned(),
        };
        match text.char_indices().nth(MAX_SHOWN).and_then(|(cut, _)| text.get(..cut)) {
            Some(shown) => format!("{shown}…"),
            None => text,
        }
    }
}

fn reader() -> Reader {
    Reader::new(NumberPolicy::Integer53).limits(LIMITS)
}

/// The items of `document`: of an array, of the array `member` of an object, of JSON Lines.
pub(super) fn items<'a>(document: &'a [u8], member: &str) -> Items<'a> {
    match reader().read(document) {
        Ok(node) => Items { items: listed(node, document, member), broken: None },
        Err(_) if document.trim_ascii().is_empty() => Items { items: Vec::new(), broken: None },
        Err(error) => match lines(document) {
            Some(items) => Items { items, broken: None },
            None => Items { items: salvage(document), broken: Some(error) },
        },
    }
}

fn listed<'a>(node: Node<'a>, document: &'a [u8], member: &str) -> Vec<Item<'a>> {
    let single = Node { span: node.span, value: Value::Null };
    let list = match node.value {
        Value::Array(list) => list,
        Value::Object(mut object) => match object.remove(member) {
            Some(Node { value: Value::Array(list), .. }) => list,
            // One line of JSON Lines.
            _ => vec![Node { value: Value::Object(object), ..single }],
        },
        value => vec![Node { value, ..single }],
    };
    let item = |node: Node<'a>| Item { bytes: node.span.of(document), node: Ok(node) };
    list.into_iter().map(item).collect()
}

/// The lines of a document in which most lines look like an object.
fn lines(document: &[u8]) -> Option<Vec<Item<'_>>> {
    let lines: Vec<_> = document
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty())
        .collect();
    let whole = lines.iter().filter(|line| line.starts_with(b"{") && line.ends_with(b"}")).count();
    let looks = lines.len() > 1 && whole.saturating_mul(2) >= lines.len();
    looks.then(|| lines.into_iter().map(Item::read).collect())
}

/// The items of an array that cannot be read, from the left: whatever stands before the damage is whole.
fn salvage(document: &[u8]) -> Vec<Item<'_>> {
    let open = document.iter().position(|byte| *byte == b'[').map_or(0, |at| at.saturating_add(1));
    let (starts, ends) = seams(document, open);
    // Hostile text could make every seam a false one: reading stops where it would cost more than a few passes.
    let mut fuel = document.len().saturating_mul(8);
    let mut items = Vec::new();
    let mut damaged: Option<usize> = None;
    let mut start = skip(document, open, b"");
    while anything(document, start) {
        if let Some((item, end)) = shortest(document, start, &ends, &mut fuel) {
            items.extend(damaged.take().map(|from| Item::read(cut(document, from, start))));
            items.push(item);
            start = skip(document, end, b",");
        } else {
            damaged.get_or_insert(start);
            let behind = starts.partition_point(|seam| *seam <= start);
            start = starts.get(behind).copied().unwrap_or(document.len());
        }
    }
    items.extend(damaged.map(|from| Item::read(cut(document, from, document.len()))));
    items
}

fn cut(document: &[u8], from: usize, to: usize) -> &[u8] {
    let bytes = document.get(from..to).unwrap_or_default().trim_ascii();
    bytes.strip_suffix(b",").unwrap_or(bytes)
}

/// Behind blanks, and behind one of `over` among them.
fn skip(document: &[u8], from: usize, over: &[u8]) -> usize {
    let mut once = false;
    let rest = document.get(from..).unwrap_or_default();
    let stop = rest.iter().position(|byte| {
        let passes = byte.is_ascii_whitespace() || (!once && over.contains(byte));
        once |= over.contains(byte);
        !passes
    });
    from.saturating_add(stop.unwrap_or(rest.len()))
}

/// Whether more than the end of the list stands at `from`.
fn anything(document: &[u8], from: usize) -> bool {
    let rest = document.get(from..).unwrap_or_default();
    rest.iter().any(|byte| !(byte.is_ascii_whitespace() || matches!(byte, b']' | b'}')))
}

/// Where items may start and end: around every comma between braces.
fn seams(document: &[u8], open: usize) -> (Vec<usize>, Vec<usize>) {
    let (mut starts, mut ends) = (vec![open], Vec::new());
    let mut brace: Option<usize> = None;
    let mut comma = false;
    for (at, byte) in document.iter().enumerate().skip(open) {
        match byte {
            b' ' | b'\n' | b'\r' | b'\t' => continue,
            b'}' => {
                ends.push(at.saturating_add(1));
                brace = Some(at);
                comma = false;
                continue;
            }
            b',' if brace.is_some() && !comma => {
                comma = true;
                continue;
            }
            b'{' if brace.is_some() && comma => starts.push(at),
            _ => {}
        }
        brace = None;
        comma = false;
    }
    (starts, ends)
}

/// The object that starts at `start`. No shorter text than the whole object can be read, so the first end will do.
fn shortest<'a>(
    document: &'a [u8],
    start: usize,
    ends: &[usize],
    fuel: &mut usize,
) -> Option<(Item<'a>, usize)> {
    let from = ends.partition_point(|end| *end <= start);
    for end in ends.get(from..)? {
        let bytes = document.get(start..*end)?;
        *fuel = fuel.checked_sub(bytes.len())?;
        let item = Item::read(bytes);
        match &item.node {
            Ok(_) => return Some((item, *end)),
            // Broken before this end: no later end mends it.
            Err(error) if error.offset() < bytes.len() => return None,
            Err(_) => {}
        }
    }
    None
}
