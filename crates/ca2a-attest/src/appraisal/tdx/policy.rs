//! The section `tdx` of the policy file.

use alloc::{boxed::Box, collections::BTreeSet, format, vec::Vec};

use super::checks;
use crate::{
    appraisal::{
        Check, CheckId, CheckInfo, Context, Measurement, PlatformPolicy, PolicyError, ReferenceName,
        policy::Section,
    },
    verify::tdx::{TcbStatus, TdAttribute, TdxClaims},
};

/// What a relying party wants of a trust domain. The default is strict: up to date, no advisory, no debug, no profiling,
/// no migration, no service domain (ATT-240).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TdxPolicy {
    /// The statuses that are allowed, by name.
    pub tcb_statuses: BTreeSet<TcbStatus>,
    /// The advisories that are allowed, by name.
    pub advisories: BTreeSet<Box<str>>,
    /// For how many days after the date of its level an out-of-date platform is accepted, with its advisories.
    pub out_of_date_grace_days: u64,
    /// The lowest tcbEvaluationDataNumber that is accepted.
    pub minimum_evaluation_number: Option<u32>,
    /// The attributes of the domain.
    pub td_attributes: AttributeRules,
    /// The values of XFAM that are accepted, in the byte order of the quote; none is any that a module can set.
    pub xfam: Option<BTreeSet<[u8; 8]>>,
    /// The families of platforms that are accepted.
    pub fmspc: Option<BTreeSet<[u8; 6]>>,
    /// The provisioning enclaves that are accepted.
    pub pce_id: Option<BTreeSet<[u8; 2]>>,
    /// What the platform's certificate must not say.
    pub platform_forbid: BTreeSet<PlatformFlag>,
    /// The TDX modules that are accepted.
    pub mr_seam: Option<BTreeSet<[u8; 48]>>,
    /// The values of MROWNER that are accepted.
    pub mr_owner: Option<BTreeSet<[u8; 48]>>,
    /// The values of MROWNERCONFIG that are accepted.
    pub mr_owner_config: Option<BTreeSet<[u8; 48]>>,
    /// The service domains that are accepted; none is that there must not be one.
    pub mr_service_td: Option<BTreeSet<[u8; 48]>>,
    /// Whether an event log has to come along.
    pub require_event_log: bool,
}

/// What is wanted of the attributes of a domain. A list in the file takes the place of the default one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeRules {
    /// The attributes that have to be set.
    pub require: BTreeSet<TdAttribute>,
    /// The attributes that must not be set.
    pub forbid: BTreeSet<TdAttribute>,
}

/// Something that the certificate of a platform says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PlatformFlag {
    /// Processors can be added to it (`dynamic`).
    Dynamic,
    /// Intel keeps its keys (`cached-keys`).
    CachedKeys,
    /// Its processors run several threads on a core (`smt`).
    Smt,
}

impl PlatformFlag {
    /// Every flag.
    pub const ALL: [Self; 3] = [Self::Dynamic, Self::CachedKeys, Self::Smt];

    /// The word in the policy file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dynamic => "dynamic",
            Self::CachedKeys => "cached-keys",
            Self::Smt => "smt",
        }
    }
}

impl Default for AttributeRules {
    fn default() -> Self {
        Self {
            require: [TdAttribute::SeptVeDisable].into(),
            forbid: [
                TdAttribute::Debug,
                TdAttribute::HgsPlusProfiling,
                TdAttribute::PerfProfiling,
                TdAttribute::PmtProfiling,
                TdAttribute::ServiceTdExtended,
                TdAttribute::Migratable,
            ]
            .into(),
        }
    }
}

impl Default for TdxPolicy {
    fn default() -> Self {
        Self {
            tcb_statuses: [TcbStatus::UpToDate].into(),
            advisories: BTreeSet::new(),
            out_of_date_grace_days: 0,
            minimum_evaluation_number: None,
            td_attributes: AttributeRules::default(),
            xfam: None,
            fmspc: None,
            pce_id: None,
            platform_forbid: BTreeSet::new(),
            mr_seam: None,
            mr_owner: None,
            mr_owner_config: None,
            mr_service_td: None,
            require_event_log: false,
        }
    }
}

impl AttributeRules {
    fn read(section: &Section<'_>) -> Result<Self, PolicyError> {
        let strict = Self::default();
        let Some(section) = section.section("td_attributes", &["require", "forbid"])? else {
            return Ok(strict);
        };
        let words = TdAttribute::ALL.map(TdAttribute::as_str);
        let named = |key| {
            let chosen = section.words(key, &words)?;
            let find = |word: &str| TdAttribute::ALL.into_iter().find(|attribute| attribute.as_str() == word);
            Ok::<_, PolicyError>(chosen.map(|chosen| chosen.into_iter().filter_map(find).collect()))
        };
        let rules = Self {
            require: named("require")?.unwrap_or(strict.require),
            forbid: named("forbid")?.unwrap_or(strict.forbid),
        };
        match rules.require.intersection(&rules.forbid).next() {
            Some(both) => Err(section.refuse("require", format!("`{both}` is forbidden as well"))),
            None => Ok(rules),
        }
    }
}

impl PlatformPolicy for TdxPolicy {
    type Claims = TdxClaims;
    const SECTION: &'static str = "tdx";
    const KEYS: &'static [&'static str] = &[
        "tcb_statuses",
        "advisories",
        "out_of_date_grace_days",
        "minimum_evaluation_number",
        "td_attributes",
        "xfam",
        "fmspc",
        "pce_id",
        "platform",
        "mr_seam",
        "mr_owner",
        "mr_owner_config",
        "mr_service_td",
        "require_event_log",
    ];
    const CHECKS: &'static [CheckInfo] = checks::CHECKS;
    const MEASUREMENT: CheckId = checks::MEASUREMENT;
    const REFERENCE_NAMES: &'static [ReferenceName] = &REFERENCE_NAMES;

    fn read(section: &Section<'_>) -> Result<Self, PolicyError> {
        let strict = Self::default();
        let grace = section.uint("out_of_date_grace_days", 0..=MAX_GRACE_DAYS)?;
        let evaluation = section.uint("minimum_evaluation_number", 0..=u64::from(u32::MAX))?;
        Ok(Self {
            tcb_statuses: statuses(section)?.unwrap_or(strict.tcb_statuses),
            advisories: section.texts("advisories")?.unwrap_or(strict.advisories),
            out_of_date_grace_days: grace.unwrap_or(strict.out_of_date_grace_days),
            minimum_evaluation_number: evaluation.and_then(|number| u32::try_from(number).ok()),
            td_attributes: AttributeRules::read(section)?,
            xfam: section.hexes("xfam")?,
            fmspc: section.hexes("fmspc")?,
            pce_id: section.hexes("pce_id")?,
            platform_forbid: platform_flags(section)?,
            mr_seam: section.hexes("mr_seam")?,
            mr_owner: section.hexes("mr_owner")?,
            mr_owner_config: section.hexes("mr_owner_config")?,
            mr_service_td: section.hexes("mr_service_td")?,
            require_event_log: section.flag("require_event_log")?.unwrap_or(strict.require_event_log),
        })
    }

    fn measurement(claims: &TdxClaims) -> Measurement {
        let body = &claims.body;
        let [rtmr0, rtmr1, rtmr2, rtmr3] = &body.rtmr;
        let set = Measurement::new()
            .bytes("mrtd", &body.mr_td)
            .bytes("rtmr0", rtmr0)
            .bytes("rtmr1", rtmr1)
            .bytes("rtmr2", rtmr2)
            .bytes("rtmr3", rtmr3)
            .bytes("mrconfigid", &body.mr_config_id)
            .bytes("mrowner", &body.mr_owner)
            .bytes("mrownerconfig", &body.mr_owner_config)
            .bytes("mrseam", &body.mr_seam);
        match &body.mr_service_td {
            Some(digest) => set.bytes("mrservicetd", digest),
            None => set,
        }
    }

    fn appraise(&self, claims: &TdxClaims, context: &Context<'_>) -> Vec<Check> {
        self.checks(claims, context)
    }
}

/// More than that is no grace but a status that should be allowed by name.
const MAX_GRACE_DAYS: u64 = 3650;

const fn digest(name: &'static str) -> ReferenceName {
    ReferenceName { name, lengths: &[48] }
}

const REFERENCE_NAMES: [ReferenceName; 10] = [
    digest("mrtd"),
    digest("rtmr0"),
    digest("rtmr1"),
    digest("rtmr2"),
    digest("rtmr3"),
    digest("mrconfigid"),
    digest("mrowner"),
    digest("mrownerconfig"),
    digest("mrseam"),
    digest("mrservicetd"),
];

/// The statuses that a policy may allow: every one but `Revoked`.
fn statuses(section: &Section<'_>) -> Result<Option<BTreeSet<TcbStatus>>, PolicyError> {
    let possible = || TcbStatus::ALL.into_iter().filter(|status| *status != TcbStatus::Revoked);
    let words: Vec<&'static str> = possible().map(TcbStatus::as_str).collect();
    let chosen = section.words("tcb_statuses", &words)?;
    Ok(chosen.map(|chosen| possible().filter(|status| chosen.contains(status.as_str())).collect()))
}

fn platform_flags(section: &Section<'_>) -> Result<BTreeSet<PlatformFlag>, PolicyError> {
    let Some(section) = section.section("platform", &["forbid"])? else { return Ok(BTreeSet::new()) };
    let chosen = section.words("forbid", &PlatformFlag::ALL.map(PlatformFlag::as_str))?.unwrap_or_default();
    Ok(PlatformFlag::ALL.into_iter().filter(|flag| chosen.contains(flag.as_str())).collect())
}
