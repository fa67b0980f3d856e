//! Tasks that several nodes keep in one PostgreSQL database.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use axum::{body::Body, http::Request};
use ca2a_core::{ChallengeKey, ChannelKey, Sha256, canonical, json as ours};
use ca2a_covers::covers;
use ca2a_runtime::{
    a2a::{
        A2aServer, Demand, Engine, EngineLimits,
        access::TaskAccess,
        sdk::TaskState,
        tasks::{Owner, PostgresTasks, TaskLimits, TaskStore, TaskStoreError},
        wire,
    },
    calls::{Ledger, PostgresCalls},
    postgres::SharedDatabase,
    store::ReplayLimits,
    system::SystemClock,
};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use crate::support::a2a::{Echo, Served, card, params};
use crate::support::every_task_store::{self, NARROW, SMALL, TIGHT, owner, row, task};
use crate::support::postgres::Database;
use crate::support::scene;

/// The tasks of the node with the channel key `node`, in a life that begins now.
async fn join(database: &Database, node: u8, limits: TaskLimits) -> PostgresTasks {
    let database = SharedDatabase::connect(&database.url()).await.unwrap();
    let calls = PostgresCalls::new(&database, ReplayLimits::of(1000));
    let (key, clock) = (scene::key(7), Arc::new(SystemClock));
    let ledger = Ledger::join(Arc::new(calls), ChannelKey([node; 32]), key, 30, clock).await.unwrap();
    PostgresTasks::new(&database, Arc::new(ledger), limits)
}

/// A2A-24, A2A-26, A2A-30, A2A-31: what holds of other stores.
#[tokio::test]
async fn it_is_a_store_like_any_other() {
    let Some(database) = Database::new() else { return };
    covers!(accept, "A2A-24", "A2A-26", "A2A-30", "A2A-31");
    covers!(refuse, "A2A-24", "A2A-26", "A2A-30", "A2A-31");
    let store = join(&database, 1, SMALL).await;
    every_task_store::a_task_is_its_owners_and_an_end_is_final(&store).await;
    every_task_store::what_ended_makes_room(&store).await;
    let Some(database) = Database::new() else { return };
    every_task_store::what_makes_too_little_room_stays(&join(&database, 1, NARROW).await).await;
    let Some(database) = Database::new() else { return };
    every_task_store::a_holder_has_its_share_and_an_end_its_room(&join(&database, 1, TIGHT).await).await;
    let Some(database) = Database::new() else { return };
    let store = join(&database, 1, TaskLimits::default()).await;
    every_task_store::one_goes_on_with_a_task_as_it_stands(&store).await;
    let Some(database) = Database::new() else { return };
    every_task_store::a_list_has_the_latest_change_first(&join(&database, 1, TaskLimits::default()).await)
        .await;
}

/// A2A-35: a task at work is its node's, and anybody's once it rests.
#[tokio::test]
async fn one_node_works_on_a_task() {
    let Some(database) = Database::new() else { return };
    covers!(accept, "A2A-35");
    covers!(refuse, "A2A-35");
    let (one, two) =
        (join(&database, 1, TaskLimits::default()).await, join(&database, 2, TaskLimits::default()).await);
    one.create(row(owner(1), "a", "a", TaskState::Working, 1)).await.unwrap();
    let taken = two.update(&owner(1), Arc::new(task("a", "a", TaskState::Working)), 2).await;
    assert_eq!(taken, Err(TaskStoreError::AtWork));
    one.update(&owner(1), Arc::new(task("a", "a", TaskState::InputRequired)), 3).await.unwrap();
    // Until somebody goes on with it, whoever was at work on it may say more; and nobody else.
    one.update(&owner(1), Arc::new(task("a", "a", TaskState::InputRequired)), 4).await.unwrap();
    let late = two.update(&owner(1), Arc::new(task("a", "a", TaskState::Failed)), 5).await;
    assert_eq!(late, Err(TaskStoreError::AtWork));
    let late = two.go_on(&owner(1), Arc::new(task("a", "a", TaskState::Working)), 3, 5).await;
    assert_eq!(late, Err(TaskStoreError::AtWork), "it has changed since");
    two.go_on(&owner(1), Arc::new(task("a", "a", TaskState::Working)), 4, 5).await.unwrap();
    let back = one.update(&owner(1), Arc::new(task("a", "a", TaskState::Working)), 5).await;
    assert_eq!(back, Err(TaskStoreError::AtWork));
    // Nor when it rests again, where an agent lingers.
    two.update(&owner(1), Arc::new(task("a", "a", TaskState::InputRequired)), 6).await.unwrap();
    let back = one.update(&owner(1), Arc::new(task("a", "a", TaskState::Failed)), 7).await;
    assert_eq!(back, Err(TaskStoreError::AtWork));
    two.update(&owner(1), Arc::new(task("a", "a", TaskState::Completed)), 8).await.unwrap();
    let seen = one.get(&owner(1), "a").await.unwrap().unwrap();
    assert_eq!((seen.task.status.state.clone(), seen.changed), (TaskState::Completed, 8));
}

/// GATE-73: whoever was asked and came to nothing is asked again.
#[tokio::test]
async fn a_cancellation_is_asked_for_again() {
    let Some(database) = Database::new() else { return };
    covers!(accept, "GATE-73");
    let store = join(&database, 1, TaskLimits::default()).await;
    store.create(row(owner(1), "a", "a", TaskState::Working, 1)).await.unwrap();
    let shared = store.shared().unwrap();
    for _ in 0..2 {
        shared.ask(&owner(1), "a").await.unwrap();
        assert!(shared.is_pending(&owner(1), "a").await.unwrap());
        assert_eq!(shared.take().await.unwrap(), [(owner(1), "a".to_owned())]);
        assert_eq!(shared.take().await.unwrap(), []);
        assert!(shared.is_pending(&owner(1), "a").await.unwrap());
    }
    shared.decline(&owner(1), "a").await.unwrap();
    assert!(!shared.is_pending(&owner(1), "a").await.unwrap());
}

/// A2A-36: of a life that is over, what was at work ended, and nobody knows how.
#[tokio::test]
async fn what_a_life_left_at_work_is_settled() {
    let Some(database) = Database::new() else { return };
    covers!(accept, "A2A-36");
    covers!(refuse, "A2A-36");
    let before = join(&database, 1, TaskLimits::default()).await;
    let other = join(&database, 2, TaskLimits::default()).await;
    for (id, state) in
        [("a", TaskState::Working), ("b", TaskState::InputRequired), ("c", TaskState::Completed)]
    {
        before.create(row(owner(1), id, id, state, 1)).await.unwrap();
    }
    other.create(row(owner(1), "d", "d", TaskState::Working, 1)).await.unwrap();
    assert_eq!(other.settle(2).await.unwrap(), 0, "both live");
    let again = join(&database, 1, TaskLimits::default()).await;
    other.settle(1_800_000_000_000).await.unwrap();
    let status = async |id: &str| again.get(&owner(1), id).await.unwrap().unwrap().task.status.clone();
    // The nodes look for themselves too: whoever has the row may not have committed yet.
    while status("a").await.state == TaskState::Working {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let abandoned = status("a").await;
    assert_eq!(abandoned.state, TaskState::Failed);
    assert_eq!(abandoned.message.unwrap().metadata.unwrap()[wire::OUTCOME], wire::OUTCOME_UNKNOWN);
    assert_eq!(status("b").await.state, TaskState::InputRequired);
    assert_eq!(status("c").await.state, TaskState::Completed);
    assert_eq!(status("d").await.state, TaskState::Working);
    // Whoever was at work comes too late.
    let late = before.update(&owner(1), Arc::new(task("a", "a", TaskState::Completed)), 9).await;
    assert_eq!(late, Err(TaskStoreError::Ended));
}

/// A2A-36: a row that is no task holds nothing up.
#[tokio::test]
async fn what_is_no_task_is_settled_beside_the_others() {
    let Some(database) = Database::new() else { return };
    covers!(refuse, "A2A-36");
    let before = join(&database, 1, TaskLimits::default()).await;
    for id in ["a", "b"] {
        before.create(row(owner(1), id, id, TaskState::Working, 1)).await.unwrap();
    }
    database.psql("update ca2a.tasks set task = '{}' where id = 'a'");
    drop(before);
    let again = join(&database, 1, TaskLimits::default()).await;
    again.settle(2).await.unwrap();
    // The node looks for itself too: whoever has the rows may not have committed yet.
    while database.psql("select count(*) from ca2a.tasks where epoch is not null") != "0" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(
        database.psql("select count(*) from ca2a.tasks where ended and state = 'TASK_STATE_FAILED'"),
        "2"
    );
    assert_eq!(database.psql("select task from ca2a.tasks where id = 'a'"), "{}", "nobody makes it up");
    assert_eq!(again.get(&owner(1), "b").await.unwrap().unwrap().task.status.state, TaskState::Failed);
}

/// A2A-36: what the database did not take is said again, while the life goes on.
#[tokio::test]
async fn what_was_not_confirmed_of_a_task_is_said_again() {
    let Some(database) = Database::new() else { return };
    covers!(accept, "A2A-36");
    covers!(refuse, "A2A-36");
    let store = join(&database, 1, TaskLimits::default()).await;
    for id in ["ended", "gone", "goes on"] {
        store.create(row(owner(1), id, id, TaskState::Working, 1)).await.unwrap();
    }
    database.psql(
        "create function ca2a.refuse() returns trigger language plpgsql as 'begin \
         if tg_op = ''UPDATE'' and new.state = ''TASK_STATE_WORKING'' then return new; end if; \
         raise exception ''no''; end'; \
         create trigger refuse before insert or update on ca2a.tasks for each row \
         execute function ca2a.refuse(); \
         create trigger refuse_all before delete on ca2a.tasks for each statement \
         execute function ca2a.refuse()",
    );
    let update =
        async |id: &str, state: TaskState| store.update(&owner(1), Arc::new(task(id, id, state)), 2).await;
    for id in ["ended", "goes on"] {
        let refused = update(id, TaskState::Failed).await.unwrap_err();
        assert!(matches!(refused, TaskStoreError::Unavailable(_)), "{refused}");
    }
    store.remove(&owner(1), "gone").await.unwrap_err();
    store.create(row(owner(1), "new", "new", TaskState::Submitted, 1)).await.unwrap_err();
    assert!(store.catch_up().await.is_err());
    let standing = "select string_agg(id || ' ' || state, ',' order by id) from ca2a.tasks";
    let all = "ended TASK_STATE_WORKING,goes on TASK_STATE_WORKING,gone TASK_STATE_WORKING";
    assert_eq!(database.psql(standing), all);

    // What was meant later counts; and a task that was created after all, and nobody knew. The node says again by itself
    // too, as soon as the triggers are gone.
    update("goes on", TaskState::Working).await.unwrap();
    let unknown = "drop trigger refuse on ca2a.tasks; drop trigger refuse_all on ca2a.tasks; insert into ca2a.tasks (id, owner, context, provenance, changed, state, ended, weight, epoch, task) \
        select 'new', owner, context, provenance, changed, state, ended, weight, epoch, task from ca2a.tasks \
        where id = 'ended'";
    database.psql(unknown);
    store.catch_up().await.unwrap();
    assert_eq!(database.psql(standing), "ended TASK_STATE_FAILED,goes on TASK_STATE_WORKING");
    assert_eq!(update("goes on", TaskState::Completed).await, Ok(()));
}

pub(crate) async fn served(database: &Database, node: u8) -> Served {
    served_with(database, node, EngineLimits::default()).await
}

async fn served_with(database: &Database, node: u8, limits: EngineLimits) -> Served {
    let tasks: Arc<dyn TaskStore> = Arc::new(join(database, node, TaskLimits::default()).await);
    let (node, echo) = (Arc::new(scene::scene().node), Echo::default());
    let engine = Engine::new(echo.clone(), tasks).with_limits(limits);
    let server = A2aServer::new(node.clone(), engine, &card()).unwrap();
    let router = server.with_demand(Demand::Optional).into_router();
    Served { node, echo, tasks: Arc::default(), router }
}

async fn node(database: &Database) -> Served {
    node_with(database, TaskLimits::default()).await
}

/// A node that keeps calls and tasks in `database`, with the challenges that all nodes there share.
pub(crate) async fn node_with(database: &Database, limits: TaskLimits) -> Served {
    let database = SharedDatabase::connect(&database.url()).await.unwrap();
    let calls = PostgresCalls::new(&database, ReplayLimits::of(1000));
    let node =
        scene::scene().node.with_identity(scene::key(7)).with_challenges(ChallengeKey::new([5; 32]), 60);
    let node = Arc::new(node.with_calls(Arc::new(calls), 30).await.unwrap());
    let ledger = Arc::clone(node.ledger().unwrap());
    let tasks = PostgresTasks::new(&database, ledger, limits);
    let echo = Echo::default();
    let server = A2aServer::new(node.clone(), Engine::new(echo.clone(), Arc::new(tasks)), &card()).unwrap();
    Served { node, echo, tasks: Arc::default(), router: server.into_router() }
}

/// What the holder `key(3)` shows at whichever node to be answered about the task `id`, as it is meant for the node `of`.
fn proof(of: &Served, method: &str, id: &str) -> String {
    let shake = scene::handshake(&of.node);
    let request =
        canonical::to_vec(&ours::read(json!({ "id": id }).to_string().as_bytes()).unwrap()).unwrap();
    let access = TaskAccess {
        audience: shake.offer.channel_key,
        challenge: shake.challenge.unwrap(),
        method: method.to_owned(),
        task_id: Some(id.to_owned()),
        nonce: [1; 16],
        subject: scene::key(3).verifying_key(),
        request_sha256: Sha256::of(&request),
    };
    access.prove(&scene::key(3))
}

/// A2A-42: to read, a proof counts at every node of the store; to change something, where it was meant for.
#[tokio::test]
async fn a_proof_to_read_counts_at_every_node() {
    let Some(database) = Database::new() else { return };
    covers!(accept, "A2A-42");
    covers!(refuse, "A2A-42");
    let one = node(&database).await;
    let two = node(&database).await;
    let request = scene::call("read").prove(&one.node);
    let answer = one.jsonrpc("SendMessage", params("ask", Some(&request))).await;
    let id = answer["result"]["task"]["id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
    let ask = async |method: &str, of: &Served| {
        two.jsonrpc_with(method, json!({ "id": id }), Some(proof(of, method, &id))).await
    };
    for of in [&one, &two] {
        let read = ask("GetTask", of).await;
        assert_eq!(read["result"]["status"]["state"], "TASK_STATE_INPUT_REQUIRED", "{read}");
    }
    let refused = ask("CancelTask", &one).await;
    assert!(refused["error"]["message"].as_str().unwrap().starts_with("HOLDER_PROOF_INVALID"), "{refused}");
    assert_eq!(ask("CancelTask", &two).await["result"]["status"]["state"], "TASK_STATE_CANCELED");
    // A node that keeps its tasks by itself takes nobody else's.
    let alone = crate::support::a2a::serve(scene::scene().node, Demand::Required);
    let asked = alone.jsonrpc_with("GetTask", json!({ "id": id }), Some(proof(&one, "GetTask", &id))).await;
    assert!(asked["error"]["message"].as_str().unwrap().starts_with("HOLDER_PROOF_INVALID"), "{asked}");
}

async fn begun(at: &Served, text: &str) -> String {
    let mut params = params(text, None);
    params["configuration"] = json!({ "returnImmediately": true });
    let answer = at.jsonrpc("SendMessage", params).await;
    answer["result"]["task"]["id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

/// A2A-35: a conversation goes on at whichever node its next message reaches.
#[tokio::test]
async fn a_task_that_waits_goes_on_at_another_node() {
    let Some(database) = Database::new() else { return };
    covers!(accept, "A2A-35");
    let (one, two) = (served(&database, 1).await, served(&database, 2).await);
    let id = begun(&one, "ask").await;
    let get = async |at: &Served| at.jsonrpc("GetTask", json!({ "id": id })).await["result"].clone();
    while get(&two).await["status"]["state"] != "TASK_STATE_INPUT_REQUIRED" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut next = params("an answer", None);
    next["message"]["taskId"] = json!(id);
    let answer = two.jsonrpc("SendMessage", next).await;
    assert_eq!(answer["result"]["task"]["status"]["state"], "TASK_STATE_COMPLETED", "{answer}");
    assert_eq!(get(&one).await["status"]["message"]["parts"][0]["text"], "an answer");
    assert_eq!(get(&one).await["history"].as_array().unwrap().len(), 2);
}

/// A2A-35: what an agent still says where the task waited changes nothing of what became of it elsewhere.
#[tokio::test]
async fn an_agent_that_lingers_changes_nothing_elsewhere() {
    let Some(database) = Database::new() else { return };
    covers!(refuse, "A2A-35");
    let (one, two) = (served(&database, 1).await, served(&database, 2).await);
    let id = begun(&one, "ask and linger").await;
    let get = async |at: &Served| at.jsonrpc("GetTask", json!({ "id": id })).await["result"].clone();
    while get(&two).await["status"]["state"] != "TASK_STATE_INPUT_REQUIRED" {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut next = params("ask", None);
    next["message"]["taskId"] = json!(id);
    let answer = two.jsonrpc("SendMessage", next).await;
    assert_eq!(answer["result"]["task"]["status"]["state"], "TASK_STATE_INPUT_REQUIRED", "{answer}");
    // The agent at the first node has come to its end by then.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let stands = get(&two).await;
    assert_eq!(stands["status"]["state"], "TASK_STATE_INPUT_REQUIRED", "{stands}");
    assert_eq!(stands["history"].as_array().unwrap().len(), 2, "{stands}");
    assert!(stands["artifacts"].is_null(), "{stands}");
}

/// GATE-73: whichever node is asked, the node at work cancels.
#[tokio::test]
async fn a_task_at_work_is_cancelled_from_another_node() {
    let Some(database) = Database::new() else { return };
    covers!(accept, "GATE-73");
    covers!(refuse, "GATE-73");
    let (one, two) = (served(&database, 1).await, served(&database, 2).await);
    let cancel = async |at: &Served, id: &str| at.jsonrpc("CancelTask", json!({ "id": id })).await;
    let id = begun(&one, "for ever").await;
    let canceled = cancel(&two, &id).await;
    assert_eq!(canceled["result"]["status"]["state"], "TASK_STATE_CANCELED", "{canceled}");
    let seen = one.jsonrpc("GetTask", json!({ "id": id })).await;
    assert_eq!(seen["result"]["status"]["state"], "TASK_STATE_CANCELED", "{seen}");
    assert_eq!(database.psql("select count(*) from ca2a.tasks where cancellation is not null"), "0");

    // An agent that declines goes on, and whoever asked is told at once; it may be asked again.
    let id = begun(&one, "for ever").await;
    one.echo.stubborn.store(true, Ordering::SeqCst);
    for _ in 0..2 {
        let declined = cancel(&two, &id).await;
        assert_eq!(declined["error"]["code"], -32002, "{declined}");
    }
    one.echo.stubborn.store(false, Ordering::SeqCst);
    assert_eq!(cancel(&two, &id).await["result"]["status"]["state"], "TASK_STATE_CANCELED");
}

/// A2A-31, GATE-73: somebody else's task is one that is not there, and a node at work that says nothing is not waited for.
#[tokio::test]
async fn a_node_at_work_that_is_silent_is_given_up() {
    let Some(database) = Database::new() else { return };
    covers!(refuse, "GATE-73");
    let (silent, two) = (join(&database, 1, TaskLimits::default()).await, hasty(&database, 2).await);
    silent.create(row(Owner::Anyone, "silent", "c", TaskState::Working, 1)).await.unwrap();
    silent.create(row(owner(1), "foreign", "d", TaskState::Working, 1)).await.unwrap();
    let given_up = two.jsonrpc("CancelTask", json!({ "id": "silent" })).await;
    assert!(given_up["error"]["message"].as_str().unwrap().starts_with("DEADLINE_EXCEEDED"), "{given_up}");
    let foreign = two.jsonrpc("CancelTask", json!({ "id": "foreign" })).await;
    assert_eq!(foreign["error"]["code"], -32001, "{foreign}");
    assert_eq!(database.psql("select id from ca2a.tasks where cancellation = 'asked'"), "silent");
    // What was asked for stays asked for, until the node comes to it.
    let asked = silent.shared().unwrap();
    assert_eq!(asked.take().await.unwrap(), [(Owner::Anyone, "silent".to_owned())]);
    assert_eq!(asked.take().await.unwrap(), []);
    assert!(asked.is_pending(&Owner::Anyone, "silent").await.unwrap());
    asked.decline(&Owner::Anyone, "silent").await.unwrap();
    assert!(!asked.is_pending(&Owner::Anyone, "silent").await.unwrap());
}

/// A node that waits for nobody longer than two seconds.
async fn hasty(database: &Database, node: u8) -> Served {
    let limits = EngineLimits { wait: Duration::from_secs(2), ..EngineLimits::default() };
    served_with(database, node, limits).await
}

/// A2A-35, A2A-37: who follows a task at another node sees it end.
#[tokio::test]
async fn a_task_is_followed_from_another_node() {
    let Some(database) = Database::new() else { return };
    covers!(accept, "A2A-37");
    covers!(refuse, "A2A-35");
    let (one, two) = (served(&database, 1).await, served(&database, 2).await);
    let id = begun(&one, "for ever").await;
    let body = json!({"jsonrpc": "2.0", "id": 7, "method": "SubscribeToTask", "params": { "id": id }});
    let request = Request::post("/").header("a2a-version", "1.0").header("content-type", "application/json");
    let stream = two.send(request.body(Body::from(body.to_string())).unwrap()).await;
    let followed = tokio::spawn(stream.into_body().collect());
    tokio::time::sleep(Duration::from_millis(50)).await;
    let canceled = one.jsonrpc("CancelTask", json!({ "id": id })).await;
    assert_eq!(canceled["result"]["status"]["state"], "TASK_STATE_CANCELED", "{canceled}");

    let followed = tokio::time::timeout(Duration::from_secs(30), followed).await.unwrap().unwrap().unwrap();
    let text = String::from_utf8(followed.to_bytes().to_vec()).unwrap();
    let events = text.lines().filter_map(|line| line.strip_prefix("data:"));
    let events: Vec<Value> = events.map(|data| serde_json::from_str(data).unwrap()).collect();
    assert_eq!(events.first().unwrap()["result"]["task"]["id"], json!(id), "{text}");
    let last = &events.last().unwrap()["result"]["statusUpdate"]["status"]["state"];
    assert_eq!(last, "TASK_STATE_CANCELED", "{text}");
}
