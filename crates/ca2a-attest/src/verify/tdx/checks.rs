//! The checks of the verifier of TDX evidence, by id.

use crate::appraisal::CheckId;

/// The quote is one quote, each length inside it the right one.
pub const STRUCTURE: CheckId = CheckId::new("tdx.structure");
/// The quote attests a trust domain and not an enclave.
pub const TEE_TYPE: CheckId = CheckId::new("tdx.tee-type");
/// The version of the quote is 4 or 5.
pub const VERSION: CheckId = CheckId::new("tdx.version");
/// The attestation key is one of ECDSA with P-256.
pub const KEY_TYPE: CheckId = CheckId::new("tdx.key-type");
/// The quoting enclave is Intel's.
pub const QE_VENDOR: CheckId = CheckId::new("tdx.qe-vendor");
/// The body is that of TD 1.0, TD 1.5 or TD 1.5 extended, in its length.
pub const BODY: CheckId = CheckId::new("tdx.body");
/// The quote carries the report of its quoting enclave and the chain of certificates behind that.
pub const CERTIFICATION_DATA: CheckId = CheckId::new("tdx.certification-data");
/// Nothing but zeros stands behind the quote.
pub const PADDING: CheckId = CheckId::new("tdx.padding");
/// The attestation key signed the quote.
pub const SIGNATURE: CheckId = CheckId::new("tdx.signature");
/// The quoting enclave vouches for the attestation key.
pub const QE_BINDING: CheckId = CheckId::new("tdx.qe-binding");
/// The platform's certified key signed the report of the quoting enclave.
pub const QE_SIGNATURE: CheckId = CheckId::new("tdx.qe-signature");
/// The quoting enclave is one that Intel published.
pub const QE_IDENTITY: CheckId = CheckId::new("tdx.qe-identity");
/// Every chain of certificates leads to a root that is trusted.
pub const CHAIN: CheckId = CheckId::new("tdx.chain");
/// Every certificate is in its dates.
pub const CHAIN_DATES: CheckId = CheckId::new("tdx.chain-dates");
/// No certificate is revoked.
pub const REVOKED: CheckId = CheckId::new("tdx.revoked");
/// The revocation lists are their issuers', cover every certificate and are in their dates.
pub const CRL: CheckId = CheckId::new("tdx.crl");
/// The root can be used as one.
pub const ROOT: CheckId = CheckId::new("tdx.root");
/// The platform's certificate says what the platform is.
pub const PCK_EXTENSION: CheckId = CheckId::new("tdx.pck-extension");
/// There is collateral for the platform.
pub const COLLATERAL_MISSING: CheckId = CheckId::new("tdx.collateral-missing");
/// The collateral can be read.
pub const COLLATERAL: CheckId = CheckId::new("tdx.collateral");
/// The collateral is in its dates.
pub const COLLATERAL_DATES: CheckId = CheckId::new("tdx.collateral-dates");
/// Intel signed the collateral.
pub const COLLATERAL_SIGNATURE: CheckId = CheckId::new("tdx.collateral-signature");
/// The collateral is about this family of platforms.
pub const FMSPC: CheckId = CheckId::new("tdx.fmspc");
/// The collateral is about this provisioning enclave.
pub const PCE_ID: CheckId = CheckId::new("tdx.pce-id");
/// The platform is at a level that the collateral knows.
pub const TCB_LEVEL: CheckId = CheckId::new("tdx.tcb-level");
/// The status of that level is one that the policy allows. A revoked one no policy can.
pub const TCB_STATUS: CheckId = CheckId::new("tdx.tcb-status");
/// The TDX module is one that Intel published.
pub const MODULE_IDENTITY: CheckId = CheckId::new("tdx.module-identity");
/// Memory accesses cannot be turned into exceptions by the host.
pub const SEPT_VE_DISABLE: CheckId = CheckId::new("tdx.td-attributes.sept-ve-disable");
/// The trust domain is not under debug.
pub const DEBUG: CheckId = CheckId::new("tdx.td-attributes.debug");
/// The trust domain cannot be moved to another machine.
pub const MIGRATABLE: CheckId = CheckId::new("tdx.td-attributes.migratable");
/// No service domain speaks for the trust domain through the extended report.
pub const SERVTD_EXT: CheckId = CheckId::new("tdx.td-attributes.servtd-ext");
/// No attribute is set that has no meaning.
pub const RESERVED_ATTRIBUTES: CheckId = CheckId::new("tdx.td-attributes.reserved");
/// The service domains that are bound are those that the policy names.
pub const SERVICE_TD: CheckId = CheckId::new("tdx.mr-service-td");
/// The event log can be read and gives RTMR0 to RTMR3.
pub const EVENT_LOG: CheckId = CheckId::new("tdx.event-log");
/// The verifier below understood what it read as our front door did.
pub const VERIFIER: CheckId = CheckId::new("tdx.verifier");
