//! P3: what 0.3.4 and 0.4.0 sign. (HAND-8)

use alloc::vec::Vec;

use crate::{
    SignedTaskPacket,
    text::{Style, Writer},
};

pub(super) fn signing_input(packet: &SignedTaskPacket) -> Vec<u8> {
    let mut writer = Writer::new(Style::COMPACT);
    packet.write_p3(&mut writer);
    writer.finish()
}
