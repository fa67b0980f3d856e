//! Sealing and opening a payload.

use anyhow::{Result, ensure};
use ca2a_core::encoding::hex;
use ca2a_seal::{ChannelSecret, v1};
use serde_json::json;

use super::{
    measure::{Effort, each},
    partner::Partner,
    request::randomness,
    table::{Goal, Table},
};

pub(super) fn rows(partner: &mut Partner, effort: Effort, table: &mut Table) -> Result<()> {
    let secret_bytes = [7; 32];
    let secret = ChannelSecret::from_bytes(secret_bytes);
    let public = secret.public().to_string();
    for (name, size) in [("1 KiB", 1 << 10), ("1 MiB", 1 << 20)] {
        let payload = vec![0x5a; size];
        let blob = v1::seal(&secret.public(), &payload, &[], randomness()?)?;

        let ours = each(effort, || {
            let peer = public.parse()?;
            std::hint::black_box(v1::seal(&peer, &payload, &[], randomness()?)?);
            Ok(())
        })?;
        let theirs = partner.measure("seal", json!({ "public": public, "size": size }))?;
        table.row(format!("seal, {name}"), ours, Some(theirs), Goal::None);

        let ours = each(effort, || {
            ensure!(v1::open(&secret, &blob, &[])?.len() == size, "a payload of another size");
            Ok(())
        })?;
        let theirs = partner.measure("open", json!({ "secret": hex(&secret_bytes), "blob": hex(&blob) }))?;
        table.row(format!("open, {name}"), ours, Some(theirs), Goal::None);
    }
    Ok(())
}
