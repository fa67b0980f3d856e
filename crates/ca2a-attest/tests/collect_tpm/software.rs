//! A software TPM from the first boot to an appraisal, and seven ways to deceive a verifier with it. Each step is told on
//! standard output: `cargo xtask swtpm` shows it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ca2a_attest::{
    Evidence, Platform, Role, VerifiedEvidence,
    appraisal::{Appraisal, AppraisalPolicy, Counters, Request},
    binding,
    collect::{
        CollectError, SystemPace,
        tpm::{
            Certificates, Chip, TpmReport, TpmSource, offer,
            provision::{self, KeyKind, Provisioned, Swtpm, ThrowawayAuthority},
        },
    },
    verify::{
        EvidenceError, HardwareVerifier, Memory, Provided,
        hash::HashAlgorithm,
        tpm::{PcrSelection, PcrSet, TpmClaims},
    },
};
use ca2a_core::{ChannelKey, json};

const KEY: &str = "e8fd15a9e9dd23e991e48bca159f9e6231875921687f85080f74a45550e6591c";
const NONCE: &str = "a nonce of the relying party";
/// The key that a careless authority certifies though it signs whatever it is given.
const CARELESS: Provisioned = Provisioned { key: 0x8101_0003, parent: 0x8101_0001 };

/// A machine with a software TPM, and who believes it.
struct Scene {
    folder: std::path::PathBuf,
    tpm: Option<Swtpm>,
    authority: ThrowawayAuthority,
    now: u64,
    source: TpmSource,
}

impl Drop for Scene {
    fn drop(&mut self) {
        drop(self.tpm.take());
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Scene {
    fn new() -> Option<Self> {
        if !Swtpm::is_installed() {
            println!("SKIPPED: swtpm is not installed (apt-get install swtpm swtpm-tools)");
            return None;
        }
        let folder = std::env::temp_dir().join(format!("ca2a-swtpm-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let authority = ThrowawayAuthority::new(now - 60, now + 3_600).unwrap();
        let places = Provisioned::default();
        let source = TpmSource { parent: Some(places.parent), ..TpmSource::new(places.key) };
        let mut scene = Self { folder, tpm: None, authority, now, source };
        scene.boot();
        let public = scene.ask(|chip| {
            provision::provision(chip, KeyKind::Attestation, places)?;
            chip.read_public(places.key)
        });
        scene.source.certificates = scene.certified(&public.public);
        println!("an attestation key is at 0x{:08x}, its certificate is a throwaway authority's", places.key);
        Some(scene)
    }

    fn certified(&self, public: &[u8]) -> Certificates {
        Certificates::Pem(self.authority.certify_as_pem(public).unwrap())
    }

    /// Powers up, and measures what boots.
    fn boot(&mut self) {
        drop(self.tpm.take());
        self.tpm = Some(Swtpm::start(&self.folder).unwrap());
        self.ask(|chip| {
            for index in 0..8 {
                for bank in [HashAlgorithm::Sha1, HashAlgorithm::Sha256] {
                    provision::pcr_extend(chip, index, bank, b"firmware")?;
                }
            }
            Ok(())
        });
    }

    fn ask<T>(&self, ask: impl FnOnce(&mut Chip<'_>) -> Result<T, CollectError>) -> T {
        let mut transport = self.tpm.as_ref().unwrap().address().open().unwrap();
        let mut pace = SystemPace::start();
        ask(&mut Chip::new(&mut *transport, &mut pace, [9; 16], Duration::from_secs(20))).unwrap()
    }

    fn collect(&self, source: &TpmSource, nonce: &str) -> TpmReport {
        let field = binding::signed_field(Platform::Tpm, Role::Callee, KEY, nonce).unwrap();
        self.ask(|chip| source.collect(chip, &field))
    }

    fn selecting(&self, bank: HashAlgorithm, pcrs: PcrSet) -> TpmSource {
        TpmSource { selection: PcrSelection::of(bank, pcrs), ..self.source.clone() }
    }

    fn verify(&self, evidence: &Evidence) -> Result<VerifiedEvidence, EvidenceError> {
        let root = self.authority.certificate();
        let verifier = HardwareVerifier::built_in().with_root(Platform::Tpm, root).unwrap();
        verifier.verify(Platform::Tpm, evidence, Provided::default(), self.now, &Memory::default())
    }

    /// Appraises under the strict policy, with the measurement of the first boot for the one reference value.
    fn appraise(&self, evidence: &VerifiedEvidence, known: &str, before: Option<Counters>) -> Appraisal {
        let digest = known.strip_prefix("sha256:").unwrap();
        let policy = format!(
            r#"{{"version": 1, "tpm": {{"require_qualified_name": true, "reference_values":
                [{{"name": "first boot", "pcr-digest": "{digest}"}}]}}}}"#
        );
        let policy = AppraisalPolicy::from_node(&json::read(policy.as_bytes()).unwrap()).unwrap();
        let key: ChannelKey = KEY.parse().unwrap();
        let mut request = Request::binding(self.now, Platform::Tpm, Role::Callee, &key, NONCE).unwrap();
        if let Some(before) = before {
            request = request.after(before);
        }
        policy.appraise(evidence, &request)
    }

    /// `evidence` verifies, and is refused for `check`.
    fn is_refused(
        &self,
        what: &str,
        evidence: &Evidence,
        known: &str,
        before: Option<Counters>,
        check: &str,
    ) {
        let verified = self.verify(evidence).unwrap_or_else(|error| panic!("{what}: {error}"));
        let appraisal = self.appraise(&verified, known, before);
        assert!(!appraisal.is_affirming(), "{what} is Affirming");
        let failed: Vec<String> = appraisal.failed().map(|failed| failed.id.to_string()).collect();
        assert!(failed.iter().any(|failed| failed == check), "{what}: {failed:?}");
        println!("refused: {what:<22} {}", failed.join(", "));
    }
}

fn claims(evidence: &VerifiedEvidence) -> &TpmClaims {
    let VerifiedEvidence::Tpm(verified) = evidence else { panic!("no TPM's evidence") };
    verified.claims()
}

/// ATT-527, ATT-528, ATT-300 to ATT-330: one scene, since each boot takes its time.
#[test]
fn a_software_tpm_attests_and_cannot_deceive() {
    let Some(mut scene) = Scene::new() else { return };

    let key: ChannelKey = KEY.parse().unwrap();
    let offered = scene.ask(|chip| offer(&scene.source, chip, Role::Callee, &key, NONCE));
    let known = offered.report.measurement.to_string();
    let verified = scene.verify(&offered.report.evidence).unwrap();
    let appraisal = scene.appraise(&verified, &known, None);
    assert!(appraisal.is_affirming(), "{}", appraisal.reasons());
    assert_eq!(appraisal.stated_measurement(), known);
    println!("affirming: {known} under reference set `{}`", appraisal.reference().unwrap());
    let clock = claims(&verified).quote.clock;
    let before =
        Counters { clock: clock.clock, reset_count: clock.reset_count, restart_count: clock.restart_count };

    // 1. Another attestation by the same key.
    let good = scene.collect(&scene.source, NONCE).into_evidence();
    let field = binding::signed_field(Platform::Tpm, Role::Callee, KEY, NONCE).unwrap();
    let time = scene.ask(|chip| provision::get_time(chip, scene.source.key, &field));
    let other =
        Evidence { raw_evidence: Some(time.attest), quote_signature: Some(time.signature), ..good.clone() };
    let error = scene.verify(&other).unwrap_err();
    assert_eq!(error.check.to_string(), "tpm.type");
    println!("refused: {:<22} {}", "another type", error.check);

    // 2. A part of the PCRs; 6. one that software resets; 7. a bank of SHA-1.
    for (what, bank, pcrs, check) in [
        ("wrong selection", HashAlgorithm::Sha256, "0-3", "tpm.pcr-selection"),
        ("PCR 16 only", HashAlgorithm::Sha256, "16", "tpm.pcr-selection"),
        ("SHA-1 bank", HashAlgorithm::Sha1, "0-7", "tpm.pcr-bank"),
    ] {
        let report = scene.collect(&scene.selecting(bank, pcrs.parse().unwrap()), NONCE);
        scene.is_refused(what, report.evidence(), &known, None, check);
    }

    // 3. A quote that answers somebody else.
    let report = scene.collect(&scene.source, "a nonce of somebody else");
    scene.is_refused("wrong nonce", report.evidence(), &known, None, "tpm.nonce");

    // 5. A key that signs whatever it is given, certified by an authority that does not look: the forged quote says what
    // the verifier wants to hear.
    let public = scene.ask(|chip| {
        provision::add_key(chip, KeyKind::Unrestricted, CARELESS)?;
        chip.read_public(CARELESS.key)
    });
    let mut forged = good.raw_evidence.clone().unwrap();
    let signer = 8..8 + usize::from(forged[7]);
    assert_eq!(signer.len(), public.qualified_name.len());
    forged[signer].copy_from_slice(&public.qualified_name);
    let digest = HashAlgorithm::Sha256.digest(&[&forged]);
    let signature = scene.ask(|chip| provision::sign(chip, CARELESS.key, &digest));
    let careless = TpmSource {
        key: CARELESS.key,
        certificates: scene.certified(&public.public),
        ..scene.source.clone()
    };
    let report = scene.collect(&careless, NONCE).into_evidence();
    let forged = Evidence { raw_evidence: Some(forged), quote_signature: Some(signature), ..report };
    scene.is_refused("an unrestricted key", &forged, &known, None, "tpm.ak-attributes");

    // A restricted key does not sign what is no attestation of its TPM's.
    let mut transport = scene.tpm.as_ref().unwrap().address().open().unwrap();
    let mut pace = SystemPace::start();
    let mut chip = Chip::new(&mut *transport, &mut pace, [9; 16], Duration::from_secs(20));
    let error = provision::sign(&mut chip, scene.source.key, &digest).unwrap_err();
    assert!(matches!(error, CollectError::Device { command: "TPM2_Sign", .. }), "{error}");
    println!("the attestation key itself signs no forged quote: {error}");
    drop(transport);

    // 4. A reset since the key was last seen, though the same firmware boots.
    scene.boot();
    let report = scene.collect(&scene.source, NONCE);
    assert_eq!(report.measurement(), known);
    scene.is_refused("a reset", report.evidence(), &known, Some(before), "tpm.reset-count");
}
