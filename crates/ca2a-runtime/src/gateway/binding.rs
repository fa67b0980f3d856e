//! What the agent behind a gateway speaks (GATE-81).

use a2a::{AgentCard, AgentInterface};

use super::{UpstreamAddress, UpstreamError};
use crate::a2a::wire;

/// A binding of A2A.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UpstreamBinding {
    /// JSON-RPC, at the very address of the agent.
    #[default]
    JsonRpc,
    /// HTTP+JSON, below it.
    HttpJson,
    /// gRPC, in a build that speaks it.
    Grpc,
}

/// How an agent is spoken to.
#[derive(Debug)]
pub(super) struct Spoken {
    pub(super) binding: UpstreamBinding,
    pub(super) place: UpstreamAddress,
    /// The tenant of the interface, which is said to it with every request.
    pub(super) tenant: Option<String>,
}

impl Spoken {
    fn at(place: UpstreamAddress, binding: UpstreamBinding, interface: Option<&AgentInterface>) -> Self {
        let tenant = interface.and_then(|interface| interface.tenant.clone());
        Self { binding, place, tenant: tenant.filter(|tenant| !tenant.is_empty()) }
    }
}

/// How the agent of `card` is spoken to, and where: as it was configured, and over gRPC where its card says.
///
/// # Errors
/// An agent that offers nothing that is spoken here, or gRPC on another machine.
pub(super) fn spoken(card: &AgentCard, upstream: &UpstreamAddress) -> Result<Spoken, UpstreamError> {
    let interfaces = &card.supported_interfaces;
    let offered = |binding: &str| -> Option<&AgentInterface> {
        let mut spoken = interfaces.iter().filter(|interface| wire::is_spoken(&interface.protocol_version));
        spoken.find(|interface| interface.protocol_binding == binding)
    };
    let rpc = offered("JSONRPC");
    if interfaces.is_empty() || rpc.is_some() {
        return Ok(Spoken::at(upstream.clone(), UpstreamBinding::JsonRpc, rpc));
    }
    if let rest @ Some(_) = offered("HTTP+JSON") {
        return Ok(Spoken::at(upstream.clone(), UpstreamBinding::HttpJson, rest));
    }
    let grpc = offered("GRPC").filter(|_| cfg!(feature = "grpc")).ok_or_else(|| {
        let named = interfaces.iter().map(|interface| {
            let named = format!("{} {}", interface.protocol_binding, interface.protocol_version);
            named.chars().take(48).collect()
        });
        UpstreamError::Unspoken(named.take(8).collect::<Vec<String>>().join(", "))
    })?;
    let (_, authority) = grpc.url.split_once("://").unwrap_or(("", &grpc.url));
    let place = format!("http://{}/", authority.trim_end_matches('/')).parse()?;
    Ok(Spoken::at(place, UpstreamBinding::Grpc, Some(grpc)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use ca2a_core::ErrorCode;
    use ca2a_covers::covers;
    use serde_json::json;

    use super::*;

    fn of(offered: &[(&str, &str)]) -> Result<(UpstreamBinding, String), UpstreamError> {
        let interfaces = offered.iter().map(|(binding, url)| {
            let (binding, version) = binding.split_once(' ').unwrap_or((binding, "1.0"));
            json!({ "url": url, "protocolBinding": binding, "protocolVersion": version })
        });
        let card = json!({
            "name": "a", "description": "a", "version": "1", "capabilities": {}, "skills": [],
            "defaultInputModes": [], "defaultOutputModes": [],
            "supportedInterfaces": interfaces.collect::<Vec<_>>(),
        });
        let upstream = "http://127.0.0.1:9000/a2a".parse().unwrap();
        let spoken = spoken(&serde_json::from_value(card).unwrap(), &upstream)?;
        Ok((spoken.binding, spoken.place.to_string()))
    }

    /// GATE-81
    #[test]
    fn what_a_card_offers_first_is_not_what_is_spoken_first() {
        covers!(accept, "GATE-81");
        let here = "http://127.0.0.1:9000/a2a".to_owned();
        let (rpc, rest, grpc) = (("JSONRPC", "x"), ("HTTP+JSON", "x"), ("GRPC", "127.0.0.1:50051"));
        assert_eq!(of(&[]), Ok((UpstreamBinding::JsonRpc, here.clone())));
        assert_eq!(of(&[grpc, rest, rpc]), Ok((UpstreamBinding::JsonRpc, here.clone())));
        assert_eq!(of(&[grpc, rest]), Ok((UpstreamBinding::HttpJson, here)));
        let place = "http://127.0.0.1:50051/".to_owned();
        for url in ["127.0.0.1:50051", "http://127.0.0.1:50051", "grpc://127.0.0.1:50051/"] {
            let expected = match cfg!(feature = "grpc") {
                true => Ok((UpstreamBinding::Grpc, place.clone())),
                false => Err(UpstreamError::Unspoken("GRPC 1.0".to_owned())),
            };
            assert_eq!(of(&[("GRPC", url)]), expected, "{url}");
        }
    }

    /// GATE-81: an agent may offer an older A2A beside this one.
    #[test]
    fn what_is_offered_of_another_version_is_not_spoken() {
        let binding = |offered: &[&str]| {
            let offered = offered.iter().map(|binding| (*binding, "x")).collect::<Vec<_>>();
            of(&offered).map(|(binding, _)| binding)
        };
        assert_eq!(binding(&["JSONRPC 0.3", "HTTP+JSON 1.0"]), Ok(UpstreamBinding::HttpJson));
        assert_eq!(binding(&["JSONRPC 0.3", "JSONRPC 1.1"]), Ok(UpstreamBinding::JsonRpc));
        for version in ["0.3", "2.0", "10.0", ""] {
            let refused = binding(&[&format!("JSONRPC {version}")]).unwrap_err();
            assert_eq!(refused, UpstreamError::Unspoken(format!("JSONRPC {version}")));
        }
    }

    /// GATE-81
    #[test]
    fn what_is_not_spoken_here_is_refused() {
        covers!(refuse, "GATE-81");
        let code = |url: &str, binding| of(&[(binding, url)]).map_err(|error| error.code());
        assert_eq!(code("http://127.0.0.1:1/", "SOAP"), Err(ErrorCode::ConfigError));
        for url in ["10.0.0.1:50051", "agent.example:50051", "0.0.0.0:1", "", "127.0.0.1:1/?x"] {
            assert_eq!(code(url, "GRPC"), Err(ErrorCode::ConfigError), "{url}");
        }
    }
}
