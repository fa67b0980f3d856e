//! `ca2a.a2a`: the node as an A2A agent (A2A-53).

use super::{
    A2aBinding, A2aDemand, Choice as _, ConfigError, ListenAddr,
    model::{optional_text, required},
    section::Field,
};

/// How a node presents itself as an A2A agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct A2aSettings {
    /// `listen_addr`: where, a port of its own.
    pub listen_addr: ListenAddr,
    /// `url`: where callers find it, `http://` and the listener unless given.
    pub url: Option<String>,
    /// `bindings`, all that this build has unless given.
    pub bindings: Vec<A2aBinding>,
    /// `demand`: whether every message must carry authority, as it must unless said otherwise.
    pub demand: A2aDemand,
    /// `require_extension`: whether a request must list the extension; `true` or `false`, the latter unless given.
    pub require_extension: bool,
    /// `name`, default `ca2a`.
    pub name: String,
    /// `description`.
    pub description: String,
    /// `version`: of the agent; that of this software unless given.
    pub version: String,
    /// `skills`; one for each capability of `local_policy` unless given.
    pub skills: Vec<A2aSkill>,
}

/// A skill on the card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct A2aSkill {
    /// `id`.
    pub id: String,
    /// `name`, the id unless given.
    pub name: String,
    /// `description`, the name unless given.
    pub description: String,
    /// `tags`, the id unless given.
    pub tags: Vec<String>,
}

impl A2aSettings {
    pub(super) fn read(field: &Field<'_>) -> Result<Self, ConfigError> {
        let section = field.section()?;
        let address = required(&section, field, "listen_addr")?;
        let text = |key: &str, default: &str| -> Result<String, ConfigError> {
            Ok(optional_text(&section, key)?.unwrap_or_else(|| default.to_owned()))
        };
        let bindings = match section.present("bindings") {
            Some(list) => list.items()?.map(|item| item.choice()).collect::<Result<Vec<_>, _>>()?,
            None => A2aBinding::ALL.iter().copied().filter(|known| is_built(*known)).collect(),
        };
        if let (Some(list), true) = (section.present("bindings"), bindings.is_empty()) {
            return Err(list.refuse("must list one binding at least"));
        }
        let skills = match section.present("skills") {
            Some(list) => list.items()?.map(|item| skill(&item)).collect::<Result<_, _>>()?,
            None => Vec::new(),
        };
        let url = section.present("url");
        if let Some(url) = &url
            && !url.text()?.starts_with("http://")
            && !url.text()?.starts_with("https://")
        {
            return Err(url.refuse("must be an http or https URL"));
        }
        Ok(Self {
            listen_addr: ListenAddr::parse(address.text()?).map_err(|problem| address.refuse(problem))?,
            url: optional_text(&section, "url")?,
            bindings,
            demand: section.get("demand").map_or(Ok(A2aDemand::Required), |field| field.choice())?,
            require_extension: section.get("require_extension").map_or(Ok(false), |field| field.flag())?,
            name: text("name", "ca2a")?,
            description: text("description", "An agent that works under delegated authority")?,
            version: text("version", env!("CARGO_PKG_VERSION"))?,
            skills,
        })
    }
}

fn is_built(binding: A2aBinding) -> bool {
    binding != A2aBinding::Grpc || cfg!(feature = "grpc")
}

fn skill(field: &Field<'_>) -> Result<A2aSkill, ConfigError> {
    let section = field.section()?;
    let id = required(&section, field, "id")?.text()?.to_owned();
    let name = optional_text(&section, "name")?.unwrap_or_else(|| id.clone());
    let tags = match section.present("tags") {
        Some(list) => list.items()?.map(|item| item.text().map(str::to_owned)).collect::<Result<_, _>>()?,
        None => vec![id.clone()],
    };
    let description = optional_text(&section, "description")?.unwrap_or_else(|| name.clone());
    Ok(A2aSkill { id, name, description, tags })
}
