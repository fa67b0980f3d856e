//! Collecting through real files.

use ca2a_attest::{
    Platform,
    collect::{
        CollectError, SystemPace,
        tsm::{self, OsTsmFs},
    },
};

use super::{
    fake::{FIELD, PATIENCE},
    fuse::Mounted,
    kernel::Kernel,
};

/// ATT-519 to ATT-524, through real files: a guest at VMPL 2 whose first request the kernel drops.
#[test]
fn a_report_comes_through_real_files() {
    let kernel = Kernel { floor: Some(2), ..Kernel::snp() };
    let Some(mounted) = Mounted::new("report", kernel, 1) else { return };
    let mut fs = OsTsmFs::at(&mounted.folder);
    let report = tsm::collect(&mut fs, &mut SystemPace::start(), &FIELD, [7; 16], PATIENCE).unwrap();
    assert_eq!((report.platform(), report.attempts()), (Platform::SevSnp, 2));
    assert_eq!(report.bytes()[0x50..0x90], FIELD);
    assert!(report.certificate_table().is_some());
    let left = std::fs::metadata(mounted.folder.join(format!("ca2a-{}", "07".repeat(16))));
    assert!(left.is_err(), "the entry is left behind");
}

#[test]
fn a_machine_without_a_provider_says_so_through_real_files() {
    let kernel = Kernel { provider: None, ..Kernel::tdx() };
    let Some(mounted) = Mounted::new("none", kernel, 0) else { return };
    let mut fs = OsTsmFs::at(&mounted.folder);
    let error = tsm::collect(&mut fs, &mut SystemPace::start(), &FIELD, [7; 16], PATIENCE).unwrap_err();
    assert!(matches!(error, CollectError::NoProvider { .. }), "{error}");
}

#[test]
fn a_machine_without_the_interface_says_so() {
    let mut fs = OsTsmFs::at("/nowhere/tsm/report");
    let error = tsm::collect(&mut fs, &mut SystemPace::start(), &FIELD, [7; 16], PATIENCE).unwrap_err();
    assert!(matches!(error, CollectError::NoInterface { .. }), "{error}");
}
