//! Four things that must fail, and how they did.

use ca2a_core::{
    ErrorCode,
    json::{Node, Object},
};

use crate::answer::Failure;

/// Something that was tried, and how another process refused it.
#[derive(Debug)]
pub(super) struct Trial {
    /// Its name: `overreach`.
    pub(super) name: &'static str,
    /// What was tried, in words.
    pub(super) attempt: String,
    /// Which hop of the chain it was tried at, from 0.
    pub(super) hop: usize,
    /// Who refused, and in which process.
    pub(super) by: String,
    pub(super) pid: u32,
    /// The code that must come.
    pub(super) expected: ErrorCode,
    /// What came: the HTTP status where it was HTTP, the code, the reason.
    pub(super) status: Option<u64>,
    pub(super) code: String,
    pub(super) message: String,
}

impl Trial {
    /// Whether another process than this one refused, with the code that it must have.
    pub(super) fn holds(&self) -> bool {
        self.code == self.expected.as_str() && self.pid != std::process::id()
    }

    /// Takes over what an agent, or the auditor, says that came back.
    pub(super) fn came_back(mut self, said: &Object<'_>) -> Self {
        self.status = said
            .optional("status")
            .and_then(Node::as_number)
            .and_then(|status| status.as_int())
            .and_then(|status| u64::try_from(status).ok());
        self.code = said.text("code").unwrap_or_default().into();
        self.message = said.text("message").or_else(|_| said.text("error")).unwrap_or_default().into();
        self
    }

    pub(super) fn to_node(&self) -> Node<'static> {
        Object::from([
            ("name", Node::from(self.name)),
            ("refused_by", self.by.clone().into()),
            ("pid", u64::from(self.pid).into()),
            ("expected", self.expected.as_str().into()),
            ("code", self.code.clone().into()),
            ("message", self.message.clone().into()),
            ("holds", self.holds().into()),
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
