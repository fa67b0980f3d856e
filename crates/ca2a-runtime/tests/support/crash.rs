//! A process that writes for ever, killed at random points of its writes, again and again.

use std::{
    future::Future,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

/// How often the process is killed, where the environment says so.
const ROUNDS: &str = "CA2A_TEST_CRASH_ROUNDS";
const FILE: &str = "CA2A_TEST_CRASH_FILE";
const ROUND: &str = "CA2A_TEST_CRASH_ROUND";
/// Tasks that write at one time, so that several writes share a commit.
const TASKS: u32 = 8;

/// In the process that is killed: the file to write to, and which round it is. In any other: nothing.
pub fn assignment() -> Option<(PathBuf, String)> {
    Some((std::env::var_os(FILE)?.into(), std::env::var(ROUND).ok()?))
}

/// Writes for ever from several tasks. `write` gets a name that no other write has, and gives what to acknowledge once
/// the write is durable.
pub fn write_for_ever<W, F>(round: &str, write: W)
where
    W: Fn(String) -> F + Clone + Send + 'static,
    F: Future<Output = String> + Send,
{
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let endless = |task: u32| {
        let (write, round) = (write.clone(), round.to_owned());
        async move {
            for number in 0_u64.. {
                let acknowledged = write(format!("{round}-{task}-{number}")).await;
                // Not `println`, which the test harness would keep to itself.
                let mut out = std::io::stdout();
                writeln!(out, "ACK {acknowledged}").unwrap();
            }
        }
    };
    runtime.block_on(async {
        let tasks: Vec<_> = (0..TASKS).map(|task| tokio::spawn(endless(task))).collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}

/// Kills the test `child` of this file in each of so many rounds, and gives to `examine` what it acknowledged in the round.
/// `few` rounds unless the environment wants more.
pub fn kill_again_and_again(file: &Path, few: u32, mut examine: impl FnMut(u32, bool, Vec<String>)) {
    let rounds = std::env::var(ROUNDS).map_or(few, |rounds| rounds.parse().expect("a number of rounds"));
    let mut seed = [0; 4];
    getrandom::fill(&mut seed).unwrap();
    let mut random = u32::from_be_bytes(seed);
    println!("seed {random}");
    for round in 0..rounds {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        // Somewhere inside or between commits.
        let delay = Duration::from_micros(u64::from(random >> 8) % 12_000);
        let acknowledged = run_and_kill(file, round, delay);
        assert!(!acknowledged.is_empty());
        examine(round, round + 1 == rounds, acknowledged);
    }
}

/// Runs the child, kills it `delay` after its first acknowledgement, and says what it acknowledged.
fn run_and_kill(file: &Path, round: u32, delay: Duration) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::child", "--nocapture"])
        .env(FILE, file)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let (sender, receiver) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        let mut acknowledged = Vec::new();
        let mut line = String::new();
        // A last line that was cut says nothing.
        while output.read_line(&mut line).is_ok() && line.ends_with('\n') {
            if let Some((_, written)) = line.trim_end().split_once("ACK ") {
                acknowledged.push(written.to_owned());
                let _ = sender.send(());
            }
            line.clear();
        }
        acknowledged
    });
    receiver.recv().expect("the child acknowledges something");
    std::thread::sleep(delay);
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}
