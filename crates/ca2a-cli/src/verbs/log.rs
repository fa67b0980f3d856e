//! `ca2a log`: a transparency log, its receipts, and watching one.

mod asked;
mod checkpoint;
mod consistency;
mod init;
mod monitor;
mod receipt;
mod refused;
mod register;
mod serve;
mod state;
mod verify;

use crate::{answer::Answer, args::Manner, failure::Failure, session::Session};

/// Keep a transparency log, put statements on it, prove that they are there, watch it
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, clap::Subcommand)]
enum Task {
    Init(init::Args),
    Serve(serve::Args),
    State(state::Args),
    Register(register::Args),
    Receipt(receipt::Args),
    Verify(verify::Args),
    Consistency(consistency::Args),
    Checkpoint(checkpoint::Args),
    Monitor(monitor::Args),
}

impl Args {
    pub(crate) fn manner(&self) -> Manner {
        match self.task {
            Task::Monitor(_) => Manner::Verdict("consistent"),
            Task::Verify(_) => Manner::Verdict("verified"),
            _ => Manner::Deed,
        }
    }

    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        match &self.task {
            Task::Init(args) => args.run(session),
            Task::Serve(args) => args.run(session),
            Task::State(args) => args.run(session),
            Task::Register(args) => args.run(session),
            Task::Receipt(args) => args.run(session),
            Task::Verify(args) => args.run(session),
            Task::Consistency(args) => args.run(session),
            Task::Checkpoint(args) => args.run(session),
            Task::Monitor(args) => args.run(session),
        }
    }
}
