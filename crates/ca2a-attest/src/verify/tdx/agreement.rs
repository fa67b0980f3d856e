//! Two readers of one body: `dcap-qvl`, which judges it, and ours, which is believed (ATT-218).

use dcap_qvl::quote::{Report, TDReport15Ex};

use super::{Relaunchable, TdBody};

/// Whether `report` says what `body` does, in every member.
pub(super) fn same(report: &Report, body: &TdBody) -> bool {
    let Some(td) = report.as_td10() else { return false };
    let td15 = report.as_td15();
    td.tee_tcb_svn == body.tee_tcb_svn
        && [td.mr_seam, td.mr_signer_seam] == [body.mr_seam, body.mr_signer_seam]
        && u64::from_le_bytes(td.seam_attributes) == body.seam_attributes
        && u64::from_le_bytes(td.td_attributes) == body.td_attributes.0
        && u64::from_le_bytes(td.xfam) == body.xfam.0
        && td.mr_td == body.mr_td
        && [td.mr_config_id, td.mr_owner, td.mr_owner_config]
            == [body.mr_config_id, body.mr_owner, body.mr_owner_config]
        && [td.rt_mr0, td.rt_mr1, td.rt_mr2, td.rt_mr3] == body.rtmr
        && td.report_data == body.report_data
        && td15.map(|td| td.tee_tcb_svn2) == body.tee_tcb_svn2
        && td15.map(|td| td.mr_service_td) == body.mr_service_td
        && same_relaunch(report.as_td15_ex(), body.extended.as_ref())
}

/// The same of what the extended body adds.
fn same_relaunch(theirs: Option<&TDReport15Ex>, ours: Option<&Relaunchable>) -> bool {
    match (theirs, ours) {
        (None, None) => true,
        (Some(td), Some(body)) => {
            let platform = [&td.init_cpu_svn[..], &td.init_tee_tcb_svn[..], &td.init_tee_fmspc[..]].concat();
            td.vmid == body.vm
                && td.td_id == body.td_id
                && td.dev_info == body.device_info
                && td.init_service_td_hash == body.initial_service_td
                && td.init_service_td_attributes == body.initial_service_td_attributes
                && platform == body.initial_platform
                && td.cur_service_td_hash == body.current_service_td
                && td.cur_service_td_attributes == body.current_service_td_attributes
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use ca2a_covers::covers;
    use dcap_qvl::quote::{Quote, Report};

    use super::same;
    use crate::verify::{
        reader::Reader,
        tdx::{BodyKind, TdBody},
    };

    /// A body in which no two neighbours are equal.
    fn body(kind: BodyKind) -> Vec<u8> {
        (0_u8..=250).cycle().take(kind.length()).collect()
    }

    fn ours(kind: BodyKind, bytes: &[u8]) -> Option<TdBody> {
        TdBody::read(&mut Reader::new(bytes), kind).ok()
    }

    /// What the other reader finds in a quote of version 5 with `bytes` as its body, which nobody signed.
    fn theirs(kind: BodyKind, bytes: &[u8]) -> Option<Report> {
        let mut quote = [&[5, 0, 2, 0, 0x81, 0, 0, 0][..], &[0; 40]].concat();
        quote.extend(kind.number().to_le_bytes());
        quote.extend(u32::try_from(bytes.len()).ok()?.to_le_bytes());
        quote.extend_from_slice(bytes);
        // The report of a quoting enclave, no data to authenticate and no certificates.
        let inner = [&[0; 384 + 64 + 2][..], &[5, 0, 0, 0, 0, 0]].concat();
        let mut auth = [&[0; 128][..], &[6, 0]].concat();
        auth.extend(u32::try_from(inner.len()).ok()?.to_le_bytes());
        auth.extend(inner);
        quote.extend(u32::try_from(auth.len()).ok()?.to_le_bytes());
        quote.extend(auth);
        Quote::parse(&quote).ok().map(|quote| quote.report)
    }

    #[test]
    fn both_read_the_same_in_every_body() {
        covers!(accept, "ATT-218");
        for kind in BodyKind::ALL {
            let bytes = body(kind);
            let (report, body) = (theirs(kind, &bytes), ours(kind, &bytes));
            assert!(report.zip(body).is_some_and(|(report, body)| same(&report, &body)), "{kind:?}");
        }
    }

    /// Whatever the two would read differently, a byte or the kind of body, is seen.
    #[test]
    fn every_byte_is_compared() {
        covers!(refuse, "ATT-218");
        for kind in BodyKind::ALL {
            let bytes = body(kind);
            let report = theirs(kind, &bytes);
            for at in 0..bytes.len() {
                let mut other = bytes.clone();
                other.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1);
                let body = ours(kind, &other);
                assert!(report.as_ref().zip(body).is_some_and(|(report, body)| !same(report, &body)), "{at}");
            }
            for another in BodyKind::ALL.into_iter().filter(|another| *another != kind) {
                let longest = body(BodyKind::Td15Ex);
                let body = ours(another, &longest);
                assert!(report.as_ref().zip(body).is_some_and(|(report, body)| !same(report, &body)));
            }
        }
    }
}
