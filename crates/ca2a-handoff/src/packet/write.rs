//! Printing a packet: sorted, as P3 signs it and as it travels, or as declared, as P1 and P2 sign it.

use alloc::string::String;

use super::{SignedTaskPacket, TaskPacket};
use crate::{Timestamp, permissions::Members, text::Writer};

/// What a packet is printed for.
#[derive(Clone, Copy)]
pub(crate) enum Purpose<'a> {
    /// To be signed: without the signature, times ending in `Z`.
    Signing,
    /// To travel: with the signature, times in ISO form, and with the members that the release knows.
    Travel(&'a str, Members),
}

impl Purpose<'_> {
    fn members(self) -> Members {
        match self {
            Self::Signing => Members::Since033,
            Self::Travel(_, members) => members,
        }
    }

    fn time(self, writer: &mut Writer, name: &str, time: &Timestamp) {
        writer.name(name).plain(|out| match self {
            Self::Signing => time.write_signed(out),
            Self::Travel(..) => time.write_iso(out),
        });
    }
}

impl SignedTaskPacket {
    /// All members by name.
    pub(crate) fn write_sorted(&self, writer: &mut Writer, purpose: Purpose<'_>) {
        let task = &self.task;
        let newer = purpose.members() == Members::Since033;
        writer.object(|w| {
            if newer {
                w.name("ai_provenance").option(task.ai_provenance.as_ref(), Writer::members);
            }
            w.name("capability_token").option(task.capability_token.as_deref(), Writer::text);
            w.name("constraints").option(task.constraints.as_ref(), |w, constraints| {
                constraints.write_sorted(w, purpose.members());
            });
            w.name("context").members(&task.context);
            purpose.time(w, "expires_at", &task.expires_at);
            w.name("from_agent").text(task.from_agent.as_str());
            w.name("goal").option(task.goal.as_deref(), Writer::text);
            w.name("intent").text(&task.intent);
            purpose.time(w, "issued_at", &task.issued_at);
            w.name("memory_refs").texts(task.memory_refs.iter().map(String::as_str));
            w.name("nonce").text(&task.nonce);
            w.name("packet_id").text(&task.packet_id);
            w.name("permissions");
            task.permissions.write(w);
            w.name("provenance").option(task.provenance.as_ref(), |w, provenance| provenance.write_sorted(w));
            w.name("public_key").text(&self.public_key);
            if newer {
                w.name("risk_level").option(task.risk_level, |w, risk| w.text(risk.as_str()));
            }
            if let Purpose::Travel(signature, _) = purpose {
                w.name("signature").text(signature);
            }
            w.name("signature_algo").text(&self.signature_algo);
            w.name("task_id").text(&task.task_id);
            w.name("task_type").option(task.task_type.as_deref(), Writer::text);
            w.name("to_agent").text(task.to_agent.as_str());
            if newer {
                w.name("ttl_seconds").option(task.ttl_seconds, Writer::int);
            }
        });
    }

    /// The members that are signed, in the order in which the package declares them.
    pub(crate) fn write_declared(&self, writer: &mut Writer, members: Members) {
        let Self { task, signature_algo, public_key, .. } = self;
        writer.object(|w| {
            task.write_declared_head(w, members);
            w.name("signature_algo").text(signature_algo);
            w.name("public_key").text(public_key);
            if members == Members::Since033 {
                w.name("risk_level").option(task.risk_level, |w, risk| w.text(risk.as_str()));
                w.name("ttl_seconds").option(task.ttl_seconds, Writer::int);
                w.name("ai_provenance").option(task.ai_provenance.as_ref(), Writer::members);
            }
        });
    }
}

impl TaskPacket {
    fn write_declared_head(&self, w: &mut Writer, members: Members) {
        w.name("packet_id").text(&self.packet_id);
        w.name("task_id").text(&self.task_id);
        w.name("from_agent").text(self.from_agent.as_str());
        w.name("to_agent").text(self.to_agent.as_str());
        w.name("issued_at").plain(|out| self.issued_at.write_signed(out));
        w.name("expires_at").plain(|out| self.expires_at.write_signed(out));
        w.name("nonce").text(&self.nonce);
        w.name("capability_token").option(self.capability_token.as_deref(), Writer::text);
        w.name("intent").text(&self.intent);
        w.name("task_type").option(self.task_type.as_deref(), Writer::text);
        w.name("goal").option(self.goal.as_deref(), Writer::text);
        w.name("context").members(&self.context);
        w.name("memory_refs").texts(self.memory_refs.iter().map(String::as_str));
        w.name("permissions");
        self.permissions.write(w);
        w.name("constraints")
            .option(self.constraints.as_ref(), |w, constraints| constraints.write_declared(w, members));
        w.name("provenance").option(self.provenance.as_ref(), |w, provenance| provenance.write_declared(w));
    }
}
