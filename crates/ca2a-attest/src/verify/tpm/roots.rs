//! The roots that are built in: facts, like the key of a platform's vendor.

/// A root by its bytes.
pub(super) struct Root {
    pub(super) name: &'static str,
    pub(super) der: &'static [u8],
    pub(super) sha256: [u8; 32],
}

/// Google's roots of the certificates of Compute Engine's vTPMs: the older one, and the one of Certificate Authority
/// Service.
pub(super) const GOOGLE: [Root; 2] = [
    Root {
        name: "Google tpm_ek_v1_cloud_host_root",
        der: include_bytes!("roots/google-tpm-ek.der"),
        sha256: [
            0x9b, 0xd5, 0x28, 0x5f, 0x8f, 0xb1, 0x85, 0x02, 0xa7, 0x94, 0x7e, 0x62, 0x1f, 0xfd, 0x47, 0x02,
            0x66, 0xf4, 0x9f, 0xcd, 0x3b, 0x73, 0xe1, 0x9a, 0x19, 0x0f, 0x69, 0x0a, 0xd3, 0x2a, 0x7c, 0xaf,
        ],
    },
    Root {
        name: "Google EK/AK CA Root",
        der: include_bytes!("roots/google-ek-ak-ca.der"),
        sha256: [
            0x59, 0x47, 0x59, 0x59, 0x4b, 0x9b, 0x61, 0x52, 0x4f, 0x6c, 0x8e, 0xf6, 0x68, 0xf7, 0x17, 0x7f,
            0x7b, 0x90, 0x66, 0xbc, 0x06, 0x74, 0xf2, 0xf4, 0x9f, 0xe9, 0xe0, 0x52, 0xbe, 0x78, 0xbe, 0xb2,
        ],
    },
];

#[cfg(test)]
mod tests {
    use crate::verify::crypto::sha256;

    #[test]
    fn the_bytes_are_those_of_the_fingerprints() {
        for root in super::GOOGLE {
            assert_eq!(sha256(root.der), root.sha256, "{}", root.name);
            assert!(crate::verify::x509::Anchor::new(root.der).is_ok(), "{}", root.name);
        }
    }
}
