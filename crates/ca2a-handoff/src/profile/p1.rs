//! P1: what 0.2.1 to 0.3.2 sign. (HAND-9)

use alloc::vec::Vec;

use ca2a_core::requirement::is_off;

use super::Pydantic;
use crate::{
    HandoffError, Profile, SignedTaskPacket,
    permissions::Members,
    text::{Style, Writer},
};

/// P1 does not cover the members of 0.3.3, so one that is set could have been added after signing.
pub(super) fn signing_input(packet: &SignedTaskPacket, pydantic: Pydantic) -> Result<Vec<u8>, HandoffError> {
    if let Some(member) = packet.task().newer_member().filter(|_| !is_off("HAND-9")) {
        return Err(HandoffError::ProfileUnsupported { profile: Profile::P1(pydantic), member });
    }
    let mut writer = Writer::new(Style::declared(pydantic.floats()));
    packet.write_declared(&mut writer, Members::Until032);
    Ok(writer.finish())
}
