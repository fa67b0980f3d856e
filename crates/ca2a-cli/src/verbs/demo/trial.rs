//! Four things that must fail, and how they did.

use ca2a_core::{
    ErrorCode,
    json::{Node, Object},
};

use crate::failure::Failure;

/// Something that was tried, and how another process refused it.
#[derive(Debug)]
pub(super) struct Trial {
    /// Its name: `overreach`.
    pub(super) name: &'static str,
    /// What was tried, in words.
    pub(super) attempt: &'static str,
    /// The code that must come.
    pub(super) expected: ErrorCode,
    /// Which hop of the chain it was tried at, from 0.
    pub(super) hop: usize,
    /// Who refused, and in which process.
    pub(super) by: &'static str,
    pub(super) pid: u32,
    /// What came: the HTTP status where it was HTTP, the code, the reason.
    pub(super) status: Option<u64>,
    pub(super) code: String,
    pub(super) message: String,
    /// The record that the refusing peer made of it, where it made one.
    pub(super) record: Option<Node<'static>>,
    /// What it signed about it.
    pub(super) statement: Option<Node<'static>>,
}

impl Trial {
    /// A trial that nobody has refused yet.
    pub(super) fn of(
        name: &'static str,
        attempt: &'static str,
        expected: ErrorCode,
        hop: usize,
        by: &'static str,
        pid: u32,
    ) -> Self {
        let (code, message) = (String::new(), String::new());
        Self {
            name,
            attempt,
            expected,
            hop,
            by,
            pid,
            status: None,
            code,
            message,
            record: None,
            statement: None,
        }
    }

    /// Takes over what came back.
    pub(super) fn came_back(mut self, said: &Object<'_>) -> Self {
        self.status = said.get("status").and_then(Node::as_uint);
        self.code = said.text("code").unwrap_or_default().into();
        self.message = said.text("message").or_else(|_| said.text("error")).unwrap_or_default().into();
        self.record = said.optional("record").cloned().map(Node::into_owned);
        self.statement = said.optional("statement").cloned().map(Node::into_owned);
        self
    }

    /// Whether another process than this one refused, with the code that it must have (CLI-20).
    pub(super) fn holds(&self) -> bool {
        self.code == self.expected.as_str() && self.pid != std::process::id()
    }

    pub(super) fn to_node(&self) -> Node<'static> {
        Object::from([
            ("name", Node::from(self.name)),
            ("refused_by", self.by.into()),
            ("pid", u64::from(self.pid).into()),
            ("http_status", self.status.into()),
            ("expected", self.expected.as_str().into()),
            ("code", self.code.clone().into()),
            ("message", self.message.clone().into()),
        ])
        .into()
    }
}

/// Refuses a demo in which something passed that must not pass.
pub(super) fn demand(trials: &[Trial]) -> Result<(), Failure> {
    match trials.iter().find(|trial| !trial.holds()) {
        None => Ok(()),
        Some(trial) => {
            let came = if trial.code.is_empty() { "no refusal at all" } else { &trial.code };
            let message =
                format!("{}: expected {} from another process, got {came}", trial.name, trial.expected);
            Err(Failure::new(ErrorCode::Ca2aError, message).rule("CLI-20"))
        }
    }
}

#[cfg(test)]
mod tests {
    use ca2a_covers::covers;

    use super::*;

    fn trial(pid: u32, code: &str) -> Trial {
        let said = Object::from([("code", code.to_owned())]);
        Trial::of("theft", "", ErrorCode::HolderProofInvalid, 0, "tool", pid).came_back(&said)
    }

    #[test]
    fn a_refusal_counts_from_another_process_and_with_its_code_alone() {
        covers!(accept, "CLI-20");
        covers!(refuse, "CLI-20");
        let other = std::process::id().wrapping_add(1);
        assert!(demand(&[trial(other, "HOLDER_PROOF_INVALID")]).is_ok());
        assert!(demand(&[trial(std::process::id(), "HOLDER_PROOF_INVALID")]).is_err());
        assert!(demand(&[trial(other, "SCOPE_NOT_PERMITTED")]).is_err());
        assert!(demand(&[trial(other, "")]).is_err());
        let untried = Trial::of("theft", "", ErrorCode::HolderProofInvalid, 0, "tool", other);
        assert!(demand(&[trial(other, "HOLDER_PROOF_INVALID"), untried]).is_err());
    }
}
