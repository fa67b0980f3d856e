//! What hangs on what, and in which lane it is drawn.

use ca2a_core::VerifyingKey;

use super::Hop;

/// The hops as trees below those who granted first.
pub(super) struct Shape {
    pub(super) operators: Vec<Operator>,
    places: Vec<Place>,
}

/// Who granted first, and the hops of its grants.
pub(super) struct Operator {
    pub(super) key: Option<VerifyingKey>,
    pub(super) below: Vec<usize>,
}

/// Where a hop stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    pub(super) below: Vec<usize>,
    /// Whether nothing else hangs behind it on what it hangs on.
    pub(super) last: bool,
    /// How far it is moved aside: the last branch goes straight on, those before it step aside.
    pub(super) lane: usize,
}

impl Shape {
    /// The shape of `hops`, each of which stands behind the one that it hangs on.
    pub(super) fn of(hops: &[Hop]) -> Self {
        let mut places = vec![Place::default(); hops.len()];
        let mut operators: Vec<Operator> = Vec::new();
        for (index, hop) in hops.iter().enumerate() {
            match hop.parent.filter(|parent| *parent < index).and_then(|parent| places.get_mut(parent)) {
                Some(parent) => parent.below.push(index),
                None => match operators.iter_mut().find(|operator| operator.key == hop.issuer) {
                    Some(operator) => operator.below.push(index),
                    None => operators.push(Operator { key: hop.issuer, below: vec![index] }),
                },
            }
        }
        if operators.is_empty() {
            operators.push(Operator { key: None, below: Vec::new() });
        }
        let mut shape = Self { operators, places };
        for operator in 0..shape.operators.len() {
            let below = shape.operators.get(operator).map(|operator| operator.below.clone());
            shape.step_aside(&below.unwrap_or_default(), 0);
        }
        for index in 0..hops.len() {
            let Place { below, lane, .. } = shape.place(index);
            shape.step_aside(&below, lane);
        }
        shape
    }

    fn step_aside(&mut self, below: &[usize], lane: usize) {
        for index in below {
            let last = below.last() == Some(index);
            if let Some(place) = self.places.get_mut(*index) {
                place.last = last;
                place.lane = if last { lane } else { lane.saturating_add(1) };
            }
        }
    }

    /// Where the hop at `index` stands.
    pub(super) fn place(&self, index: usize) -> Place {
        self.places.get(index).cloned().unwrap_or_default()
    }

    /// How many lanes there are.
    pub(super) fn lanes(&self) -> usize {
        self.places.iter().map(|place| place.lane).max().unwrap_or_default()
    }

    /// The hops below `operator`, each before what hangs on it, branch after branch.
    pub(super) fn below(&self, operator: &Operator) -> Vec<usize> {
        let mut open: Vec<_> = operator.below.iter().rev().copied().collect();
        let mut order = Vec::new();
        while let Some(index) = open.pop() {
            order.push(index);
            open.extend(self.places.get(index).into_iter().flat_map(|place| place.below.iter().rev()));
        }
        order
    }
}

/// What a diagram calls the operator `number`.
pub(super) fn operator_id(number: usize) -> String {
    if number == 0 { "operator".into() } else { format!("operator{number}") }
}

/// What a diagram calls the one who granted hop `index`.
pub(super) fn grantor_id(shape: &Shape, index: usize, hop: &Hop) -> String {
    match hop.parent {
        Some(parent) => format!("hop{parent}"),
        None => {
            let own = shape.operators.iter().position(|operator| operator.below.contains(&index));
            operator_id(own.unwrap_or_default())
        }
    }
}
