//! `ca2a log serve`: a log over HTTP.

use std::{path::PathBuf, sync::Arc};

use ca2a_core::{
    ErrorCode,
    json::{Node, Object, to_text},
};
use ca2a_runtime::{
    http::HttpLimits,
    log::{StatementLog, serve_log},
    system::SystemClock,
};
use tokio::net::TcpListener;

use super::asked::open;
use crate::{
    answer::Answer, failure::Failure, page::harmless, pin::Pin, session::Session, verbs::start::interrupt,
};

/// Serve a log over HTTP (SCRAPI), until interrupted
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder that `log init` made
    #[arg(long, value_name = "FOLDER")]
    dir: PathBuf,
    /// Where to listen
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8448")]
    listen: String,
    /// An issuer whose statements are taken in and its key, `https://issuer.example=<64 hex>`; may be given several times.
    /// Without it anybody's are
    #[arg(long = "issuer-key", value_name = "ISSUER=KEY")]
    issuers: Vec<Pin>,
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let log = open(&self.dir, &self.issuers, session)?;
        if self.issuers.is_empty() {
            session.remark("note: anybody's statements are taken in; `--issuer-key` says whose are");
        }
        let runtime = tokio::runtime::Runtime::new().map_err(|error| {
            Failure::new(ErrorCode::Ca2aError, format!("no threads to serve with: {error}"))
        })?;
        runtime.block_on(self.listen(Arc::new(log), session))?;
        session.remark("ca2a log stopped");
        Ok(Answer::given())
    }

    async fn listen(&self, log: Arc<StatementLog>, session: &mut Session<'_, '_>) -> Result<(), Failure> {
        let refused = |error: std::io::Error| {
            Failure::new(ErrorCode::ConfigError, format!("cannot listen on {}: {error}", self.listen))
                .help("another process may have the port; `--listen` names another one")
        };
        let listener = TcpListener::bind(&self.listen).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        // Taken before anybody is told that we listen, so that an interrupt right after that is not lost.
        let interrupted = interrupt().map_err(|error| {
            Failure::new(ErrorCode::Ca2aError, format!("interrupts cannot be heard: {error}"))
        })?;
        let greeting = if session.json {
            let json = Object::from([
                ("listening", Node::from(address.to_string())),
                ("log", log.name().to_owned().into()),
                ("size", log.head()?.size.into()),
                ("issuers", self.issuers.len().into()),
            ]);
            to_text(&Node::from(json)) + "\n"
        } else {
            harmless(&format!("ca2a log {} listening on {address}", log.name())) + "\n"
        };
        session.out.say(&greeting).map_err(|error| {
            Failure::new(ErrorCode::Ca2aError, format!("nobody listens to this command: {error}"))
        })?;
        let served =
            serve_log(listener, log, Arc::new(SystemClock), HttpLimits::default(), interrupted).await;
        served.map_err(|error| Failure::new(ErrorCode::Ca2aError, format!("the listener failed: {error}")))
    }
}
