//! What more than one group of tests starts from.
#![allow(dead_code, unreachable_pub, reason = "each group of tests uses a part")]

#[cfg(feature = "a2a")]
pub mod a2a;
#[cfg(unix)]
pub mod crash;
pub mod every_call_store;
#[cfg(feature = "a2a")]
pub mod every_task_store;
#[cfg(feature = "gateway")]
pub mod gateway;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "log")]
pub mod log;
pub mod postgres;
pub mod scene;
pub mod stock;
#[cfg(feature = "http")]
pub mod tls;
pub mod wire;
