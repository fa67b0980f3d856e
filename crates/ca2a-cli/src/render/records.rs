//! Lists of records, delegation records and TRACE records alike.

use ca2a_core::json::{Node, NumberPolicy, Object, Reader};
use ca2a_trace::{DelegationRecord, Lineage};

use super::{chain::Judged, scope, time};
use crate::page::{Line, Page, Tint, short};

/// The most records that a page shows one by one.
const SHOWN: usize = 64;

/// The mark of item `index`.
pub(super) fn mark(index: usize, judged: Judged) -> Line {
    match judged {
        Judged::All => Line::new().tick(),
        Judged::UpTo(failed) if index < failed => Line::new().tick(),
        Judged::UpTo(failed) if index == failed => Line::new().cross(),
        Judged::UpTo(_) | Judged::Nothing => Line::new().dot(),
    }
}

/// One row a delegation record.
pub(crate) fn delegation(records: &[DelegationRecord], judged: Judged) -> Page {
    let rows = records.iter().take(SHOWN).enumerate().map(|(index, record)| {
        let outcome = match record.denial() {
            None => Line::new().tint(Tint::Good, "allowed"),
            Some(denial) => Line::new()
                .tint(Tint::Warn, "refused ")
                .name(denial.capability().as_str())
                .faint(format!("  {}", denial.reason())),
        };
        vec![
            mark(index, judged).plain(format!("record {index}")),
            Line::new().strong(record.id().as_str()),
            Line::new().faint("under ").plain(record.credential_id().as_str()),
            scope(record.scope()),
            Line::from(record.assurance().as_str()),
            outcome,
        ]
    });
    more(Page::new().table(rows.collect()), records.len())
}

/// One row a hop of a lineage that was established.
pub(crate) fn lineage(lineage: &Lineage) -> Page {
    let rows = lineage.hops().take(SHOWN).enumerate().map(|(index, (credential, hop))| {
        vec![
            mark(index, Judged::All).plain(format!("hop {index}")),
            Line::new().strong(credential.id().as_str()),
            Line::from(hop.record().subject()),
            Line::new().faint("signed by ").plain(short(&hop.key().to_hex())),
            Line::new().faint(time::utc(hop.record().iat())),
            scope(credential.scope()),
        ]
    });
    more(Page::new().table(rows.collect()), lineage.hops().len())
}

/// One row a TRACE record of a document that may or may not hold, as far as it can be read at all.
pub(crate) fn trace(document: &[u8], judged: Judged) -> Page {
    let Ok(node) = Reader::new(NumberPolicy::Lexical).read(document) else { return Page::new() };
    let list = node.as_object().and_then(|object| object.get("records")).unwrap_or(&node);
    let items = list.as_array().unwrap_or_default();
    let rows = items.iter().take(SHOWN).enumerate().map(|(index, item)| {
        let object = item.as_object();
        let text = |name: &str| object.and_then(|object| object.text(name).ok()).unwrap_or("?").to_owned();
        let under = object.and_then(|object| object.object("delegation").ok());
        let under = under.and_then(|block| block.text("credential_id").ok());
        let iat = object.and_then(|object| object.uint("iat").ok());
        vec![
            mark(index, judged).plain(format!("record {index}")),
            Line::new().strong(text("subject")),
            Line::from(under.map_or_else(|| "the first".into(), |id| format!("under {id}"))),
            Line::new().faint("signed by ").plain(object.and_then(signer).unwrap_or_else(|| "nobody".into())),
            Line::new().faint(iat.map(time::utc).unwrap_or_default()),
        ]
    });
    more(Page::new().table(rows.collect()), items.len())
}

/// The key that a record says it is signed with.
fn signer(record: &Object<'_>) -> Option<String> {
    let x = record.object("cnf").ok()?.object("jwk").ok()?.get("x").and_then(Node::as_str)?;
    let bytes = ca2a_core::encoding::from_base64url(x).ok()?;
    Some(short(&ca2a_core::encoding::hex(&bytes)))
}

fn more(page: Page, count: usize) -> Page {
    match count.checked_sub(SHOWN) {
        None | Some(0) => page,
        Some(rest) => page.line(Line::new().faint(format!("  and {rest} more"))),
    }
}
