//! From the first fault of a list to all of them.

use crate::error::{LinkFault, TraceError};

/// After so many faults nobody reads on, and each costs a verification of the whole list.
const MOST_FAULTS: usize = 64;

/// The faults of a list, and what is left without them.
pub(super) struct Sifted {
    /// The position of each faulty item, and what is wrong with it.
    pub(super) faults: Vec<(usize, TraceError)>,
    /// What is wrong with the list, where that is no item's fault.
    pub(super) list: Option<TraceError>,
    /// Positions of the items that hold together once the faulty ones are gone.
    pub(super) sound: Vec<usize>,
    /// Positions of the items that nobody got to.
    pub(super) unseen: Vec<usize>,
}

/// Why an item was not looked at.
pub(super) const UNSEEN: &str = "not looked at, after so many faults above it";

/// Asks `verify` about `items`, each with its position, and again without the item that it names, until it names none.
pub(super) fn sift<T>(
    mut items: Vec<(usize, T)>,
    verify: impl Fn(&[(usize, T)]) -> Result<(), TraceError>,
) -> Sifted {
    let mut sifted = Sifted { faults: Vec::new(), list: None, sound: Vec::new(), unseen: Vec::new() };
    while !items.is_empty() && sifted.faults.len() < MOST_FAULTS {
        let error = match verify(&items) {
            Ok(()) => {
                sifted.sound = items.iter().map(|(position, _)| *position).collect();
                return sifted;
            }
            Err(error) => error,
        };
        let Some(at) = error.record().filter(|at| *at < items.len()) else {
            sifted.list = Some(error);
            break;
        };
        let position = |at: usize| items.get(at).map_or(at, |(position, _)| *position);
        let fault = (position(at), in_document(error, position));
        sifted.faults.push(fault);
        items.remove(at);
    }
    sifted.unseen = items.iter().map(|(position, _)| *position).collect();
    sifted
}

/// `error` with the positions of the document in place of those of a part of it.
fn in_document(error: TraceError, position: impl Fn(usize) -> usize) -> TraceError {
    match error {
        TraceError::Link { record, fault } => {
            let fault = match fault {
                LinkFault::Repeated(twin) => LinkFault::Repeated(position(twin)),
                LinkFault::BeforeParent { early, allowed, parent } => {
                    LinkFault::BeforeParent { early, allowed, parent: position(parent) }
                }
                other => other,
            };
            TraceError::Link { record, fault }
        }
        other => other,
    }
}

/// What `error` says, without the position that it is said of.
pub(super) fn said(error: &TraceError) -> String {
    match error {
        TraceError::Provenance { fault, .. } => fault.to_string(),
        TraceError::Record { fault, .. } => fault.to_string(),
        TraceError::Link { fault, .. } => fault.to_string(),
        other => other.to_string(),
    }
}
