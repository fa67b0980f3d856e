//! `ca2a attest expected`: the launch measurement that a machine of one's own will have.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use ca2a_core::{
    ErrorCode, Sha256,
    json::{Node, Object},
};
use sev::measurement::{
    snp::{SnpMeasurementArgs, snp_calc_launch_digest},
    vcpu_types::CpuType,
    vmsa::{GuestFeatures, VMMType},
};

use crate::{
    answer::Answer,
    failure::Failure,
    page::{Line, Page},
    session::Session,
};

/// Compute the SEV-SNP launch measurement of a firmware, and of what it boots directly: a reference value for a policy
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The firmware (OVMF)
    #[arg(long, value_name = "FILE")]
    firmware: PathBuf,
    /// The kernel, where the firmware measures it
    #[arg(long, value_name = "FILE")]
    kernel: Option<PathBuf>,
    /// The initial RAM disk
    #[arg(long, value_name = "FILE", requires = "kernel")]
    initrd: Option<PathBuf>,
    /// The command line of the kernel
    #[arg(long, value_name = "TEXT", requires = "kernel")]
    cmdline: Option<String>,
    /// Virtual processors of the machine
    #[arg(long, value_name = "NUMBER", default_value = "1", value_parser = clap::value_parser!(u32).range(1..=4096))]
    vcpus: u32,
    /// Their model, as QEMU calls it
    #[arg(long, value_name = "MODEL", default_value = "EPYC-v4", value_parser = model)]
    vcpu_type: String,
    /// `SEV_FEATURES` of the machine, in hex
    #[arg(long, value_name = "HEX", default_value = "0x1", value_parser = features)]
    guest_features: u64,
    /// The monitor that starts it: qemu, ec2 or krun
    #[arg(long, value_name = "MONITOR", default_value = "qemu", value_parser = monitor)]
    monitor: String,
}

fn model(text: &str) -> Result<String, String> {
    CpuType::try_from(text).map(|_| text.to_owned()).map_err(|error| error.to_string())
}

fn monitor(text: &str) -> Result<String, String> {
    let known = ["qemu", "ec2", "krun"];
    known.contains(&text).then(|| text.to_owned()).ok_or_else(|| format!("not one of {}", known.join(", ")))
}

fn features(text: &str) -> Result<u64, String> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    u64::from_str_radix(digits, 16).map_err(|_| "not a number in hex".to_owned())
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let read = |what, path: &Path| session.document(what, path, ErrorCode::BadRequest);
        let firmware = Sha256::of(&read("firmware", &self.firmware)?);
        let digest = self.digest()?;
        let json = Object::from([
            ("measurement", Node::from(digest.clone())),
            ("stated", format!("sha384:{digest}").into()),
            ("firmware_sha256", firmware.to_hex().into()),
            ("vcpus", self.vcpus.into()),
            ("vcpu_type", self.vcpu_type.clone().into()),
        ]);
        let page = Page::new()
            .line(Line::new().tick().strong("the launch measurement of this machine"))
            .blank()
            .fact("measurement", Line::new().name(digest))
            .fact("firmware", Line::new().name(firmware.to_hex()))
            .fact("use", "as `measurement` of an entry of `snp.reference_values` in an appraisal policy");
        Ok(Answer::new(json, page))
    }

    fn digest(&self) -> Result<String, Failure> {
        let refused = |error: &dyn std::fmt::Display| {
            Failure::argument(format!("the launch measurement cannot be computed: {error}"))
        };
        let vmm_type: VMMType = self.monitor.parse().map_err(|error| refused(&error))?;
        let arguments = SnpMeasurementArgs {
            vcpus: self.vcpus,
            vcpu_type: CpuType::try_from(self.vcpu_type.as_str()).map_err(|error| refused(&error))?,
            ovmf_file: self.firmware.clone(),
            guest_features: GuestFeatures(self.guest_features),
            kernel_file: self.kernel.clone(),
            initrd_file: self.initrd.clone(),
            append: self.cmdline.as_deref(),
            ovmf_hash_str: None,
            vmm_type: Some(vmm_type),
        };
        // The calculator asserts where a firmware contradicts itself, which is no news of ours to print.
        let said = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| ()));
        let computed = catch_unwind(AssertUnwindSafe(|| snp_calc_launch_digest(arguments)));
        std::panic::set_hook(said);
        let digest = computed.map_err(|_| refused(&"the firmware contradicts itself"))?;
        digest.map(|digest| digest.get_hex_ld()).map_err(|error| refused(&error))
    }
}
