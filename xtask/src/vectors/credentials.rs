//! Credentials by themselves (DEL-1 to DEL-14).

use ca2a_core::encoding::hex;
use serde_json::json;

use super::{
    case::Case,
    draft::{Draft, honest, key, with},
};

const OP: &str = "credential.parse_and_verify_signature";
const CODE: &str = "INVALID_CREDENTIAL";

/// A key under which anybody can sign, and bytes that are no key.
pub(super) const SMALL_ORDER: &str = "0100000000000000000000000000000000000000000000000000000000000000";
pub(super) const NO_POINT: &str = "0200000000000000000000000000000000000000000000000000000000000000";
/// y = p + 3: another spelling of the point with y = 3.
pub(super) const NOT_CANONICAL: &str = "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";

fn root() -> Draft {
    honest().remove(0)
}

fn read(requirement: &'static str, name: &str, about: &'static str, draft: &Draft) -> Case {
    let body = draft.body();
    let expect = json!({
        "canonical_body_hex": hex(body.as_bytes()),
        "credential_digest": draft.digest(),
        "scope_sorted": draft.scope,
    });
    Case::accept(requirement, name, about, OP, json!({ "credential_json": draft.text() }), expect)
        .preimage("signature", &body)
}

fn refused(requirement: &'static str, name: &str, about: &'static str, text: &str) -> Case {
    Case::refuse(requirement, name, about, OP, json!({ "credential_json": text }), CODE)
}

/// The root's credential, changed and signed again.
fn changed(change: impl FnOnce(&mut Draft)) -> Draft {
    let mut draft = root();
    change(&mut draft);
    draft
}

/// The root's credential with `from` in its text as `to`, under the signature of the text before.
fn edited(from: &str, to: &str) -> String {
    let text = root().text();
    debug_assert!(text.contains(from));
    text.replacen(from, to, 1)
}

/// A body that is not in the form of DEL-10, signed as it stands.
fn signed_otherwise(body: &str) -> String {
    let signature = key("root").sign(body.as_bytes()).to_hex();
    root()
        .text()
        .split("\"signature\"")
        .next()
        .map(|before| format!("{before}\"signature\":\"{signature}\"}}"))
        .unwrap_or_default()
}

pub(super) fn cases() -> Vec<Case> {
    [form(), values(), signatures()].concat()
}

fn form() -> Vec<Case> {
    let names = |count: usize| (0..count).map(|number| format!("{number:03}")).collect::<Vec<_>>();
    vec![
        read("DEL-1", "plain", "the members, and no others", &root()),
        refused(
            "DEL-1",
            "unknown",
            "an unknown member",
            &edited("{\"credential_id\"", "{\"note\":1,\"credential_id\""),
        ),
        refused("DEL-1", "missing", "without its depth", &edited("\"depth\":0,", "")),
        refused("DEL-1", "twice", "a member twice", &edited("\"depth\":0,", "\"depth\":0,\"depth\":0,")),
        refused("DEL-1", "array", "an array", "[]"),
        read(
            "DEL-2",
            "any-text",
            "an id of any text",
            &changed(|draft| draft.id = "\u{e9}\u{1f600}/ ".to_owned()),
        ),
        refused("DEL-2", "empty", "an empty id", &changed(|draft| draft.id = String::new()).text()),
        refused("DEL-2", "number", "an id that is a number", &edited("\"c-0\"", "0")),
        read(
            "DEL-3",
            "own",
            "issuer and subject may be one",
            &changed(|draft| draft.subject.clone_from(&draft.issuer)),
        ),
        refused(
            "DEL-3",
            "capitals",
            "a subject in capitals",
            &changed(|draft| draft.subject = draft.subject.to_uppercase()).text(),
        ),
        refused(
            "DEL-3",
            "spelling",
            "a subject in capitals, under the signature of its right spelling",
            &edited(&root().subject, &root().subject.to_uppercase()),
        ),
        refused(
            "DEL-3",
            "short",
            "an issuer of 31 bytes",
            &changed(|draft| draft.issuer.truncate(62)).text(),
        ),
        read("DEL-4", "256", "256 capabilities", &changed(|draft| draft.scope = names(256))),
        refused("DEL-4", "257", "257 capabilities", &changed(|draft| draft.scope = names(257)).text()),
        refused("DEL-4", "none", "no capability", &changed(|draft| draft.scope.clear()).text()),
        refused(
            "DEL-4",
            "twice",
            "a capability twice",
            &changed(|draft| draft.scope = vec!["a".into(), "a".into()]).text(),
        ),
        refused(
            "DEL-4",
            "empty",
            "an empty capability",
            &changed(|draft| draft.scope = vec![String::new()]).text(),
        ),
    ]
}

fn values() -> Vec<Case> {
    let most = (1 << 53) - 1;
    let window = |from, until| changed(|draft| (draft.from, draft.until) = (from, until));
    vec![
        read("DEL-5", "large", "the largest depth", &changed(|draft| draft.depth = most)),
        refused("DEL-5", "beyond", "a depth of 2^53", &changed(|draft| draft.depth = most + 1).text()),
        refused("DEL-5", "negative", "a depth below 0", &edited("\"depth\":0", "\"depth\":-1")),
        refused("DEL-5", "text", "a depth that is text", &edited("\"depth\":0", "\"depth\":\"0\"")),
        read("DEL-6", "text", "a parent", &changed(|draft| draft.parent = Some("p".to_owned()))),
        refused(
            "DEL-6",
            "empty",
            "an empty parent",
            &changed(|draft| draft.parent = Some(String::new())).text(),
        ),
        refused("DEL-6", "absent", "no member for the parent", &edited("\"parent_id\":null,", "")),
        read("DEL-8", "bounds", "both bounds at the ends of the range", &window(Some(0), Some(most))),
        refused(
            "DEL-8",
            "null",
            "a bound that is null",
            &edited("\"parent_id\"", "\"not_after\":null,\"parent_id\""),
        ),
        refused("DEL-8", "beyond", "a bound of 2^53", &window(None, Some(most + 1)).text()),
        read("DEL-9", "one-second", "a window of one second", &window(Some(5), Some(5))),
        refused("DEL-9", "inverted", "a window that is never open", &window(Some(6), Some(5)).text()),
    ]
}

fn signatures() -> Vec<Case> {
    let signed = root();
    let text = signed.text();
    let signature = text.rsplit('"').nth(1).unwrap_or_default().to_owned();
    let (r, s) = signature.split_at(64);
    let unsorted = changed(|draft| {
        draft.scope = ["\u{10000}", "\u{ffee}", "a"].map(str::to_owned).to_vec();
    });
    let sorted = changed(|draft| draft.scope = ["a", "\u{ffee}", "\u{10000}"].map(str::to_owned).to_vec());
    // The same capabilities in another order on the wire, under the signature of the sorted ones.
    let wire =
        sorted.text().replacen("\"a\",\"\u{ffee}\",\"\u{10000}\"", "\"\u{10000}\",\"\u{ffee}\",\"a\"", 1);
    let expect = json!({ "canonical_body_hex": hex(sorted.body().as_bytes()), "scope_sorted": sorted.scope });
    let anybodys = changed(|draft| draft.issuer = SMALL_ORDER.to_owned()).body();
    let anybodys = with(&anybodys, "signature", &format!("01{}", "0".repeat(126)));
    let keyed = |issuer: &str| changed(|draft| draft.issuer = issuer.to_owned()).text();
    let subject = |subject: &str| changed(|draft| draft.subject = subject.to_owned()).text();
    vec![
        read("DEL-7", "hex", "a signature in lower-case hex", &changed(|draft| draft.until = Some(7))),
        refused(
            "DEL-7",
            "capitals",
            "a signature in capitals",
            &text.replacen(&signature, &signature.to_uppercase(), 1),
        ),
        refused("DEL-7", "empty", "an empty signature", &text.replacen(&signature, "", 1)),
        Case::accept(
            "DEL-10",
            "order",
            "a scope in any order is signed in code point order",
            OP,
            json!({ "credential_json": wire }),
            expect,
        )
        .preimage("signature", &sorted.body()),
        refused("DEL-10", "as-it-stands", "a scope signed in the order of the wire", &unsorted.text())
            .preimage("signature", &unsorted.body()),
        refused(
            "DEL-10",
            "blanks",
            "a body signed with a blank in it",
            &signed_otherwise(&signed.body().replacen(':', ": ", 1)),
        ),
        read("DEL-11", "issuer", "signed by its issuer", &changed(|draft| draft.from = Some(7))),
        refused(
            "DEL-11",
            "another",
            "signed by somebody else",
            &changed(|draft| draft.signer = "stranger").text(),
        ),
        refused("DEL-11", "changed", "changed after it was signed", &edited("\"write\"", "\"write-all\"")),
        refused(
            "DEL-11",
            "high-s",
            "S at or above L",
            &text.replacen(&signature, &format!("{r}{}", above_l(s)), 1),
        ),
        read("DEL-12", "usable", "two usable keys", &changed(|draft| draft.until = Some(8))),
        refused(
            "DEL-12",
            "small-order",
            "a signature that holds for every body under a small-order issuer",
            &anybodys,
        ),
        refused("DEL-12", "no-point", "an issuer that is no point", &keyed(NO_POINT)),
        refused("DEL-12", "subject", "a subject of small order", &subject(SMALL_ORDER)),
        refused("DEL-12", "spelling", "a subject in another spelling of a point", &subject(NOT_CANONICAL)),
        read(
            "DEL-14",
            "body",
            "the digest is of the body",
            &changed(|draft| draft.id = "c-digest".to_owned()),
        ),
    ]
}

/// S + L, which the equation cannot tell from S.
fn above_l(s: &str) -> String {
    const L: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let s: [u8; 32] = ca2a_core::encoding::from_hex(s).unwrap_or_default();
    let mut carry = 0;
    let sum = std::array::from_fn::<u8, 32, _>(|at| {
        let digit = u16::from(s[at]) + u16::from(L[at]) + carry;
        carry = digit >> 8;
        digit as u8
    });
    hex(&sum)
}
