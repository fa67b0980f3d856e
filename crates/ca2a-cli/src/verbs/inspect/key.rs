//! The public half of a private key. The private half is never shown.

use std::path::Path;

use ca2a_core::json::Object;

use super::Finding;
use crate::{
    failure::Failure,
    key_file,
    page::{Line, Page},
    session::Session,
};

pub(super) fn inspect(path: &Path, session: &Session<'_, '_>) -> Result<Finding, Failure> {
    let public = key_file::load(session.fs, path)?.verifying_key();
    Ok(Finding {
        kind: "private_key",
        words: "a private key (Ed25519, PKCS#8)".into(),
        members: Object::from([("public_key", public.to_hex()), ("jwk_x", public.to_base64url())]),
        page: Page::new()
            .fact("public", Line::new().name(public.to_hex()))
            .fact("in a JWK", Line::from(public.to_base64url()).faint("  the `x` of TRACE records")),
        judge: "nobody: whoever has this file is its holder; keep it to yourself",
    })
}
