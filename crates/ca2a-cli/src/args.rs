//! The command line.

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::{
    answer::Answer,
    failure::Failure,
    session::Session,
    verbs::{
        attest, config_schema, delegate, demo, gateway, handoff, inspect, issue, keygen, lineage, log,
        manifest, records, revoke, send, start, switch, trace, validate_config, verify, verify_chain,
        verify_dag, verify_lineage,
    },
};

/// Confidential agent-to-agent: who may do what, what runs there, who can read it, what happened
#[derive(Debug, Parser)]
#[command(name = "ca2a", version, arg_required_else_help = true, disable_help_subcommand = true)]
pub(crate) struct CommandLine {
    /// Answer in JSON, also on a terminal
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// The command line, for whoever makes manual pages or completions of it.
#[must_use]
pub fn command() -> clap::Command {
    CommandLine::command()
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Keygen(keygen::Args),
    Issue(issue::Args),
    Delegate(delegate::Args),
    Revoke(revoke::Args),
    VerifyChain(verify_chain::Args),
    VerifyDag(verify_dag::Args),
    VerifyLineage(verify_lineage::Args),
    Lineage(lineage::Args),
    Verify(verify::Args),
    Trace(trace::Args),
    Attest(attest::Args),
    Manifest(manifest::Args),
    Log(log::Args),
    Handoff(handoff::Args),
    Inspect(inspect::Args),
    ValidateConfig(validate_config::Args),
    ConfigSchema(config_schema::Args),
    Start(start::Args),
    Gateway(gateway::Args),
    Records(records::Args),
    Switch(switch::Args),
    Send(send::Args),
    Demo(demo::Args),
    DemoAgent(demo::agent::Args),
}

/// What kind of answer a verb gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// A verdict under this member: also a refusal is an answer, and goes to standard output.
    Verdict(&'static str),
    /// Something is done: a refusal goes to standard error, unless it is JSON.
    Deed,
    /// As the peer does it: text on any output, refusals as `prefix: message` on standard error (CLI-2).
    Text {
        /// The member under which JSON, when asked for, gives the verdict.
        verdict: &'static str,
        /// What stands before the message of a refusal.
        prefix: &'static str,
    },
}

impl Verb {
    pub(crate) fn manner(&self) -> Manner {
        match self {
            Self::Keygen(_)
            | Self::Issue(_)
            | Self::Delegate(_)
            | Self::Revoke(_)
            | Self::Records(_)
            | Self::Switch(_)
            | Self::Inspect(_)
            | Self::ConfigSchema(_)
            | Self::Send(_)
            | Self::Demo(_)
            | Self::DemoAgent(_) => Manner::Deed,
            Self::ValidateConfig(_) => Manner::Text { verdict: "valid", prefix: "invalid config" },
            Self::Start(_) | Self::Gateway(_) => Manner::Text { verdict: "started", prefix: "cannot start" },
            Self::VerifyChain(_)
            | Self::VerifyDag(_)
            | Self::VerifyLineage(_)
            | Self::Lineage(_)
            | Self::Verify(_) => Manner::Verdict("verified"),
            Self::Trace(_) => Manner::Verdict("passed"),
            Self::Attest(args) => args.manner(),
            Self::Manifest(args) => args.manner(),
            Self::Log(args) => args.manner(),
            Self::Handoff(args) => args.manner(),
        }
    }

    /// What cannot be meant, though each flag by itself can.
    pub(crate) fn conflict(&self) -> Option<&'static str> {
        match self {
            Self::VerifyDag(args) => args.conflict(),
            Self::Lineage(args) => args.conflict(),
            Self::Verify(args) => args.conflict(),
            _ => None,
        }
    }

    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        match self {
            Self::Keygen(args) => args.run(session),
            Self::Issue(args) => args.run(session),
            Self::Delegate(args) => args.run(session),
            Self::Revoke(args) => args.run(session),
            Self::VerifyChain(args) => args.run(session),
            Self::VerifyDag(args) => args.run(session),
            Self::VerifyLineage(args) => args.run(session),
            Self::Lineage(args) => args.run(session),
            Self::Verify(args) => args.run(session),
            Self::Trace(args) => args.run(session),
            Self::Attest(args) => args.run(session),
            Self::Manifest(args) => args.run(session),
            Self::Log(args) => args.run(session),
            Self::Handoff(args) => args.run(session),
            Self::Inspect(args) => args.run(session),
            Self::ValidateConfig(args) => args.run(session),
            Self::ConfigSchema(args) => args.run(session),
            Self::Start(args) => args.run(session),
            Self::Gateway(args) => args.run(session),
            Self::Records(args) => args.run(session),
            Self::Switch(args) => args.run(session),
            Self::Send(args) => args.run(session),
            Self::Demo(args) => args.run(session),
            Self::DemoAgent(args) => args.run(session),
        }
    }
}
