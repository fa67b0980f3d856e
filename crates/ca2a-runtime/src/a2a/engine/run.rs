//! One task at work, or followed by somebody: how it stands, and what happened.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use a2a::{Message, StreamResponse, Task, TaskStatus};
use tokio::sync::{Notify, watch};

use crate::{
    a2a::{tasks::is_final, weight},
    calls::OpenCall,
};

/// A task at work.
pub(super) struct Run {
    state: Mutex<RunState>,
    /// How often something changed; wakes whoever follows.
    changed: watch::Sender<u64>,
    /// Ends the work.
    pub(super) stop: Notify,
    /// One change at a time, from the store to the log.
    pub(super) turn: tokio::sync::Mutex<()>,
}

/// How much of a run is kept for those who follow it.
#[derive(Debug, Clone, Copy)]
pub(super) struct LogLimits {
    pub(super) events: usize,
    pub(super) bytes: usize,
    /// Of all runs together.
    pub(super) all_bytes: usize,
}

/// How a run stands.
pub(super) struct RunState {
    /// The task.
    pub(super) task: Arc<Task>,
    /// The answer, where the agent gave a message and no task.
    pub(super) message: Option<Message>,
    /// Whether the agent is at work.
    pub(super) working: bool,
    /// How the task stood before the message that the agent is at work on, where that goes on with a task.
    pub(super) rested: Option<TaskStatus>,
    /// Why nobody knows what the work came to, where its end could not be kept.
    pub(super) lost: Option<String>,
    /// The call that the work is for, until it has its outcome.
    pub(super) call: Option<Arc<OpenCall>>,
    /// What its caller accepts as output.
    pub(super) accepted: Vec<String>,
    /// What happened, each with about how many bytes it takes.
    events: VecDeque<(StreamResponse, usize)>,
    /// How many events are gone from the front.
    gone: usize,
    /// About how many bytes those take that are not.
    bytes: usize,
    /// The same of all runs.
    all_bytes: Arc<AtomicUsize>,
    limits: LogLimits,
    shown: bool,
}

/// What there is for a follower at a position.
pub(super) enum Next {
    /// An event, and the position behind it.
    Event(Box<StreamResponse>, usize),
    /// Nothing yet.
    Wait,
    /// Nothing that is known: why the end could not be kept.
    Lost(String),
    /// Nothing any more.
    End,
}

impl Run {
    /// The run of `task`, whose events count among those of `all_bytes` bytes.
    pub(super) fn new(task: Arc<Task>, limits: LogLimits, all_bytes: Arc<AtomicUsize>) -> Self {
        let state = RunState {
            task,
            message: None,
            working: false,
            rested: None,
            lost: None,
            call: None,
            accepted: Vec::new(),
            events: VecDeque::new(),
            gone: 0,
            bytes: 0,
            all_bytes,
            limits,
            shown: false,
        };
        Self {
            state: Mutex::new(state),
            changed: watch::Sender::new(0),
            stop: Notify::new(),
            turn: tokio::sync::Mutex::default(),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, RunState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn follow(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Whether somebody works on it or follows it.
    pub(super) fn is_wanted(&self) -> bool {
        self.state().working || self.changed.receiver_count() > 0
    }

    /// Begins the work for `call` on `task`, which `rested` so until then where it is not new; `false` where work is going on.
    pub(super) fn begin(
        &self,
        task: Arc<Task>,
        rested: Option<TaskStatus>,
        call: Option<Arc<OpenCall>>,
    ) -> bool {
        let mut state = self.state();
        if state.working {
            return false;
        }
        state.working = true;
        state.call = call;
        state.task = task;
        state.rested = rested;
        state.lost = None;
        state.message = None;
        state.shown = false;
        true
    }

    /// Takes a beginning back: the task stands as `task` says.
    pub(super) fn take_back(&self, task: Option<Arc<Task>>) {
        if let Some(task) = task {
            self.state().task = task;
        }
        self.end();
    }

    /// Tells whoever waits that nobody knows what the work came to, and `why`.
    pub(super) fn lose(&self, why: String) {
        self.state().lost = Some(why);
        self.wake();
    }

    /// Ends the work and wakes whoever waits.
    pub(super) fn end(&self) {
        self.state().working = false;
        self.wake();
    }

    /// How often something changed here, where nobody is at work.
    pub(super) fn idle_since(&self) -> Option<u64> {
        let state = self.state();
        (!state.working).then(|| *self.changed.borrow())
    }

    /// Has the task stand as `task` says, unless something changed here since `idle`.
    pub(super) fn stand(&self, task: Arc<Task>, idle: u64) {
        let mut state = self.state();
        if !state.working && *self.changed.borrow() == idle {
            state.task = task;
        }
    }

    /// Where a follower starts that is to hear what comes from now on.
    pub(super) fn position(&self) -> usize {
        let state = self.state();
        state.gone.saturating_add(state.events.len())
    }

    /// How the task stands, and where what comes after that starts.
    pub(super) fn standing(&self) -> (Arc<Task>, usize) {
        let state = self.state();
        (Arc::clone(&state.task), state.gone.saturating_add(state.events.len()))
    }

    /// Logs `event`, after which the task stands as `task` says. The first event of a run about a task shows the task
    /// first (A2A-20).
    pub(super) fn publish(&self, event: StreamResponse, task: Arc<Task>) {
        let mut state = self.state();
        let before = std::mem::replace(&mut state.task, task);
        match &event {
            StreamResponse::Task(_) => state.shown = true,
            StreamResponse::Message(message) => {
                state.message = Some(message.clone());
                state.shown = true;
            }
            _ if !state.shown => {
                state.shown = true;
                state.push(StreamResponse::Task((*before).clone()));
            }
            _ => {}
        }
        state.push(event);
        drop(state);
        self.wake();
    }

    /// What there is at `position`. A follower for whom the log is too short is shown the task instead. With
    /// `beyond` it follows the task to its end, and otherwise the work to its end.
    pub(super) fn next(&self, position: usize, beyond: bool) -> Next {
        let state = self.state();
        let end = state.gone.saturating_add(state.events.len());
        if position < state.gone {
            return Next::Event(Box::new(StreamResponse::Task((*state.task).clone())), end);
        }
        let event = position.checked_sub(state.gone).and_then(|place| state.events.get(place));
        match event {
            Some((event, _)) => Next::Event(Box::new(event.clone()), position.saturating_add(1)),
            None if is_final(&state.task.status.state) => Next::End,
            None if let Some(why) = &state.lost => Next::Lost(why.clone()),
            None if state.working || beyond => Next::Wait,
            None => Next::End,
        }
    }

    fn wake(&self) {
        self.changed.send_modify(|count| *count = count.wrapping_add(1));
    }
}

impl RunState {
    /// Whether there was an event since the work began.
    pub(super) fn is_shown(&self) -> bool {
        self.shown
    }

    fn push(&mut self, event: StreamResponse) {
        let weight = weight::event(&event);
        self.bytes = self.bytes.saturating_add(weight);
        self.all_bytes.fetch_add(weight, Ordering::Relaxed);
        self.events.push_back((event, weight));
        // The last one is kept however large: somebody waits for it.
        while self.events.len() > 1
            && self.is_too_long()
            && let Some((_, weight)) = self.events.pop_front()
        {
            self.bytes = self.bytes.saturating_sub(weight);
            self.all_bytes.fetch_sub(weight, Ordering::Relaxed);
            self.gone = self.gone.saturating_add(1);
        }
    }

    fn is_too_long(&self) -> bool {
        self.events.len() > self.limits.events
            || self.bytes > self.limits.bytes
            || self.all_bytes.load(Ordering::Relaxed) > self.limits.all_bytes
    }
}

impl Drop for RunState {
    fn drop(&mut self) {
        self.all_bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
