//! What is drawn of an explanation: all of it, escaped, and always the same.

use ca2a_covers::covers;
use ca2a_trace::explain::Explanation;

use crate::scene::{Scene, root};

const HOSTILE: &str = "</pre></title></script><script>alert(1)</script><img src=x onerror=alert(2)>\" ' ]; click \n\u{202e}gpj\u{0}";

fn broken() -> Explanation {
    let mut scene = Scene::decided();
    let text = String::from_utf8(scene.records.clone()).unwrap();
    scene.records = text.replace("agent/researcher", "agent/researches").into_bytes();
    scene.explain()
}

/// covers TRC-305
#[test]
fn every_drawing_names_the_broken_hop() {
    covers!(accept, "TRC-305");
    let explanation = broken().name(&root(), "acme operations");
    let drawings = [
        explanation.to_text(),
        explanation.to_mermaid(),
        explanation.to_dot(),
        explanation.to_svg(),
        explanation.to_html(),
    ];
    for drawing in drawings {
        for word in [
            "acme operations",
            "TRACE record&#39;s signature is broken",
            "TRACE_RECORD_INVALID",
            "the link to the record before is broken",
            "PROVENANCE_LINK_BROKEN",
            "SCOPE_NOT_PERMITTED",
        ] {
            let plain = word.replace("&#39;", "'");
            assert!(drawing.contains(word) || drawing.contains(&plain), "{word} is missing in\n{drawing}");
        }
    }
}

/// covers TRC-305
#[test]
fn the_page_loads_nothing() {
    covers!(accept, "TRC-305");
    for page in [broken().to_html(), Scene::decided().explain().to_html()] {
        for outside in ["src=", "<link", "@import", "url(http", "<iframe", "<form", "<base", "javascript:"] {
            assert!(!page.contains(outside), "{outside}");
        }
        // The one address is the name of the SVG namespace, which nobody fetches.
        assert_eq!(page.matches("http://").count(), page.matches("http://www.w3.org/2000/svg").count());
        assert!(page.contains("default-src 'none'"));
        assert_eq!(page.matches("<script").count(), 1);
    }
}

/// covers TRC-60, TRC-305
#[test]
fn no_text_becomes_markup() {
    covers!(accept, "TRC-60");
    covers!(refuse, "TRC-60", "TRC-305");
    let mut scene = Scene::decided();
    let hostile =
        HOSTILE.replace('\\', "").replace('"', "\\\"").replace('\n', "\\n").replace('\u{0}', "\\u0000");
    for bytes in [&mut scene.chain, &mut scene.records] {
        let text = String::from_utf8(bytes.clone()).unwrap();
        *bytes = text.replace("c-1", &hostile).replace("acme-large-2", &hostile).into_bytes();
    }
    let explanation =
        scene.explain().title(HOSTILE).name(&root(), HOSTILE).recheck(&format!("ca2a lineage {HOSTILE}"));
    let (page, svg, dot) = (explanation.to_html(), explanation.to_svg(), explanation.to_dot());
    for drawing in [&page, &svg] {
        for attack in ["<script>alert", "<img", "\u{202e}", "\u{0}"] {
            assert!(!drawing.contains(attack), "{attack:?}");
        }
        assert!(drawing.contains("&lt;/script&gt;"));
    }
    assert_eq!(page.matches("</script>").count(), 1);
    assert_eq!(page.matches("</title>").count(), 2, "of the page and of its picture");
    for line in dot.lines().chain(explanation.to_mermaid().lines()) {
        assert_eq!(line.matches('"').count() % 2, 0, "{line}");
        assert!(!line.contains("<script"), "{line}");
    }
    assert!(!explanation.to_text().contains(['\u{202e}', '\u{0}']));
}

/// covers TRC-305
#[test]
fn the_same_documents_give_the_same_bytes() {
    covers!(accept, "TRC-305");
    let draw = |explanation: Explanation| {
        [
            explanation.to_text(),
            explanation.to_mermaid(),
            explanation.to_dot(),
            explanation.to_svg(),
            explanation.to_html(),
        ]
    };
    assert_eq!(draw(broken()), draw(broken()));
    assert_eq!(draw(Scene::decided().explain()), draw(Scene::decided().explain()));
}

#[test]
fn elements_are_closed() {
    for page in [broken().to_html(), Scene::decided().explain().to_html()] {
        for tag in [
            "section", "details", "summary", "ol", "ul", "li", "dl", "dt", "dd", "div", "span", "p", "table",
            "tr", "td", "th", "a", "pre", "code", "main", "header", "body", "html", "svg", "text", "h2",
            "h3",
        ] {
            let opened =
                page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
            assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "<{tag}>");
        }
    }
}

/// Graphviz reads what we draw, hostile or not.
#[test]
fn graphviz_reads_the_digraph() {
    use std::{
        io::Write as _,
        process::{Command, Stdio},
    };
    for explanation in [broken(), broken().title(HOSTILE).name(&root(), HOSTILE)] {
        let dot = Command::new("dot").arg("-Tsvg").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let Ok(mut dot) = dot else {
            return println!("SKIPPED: no graphviz is installed; no digraph was read");
        };
        dot.stdin.take().unwrap().write_all(explanation.to_dot().as_bytes()).unwrap();
        let output = dot.wait_with_output().unwrap();
        assert!(output.status.success());
        let svg = String::from_utf8(output.stdout).unwrap();
        assert!(svg.contains("TRACE_RECORD_INVALID") && !svg.contains("<script"));
    }
}
