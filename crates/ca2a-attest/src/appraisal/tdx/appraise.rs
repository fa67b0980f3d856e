//! Judging the claims of a trust domain.

use alloc::{collections::BTreeSet, format, string::String, vec::Vec};

use ca2a_core::encoding::hex;

use super::{AttributeRules, PlatformFlag, TdxPolicy, checks};
use crate::{
    appraisal::{Check, CheckId, Context},
    verify::tdx::{TcbVerdict, TdAttribute, TdAttributes, TdBody, TdxClaims, checks as verifier},
};

const DAY: u64 = 86_400;

impl TdxPolicy {
    pub(super) fn checks(&self, claims: &TdxClaims, context: &Context<'_>) -> Vec<Check> {
        let body = &claims.body;
        let platform = &claims.platform;
        let mut checks = Vec::from([report_data(body, context)]);
        checks.extend(self.tcb(&claims.tcb, context.now));
        checks.push(self.evaluation_number(&claims.tcb));
        checks.extend(self.td_attributes.checks(body.td_attributes));
        checks.extend(self.xfam(body));
        checks.push(self.service_td(body));
        checks.push(known(checks::KNOWN_FMSPC, self.fmspc.as_ref(), &platform.fmspc));
        checks.push(known(checks::KNOWN_PCE_ID, self.pce_id.as_ref(), &platform.pce_id));
        checks.extend([
            self.flag(checks::DYNAMIC, PlatformFlag::Dynamic, platform.dynamic),
            self.flag(checks::CACHED_KEYS, PlatformFlag::CachedKeys, platform.cached_keys),
            self.flag(checks::SMT, PlatformFlag::Smt, platform.smt),
        ]);
        checks.push(known(checks::MR_SEAM, self.mr_seam.as_ref(), &body.mr_seam));
        checks.push(known(checks::MR_OWNER, self.mr_owner.as_ref(), &body.mr_owner));
        checks.push(known(checks::MR_OWNER_CONFIG, self.mr_owner_config.as_ref(), &body.mr_owner_config));
        checks.push(self.event_log(claims));
        checks
    }

    /// ATT-242, ATT-243: the status and the advisories; an out-of-date platform may be within its grace.
    fn tcb(&self, tcb: &TcbVerdict, now: u64) -> [Check; 2] {
        let grace = self.out_of_date_grace_days.saturating_mul(DAY);
        let in_grace = tcb.status.is_out_of_date() && grace > 0 && tcb.date.saturating_add(grace) >= now;
        let mut wanted = list(self.tcb_statuses.iter().map(|status| status.as_str()));
        if self.out_of_date_grace_days > 0 {
            wanted.push_str(&format!(", or out of date for {} days", self.out_of_date_grace_days));
        }
        let allowed = self.tcb_statuses.contains(&tcb.status) || in_grace;
        let refused = tcb.advisories.iter().filter(|id| !in_grace && !self.advisories.contains(*id));
        let refused = refused.count();
        let all = list(tcb.advisories.iter().map(|id| &**id));
        [
            Check::decided(verifier::TCB_STATUS, allowed, wanted, tcb.status),
            Check::decided(
                checks::ADVISORIES,
                refused == 0,
                list(self.advisories.iter().map(|id| &**id)),
                all,
            ),
        ]
    }

    /// ATT-244.
    fn evaluation_number(&self, tcb: &TcbVerdict) -> Check {
        let actual = tcb.evaluation_number;
        match self.minimum_evaluation_number {
            None => Check::not_checked(checks::EVALUATION_NUMBER, actual),
            Some(least) => Check::decided(
                checks::EVALUATION_NUMBER,
                actual >= least,
                format_args!("at least {least}"),
                actual,
            ),
        }
    }

    /// ATT-246.
    fn xfam(&self, body: &TdBody) -> [Check; 2] {
        let possible = body.xfam.is_possible();
        [
            Check::decided(checks::XFAM_POSSIBLE, possible, "0x3 set, nothing outside 0x6dbe7", body.xfam),
            known(checks::XFAM, self.xfam.as_ref(), &body.xfam.0.to_le_bytes()),
        ]
    }

    /// ATT-247: a service domain speaks for the domain, so that each one that is bound has to be known by name.
    fn service_td(&self, body: &TdBody) -> Check {
        let id = verifier::SERVICE_TD;
        let bound: Vec<[u8; 48]> = body.service_tds().filter(|digest| *digest != [0; 48]).collect();
        let shown = || list(bound.iter().map(|digest| hex(digest)));
        match &self.mr_service_td {
            None => Check::decided(id, bound.is_empty(), "(none)", shown()),
            Some(allowed) if body.mr_service_td.is_none() => {
                Check::decided(id, false, hexes(allowed), "a quote of TD 1.0, which names none")
            }
            Some(allowed) => {
                let known = body.service_tds().all(|digest| digest == [0; 48] || allowed.contains(&digest));
                let there = !bound.is_empty() || allowed.contains(&[0; 48]);
                Check::decided(id, known && there, hexes(allowed), shown())
            }
        }
    }

    /// ATT-249.
    fn flag(&self, id: CheckId, flag: PlatformFlag, value: Option<bool>) -> Check {
        let actual = match value {
            Some(true) => "yes",
            Some(false) => "no",
            None => "the certificate does not say",
        };
        if self.platform_forbid.contains(&flag) {
            Check::decided(id, value == Some(false), "no", actual)
        } else {
            Check::not_checked(id, actual)
        }
    }

    /// ATT-250: the verifier has replayed a log that came along.
    fn event_log(&self, claims: &TdxClaims) -> Check {
        let id = verifier::EVENT_LOG;
        match (claims.event_log, self.require_event_log) {
            (Some(log), _) => {
                let events = format!("{} events that give RTMR0 to RTMR3", log.events);
                Check::decided(id, true, "events that give RTMR0 to RTMR3", events)
            }
            (None, true) => Check::decided(id, false, "events that give RTMR0 to RTMR3", "no event log"),
            (None, false) => Check::not_checked(id, "no event log"),
        }
    }
}

impl AttributeRules {
    /// ATT-245.
    fn checks(&self, attributes: TdAttributes) -> Vec<Check> {
        let judge = |attribute: TdAttribute| {
            let id = checks::of(attribute);
            let set = attributes.has(attribute);
            let actual = if set { "set" } else { "clear" };
            if self.require.contains(&attribute) {
                Check::decided(id, set, "set", actual)
            } else if self.forbid.contains(&attribute) {
                Check::decided(id, !set, "clear", actual)
            } else {
                Check::not_checked(id, actual)
            }
        };
        let unnamed = attributes.unnamed();
        let reserved =
            Check::decided(verifier::RESERVED_ATTRIBUTES, unnamed == 0, "0x0", format_args!("{unnamed:#x}"));
        TdAttribute::ALL.into_iter().map(judge).chain([reserved]).collect()
    }
}

/// ATT-241.
fn report_data(body: &TdBody, context: &Context<'_>) -> Check {
    let actual = hex(&body.report_data);
    match context.signed_field {
        None => Check::not_checked(checks::REPORT_DATA, actual),
        Some(wanted) => Check::decided(checks::REPORT_DATA, body.report_data == *wanted, hex(wanted), actual),
    }
}

/// ATT-248: one of the values that are known, where the policy names any.
fn known<const N: usize>(id: CheckId, allowed: Option<&BTreeSet<[u8; N]>>, actual: &[u8; N]) -> Check {
    match allowed {
        None => Check::not_checked(id, hex(actual)),
        Some(allowed) => Check::decided(id, allowed.contains(actual), hexes(allowed), hex(actual)),
    }
}

fn hexes<const N: usize>(values: &BTreeSet<[u8; N]>) -> String {
    list(values.iter().map(|value| hex(value)))
}

fn list<T: AsRef<str>>(items: impl Iterator<Item = T>) -> String {
    let items: Vec<T> = items.collect();
    let texts: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    if texts.is_empty() { "(none)".into() } else { texts.join(", ") }
}
