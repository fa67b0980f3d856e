//! `ca2a validate-config`: can this configuration be read, and could a peer start from it?

use std::path::{Path, PathBuf};

use ca2a_core::{
    ErrorCode,
    json::{Node, Object},
};
use ca2a_runtime::config::{Choice as _, Config};

use crate::{
    answer::Answer,
    failure::Failure,
    page::{Line, Page},
    session::Session,
};

/// Validate a configuration file
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The configuration (YAML)
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let config = load(&self.config, session)?;
        if let Err(obstacle) = config.validate_for_start() {
            session.remark(&format!("note: `ca2a start` will refuse it: {obstacle}"));
        }
        let heading = format!("ok: provider={} enforcement={}", config.provider, config.enforcement_mode);
        let mut page = Page::new().line(heading);
        if session.out.is_terminal() {
            page = page.blank().then(facts(&config));
        }
        let mut json = Object::from([("valid", true)]);
        for (name, node) in members(&config).iter() {
            json.insert(name.to_owned(), node.clone());
        }
        Ok(Answer::new(json, page))
    }
}

/// Reads a configuration file.
pub(super) fn load(path: &Path, session: &Session<'_, '_>) -> Result<Config, Failure> {
    let bytes = session.document("config", path, ErrorCode::ConfigError)?;
    Config::from_yaml(&bytes).map_err(|error| {
        let place = path.display();
        Failure::new(error.code(), format!("{place}, {error}"))
            .help("mend that place; specs/config.md has every key")
    })
}

/// What a configuration comes to, as JSON.
pub(super) fn members(config: &Config) -> Object<'static> {
    let texts = |items: &mut dyn Iterator<Item = String>| items.collect::<Node<'static>>();
    let allowed =
        config.local_policy.as_ref().map(|allowed| texts(&mut allowed.iter().map(ToString::to_string)));
    Object::from([
        ("provider", Node::from(config.provider.as_str())),
        ("enforcement_mode", config.enforcement_mode.as_str().into()),
        ("require_caller_attestation", config.require_caller_attestation.as_str().into()),
        ("challenge_ttl_seconds", config.challenge_ttl_seconds.into()),
        ("max_delegation_depth", config.max_delegation_depth.into()),
        ("listen_addr", config.listen_addr.to_string().into()),
        ("local_policy", allowed.into()),
        ("policy_bundle_path", config.policy_bundle_path.clone().into()),
        ("trusted_root_issuers", texts(&mut config.trusted_root_issuers.iter().map(ToString::to_string))),
        ("state_dir", config.state_dir.clone().into()),
        ("policy_bundle", config.policy_bundle.as_ref().map(|settings| settings.dir.clone()).into()),
        ("revocation", config.revocation.as_ref().map(|settings| settings.source.place()).into()),
    ])
}

/// What a configuration comes to, for a person.
pub(super) fn facts(config: &Config) -> Page {
    let bundle = config.policy_bundle.as_ref().map(|settings| &settings.dir);
    let allows = match (bundle.or(config.policy_bundle_path.as_ref()), &config.local_policy) {
        (Some(path), _) => Line::from("what Cedar says in ").name(path.clone()),
        (None, Some(allowed)) => {
            let words: Vec<_> = allowed.iter().map(ToString::to_string).collect();
            Line::new().name(words.join(", "))
        }
        (None, None) => Line::from("nothing yet"),
    };
    let roots: Vec<_> =
        config.trusted_root_issuers.iter().map(|key| crate::page::short(&key.to_string())).collect();
    let revocation =
        config.revocation.as_ref().map_or("not checked".to_owned(), |settings| settings.source.place());
    Page::new()
        .fact("listens on", config.listen_addr.to_string())
        .fact("allows", allows)
        .fact("roots", if roots.is_empty() { "none yet".into() } else { roots.join(", ") })
        .fact("depth", format!("at most {}", config.max_delegation_depth))
        .fact("callers", format!("must show: {}", config.require_caller_attestation.as_str()))
        .fact("revocation", revocation)
        .fact("records", config.state_dir.as_str())
}
