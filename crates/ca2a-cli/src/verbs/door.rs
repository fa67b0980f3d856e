//! Where a node listens, as its configuration has it.

use std::{path::Path, sync::Arc};

use ca2a_core::ErrorCode;
use ca2a_runtime::{
    config::{Config, ListenAddr},
    http::Door,
    reload::to_standard_error,
    tls::{Protocols, ServerTls},
};
use tokio::net::TcpListener;

use crate::failure::Failure;

/// A door at `address`, with TLS around it where the configuration says so (RUN-60).
pub(super) async fn door(
    config: &Config,
    config_file: &Path,
    address: &ListenAddr,
    protocols: Protocols,
) -> Result<Door, Failure> {
    let bound = TcpListener::bind((address.host(), address.port())).await;
    let door = Door::from(bound.map_err(|error| {
        Failure::new(ErrorCode::ConfigError, format!("cannot listen on {address}: {error}"))
            .help("another process may have the port; `listen_addr` in the configuration names another one")
    })?);
    let Some(settings) = &config.tls else { return Ok(door) };
    let tls = ServerTls::open(settings.files(config_file), protocols, to_standard_error());
    let tls =
        tls.map_err(|error| Failure::new(error.code(), format!("`ca2a.tls`: {error}")).rule("RUN-60"))?;
    Ok(door.with_tls(Arc::new(tls)))
}
