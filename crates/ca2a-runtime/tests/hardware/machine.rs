//! An SEV-SNP machine: the kernel's side of configfs, with a chip that signs what it is asked to.

use std::{
    io,
    sync::{Arc, Mutex},
};

use ca2a_attest::{
    ChannelOffer, Platform, Role,
    appraisal::AppraisalPolicy,
    collect::tsm::TsmFs,
    verify::{
        HardwareVerifier,
        snp::{CertificateTable, TableEntry},
    },
};
use ca2a_core::{ChannelKey, json};
use ca2a_runtime::{
    attestation::{Attester, AttesterError, HardwareJudge, TsmAttester},
    system::FixedClock,
};

use crate::{
    kernel::{Kernel, system},
    maker::{Authorities, NOW, report},
};

/// The launch digest of what is known, and that of something else, as bytes that repeat.
pub const KNOWN: u8 = 0x11;
pub const OTHER: u8 = 0x22;

/// The folder of one machine, for as many threads as ask.
#[derive(Debug, Clone)]
pub struct Folder {
    kernel: Arc<Mutex<Kernel>>,
    runs: u8,
}

impl TsmFs for Folder {
    fn place(&self) -> String {
        "the machine".to_owned()
    }

    fn make(&mut self, entry: &str) -> io::Result<()> {
        self.kernel.lock().unwrap().make(entry).map_err(system)
    }

    fn remove(&mut self, entry: &str) -> io::Result<()> {
        self.kernel.lock().unwrap().remove(entry).map_err(system)
    }

    fn read(&mut self, entry: &str, file: &str) -> io::Result<Vec<u8>> {
        let mut kernel = self.kernel.lock().unwrap();
        let content = kernel.read(entry, file).map_err(system)?;
        if file != "outblob" {
            return Ok(content);
        }
        let (field, runs) = (kernel.entries[entry].inblob.clone(), self.runs);
        Ok(report(|report| {
            report[0x50..0x90].copy_from_slice(&field);
            report[0x90..0xc0].fill(runs);
        }))
    }

    fn write(&mut self, entry: &str, file: &str, bytes: &[u8]) -> io::Result<()> {
        // What the kernel thinks of it stays with the kernel.
        let _ = self.kernel.lock().unwrap().write(entry, file, bytes);
        Ok(())
    }
}

/// A maker's authorities, the machines that they speak for, and who believes them.
pub struct World {
    pub made: Authorities,
}

impl World {
    pub fn new() -> Self {
        Self { made: Authorities::new() }
    }

    /// A machine that booted `runs`, its certificates in the table that its host hands out.
    pub fn machine(&self, runs: u8) -> Arc<dyn Attester> {
        let Authorities { ark, ask, vcek } = &self.made;
        let table =
            [(TableEntry::Vcek, &*vcek.der), (TableEntry::Ask, &ask.der), (TableEntry::Ark, &ark.der)];
        self.machine_with(runs, CertificateTable::to_bytes(&table))
    }

    /// The same with another table.
    pub fn machine_with(&self, runs: u8, table: Vec<u8>) -> Arc<dyn Attester> {
        let kernel = Arc::new(Mutex::new(Kernel { table: Some(table), ..Kernel::snp() }));
        Arc::new(TsmAttester::new(Platform::SevSnp, Folder { kernel, runs }))
    }

    /// Judges under the strict policy, with what machines of [`KNOWN`] boot for the one reference value.
    pub fn judge(&self) -> HardwareJudge {
        let known = format!("{KNOWN:02x}").repeat(48);
        let policy = format!(
            r#"{{"version": 1, "snp": {{"reference_values": [{{"name": "known", "measurement": "{known}"}}]}}}}"#
        );
        self.judge_under(&policy)
    }

    pub fn judge_under(&self, policy: &str) -> HardwareJudge {
        let policy = AppraisalPolicy::from_node(&json::read(policy.as_bytes()).unwrap()).unwrap();
        let trust = HardwareVerifier::built_in().with_root(Platform::SevSnp, &self.made.ark.der).unwrap();
        HardwareJudge::new(trust, policy).with_clock(Arc::new(FixedClock(NOW)))
    }
}

/// How a machine deceives: genuine evidence that answers another question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lie {
    /// A report over an earlier nonce.
    Nonce,
    /// A report for the other role.
    Role,
    /// A report over another channel key: somebody else's machine, relayed.
    Key,
}

/// A machine that lies about what its report answers.
#[derive(Debug)]
pub struct Lying(pub Arc<dyn Attester>, pub Lie);

impl Attester for Lying {
    fn platform(&self) -> Platform {
        self.0.platform()
    }

    fn measurement(&self) -> Box<str> {
        self.0.measurement()
    }

    fn offer(&self, role: Role, key: &ChannelKey, nonce: &str) -> Result<ChannelOffer, AttesterError> {
        let other = match role {
            Role::Callee => Role::Caller,
            Role::Caller => Role::Callee,
        };
        let asked = match self.1 {
            Lie::Nonce => self.0.offer(role, key, "an earlier nonce"),
            Lie::Role => self.0.offer(other, key, nonce),
            Lie::Key => self.0.offer(role, &ChannelKey([9; 32]), nonce),
        };
        let mut offer = asked?;
        offer.channel_key = *key;
        offer.report.public_key = key.to_string().into();
        offer.report.nonce = nonce.into();
        offer.report.role = role;
        Ok(offer)
    }
}
