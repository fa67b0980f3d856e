//! The flags of `issue` and `delegate` that say what is granted.

use ca2a_core::{Capability, CredentialId, Scope, VerifyingKey, encoding::hex};
use ca2a_delegation::Grant;

use crate::{
    failure::Failure,
    number::Integer,
    session::{Session, random},
};

/// What is granted to whom, and for how long.
#[derive(Debug, clap::Args)]
pub(crate) struct GrantFlags {
    /// Who is granted: their public key, 64 lower-case hex characters
    #[arg(long, value_name = "HEX")]
    subject: String,
    /// What they may do: one capability or more, as `--scope read write` or one `--scope` each
    #[arg(long, value_name = "CAPABILITY", required = true, num_args = 1..)]
    scope: Vec<String>,
    /// The name of the credential; a random one unless given
    #[arg(long, value_name = "TEXT")]
    id: Option<String>,
    /// First second at which it holds, Unix time
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    not_before: Option<Integer>,
    /// Last second at which it holds, Unix time
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    not_after: Option<Integer>,
    /// Let it hold for this many seconds from now on
    #[arg(long, value_name = "SECONDS", conflicts_with = "not_after", allow_negative_numbers = true)]
    valid_for: Option<Integer>,
}

impl GrantFlags {
    pub(crate) fn grant(&self, session: &Session<'_, '_>) -> Result<Grant, Failure> {
        let subject = VerifyingKey::from_hex(&self.subject)
            .map_err(|error| Failure::argument(format!("`--subject`: {error}")))?;
        let scope = self.scope.iter().map(|text| Capability::new(text.as_str()));
        let scope: Result<Vec<_>, _> = scope.collect();
        let scope = scope.map_err(|error| Failure::argument(format!("`--scope`: {error}")))?;
        let id = match &self.id {
            Some(id) => id.clone(),
            None => format!("c-{}", hex(random::<16>()?.as_slice())),
        };
        let id = CredentialId::new(id).map_err(|error| Failure::argument(format!("`--id`: {error}")))?;
        let bound = |flag, value: Option<Integer>| value.map(|value| value.uint(flag)).transpose();
        let not_after = match bound("--valid-for", self.valid_for)? {
            Some(seconds) => Some(session.clock.now().saturating_add(seconds)),
            None => bound("--not-after", self.not_after)?,
        };
        let not_before = bound("--not-before", self.not_before)?;
        Ok(Grant { id, subject, scope: Scope::new(scope), not_before, not_after })
    }
}
