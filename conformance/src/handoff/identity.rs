//! Agents and the ids derived from their keys.

use ca2a_core::json::Node;

use super::{
    answer::{Answer, Answers, Judged},
    case::{Case, World},
};

pub(super) fn judge(case: &Case, world: &World) -> Judged {
    let Some(named) = case.get("identities").and_then(Node::as_object) else {
        return Judged::Unusable(String::from("no `identities`"));
    };
    let (mut expected, mut got) = (Answers::default(), Answers::default());
    for (name, id) in named.iter() {
        expected.set(name, Answer::Value(id.as_str().unwrap_or_default().to_owned()));
        let ours = world.identities.get(name).map(|it| it.agent_id().to_string()).unwrap_or_default();
        got.set(name, Answer::Value(ours));
    }
    Judged::Compared { expected, got }
}
