//! P2: what 0.3.3 signs. (HAND-9)

use alloc::vec::Vec;

use super::Pydantic;
use crate::{
    SignedTaskPacket,
    permissions::Members,
    text::{Style, Writer},
};

pub(super) fn signing_input(packet: &SignedTaskPacket, pydantic: Pydantic) -> Vec<u8> {
    let mut writer = Writer::new(Style::declared(pydantic.floats()));
    packet.write_declared(&mut writer, Members::Since033);
    writer.finish()
}
