//! Where collateral comes from, what it may hold, and which root it has to lead to: ATT-208, ATT-210, ATT-211, ATT-216,
//! ATT-501.

use ca2a_attest::{
    Evidence, Platform,
    verify::{
        HardwareVerifier, Memory, Provided, Wanted,
        tdx::{Collateral, TcbStatus, TdxTrust},
    },
};
use ca2a_covers::covers;

use super::plan::{Plan, level};

/// What a case changes, and how.
type Case = (&'static str, fn(&mut String));

fn refused(edit: fn(&mut String)) -> String {
    let mut plan = Plan::new();
    plan.edit_collateral = edit;
    plan.verify().unwrap_err().check.to_string()
}

#[test]
fn without_collateral_nothing_is_verified() {
    covers!(refuse, "ATT-210");
    let made = Plan::new().make();
    let missing = made.verify_with(None, &made.trust()).unwrap_err();
    assert_eq!(missing.check.as_str(), "tdx.collateral-missing");
}

#[test]
fn every_member_is_there_once_and_no_other() {
    covers!(refuse, "ATT-210");
    let cases: [Case; 6] = [
        ("an unknown member", |text| text.insert_str(1, "\"tcb_status\":\"UpToDate\",")),
        ("one twice", |text| text.insert_str(1, "\"pck_crl_issuer_chain\":\"\",")),
        ("one that is missing", |text| *text = text.replace("\"pck_crl_issuer_chain\":\"\",", "")),
        ("another name", |text| *text = text.replace("\"root_ca_crl\"", "\"root_crl\"")),
        ("bytes that are not in hex", |text| *text = text.replace("\"pck_crl\":\"", "\"pck_crl\":\"x")),
        ("no object", |text| *text = format!("[{text}]")),
    ];
    for (what, edit) in cases {
        assert_eq!(refused(edit), "tdx.collateral", "{what}");
    }
}

/// A peer's platform cannot be spoken for by a chain that lies beside its quote.
#[test]
fn a_chain_in_the_collateral_stands_in_for_none() {
    covers!(accept, "ATT-211");
    covers!(refuse, "ATT-211");
    let mut plan = Plan::new();
    plan.chain_in_collateral = true;
    assert!(plan.verify().is_ok());
    let mut plan = Plan::new();
    plan.chain_in_collateral = true;
    plan.without_authority = true;
    assert_eq!(plan.verify().unwrap_err().check.as_str(), "tdx.chain");
}

#[test]
fn only_a_root_that_is_trusted_will_do() {
    covers!(accept, "ATT-208");
    covers!(refuse, "ATT-208");
    let made = Plan::new().make();
    let collateral = Collateral::from_json(made.collateral.as_bytes()).unwrap();
    let judge = |trust: &TdxTrust| {
        made.verify_with(Some(&collateral), trust).map(|_| ()).map_err(|error| error.check.to_string())
    };
    assert_eq!(judge(&made.trust()), Ok(()));
    assert_eq!(judge(&TdxTrust::built_in().with_root(&made.root).unwrap()), Ok(()), "beside Intel's");
    assert_eq!(judge(&TdxTrust::none()), Err("tdx.root".into()));
    assert!(judge(&TdxTrust::built_in()).is_err());
    // A root of the same name with another key.
    let stranger = Plan::new().make();
    assert!(judge(&stranger.trust()).is_err());
    assert_eq!(TdxTrust::none().with_root(b"no certificate").unwrap_err().check.as_str(), "tdx.root");
}

/// The moment of a list's next update is past its end, which is the second before.
#[test]
fn a_list_ends_before_its_next_update() {
    covers!(accept, "ATT-208");
    covers!(refuse, "ATT-208");
    let mut made = Plan::new().make();
    made.now = 1_782_864_000 - 1;
    assert!(made.verify().is_ok());
    made.now += 1;
    assert!(made.verify().is_err());
}

/// One quote, one platform: what changes is what Intel says of it, and the verdict with it.
#[test]
fn a_status_is_of_its_collateral_and_never_kept() {
    covers!(accept, "ATT-216");
    let status = |status: &'static str| {
        let mut plan = Plan::new();
        plan.tcb_info = plan.tcb_info.replace(&level(6, "UpToDate", ""), &level(6, status, ""));
        plan.verify().map(|verified| verified.claims().tcb.status)
    };
    assert_eq!(status("UpToDate").unwrap(), TcbStatus::UpToDate);
    assert_eq!(status("OutOfDate").unwrap(), TcbStatus::OutOfDate);
    assert_eq!(status("Revoked").unwrap_err().check.as_str(), "tdx.tcb-status");
    assert_eq!(status("UpToDate").unwrap(), TcbStatus::UpToDate);
}

/// ATT-501: a quote says which file of the operator's it needs, and is refused for lack of it by that check's id.
#[test]
fn collateral_is_found_by_the_family_of_the_platform() {
    covers!(accept, "ATT-501");
    covers!(refuse, "ATT-501");
    let made = Plan::new().make();
    let evidence = Evidence { raw_evidence: Some(made.quote.clone()), ..Evidence::default() };
    let wanted = Wanted::of(Platform::Tdx, &evidence);
    assert_eq!((wanted.collateral.as_deref(), wanted.endorsement), (Some("00a1b2c3d4e5.json"), None));
    let verifier = HardwareVerifier::built_in().with_root(Platform::Tdx, &made.root).unwrap();
    let collateral = Collateral::from_json(made.collateral.as_bytes()).unwrap();
    let judge = |collateral| {
        let provided = Provided { collateral, ..Provided::default() };
        verifier.verify(Platform::Tdx, &evidence, provided, made.now, &Memory::default())
    };
    assert!(judge(Some(&collateral)).is_ok());
    assert_eq!(judge(None).unwrap_err().check.as_str(), "tdx.collateral-missing");
    // Whoever sent it chose that name, so that it never leads out of the folder.
    for (platform, bytes) in
        [(Platform::Tdx, &b"../../etc/passwd"[..]), (Platform::Tdx, &[]), (Platform::Tpm, &made.quote)]
    {
        let evidence = Evidence { raw_evidence: Some(bytes.into()), ..Evidence::default() };
        assert_eq!(Wanted::of(platform, &evidence), Wanted::default());
    }
}
