//! What waits to be pushed: the events of one task in their order, those of several at one time.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use a2a::StreamResponse;
use a2a_server::{HttpPushSender, HttpPushSenderConfig, PushConfigStore};
use futures_util::{FutureExt as _, future::join_all};

use crate::a2a::weight;

/// How long an address may take for one event.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many events of one task wait for its addresses. Of more than that the oldest is not pushed.
const EVENTS: usize = 256;

/// About how many bytes all events may have that wait. Of more than that the oldest of all is not pushed.
const BYTES: usize = 16 << 20;

/// Sends, and keeps what is to be sent.
pub(super) struct Line {
    configs: Arc<dyn PushConfigStore>,
    sender: HttpPushSender,
    waiting: Mutex<Waiting>,
}

/// What is to be sent, by task: somebody is at it for as long as there is an entry.
#[derive(Default)]
struct Waiting {
    tasks: HashMap<String, VecDeque<Event>>,
    /// The task of each event, by the event's number.
    order: BTreeMap<u64, String>,
    /// How many events there were.
    count: u64,
    bytes: usize,
}

struct Event {
    number: u64,
    event: StreamResponse,
    weight: usize,
}

impl Waiting {
    /// Puts `event` behind the others of task `id`. Says whether nobody is at them.
    fn put(&mut self, id: &str, event: StreamResponse) -> bool {
        let (number, weight) = (self.count, weight::event(&event));
        let is_first = !self.tasks.contains_key(id);
        let events = self.tasks.entry(id.to_owned()).or_default();
        events.push_back(Event { number, event, weight });
        let is_too_many = events.len() > EVENTS;
        self.order.insert(number, id.to_owned());
        self.count = number.saturating_add(1);
        self.bytes = self.bytes.saturating_add(weight);
        if is_too_many {
            self.pop(id);
        }
        while self.bytes > BYTES
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.pop(&oldest);
        }
        is_first
    }

    /// The next event of task `id`; where there is none, nobody is at them any more.
    fn take(&mut self, id: &str) -> Option<StreamResponse> {
        let next = self.pop(id);
        if next.is_none() {
            self.tasks.remove(id);
        }
        next
    }

    /// Takes the oldest event of task `id` out.
    fn pop(&mut self, id: &str) -> Option<StreamResponse> {
        let Event { number, event, weight } = self.tasks.get_mut(id)?.pop_front()?;
        self.order.remove(&number);
        self.bytes = self.bytes.saturating_sub(weight);
        Some(event)
    }
}

impl Line {
    pub(super) fn new(configs: Arc<dyn PushConfigStore>, local: bool) -> Self {
        let config = HttpPushSenderConfig { timeout: PATIENCE, fail_on_error: false, validate_urls: !local };
        Self { configs, sender: HttpPushSender::new(Some(config)), waiting: Mutex::default() }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has `event` sent when those of task `id` before it are.
    pub(super) fn post(self: &Arc<Self>, id: &str, event: StreamResponse) {
        if self.waiting().put(id, event) {
            tokio::spawn(Arc::clone(self).deliver(id.to_owned()));
        }
    }

    /// Sends what there is of task `id`. An address that does not answer is passed over.
    async fn deliver(self: Arc<Self>, id: String) {
        loop {
            let Some(event) = self.waiting().take(&id) else { return };
            let configs = self.configs.list(&id).await.unwrap_or_default();
            let sent = configs.iter().map(|config| self.sender.send_push(config, event.clone()));
            // One that breaks the sender takes no other event with it.
            let _ = AssertUnwindSafe(join_all(sent)).catch_unwind().await;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use a2a::{Message, Part, Role};

    use super::*;

    fn said(text: &str) -> StreamResponse {
        StreamResponse::Message(Message::new(Role::Agent, vec![Part::text(text)]))
    }

    fn text(event: Option<StreamResponse>) -> Option<String> {
        match event? {
            StreamResponse::Message(message) => message.text().map(str::to_owned),
            other => panic!("{other:?}"),
        }
    }

    /// A2A-29
    #[test]
    fn events_wait_in_their_order_and_somebody_is_at_them() {
        let mut waiting = Waiting::default();
        assert!(waiting.put("a", said("1")) && !waiting.put("a", said("2")) && waiting.put("b", said("3")));
        assert_eq!(text(waiting.take("a")).as_deref(), Some("1"));
        assert!(!waiting.put("a", said("4")));
        assert_eq!(text(waiting.take("a")).as_deref(), Some("2"));
        assert_eq!(text(waiting.take("a")).as_deref(), Some("4"));
        assert!(!waiting.put("a", said("5")), "who sent the last one looks once more");
        assert_eq!(text(waiting.take("a")).as_deref(), Some("5"));
        assert_eq!(text(waiting.take("a")), None);
        assert!(waiting.put("a", said("6")));
        assert_eq!(text(waiting.take("b")).as_deref(), Some("3"));
    }

    /// A2A-29
    #[test]
    fn what_waits_has_a_bound() {
        let mut waiting = Waiting::default();
        for number in 0..EVENTS + 3 {
            waiting.put("a", said(&number.to_string()));
        }
        assert_eq!(text(waiting.take("a")).as_deref(), Some("3"), "the oldest are not pushed");
        while waiting.take("a").is_some() {}
        let most = format!("-{}", "x".repeat(1 << 20));
        for number in 0..40 {
            let id = if number < 30 { "a" } else { "b" };
            waiting.put(id, said(&format!("{number}{most}")));
        }
        assert!(waiting.bytes <= BYTES && waiting.bytes > BYTES / 2, "{}", waiting.bytes);
        let left = |waiting: &mut Waiting, id: &str| {
            let number = |event| text(Some(event))?.strip_suffix(&most)?.parse::<u32>().ok();
            std::iter::from_fn(|| waiting.take(id)).map(|event| number(event).unwrap()).collect::<Vec<_>>()
        };
        let (a, b) = (left(&mut waiting, "a"), left(&mut waiting, "b"));
        assert_eq!(b, (30..40).collect::<Vec<_>>(), "whoever has the new ones loses none to older ones");
        assert_eq!((a.first(), a.last()), (Some(&(30 - u32::try_from(a.len()).unwrap())), Some(&29)));
        assert!(waiting.order.is_empty());
        assert_eq!((waiting.bytes, waiting.tasks.len()), (0, 0));
    }
}
