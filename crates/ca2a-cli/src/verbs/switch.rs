//! `ca2a switch`: stop a node from serving anybody, whatever it is doing, and let it serve again.

use std::path::PathBuf;

use ca2a_core::{
    ErrorCode,
    json::{Node, Object},
};
use ca2a_runtime::operations::Switch;

use super::records::folder;
use crate::{
    answer::Answer,
    failure::Failure,
    page::{Line, Page, harmless},
    session::Session,
};

/// Switch a node off, so that it refuses everything until it is switched on again; a restart changes nothing about it
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The configuration of the node (YAML)
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// What becomes of it
    #[arg(value_enum)]
    to: Position,
    /// Why, for whoever asks how it stands
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
}

/// Where a switch is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Position {
    /// Refuse everything, from the next request on
    Off,
    /// Serve again
    On,
    /// Only say how it stands
    Status,
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let folder = folder(&self.config, session)?;
        let switch = Switch::of(&folder);
        let put = match self.to {
            Position::Off => switch.off(&self.reason),
            Position::On => switch.on(),
            Position::Status => Ok(()),
        };
        let state = put.and_then(|()| switch.state()).map_err(|error| {
            Failure::new(ErrorCode::StoreUnavailable, format!("{}: {error}", folder.display()))
                .help("the folder of state is made when the node first starts; its own user puts its switch")
        })?;
        let off = state.is_some();
        let reason = state.map(|state| state.reason).filter(|reason| !reason.is_empty());
        let json = Object::from([("switched_off", Node::from(off)), ("reason", reason.clone().into())]);
        let heading =
            if off { "the node is switched off: it refuses everything" } else { "the node is switched on" };
        let page = Page::new().line(Line::new().tick().strong(heading));
        Ok(Answer::new(
            json,
            match reason {
                Some(reason) => page.blank().fact("because", harmless(&reason)),
                None => page,
            },
        ))
    }
}
