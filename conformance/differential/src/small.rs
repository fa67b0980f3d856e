//! Every small chain there is.

use crate::{
    Tally,
    chains::{self, Hop, Question},
    compare,
};

/// Judges every chain of up to three hops whose scopes are drawn from two capabilities and whose depths from three.
///
/// # Errors
/// As for [`differential`](crate::differential), and a verdict other than that of the definition: every scope within the
/// one before, every depth the place in the chain.
pub fn exhaustive() -> Result<Tally, String> {
    const SCOPES: [&[&str]; 3] = [&["a"], &["b"], &["a", "b"]];
    let mut tally = Tally::default();
    let mut shorter: Vec<Vec<(usize, i64)>> = vec![Vec::new()];
    for _ in 0..3 {
        let mut longer = Vec::new();
        for chain in &shorter {
            for scope in 0..SCOPES.len() {
                longer.extend((0..3).map(|depth| [chain.as_slice(), &[(scope, depth)]].concat()));
            }
        }
        for chain in &longer {
            let hops: Vec<Hop> = chains::linked(chain.len())
                .into_iter()
                .zip(chain)
                .map(|(hop, (scope, depth))| {
                    let scope = SCOPES.get(*scope).copied().unwrap_or_default();
                    Hop { scope: scope.iter().map(|name| (*name).to_owned()).collect(), depth: *depth, ..hop }
                })
                .collect();
            let within = |pair: &[Hop]| match pair {
                [parent, child] => child.scope.iter().all(|name| parent.scope.contains(name)),
                _ => true,
            };
            let counted = hops.iter().zip(0..).all(|(hop, place)| hop.depth == place);
            let right = counted && hops.windows(2).all(within);
            let accepted = compare(&Question::of(&hops), &mut tally)?;
            if accepted != right {
                return Err(format!("{chain:?} is accepted: {accepted}"));
            }
        }
        shorter = longer;
    }
    Ok(tally)
}
