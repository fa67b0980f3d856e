//! Every check on SEV-SNP evidence: what it asks, which key decides it, and what it says about the vector.

use crate::{
    appraisal::{CheckInfo, Component, Effect},
    verify::snp::check,
};

const GENUINE: &[Effect] = &[Effect { component: Component::Hardware, pass: 2, fail: 99 }];
const HARDWARE: &[Effect] = &[Effect { component: Component::Hardware, pass: 2, fail: 32 }];
const REVOKED: &[Effect] = &[Effect { component: Component::Hardware, pass: 2, fail: 96 }];
const EXECUTABLES: &[Effect] = &[Effect { component: Component::Executables, pass: 3, fail: 33 }];
const CONFIGURATION: &[Effect] = &[Effect { component: Component::Configuration, pass: 2, fail: 32 }];
const INSTANCE: &[Effect] = &[Effect { component: Component::InstanceIdentity, pass: 2, fail: 97 }];
const FRESH: &[Effect] = &[Effect { component: Component::InstanceIdentity, pass: 2, fail: 96 }];
const VISIBLE: &[Effect] = &[
    Effect { component: Component::RuntimeOpaque, pass: 2, fail: 96 },
    Effect { component: Component::Configuration, pass: 2, fail: 96 },
];
const OPAQUE: &[Effect] = &[Effect { component: Component::RuntimeOpaque, pass: 2, fail: 32 }];

macro_rules! rows {
    ($($name:ident $meaning:literal $effects:ident $($key:literal)?;)*) => {
        &[$(CheckInfo::new(check::$name.as_str(), $meaning).effects($effects)$(.decided_by($key))?),*]
    };
}

/// The table.
pub(super) const CHECKS: &[CheckInfo] = rows! {
    STRUCTURE "the report is 1184 bytes, with zeros around its signature" GENUINE;
    VERSION "the report is of version 2 to 5" GENUINE;
    SIGNATURE_ALGORITHM "the report is signed with ECDSA on P-384 and SHA-384" GENUINE;
    ENDORSEMENT_MISSING "a certificate for the signing key came along or lies in the endorsements folder" GENUINE;
    ENDORSEMENT "the certificates can be read and have AMD's algorithms and extensions" GENUINE;
    CHAIN "the certificates lead to an AMD root key" GENUINE;
    CHAIN_DATES "every certificate is valid now" GENUINE;
    CHAIN_AUTHORITY "every issuer is an authority and may sign certificates" GENUINE;
    CRL "a revocation list of the root or the authority was consulted" HARDWARE "snp.require_crl";
    CRL_SIGNER "each revocation list was signed by the issuer that it names" GENUINE;
    CRL_DATES "each revocation list is valid now" GENUINE;
    ASK_REVOKED "the authority of the signing key is not revoked" REVOKED;
    VEK_REVOKED "the signing key is not revoked" REVOKED;
    KEY_INFO "the certificate is of the kind of key that signed: VCEK or VLEK" GENUINE;
    PRODUCT "the certificate is of the processor that the report names" GENUINE;
    CERTIFIED_TCB "the certificate was issued for the TCB that the report states" GENUINE;
    HWID "the certificate was issued for the chip that the report names" GENUINE;
    SIGNATURE "the certified key signed the report" GENUINE;

    MEASUREMENT "the launch measurement is one of the reference values" EXECUTABLES "snp.reference_values";
    REPORT_DATA "REPORT_DATA binds the key and the nonce that were asked for" FRESH;
    PRODUCT_ALLOWED "the product is allowed" HARDWARE "snp.products";
    SIGNING_KEY "the kind of signing key is allowed" INSTANCE "snp.signing_keys";
    REPORT_VERSION "the report is not older than allowed" HARDWARE "snp.min_report_version";
    CHIP_ID "the chip is allowed" INSTANCE "snp.chip_ids";
    VMPL "the guest asked from an allowed privilege level" CONFIGURATION "snp.vmpl";
    POLICY_DEBUG "the host may not debug the guest" VISIBLE "snp.guest_policy.debug";
    POLICY_MIGRATION "the guest may have no migration agent" OPAQUE "snp.guest_policy.migration_agent";
    POLICY_SMT "the guest may not share a core" CONFIGURATION "snp.guest_policy.smt";
    POLICY_SINGLE_SOCKET "the guest is bound to one socket" CONFIGURATION "snp.guest_policy.single_socket";
    POLICY_ABI "the guest demands at least this ABI" CONFIGURATION "snp.guest_policy.min_abi";
    POLICY_CXL "the guest may have no CXL memory" CONFIGURATION "snp.guest_policy.cxl";
    POLICY_AES_256 "the guest demands AES-256-XTS" OPAQUE "snp.guest_policy.aes_256_xts";
    POLICY_RAPL "the guest demands that power is not measured" OPAQUE "snp.guest_policy.rapl_disabled";
    POLICY_CIPHERTEXT_HIDING "the guest demands hidden ciphertext" OPAQUE "snp.guest_policy.ciphertext_hiding";
    POLICY_PAGE_SWAP "the guest demands that no page is swapped" OPAQUE "snp.guest_policy.page_swap_disabled";
    POLICY_RESERVED "the fixed bits of the guest policy have their values" CONFIGURATION;
    PLATFORM_SMT "multithreading of the machine is as wanted" HARDWARE "snp.platform_info";
    PLATFORM_TSME "transparent memory encryption is as wanted" HARDWARE "snp.platform_info";
    PLATFORM_ECC "error correction of memory is as wanted" HARDWARE "snp.platform_info";
    PLATFORM_RAPL "power measurement is as wanted" HARDWARE "snp.platform_info";
    PLATFORM_CIPHERTEXT_HIDING "hiding of ciphertext is as wanted" HARDWARE "snp.platform_info";
    PLATFORM_ALIAS_CHECK "memory was checked for aliases (BadRAM)" HARDWARE "snp.alias_check";
    PLATFORM_TIO "trusted I/O is as wanted" HARDWARE "snp.platform_info";
    PLATFORM_UNNAMED "bits of PLATFORM_INFO without a name are as wanted" HARDWARE "snp.platform_info.unnamed";
    TCB_CURRENT "the running firmware is not below its floor" HARDWARE "snp.tcb";
    TCB_COMMITTED "the committed firmware is not below its floor" HARDWARE "snp.tcb";
    TCB_LAUNCH "the firmware at launch was not below its floor" HARDWARE "snp.tcb";
    TCB_REPORTED "the reported firmware is not below its floor" HARDWARE "snp.tcb";
    PROVISIONAL "the running firmware is committed" HARDWARE "snp.provisional_firmware";
    FIRMWARE "the SNP firmware has at least this version" HARDWARE "snp.min_firmware";
    LAUNCH_MITIGATIONS "the wanted mitigations were on at launch" HARDWARE "snp.launch_mitigations";
    CURRENT_MITIGATIONS "the wanted mitigations are on" HARDWARE "snp.current_mitigations";
    GUEST_SVN "the guest has at least this security version" EXECUTABLES "snp.min_guest_svn";
    HOST_DATA "the host data is allowed" CONFIGURATION "snp.host_data";
    FAMILY_ID "the family id is allowed" EXECUTABLES "snp.family_ids";
    IMAGE_ID "the image id is allowed" EXECUTABLES "snp.image_ids";
    ID_KEY "the key of the ID block is allowed" EXECUTABLES "snp.id_key_digests";
    AUTHOR_KEY "the author key of the ID block is allowed" EXECUTABLES "snp.author_key_digests";
    REVOCATION "a revocation list was consulted, where one has to be" HARDWARE "snp.require_crl";
};
