//! The levels of TRACE: what the published suite finds in a record, and what strict mode says of it.

use ca2a_core::{
    EvaluationTime, Sha256, TraceLink, VerifyingKey, encoding::from_base64url, requirement::is_off,
};
use ca2a_trace::levels::{
    self, EstablishedRuntime, Finding, Level, LoadError, Mode, Options, PolicyBundles, Report,
};
use serde_json::{Map, Value, json};

use super::trace;
use crate::{
    got::{Got, Refusal, Run, Stop},
    input::{Context, Input},
};

/// What the suite's command exits with where no check can be run.
const NOT_LOADED: u8 = 2;

/// Checks a record in both modes: the answer is the suite's, and under `strict` ours.
pub(crate) fn check(input: &Input, _: &Context) -> Run {
    let given = input.object("options")?;
    let level = Level::try_from(input.uint("level")?).map_err(|_| Refusal::by_type("a level"))?;
    let record = input.document("record")?;
    let nonce = given.optional_text("expected_nonce")?;
    let receipt = input.optional_document("receipt");
    let receipt = receipt.as_deref().map(trace::read).transpose()?;
    let policies = policies(input)?;

    let mut options = Options::at(EvaluationTime::At(given.uint("now")?)).max_age(given.uint("max_age")?);
    if let Some(nonce) = &nonce {
        options = options.expected_nonce(nonce);
    }
    if let Some(receipt) = &receipt {
        options = options.receipt(receipt);
    }
    if let Some(policies) = &policies {
        options = options.policies(policies);
    }
    let [package, strict] =
        [Mode::Package, Mode::Strict].map(|mode| levels::check(record.as_bytes(), level, &options, mode));
    let refused = package.as_ref().map_or(true, |report| report.failing().next().is_some());
    let mut answer = answer(package);
    answer.insert("strict".to_owned(), self::answer(strict).into());
    Ok(Got::answered(refused, answer.into()))
}

/// Asks whether a record reaches a level: strictly, or `published` as the suite does.
pub(crate) fn reaches(input: &Input, _: &Context) -> Run {
    let level = match Level::try_from(input.uint("level")?) {
        Ok(level) => level,
        Err(_) if is_off("TRC-120") => Level::Anchored,
        Err(_) => return Err(Refusal::by_type("a level").into()),
    };
    let mode = if input.flag("published") { Mode::Package } else { Mode::Strict };
    let (record, nonce) = (input.document("document")?, input.optional_text("expected_nonce")?);
    let receipt = input.optional_document("receipt");
    let receipt = receipt.as_deref().map(trace::read).transpose()?;
    let policies = policies(input)?;
    let trusted = input.optional_array("trusted_key_hex")?.map(|bytes| key(&bytes)).transpose()?;
    let roots = input.optional_texts("log_roots")?;
    let roots: Vec<Sha256> = roots.iter().filter_map(|root| Sha256::from_hex(root).ok()).collect();
    let shown = input.get("evidence").map(|_| input.object("evidence")).transpose()?;
    let platform = shown.as_ref().map(|shown| shown.text("platform")).transpose()?;

    let mut options = Options::at(EvaluationTime::At(input.uint("now")?)).log_roots(&roots);
    if let Some(nonce) = &nonce {
        options = options.expected_nonce(nonce);
    }
    if let Some(receipt) = &receipt {
        options = options.receipt(receipt);
    }
    if let Some(policies) = &policies {
        options = options.policies(policies);
    }
    if let Some(trusted) = &trusted {
        options = options.trusted_key(trusted);
    }
    if let Some((shown, platform)) = shown.as_ref().zip(platform.as_deref()) {
        let measurement = TraceLink::parse(&shown.text("measurement")?);
        let measurement = measurement.map_err(|error| Stop::Unusable(error.to_string()))?;
        let key = key(&shown.array("key_hex")?)?;
        options = options.evidence(EstablishedRuntime { platform, measurement, key });
    }
    match levels::check(record.as_bytes(), level, &options, mode) {
        Err(error) => Err(Refusal::new(error.code()).with("reason", error.reason()).into()),
        report => {
            let mut members = answer(report);
            // A case names a `verdict` in place of `ok`.
            members.remove("verdict").map(|verdict| members.insert("outcome".to_owned(), verdict));
            Ok(Got::accepted(members.into()))
        }
    }
}

fn key(bytes: &[u8; 32]) -> Result<VerifyingKey, Stop> {
    VerifyingKey::from_bytes(bytes).map_err(|error| Stop::Unusable(error.to_string()))
}

/// The bundles at hand, by their URIs.
fn policies(input: &Input) -> Result<Option<PolicyBundles>, Stop> {
    let Some(Value::Object(bundles)) = input.get("policy_bundles_b64u") else { return Ok(None) };
    let bundle = |(uri, bytes): (&String, &Value)| {
        let bytes = bytes.as_str().and_then(|text| from_base64url(text).ok())?;
        Some((uri.clone(), bytes))
    };
    let bundles: Option<PolicyBundles> = bundles.iter().map(bundle).collect();
    bundles.map(Some).ok_or_else(|| Stop::Unusable("a policy bundle is no base64url".to_owned()))
}

fn answer(result: Result<Report, LoadError>) -> Map<String, Value> {
    let members = match result {
        Err(error) => {
            json!({ "verdict": "load-error", "exit_code": NOT_LOADED, "reason": error.reason() })
        }
        Ok(report) => {
            let finding = |finding: &Finding| json!([finding.id(), finding.status().as_str()]);
            json!({
                "verdict": report.verdict().as_str(),
                "exit_code": report.verdict().exit_code(),
                "format": report.format().as_str(),
                "failing": report.failing().map(Finding::id).collect::<Vec<_>>(),
                "findings": report.findings().iter().map(finding).collect::<Vec<_>>(),
            })
        }
    };
    match members {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
