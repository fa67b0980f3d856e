//! One line for each call that was decided (RUN-96).

use std::{
    fmt::Write as _,
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, channel, sync_channel},
    },
    thread,
    time::Duration,
};

use ca2a_core::{
    ErrorCode,
    json::{Node, Object, to_text},
};

use crate::{
    node::{Decided, Observer},
    system::{Clock, SystemClock},
};

/// Lines that wait for a slow reader.
const WAITING: usize = 1024;

/// How long the end of a node waits until what was said is written.
const PATIENCE: Duration = Duration::from_secs(1);

/// How a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogForm {
    /// One JSON object.
    Json,
    /// Words, for a person.
    Text,
}

/// Writes a line for each call. It says who asked, what was decided and how long that took; it is never given a payload, a
/// token or a secret. Nobody waits for it: where its reader is too slow, lines are lost, and counted.
pub struct CallLog {
    form: LogForm,
    clock: Arc<dyn Clock>,
    lines: Option<SyncSender<String>>,
    lost: AtomicU64,
    written: std::sync::Mutex<Receiver<()>>,
}

impl std::fmt::Debug for CallLog {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("CallLog").field("form", &self.form).finish_non_exhaustive()
    }
}

impl CallLog {
    /// Writes to `to`, from a thread of its own.
    #[must_use]
    pub fn new(form: LogForm, mut to: impl Write + Send + 'static) -> Self {
        let (lines, waiting) = sync_channel::<String>(WAITING);
        let (done, written) = channel();
        thread::spawn(move || {
            for line in waiting {
                // There is nobody else to tell where the log is gone.
                let _ = writeln!(to, "{line}").and_then(|()| to.flush());
            }
            let _ = done.send(());
        });
        let (lost, written) = (AtomicU64::new(0), written.into());
        Self { form, clock: Arc::new(SystemClock), lines: Some(lines), lost, written }
    }

    /// With another clock than the machine's.
    #[must_use]
    pub fn on(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    fn line(&self, decided: &Decided, lost: u64) -> String {
        let code = decided.refused.map_or("ALLOWED", ErrorCode::as_str);
        let microseconds = u64::try_from(decided.took.as_micros()).unwrap_or(u64::MAX);
        let depth = decided.hops.saturating_sub(1);
        let call = decided.proven.map(|proven| proven.call.to_hex());
        let subject = decided.proven.map(|proven| proven.subject.to_hex());
        match self.form {
            LogForm::Json => {
                let mut line = Object::from([
                    ("time_ms", Node::from(self.clock.now_milliseconds())),
                    ("event", "call".into()),
                    ("call", call.into()),
                    ("subject", subject.into()),
                    ("code", code.into()),
                    ("depth", depth.into()),
                    ("microseconds", microseconds.into()),
                ]);
                if lost > 0 {
                    line.insert("lines_lost", lost);
                }
                to_text(&line.into())
            }
            LogForm::Text => {
                let short = |text: Option<String>| {
                    text.map_or("-".to_owned(), |text| text.chars().take(12).collect())
                };
                let mut line = format!(
                    "{code} call={} subject={} depth={depth} {microseconds} us",
                    short(call),
                    short(subject)
                );
                if lost > 0 {
                    // Writing into a string does not fail.
                    let _ = write!(line, " ({lost} lines lost before)");
                }
                line
            }
        }
    }
}

impl Observer for CallLog {
    fn decided(&self, decided: &Decided) {
        let Some(lines) = &self.lines else { return };
        let lost = self.lost.swap(0, Ordering::Relaxed);
        if let Err(TrySendError::Full(_)) = lines.try_send(self.line(decided, lost)) {
            // What this line would have said is for a later one to say.
            self.lost.fetch_add(lost.saturating_add(1), Ordering::Relaxed);
        }
    }

    fn appraised(&self, _platform: &str, _accepted: bool) {}
}

impl Drop for CallLog {
    /// Waits a moment until everything is written.
    fn drop(&mut self) {
        self.lines = None;
        let written = self.written.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
        let _ = written.recv_timeout(PATIENCE);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::{
        io::{self, Write},
        sync::{Arc, Mutex},
        time::Duration,
    };

    use ca2a_core::{ErrorCode, Sha256, SigningKey};
    use ca2a_covers::covers;

    use super::{CallLog, LogForm, WAITING};
    use crate::{
        node::{Decided, Observer as _, Proven},
        system::FixedClock,
    };

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn decided(proven: Option<Proven>, refused: Option<ErrorCode>) -> Decided {
        Decided { proven, refused, hops: 3, known: false, took: Duration::from_micros(250) }
    }

    fn said(form: LogForm) -> String {
        let (written, key) = (Written::default(), SigningKey::from_seed(&[1; 32]).verifying_key());
        let log = CallLog::new(form, written.clone()).on(Arc::new(FixedClock(1_800_000_000)));
        log.decided(&decided(Some(Proven { call: Sha256([0xab; 32]), subject: key }), None));
        log.decided(&decided(None, Some(ErrorCode::ScopeEscalation)));
        drop(log);
        String::from_utf8(written.0.lock().unwrap().clone()).unwrap()
    }

    /// RUN-96
    #[test]
    fn a_call_is_one_line() {
        covers!(accept, "RUN-96");
        let key = SigningKey::from_seed(&[1; 32]).verifying_key().to_hex();
        let call = "ab".repeat(32);
        let expected = format!(
            "{{\"time_ms\":1800000000000,\"event\":\"call\",\"call\":\"{call}\",\"subject\":\"{key}\",\
             \"code\":\"ALLOWED\",\"depth\":2,\"microseconds\":250}}\n\
             {{\"time_ms\":1800000000000,\"event\":\"call\",\"call\":null,\"subject\":null,\
             \"code\":\"SCOPE_ESCALATION\",\"depth\":2,\"microseconds\":250}}\n"
        );
        assert_eq!(said(LogForm::Json), expected);
        let text = said(LogForm::Text);
        assert!(text.starts_with("ALLOWED call=abababababab subject="), "{text}");
        assert!(text.ends_with("SCOPE_ESCALATION call=- subject=- depth=2 250 us\n"), "{text}");
    }

    /// A reader that reads only once it is let.
    struct Stopped(Arc<Mutex<()>>, Written);

    impl Write for Stopped {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _open = self.0.lock().unwrap();
            self.1.write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// RUN-96: nobody waits for who reads the log; what is lost is counted in the next line.
    #[test]
    fn a_reader_that_stopped_stops_nobody() {
        covers!(refuse, "RUN-96");
        let (gate, written) = (Arc::new(Mutex::new(())), Written::default());
        let log = CallLog::new(LogForm::Json, Stopped(Arc::clone(&gate), written.clone()));
        let shut = gate.lock().unwrap();
        for _ in 0..WAITING.saturating_add(100) {
            log.decided(&decided(None, None));
        }
        drop(shut);
        let lines = || String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        while lines().lines().count() < WAITING {
            std::thread::yield_now();
        }
        log.decided(&decided(None, None));
        drop(log);
        let lost: u64 = lines()
            .lines()
            .filter_map(|line| {
                line.split_once("\"lines_lost\":")?.1.trim_end_matches('}').parse::<u64>().ok()
            })
            .sum();
        let all = u64::try_from(lines().lines().count()).unwrap();
        assert_eq!(lost.saturating_add(all), u64::try_from(WAITING).unwrap().saturating_add(101));
    }
}
