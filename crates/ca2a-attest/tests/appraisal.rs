//! Reading and appraising offers: round trips, the seam for hardware, and inputs that nobody honest sends.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "tests"
)]

use ca2a_attest::{
    Accepted, Assurance, AttestError, AttestationReport, ChannelOffer, Evidence, EvidenceVerifier, Handshake,
    OfferPolicy, Platform, Role, appraise_caller, binding, software, verify_offer,
};
use ca2a_core::{
    CallerAssurance, Challenge, ChallengeError, ChallengeKey, ChannelKey, ErrorCode,
    json::{self, Node, Object},
};
use ca2a_covers::covers;
use proptest::prelude::*;

const KEY: ChannelKey = ChannelKey([0x5a; 32]);

/// Believes evidence that is the binding itself, as hardware would sign it.
struct BindingVerifier(Platform);

impl EvidenceVerifier for BindingVerifier {
    fn covers(&self, platform: Platform) -> bool {
        platform == self.0
    }

    fn verify(
        &self,
        platform: Platform,
        report: &AttestationReport,
        nonce: &str,
        role: Role,
    ) -> Result<Accepted, AttestError> {
        let field = binding::signed_field(platform, role, &report.public_key, nonce)?;
        if report.evidence.raw_evidence.as_ref() == Some(&field) {
            Ok(Accepted { measurement: format!("measured-{platform}").into(), appraisal: None })
        } else {
            Err(AttestError::Evidence { platform, reason: "another binding was signed".into() })
        }
    }
}

/// What hardware of `platform` would make of a request for an offer.
fn hardware_offer(platform: Platform, role: Role, nonce: &str) -> ChannelOffer {
    let mut offer = software::offer(role, &KEY, nonce);
    offer.report.platform = platform.as_str().into();
    offer.report.measurement = "whatever the report claims".into();
    let field = binding::signed_field(platform, role, &KEY.to_string(), nonce).unwrap();
    offer.report.evidence.raw_evidence = Some(field);
    offer
}

/// ATT-9.
#[test]
fn hardware_is_what_a_verifier_accepts() {
    covers!(accept, "ATT-9");
    for platform in [Platform::SevSnp, Platform::Tdx, Platform::Tpm] {
        let verifier = BindingVerifier(platform);
        let policy = OfferPolicy::software().verifier(&verifier).require_hardware();
        for role in [Role::Callee, Role::Caller] {
            let offer = hardware_offer(platform, role, "n1");
            let verified = verify_offer(&offer, "n1", role, policy).unwrap();
            assert_eq!(verified.assurance(), Assurance::Hardware);
            assert_eq!((verified.channel_key(), verified.role()), (KEY, role));
            assert_eq!(verified.measurement(), format!("measured-{platform}"), "not what the report claims");
            assert_eq!(CallerAssurance::from(verified.assurance()), CallerAssurance::Hardware);
        }
    }
}

/// ATT-3, ATT-5, ATT-9: a relabelled offer fails on its evidence, for the role is in the binding.
#[test]
fn a_relabelled_offer_fails_on_its_evidence() {
    covers!(refuse, "ATT-9");
    let verifier = BindingVerifier(Platform::SevSnp);
    let policy = OfferPolicy::software().verifier(&verifier);
    let mut offer = hardware_offer(Platform::SevSnp, Role::Callee, "n1");
    offer.report.role = Role::Caller;
    let refused = verify_offer(&offer, "n1", Role::Caller, policy).unwrap_err();
    assert!(matches!(refused, AttestError::Evidence { platform: Platform::SevSnp, .. }), "{refused}");
}

/// ATT-6, ATT-9: nobody's evidence is believed unverified, or verified as another platform's.
#[test]
fn hardware_without_its_verifier_is_refused() {
    let offer = hardware_offer(Platform::Tdx, Role::Callee, "n1");
    let none = verify_offer(&offer, "n1", Role::Callee, OfferPolicy::software());
    assert_eq!(none.unwrap_err(), AttestError::NoVerifier { platform: Platform::Tdx });
    let snp = BindingVerifier(Platform::SevSnp);
    let other = verify_offer(&offer, "n1", Role::Callee, OfferPolicy::software().verifier(&snp));
    assert_eq!(other.unwrap_err(), AttestError::NoVerifier { platform: Platform::Tdx });

    let mut unknown = offer;
    unknown.report.platform = "SEV-SNP".into();
    let refused = verify_offer(&unknown, "n1", Role::Callee, OfferPolicy::software()).unwrap_err();
    assert_eq!(refused, AttestError::UnknownPlatform { found: "SEV-SNP".into() });
    assert_eq!(refused.code(), ErrorCode::AttestationFailed);
}

/// ATT-9: of several verifiers, the one of the platform judges alone.
#[test]
fn several_verifiers_are_one() {
    let verifiers = [Platform::Tpm, Platform::Tdx];
    let verifiers =
        verifiers.map(|platform| Box::new(BindingVerifier(platform)) as Box<dyn EvidenceVerifier>);
    let all = Vec::from(verifiers);
    let policy = OfferPolicy::software().verifier(&all);
    assert!(all.covers(Platform::Tdx) && !all.covers(Platform::SevSnp));
    for platform in [Platform::Tpm, Platform::Tdx] {
        let offer = hardware_offer(platform, Role::Callee, "n1");
        let verified = verify_offer(&offer, "n1", Role::Callee, policy).unwrap();
        assert_eq!(verified.measurement(), format!("measured-{platform}"));
        let refused = all.verify(platform, &offer.report, "n2", Role::Callee).unwrap_err();
        assert!(matches!(refused, AttestError::Evidence { .. }), "{refused}");
    }
    let offer = hardware_offer(Platform::SevSnp, Role::Callee, "n1");
    let refused = verify_offer(&offer, "n1", Role::Callee, policy).unwrap_err();
    assert_eq!(refused, AttestError::NoVerifier { platform: Platform::SevSnp });
    assert_eq!(all.verify(Platform::SevSnp, &offer.report, "n1", Role::Callee), Err(refused));
}

/// An error repeats no more of a hostile text than a person reads.
#[test]
fn errors_are_short() {
    let long = "x".repeat(1 << 19);
    let refused = long.parse::<Platform>().unwrap_err();
    assert!(refused.to_string().len() < 200);
    let mut offer = software::offer(Role::Callee, &KEY, "n1").to_node();
    offer.as_object_mut().unwrap().insert("channel_public_key", long);
    assert!(ChannelOffer::from_node(&offer).unwrap_err().to_string().len() < 200);
}

/// ATT-8.
#[test]
fn software_is_no_assurance() {
    let offer = software::offer(Role::Callee, &KEY, "n1");
    let verified = verify_offer(&offer, "n1", Role::Callee, OfferPolicy::software()).unwrap();
    assert_eq!(verified.assurance().as_str(), "none");
    assert_eq!(verified.measurement(), software::MEASUREMENT);
    assert_eq!(CallerAssurance::from(verified.assurance()), CallerAssurance::SoftwareOnly);
    let required = verify_offer(&offer, "n1", Role::Callee, OfferPolicy::software().require_hardware());
    assert_eq!(required.unwrap_err(), AttestError::HardwareRequired);
    assert!(binding::digest(Platform::SoftwareOnly, Role::Callee, "k", "n").is_err());
}

/// ATT-10.
#[test]
fn a_caller_answers_a_challenge_of_ours() {
    let ours = ChallengeKey::new([1; 32]);
    let token = |key: &ChallengeKey, random| key.issue(1000, 60, [random; 16]);
    let first = token(&ours, 1);
    let offer = software::offer(Role::Caller, &KEY, first.as_str());
    let live = offer.live_challenge(&ours, 1059).unwrap();
    assert!(appraise_caller(&offer, &live, OfferPolicy::software()).is_ok());

    let expired = offer.live_challenge(&ours, 1060).unwrap_err();
    assert!(matches!(expired, AttestError::Challenge(ChallengeError::Expired { .. })), "{expired}");
    let theirs = software::offer(Role::Caller, &KEY, token(&ChallengeKey::new([2; 32]), 1).as_str());
    let foreign = theirs.live_challenge(&ours, 1000).unwrap_err();
    assert_eq!(foreign, AttestError::Challenge(ChallengeError::Foreign));
    assert_eq!(foreign.code(), ErrorCode::AttestationFailed);

    let other = software::offer(Role::Caller, &KEY, token(&ours, 2).as_str());
    assert_eq!(appraise_caller(&other, &live, OfferPolicy::software()).unwrap_err(), AttestError::WrongNonce);
    let callee = software::offer(Role::Callee, &KEY, first.as_str());
    let refused = appraise_caller(&callee, &live, OfferPolicy::software()).unwrap_err();
    assert_eq!(refused, AttestError::WrongRole { found: Role::Callee, expected: Role::Caller });
}

/// ATT-1 to ATT-4.
#[test]
fn offers_that_nobody_honest_sends() {
    let honest = json::to_text(&software::offer(Role::Caller, &KEY, "n1").to_node());
    assert!(Handshake::from_json(honest.as_bytes()).is_ok());
    let swap = |from: &str, to: &str| {
        assert!(honest.contains(from), "{from}");
        honest.replace(from, to)
    };
    let evidence = |text: &str| swap("\"role\":\"caller\"", &format!("\"raw_evidence\":{text}"));
    let hostile = [
        ("a nonce that is a number", swap("\"n1\"", "5")),
        ("a nonce that is null", swap("\"n1\"", "null")),
        ("no nonce", swap("\"nonce\":\"n1\",", "")),
        ("a role that is null", swap("\"caller\"", "null")),
        ("a role in capitals", swap("\"caller\"", "\"Caller\"")),
        ("a lone surrogate", swap("\"n1\"", r#""\udfff""#)),
        ("two nonces", swap("\"nonce\":\"n1\"", "\"nonce\":\"n1\",\"nonce\":\"n2\"")),
        ("evidence that is null", evidence("null")),
        ("empty evidence", evidence("\"\"")),
        ("padded evidence", evidence("\"QQ==\"")),
        ("evidence with spare bits", evidence("\"QR\"")),
        ("evidence of another alphabet", evidence("\"+/+/\"")),
        ("10,000 levels", "[".repeat(10_000)),
        ("no object", "[]".into()),
    ];
    for (what, offer) in hostile {
        let refused = Handshake::from_json(offer.as_bytes()).expect_err(what);
        assert_eq!(refused.code(), ErrorCode::TransportError, "{what}");
    }
    for key in [KEY.to_string().to_uppercase(), format!(" {KEY}"), "zz".into(), String::new()] {
        let offer =
            swap(&format!("\"channel_public_key\":\"{KEY}"), &format!("\"channel_public_key\":\"{key}"));
        let refused = Handshake::from_json(offer.as_bytes()).unwrap_err();
        assert_eq!(refused, AttestError::ChannelKey { found: key.into() });
        assert_eq!(refused.code(), ErrorCode::AttestationFailed);
    }
}

/// ATT-11: an offer with everything wrong about it, mended from the first check to the last.
#[test]
fn what_fails_first_is_what_is_said() {
    covers!(accept, "ATT-11");
    covers!(refuse, "ATT-11");
    let verifier = BindingVerifier(Platform::Tdx);
    let software = OfferPolicy::software();
    let judging = software.verifier(&verifier);
    let mut offer = hardware_offer(Platform::Tdx, Role::Callee, "stale");
    offer.report.platform = "abacus".into();
    offer.channel_key = ChannelKey([1; 32]);
    let refused = |offer: &ChannelOffer, policy| verify_offer(offer, "n1", Role::Caller, policy).unwrap_err();
    let ours = ChallengeKey::new([1; 32]);
    // Of a caller its challenge is looked at before its offer.
    assert!(matches!(offer.live_challenge(&ours, 1000), Err(AttestError::Challenge(_))));
    let live = software::offer(Role::Caller, &KEY, ours.issue(1000, 60, [1; 16]).as_str());
    let live = live.live_challenge(&ours, 1000).unwrap();
    assert!(matches!(appraise_caller(&offer, &live, judging), Err(AttestError::WrongRole { .. })));

    assert!(matches!(refused(&offer, judging), AttestError::WrongRole { .. }));
    offer.report.role = Role::Caller;
    assert_eq!(refused(&offer, judging), AttestError::KeyNotBound);
    offer.channel_key = KEY;
    assert_eq!(refused(&offer, judging), AttestError::WrongNonce);
    offer.report.nonce = "n1".into();
    assert_eq!(refused(&offer, judging), AttestError::UnknownPlatform { found: "abacus".into() });
    offer.report.platform = "tdx".into();
    assert_eq!(refused(&offer, software), AttestError::NoVerifier { platform: Platform::Tdx });
    // The evidence is still that of another role and nonce: refused, though no hardware was asked for.
    assert!(matches!(refused(&offer, judging), AttestError::Evidence { .. }));
    offer.report.evidence.raw_evidence =
        Some(binding::signed_field(Platform::Tdx, Role::Caller, &KEY.to_string(), "n1").unwrap());
    assert!(verify_offer(&offer, "n1", Role::Caller, judging).is_ok());
}

/// ATT-500: what peers do not know travels as all evidence does, and what a peer has no say in has no member.
#[test]
fn further_evidence_has_one_spelling() {
    covers!(accept, "ATT-500");
    covers!(refuse, "ATT-500");
    const MEMBERS: [&str; 7] = [
        "certificate_table",
        "attestation_key_public",
        "attestation_key_parent_public",
        "pcr_values",
        "event_log",
        "hcl_report",
        "td_quote",
    ];
    let honest = json::to_text(&software::offer(Role::Callee, &KEY, "n1").to_node());
    let with = |member: &str, value: &str| {
        let text = honest.replacen("\"nonce\":", &format!("\"{member}\":{value},\"nonce\":"), 1);
        assert_ne!(text, honest);
        Handshake::from_json(text.as_bytes()).map(|handshake| handshake.offer)
    };
    let plain = Handshake::from_json(honest.as_bytes()).unwrap().offer;
    for member in MEMBERS {
        let offer = with(member, "\"QUI\"").unwrap();
        assert_ne!(offer, plain, "{member}");
        let written = json::to_text(&offer.to_node());
        assert!(written.contains(&format!("\"{member}\":\"QUI\"")), "{written}");
        for wrong in ["null", "\"\"", "5", "\"QUI=\"", "\"QUJ\"", "\"Q\"", "\"+/+/\""] {
            let refused = with(member, wrong).unwrap_err();
            assert_eq!(refused.code(), ErrorCode::TransportError, "{member}: {wrong}");
        }
    }
    for foreign in ["collateral", "revocation_lists", "trusted_roots"] {
        assert_eq!(with(foreign, "null").unwrap(), plain, "{foreign}");
    }
}

/// ATT-1: what is not ours is left alone, numbers included.
#[test]
fn foreign_members_are_left_alone() {
    let honest = json::to_text(&software::offer(Role::Callee, &KEY, "n1").to_node());
    let foreign = honest.replacen('{', r#"{"x-load":0.75,"x":{"y":[1e400]},"#, 1);
    assert_eq!(
        Handshake::from_json(foreign.as_bytes()).unwrap().offer,
        software::offer(Role::Callee, &KEY, "n1")
    );
}

fn report() -> impl Strategy<Value = AttestationReport> {
    let text = || "\\PC{0,30}".prop_map(String::into_boxed_str);
    let bytes = || prop::option::of(prop::collection::vec(any::<u8>(), 1..60));
    let peers = (bytes(), bytes(), bytes(), bytes());
    let ours = (bytes(), bytes(), bytes(), bytes(), bytes(), bytes(), bytes());
    let evidence = (peers, ours).prop_map(|((raw, signature, key, chain), ours)| Evidence {
        raw_evidence: raw,
        quote_signature: signature,
        attestation_key_pem: key,
        attestation_key_chain_pem: chain,
        certificate_table: ours.0,
        attestation_key_public: ours.1,
        attestation_key_parent_public: ours.2,
        pcr_values: ours.3,
        event_log: ours.4,
        hcl_report: ours.5,
        td_quote: ours.6,
    });
    let role = prop_oneof![Just(Role::Callee), Just(Role::Caller)];
    (text(), text(), text(), text(), role, evidence).prop_map(
        |(platform, measurement, public_key, nonce, role, evidence)| AttestationReport {
            platform,
            measurement,
            public_key,
            nonce,
            role,
            evidence,
        },
    )
}

proptest! {
    /// ATT-1, ATT-2: whatever an offer says, it comes back as it was written.
    #[test]
    fn offers_come_back(key: [u8; 32], report in report(), challenge in prop::option::of("\\PC{1,30}")) {
        let offer = ChannelOffer { channel_key: ChannelKey(key), report };
        let handshake = Handshake { offer, challenge: challenge.map(Challenge::new) };
        let text = json::to_text(&handshake.to_node());
        prop_assert_eq!(Handshake::from_json(text.as_bytes()).unwrap(), handshake);
    }

    /// ATT-3, ATT-4, ATT-7: an offer under any other role, key or nonce is refused.
    #[test]
    fn offers_are_for_one_use(role_differs: bool, key: [u8; 32], nonce in "\\PC{0,4}", expected in "\\PC{0,4}") {
        let (minted, asked) = if role_differs { (Role::Callee, Role::Caller) } else { (Role::Caller, Role::Caller) };
        let mut offer = software::offer(minted, &KEY, &nonce);
        offer.channel_key = ChannelKey(key);
        let honest = !role_differs && offer.channel_key == KEY && nonce == expected;
        let verified = verify_offer(&offer, &expected, asked, OfferPolicy::software());
        prop_assert_eq!(verified.is_ok(), honest);
        offer.channel_key = KEY;
        let verified = verify_offer(&offer, &nonce, asked, OfferPolicy::software());
        prop_assert_eq!(verified.is_ok(), !role_differs);
    }

    /// ATT-5: no two of platform, role, key and nonce share a binding, wherever the text is cut.
    #[test]
    fn bindings_are_injective(text in "\\PC{0,12}", cut: prop::sample::Index, other: prop::sample::Index) {
        let characters: Vec<char> = text.chars().collect();
        let split = |at: usize| -> (String, String) {
            (characters[..at].iter().collect(), characters[at..].iter().collect())
        };
        let at = (cut.index(characters.len() + 1), other.index(characters.len() + 1));
        prop_assume!(at.0 != at.1);
        let of = |(key, nonce): (String, String), platform, role| binding::digest(platform, role, &key, &nonce).unwrap();
        prop_assert_ne!(of(split(at.0), Platform::Tpm, Role::Callee), of(split(at.1), Platform::Tpm, Role::Callee));
        prop_assert_ne!(of(split(at.0), Platform::Tpm, Role::Callee), of(split(at.0), Platform::Tpm, Role::Caller));
        prop_assert_ne!(of(split(at.0), Platform::Tpm, Role::Callee), of(split(at.0), Platform::Tdx, Role::Callee));
    }

    /// ATT-1: no text at all makes the reader do anything but answer.
    #[test]
    fn noise_is_refused(noise in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Handshake::from_json(&noise).is_err());
        let node: Node<'_> = Object::from([("attestation", Node::from(String::from_utf8_lossy(&noise)))]).into();
        prop_assert!(ChannelOffer::from_node(&node).is_err());
    }
}
