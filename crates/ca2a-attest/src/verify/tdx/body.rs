//! What a quote says about its trust domain: the body that is signed.

use super::{TdAttributes, Xfam};
use crate::verify::reader::{Malformed, Reader};

/// Which body a quote has, by its type of quotes of version 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BodyKind {
    /// TD 1.0.
    Td10,
    /// TD 1.5: with the TCB as it is now and the service domains.
    Td15,
    /// TD 1.5 extended.
    Td15Ex,
}

impl BodyKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Td10, Self::Td15, Self::Td15Ex];

    /// The type in a quote of version 5.
    #[must_use]
    pub const fn number(self) -> u16 {
        match self {
            Self::Td10 => 2,
            Self::Td15 => 3,
            Self::Td15Ex => 4,
        }
    }

    /// Its length in bytes.
    #[must_use]
    pub const fn length(self) -> usize {
        match self {
            Self::Td10 => 584,
            Self::Td15 => 648,
            Self::Td15Ex => 885,
        }
    }
}

/// The body of a quote. A claim like any other until the quote is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TdBody {
    /// Which body it is.
    pub kind: BodyKind,
    /// TEE_TCB_SVN: the security versions of the TDX module when the domain was launched.
    pub tee_tcb_svn: [u8; 16],
    /// MRSEAM: the digest of the TDX module.
    pub mr_seam: [u8; 48],
    /// MRSIGNERSEAM: the signer of the TDX module, zero for Intel.
    pub mr_signer_seam: [u8; 48],
    /// SEAMATTRIBUTES.
    pub seam_attributes: u64,
    /// TDATTRIBUTES.
    pub td_attributes: TdAttributes,
    /// XFAM.
    pub xfam: Xfam,
    /// MRTD: the digest of the domain as it was built.
    pub mr_td: [u8; 48],
    /// MRCONFIGID: a value of who built it.
    pub mr_config_id: [u8; 48],
    /// MROWNER.
    pub mr_owner: [u8; 48],
    /// MROWNERCONFIG.
    pub mr_owner_config: [u8; 48],
    /// RTMR0 to RTMR3: the registers that the domain extends.
    pub rtmr: [[u8; 48]; 4],
    /// REPORTDATA: what the domain had signed.
    pub report_data: [u8; 64],
    /// TEE_TCB_SVN2, of TD 1.5: the security versions of the TDX module now.
    pub tee_tcb_svn2: Option<[u8; 16]>,
    /// MRSERVICETD, of TD 1.5: the digest of the service domains.
    pub mr_service_td: Option<[u8; 48]>,
    /// What the extended body adds.
    pub extended: Option<Relaunchable>,
}

/// What the body of TD 1.5 extended adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relaunchable {
    /// Which virtual machine of a partitioned domain; 0 is the domain itself.
    pub vm: u8,
    /// An identifier of this launch.
    pub td_id: [u8; 32],
    /// The digest of the devices.
    pub device_info: [u8; 48],
    /// The digest of the service domains at the launch.
    pub initial_service_td: [u8; 48],
    /// Their attributes at the launch.
    pub initial_service_td_attributes: [u8; 8],
    /// CPUSVN, TEE_TCB_SVN and model at the launch.
    pub initial_platform: [u8; 44],
    /// The digest of the service domains now.
    pub current_service_td: [u8; 48],
    /// Their attributes now.
    pub current_service_td_attributes: [u8; 8],
}

impl TdBody {
    /// Reads a body of `kind` and leaves what follows.
    pub(super) fn read(reader: &mut Reader<'_>, kind: BodyKind) -> Result<Self, Malformed> {
        let mut body = Self {
            kind,
            tee_tcb_svn: reader.array("TEE_TCB_SVN")?,
            mr_seam: reader.array("MRSEAM")?,
            mr_signer_seam: reader.array("MRSIGNERSEAM")?,
            seam_attributes: u64::from_le_bytes(reader.array("SEAMATTRIBUTES")?),
            td_attributes: TdAttributes(u64::from_le_bytes(reader.array("TDATTRIBUTES")?)),
            xfam: Xfam(u64::from_le_bytes(reader.array("XFAM")?)),
            mr_td: reader.array("MRTD")?,
            mr_config_id: reader.array("MRCONFIGID")?,
            mr_owner: reader.array("MROWNER")?,
            mr_owner_config: reader.array("MROWNERCONFIG")?,
            rtmr: [
                reader.array("RTMR0")?,
                reader.array("RTMR1")?,
                reader.array("RTMR2")?,
                reader.array("RTMR3")?,
            ],
            report_data: reader.array("REPORTDATA")?,
            tee_tcb_svn2: None,
            mr_service_td: None,
            extended: None,
        };
        if kind >= BodyKind::Td15 {
            body.tee_tcb_svn2 = Some(reader.array("TEE_TCB_SVN2")?);
            body.mr_service_td = Some(reader.array("MRSERVICETD")?);
        }
        if kind == BodyKind::Td15Ex {
            body.extended = Some(Relaunchable::read(reader)?);
        }
        Ok(body)
    }

    /// The digests of the service domains that the body names, at the launch and now; all zero is none.
    pub fn service_tds(&self) -> impl Iterator<Item = [u8; 48]> {
        let extended = self.extended.as_ref();
        let extended = extended.map(|body| [body.initial_service_td, body.current_service_td]);
        self.mr_service_td.into_iter().chain(extended.into_iter().flatten())
    }
}

impl Relaunchable {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            vm: reader.u8("VMID")?,
            td_id: reader.array("TD_ID")?,
            device_info: reader.array("DEV_INFO")?,
            initial_service_td: reader.array("INIT_SERVICE_TD_HASH")?,
            initial_service_td_attributes: reader.array("INIT_SERVICE_TD_ATTRIBUTES")?,
            initial_platform: reader.array("INIT_CPUSVN")?,
            current_service_td: reader.array("CUR_SERVICE_TD_HASH")?,
            current_service_td_attributes: reader.array("CUR_SERVICE_TD_ATTRIBUTES")?,
        })
    }
}
