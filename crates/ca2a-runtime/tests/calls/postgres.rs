//! GATE-40 to GATE-43: what a database must be, and what becomes of a node when it goes away.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use ca2a_core::{ChallengeKey, ChannelKey, ErrorCode, RecordHash, ReplayClaim, Sha256};
use ca2a_covers::covers;
use ca2a_runtime::{
    calls::{CallStore as _, CallStoreError, NewCall, Outcome, PostgresCalls},
    node::{Decline, PeerNode},
    postgres::PostgresError,
    sink::StoredRecord,
    store::ReplayLimits,
    system::{Clock as _, SystemClock},
};

use crate::support::postgres::{Cluster, Database};
use crate::support::scene::{self, call, key};

const LEASE: u64 = 30;

async fn connect(database: &Database) -> Result<PostgresCalls, PostgresError> {
    PostgresCalls::connect(&database.url(), ReplayLimits::default()).await
}

async fn node(calls: &PostgresCalls) -> PeerNode {
    let node = scene::scene().node.with_identity(key(9));
    node.with_calls(Arc::new(calls.clone()), LEASE).await.unwrap()
}

/// GATE-40
#[tokio::test]
async fn a_database_that_may_lose_what_it_confirms_is_refused() {
    let Some(database) = Cluster::alone() else { return };
    covers!(accept, "GATE-40");
    covers!(refuse, "GATE-40");
    let before = connect(&database).await.unwrap();
    for setting in ["fsync", "synchronous_commit"] {
        database.psql(&format!("alter system set {setting} = off"));
        database.psql("select pg_reload_conf()");
        let mut refused = connect(&database).await;
        // The server takes its configuration up when it comes to it.
        while refused.is_ok() {
            refused = connect(&database).await;
        }
        let refused = refused.unwrap_err();
        assert!(matches!(refused, PostgresError::NotDurable(name) if name == setting), "{refused}");
        assert_eq!(refused.code(), ErrorCode::ConfigError);
        database.psql(&format!("alter system reset {setting}"));
        database.psql("select pg_reload_conf()");
        while connect(&database).await.is_err() {}
    }
    before.join(ChannelKey([1; 32]), LEASE).await.unwrap();
}

/// GATE-41
#[tokio::test]
async fn tables_are_made_once_however_many_start() {
    let Some(database) = Database::new() else { return };
    covers!(accept, "GATE-41");
    covers!(refuse, "GATE-41");
    let all = (0..8).map(|_| {
        let url = database.url();
        tokio::spawn(async move { PostgresCalls::connect(&url, ReplayLimits::default()).await })
    });
    for one in all.collect::<Vec<_>>() {
        one.await.unwrap().unwrap();
    }
    assert_eq!(database.psql("select count(*) from ca2a.room"), "16");
    connect(&database).await.unwrap();

    database.psql("insert into ca2a.migrations select 99, 'later', now(), true, '\\x00', 0");
    let refused = connect(&database).await.unwrap_err();
    assert!(matches!(refused, PostgresError::Migration(_)), "{refused}");
    assert_eq!(refused.code(), ErrorCode::StoreUnavailable);
}

/// An address that is none, and one where nobody is.
#[tokio::test]
async fn an_address_is_refused_without_its_password() {
    for (url, code) in [
        ("postgres://somebody:secret@[/calls", ErrorCode::ConfigError),
        ("postgres://somebody:secret@%2Fnowhere/calls", ErrorCode::StoreUnavailable),
        ("mysql://somebody:secret@127.0.0.1:1/calls", ErrorCode::ConfigError),
        ("postgres://somebody:secret@127.0.0.1:1/calls?sslmode=never", ErrorCode::ConfigError),
    ] {
        let refused = PostgresCalls::connect(url, ReplayLimits::default()).await.unwrap_err();
        assert_eq!(refused.code(), code, "{refused}");
        assert!(!format!("{refused} {refused:?}").contains("secret"), "{refused:?}");
    }
}

/// GATE-1, GATE-42: nodes live side by side, and a proof begins one call over all of them.
#[tokio::test]
async fn two_nodes_begin_one_call_for_one_proof() {
    let Some(database) = Database::new() else { return };
    covers!(accept, "GATE-42");
    let (here, there) = (connect(&database).await.unwrap(), connect(&database).await.unwrap());
    let (one, other) = (node(&here).await, node(&there).await);
    assert_eq!(here.live(9).await.unwrap().len(), 2);
    let mut granted = one.decide(call("read").prove(&one)).await.unwrap();
    let open = granted.call.take().unwrap();
    let ledger = other.ledger().unwrap();
    assert_eq!(ledger.recover().await.unwrap(), 0, "the other node still has its lease");
    open.end(Outcome::Completed(Sha256::of(b"answer"))).await.unwrap();
    assert!(there.outcome(open.id()).await.unwrap().is_some());
}

/// GATE-42: a lease ends, and what was forgotten stays so, by the clock of the database.
#[tokio::test]
async fn time_is_that_of_the_database() {
    let Some(database) = Database::new() else { return };
    covers!(accept, "GATE-42");
    covers!(refuse, "GATE-42");
    let calls = connect(&database).await.unwrap();
    let now = SystemClock.now();
    database.psql(&format!("create table clock (now bigint); insert into clock values ({now})"));
    let clock = "create or replace function ca2a.now() returns bigint language sql volatile as \
        'select now from public.clock'";
    database.psql(clock);
    let node = node(&calls).await;
    node.decide(call("read").prove(&node)).await.unwrap();
    assert_eq!(calls.now().await.unwrap(), now);

    // Nothing has passed here, and all of the lease there.
    database.psql(&format!("update clock set now = now + {LEASE}"));
    let refused = node.decide(call("read").prove(&node)).await.unwrap_err();
    assert_eq!(code(&refused), ErrorCode::StoreUnavailable);
    node.ledger().unwrap().keep().await.unwrap();
    let spent = call("read").prove(&node);
    node.decide(spent.clone()).await.unwrap();

    // A proof that is forgotten is too old, also when the clock goes back to where it was not.
    database.psql("update clock set now = now + 600");
    node.ledger().unwrap().keep().await.unwrap();
    while calls.forget(100).await.unwrap() > 0 {}
    assert_eq!(database.psql("select count(*) from ca2a.spent"), "0");
    database.psql(&format!("update clock set now = {now}"));
    assert_eq!(code(&node.decide(spent).await.unwrap_err()), ErrorCode::HolderProofInvalid);
}

/// GATE-1, GATE-50: a node takes what was proven to another, unless it is bound to the channel of that one.
#[tokio::test]
async fn a_node_speaks_for_the_others_of_its_database() {
    let Some(database) = Database::new() else { return };
    covers!(accept, "GATE-50");
    covers!(refuse, "GATE-50");
    let (here, there) = (connect(&database).await.unwrap(), connect(&database).await.unwrap());
    let shared = |node: PeerNode| node.with_challenges(ChallengeKey::new([7; 32]), 60);
    let (one, other) = (shared(node(&here).await), shared(node(&there).await));
    let request = call("read").prove(&other);
    let unknown = one.decide(request.clone()).await.unwrap_err();
    assert_eq!(code(&unknown), ErrorCode::HolderProofInvalid, "it has not seen the other yet");
    one.ledger().unwrap().keep().await.unwrap();
    let mut granted = one.decide(request.clone()).await.unwrap();
    granted.call.take().unwrap().end(Outcome::Completed(Sha256::of(b"answer"))).await.unwrap();
    assert_eq!(code(&other.decide(request).await.unwrap_err()), ErrorCode::HolderProofInvalid, "it is spent");

    for bound in [call("read").sealing(b"task"), call("read").offering()] {
        let bound = bound.prove(&other);
        let refused = one.decide(bound.clone()).await.unwrap_err();
        assert_eq!((code(&refused), code(&refused).http_status()), (ErrorCode::WrongNode, 421));
        other.decide(bound).await.unwrap();
    }
    let stranger = shared(scene::scene().node);
    let refused = one.decide(call("read").prove(&stranger)).await.unwrap_err();
    assert_eq!(code(&refused), ErrorCode::HolderProofInvalid);
}

fn code(refused: &Decline) -> ErrorCode {
    let Decline::Unrecorded(error) = refused else { panic!("{refused:?}") };
    error.code()
}

/// GATE-43: nothing is handed on while the database is away, and calls go on when it is back.
#[tokio::test]
async fn a_node_outlives_a_crash_of_its_database() {
    let Some(database) = Cluster::alone() else { return };
    covers!(accept, "GATE-43");
    covers!(refuse, "GATE-43");
    let calls = connect(&database).await.unwrap();
    let node = node(&calls).await;
    let mut granted = node.decide(call("read").prove(&node)).await.unwrap();
    let open = granted.call.take().unwrap();
    open.hand_on();
    database.stop();
    let refused = node.decide(call("read").prove(&node)).await.unwrap_err();
    let Decline::Unrecorded(refused) = refused else { panic!("{refused:?}") };
    assert_eq!(refused.code(), ErrorCode::StoreUnavailable);
    let unknown = open.end(Outcome::Completed(Sha256::of(b"answer"))).await.unwrap_err();
    assert!(matches!(unknown, CallStoreError::Unavailable(_) | CallStoreError::Unconfirmed(_)), "{unknown}");
    assert!(node.ledger().unwrap().keep().await.is_err());
    assert!(!node.ledger().unwrap().holds_lease());

    database.start();
    node.ledger().unwrap().keep().await.unwrap();
    assert!(node.ledger().unwrap().holds_lease());
    assert!(calls.outcome(open.id()).await.unwrap().is_some());
    node.decide(call("read").prove(&node)).await.unwrap();
    assert_eq!(database.psql("select count(*) from ca2a.records"), "2");
}

/// A call of `holder` by a proof of this name, and by a packet where there is one.
fn named(name: &str, packet: Option<(&str, u8)>, holder: u8) -> NewCall {
    let claim = |name: &str, holder: u8| ReplayClaim {
        digest: Sha256::of(name.as_bytes()),
        expires_at: SystemClock.now() + 3600,
        holder: key(holder).verifying_key(),
    };
    let json = format!(r#"{{"record_id":"{name}"}}"#);
    let record = StoredRecord { hash: RecordHash(Sha256::of(json.as_bytes())), json, statement: None };
    let packet = packet.map(|(name, holder)| claim(name, holder));
    NewCall { claim: claim(name, holder), packet, record, refused: None }
}

/// GATE-45: calls are begun without a pause, and what is over is forgotten all the same.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_is_forgotten_however_many_calls_begin() {
    let Some(database) = Database::new() else { return };
    covers!(accept, "GATE-45");
    let calls = connect(&database).await.unwrap();
    let epoch = calls.join(ChannelKey([1; 32]), 600).await.unwrap();
    let over = Arc::new(AtomicBool::new(false));
    let begun = Arc::new(AtomicUsize::new(0));
    let busy = (0..8_u8).map(|number| {
        let (calls, over, begun) = (calls.clone(), over.clone(), begun.clone());
        tokio::spawn(async move {
            for count in 0_u64.. {
                if over.load(Ordering::SeqCst) {
                    break;
                }
                calls.begin(epoch, named(&format!("{number}-{count}"), None, number)).await.unwrap();
                begun.fetch_add(1, Ordering::SeqCst);
            }
        })
    });
    let busy: Vec<_> = busy.collect();
    while begun.load(Ordering::SeqCst) < 32 {
        tokio::task::yield_now().await;
    }
    for _ in 0..20 {
        calls.forget(100).await.unwrap();
    }
    over.store(true, Ordering::SeqCst);
    for one in busy {
        one.await.unwrap();
    }
}

/// GATE-7: calls that carry packets and what is forgotten meanwhile take holders and room in one order.
#[tokio::test(flavor = "multi_thread")]
async fn calls_with_packets_and_what_is_forgotten_wait_for_each_other() {
    let Some(database) = Database::new() else { return };
    covers!(accept, "GATE-7", "GATE-45");
    let calls = connect(&database).await.unwrap();
    let epoch = calls.join(ChannelKey([1; 32]), 600).await.unwrap();
    let rounds = (0..8_u8).map(|number| {
        let calls = calls.clone();
        tokio::spawn(async move {
            for count in 0..40 {
                let (proof, packet) = (format!("{number}-{count}"), format!("packet-{number}-{count}"));
                let (holder, other) = (number % 4, (number + 1 + count) % 4);
                calls.begin(epoch, named(&proof, Some((&packet, other)), holder)).await.unwrap();
            }
        })
    });
    let rounds: Vec<_> = rounds.collect();
    while !rounds.iter().all(tokio::task::JoinHandle::is_finished) {
        // Of what is there, some is over.
        database.psql("update ca2a.spent set forget_at = 1 where get_byte(digest, 1) < 128");
        calls.forget(1000).await.unwrap();
    }
    for round in rounds {
        round.await.unwrap();
    }
    let counted = "select (select sum(held) from ca2a.room) = (select count(*) from ca2a.spent) \
        and (select coalesce(sum(held), 0) from ca2a.holders) = (select count(*) from ca2a.spent)";
    assert_eq!(database.psql(counted), "t");
}
