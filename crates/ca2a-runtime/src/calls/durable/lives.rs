//! Lives that are over are forgotten, once nothing is open that they left.

use std::collections::BTreeSet;

use redb::{ReadableTable as _, WriteTransaction};

use super::{EPOCHS, OPEN};

/// Forgets up to `most` lives that are over for good and have no open call. A life that is not there is as good as over. The
/// latest one stays: the next is counted from it.
pub(super) fn forget(transaction: &WriteTransaction, most: usize) -> Result<(), redb::Error> {
    let mut epochs = transaction.open_table(EPOCHS)?;
    let Some(latest) = epochs.last()?.map(|(epoch, _)| epoch.value()) else { return Ok(()) };
    let mut over = BTreeSet::new();
    for row in epochs.range(..latest)? {
        let (epoch, life) = row?;
        if life.value().1 == 0 {
            over.insert(epoch.value());
        }
        if over.len() >= most {
            break;
        }
    }
    if over.is_empty() {
        return Ok(());
    }
    for row in transaction.open_table(OPEN)?.iter()? {
        over.remove(&row?.1.value().0);
    }
    for epoch in over {
        epochs.remove(epoch)?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::sync::Arc;

    use ca2a_core::{ChannelKey, RecordHash, ReplayClaim, Sha256, SigningKey};
    use ca2a_covers::covers;

    use super::*;
    use crate::{
        calls::{CallId, CallStore as _, DurableCalls, Epoch, NewCall, Outcome, OutcomeStatement},
        sink::StoredRecord,
        store::{RecordStore, ReplayLimits},
    };

    const NODE: ChannelKey = ChannelKey([5; 32]);

    async fn lives(calls: &DurableCalls) -> Vec<u64> {
        let lives = |transaction: &redb::ReadTransaction| {
            let epochs = transaction.open_table(EPOCHS)?;
            Ok(epochs.iter()?.map(|row| row.map(|(epoch, _)| epoch.value())).collect::<Result<_, _>>()?)
        };
        calls.look(lives).await.unwrap()
    }

    /// GATE-45
    #[tokio::test]
    async fn what_is_over_and_left_nothing_open_is_forgotten() {
        covers!(accept, "GATE-45");
        covers!(refuse, "GATE-45");
        let records = Arc::new(RecordStore::in_memory().unwrap());
        let calls = DurableCalls::new(records, ReplayLimits::default());
        let first = calls.join(NODE, 30).await.unwrap();
        let (key, json) = (SigningKey::from_seed(&[1; 32]), "{}".to_owned());
        let (digest, holder) = (Sha256::of(b"proof"), key.verifying_key());
        let claim = ReplayClaim { digest, expires_at: u64::MAX, holder };
        let record = StoredRecord { hash: RecordHash(digest), json, statement: None };
        let call = NewCall { claim, packet: None, record, refused: None };
        calls.begin(first, call).await.unwrap();
        for _ in 0..4 {
            calls.join(NODE, 30).await.unwrap();
        }
        calls.forget(2).await.unwrap();
        assert_eq!(lives(&calls).await, [1, 3, 4, 5], "at most so many are looked at, and one has a call");
        calls.forget(100).await.unwrap();
        assert_eq!(lives(&calls).await, [1, 5]);

        let last = calls.join(NODE, 30).await.unwrap();
        assert_eq!(last, Epoch(6), "lives are counted on");
        let statement = OutcomeStatement {
            call: CallId::of(&claim),
            record: RecordHash(digest),
            channel_key: NODE,
            epoch: last,
            outcome: Outcome::Unknown,
            issued_at: 0,
        };
        calls.settle(last, CallId::of(&claim), statement.sign(&key)).await.unwrap();
        calls.forget(100).await.unwrap();
        assert_eq!(lives(&calls).await, [6]);
        calls.renew(last, 30).await.unwrap();
        assert!(calls.renew(first, 30).await.is_err());
    }
}
