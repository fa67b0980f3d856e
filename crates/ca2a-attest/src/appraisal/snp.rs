//! What a relying party may want of SEV-SNP evidence (ATT-130 to ATT-142).

pub mod ca2a_runtime;
mod firmware;
mod guest;
mod guest_policy;
mod platform_info;
mod table;
mod terms;

use alloc::{collections::BTreeSet, vec::Vec};

use ca2a_core::encoding::hex;

use super::{
    Check, CheckId, CheckInfo, Context, Measurement, PlatformPolicy, ReferenceName,
    policy::{PolicyError, Section},
};
use crate::verify::snp::{Product, SigningKey, SnpClaims, check};

pub use self::{
    firmware::{FirmwareRules, TcbFloors},
    guest::GuestRules,
    guest_policy::GuestPolicyRules,
    platform_info::{AliasCheck, PlatformInfoRules, UnnamedBits},
    terms::{Demand, Permission},
};

/// The section `snp` of a policy. Its `Default` is strict: no debugging, no migration agent, VMPL 0, memory checked for
/// aliases; what it says nothing about is shown and not judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnpPolicy {
    /// The products that will do.
    pub products: BTreeSet<Product>,
    /// The kinds of signing keys that will do.
    pub signing_keys: BTreeSet<SigningKey>,
    /// The oldest version of a report that will do.
    pub min_report_version: u32,
    /// The chips that will do; `None` is any.
    pub chip_ids: Option<BTreeSet<[u8; 64]>>,
    /// The privilege levels that will do.
    pub vmpl: BTreeSet<u32>,
    /// Whether a revocation list has to have been consulted.
    pub require_crl: bool,
    /// About the guest's own policy.
    pub guest_policy: GuestPolicyRules,
    /// About the machine.
    pub platform_info: PlatformInfoRules,
    /// Whether the machine's memory has to have been checked for aliases.
    pub alias_check: AliasCheck,
    /// About firmware.
    pub firmware: FirmwareRules,
    /// About the guest's identity.
    pub guest: GuestRules,
}

impl Default for SnpPolicy {
    fn default() -> Self {
        Self {
            products: Product::ALL.into(),
            signing_keys: [SigningKey::Vcek, SigningKey::Vlek].into(),
            min_report_version: 2,
            chip_ids: None,
            vmpl: [0].into(),
            require_crl: false,
            guest_policy: GuestPolicyRules::default(),
            platform_info: PlatformInfoRules::default(),
            alias_check: AliasCheck::default(),
            firmware: FirmwareRules::default(),
            guest: GuestRules::default(),
        }
    }
}

impl PlatformPolicy for SnpPolicy {
    type Claims = SnpClaims;
    const SECTION: &'static str = "snp";
    const KEYS: &'static [&'static str] = &[
        "products",
        "signing_keys",
        "min_report_version",
        "chip_ids",
        "vmpl",
        "require_crl",
        "guest_policy",
        "platform_info",
        "alias_check",
        "tcb",
        "provisional_firmware",
        "min_firmware",
        "launch_mitigations",
        "current_mitigations",
        "min_guest_svn",
        "host_data",
        "family_ids",
        "image_ids",
        "id_key_digests",
        "author_key_digests",
    ];
    const CHECKS: &'static [CheckInfo] = table::CHECKS;
    const MEASUREMENT: CheckId = check::MEASUREMENT;
    const REFERENCE_NAMES: &'static [ReferenceName] =
        &[ReferenceName { name: "measurement", lengths: &[48] }];

    fn read(section: &Section<'_>) -> Result<Self, PolicyError> {
        let strict = Self::default();
        let products = section.words("products", &Product::ALL.map(Product::key))?;
        let products = products
            .map(|words| Product::ALL.into_iter().filter(|product| words.contains(product.key())).collect());
        let keys = [SigningKey::Vcek, SigningKey::Vlek];
        let signing_keys = section.words("signing_keys", &keys.map(SigningKey::as_str))?;
        let signing_keys =
            signing_keys.map(|words| keys.into_iter().filter(|key| words.contains(key.as_str())).collect());
        let number = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let vmpl = section.uints("vmpl", 0..=3)?.map(|levels| levels.into_iter().map(number).collect());
        Ok(Self {
            products: products.unwrap_or(strict.products),
            signing_keys: signing_keys.unwrap_or(strict.signing_keys),
            min_report_version: section
                .uint("min_report_version", 2..=5)?
                .map_or(strict.min_report_version, number),
            chip_ids: section.hexes("chip_ids")?,
            vmpl: vmpl.unwrap_or(strict.vmpl),
            require_crl: section.flag("require_crl")?.unwrap_or(strict.require_crl),
            guest_policy: GuestPolicyRules::read(section)?,
            platform_info: PlatformInfoRules::read(section)?,
            alias_check: AliasCheck::read(section)?,
            firmware: FirmwareRules::read(section)?,
            guest: GuestRules::read(section)?,
        })
    }

    fn measurement(claims: &SnpClaims) -> Measurement {
        Measurement::new().bytes("measurement", &claims.report.measurement)
    }

    fn appraise(&self, claims: &SnpClaims, context: &Context<'_>) -> Vec<Check> {
        let mut checks = self.source(claims);
        checks.push(binding(claims, context));
        checks.extend(self.guest_policy.appraise(claims.report.policy));
        checks.extend(self.platform_info.appraise(claims.report.platform_info));
        checks.push(self.alias_check.appraise(&self.platform_info, &claims.report));
        checks.extend(self.firmware.appraise(claims));
        checks.extend(self.guest.appraise(&claims.report));
        checks
    }
}

impl SnpPolicy {
    /// Who signed, and from where the guest asked (ATT-132, ATT-133, ATT-141).
    fn source(&self, claims: &SnpClaims) -> Vec<Check> {
        let report = &claims.report;
        let chip = hex(&report.chip_id);
        Vec::from([
            terms::one_of(check::PRODUCT_ALLOWED, &self.products, &claims.product),
            terms::one_of(check::SIGNING_KEY, &self.signing_keys, &claims.signing_key),
            Check::decided(
                check::REPORT_VERSION,
                report.version >= self.min_report_version,
                format_args!("{} or later", self.min_report_version),
                report.version,
            ),
            match &self.chip_ids {
                None => Check::not_checked(check::CHIP_ID, chip),
                Some(chips) => {
                    // A masked chip is all zeros and could be any.
                    let known = !report.is_chip_masked() && chips.contains(&report.chip_id);
                    Check::decided(check::CHIP_ID, known, format_args!("one of {} chips", chips.len()), chip)
                }
            },
            terms::one_of(check::VMPL, &self.vmpl, &report.vmpl),
            if self.require_crl {
                let actual = if claims.revocation_checked { "consulted" } else { "there was none" };
                Check::decided(check::REVOCATION, claims.revocation_checked, "a revocation list", actual)
            } else {
                Check::not_checked(
                    check::REVOCATION,
                    if claims.revocation_checked { "consulted" } else { "none" },
                )
            },
        ])
    }
}

/// REPORT_DATA against what was asked for (ATT-131).
fn binding(claims: &SnpClaims, context: &Context<'_>) -> Check {
    let actual = hex(&claims.report.report_data);
    match context.signed_field {
        None => Check::not_checked(check::REPORT_DATA, actual),
        Some(field) => {
            Check::decided(check::REPORT_DATA, claims.report.report_data == field, hex(field), actual)
        }
    }
}
