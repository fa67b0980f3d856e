//! An agent on a machine with a TPM: how it attests, and how it judges the others.

use std::sync::Arc;

use ca2a_attest::{Platform, appraisal::AppraisalPolicy, collect::tpm::TpmAddress, verify::HardwareVerifier};
use ca2a_core::{
    TraceLink,
    encoding::from_base64url,
    json::{Node, Object},
};
use ca2a_runtime::{
    attestation::{HardwareJudge, QuotaLimits, TpmAttester, TpmKey},
    client::PeerClient,
    node::PeerNode,
    peer::CallerRequirement,
};
use ca2a_trace::HopContext;

use super::worker::text;

/// What an agent attests with, and whom it believes.
#[derive(Debug, Clone)]
pub(super) struct Hardware {
    attester: Arc<TpmAttester>,
    judge: Arc<HardwareJudge>,
    measurement: TraceLink,
}

impl Hardware {
    /// From what [`super::machine::Machine::boot`] said.
    pub(super) fn on(machine: &Object<'_>) -> Result<Self, String> {
        let member = |name: &str| machine.text(name).map_err(text);
        let address: TpmAddress = member("tpm")?.parse().map_err(text)?;
        let key = TpmKey { certificates: Some(member("certificates")?.into()), ..TpmKey::default() };
        let root = from_base64url(member("root")?).map_err(text)?;
        let trust = HardwareVerifier::built_in().with_root(Platform::Tpm, &root).map_err(text)?;
        let measured = member("measurement")?;
        Ok(Self {
            attester: Arc::new(TpmAttester::by(address, key)),
            judge: Arc::new(HardwareJudge::new(trust, policy(measured)?)),
            measurement: TraceLink::parse(&format!("sha256:{measured}")).map_err(text)?,
        })
    }

    /// `client` offers under this machine's TPM, and seals nothing for a peer whose own is not affirmed.
    pub(super) fn client(&self, client: PeerClient) -> PeerClient {
        let (attester, judge) = (self.attester.clone(), self.judge.clone());
        client.with_attester(attester).with_verifier(judge).require_hardware()
    }

    /// `node` attests by this machine's TPM, and serves nobody whose own is not affirmed.
    pub(super) fn node(&self, node: PeerNode) -> PeerNode {
        node.with_attester(self.attester.clone(), QuotaLimits::default())
            .with_caller_requirement(CallerRequirement::Hardware, Some(self.judge.clone()))
    }

    /// What the agent states about itself. Who appraised it shows in the statements of its callees.
    pub(super) fn context(&self, context: HopContext) -> HopContext {
        HopContext {
            platform: "tpm2".into(),
            measurement: self.measurement,
            appraisal_verifier: "https://appraisal.invalid/each-callee".into(),
            ..context
        }
    }
}

/// The strict policy, with one reference value.
fn policy(measured: &str) -> Result<AppraisalPolicy, String> {
    let known = Object::from([("name", "the demo's machine"), ("pcr-digest", measured)]);
    let tpm = Object::from([
        ("require_qualified_name", Node::from(true)),
        ("reference_values", [Node::from(known)].into_iter().collect()),
    ]);
    let file = Object::from([("version", Node::from(1_u64)), ("tpm", tpm.into())]);
    AppraisalPolicy::from_node(&file.into()).map_err(text)
}
