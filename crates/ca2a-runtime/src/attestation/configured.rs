//! The judges that a configuration asks for.

use std::{fs, path::Path, sync::Arc};

use ca2a_attest::{
    Platform,
    appraisal::AppraisalPolicy,
    verify::{HardwareVerifier, tpm::certificates_from_pem},
};
use ca2a_core::json::{Node, Object};

use super::{CounterStore, HardwareJudge, OperatorFiles};
use crate::{
    config::{Config, PeerVerifier, StartError, VerifierPlatform, beside, document, line_and_column},
    node::NodeError,
};

impl HardwareJudge {
    /// Who judges the hardware of this node's callers; `None` where the configuration names nobody.
    ///
    /// # Errors
    /// A file that cannot be used, or a policy under which nothing would ever be believed: `CONFIG_ERROR`.
    pub fn of_callers(
        config: &Config,
        config_file: &Path,
        counters: Arc<dyn CounterStore>,
    ) -> Result<Option<Self>, NodeError> {
        judge(config, config_file, config.caller_verifier.as_ref(), counters)
    }

    /// Who judges the hardware of the peers that this node calls; `None` where the configuration names nobody.
    ///
    /// # Errors
    /// As [`Self::of_callers`].
    pub fn of_callees(
        config: &Config,
        config_file: &Path,
        counters: Arc<dyn CounterStore>,
    ) -> Result<Option<Self>, NodeError> {
        judge(config, config_file, config.callee_verifier.as_ref(), counters)
    }
}

fn judge(
    config: &Config,
    config_file: &Path,
    verifier: Option<&PeerVerifier>,
    counters: Arc<dyn CounterStore>,
) -> Result<Option<HardwareJudge>, NodeError> {
    let (trust, policy) = match (&config.appraisal_policy_path, verifier) {
        (Some(path), _) => {
            let rooted =
                |trust, (platform, roots): &(_, String)| rooted(trust, *platform, roots, config_file);
            let trust = config.trusted_roots.iter().try_fold(HardwareVerifier::built_in(), rooted)?;
            (trust, policy_file(&beside(config_file, path))?)
        }
        (None, Some(verifier)) => {
            let (trust, roots) = (HardwareVerifier::built_in(), &verifier.trusted_roots_path);
            (rooted(trust, verifier.platform, roots, config_file)?, known(verifier)?)
        }
        (None, None) => return Ok(None),
    };
    let folder = |path: &Option<String>| path.as_deref().map(|path| beside(config_file, path));
    let files = OperatorFiles::new(folder(&config.endorsements_dir), folder(&config.collateral_dir));
    Ok(Some(HardwareJudge::new(trust, policy).with_files(files).with_counters(counters)))
}

/// The policy file, which has to know what some platform may run (ATT-505).
fn policy_file(path: &Path) -> Result<AppraisalPolicy, NodeError> {
    let refused = |problem: String| NodeError::Appraisal { path: path.to_owned(), problem };
    let bytes = fs::read(path).map_err(|source| NodeError::File { path: path.to_owned(), source })?;
    let node = document(&bytes).map_err(|error| refused(error.to_string()))?;
    let policy = AppraisalPolicy::from_node(&node).map_err(|error| {
        let (line, column) = line_and_column(&bytes, error.span());
        refused(format!("line {line}, column {column}: {error}"))
    })?;
    if Platform::ALL.into_iter().any(|platform| policy.has_reference(platform)) {
        return Ok(policy);
    }
    Err(StartError::NoReference("attestation.appraisal_policy_path").into())
}

/// The strict policy with the measurements of `verifier` for reference values.
fn known(verifier: &PeerVerifier) -> Result<AppraisalPolicy, NodeError> {
    let (section, value) = match verifier.platform {
        VerifierPlatform::SevSnp => ("snp", "measurement"),
        VerifierPlatform::Tdx => ("tdx", "mrtd"),
        VerifierPlatform::Tpm => ("tpm", "pcr-digest"),
    };
    let sets: Node<'_> = (1_u32..)
        .zip(&verifier.measurements)
        .map(|(number, measurement)| {
            Object::from([("name", format!("measurement {number}")), (value, measurement.clone())])
        })
        .collect();
    let file = Object::from([
        ("version", Node::from(1_u64)),
        (section, Object::from([("reference_values", sets)]).into()),
    ]);
    AppraisalPolicy::from_node(&file.into())
        .map_err(|error| NodeError::Appraisal { path: section.into(), problem: error.to_string() })
}

/// `trust` with the PEM roots of `platform` in the file at `roots`.
fn rooted(
    trust: HardwareVerifier,
    platform: VerifierPlatform,
    roots: &str,
    config_file: &Path,
) -> Result<HardwareVerifier, NodeError> {
    let path = beside(config_file, roots);
    let pem = fs::read(&path).map_err(|source| NodeError::File { path: path.clone(), source })?;
    let platform = match platform {
        VerifierPlatform::SevSnp => Platform::SevSnp,
        VerifierPlatform::Tdx => Platform::Tdx,
        VerifierPlatform::Tpm => Platform::Tpm,
    };
    let roots = certificates_from_pem(&pem);
    let trust =
        roots.and_then(|roots| roots.iter().try_fold(trust, |trust, root| trust.with_root(platform, root)));
    trust.map_err(|error| NodeError::Appraisal { path, problem: error.to_string() })
}
