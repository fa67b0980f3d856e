//! Running the command in memory.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "tests; each file uses a part"
)]

pub mod evidence;
pub mod folder;
pub mod peer;
pub mod process;
pub mod relay;
pub mod request;
#[cfg(unix)]
pub mod tpm;
pub mod upstream;

use ca2a_cli::{ExitCode, FixedClock, MemoryFs, OsFs, Out, SystemClock, run};
use ca2a_core::json::{Node, read};

/// The clock of the shared vectors.
pub const NOW: u64 = 1_800_000_000;

/// What one invocation said.
#[derive(Debug)]
pub struct Said {
    pub exit: ExitCode,
    pub stdout: String,
    pub stderr: String,
}

impl Said {
    /// Standard output as JSON; it must be one line of it.
    pub fn json(&self) -> Node<'static> {
        assert_eq!(self.stdout.matches('\n').count(), 1, "one line of JSON: {self:?}");
        read(self.stdout.as_bytes()).unwrap_or_else(|error| panic!("{error}: {self:?}")).into_owned()
    }

    /// The text under `member`; panics with everything that was said where there is none.
    pub fn text(&self, member: &str) -> String {
        let json = self.json();
        let text = json.as_object().and_then(|object| object.get(member)).and_then(Node::as_str);
        text.unwrap_or_else(|| panic!("no text `{member}` in {self:?}")).to_owned()
    }

    pub fn bool(&self, member: &str) -> Option<bool> {
        self.json().as_object().and_then(|object| object.get(member)).and_then(Node::as_bool)
    }

    /// A refusal with exactly this code, as coded JSON and with exit 1.
    #[track_caller]
    pub fn refused(&self, code: &str) -> &Self {
        assert_eq!(self.exit, ExitCode::Failure, "{self:?}");
        assert_eq!(self.text("code"), code, "{self:?}");
        assert!(!self.text("error").is_empty());
        self
    }

    #[track_caller]
    pub fn accepted(&self) -> &Self {
        assert_eq!(self.exit, ExitCode::Success, "{self:?}");
        self
    }

    #[track_caller]
    pub fn usage(&self) -> &Self {
        assert_eq!(self.exit, ExitCode::Usage, "{self:?}");
        assert_eq!(self.stdout, "");
        assert!(!self.stderr.is_empty());
        self
    }
}

/// Runs `words` where nobody reads along.
pub fn piped(files: &MemoryFs, words: &[&str]) -> Said {
    say(files, words, |stdout, stderr| Out::new(stdout, stderr))
}

/// Runs `words` on a terminal without colour.
pub fn on_terminal(files: &MemoryFs, words: &[&str]) -> Said {
    say(files, words, |stdout, stderr| Out::on_terminal(stdout, stderr, false))
}

/// Runs `words` on a terminal in colour.
pub fn in_color(files: &MemoryFs, words: &[&str]) -> Said {
    say(files, words, |stdout, stderr| Out::on_terminal(stdout, stderr, true))
}

fn say(
    files: &MemoryFs,
    words: &[&str],
    out: impl for<'o> FnOnce(&'o mut Vec<u8>, &'o mut Vec<u8>) -> Out<'o>,
) -> Said {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let exit = run(words, files, &FixedClock(NOW), &mut out(&mut stdout, &mut stderr));
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Said { exit, stdout: text(stdout), stderr: text(stderr) }
}

/// Makes a key in `file` and gives its public half.
pub fn keygen(files: &MemoryFs, file: &str) -> String {
    piped(files, &["keygen", "--out", file]).accepted().text("public_key")
}

/// A root's key, an agent's, and a chain of two hops: root → planner (read, write) → researcher (read).
pub struct Scene {
    pub files: MemoryFs,
    pub root: String,
    pub planner: String,
    pub researcher: String,
}

impl Scene {
    /// The same chain and keys, with one file more or another in its place.
    pub fn files_with(&self, name: &str, bytes: &[u8]) -> MemoryFs {
        let private = ["root.pem", "planner.pem", "researcher.pem"];
        let copy = |files: MemoryFs, name: &&str, private| match self.files.get(name) {
            Some(file) => files.with(*name, file.bytes, private),
            None => files,
        };
        let files = private.iter().fold(MemoryFs::new(), |files, name| copy(files, name, true));
        let files = ["c0.json", "chain.json"].iter().fold(files, |files, name| copy(files, name, false));
        files.with(name, bytes, false)
    }
}

pub fn scene() -> Scene {
    let files = MemoryFs::new();
    let [root, planner, researcher] =
        ["root.pem", "planner.pem", "researcher.pem"].map(|file| keygen(&files, file));
    let grant = ["issue", "--key", "root.pem", "--subject", &planner, "--id", "c-0", "--out", "c0.json"];
    piped(&files, &[&grant[..], &["--scope", "read", "write"]].concat()).accepted();
    let grant = ["delegate", "--chain", "c0.json", "--key", "planner.pem", "--subject", &researcher];
    piped(&files, &[&grant[..], &["--id", "c-1", "--scope", "read", "--out", "chain.json"]].concat())
        .accepted();
    Scene { files, root, planner, researcher }
}

/// Runs `words` on the files and the clock of this machine, where nobody reads along.
pub fn for_real(words: &[&str]) -> Said {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let exit = run(words, &OsFs, &SystemClock, &mut Out::new(&mut stdout, &mut stderr));
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Said { exit, stdout: text(stdout), stderr: text(stderr) }
}
