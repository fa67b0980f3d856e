//! GATE-1 to GATE-8, GATE-45, GATE-46, GATE-70, GATE-71: what a store of calls promises, of the file and of the database.

/// The suite over one place, each test by its name.
macro_rules! suite {
    ($place:ty, $cases:literal: $($name:ident),* $(,)?) => {
        $(
            #[tokio::test]
            async fn $name() {
                crate::support::every_call_store::$name::<$place>().await;
            }
        )*

        #[test]
        fn one_beginning_and_one_outcome() {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let scene = runtime.block_on(<$place as crate::support::every_call_store::Place>::scene(ReplayLimits::default()));
            let Some(scene) = scene else { return };
            let scene = RefCell::new(scene);
            proptest!(ProptestConfig::with_cases($cases), |(steps in crate::support::every_call_store::steps())| {
                scene.borrow_mut().clear();
                runtime.block_on(crate::support::every_call_store::one_beginning_and_one_outcome(&**scene.borrow(), steps));
            });
        }
    };
}

macro_rules! over {
    ($place:ty, $cases:literal) => {
        suite! { $place, $cases:
            of_many_equal_proofs_one_begins_a_call,
            a_proof_that_began_a_call_never_begins_another,
            a_refusal_has_its_outcome_in_the_same_commit,
            an_outcome_and_a_binding_are_kept_once,
            a_life_that_is_over_begins_and_ends_nothing,
            what_a_life_left_open_is_settled_once,
            a_full_store_begins_nothing_and_forgets_nothing_early,
            a_holder_has_its_share_and_no_more,
            a_packet_is_spent_when_a_call_is_begun_and_only_then,
            of_many_calls_with_one_packet_one_begins,
            what_is_over_is_forgotten_and_nothing_else,
            a_binding_is_forgotten_in_time_unless_it_is_used_again,
            a_store_says_what_time_it_is,
        }
    };
}

mod in_a_file {
    use std::{
        cell::RefCell,
        sync::{Arc, atomic::Ordering},
    };

    use ca2a_runtime::{
        calls::{CallStore, DurableCalls},
        store::{RecordStore, ReplayLimits},
    };
    use proptest::prelude::*;

    use crate::support::every_call_store::{Hand, Place, Scene};

    struct File {
        records: Arc<RecordStore>,
        clock: Arc<Hand>,
        limits: ReplayLimits,
    }

    impl Place for File {
        async fn scene(limits: ReplayLimits) -> Option<Box<dyn Scene>> {
            let (records, clock) = (Arc::new(RecordStore::in_memory().unwrap()), Arc::new(Hand::default()));
            Some(Box::new(Self { records, clock, limits }))
        }
    }

    impl Scene for File {
        fn calls(&self) -> Arc<dyn CallStore> {
            let calls = DurableCalls::new(Arc::clone(&self.records), self.limits);
            Arc::new(calls.with_clock(self.clock.clone()))
        }

        fn at(&self, seconds: u64) {
            self.clock.0.store(seconds, Ordering::SeqCst);
        }

        fn records(&self) -> usize {
            self.records.records().unwrap().count()
        }

        fn clear(&mut self) {
            self.records = Arc::new(RecordStore::in_memory().unwrap());
            self.at(0);
        }
    }

    over!(File, 64);
}

#[cfg(feature = "store-postgres")]
mod in_a_database {
    use std::{cell::RefCell, sync::Arc};

    use ca2a_runtime::{
        calls::{CallStore, PostgresCalls},
        store::ReplayLimits,
    };
    use proptest::prelude::*;

    use crate::support::{
        every_call_store::{Place, START, Scene},
        postgres::Database,
    };

    struct Tables {
        database: Database,
        calls: PostgresCalls,
    }

    impl Place for Tables {
        async fn scene(limits: ReplayLimits) -> Option<Box<dyn Scene>> {
            let database = Database::new()?;
            let calls = PostgresCalls::connect(&database.url(), limits).await.unwrap();
            // The clock of the database, by hand.
            let clock = "create table clock (now bigint); insert into clock values (0)";
            database.psql(clock);
            let now = "create or replace function ca2a.now() returns bigint language sql volatile as \
                'select now from public.clock'";
            database.psql(now);
            let scene = Self { database, calls };
            scene.at(0);
            Some(Box::new(scene))
        }
    }

    impl Scene for Tables {
        fn calls(&self) -> Arc<dyn CallStore> {
            Arc::new(self.calls.clone())
        }

        fn at(&self, seconds: u64) {
            self.database.psql(&format!("update clock set now = {START} + {seconds}"));
        }

        fn records(&self) -> usize {
            self.database.psql("select count(*) from ca2a.records").parse().unwrap()
        }

        fn clear(&mut self) {
            let tables = "lives, spent, holders, open_calls, outcomes, bindings, records";
            let tables = tables.split(", ").map(|table| format!("delete from ca2a.{table};"));
            let rest = "update ca2a.room set held = 0; update ca2a.horizon set seen = 0";
            self.database.psql(&(tables.collect::<String>() + rest));
            self.at(0);
        }
    }

    over!(Tables, 32);
}
