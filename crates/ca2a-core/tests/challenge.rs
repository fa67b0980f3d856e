//! CORE-18 to CORE-20: challenge tokens.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

use ca2a_core::{Challenge, ChallengeError, ChallengeKey};
use ca2a_covers::covers;
use proptest::prelude::*;

const NOW: u64 = 1_800_000_000;

fn key() -> ChallengeKey {
    ChallengeKey::new([9; 32])
}

fn token() -> Challenge {
    key().issue(NOW, 60, [3; 16])
}

/// CORE-19
#[test]
fn a_token_is_live_until_just_before_its_expiry() {
    covers!(accept, "CORE-19");
    covers!(refuse, "CORE-19");
    let token = token();
    for now in [0, NOW, NOW + 59] {
        let live = key().verify(&token, now).unwrap();
        assert_eq!((live.challenge(), live.expires_at()), (&token, NOW + 60));
    }
    for now in [NOW + 60, NOW + 61, u64::MAX] {
        assert_eq!(key().verify(&token, now), Err(ChallengeError::Expired { expires_at: NOW + 60, now }));
    }
    // A life of no seconds is none, and an endless one does not wrap around.
    assert!(key().verify(&key().issue(NOW, 0, [0; 16]), NOW).is_err());
    let endless = key().issue(NOW, u64::MAX, [0; 16]);
    assert!(key().verify(&endless, u64::MAX - 1).is_ok() && key().verify(&endless, u64::MAX).is_err());
}

/// CORE-19: the MAC is judged before the time, so that nobody learns whether a forged token would have been live.
#[test]
fn a_foreign_token_is_foreign_even_when_it_is_old() {
    covers!(refuse, "CORE-19");
    let other = ChallengeKey::new([8; 32]);
    for now in [NOW, NOW + 1_000] {
        assert_eq!(other.verify(&token(), now), Err(ChallengeError::Foreign));
    }
}

/// CORE-20: every second spelling of a token.
#[test]
fn a_token_has_one_spelling() {
    covers!(refuse, "CORE-20");
    let token = token();
    let parts: Vec<_> = token.as_str().split('.').collect();
    let respelled = |at: usize, part: &str| {
        let mut parts = parts.clone();
        parts[at] = part;
        key().verify(&Challenge::new(parts.join(".")), NOW)
    };
    let expiry = parts[1];
    let arabic: String =
        expiry.chars().map(|char| char::from_u32(0x660 + char.to_digit(10).unwrap()).unwrap()).collect();
    let spellings = [
        format!("+{expiry}"),
        format!("0{expiry}"),
        format!(" {expiry}"),
        format!("{expiry} "),
        format!("{expiry}\n"),
        format!("1_{}", &expiry[1..]),
        format!("{expiry}.0"),
        format!("-{expiry}"),
        format!("0x{expiry}"),
        format!("{}", u128::MAX),
        arabic,
        String::new(),
        "soon".to_owned(),
    ];
    for spelling in &spellings {
        assert_eq!(respelled(1, spelling), Err(ChallengeError::Malformed), "{spelling}");
    }
    for at in [2, 3] {
        let part = parts[at];
        // The random part is threes alone and has no letter, so it gets one that counts.
        for spelling in [
            part.replace(|_: char| true, "A"),
            part[2..].to_owned(),
            format!("{part}00"),
            format!("{part} "),
            "é".repeat(part.len() / 2),
        ] {
            assert_eq!(respelled(at, &spelling), Err(ChallengeError::Malformed), "{spelling}");
        }
    }
    assert_eq!(respelled(3, &parts[3].to_uppercase()), Err(ChallengeError::Malformed));
    for version in ["v2", "V1", "", "v1 ", "v01"] {
        assert_eq!(respelled(0, version), Err(ChallengeError::Malformed));
    }
    for text in [
        "",
        ".",
        "...",
        "v1...",
        "v1",
        &format!("{token}."),
        &format!(".{token}"),
        &format!("{token}\n"),
        &"v1.".repeat(100_000),
    ] {
        assert_eq!(key().verify(&Challenge::new(text), NOW), Err(ChallengeError::Malformed));
    }
}

#[test]
fn the_secret_does_not_show() {
    assert_eq!(format!("{:?}", ChallengeKey::new([0xab; 32])), "ChallengeKey(..)");
}

proptest! {
    /// CORE-18
    #[test]
    fn round_trip(secret in any::<[u8; 32]>(), now in 0..u64::MAX / 2, ttl in 1..86_400_u64, random in any::<[u8; 16]>()) {
        let key = ChallengeKey::new(secret);
        let token = key.issue(now, ttl, random);
        let live = key.verify(&token, now + ttl - 1).unwrap();
        prop_assert_eq!(live.challenge(), &token);
        let mac = token.as_str().rsplit_once('.').unwrap().1;
        prop_assert_eq!(ca2a_core::encoding::hex(live.mac()), mac);
        prop_assert!(key.verify(&token, now + ttl).is_err());
    }

    /// CORE-20: any other text, however near, is refused; so the MAC names the token.
    #[test]
    fn every_changed_token_is_refused(at in any::<prop::sample::Index>(), char in any::<char>(), cut in any::<bool>()) {
        let token = token();
        let mut chars: Vec<_> = token.as_str().chars().collect();
        let at = at.index(chars.len());
        if cut {
            chars.remove(at);
        } else {
            chars[at] = char;
        }
        let changed: String = chars.into_iter().collect();
        prop_assume!(changed != token.as_str());
        prop_assert!(key().verify(&Challenge::new(changed), NOW).is_err());
    }

    #[test]
    fn every_inserted_character_is_refused(at in any::<prop::sample::Index>(), char in any::<char>()) {
        let mut changed = token().as_str().to_owned();
        changed.insert(at.index(changed.len() + 1), char);
        prop_assert!(key().verify(&Challenge::new(changed), NOW).is_err());
    }

    #[test]
    fn any_text(text in any::<String>(), now in any::<u64>()) {
        prop_assert!(key().verify(&Challenge::new(text), now).is_err());
    }
}
