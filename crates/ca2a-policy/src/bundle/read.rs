//! Reading a bundle, and what names it.

use std::{borrow::Cow, collections::BTreeMap};

use ca2a_core::{
    Sha256, Signature, SigningKey, canonical,
    encoding::{base64url, from_base64url},
    json::{self, Node, NumberPolicy, Object, Reader},
    requirement::{enforce, holds, is_off},
};

use super::BundleError;

/// What a signature over a bundle begins with.
const DOMAIN: &[u8] = b"cmcp-policy-bundle-v1|";
/// Members that the manifest of a bundle must have.
const NEEDED: [&str; 4] = ["version", "authored_at", "author_identity", "commit_sha"];
/// Files and bytes that a bundle may have.
const MAX_FILES: usize = 1_000;
const MAX_BYTES: usize = 1 << 20;

/// A bundle that parses. Nobody is known to have signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    version: String,
    author: String,
    files: BTreeMap<Vec<String>, String>,
    schema: String,
    hash: Sha256,
    signature: Option<Result<Signature, ()>>,
}

impl Bundle {
    /// Reads the files of a bundle: `manifest.json`, every `.cedar` file by its path below the directory with `/`
    /// between its parts, and `schema.cedarschema`. (POL-20, POL-21)
    ///
    /// # Errors
    /// A manifest that lacks a member, no policy file, a path that leads out of the directory, bytes that are not UTF-8,
    /// or more than 1 MiB.
    pub fn read<P, B>(
        manifest: &[u8],
        policies: impl IntoIterator<Item = (P, B)>,
        schema: &[u8],
    ) -> Result<Self, BundleError>
    where
        P: AsRef<str>,
        B: AsRef<[u8]>,
    {
        let object = read_manifest(manifest)?;
        let text = |name| {
            let text = object.get(name).and_then(Node::as_str);
            text.map(str::to_owned)
                .ok_or_else(|| BundleError::shape(format!("`{name}` in `manifest.json` must be text")))
        };
        for name in NEEDED {
            enforce("POL-20", text(name).map(drop))?;
        }
        let schema = utf8("schema.cedarschema", schema)?;
        let mut files = BTreeMap::new();
        let mut bytes = schema.len().saturating_add(manifest.len());
        for (path, content) in policies {
            let content = utf8(path.as_ref(), content.as_ref())?;
            bytes = bytes.saturating_add(content.len());
            if bytes > MAX_BYTES || files.len() >= MAX_FILES {
                return Err(BundleError::shape(format!(
                    "it has more than {MAX_BYTES} bytes or {MAX_FILES} files"
                )));
            }
            if files.insert(parts(path.as_ref())?, content).is_some() {
                return Err(BundleError::shape(format!("`{}` stands in it twice", path.as_ref())));
            }
        }
        if !holds("POL-20", !files.is_empty()) {
            return Err(BundleError::shape("it holds no `.cedar` file"));
        }
        let signature = object.optional("signature").map(|node| {
            let bytes = node.as_str().and_then(|text| from_base64url(text).ok());
            bytes.and_then(|bytes| bytes.try_into().ok()).map(Signature).ok_or(())
        });
        let hash = hash(&object, &files, &schema)?;
        Ok(Self {
            version: text("version")?,
            author: text("author_identity")?,
            files,
            schema,
            hash,
            signature,
        })
    }

    /// What names the bundle: SHA-256 over its manifest without the signature and the digests of its files. (POL-21)
    #[must_use]
    pub fn hash(&self) -> Sha256 {
        self.hash
    }

    /// The version, as its author wrote it.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The author, as the manifest names them.
    #[must_use]
    pub fn author(&self) -> &str {
        &self.author
    }

    /// The schema. It is part of the digest; requests of ours have no schema.
    #[must_use]
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// The policy files in the order in which they count, by path.
    pub fn files(&self) -> impl ExactSizeIterator<Item = (String, &str)> {
        self.files.iter().map(|(parts, text)| (parts.join("/"), text.as_str()))
    }

    /// The whole policy: the files by path, a blank line between them.
    #[must_use]
    pub fn text(&self) -> String {
        self.files.values().map(String::as_str).collect::<Vec<_>>().join("\n\n")
    }

    /// The signature: `None` where there is none, an error where it is no signature.
    pub(super) fn signature(&self) -> Option<Result<Signature, ()>> {
        self.signature
    }

    /// The bytes that a signature covers. (POL-23)
    pub(super) fn covered(&self) -> Vec<u8> {
        covered(self.hash)
    }
}

/// `manifest` with the signature of `key` over `bundle`, as JSON. (POL-23)
///
/// # Errors
/// A manifest that is no object.
pub fn sign(manifest: &[u8], bundle: &Bundle, key: &SigningKey) -> Result<Vec<u8>, BundleError> {
    let mut object = read_manifest(manifest)?;
    object.insert("signature", base64url(&key.sign(&bundle.covered()).0));
    Ok(json::to_pretty(&object.into()).into_bytes())
}

fn read_manifest(bytes: &[u8]) -> Result<Object<'static>, BundleError> {
    let node = Reader::new(NumberPolicy::Ieee754).read(bytes);
    let node = node.map_err(|error| BundleError::shape(format!("`manifest.json`: {error}")))?;
    match node.into_owned().value {
        json::Value::Object(object) => Ok(object),
        _ => Err(BundleError::shape("`manifest.json` must be an object")),
    }
}

fn covered(hash: Sha256) -> Vec<u8> {
    [DOMAIN, format!("sha256:{}", hash.to_hex()).as_bytes()].concat()
}

fn hash(
    manifest: &Object<'_>,
    files: &BTreeMap<Vec<String>, String>,
    schema: &str,
) -> Result<Sha256, BundleError> {
    let digest = |text: &str| Node::from(Sha256::of(text.as_bytes()).to_hex());
    let mut stated = manifest.clone();
    stated.remove("signature");
    let files: Object<'_> =
        files.iter().map(|(parts, text)| (Cow::Owned(parts.join("/")), digest(text))).collect();
    let whole = Object::from([
        ("manifest", Node::from(stated)),
        ("policy_files", files.into()),
        // What only defines bytes is made otherwise.
        ("schema_hash", digest(if is_off("POL-21") { "" } else { schema })),
    ]);
    let bytes = canonical::object_to_vec(&whole).map_err(|error| BundleError::shape(error.to_string()))?;
    Ok(Sha256::of(&bytes))
}

fn utf8(path: &str, bytes: &[u8]) -> Result<String, BundleError> {
    let text =
        core::str::from_utf8(bytes).map_err(|_| BundleError::shape(format!("`{path}` must be UTF-8")))?;
    Ok(text.to_owned())
}

/// The parts of a path: files count in the order of these, and not of the path as one text.
fn parts(path: &str) -> Result<Vec<String>, BundleError> {
    let parts: Vec<String> = path.split('/').map(str::to_owned).collect();
    let plain =
        |part: &String| !part.is_empty() && part != "." && part != ".." && !part.contains(['\\', '\0']);
    match holds("POL-20", path.ends_with(".cedar") && parts.iter().all(plain)) {
        true => Ok(parts),
        false => {
            Err(BundleError::shape(format!("`{path}` is no path of a `.cedar` file below the directory")))
        }
    }
}
