//! The values of PCRs, in the four shapes in which cases have them.

use ca2a_attest::verify::{
    hash::HashAlgorithm,
    tpm::{PcrSelection, PcrValues},
};
use ca2a_core::json::{self, Node};

/// The values that `selection` covers, concatenated in its order. A value that is not there is left out, so that the
/// digest cannot fit.
pub(super) fn covered(file: &[u8], selection: &PcrSelection) -> Result<Vec<u8>, String> {
    let values = match json::read(file) {
        Ok(node) => of_json(&node)?,
        Err(_) => {
            of_tools(file, selection).ok_or("the PCR values are neither JSON nor the output of tpm2-tools")?
        }
    };
    let mut out = Vec::new();
    for bank in selection.banks() {
        let Some(algorithm) = HashAlgorithm::from_tcg(bank.bank) else { continue };
        for index in bank.pcrs.iter() {
            out.extend_from_slice(values.get(algorithm, index).unwrap_or_default());
        }
    }
    Ok(out)
}

/// A map from bank to values, or the values of one bank, whose length tells which.
fn of_json(node: &Node<'_>) -> Result<PcrValues, String> {
    let mut values = PcrValues::new();
    let named = node.as_object().filter(|object| object.iter().any(|(name, _)| name.parse::<u8>().is_err()));
    match named {
        Some(banks) => {
            for (name, bank) in banks.iter() {
                // SHA-1 values may lie beside the others; no policy takes them.
                let known = BANKS.into_iter().find(|bank| bank.as_str() == name);
                if let Some(known) = known {
                    insert(&mut values, bank, Some(known))?;
                }
            }
        }
        None => insert(&mut values, node, None)?,
    }
    Ok(values)
}

const BANKS: [HashAlgorithm; 3] = [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512];

/// The values of one bank: a list, or a map from index to value.
fn insert(values: &mut PcrValues, bank: &Node<'_>, named: Option<HashAlgorithm>) -> Result<(), String> {
    let entries: Vec<(Option<u8>, &Node<'_>)> = match (bank.as_array(), bank.as_object()) {
        (Some(list), _) => (0..).map(Some).zip(list).collect(),
        (_, Some(map)) => map.iter().map(|(name, node)| (name.parse().ok(), node)).collect(),
        _ => return Err("the PCR values are no list and no map".to_owned()),
    };
    for (index, node) in entries {
        let value = node.as_str().ok_or("a PCR value is no text")?;
        let value = super::tpm::hex_text(value.as_bytes())?;
        let algorithm = named.or_else(|| BANKS.into_iter().find(|bank| bank.size() == value.len()));
        if let (Some(index), Some(algorithm)) = (index, algorithm) {
            values.insert(algorithm, index, &value);
        }
    }
    Ok(())
}

/// What `tpm2_quote --pcr` writes: TPML_PCR_SELECTION and a list of TPML_DIGEST as they lie in memory, little-endian.
fn of_tools(file: &[u8], selection: &PcrSelection) -> Option<PcrValues> {
    const SELECTIONS: usize = 4 + 16 * 8;
    const LIST: usize = 4 + 8 * (2 + 64);
    let lists = file.get(SELECTIONS.checked_add(4)?..)?;
    let mut digests = Vec::new();
    for list in lists.chunks_exact(LIST) {
        let (count, rest) = list.split_first_chunk::<4>()?;
        let count = usize::try_from(u32::from_le_bytes(*count)).ok()?;
        for entry in rest.chunks_exact(66).take(count) {
            let (size, value) = entry.split_first_chunk::<2>()?;
            digests.push(value.get(..usize::from(u16::from_le_bytes(*size)))?);
        }
    }
    let mut values = PcrValues::new();
    let mut digests = digests.into_iter();
    for bank in selection.banks() {
        for index in bank.pcrs.iter() {
            values.insert(HashAlgorithm::from_tcg(bank.bank)?, index, digests.next()?);
        }
    }
    Some(values)
}
