//! Pictures of a lineage.

use ca2a_core::ErrorCode;
use ca2a_trace::{Picture, Refusal};

use crate::support::{key, lineage};

fn refusal(hop: usize, attempt: &str, code: ErrorCode, reason: &str, by: &str) -> Refusal {
    Refusal { hop, attempt: attempt.into(), code, reason: reason.into(), by: Some(by.into()) }
}

fn picture() -> Picture {
    Picture::of(&lineage())
        .title("Book a meeting room: who was allowed to do what")
        .name(&key(0).verifying_key(), "acme operations")
        .call(0, "researcher", "mail:read")
        .call(1, "searcher", "web:search")
        .call(2, "web tool", "web:search")
        .appraised(2, "web tool", &format!("sha384:{}", "0123456789ab".repeat(8)))
        .refusal(refusal(
            2,
            "asked for tool:purchase",
            ErrorCode::ScopeNotPermitted,
            "capability 'tool:purchase' is not in the effective scope",
            "web tool",
        ))
        .refusal(refusal(
            1,
            "presented a stolen chain",
            ErrorCode::HolderProofInvalid,
            "the proof is not signed by the subject of the leaf credential",
            "searcher",
        ))
        .refusal(refusal(
            1,
            "sent the same call twice",
            ErrorCode::HolderProofInvalid,
            "this holder proof was used before; a challenge serves each request once",
            "searcher",
        ))
}

#[test]
fn says_whose_hardware_was_appraised_and_by_whom() {
    let picture = picture();
    for drawn in [picture.to_text(), picture.to_mermaid(), picture.to_dot(), picture.to_svg()] {
        let seen = "hardware, appraised by web tool: sha384:0123…89ab";
        assert_eq!(drawn.matches(seen).count(), 1, "{drawn}");
    }
    // Whatever a measurement is called, it breaks no picture.
    let hostile =
        Picture::of(&lineage()).appraised(0, "<b>\u{202e}", "<script>:\"]; click").appraised(9, "x", "y");
    assert!(!hostile.to_svg().contains("<script>") && !hostile.to_mermaid().contains("<script>"));
    assert!(!hostile.to_text().contains('\u{202e}'));
}

#[test]
fn says_who_granted_what_and_what_was_refused() {
    let picture = picture();
    for drawn in [picture.to_text(), picture.to_mermaid(), picture.to_svg()] {
        for word in ["acme operations", "planner", "researcher", "searcher", "SCOPE_NOT_PERMITTED"] {
            assert!(drawn.contains(word), "{word} is missing in\n{drawn}");
        }
    }
    if let Some(folder) = std::env::var_os("CA2A_PICTURES") {
        let write = |name: &str, text: String| {
            std::fs::write(std::path::Path::new(&folder).join(name), text).unwrap()
        };
        write("lineage.svg", picture.to_svg());
        write("lineage.mmd", picture.to_mermaid());
        write("lineage.txt", picture.to_text());
        write("plain.svg", Picture::of(&lineage()).to_svg());
        let hostile =
            r#"</text><script>alert(1)</script> "]; click hop0 "x" %% `*a*` 深圳 _b_ {c} (d) \ #quot; &lt;"#;
        let hostile = picture.name(&key(1).verifying_key(), hostile).title(hostile).call(0, hostile, hostile);
        write("hostile.svg", hostile.to_svg());
        write("hostile.mmd", hostile.to_mermaid());
    }
}
