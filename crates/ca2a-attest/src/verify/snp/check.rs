//! The ids of the checks on SEV-SNP evidence: the verifier's in their order, then those of the appraisal.

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
