//! What a platform's certificate says about it.

use crate::pki::{oid, seq, tlv};

/// The SGX extension of a PCK certificate that says nothing more of its platform.
pub fn sgx_extension(cpu_svn: [u8; 16], fmspc: &[u8], pce_id: &[u8]) -> Vec<u8> {
    extension_and(cpu_svn, fmspc, pce_id, Vec::new())
}

/// The same, which says whether the platform is dynamic, has its keys cached, and has several threads on a core.
pub fn configured_extension(cpu_svn: [u8; 16], fmspc: &[u8], flags: [bool; 3]) -> Vec<u8> {
    let base = "1.2.840.113741.1.13.1.7";
    let flag = |(at, flag): (u8, bool)| {
        seq(&[oid(&format!("{base}.{at}")), tlv(0x01, &[if flag { 0xff } else { 0 }])])
    };
    let flags: Vec<Vec<u8>> = (1..).zip(flags).map(flag).collect();
    extension_and(cpu_svn, fmspc, &[0, 0], seq(&[oid(base), seq(&flags)]))
}

fn extension_and(cpu_svn: [u8; 16], fmspc: &[u8], pce_id: &[u8], more: Vec<u8>) -> Vec<u8> {
    let base = "1.2.840.113741.1.13.1";
    let number = |value: u8| tlv(0x02, &if value > 127 { vec![0, value] } else { vec![value] });
    let pair = |id: String, value: Vec<u8>| seq(&[oid(&id), value]);
    let mut tcb: Vec<Vec<u8>> =
        (1..).zip(cpu_svn).map(|(at, svn)| pair(format!("{base}.2.{at}"), number(svn))).collect();
    tcb.push(pair(format!("{base}.2.17"), number(11)));
    tcb.push(pair(format!("{base}.2.18"), tlv(0x04, &cpu_svn)));
    seq(&[
        pair(format!("{base}.1"), tlv(0x04, &[7; 16])),
        pair(format!("{base}.2"), seq(&tcb)),
        pair(format!("{base}.3"), tlv(0x04, pce_id)),
        pair(format!("{base}.4"), tlv(0x04, fmspc)),
        pair(format!("{base}.5"), tlv(0x0a, &[1])),
        more,
    ])
}
