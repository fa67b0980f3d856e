//! Evidence of a TPM of our own, changed in one thing: refused by the check that is about it. Covers ATT-300 to ATT-329.

use ca2a_attest::{
    appraisal::{Counters, tpm::TpmPolicy},
    verify::{
        hash::HashAlgorithm,
        tpm::{Hierarchy, KeyPlace, PcrSelection, PcrSet, Standing, TpmTrust, checks, verify},
    },
};
use ca2a_covers::covers;

use crate::{
    event_log,
    evidence::failed,
    pki::{List, extension, seq, tlv},
    plan::{
        AIK_CERTIFICATE, ATTESTS, EK_CERTIFICATE, ENDORSEMENT, Made, NOW, NULL, Plan, boot, purposes, tpm2b,
    },
};

/// The check that refuses a plan with this change.
fn refused(change: impl FnOnce(&mut Plan)) -> String {
    let mut plan = Plan::new();
    change(&mut plan);
    plan.verify().unwrap_err().check.to_string()
}

/// The check that refuses evidence that was changed after it was made.
fn tampered(change: impl FnOnce(&mut Made)) -> String {
    let mut made = Plan::new().make();
    change(&mut made);
    made.verify().unwrap_err().check.to_string()
}

/// What the strict policy has against a plan with this change.
fn faults(change: impl FnOnce(&mut Plan)) -> String {
    let mut plan = Plan::new();
    change(&mut plan);
    let made = plan.make();
    failed(&TpmPolicy::default(), made.verify().unwrap(), &made.request()).join(" ")
}

fn change(change: impl FnOnce(&mut Plan)) -> Plan {
    let mut plan = Plan::new();
    change(&mut plan);
    plan
}

/// Without a change everything is good, so that each test below shows its own change.
#[test]
fn unchanged_it_verifies_and_passes_the_strict_policy() {
    covers!(
        accept, "ATT-300", "ATT-301", "ATT-302", "ATT-303", "ATT-304", "ATT-305", "ATT-306", "ATT-307",
        "ATT-320", "ATT-321", "ATT-322", "ATT-324", "ATT-326", "ATT-327", "ATT-329"
    );
    assert_eq!(faults(|_| ()), "");
    let verified = Plan::new().verify().unwrap();
    let claims = verified.claims();
    assert!(matches!(claims.key.standing, Standing::Certified { google: false, .. }));
    assert_eq!(claims.pcr_values.as_ref().unwrap().iter().count(), 8);
}

#[test]
fn structures_are_what_a_tpm_writes() {
    covers!(refuse, "ATT-300", "ATT-301", "ATT-302");
    assert_eq!(tampered(|made| made.quote[0] = 0), "tpm.magic");
    assert_eq!(tampered(|made| made.quote = tpm2b(&made.quote)), "tpm.magic", "a TPM2B in front");
    assert_eq!(tampered(|made| made.quote[5] = 0x17), "tpm.type");
    assert_eq!(tampered(|made| made.quote.push(0)), "tpm.quote-structure");
    assert_eq!(tampered(|made| made.signature.push(0)), "tpm.signature-structure");
    assert_eq!(tampered(|made| made.signature[3] = 4), "tpm.signature-algorithm");
    assert_eq!(tampered(|made| made.public.push(0)), "tpm.ak-public-structure");
    assert_eq!(tampered(|made| made.public = tpm2b(&made.public)), "tpm.ak-public-structure");
    assert_eq!(tampered(|made| made.public[1] = 0x08), "tpm.ak-public-structure", "a keyed hash");
    assert_eq!(tampered(|made| made.public[3] = 0x04), "tpm.ak-public-structure", "SHA-1");
    assert_eq!(tampered(|made| made.public[4] = 0x80), "tpm.ak-public-structure", "a reserved attribute");
    let curve = 8 + 2 + 2 + 4;
    assert_eq!(tampered(|made| made.public[curve + 1] = 5), "tpm.ak-public-structure", "P-521");
}

/// An RSA key is one of 2048 to 4096 bits, as long as it says.
#[test]
fn rsa_keys_are_long_enough() {
    covers!(accept, "ATT-302");
    covers!(refuse, "ATT-302");
    let area = |bits: u16, modulus: usize, first: u8| {
        let mut number = vec![0xff; modulus];
        number[0] = first;
        let head =
            [&[0, 1, 0, 0x0b][..], &ATTESTS.to_be_bytes(), &[0, 0, 0, 0x10, 0, 0x14, 0, 0x0b]].concat();
        [&head[..], &bits.to_be_bytes(), &[0; 4], &tpm2b(&number)].concat()
    };
    // The area is read before anything is compared with it, so that a good one is refused for another key.
    let check = |public: Vec<u8>| tampered(|made| made.public = public);
    for bytes in [256, 384, 512] {
        assert_eq!(check(area(bytes * 8, bytes.into(), 0xff)), "tpm.ak-key", "{bytes}");
    }
    assert_eq!(check(area(1024, 128, 0xff)), "tpm.ak-public-structure");
    assert_eq!(check(area(2048, 257, 0xff)), "tpm.ak-public-structure");
    assert_eq!(check(area(2048, 256, 0x7f)), "tpm.ak-public-structure");
}

#[test]
fn a_key_signs_in_its_own_way() {
    covers!(refuse, "ATT-303", "ATT-304");
    // The same key, whose public area is for SHA-384.
    assert_eq!(refused(|plan| plan.scheme_hash = 0x000c), "tpm.scheme");
    let rsa = |made: &mut Made| made.signature = [&[0, 0x14, 0, 0x0b][..], &tpm2b(&[1; 256])].concat();
    assert_eq!(tampered(rsa), "tpm.scheme");
    // The certificate alone says that its key is none of RSA.
    let mut made = Plan::new().make();
    rsa(&mut made);
    let mut evidence = made.evidence();
    evidence.public = None;
    assert_eq!(verify(&evidence, &made.trust(), NOW).unwrap_err().check, checks::SCHEME);
    let other = Plan::new().make();
    assert_eq!(tampered(|made| made.public.clone_from(&other.public)), "tpm.ak-key");
    assert_eq!(tampered(|made| made.certificates.clone_from(&other.certificates)), "tpm.ak-key");
    assert_eq!(tampered(|made| made.signature.clone_from(&other.signature)), "tpm.signature");
    let nobodys = |made: &Made| {
        let mut evidence = made.evidence();
        (evidence.certificates, evidence.public) = (&[], None);
        verify(&evidence, &made.trust(), NOW).unwrap_err().check
    };
    assert_eq!(nobodys(&other), checks::KEY);
}

#[test]
fn the_chain_leads_to_a_root_that_is_trusted() {
    covers!(accept, "ATT-305");
    covers!(refuse, "ATT-305");
    let made = Plan::new().make();
    let under =
        |trust: &TpmTrust| verify(&made.evidence(), trust, NOW).map(|_| ()).map_err(|error| error.check);
    assert_eq!(under(&TpmTrust::none()), Err(checks::ROOT));
    assert_eq!(under(&TpmTrust::built_in()), Err(checks::ROOT));
    assert_eq!(under(&TpmTrust::built_in().with_root(&made.root).unwrap()), Ok(()));
    // To bring the root along makes it none.
    let mut whole = made.clone();
    whole.certificates.push(made.root.clone());
    assert!(whole.verify().is_ok());
    let presented = verify(&whole.evidence(), &TpmTrust::none(), NOW).unwrap_err();
    assert_eq!(presented.check, checks::ROOT);
    assert_eq!(tampered(|made| made.certificates.clear()), "tpm.ak-untrusted");
}

#[test]
fn every_certificate_of_the_chain_is_good() {
    covers!(accept, "ATT-305");
    covers!(refuse, "ATT-305");
    assert_eq!(refused(|plan| plan.leaf.until = "260601000000Z"), "tpm.ak-dates");
    assert_eq!(refused(|plan| plan.authority.from = "260701000000Z"), "tpm.ak-dates");
    assert_eq!(refused(|plan| plan.root.until = "260601000000Z"), "tpm.ak-dates");
    assert_eq!(refused(|plan| plan.leaf.issuer = "Another CA"), "tpm.ak-chain");
    assert_eq!(refused(|plan| plan.authorities = 6), "tpm.ak-chain");
    assert_eq!(refused(|plan| plan.authority.authority = false), "tpm.ak-issuer");
    assert_eq!(refused(|plan| plan.authority.usage = Some([1, 0x02])), "tpm.ak-issuer");
    let revokes = |issuer, serial| Some(List { revoked: Some(serial), ..List::new(issuer) });
    assert_eq!(refused(|plan| plan.list = revokes("Platform CA", 3)), "tpm.ak-revoked");
    assert_eq!(refused(|plan| plan.root_list = revokes("Root CA", 2)), "tpm.ak-revoked");
    assert!(change(|plan| plan.list = revokes("Platform CA", 4)).verify().is_ok());
    let forged = Some(List { forged: true, ..List::new("Platform CA") });
    assert_eq!(refused(|plan| plan.list = forged), "tpm.crl-signer");
    let over = Some(List { until: "260610000000Z", ..List::new("Platform CA") });
    assert_eq!(refused(|plan| plan.list = over), "tpm.crl-dates");
}

const SUBJECT_ALTERNATIVE_NAME: &str = "2.5.29.17";

#[test]
fn the_keys_certificate_is_of_a_key_that_signs() {
    covers!(accept, "ATT-306");
    covers!(refuse, "ATT-306");
    assert_eq!(refused(|plan| plan.leaf.authority = true), "tpm.ak-leaf");
    // keyEncipherment alone.
    assert_eq!(refused(|plan| plan.leaf.usage = Some([5, 0x20])), "tpm.ak-leaf");
    let unheard_of = || extension("1.2.3.4", true, &[5, 0]);
    assert_eq!(refused(|plan| plan.leaf.extensions.push(unheard_of())), "tpm.ak-critical-extension");
    assert_eq!(refused(|plan| plan.authority.extensions.push(unheard_of())), "tpm.ak-critical-extension");
    let directory_name = tlv(0xa4, &seq(&[]));
    let dns_name = tlv(0x82, b"host.example");
    let named = |name: &[u8]| extension(SUBJECT_ALTERNATIVE_NAME, true, &seq(&[name.to_vec()]));
    assert!(change(|plan| plan.leaf.extensions.push(named(&directory_name))).verify().is_ok());
    assert_eq!(refused(|plan| plan.leaf.extensions.push(named(&dns_name))), "tpm.ak-critical-extension");
}

#[test]
fn values_hash_to_the_digest() {
    covers!(accept, "ATT-307");
    covers!(refuse, "ATT-307");
    assert_eq!(refused(|plan| plan.pcr_digest = Some(vec![7; 48])), "tpm.pcr-digest");
    assert_eq!(refused(|plan| plan.pcr_digest = Some(vec![7; 20])), "tpm.pcr-digest");
    assert_eq!(refused(|plan| plan.pcr_digest = Some(vec![7; 32])), "tpm.pcr-values");
    assert_eq!(tampered(|made| made.values.as_mut().unwrap()[0] ^= 1), "tpm.pcr-values");
    assert_eq!(tampered(|made| made.values.as_mut().unwrap().rotate_left(32)), "tpm.pcr-values");
    // What hashes to the digest and is no list of values.
    assert_eq!(refused(|plan| plan.values.push(0)), "tpm.pcr-values");
    let mut without = Plan::new().make();
    without.values = None;
    assert!(without.verify().is_ok());
}

#[test]
fn a_qualified_name_shows_where_a_key_is() {
    covers!(accept, "ATT-308");
    covers!(refuse, "ATT-308");
    let place = |change: fn(&mut Plan)| {
        let mut plan = Plan::new();
        change(&mut plan);
        plan.verify().unwrap().claims().key.place
    };
    assert_eq!(place(|plan| plan.below = Some(ENDORSEMENT)), KeyPlace::Below(Hierarchy::Endorsement));
    assert_eq!(place(|plan| plan.below = Some(0x4000_0001)), KeyPlace::Below(Hierarchy::Owner));
    assert_eq!(place(|plan| plan.primary = Some(0x4000_000c)), KeyPlace::Primary(Hierarchy::Platform));
    assert_eq!(place(|_| ()), KeyPlace::Unknown);
    // A key of the null hierarchy is gone with the next reset.
    assert_eq!(place(|plan| plan.primary = Some(NULL)), KeyPlace::Unknown);
    assert_eq!(refused(|plan| plan.below = Some(NULL)), "tpm.qualified-signer");
    // Another parent than the one that the quote names.
    let stranger = change(|plan| plan.below = Some(ENDORSEMENT)).make().parent;
    assert_eq!(tampered(|made| made.parent = stranger), "tpm.qualified-signer");
}

#[test]
fn an_event_log_is_read_and_replayed() {
    covers!(accept, "ATT-310", "ATT-328");
    covers!(refuse, "ATT-310", "ATT-328");
    let with = |log: Vec<u8>| change(|plan| plan.event_log = Some(log)).make();
    let made = with(Made::boot_log());
    let verified = made.verify().unwrap();
    let [bank] = verified.claims().event_log.as_ref().unwrap().banks[..] else { panic!("one bank") };
    assert_eq!((bank.bank, bank.explained), (HashAlgorithm::Sha256, PcrSet::FIRMWARE));
    let judge =
        |made: &Made| failed(&TpmPolicy::default(), made.verify().unwrap(), &made.request()).join(" ");
    assert_eq!(judge(&made), "");
    // One that is cut between two events can be read, and explains less.
    let short = with(event_log::log(&boot()[..7]));
    let claims = short.verify().unwrap().claims().clone();
    assert_eq!(claims.event_log.unwrap().banks[0].explained.to_string(), "0-6");
    assert_eq!(judge(&short), "tpm.event-log");
    // So does one that says more of a register than was measured into it.
    let twice = [&boot()[..], &boot()[..1]].concat();
    assert_eq!(judge(&with(event_log::log(&twice))), "tpm.event-log");
    let mut cut = Made::boot_log();
    cut.pop();
    assert_eq!(with(cut).verify().unwrap_err().check, checks::EVENT_LOG_STRUCTURE);
    let longer = [Made::boot_log(), vec![0]].concat();
    assert_eq!(with(longer).verify().unwrap_err().check, checks::EVENT_LOG_STRUCTURE);
}

#[test]
fn what_the_strict_policy_has_against_a_quote() {
    covers!(accept, "ATT-322");
    covers!(refuse, "ATT-320", "ATT-321", "ATT-322", "ATT-324", "ATT-326", "ATT-327", "ATT-329");
    assert_eq!(faults(|plan| plan.extra_data = vec![0x5a; 15]), "tpm.nonce-length");
    let made = Plan::new().make();
    for asked in [&[0x5a; 31][..], &[0x5a; 33], &[0x5b; 32], &[]] {
        let request = ca2a_attest::appraisal::Request::field(NOW, asked.to_vec());
        let faults = failed(&TpmPolicy::default(), made.verify().unwrap(), &request);
        assert_eq!(faults, ["tpm.nonce"], "{asked:?}");
    }
    assert_eq!(faults(|plan| plan.leaf.extensions.clear()), "tpm.ak-eku");
    assert_eq!(faults(|plan| plan.leaf.extensions = vec![purposes(&[EK_CERTIFICATE])]), "tpm.ak-eku");
    assert_eq!(faults(|plan| plan.leaf.extensions = vec![purposes(&[EK_CERTIFICATE, AIK_CERTIFICATE])]), "");
    for bit in [1, 4, 5, 16, 18] {
        assert_eq!(faults(|plan| plan.attributes &= !(1 << bit)), "tpm.ak-attributes", "bit {bit}");
    }
    assert_eq!(faults(|plan| plan.attributes |= 1 << 17), "tpm.ak-attributes", "decrypts");
    let covering = |pcrs: &str, values: usize| {
        faults(|plan| {
            plan.selection = PcrSelection::of(HashAlgorithm::Sha256, pcrs.parse().unwrap());
            plan.values = vec![7; values * 32];
        })
    };
    assert_eq!(covering("0-6", 7), "tpm.pcr-selection");
    assert_eq!(covering("0-8", 9), "");
    let other_bank = |plan: &mut Plan| {
        plan.selection = PcrSelection::of(HashAlgorithm::Sha384, PcrSet::FIRMWARE);
        plan.values = vec![7; 8 * 48];
    };
    assert_eq!(faults(other_bank), "tpm.pcr-bank tpm.pcr-selection");
    assert_eq!(faults(|plan| plan.values[..32].fill(0)), "tpm.pcr0");
    assert_eq!(faults(|plan| plan.safe = 0), "tpm.clock-safe");
}

#[test]
fn the_counters_of_a_key_that_was_seen_before() {
    covers!(accept, "ATT-329");
    covers!(refuse, "ATT-329");
    let made = Plan::new().make();
    let after = |clock, reset_count, restart_count, policy: &TpmPolicy| {
        let prior = Counters { clock, reset_count, restart_count };
        failed(policy, made.verify().unwrap(), &made.request().after(prior)).join(" ")
    };
    let strict = TpmPolicy::default();
    assert_eq!(after(100, 2, 1, &strict), "");
    assert_eq!(after(99, 2, 1, &strict), "");
    assert_eq!(after(101, 2, 1, &strict), "tpm.clock");
    assert_eq!(after(100, 1, 5, &strict), "tpm.reset-count");
    assert_eq!(after(100, 3, 1, &strict), "tpm.reset-count");
    assert_eq!(after(100, 2, 0, &strict), "tpm.restart-count");
    let lenient = TpmPolicy { allow_reset: true, allow_restart: true, ..TpmPolicy::default() };
    assert_eq!(after(100, 1, 5, &lenient), "");
    assert_eq!(after(100, 2, 0, &lenient), "");
    assert_eq!(after(100, 3, 1, &lenient), "tpm.reset-count");
    assert_eq!(after(100, 2, 2, &lenient), "tpm.restart-count");
}
