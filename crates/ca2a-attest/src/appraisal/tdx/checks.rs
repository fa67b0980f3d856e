//! The checks on TDX evidence: those of its verifier ([`crate::verify::tdx::checks`]) and those of a policy.

use crate::{
    appraisal::{CheckId, CheckInfo, Component, Effect},
    verify::tdx::{TdAttribute, checks as verifier},
};

/// REPORTDATA holds what was asked for.
pub const REPORT_DATA: CheckId = CheckId::new("tdx.report-data");
/// The extended features are ones that a TDX module gives.
pub const XFAM_POSSIBLE: CheckId = CheckId::new("tdx.xfam-possible");
/// The extended features are ones that the policy names.
pub const XFAM: CheckId = CheckId::new("tdx.xfam");
/// Every advisory that applies is one that the policy names.
pub const ADVISORIES: CheckId = CheckId::new("tdx.advisories");
/// The collateral is of a recent enough evaluation.
pub const EVALUATION_NUMBER: CheckId = CheckId::new("tdx.evaluation-number");
/// The platform is of a family that the policy names.
pub const KNOWN_FMSPC: CheckId = CheckId::new("tdx.known-fmspc");
/// The provisioning enclave is one that the policy names.
pub const KNOWN_PCE_ID: CheckId = CheckId::new("tdx.known-pce-id");
/// No processor can be added to the platform.
pub const DYNAMIC: CheckId = CheckId::new("tdx.platform.dynamic");
/// Intel does not keep the keys of the platform.
pub const CACHED_KEYS: CheckId = CheckId::new("tdx.platform.cached-keys");
/// A core of the platform runs one thread.
pub const SMT: CheckId = CheckId::new("tdx.platform.smt");
/// The TDX module is one that the policy names.
pub const MR_SEAM: CheckId = CheckId::new("tdx.mr-seam");
/// The owner is one that the policy names.
pub const MR_OWNER: CheckId = CheckId::new("tdx.mr-owner");
/// The owner's configuration is one that the policy names.
pub const MR_OWNER_CONFIG: CheckId = CheckId::new("tdx.mr-owner-config");
/// What runs there is known.
pub const MEASUREMENT: CheckId = CheckId::new("tdx.measurement");

const HGS_PLUS_PROFILING: CheckId = CheckId::new("tdx.td-attributes.hgs-plus-profiling");
const PERF_PROFILING: CheckId = CheckId::new("tdx.td-attributes.perf-profiling");
const PMT_PROFILING: CheckId = CheckId::new("tdx.td-attributes.pmt-profiling");
const SINGLE_STEP_DEFENSE: CheckId = CheckId::new("tdx.td-attributes.single-step-defense");
const ADDRESS_SEPARATION: CheckId = CheckId::new("tdx.td-attributes.lass");
const PROTECTION_KEYS: CheckId = CheckId::new("tdx.td-attributes.pks");
const KEY_LOCKER: CheckId = CheckId::new("tdx.td-attributes.key-locker");
const PROVISIONING_AGENT: CheckId = CheckId::new("tdx.td-attributes.provisioning-agent");
const PERFORMANCE_MONITORING: CheckId = CheckId::new("tdx.td-attributes.perfmon");

/// The check on `attribute`.
pub(super) const fn of(attribute: TdAttribute) -> CheckId {
    match attribute {
        TdAttribute::Debug => verifier::DEBUG,
        TdAttribute::HgsPlusProfiling => HGS_PLUS_PROFILING,
        TdAttribute::PerfProfiling => PERF_PROFILING,
        TdAttribute::PmtProfiling => PMT_PROFILING,
        TdAttribute::SingleStepDefense => SINGLE_STEP_DEFENSE,
        TdAttribute::ServiceTdExtended => verifier::SERVTD_EXT,
        TdAttribute::AddressSeparation => ADDRESS_SEPARATION,
        TdAttribute::SeptVeDisable => verifier::SEPT_VE_DISABLE,
        TdAttribute::Migratable => verifier::MIGRATABLE,
        TdAttribute::ProtectionKeys => PROTECTION_KEYS,
        TdAttribute::KeyLocker => KEY_LOCKER,
        TdAttribute::ProvisioningAgent => PROVISIONING_AGENT,
        TdAttribute::PerformanceMonitoring => PERFORMANCE_MONITORING,
    }
}

const FRESH: &[Effect] = &[Effect { component: Component::InstanceIdentity, pass: 2, fail: 97 }];
const FORGED: &[Effect] = &[Effect { component: Component::Hardware, pass: 2, fail: 99 }];
const GENUINE: &[Effect] = &[Effect { component: Component::Hardware, pass: 2, fail: 97 }];
const FIRMWARE: &[Effect] = &[Effect { component: Component::Hardware, pass: 2, fail: 32 }];
const CONFIGURED: &[Effect] = &[Effect { component: Component::Configuration, pass: 2, fail: 32 }];
const APPROVED: &[Effect] = &[Effect { component: Component::Executables, pass: 2, fail: 33 }];
const OPAQUE: &[Effect] = &[
    Effect { component: Component::RuntimeOpaque, pass: 2, fail: 96 },
    Effect { component: Component::Configuration, pass: 2, fail: 96 },
];

const fn row(id: CheckId, meaning: &'static str) -> CheckInfo {
    CheckInfo { id, meaning, policy_key: None, effects: &[] }
}

const fn attribute(attribute: TdAttribute, meaning: &'static str) -> CheckInfo {
    row(of(attribute), meaning).decided_by("tdx.td_attributes").effects(CONFIGURED)
}

/// Every check on TDX evidence.
pub const CHECKS: &[CheckInfo] = &[
    row(verifier::STRUCTURE, "the quote is one quote, each length inside it the right one"),
    row(verifier::TEE_TYPE, "the quote attests a trust domain and not an enclave"),
    row(verifier::VERSION, "the quote is of version 4 or 5"),
    row(verifier::KEY_TYPE, "the attestation key is one of ECDSA with P-256"),
    row(verifier::QE_VENDOR, "the quoting enclave is Intel's"),
    row(verifier::BODY, "the body is that of TD 1.0, TD 1.5 or TD 1.5 extended"),
    row(
        verifier::CERTIFICATION_DATA,
        "the quote carries its quoting enclave's report and a chain of certificates",
    ),
    row(verifier::PADDING, "nothing but zeros stands behind the quote"),
    row(verifier::SIGNATURE, "the attestation key signed the quote").effects(FORGED),
    row(verifier::QE_BINDING, "the quoting enclave vouches for the attestation key").effects(FORGED),
    row(verifier::QE_SIGNATURE, "the platform's certified key signed the report of the quoting enclave")
        .effects(FORGED),
    row(verifier::QE_IDENTITY, "the quoting enclave is one that Intel published").effects(GENUINE),
    row(verifier::CHAIN, "every chain of certificates leads to a root that is trusted").effects(GENUINE),
    row(verifier::CHAIN_DATES, "every certificate is in its dates"),
    row(verifier::REVOKED, "no certificate is revoked").effects(GENUINE),
    row(
        verifier::CRL,
        "the revocation lists are their issuers', cover every certificate and are in their dates",
    ),
    row(verifier::ROOT, "the root can be used as one"),
    row(verifier::PCK_EXTENSION, "the platform's certificate says what the platform is"),
    row(verifier::COLLATERAL_MISSING, "the operator has collateral for the platform"),
    row(verifier::COLLATERAL, "the collateral can be read, and is about TDX"),
    row(verifier::COLLATERAL_DATES, "the collateral is in its dates"),
    row(verifier::COLLATERAL_SIGNATURE, "Intel signed the collateral").effects(GENUINE),
    row(verifier::FMSPC, "the collateral is about the platform's family"),
    row(verifier::PCE_ID, "the collateral is about the platform's provisioning enclave"),
    row(verifier::TCB_LEVEL, "the platform is at a level that Intel published").effects(FIRMWARE),
    row(verifier::MODULE_IDENTITY, "the TDX module is one that Intel published").effects(GENUINE),
    row(verifier::VERIFIER, "two independent readings of the quote agree"),
    row(REPORT_DATA, "REPORTDATA holds what was asked for: key, nonce and role").effects(FRESH),
    row(verifier::TCB_STATUS, "the status of the platform's level is allowed; `Revoked` never is")
        .decided_by("tdx.tcb_statuses")
        .effects(FIRMWARE),
    row(ADVISORIES, "every advisory that applies is allowed").decided_by("tdx.advisories").effects(FIRMWARE),
    row(EVALUATION_NUMBER, "the collateral is of a recent enough evaluation")
        .decided_by("tdx.minimum_evaluation_number")
        .effects(FIRMWARE),
    row(verifier::DEBUG, "the domain's memory is closed to its host")
        .decided_by("tdx.td_attributes")
        .effects(OPAQUE),
    attribute(TdAttribute::HgsPlusProfiling, "whether its host can profile the domain, hardware-guided"),
    attribute(TdAttribute::PerfProfiling, "whether its host can profile the domain by performance counters"),
    attribute(TdAttribute::PmtProfiling, "whether its host can profile the domain by telemetry"),
    attribute(TdAttribute::SingleStepDefense, "whether instruction counts defend against single-stepping"),
    attribute(TdAttribute::ServiceTdExtended, "whether service domains show in the extended report"),
    attribute(TdAttribute::AddressSeparation, "whether the domain may separate linear addresses"),
    row(verifier::SEPT_VE_DISABLE, "the host cannot turn memory accesses of the domain into exceptions")
        .decided_by("tdx.td_attributes")
        .effects(CONFIGURED),
    row(verifier::MIGRATABLE, "whether a migration domain may move the domain; the verifier refuses it")
        .decided_by("tdx.td_attributes")
        .effects(CONFIGURED),
    attribute(TdAttribute::ProtectionKeys, "whether the domain may use supervisor protection keys"),
    attribute(TdAttribute::KeyLocker, "whether the domain may use Key Locker"),
    attribute(TdAttribute::ProvisioningAgent, "whether the domain provisions devices"),
    attribute(TdAttribute::PerformanceMonitoring, "whether the domain may use performance monitoring"),
    row(verifier::RESERVED_ATTRIBUTES, "no attribute is set that has no name").effects(CONFIGURED),
    row(XFAM_POSSIBLE, "the extended features are ones that a TDX module gives").effects(CONFIGURED),
    row(XFAM, "the extended features are among those wanted").decided_by("tdx.xfam").effects(CONFIGURED),
    row(verifier::SERVICE_TD, "no service domain is bound, or one that is known")
        .decided_by("tdx.mr_service_td")
        .effects(CONFIGURED),
    row(KNOWN_FMSPC, "the platform is of a family that is wanted").decided_by("tdx.fmspc").effects(FIRMWARE),
    row(KNOWN_PCE_ID, "the provisioning enclave is one that is wanted")
        .decided_by("tdx.pce_id")
        .effects(FIRMWARE),
    row(DYNAMIC, "no processor can be added to the platform")
        .decided_by("tdx.platform.forbid")
        .effects(FIRMWARE),
    row(CACHED_KEYS, "Intel does not keep the platform's keys")
        .decided_by("tdx.platform.forbid")
        .effects(FIRMWARE),
    row(SMT, "a core of the platform runs one thread").decided_by("tdx.platform.forbid").effects(FIRMWARE),
    row(MR_SEAM, "the TDX module is one that is known").decided_by("tdx.mr_seam").effects(FIRMWARE),
    row(MR_OWNER, "MROWNER is one that is wanted").decided_by("tdx.mr_owner").effects(CONFIGURED),
    row(MR_OWNER_CONFIG, "MROWNERCONFIG is one that is wanted")
        .decided_by("tdx.mr_owner_config")
        .effects(CONFIGURED),
    row(verifier::EVENT_LOG, "the event log gives RTMR0 to RTMR3")
        .decided_by("tdx.require_event_log")
        .effects(CONFIGURED),
    row(MEASUREMENT, "what was measured is one of the reference values")
        .decided_by("tdx.reference_values")
        .effects(APPROVED),
];
