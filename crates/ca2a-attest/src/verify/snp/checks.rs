//! Every check there is about SEV-SNP evidence.

use crate::appraisal::{CheckInfo, Component, Effect};

/// The ids of the checks, verifier first, then appraisal.
pub mod ids {
    use crate::appraisal::CheckId;

    macro_rules! ids {
        ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {$(
            $(#[$doc])*
            pub const $name: CheckId = CheckId::new($text);
        )*};
    }

    ids! {
        /// The report has its length, and nothing where nothing belongs (ATT-110, ATT-113).
        STRUCTURE = "snp.structure";
        /// The report is of a version that is understood (ATT-111).
        VERSION = "snp.version";
        /// The report is signed with the one algorithm there is (ATT-112).
        SIGNATURE_ALGORITHM = "snp.signature-algorithm";
        /// There is a certificate for the key (ATT-114).
        ENDORSEMENT_MISSING = "snp.endorsement-missing";
        /// The certificates can be read and are of AMD's form (ATT-115, ATT-118).
        ENDORSEMENT = "snp.endorsement";
        /// Each certificate was issued by the next, up to an AMD root (ATT-116).
        CHAIN = "snp.chain";
        /// Each certificate is in its dates (ATT-116).
        CHAIN_DATES = "snp.chain-dates";
        /// Each issuer may issue (ATT-116).
        CHAIN_AUTHORITY = "snp.chain-authority";
        /// A revocation list was consulted (ATT-117).
        CRL = "snp.crl";
        /// A revocation list was made by whom it names (ATT-117).
        CRL_SIGNER = "snp.crl-signer";
        /// A revocation list is in its dates (ATT-117).
        CRL_DATES = "snp.crl-dates";
        /// The authority of the key is not revoked (ATT-117).
        ASK_REVOKED = "snp.ask-revoked";
        /// The key is not revoked (ATT-117).
        VEK_REVOKED = "snp.vek-revoked";
        /// The key is of the kind that the report names (ATT-119).
        KEY_INFO = "snp.key-info";
        /// The key belongs to a processor of the report's kind (ATT-120).
        PRODUCT = "snp.product";
        /// The key was certified for the reported TCB (ATT-121).
        CERTIFIED_TCB = "snp.certified-tcb";
        /// The key was certified for the chip of the report (ATT-122).
        HWID = "snp.hwid";
        /// The key signed the report (ATT-123).
        SIGNATURE = "snp.signature";

        /// The launch measurement is a known one (ATT-130).
        MEASUREMENT = "snp.measurement";
        /// REPORT_DATA holds what was asked for (ATT-131).
        REPORT_DATA = "snp.report-data";
        /// The product is an allowed one (ATT-132).
        PRODUCT_ALLOWED = "snp.product-allowed";
        /// The kind of key is an allowed one (ATT-132).
        SIGNING_KEY = "snp.signing-key";
        /// The report has at least the wanted version (ATT-132).
        REPORT_VERSION = "snp.report-version";
        /// The chip is an allowed one (ATT-132).
        CHIP_ID = "snp.chip-id";
        /// The guest runs at an allowed privilege level (ATT-133).
        VMPL = "snp.vmpl";
        /// The host cannot debug the guest (ATT-134).
        POLICY_DEBUG = "snp.policy-debug";
        /// The guest has no migration agent (ATT-134).
        POLICY_MIGRATION = "snp.policy-migration";
        /// The guest does not share a core (ATT-134).
        POLICY_SMT = "snp.policy-smt";
        /// The guest runs on one socket (ATT-134).
        POLICY_SINGLE_SOCKET = "snp.policy-single-socket";
        /// The guest demands a recent ABI (ATT-134).
        POLICY_ABI = "snp.policy-abi";
        /// The guest has no CXL memory (ATT-134).
        POLICY_CXL = "snp.policy-cxl";
        /// The guest demands AES-256-XTS (ATT-134).
        POLICY_AES_256 = "snp.policy-aes-256";
        /// The guest demands that power is not measured (ATT-134).
        POLICY_RAPL = "snp.policy-rapl";
        /// The guest demands that ciphertext is hidden (ATT-134).
        POLICY_CIPHERTEXT_HIDING = "snp.policy-ciphertext-hiding";
        /// The guest demands that its pages are not swapped (ATT-134).
        POLICY_PAGE_SWAP = "snp.policy-page-swap";
        /// The fixed bits of the guest policy have their values (ATT-134).
        POLICY_RESERVED = "snp.policy-reserved";
        /// SMT of the machine (ATT-135).
        PLATFORM_SMT = "snp.platform-smt";
        /// TSME of the machine (ATT-135).
        PLATFORM_TSME = "snp.platform-tsme";
        /// ECC of the machine (ATT-135).
        PLATFORM_ECC = "snp.platform-ecc";
        /// RAPL of the machine (ATT-135).
        PLATFORM_RAPL = "snp.platform-rapl";
        /// Ciphertext hiding of the machine (ATT-135).
        PLATFORM_CIPHERTEXT_HIDING = "snp.platform-ciphertext-hiding";
        /// The machine's memory was checked for aliases (ATT-136).
        PLATFORM_ALIAS_CHECK = "snp.platform-alias-check";
        /// Trusted I/O of the machine (ATT-135).
        PLATFORM_TIO = "snp.platform-tio";
        /// The bits of PLATFORM_INFO that have no name (ATT-135).
        PLATFORM_UNNAMED = "snp.platform-unnamed";
        /// The firmware that runs is recent enough (ATT-137).
        TCB_CURRENT = "snp.tcb-current";
        /// The firmware that is committed is recent enough (ATT-137).
        TCB_COMMITTED = "snp.tcb-committed";
        /// The firmware at launch was recent enough (ATT-137).
        TCB_LAUNCH = "snp.tcb-launch";
        /// The firmware that the key stands for is recent enough (ATT-137).
        TCB_REPORTED = "snp.tcb-reported";
        /// The firmware that runs is committed (ATT-138).
        PROVISIONAL = "snp.provisional-firmware";
        /// The version of the SNP firmware is recent enough (ATT-138).
        FIRMWARE = "snp.firmware";
        /// The mitigations at launch include the wanted ones (ATT-139).
        LAUNCH_MITIGATIONS = "snp.launch-mitigations";
        /// The mitigations now include the wanted ones (ATT-139).
        CURRENT_MITIGATIONS = "snp.current-mitigations";
        /// The security version of the guest is recent enough (ATT-140).
        GUEST_SVN = "snp.guest-svn";
        /// The host data is an allowed one (ATT-140).
        HOST_DATA = "snp.host-data";
        /// The family of the guest is an allowed one (ATT-140).
        FAMILY_ID = "snp.family-id";
        /// The image of the guest is an allowed one (ATT-140).
        IMAGE_ID = "snp.image-id";
        /// The key of the ID block is an allowed one (ATT-140).
        ID_KEY = "snp.id-key";
        /// The key above the key of the ID block is an allowed one (ATT-140).
        AUTHOR_KEY = "snp.author-key";
        /// A revocation list had to be consulted (ATT-141).
        REVOCATION = "snp.revocation";
    }
}

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
        &[$(CheckInfo::new(ids::$name.as_str(), $meaning).effects($effects)$(.decided_by($key))?),*]
    };
}

/// The table.
pub(crate) const CHECKS: &[CheckInfo] = rows! {
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
