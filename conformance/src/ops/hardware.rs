//! Hardware evidence under the explicit profile `ca2a-runtime-0.4`: a generic chain to the roots of the case, and what that
//! package looks at. None of it is a [`ca2a_attest::Verified`], so that nothing here can be appraised.

use std::path::Path;

use ca2a_attest::{
    Accepted, AttestError, AttestationReport, EvidenceError, EvidenceVerifier, Platform, Role,
    appraisal::snp::{
        PlatformInfoRules, UnnamedBits,
        ca2a_runtime::{Expectations, appraise, platform_info_bit},
    },
    binding,
    verify::{
        snp,
        tdx::{self, TdxTrust},
        tpm::{self, certificates_from_pem},
    },
};
use ca2a_core::{ErrorCode, encoding::hex};
use serde_json::json;

use crate::{
    got::{Got, Refusal, Run, Stop},
    input::{Context, Input},
};

/// A check that failed: whichever it was, the peer has one code.
fn failed(_: EvidenceError) -> Stop {
    unappraised()
}

fn unappraised() -> Stop {
    Refusal::new(ErrorCode::AttestationFailed).into()
}

/// A report of SEV-SNP as a bare check of its signature takes it.
pub(crate) fn snp_report(input: &Input, context: &Context) -> Run {
    judged_snp(input, context, &Expectations::default(), "")
}

/// A report of SEV-SNP that has to bind a channel key.
pub(crate) fn snp_channel(input: &Input, context: &Context) -> Run {
    let field = bound(input, Platform::SevSnp)?;
    let bits = |name: &str| {
        let bit =
            |name: &String| platform_info_bit(name).ok_or_else(|| Refusal::by_type("no such bit").into());
        input.texts(name)?.iter().map(bit).collect::<Result<_, Stop>>()
    };
    let refuse = input.flag("reject_unrecognized_platform_bits");
    let wanted = Expectations {
        measurement: Some(input.array("expected_measurement")?),
        report_data: Some(field.try_into().map_err(|_| Stop::Broken("a binding has 64 bytes".into()))?),
        min_guest_svn: u32::try_from(input.uint("min_guest_svn")?).unwrap_or(u32::MAX),
        platform_info: PlatformInfoRules {
            require: bits("require_platform")?,
            forbid: bits("forbid_platform")?,
            unnamed: if refuse { UnnamedBits::Refuse } else { UnnamedBits::Allow },
        },
    };
    judged_snp(input, context, &wanted, "sha384:")
}

fn judged_snp(input: &Input, context: &Context, wanted: &Expectations, prefix: &str) -> Run {
    let report = input.bytes("report_hex")?;
    let (chain, roots) = (input.text("vcek_chain_pem")?, input.text("trusted_roots_pem")?);
    let now = context.clock()?;
    let report =
        snp::ca2a_runtime::verify(&report, chain.as_bytes(), roots.as_bytes(), now).map_err(failed)?;
    if appraise(&report, wanted).iter().any(ca2a_attest::appraisal::Check::failed) {
        return Err(unappraised());
    }
    Ok(Got::accepted(json!({ "measurement": format!("{prefix}{}", hex(&report.measurement)) })))
}

/// A quote of TDX.
pub(crate) fn tdx_quote(input: &Input, context: &Context) -> Run {
    let roots = certificates_from_pem(input.text("trusted_roots_pem")?.as_bytes()).map_err(failed)?;
    let trust =
        roots.iter().try_fold(TdxTrust::none(), |trust, root| trust.with_root(root)).map_err(failed)?;
    let quote =
        tdx::ca2a_runtime::verify(&input.bytes("quote_hex")?, &trust, context.clock()?).map_err(failed)?;
    let same = |name: &str, found: &[u8]| {
        let wanted = input.get(name).map(|_| input.bytes(name)).transpose()?;
        Ok::<_, Stop>(wanted.is_none_or(|wanted| wanted == found))
    };
    let body = quote.body();
    if !same("expected_mrtd", &body.mr_td)? || !same("expected_report_data_hex", &body.report_data)? {
        return Err(unappraised());
    }
    Ok(Got::accepted(json!({ "mrtd": hex(&body.mr_td) })))
}

/// A quote of a TPM that has to bind a channel key.
pub(crate) fn tpm_quote(input: &Input, context: &Context) -> Run {
    let field = bound(input, Platform::Tpm)?;
    let (quote, signature) = (input.bytes("raw_evidence_hex")?, input.bytes("quote_signature_hex")?);
    let (chain, roots) = (input.text("ak_chain_pem")?, input.text("trusted_roots_pem")?);
    let claimed = input.text("claimed_measurement")?;
    let (chain, roots) = (chain.as_bytes(), roots.as_bytes());
    let now = context.clock()?;
    let quote = tpm::ca2a_runtime::verify(&quote, &signature, chain, roots, (&field, &claimed), now);
    Ok(Got::accepted(json!({ "measurement": quote.map_err(failed)?.measurement() })))
}

/// The field that the evidence has to sign, once the report is about that platform and answers that nonce.
fn bound(input: &Input, platform: Platform) -> Result<Vec<u8>, Stop> {
    let role: Role = input.text("role")?.parse()?;
    let nonce = input.text("expected_nonce")?;
    if input.text("platform")?.parse::<Platform>()? != platform || input.text("nonce")? != nonce {
        return Err(unappraised());
    }
    Ok(binding::signed_field(platform, role, &input.text("public_key")?, &nonce)?)
}

/// A node without the device of a platform is asked to attest with it.
pub(crate) fn provider(input: &Input, _: &Context) -> Run {
    use ca2a_runtime::{
        attestation::{Machine, attester},
        config::{Choice as _, Config, Provider},
    };
    let name = input.text("platform")?;
    let provider = Provider::ALL.iter().copied().find(|provider| provider.as_str() == name);
    let provider = provider.ok_or_else(|| Refusal::by_type("no such provider"))?;
    let config = Config { provider, ..Config::default() };
    match attester(&config, Path::new(""), &Machine::default()) {
        Ok(_) => Ok(Got::accepted(json!({}))),
        Err(error) => Err(Refusal::new(error.code()).into()),
    }
}

/// Who judges the evidence of an offer under this profile: the quotes of TPMs, which are all that the peer's
/// configuration can judge.
pub(crate) struct QuoteVerifier {
    roots: String,
    now: u64,
}

impl QuoteVerifier {
    /// The one that the member `name` of a case asks for, where it asks for one.
    pub(crate) fn of(input: &Input, name: &str, now: u64) -> Result<Option<Self>, Stop> {
        if input.get(name).is_none() {
            return Ok(None);
        }
        let asked = input.object(name)?;
        if asked.text("platform")? != Platform::Tpm.as_str() {
            return Err(Refusal::by_type("only quotes of TPMs are judged in an offer").into());
        }
        Ok(Some(Self { roots: asked.text("trusted_roots_pem")?, now }))
    }
}

impl EvidenceVerifier for QuoteVerifier {
    fn covers(&self, platform: Platform) -> bool {
        platform == Platform::Tpm
    }

    fn verify(
        &self,
        platform: Platform,
        report: &AttestationReport,
        nonce: &str,
        role: Role,
    ) -> Result<Accepted, AttestError> {
        let field = binding::signed_field(platform, role, &report.public_key, nonce)?;
        let evidence = &report.evidence;
        let part = |bytes: &Option<Vec<u8>>| bytes.clone().unwrap_or_default();
        let (quote, signature) = (part(&evidence.raw_evidence), part(&evidence.quote_signature));
        let chain = part(&evidence.attestation_key_chain_pem);
        let wanted = (&*field, &*report.measurement);
        let verified =
            tpm::ca2a_runtime::verify(&quote, &signature, &chain, self.roots.as_bytes(), wanted, self.now);
        let verified =
            verified.map_err(|error| AttestError::Evidence { platform, reason: error.to_string().into() })?;
        Ok(Accepted { measurement: verified.measurement().into(), appraisal: None })
    }
}
