//! The checks of a report before its platform is asked.

use super::{CheckId, CheckInfo};

/// The report carries what its platform signs.
pub const EVIDENCE_MISSING: CheckId = CheckId::new("report.evidence-missing");
/// Its members have the form that they should have.
pub const ENCODING: CheckId = CheckId::new("report.encoding");
/// Its platform is one that this build verifies.
pub const PLATFORM: CheckId = CheckId::new("report.platform");

/// Every one of them.
pub const CHECKS: &[CheckInfo] = &[
    CheckInfo::new("report.platform", "the platform of the report is one that this build verifies"),
    CheckInfo::new("report.evidence-missing", "the report carries what its platform signs"),
    CheckInfo::new("report.encoding", "every member of the report has the form that it should have"),
];
