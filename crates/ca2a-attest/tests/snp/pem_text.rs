//! Certificates as PEM text. Covers ATT-108.

use ca2a_attest::verify::snp::{Endorsements, SnpVerifier, check};
use ca2a_covers::covers;

use crate::{
    evidence::pem,
    maker::{Authorities, NOW},
};

#[test]
fn text_holds_certificates_and_blanks() {
    covers!(accept, "ATT-108");
    let made = Authorities::new();
    let evidence = made.evidence();
    let verifier = SnpVerifier::new().with_root(&made.ark.der).unwrap();
    let text = format!("\r\n\t {} \n\n{}\n\n", pem(&evidence.path[..1]), pem(&evidence.path[1..]));
    let endorsements = Endorsements::pem(text.as_bytes()).unwrap();
    assert_eq!(endorsements, evidence.endorsements());
    assert!(verifier.verify(&evidence.report, &endorsements, NOW, None).is_ok());
    assert!(Endorsements::pem(pem(&vec![made.vcek.der; 16]).as_bytes()).is_ok());
}

#[test]
fn other_text_is_refused() {
    covers!(refuse, "ATT-108");
    let made = Authorities::new();
    let one = pem(std::slice::from_ref(&made.vcek.der));
    for (what, text) in [
        ("17 blocks", one.repeat(17)),
        ("another label", one.replace("CERTIFICATE", "X509 CRL")),
        ("two labels", format!("{one}{}", one.replace("CERTIFICATE", "X509 CRL"))),
        ("a remark before", format!("subject=SEV-VCEK\n{one}")),
        ("a remark between", format!("{one}next\n{one}")),
        ("a remark after", format!("{one}end")),
        ("no end", one.replace("-----END CERTIFICATE-----", "")),
        ("no base64", one.replacen("MII", "M!I", 1)),
    ] {
        let refused = Endorsements::pem(text.as_bytes()).expect_err(what);
        assert_eq!(refused.check, check::ENDORSEMENT, "{what}");
    }
    assert_eq!(Endorsements::pem(b" \n").unwrap_err().check, check::ENDORSEMENT_MISSING);
}
