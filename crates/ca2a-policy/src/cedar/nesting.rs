//! How deep policy text nests, bounded from above before anything recursive reads it.
//!
//! Cedar parses and evaluates by recursion, over chains of `||` as well as over brackets. Left alone, a file of ten
//! thousand brackets ends the process, and a long disjunction fails or holds by how much stack its caller had left.
//! So the text is measured first, refused beyond [`MAX_NESTING`], and then given the stack that it needs.

use std::mem;

/// Levels that policy text may nest. A bracket, an operator, an attribute or method, an `if` and a `when` is a level.
pub(super) const MAX_NESTING: usize = 1_000;

/// How many levels `text` nests at most, or the byte offset at which it passes [`MAX_NESTING`].
pub(super) fn measure(text: &str) -> Result<usize, usize> {
    let mut place = Place::default();
    let mut deepest = 0;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => string_length(rest),
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            _ if is_word(first) => rest.find(|next| !is_word(next)).unwrap_or(rest.len()),
            _ if OPERATORS.iter().any(|operator| rest.starts_with(operator)) => 2,
            _ => first.len_utf8(),
        };
        let (token, tail) = rest.split_at_checked(length).unwrap_or((rest, ""));
        place.take(token);
        deepest = deepest.max(place.depth());
        if deepest > MAX_NESTING {
            return Err(text.len().saturating_sub(rest.len()));
        }
        rest = tail;
    }
    Ok(deepest)
}

const OPERATORS: [&str; 6] = ["&&", "||", "==", "!=", "<=", ">="];

fn is_word(char: char) -> bool {
    char.is_ascii_alphanumeric() || char == '_'
}

/// The length of the string literal at the start of `text`, quotes included; all of `text` where it does not end.
fn string_length(text: &str) -> usize {
    // The opening quote counts as escaped, so that it ends nothing.
    let mut escaped = true;
    let end = text.find(|char| {
        let ends = char == '"' && !escaped;
        escaped = char == '\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |end| end.saturating_add(1))
}

/// A place in the text: the levels that are open there, and the one inside them all.
#[derive(Default)]
struct Place {
    open: Vec<Level>,
    here: Level,
}

/// What stands between two brackets, so far: operands side by side, and operators that enclose them.
#[derive(Default)]
struct Level {
    /// `&&`, `||` and clauses, each of which encloses the operands before it.
    joints: usize,
    /// `if`s, each of which encloses what follows it.
    conditionals: usize,
    /// Steps that enclose `inner`, before or after it.
    steps: usize,
    /// The deepest bracket in this operand.
    inner: usize,
    /// The deepest operand before this one.
    operand: usize,
    /// The deepest item before this one in a list.
    item: usize,
}

impl Level {
    /// How deep this level is, itself included.
    fn depth(&self) -> usize {
        self.joined().max(self.item).saturating_add(1)
    }

    fn joined(&self) -> usize {
        let operand = self.steps.saturating_add(self.inner).max(self.operand);
        operand.saturating_add(self.joints).saturating_add(self.conditionals)
    }

    fn step(&mut self) {
        self.steps = self.steps.saturating_add(1);
    }

    fn next_operand(&mut self) {
        self.operand = self.operand.max(self.steps.saturating_add(self.inner));
        (self.steps, self.inner) = (0, 0);
    }
}

impl Place {
    fn depth(&self) -> usize {
        self.open.len().saturating_add(self.here.depth())
    }

    fn take(&mut self, token: &str) {
        match token {
            "(" | "[" | "{" => self.open.push(mem::take(&mut self.here)),
            ")" | "]" | "}" => {
                let outer = self.open.pop().unwrap_or_default();
                let inner = mem::replace(&mut self.here, outer).depth();
                self.here.inner = self.here.inner.max(inner);
                // A call or an index is a step of its own.
                self.here.step();
            }
            "&&" | "||" | "when" | "unless" => {
                self.here.next_operand();
                self.here.joints = self.here.joints.saturating_add(1);
            }
            "then" | "else" => self.here.next_operand(),
            "if" => self.here.conditionals = self.here.conditionals.saturating_add(1),
            "," => self.here = Level { item: self.here.joined().max(self.here.item), ..Level::default() },
            ";" => *self = Self::default(),
            "." | "+" | "-" | "*" | "!" | "<" | ">" | "==" | "!=" | "<=" | ">=" => self.here.step(),
            "in" | "has" | "like" | "is" => self.here.step(),
            _ => {}
        }
    }
}
