//! A node in hand: how much comes in, the switch that stops everything, what it says of itself (RUN-64 to RUN-69).
//!
//! A [`Guard`] stands at the doors of a node, whatever is served behind them. It turns requests away before anything of
//! them is read, and counts them. An [`Operations`] listener of its own shows what there is to see: `/metrics`, `/healthz`
//! and
//! `/readyz`.

mod call_log;
mod concurrency;
#[cfg(feature = "config")]
mod exporter;
mod guard;
mod health;
mod metrics;
mod page;
mod switch;
pub(crate) mod traced;
#[cfg(feature = "otel")]
mod traces;
mod turned;

pub use call_log::{CallLog, LogForm};
#[cfg(feature = "config")]
pub use exporter::span_exporter;
pub use guard::{Guard, TrafficLimits};
pub(crate) use guard::{Permit, peer};
pub use health::Check;
#[cfg(feature = "gateway")]
pub(crate) use health::{standing, told};
pub use metrics::Metrics;
pub use page::Operations;
pub use switch::{SWITCH_FILE, Switch, SwitchedOff};
#[cfg(feature = "otel")]
pub use traces::Traces;
pub(crate) use turned::Turned;
