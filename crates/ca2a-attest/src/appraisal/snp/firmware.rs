//! Rules about firmware: floors of each TCB, per product, and versions (ATT-137 to ATT-139).

use alloc::{collections::BTreeMap, collections::BTreeSet, format, string::ToString as _, vec::Vec};

use super::terms::Permission;
use crate::{
    appraisal::{
        Check, CheckId,
        policy::{PolicyError, Section},
    },
    verify::snp::{Firmware, Product, SnpClaims, Tcb, TcbBytes, check},
};

/// The keys about firmware.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FirmwareRules {
    /// Floors by product. A product without any fails once another has some.
    pub tcb: BTreeMap<Product, TcbFloors>,
    /// Whether firmware may run that could still be rolled back.
    pub provisional: Permission,
    /// The least SNP firmware, running and committed.
    pub min_firmware: Option<Firmware>,
    /// Bits of the mitigation vector that have to be set at launch.
    pub launch_mitigations: BTreeSet<u64>,
    /// Bits of the mitigation vector that have to be set now.
    pub current_mitigations: BTreeSet<u64>,
}

/// The least versions of each TCB that a report states. A TCB below its floor in any part fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TcbFloors {
    /// Of the firmware that runs.
    pub current: Option<Tcb>,
    /// Of the firmware that cannot be rolled back.
    pub committed: Option<Tcb>,
    /// Of the firmware at launch.
    pub launch: Option<Tcb>,
    /// Of the firmware that the signing key stands for.
    pub reported: Option<Tcb>,
}

impl TcbFloors {
    fn read(section: &Section<'_>) -> Result<Self, PolicyError> {
        let floor = |key| -> Result<Option<Tcb>, PolicyError> {
            let keys = ["fmc", "bootloader", "tee", "snp", "microcode"];
            let Some(floor) = section.section(key, &keys)? else { return Ok(None) };
            let part = |key| -> Result<u8, PolicyError> {
                let value = floor.uint(key, 0..=255)?.unwrap_or_default();
                Ok(u8::try_from(value).unwrap_or(u8::MAX))
            };
            Ok(Some(Tcb {
                fmc: part("fmc")?,
                bootloader: part("bootloader")?,
                tee: part("tee")?,
                snp: part("snp")?,
                microcode: part("microcode")?,
            }))
        };
        Ok(Self {
            current: floor("current")?,
            committed: floor("committed")?,
            launch: floor("launch")?,
            reported: floor("reported")?,
        })
    }
}

impl FirmwareRules {
    pub(super) fn read(snp: &Section<'_>) -> Result<Self, PolicyError> {
        let mut tcb = BTreeMap::new();
        if let Some(section) = snp.section("tcb", &Product::ALL.map(Product::key))? {
            for product in Product::ALL {
                let keys = ["current", "committed", "launch", "reported"];
                if let Some(floors) = section.section(product.key(), &keys)? {
                    tcb.insert(product, TcbFloors::read(&floors)?);
                }
            }
        }
        let min_firmware = match snp.text("min_firmware")? {
            None => None,
            Some(text) => {
                let parts: Option<Vec<u8>> = text.split('.').map(|part| part.parse().ok()).collect();
                match parts.as_deref() {
                    Some(&[major, minor, build]) => Some(Firmware { major, minor, build }),
                    _ => return Err(snp.refuse("min_firmware", "must be three numbers, like `1.55.21`")),
                }
            }
        };
        Ok(Self {
            tcb,
            provisional: Permission::read(snp, "provisional_firmware", Permission::Unsaid)?,
            min_firmware,
            launch_mitigations: snp.uints("launch_mitigations", 0..=63)?.unwrap_or_default(),
            current_mitigations: snp.uints("current_mitigations", 0..=63)?.unwrap_or_default(),
        })
    }

    pub(super) fn appraise(&self, claims: &SnpClaims) -> Vec<Check> {
        let report = &claims.report;
        let (current, committed) = (claims.tcb(report.current_tcb), claims.tcb(report.committed_tcb));
        let provisional = !committed.at_least(current) || report.committed_firmware < report.current_firmware;
        Vec::from([
            self.floor(check::TCB_CURRENT, claims, report.current_tcb, |floors| floors.current),
            self.floor(check::TCB_COMMITTED, claims, report.committed_tcb, |floors| floors.committed),
            self.floor(check::TCB_LAUNCH, claims, report.launch_tcb, |floors| floors.launch),
            self.floor(check::TCB_REPORTED, claims, report.reported_tcb, |floors| floors.reported),
            self.provisional.check(check::PROVISIONAL, provisional),
            self.version(report.current_firmware, report.committed_firmware),
            mitigations(check::LAUNCH_MITIGATIONS, &self.launch_mitigations, report.launch_mitigations),
            mitigations(check::CURRENT_MITIGATIONS, &self.current_mitigations, report.current_mitigations),
        ])
    }

    fn floor(
        &self,
        id: CheckId,
        claims: &SnpClaims,
        bytes: TcbBytes,
        which: impl Fn(&TcbFloors) -> Option<Tcb>,
    ) -> Check {
        let actual = claims.tcb(bytes);
        if self.tcb.values().all(|floors| which(floors).is_none()) {
            return Check::not_checked(id, actual);
        }
        match self.tcb.get(&claims.product).and_then(which) {
            Some(floor) => {
                Check::decided(id, actual.at_least(floor), format_args!("at least {floor}"), actual)
            }
            None => Check::decided(id, false, format_args!("a floor for {}", claims.product), actual),
        }
    }

    fn version(&self, current: Firmware, committed: Firmware) -> Check {
        let actual = format!("{current}, committed {committed}");
        match self.min_firmware {
            None => Check::not_checked(check::FIRMWARE, actual),
            Some(floor) => {
                let holds = current >= floor && committed >= floor;
                Check::decided(check::FIRMWARE, holds, format_args!("{floor} or later"), actual)
            }
        }
    }
}

fn mitigations(id: CheckId, wanted: &BTreeSet<u64>, vector: Option<u64>) -> Check {
    let actual = vector.map_or_else(|| "the report has none".into(), |vector| format!("{vector:#x}"));
    if wanted.is_empty() {
        return Check::not_checked(id, actual);
    }
    let has = |vector: u64| wanted.iter().all(|bit| vector >> bit & 1 == 1);
    let bits: Vec<_> = wanted.iter().map(|bit| bit.to_string()).collect();
    Check::decided(id, vector.is_some_and(has), format_args!("bits {}", bits.join(", ")), actual)
}
