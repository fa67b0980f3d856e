//! The page as a browser shows it. Keeps a screenshot of each page under `target/`.

use ca2a_covers::covers;
use ca2a_trace::explain::Explanation;

use crate::{
    browser::Browser,
    scene::{self, Scene, chain_json, root},
    support::{credentials, key},
    task::Task,
};

const COMMAND: &str =
    "ca2a lineage --chain chain.json --records records.jsonl --root 3b6a27bc…da29 --at 1790000000";

fn dressed(explanation: Explanation) -> Explanation {
    explanation
        .title("Book a meeting room: who was allowed to do what")
        .name(&root(), "acme operations")
        .name(&key(9).verifying_key(), "web tool")
        .recheck(COMMAND)
}

/// An edited record: covers TRC-305.
#[test]
fn a_broken_link_is_seen_where_it_broke() {
    covers!(accept, "TRC-305");
    let Some(browser) = Browser::find() else { return };
    let mut scene = Scene::decided();
    let text = String::from_utf8(scene.records.clone()).unwrap();
    scene.records = text.replace("agent/researcher", "agent/researches").into_bytes();
    let shown = browser.show("lineage-broken", &dressed(scene.explain()).to_html());

    assert!(shown.contains(r#"<body class="is-refused">"#));
    let torn = shown.find(r#"<div class="link torn""#).expect("the broken link");
    let (first, second, third) = (hop(&shown, 0), hop(&shown, 1), hop(&shown, 2));
    assert!(first < second && second < torn && torn < third, "between hop 1 and hop 2");
    assert!(shown[torn..third].contains("between hop 1 and hop 2"));
    assert!(shown[torn..third].contains("PROVENANCE_LINK_BROKEN"));

    // The broken hop is open, the others are not.
    let head = |at: usize| &shown[at..at + 80];
    assert!(head(second).contains(r#"class="hop broken""#) && head(second).contains("open"));
    assert!(head(first).contains(r#"class="hop""#) && !head(first).contains("open"), "{}", head(first));
    assert!(shown[second..torn].contains("TRACE_RECORD_INVALID"));
    // The script ran under the policy of the page: it is what gives the button its words.
    assert!(shown.contains(">Open all</button>"), "the script did not run");
}

#[test]
fn a_whole_lineage_says_so() {
    let Some(browser) = Browser::find() else { return };
    let shown = browser.show("lineage-verified", &dressed(Scene::decided().explain()).to_html());
    assert!(shown.contains(r#"<body class="is-verified">"#));
    assert!(!shown.contains(r#"class="link torn""#) && !shown.contains("hop broken"));
    assert!(shown.contains("SCOPE_NOT_PERMITTED"), "what was refused is shown");
}

#[test]
fn a_grant_of_what_is_not_held_stands_out() {
    let Some(browser) = Browser::find() else { return };
    let mut scene = Scene::new();
    scene.chain = chain_json(&scene::escalated());
    let shown = browser.show("lineage-escalation", &dressed(scene.explain()).to_html());
    assert!(shown.contains("SCOPE_ESCALATION") && shown.contains("cap stolen"));

    let mut scene = Scene::new();
    scene.chain = chain_json(&credentials()[..2]);
    scene.records = b"{ not json".to_vec();
    let shown = browser.show("lineage-unreadable", &dressed(scene.explain()).to_html());
    assert!(shown.contains("MALFORMED_LINEAGE"));
}

/// Work that branched, with one record edited in one branch: covers TRC-305, TRC-307.
#[test]
fn branches_are_seen_beside_each_other() {
    let Some(browser) = Browser::find() else { return };
    let shown = browser.show("lineage-branches", &dressed(Task::new(false).explain()).to_html());
    assert!(shown.contains(r#"<body class="is-verified">"#));
    assert_eq!(shown.matches(r#"<li style="--lane:1">"#).count(), 2);
    assert_eq!(shown.matches("✓ continues hop 0<").count(), 2);

    let task = Task::new(true);
    let broken = task.edited("agent/researcher", "agent/researches");
    let shown = browser.show("lineage-branch-broken", &dressed(broken).to_html());
    let (torn, writer) = (shown.find(r#"<div class="link torn""#).expect("the broken link"), hop(&shown, 3));
    assert!(hop(&shown, 1) < torn && torn < hop(&shown, 2) && hop(&shown, 2) < writer);
    assert!(shown[writer..writer + 80].contains(r#"class="hop""#), "the other branch holds");
    assert!(shown[writer..].contains("✓ holds"));
}

/// covers TRC-305
#[test]
fn hostile_text_runs_nothing() {
    covers!(refuse, "TRC-305");
    let Some(browser) = Browser::find() else { return };
    let attack = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">";
    let explanation =
        Scene::new().explain().name(&key(1).verifying_key(), attack).title(attack).recheck(attack);
    let shown = browser.show("lineage-hostile", &explanation.to_html());
    assert!(!shown.contains("<title>owned"), "a script of the evidence ran");
    assert!(!shown.contains("<img"));
}

fn hop(page: &str, index: usize) -> usize {
    let mut details = page.match_indices("<details").map(|(at, _)| at);
    let id = format!(r#"id="hop-{index}""#);
    details.find(|at| page[*at..].split('>').next().unwrap().contains(&id)).expect("the hop")
}
