//! Rules about the guest's identity, as its ID block and its host state it (ATT-140).

use alloc::{collections::BTreeSet, vec::Vec};

use super::terms::known_bytes;
use crate::{
    appraisal::{
        Check,
        policy::{PolicyError, Section},
    },
    verify::snp::{SnpReport, check},
};

/// The keys about the guest's identity. `None` is anything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GuestRules {
    /// The least security version.
    pub min_guest_svn: Option<u32>,
    /// What the host may have given at launch.
    pub host_data: Option<BTreeSet<[u8; 32]>>,
    /// The families that will do.
    pub family_ids: Option<BTreeSet<[u8; 16]>>,
    /// The images that will do.
    pub image_ids: Option<BTreeSet<[u8; 16]>>,
    /// The digests of keys that may have signed the ID block.
    pub id_key_digests: Option<BTreeSet<[u8; 48]>>,
    /// The digests of keys that may have signed those keys.
    pub author_key_digests: Option<BTreeSet<[u8; 48]>>,
}

impl GuestRules {
    pub(super) fn read(snp: &Section<'_>) -> Result<Self, PolicyError> {
        let svn = snp.uint("min_guest_svn", 0..=u64::from(u32::MAX))?;
        Ok(Self {
            min_guest_svn: svn.map(|svn| u32::try_from(svn).unwrap_or(u32::MAX)),
            host_data: snp.hexes("host_data")?,
            family_ids: snp.hexes("family_ids")?,
            image_ids: snp.hexes("image_ids")?,
            id_key_digests: snp.hexes("id_key_digests")?,
            author_key_digests: snp.hexes("author_key_digests")?,
        })
    }

    pub(super) fn appraise(&self, report: &SnpReport) -> Vec<Check> {
        Vec::from([
            match self.min_guest_svn {
                None => Check::not_checked(check::GUEST_SVN, report.guest_svn),
                Some(floor) => {
                    let expected = format_args!("at least {floor}");
                    Check::decided(check::GUEST_SVN, report.guest_svn >= floor, expected, report.guest_svn)
                }
            },
            known_bytes(check::HOST_DATA, self.host_data.as_ref(), &report.host_data),
            known_bytes(check::FAMILY_ID, self.family_ids.as_ref(), &report.family_id),
            known_bytes(check::IMAGE_ID, self.image_ids.as_ref(), &report.image_id),
            known_bytes(check::ID_KEY, self.id_key_digests.as_ref(), &report.id_key_digest),
            known_bytes(check::AUTHOR_KEY, self.author_key_digests.as_ref(), &report.author_key_digest),
        ])
    }
}
