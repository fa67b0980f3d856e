//! What the tool does: it keeps a few passages and fetches the one that fits best.

const PASSAGES: &[&str] = &[
    "A bee that found flowers dances on the comb to tell the others where they are: the angle of its waggle run \
     against straight up is the angle of the flowers against the sun, and the longer the run, the farther the way.",
    "Ants lay a trail of scent on the ground as they carry food home; those that follow it add their own, so the \
     shortest way is soon the strongest.",
    "A swift sleeps on the wing and comes down for nothing but its nest.",
    "An octopus keeps two thirds of its nerve cells in its arms, and an arm solves small problems by itself.",
];

/// The passage that shares the most words with `question`.
pub(super) fn fetch(question: &str) -> &'static str {
    let asked = words(question);
    let shared = |passage: &&&str| words(passage).iter().filter(|word| asked.contains(word)).count();
    PASSAGES.iter().rev().max_by_key(shared).copied().unwrap_or_default()
}

/// The words of a text, in small letters, plural or not.
fn words(text: &str) -> Vec<String> {
    let word = |word: &str| word.to_lowercase().trim_end_matches('s').to_owned();
    text.split(|c: char| !c.is_alphabetic()).filter(|word| word.len() > 2).map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_passage_that_fits_is_fetched() {
        for (question, start) in [
            (super::super::cast::TASK, "A bee"),
            ("Which way do ants carry food?", "Ants"),
            ("Where does a swift sleep?", "A swift"),
            ("Can an octopus arm solve problems?", "An octopus"),
        ] {
            assert!(fetch(question).starts_with(start), "{question}");
        }
    }
}
