//! The JSON form of a decision.

use ca2a_core::json::{self, Node, Object};
use ca2a_handoff::{DecisionForm, PacketDecision};

use super::{
    answer::{Answer, Answers, Judged},
    case::{Case, World},
    expect,
    packet::run,
};

pub(super) fn judge(case: &Case, _: &World) -> Judged {
    run(|| {
        let decision = case.node("decision")?.as_object().ok_or("a decision is an object")?;
        let form = if case.text("profile") == "P1" { DecisionForm::Until02 } else { DecisionForm::Since03 };
        let read = |object: &Object<'_>| {
            let text = json::to_text(&Node::from(object.clone()));
            PacketDecision::from_json(text.as_bytes(), form)
        };
        let with = |name: &'static str, value: Node<'static>| {
            let mut changed = decision.clone();
            changed.insert(name, value);
            Answer::of(read(&changed).map_err(|error| error.code()))
        };
        let mut expected = expect::answers(case.node("verdict")?);
        expected.set("as written", Answer::Yes);
        let written = read(decision).map_err(|error| error.to_string())?.to_node();
        let says =
            |(name, value): (&str, &Node<'_>)| written.as_object().and_then(|it| it.get(name)) == Some(value);
        let got = Answers::new([
            ("bad_enum", with("decision", "MAYBE".into())),
            ("extra_field", with("extra", true.into())),
            ("reason_257_chars", with("reason", "x".repeat(257).into())),
            ("as written", Answer::is(decision.iter().all(says))),
        ]);
        Ok(Judged::Compared { expected, got })
    })
}
