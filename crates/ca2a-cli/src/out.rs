//! Where the command speaks.

use std::io::{self, IsTerminal as _, Write};

/// Standard output and standard error, and whether somebody reads along.
pub struct Out<'a> {
    stdout: Box<dyn Write + 'a>,
    stderr: Box<dyn Write + 'a>,
    terminal: bool,
    color: bool,
}

impl std::fmt::Debug for Out<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Out")
            .field("terminal", &self.terminal)
            .field("color", &self.color)
            .finish_non_exhaustive()
    }
}

impl Out<'static> {
    /// The streams of this process. Colour shows on a terminal only, and not where `NO_COLOR` is set to anything
    /// (no-color.org) or the terminal is `dumb`.
    #[must_use]
    pub fn standard() -> Self {
        let terminal = io::stdout().is_terminal();
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self {
            stdout: Box::new(io::stdout()),
            stderr: Box::new(io::stderr()),
            terminal,
            color: terminal && !unwanted && !dumb,
        }
    }
}

impl<'a> Out<'a> {
    /// Two streams that are no terminal: answers are JSON.
    #[must_use]
    pub fn new(stdout: impl Write + 'a, stderr: impl Write + 'a) -> Self {
        Self { stdout: Box::new(stdout), stderr: Box::new(stderr), terminal: false, color: false }
    }

    /// Two streams as on a terminal: answers are for a person, with colour or without.
    #[must_use]
    pub fn on_terminal(stdout: impl Write + 'a, stderr: impl Write + 'a, color: bool) -> Self {
        Self { stdout: Box::new(stdout), stderr: Box::new(stderr), terminal: true, color }
    }

    /// Whether a person reads standard output.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// Whether to colour.
    #[must_use]
    pub fn color(&self) -> bool {
        self.color
    }

    /// Says `text` on standard output, at once.
    ///
    /// # Errors
    /// When nobody can hear it any more.
    pub fn say(&mut self, text: &str) -> io::Result<()> {
        self.stdout.write_all(text.as_bytes())?;
        self.stdout.flush()
    }

    /// Standard output itself, for what is too long to hold at once.
    pub(crate) fn stream(&mut self) -> &mut (dyn Write + 'a) {
        &mut *self.stdout
    }

    /// Remarks `line` on standard error. A remark that nobody hears changes nothing.
    pub fn remark(&mut self, line: &str) {
        let _ = writeln!(self.stderr, "{line}").and_then(|()| self.stderr.flush());
    }
}
