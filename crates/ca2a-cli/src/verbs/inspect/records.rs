//! Delegation records and TRACE records.

use ca2a_core::{
    EvaluationTime,
    json::{Node, NumberPolicy, Object, Reader},
};
use ca2a_trace::{DelegationRecord, RecordVerifier, TrustAnchor, TrustRecord};

use super::Finding;
use crate::{
    failure::Failure,
    page::{Line, Page, Tint},
    render::{chain::Judged, counted, records, time},
};

const UNSIGNED: &str = "nobody signs these: `ca2a verify-dag` checks how they link, and no more than that";

pub(super) fn delegation(bytes: &[u8]) -> Result<Finding, Failure> {
    let list = DelegationRecord::list_from_json(bytes)?;
    Ok(Finding {
        kind: "delegation_records",
        words: format!("a list of {}", counted(list.len(), "delegation record")),
        members: Object::from([(
            "records",
            list.iter().map(DelegationRecord::to_node).collect::<Node<'_>>(),
        )]),
        page: records::delegation(&list, Judged::Nothing),
        judge: UNSIGNED,
    })
}

pub(super) fn delegation_record(bytes: &[u8]) -> Result<Finding, Failure> {
    let record = DelegationRecord::from_json(bytes)?;
    Ok(Finding {
        kind: "delegation_record",
        words: "one delegation record".into(),
        members: Object::from([("record", record.to_node())]),
        page: records::delegation(std::slice::from_ref(&record), Judged::Nothing)
            .blank()
            .fact("continues", record.parent().to_string())
            .fact("hash", record.hash().to_string()),
        judge: UNSIGNED,
    })
}

pub(super) fn trace(bytes: &[u8], now: u64) -> Result<Finding, Failure> {
    // Read strictly, as a verifier would.
    let node = Reader::new(NumberPolicy::Integer53).read(bytes);
    let node =
        node.map_err(|error| Failure::argument(format!("these TRACE records cannot be read: {error}")))?;
    let list = node.as_object().and_then(|object| object.get("records")).unwrap_or(&node);
    let items = list.as_array().unwrap_or_default();
    let seen: Vec<_> = items.iter().map(|item| Seen::of(item, now)).collect();
    let rows = seen.iter().enumerate().map(|(index, seen)| {
        let link = Line::new().faint("hash ").plain(seen.link.clone().unwrap_or_default());
        vec![Line::from(format!("record {index}")), link, seen.line()]
    });
    Ok(Finding {
        kind: "trace_records",
        words: format!("a list of {}", counted(items.len(), "TRACE record")),
        members: Object::from([("records", seen.iter().map(Seen::members).collect::<Node<'_>>())]),
        page: records::trace(bytes, Judged::Nothing).blank().then(Page::new().table(rows.collect())),
        judge: "`ca2a verify-lineage`, against the chain that they were made under",
    })
}

pub(super) fn trace_record(bytes: &[u8], now: u64) -> Result<Finding, Failure> {
    let record = TrustRecord::from_json(bytes)?;
    let seen = Seen::of(&Node::from(record.object().clone()), now);
    let under =
        record.delegation().map_or_else(|| "none: it is the first".into(), |d| d.credential_id.to_string());
    let after = record.delegation().map_or_else(|| "nothing".into(), |d| d.parent.to_string());
    Ok(Finding {
        kind: "trace_record",
        words: "one TRACE record".into(),
        members: Object::from([("record", seen.members())]),
        page: Page::new()
            .fact("subject", Line::new().strong(record.subject()))
            .fact("issued", time::utc(record.iat()))
            .fact("credential", under)
            .fact("continues", after)
            .fact("hash", record.hash().to_string())
            .fact("signature", seen.line()),
        judge: "`ca2a verify-lineage`, in the list that it belongs to",
    })
}

/// What one record shows about itself.
struct Seen {
    subject: Option<String>,
    link: Option<String>,
    intact: Result<(), String>,
}

impl Seen {
    fn of(item: &Node<'_>, now: u64) -> Self {
        let object = item.as_object().cloned().unwrap_or_default();
        let subject = object.text("subject").ok().map(Into::into);
        let judged = TrustRecord::from_object(object).map(|record| {
            let link = record.hash().to_string();
            let verifier = RecordVerifier::new(TrustAnchor::EmbeddedKey).max_age(None);
            let intact = verifier.verify(record, EvaluationTime::Live(now)).map(drop);
            (link, intact.map_err(|error| error.to_string()))
        });
        match judged {
            Ok((link, intact)) => Self { subject, link: Some(link), intact },
            Err(error) => Self { subject, link: None, intact: Err(error.to_string()) },
        }
    }

    fn line(&self) -> Line {
        match &self.intact {
            Ok(()) => Line::new().tick().faint("intact under the key that it carries, whosever that is"),
            Err(why) => Line::new().cross().tint(Tint::Bad, why.clone()),
        }
    }

    fn members(&self) -> Node<'static> {
        Object::from([
            ("subject", Node::from(self.subject.clone())),
            ("hash", self.link.clone().into()),
            ("intact", self.intact.is_ok().into()),
            ("trouble", self.intact.clone().err().into()),
        ])
        .into()
    }
}
