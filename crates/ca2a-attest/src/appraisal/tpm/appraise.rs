//! Judging the claims of a TPM.

use alloc::{format, vec::Vec};

use ca2a_core::encoding::hex;

use super::{CertificateProfile, Cover, TpmPolicy, checks};
use crate::{
    appraisal::{Check, Context, Outcome},
    verify::tpm::{KeyPlace, PcrSet, Standing, TpmClaims},
};

impl TpmPolicy {
    pub(super) fn checks(&self, claims: &TpmClaims, context: &Context<'_>) -> Vec<Check> {
        let mut checks = Vec::from(self.nonce(claims, context));
        checks.extend([self.eku(claims), self.attributes(claims), self.qualified_name(claims)]);
        checks.extend([self.bank(claims), self.selection(claims), self.values(claims), self.pcr0(claims)]);
        checks.push(self.event_log(claims));
        checks.extend(self.counters(claims, context));
        checks.push(self.firmware(claims));
        checks
    }

    /// ATT-320, ATT-321.
    fn nonce(&self, claims: &TpmClaims, context: &Context<'_>) -> [Check; 2] {
        let extra = &claims.quote.extra_data;
        let shown = hex(extra);
        let Some(wanted) = context.signed_field else {
            let unasked = |id| Check::not_checked(id, &shown);
            return [unasked(checks::NONCE), unasked(checks::NONCE_LENGTH)];
        };
        let length = u64::try_from(extra.len()).unwrap_or(u64::MAX);
        let minimum = self.minimum_nonce_bytes;
        [
            Check::decided(checks::NONCE, **extra == *wanted, hex(wanted), shown),
            Check::decided(
                checks::NONCE_LENGTH,
                length >= minimum,
                format_args!("at least {minimum} bytes"),
                format_args!("{length} bytes"),
            ),
        ]
    }

    /// ATT-322: what the provider of the TPM writes; of Google's we know it.
    fn eku(&self, claims: &TpmClaims) -> Check {
        let Standing::Certified { google, purpose } = claims.key.standing else {
            return Check::not_applicable(checks::EKU, "hardware evidence names the key, not a certificate");
        };
        let built_in = google.then_some(CertificateProfile::Gce);
        let admitted = self.profiles.iter().copied().chain(built_in).any(|profile| profile.admits(purpose));
        let wanted: Vec<&str> =
            self.profiles.iter().copied().chain(built_in).map(CertificateProfile::as_str).collect();
        let found = match (purpose.attestation, purpose.endorsement, purpose.any) {
            (true, true, _) => "for attestation and endorsement keys",
            (true, false, _) => "for attestation keys",
            (false, true, _) => "for endorsement keys",
            (false, false, true) => "for something else",
            (false, false, false) => "no extended key usage",
        };
        Check::decided(checks::EKU, admitted, wanted.join(" or "), found)
    }

    /// ATT-324. Without the public area all rests on the authority that certified the key.
    fn attributes(&self, claims: &TpmClaims) -> Check {
        const WANTED: &str = "restricted, sign, fixedTPM, fixedParent, sensitiveDataOrigin, and not decrypt";
        match claims.key.attributes {
            Some(attributes) => {
                Check::decided(checks::ATTRIBUTES, attributes.attests(), WANTED, attributes.names())
            }
            None if self.require_public => {
                Check::decided(checks::ATTRIBUTES, false, WANTED, "no public area came along")
            }
            None => Check::not_checked(checks::ATTRIBUTES, "no public area came along"),
        }
    }

    /// ATT-325.
    fn qualified_name(&self, claims: &TpmClaims) -> Check {
        let shown = match claims.key.place {
            KeyPlace::Unknown if self.require_qualified_name => {
                let found = "neither a parent nor a primary key of any hierarchy";
                return Check::decided(checks::QUALIFIED_NAME, false, "shown", found);
            }
            KeyPlace::Unknown => return Check::not_checked(checks::QUALIFIED_NAME, "not shown"),
            KeyPlace::Primary(hierarchy) => format!("a primary key in the {hierarchy} hierarchy"),
            KeyPlace::Below(hierarchy) => format!("below a primary key in the {hierarchy} hierarchy"),
        };
        Check::decided(checks::QUALIFIED_NAME, true, "shown", shown)
    }

    fn wanted(&self) -> Vec<alloc::string::String> {
        self.pcrs.iter().map(|(bank, pcrs)| format!("{bank}:{pcrs}")).collect()
    }

    /// ATT-326: a bank that is not there covers nothing, whatever else does.
    fn bank(&self, claims: &TpmClaims) -> Check {
        let selection = &claims.quote.selection;
        if !self.require_cover {
            return Check::not_checked(checks::BANK, selection);
        }
        let held = self.pcrs.keys().all(|bank| !selection.of_bank(*bank).is_empty());
        let banks: Vec<&str> = self.pcrs.keys().map(|bank| bank.as_str()).collect();
        Check::decided(checks::BANK, held, banks.join(" and "), selection)
    }

    /// ATT-326.
    fn selection(&self, claims: &TpmClaims) -> Check {
        let selection = &claims.quote.selection;
        if !self.require_cover {
            return Check::not_checked(checks::SELECTION, selection);
        }
        let covered = self.pcrs.iter().all(|(bank, pcrs)| selection.of_bank(*bank).covers(*pcrs));
        let exact = || {
            let banks = selection.banks().iter().filter(|bank| !bank.pcrs.is_empty()).count();
            banks == self.pcrs.len() && self.pcrs.iter().all(|(bank, pcrs)| selection.of_bank(*bank) == *pcrs)
        };
        let (held, how) = match self.selection {
            Cover::AtLeast => (covered, "at least"),
            Cover::Exactly => (exact(), "exactly"),
        };
        let wanted = format!("{how} {}", self.wanted().join(" "));
        Check::decided(checks::SELECTION, held, wanted, selection)
    }

    fn values(&self, claims: &TpmClaims) -> Check {
        match &claims.pcr_values {
            Some(_) => Check::decided(checks::VALUES_PRESENT, true, "values", &claims.quote.selection),
            None if self.require_pcr_values => {
                Check::decided(checks::VALUES_PRESENT, false, "values", "no values came along")
            }
            None => Check::not_checked(checks::VALUES_PRESENT, "no values came along"),
        }
    }

    /// ATT-327: firmware that measures anything measures itself first.
    fn pcr0(&self, claims: &TpmClaims) -> Check {
        let Some(values) = &claims.pcr_values else {
            return Check::not_checked(checks::PCR0, "no values came along");
        };
        let mut first = values.iter().filter(|(_, index, _)| *index == 0).peekable();
        if first.peek().is_none() {
            return Check::not_applicable(checks::PCR0, "the quote does not cover PCR 0");
        }
        let zero = first.any(|(_, _, value)| value.iter().all(|byte| *byte == 0));
        let found = if zero { "zero" } else { "not zero" };
        if self.allow_zero_pcr0 {
            return Check::not_checked(checks::PCR0, found);
        }
        Check::decided(checks::PCR0, !zero, "not zero", found)
    }

    /// ATT-328.
    fn event_log(&self, claims: &TpmClaims) -> Check {
        let required = self.require_event_log || self.event_log_pcrs.is_some();
        let Some(log) = &claims.event_log else {
            let missing = "no event log came along, or no values to compare it with";
            if required {
                return Check::decided(checks::EVENT_LOG, false, "an event log", missing);
            }
            return Check::not_checked(checks::EVENT_LOG, missing);
        };
        let mut unexplained = Vec::new();
        for (bank, pcrs) in &self.pcrs {
            let replayed = log.banks.iter().find(|replayed| replayed.bank == *bank);
            let explained = replayed.map_or(PcrSet::default(), |replayed| replayed.explained);
            let extended = replayed.map_or(PcrSet::default(), |replayed| replayed.extended);
            let wanted = self.event_log_pcrs.unwrap_or_else(|| pcrs.or(extended));
            let missing = wanted.without(explained);
            if !missing.is_empty() {
                unexplained.push(format!("{bank}:{missing}"));
            }
        }
        let found = if unexplained.is_empty() {
            format!("{} events explain them", log.events)
        } else {
            format!("{} events do not explain {}", log.events, unexplained.join(" "))
        };
        Check::decided(checks::EVENT_LOG, unexplained.is_empty(), "every PCR explained", found)
    }

    /// ATT-329: what the key's TPM was when it was last seen is what it has to have grown from.
    fn counters(&self, claims: &TpmClaims, context: &Context<'_>) -> [Check; 4] {
        let now = &claims.quote.clock;
        let safe = if self.allow_unsafe_clock {
            Check::not_checked(checks::CLOCK_SAFE, now.safe)
        } else {
            Check::decided(checks::CLOCK_SAFE, now.safe, true, now.safe)
        };
        let Some(prior) = context.counters else {
            let first = |id, value: &dyn core::fmt::Display| Check {
                outcome: Outcome::NotChecked,
                ..Check::decided(id, true, "(nothing is known of this key)", value)
            };
            return [
                safe,
                first(checks::CLOCK, &now.clock),
                first(checks::RESET_COUNT, &now.reset_count),
                first(checks::RESTART_COUNT, &now.restart_count),
            ];
        };
        let grown = |id, allowed: bool, before: u32, after: u32| {
            let (held, how) =
                if allowed { (after >= before, "at least") } else { (after == before, "still") };
            Check::decided(id, held, format_args!("{how} {before}"), after)
        };
        // A reset begins the count of restarts anew.
        let restarted = if now.reset_count == prior.reset_count {
            grown(checks::RESTART_COUNT, self.allow_restart, prior.restart_count, now.restart_count)
        } else {
            Check::not_applicable(checks::RESTART_COUNT, "counts anew since a reset")
        };
        let clock = format!("at least {}", prior.clock);
        [
            safe,
            Check::decided(checks::CLOCK, now.clock >= prior.clock, clock, now.clock),
            grown(checks::RESET_COUNT, self.allow_reset, prior.reset_count, now.reset_count),
            restarted,
        ]
    }

    fn firmware(&self, claims: &TpmClaims) -> Check {
        let found = format!("0x{:016x}", claims.quote.firmware_version);
        if self.minimum_firmware_version == 0 {
            return Check::not_checked(checks::FIRMWARE_VERSION, found);
        }
        let held = claims.quote.firmware_version >= self.minimum_firmware_version;
        let wanted = format!("at least 0x{:016x}", self.minimum_firmware_version);
        Check::decided(checks::FIRMWARE_VERSION, held, wanted, found)
    }
}
