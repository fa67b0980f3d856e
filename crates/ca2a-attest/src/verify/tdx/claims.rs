//! What a verified quote says.

use alloc::{boxed::Box, vec::Vec};

use super::{TcbStatus, TdBody};

/// The signed claims of a trust domain and what Intel says about its platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TdxClaims {
    /// 4 or 5.
    pub quote_version: u16,
    /// The body that was signed.
    pub body: Box<TdBody>,
    /// What the collateral says about the platform, at the time of the verification.
    pub tcb: TcbVerdict,
    /// What the certificate of the platform says about it.
    pub platform: PckPlatform,
    /// From when to when the collateral speaks.
    pub collateral: CollateralWindow,
    /// The event log, where one came along and gives the registers.
    pub event_log: Option<ReplayedCcel>,
}

/// A status with what goes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TcbVerdict {
    /// The status, merged from platform, TDX module and quoting enclave.
    pub status: TcbStatus,
    /// The advisories that apply, such as `INTEL-SA-00837`, sorted.
    pub advisories: Vec<Box<str>>,
    /// tcbEvaluationDataNumber: which of Intel's evaluations it was, the lower one of platform and quoting enclave.
    pub evaluation_number: u32,
    /// When the level of the platform, or of the quoting enclave where that is the older one, was the newest; in Unix
    /// seconds.
    pub date: u64,
}

/// The platform, by its PCK certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PckPlatform {
    /// Its family.
    pub fmspc: [u8; 6],
    /// Its provisioning enclave.
    pub pce_id: [u8; 2],
    /// The security version of that enclave.
    pub pce_svn: u16,
    /// The security versions of its processor.
    pub cpu_svn: [u8; 16],
    /// Its identifier (PPID).
    pub ppid: Box<[u8]>,
    /// The identifier of this installation of a platform of several processors.
    pub instance_id: Option<[u8; 16]>,
    /// Whether processors can be added to it; none where the certificate does not say.
    pub dynamic: Option<bool>,
    /// Whether Intel keeps its keys.
    pub cached_keys: Option<bool>,
    /// Whether its processors run several threads on a core.
    pub smt: Option<bool>,
}

/// When everything that was used was issued and expires, in Unix seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CollateralWindow {
    /// The earliest issue.
    pub issued_from: u64,
    /// The latest issue.
    pub issued_until: u64,
    /// The earliest expiry, at which it is over.
    pub expires: u64,
}

/// An event log whose replay gives RTMR0 to RTMR3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplayedCcel {
    /// How many events it has.
    pub events: usize,
}
