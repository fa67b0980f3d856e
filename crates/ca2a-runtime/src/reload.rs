//! What is made of files that somebody else replaces: looked at again when they change, taken up whole or not at all
//! (RUN-62).

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::files::Stamp;

/// What was refused is looked at again after this, since whoever replaces files may write one after the other, or the time for what
/// they say may come; then after twice as long each time. A look may take long, and nobody is answered meanwhile.
const AGAIN: Duration = Duration::from_secs(1);

/// At least this often.
const SELDOM: Duration = Duration::from_secs(64);

/// Who is told what became of a change. It is told once.
pub type Report = Arc<dyn Fn(&str) + Send + Sync>;

/// A report on standard error, a line each.
#[must_use]
pub fn to_standard_error() -> Report {
    Arc::new(|note| {
        use std::io::Write as _;
        // There is nobody else to tell where standard error is gone.
        let _ = writeln!(std::io::stderr(), "ca2a: {note}");
    })
}

/// Makes a value, told of the one in force.
type Load<T, E> = Box<dyn Fn(Option<&T>) -> Result<T, E> + Send + Sync>;

/// A value that is made of files, and made anew whenever one of them changes. What does not load leaves the value in
/// force.
pub struct Reloaded<T, E> {
    what: &'static str,
    files: Vec<PathBuf>,
    load: Load<T, E>,
    report: Report,
    state: Mutex<State<T>>,
}

struct State<T> {
    value: Arc<T>,
    seen: Vec<Option<Stamp>>,
    /// When what was refused is looked at again, and how long that was from when it was refused.
    again: Option<(Instant, Duration)>,
    /// What was said last.
    refusal: Option<String>,
}

impl<T, E> fmt::Debug for Reloaded<T, E> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Reloaded")
            .field("what", &self.what)
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}

impl<T, E: fmt::Display> Reloaded<T, E> {
    /// Makes `what` with `load`, which reads `files` and nothing else that changes, and is told of the value in force, where
    /// there is one.
    ///
    /// # Errors
    /// What `load` says: nothing starts on less than it was told.
    pub fn open(
        what: &'static str,
        files: Vec<PathBuf>,
        load: impl Fn(Option<&T>) -> Result<T, E> + Send + Sync + 'static,
        report: Report,
    ) -> Result<Self, E> {
        // Stamps first: a change in between is seen as one.
        let seen = stamps(&files);
        let value = Arc::new(load(None)?);
        let state = State { value, seen, again: None, refusal: None };
        Ok(Self { what, files, load: Box::new(load), report, state: Mutex::new(state) })
    }

    /// The value in force.
    pub fn current(&self) -> Arc<T> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let due = state.again.is_some_and(|(again, _)| Instant::now() >= again);
        let seen = stamps(&self.files);
        if due || seen != state.seen {
            self.look(&mut state, seen);
        }
        Arc::clone(&state.value)
    }

    /// Whether what is in force is what the files say.
    pub fn is_up_to_date(&self) -> bool {
        self.current();
        self.state.lock().unwrap_or_else(PoisonError::into_inner).refusal.is_none()
    }

    fn look(&self, state: &mut State<T>, seen: Vec<Option<Stamp>>) {
        let before = state.again.filter(|_| seen == state.seen);
        state.seen = seen;
        match (self.load)(Some(&state.value)) {
            Ok(value) => {
                state.value = Arc::new(value);
                (state.again, state.refusal) = (None, None);
                (self.report)(&format!("{} changed and is in force", self.what));
            }
            Err(error) => {
                let pause = before.map_or(AGAIN, |(_, pause)| pause.saturating_mul(2).min(SELDOM));
                state.again = Instant::now().checked_add(pause).map(|again| (again, pause));
                let refusal =
                    format!("{} changed and was refused, what was in force stays: {error}", self.what);
                if state.refusal.as_ref() != Some(&refusal) {
                    (self.report)(&refusal);
                    state.refusal = Some(refusal);
                }
            }
        }
    }
}

fn stamps(files: &[PathBuf]) -> Vec<Option<Stamp>> {
    files.iter().map(|path| Stamp::of(path).ok()).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::sync::{Arc, Mutex};

    use super::Reloaded;

    /// RUN-62: a change is taken up whole; one that does not load is said once and leaves what was.
    #[test]
    fn a_change_counts_only_when_it_loads() {
        let path = std::env::temp_dir().join(format!("ca2a-reload-{}", std::process::id()));
        std::fs::write(&path, "1").unwrap();
        let said = Arc::new(Mutex::new(Vec::<String>::new()));
        let told = Arc::clone(&said);
        let read = path.clone();
        let number = Reloaded::open(
            "the number",
            vec![path.clone()],
            move |_| std::fs::read_to_string(&read).unwrap_or_default().parse::<u32>(),
            Arc::new(move |note| told.lock().unwrap().push(note.to_owned())),
        )
        .unwrap();
        assert_eq!(*number.current(), 1);
        std::fs::write(&path, "no number").unwrap();
        assert_eq!((*number.current(), *number.current()), (1, 1));
        assert!(!number.is_up_to_date());
        std::fs::write(&path, "22").unwrap();
        assert_eq!(*number.current(), 22);
        assert!(number.is_up_to_date());
        // A file that is gone is a change that does not load.
        std::fs::remove_file(&path).unwrap();
        assert_eq!(*number.current(), 22);
        let said = said.lock().unwrap();
        let kinds: Vec<bool> = said.iter().map(|note| note.contains("refused")).collect();
        assert_eq!(kinds, [true, false, true], "{said:?}");
    }

    /// RUN-62: what is refused again and again is looked at ever more seldom, until it changes.
    #[test]
    fn what_stays_refused_is_looked_at_seldom() {
        let path = std::env::temp_dir().join(format!("ca2a-reload-seldom-{}", std::process::id()));
        std::fs::write(&path, "1").unwrap();
        let read = path.clone();
        let load = move |_: Option<&u32>| std::fs::read_to_string(&read).unwrap_or_default().parse::<u32>();
        let number = Reloaded::open("it", vec![path.clone()], load, Arc::new(|_: &str| {})).unwrap();
        let pauses = |text: &str, looks: usize| {
            std::fs::write(&path, text).unwrap();
            let mut state = number.state.lock().unwrap();
            let look = |_| {
                number.look(&mut state, super::stamps(&number.files));
                state.again.map(|(_, pause)| pause.as_secs())
            };
            (0..looks).map(look).collect::<Vec<_>>()
        };
        assert_eq!(pauses("no number", 9), [1, 2, 4, 8, 16, 32, 64, 64, 64].map(Some));
        assert_eq!(pauses("no number either", 2), [1, 2].map(Some));
        assert_eq!(pauses("22", 1), [None]);
        assert_eq!(*number.current(), 22);
        std::fs::remove_file(&path).unwrap();
    }

    /// RUN-62: there is no start without a value.
    #[test]
    fn what_does_not_load_does_not_start() {
        let started = Reloaded::<u32, _>::open("it", Vec::new(), |_| Err("no"), super::to_standard_error());
        assert_eq!(started.err(), Some("no"));
    }
}
