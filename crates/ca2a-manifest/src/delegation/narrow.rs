//! A hop grants no more than the one before. (MAN-34)

use std::collections::BTreeSet;

use super::{ChainFault, hop::Hop};

/// Compares a hop with its parent, in the order in which other implementations do.
pub(super) fn narrows(parent: &Hop<'_>, child: &Hop<'_>) -> Result<(), ChainFault> {
    let (from, to) = (&parent.grant, &child.grant);
    if !from.tools.is_empty() {
        if to.tools.is_empty() {
            return Err(ChainFault::ToolsEmptyUnderRestrictedParent);
        }
        subset(&to.tools, &from.tools, ChainFault::ToolsEscalation)?;
    }
    if from.classes.is_empty() && !to.classes.is_empty() {
        return Err(ChainFault::ClassNoneGranted);
    }
    subset(&to.classes, &from.classes, ChainFault::ClassEscalation)?;
    subset(&from.constraints, &to.constraints, ChainFault::ConstraintDropped)?;
    if let Some(limit) = from.ttl {
        let ttl = to.ttl.filter(|ttl| *ttl <= limit).ok_or(ChainFault::TtlExceedsParent)?;
        let ends = |hop: &Hop<'_>, ttl| hop.begins()?.after(ttl).ok_or(ChainFault::Timestamp);
        if ends(child, ttl)?.micros() > ends(parent, limit)?.micros() {
            return Err(ChainFault::TtlAbsoluteExpiry);
        }
    }
    if to.depth > from.depth { Err(ChainFault::DepthGrantExceedsParent) } else { Ok(()) }
}

/// Exact strings: no wildcard, no prefix, no case folding.
fn subset(some: &[&str], all: &[&str], fault: ChainFault) -> Result<(), ChainFault> {
    let all: BTreeSet<_> = all.iter().collect();
    if some.iter().all(|one| all.contains(one)) { Ok(()) } else { Err(fault) }
}
