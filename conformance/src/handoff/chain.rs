//! Permissions against one another, and chains by themselves.

use ca2a_core::json::{self, Node, Object};
use ca2a_handoff::{Authority, DelegationChain, HandoffError, Permissions};

use super::{
    answer::{Answer, Answers, Judged},
    case::{Case, World},
    expect,
    packet::run,
    rules,
};

/// Whether a child is within its parent. We ask one question where the package asks two.
pub(super) fn pair(case: &Case, _: &World) -> Judged {
    run(|| {
        let mut expected = expect::answers(case.node("verdict")?);
        match case.weakness() {
            Some(4) => expected.refuse_all(),
            Some(6) => expected.refuse("check_permission_narrowing"),
            _ => {}
        }
        let within = authority(case.node("child")?)?.within(&authority(case.node("parent")?)?);
        let answer = Answer::of(within);
        let got = Answers::new([
            ("delegation_scope_check", answer.clone()),
            ("check_permission_narrowing", answer),
        ]);
        Ok(Judged::Compared { expected, got })
    })
}

/// Read as the permissions of a hop, which is where permissions stand by themselves.
fn authority(permissions: &Node<'static>) -> Result<Authority, String> {
    let hop = Object::from([("agent_id", Node::from("a")), ("delegated_permissions", permissions.clone())]);
    let none = || [Node::from("p")].into_iter().collect::<Node<'static>>();
    let chain = Object::from([
        ("packet_ids", none()),
        ("agents", none()),
        ("hops", [Node::from(hop)].into_iter().collect()),
    ]);
    let chain = DelegationChain::from_node(&chain.into()).map_err(|error| error.to_string())?;
    let permissions: &Permissions =
        chain.hops.first().map(|hop| &hop.delegated_permissions).ok_or("no permissions")?;
    Authority::new(permissions, None).map_err(|error| error.to_string())
}

pub(super) fn judge(case: &Case, world: &World) -> Judged {
    run(|| {
        let document = case.node("chain")?;
        let mut expected = expect::answers(case.node("verdict")?);
        let broken = document.as_object().is_none_or(rules::chain_is_broken);
        let weak =
            case.weakness() == Some(4) || (world.is_strict() && (case.weakness() == Some(3) || broken));
        if weak {
            expected.refuse("validate_delegation_chain");
        }
        let mut got = Answers::default();
        let chain = DelegationChain::from_node(document).map_err(|error| error.to_string())?;
        answers(&chain, world, &mut got);
        for (name, limit) in [("within_max_depth_5", 5), ("within_max_depth_4", 4)] {
            got.set(name, Answer::is(chain.depth() <= limit));
        }
        for agent in ["carol", "frank"] {
            let id = world.identity(agent)?.agent_id();
            got.set(&format!("detects_loop_{agent}"), Answer::is(chain.detects_loop(id)));
        }
        Ok(Judged::Compared { expected, got })
    })
}

pub(super) fn answers(chain: &DelegationChain, world: &World, got: &mut Answers) {
    let validate: fn(&DelegationChain) -> Result<(), HandoffError> =
        if world.is_strict() { DelegationChain::validate } else { DelegationChain::check_hops };
    got.set("validate_delegation_chain", Answer::of(validate(chain).map_err(|error| error.code())));
    got.set("depth", Answer::Value(json::to_text(&chain.depth().into())));
}
