//! The demo, run as anybody would run it: by the binary, in a folder of its own.

use std::{
    collections::BTreeMap,
    io::Write as _,
    process::{Command, Output, Stdio},
    time::Duration,
};

use ca2a_attest::collect::tpm::provision::Swtpm;
use ca2a_cli::ExitCode;
use ca2a_core::json::{Node, read};
use ca2a_covers::covers;

use crate::support::{Said, folder::Folder, for_real};

fn ca2a() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ca2a"));
    command.stdin(Stdio::null());
    command
}

fn said(output: Output) -> Said {
    let exit = match output.status.code() {
        Some(0) => ExitCode::Success,
        Some(1) => ExitCode::Failure,
        Some(2) => ExitCode::Usage,
        other => panic!("ended with {other:?}"),
    };
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { exit, stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// covers CLI-19, CLI-20
#[test]
fn the_demo_holds_and_what_it_leaves_behind_verifies() {
    covers!(accept, "CLI-19", "CLI-20");
    let folder = Folder::new();
    let out = folder.file("demo");
    let said = said(ca2a().args(["demo", "--out", &out]).output().unwrap());
    said.accepted();
    let json = said.json();
    let json = json.as_object().unwrap();
    let root = json.text("root").unwrap();
    let refusals = json.array("refusals").unwrap();
    let found: Vec<_> = refusals
        .iter()
        .map(|refusal| {
            let refusal = refusal.as_object().unwrap();
            (refusal.text("name").unwrap(), refusal.text("code").unwrap())
        })
        .collect();
    assert_eq!(
        found,
        [
            ("overreach", "SCOPE_NOT_PERMITTED"),
            ("stolen chain", "HOLDER_PROOF_INVALID"),
            ("replayed call", "HOLDER_PROOF_INVALID"),
            ("edited record", "TRACE_RECORD_INVALID"),
        ]
    );
    // The story goes beside the JSON: a chain narrows, payloads are sealed, refusals have reasons.
    for seen in
        ["planner → researcher", "researcher → searcher", "searcher → tool", "gives up search", "used before"]
    {
        assert!(said.stderr.contains(seen), "{seen}: {}", said.stderr);
    }

    // The command that it prints, run as it stands.
    let command = json.text("verify_command").unwrap();
    assert!(command.contains(" verify-lineage "), "{command}");
    let shell = Command::new("sh").args(["-c", command]).output().unwrap();
    let verdict = read(&shell.stdout).unwrap().into_owned();
    assert_eq!(verdict.as_object().unwrap().get("verified").and_then(Node::as_bool), Some(true), "{shell:?}");
    assert_eq!(verdict.as_object().unwrap().uint("records").unwrap(), 3);

    // And by hand: the genuine records hold, the edited ones do not, and nothing holds under another root.
    let at = command.rsplit(' ').next().unwrap();
    let file = |name: &str| format!("{out}/{name}");
    let verify = |records: &str, root: &str| {
        let (records, chain) = (file(records), file("chain.json"));
        for_real(&[
            "verify-lineage",
            "--dag",
            &records,
            "--chain",
            &chain,
            "--trusted-root-issuer",
            root,
            "--at-time",
            at,
        ])
    };
    verify("records.json", root).accepted();
    verify("records-edited.json", root).refused("TRACE_RECORD_INVALID");
    verify("records.json", &crate::support::keygen(&ca2a_cli::MemoryFs::new(), "k"))
        .refused("UNTRUSTED_DELEGATION_ROOT");
    for (name, kind) in
        [("chain.json", "chain"), ("records.json", "trace_records"), ("denial.json", "delegation_record")]
    {
        assert_eq!(for_real(&["inspect", &file(name)]).accepted().text("kind"), kind);
    }
    let picture = |name: &str| std::fs::read_to_string(file(name)).unwrap();
    assert!(picture("lineage.svg").starts_with("<svg"));
    assert!(picture("lineage.mmd").contains("flowchart"));
    // No secret in any file: the only keys there are public.
    for entry in std::fs::read_dir(&out).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(!text.contains("PRIVATE KEY"));
    }
}

/// The agents of the demo with this process id, and what each was started with.
#[cfg(target_os = "linux")]
fn agents(demo: u32) -> BTreeMap<u32, Vec<String>> {
    let pids = std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str().and_then(|name| name.parse::<u32>().ok()));
    let words = |pid: u32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The parent is the second word behind the name, which stands in parentheses.
        let parent = stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse::<u32>().ok()?;
        let words = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).ok()?;
        let words: Vec<_> = words.split_terminator('\0').map(str::to_owned).collect();
        (parent == demo && words.get(1).is_some_and(|word| word == "demo-agent")).then_some(words)
    };
    pids.filter_map(|pid| Some((pid, words(pid)?))).collect()
}

/// CLI-19: each agent is a process, and its command line holds the name of its part and nothing else.
#[cfg(target_os = "linux")]
#[test]
fn each_agent_is_a_process_with_no_secret_on_its_command_line() {
    covers!(accept, "CLI-19");
    covers!(refuse, "CLI-19");
    let folder = Folder::new();
    let mut demo = ca2a();
    demo.args(["demo", "--out", &folder.file("demo")]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut demo = demo.spawn().unwrap();
    let mut seen = BTreeMap::new();
    let ended = loop {
        seen.extend(agents(demo.id()));
        if let Some(ended) = demo.try_wait().unwrap() {
            break ended;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    assert!(ended.success());
    let mut parts: Vec<_> = seen.values().map(|words| words[2..].join(" ")).collect();
    parts.sort();
    assert_eq!(parts, ["planner", "researcher", "searcher", "thief", "tool"], "{seen:?}");
}

/// CLI-21: a demo that is killed, and so cleans nothing up, leaves no process behind.
#[cfg(target_os = "linux")]
#[test]
fn no_agent_outlives_a_demo_that_is_killed() {
    covers!(accept, "CLI-21");
    covers!(refuse, "CLI-21");
    let folder = Folder::new();
    let mut demo = ca2a();
    demo.args(["demo", "--out", &folder.file("demo")]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut demo = demo.spawn().unwrap();
    let mut left = BTreeMap::new();
    while left.len() < 4 {
        assert_eq!(demo.try_wait().unwrap(), None, "it ended before it was killed");
        left = agents(demo.id());
    }
    demo.kill().unwrap();
    demo.wait().unwrap();
    let is_there = |pid: &u32| {
        let words = std::fs::read_to_string(format!("/proc/{pid}/cmdline"));
        words.is_ok_and(|words| words.contains("demo-agent"))
    };
    // As long as a machine under load may take; an agent that waits for ever never ends by itself.
    for _ in 0..3_000 {
        if !left.keys().any(is_there) {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("left behind: {left:?}");
}

#[test]
fn a_demo_that_can_leave_nothing_behind_does_not_begin() {
    let said = said(ca2a().args(["demo", "--out", "/dev/null/demo"]).output().unwrap());
    said.refused("STORE_UNAVAILABLE");
}

/// covers CLI-21
#[test]
fn an_agent_ends_with_its_input_and_survives_bad_orders() {
    covers!(accept, "CLI-21");
    let output = ca2a().args(["demo-agent", "tool"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");

    let mut agent =
        ca2a().args(["demo-agent", "searcher"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let orders = [
        "",
        "{}",
        "[]",
        "{\"do\":\"run\"}",
        "{\"do\":\"begin\",\"root\":\"x\"}",
        "{\"do\":\"replay\"}",
        &deep,
    ];
    let mut input = agent.stdin.take().unwrap();
    for order in orders {
        writeln!(input, "{order}").unwrap();
    }
    drop(input);
    let output = agent.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let lines = String::from_utf8(output.stdout).unwrap();
    assert_eq!(lines.lines().count(), orders.len());
    assert!(lines.lines().all(|line| line.starts_with("{\"trouble\":")), "{lines}");

    said(ca2a().args(["demo-agent", "nobody"]).output().unwrap()).refused("BAD_REQUEST");
}

#[test]
fn the_binary_says_its_version_and_refuses_what_is_no_command() {
    let said = |words: &[&str]| said(ca2a().args(words).output().unwrap());
    assert_eq!(said(&["--version"]).accepted().stdout, concat!("ca2a ", env!("CARGO_PKG_VERSION"), "\n"));
    assert!(said(&["--help"]).accepted().stdout.contains("verify-lineage"));
    for words in [&[][..], &["frobnicate"], &["verify-chain", "--nonsense"], &["keygen"]] {
        said(words).usage();
    }
}

/// Every call goes between agents that proved to one another what they run on: covers CLI-48.
#[test]
fn with_a_tpm_each_call_is_between_agents_that_attested() {
    let folder = Folder::new();
    let out = folder.file("demo");
    let run = ca2a().args(["demo", "--provider", "tpm", "--out", &out]).output().unwrap();
    if !Swtpm::is_installed() {
        let said = said(run);
        said.refused("ATTESTATION_UNSUPPORTED");
        assert!(said.stdout.contains("swtpm swtpm-tools"), "{said:?}");
        println!("SKIPPED: swtpm is not installed; only the refusal was tested");
        return;
    }
    covers!(accept, "CLI-48");
    let said = said(run);
    said.accepted();
    let json = said.json();
    let measurement = json.as_object().unwrap().text("measurement").unwrap().to_owned();
    for seen in ["researcher to planner, planner to researcher", "tool to searcher, searcher to tool"] {
        assert!(said.stderr.contains(seen), "{seen}: {}", said.stderr);
    }

    // What each callee signed: hardware, by this measurement, under an appraisal that can be asked for.
    let file = |name: &str| std::fs::read_to_string(format!("{out}/{name}")).unwrap();
    let statements = file("statements.jsonl");
    assert_eq!(statements.lines().count(), 4);
    for line in statements.lines() {
        let statement = read(line.as_bytes()).unwrap();
        let caller = statement.as_object().unwrap().object("caller").unwrap();
        assert_eq!(caller.text("assurance").unwrap(), "hardware");
        assert_eq!(caller.text("measurement").unwrap(), measurement);
        assert!(caller.text("appraisal").unwrap().starts_with("sha256:"));
    }
    let records = file("records.json");
    assert_eq!(records.matches("\"tpm2\"").count(), 3, "{records}");

    // The lineage shows it: told, drawn, and on the page.
    let digits = measurement.strip_prefix("sha256:").unwrap();
    let short = format!("sha256:{}…{}", &digits[..4], &digits[60..]);
    for callee in ["researcher", "searcher", "tool"] {
        let line = format!("hardware, appraised by {callee}: {short}");
        for (name, text) in [
            ("text", &said.stderr),
            ("svg", &file("lineage.svg")),
            ("mermaid", &file("lineage.mmd")),
            ("page", &file("lineage.html")),
        ] {
            assert!(text.contains(&line), "{name}: {line}");
        }
    }
    assert!(file("lineage.html").contains(&measurement));
}

/// Without a software TPM nothing starts, and it says what to install: covers CLI-48.
#[test]
fn without_a_software_tpm_it_is_said_what_to_install() {
    covers!(refuse, "CLI-48");
    let folder = Folder::new();
    let out = folder.file("demo");
    let run = ca2a().args(["demo", "--provider", "tpm", "--out", &out]).env("PATH", "/nonexistent").output();
    let said = said(run.unwrap());
    said.refused("ATTESTATION_UNSUPPORTED");
    assert!(said.stdout.contains("swtpm swtpm-tools"), "{said:?}");
    assert!(!std::path::Path::new(&out).exists());
    said_usage(&["demo", "--provider", "sev-snp"]);
}

fn said_usage(words: &[&str]) {
    said(ca2a().args(words).output().unwrap()).usage();
}
