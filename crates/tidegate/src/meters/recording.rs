//! `Meters`: what each event of an account adds to which counter, gauge or histogram.

use std::time::Duration;

use metrics::{SharedString, counter, gauge, histogram};
use tidegate_core::{Band, Class, Compared, Comparison, LimitStatus, Rejection, Usage};

use super::Readings;
use super::labels::Names;
use crate::events::{Event, Happening, Origin};

/// What one account records.
#[derive(Debug)]
pub(crate) struct Meters {
    account: SharedString,
    provider: SharedString,
    models: Names,
    scopes: Names,
}

impl Meters {
    pub(crate) fn new(account: &str, provider: String) -> Self {
        let account = SharedString::from(account.to_owned());
        Self { account, provider: provider.into(), models: Names::default(), scopes: Names::default() }
    }

    /// Records what happened, and how things stand after it.
    pub(crate) fn record(&self, readings: &Readings) {
        for event in &readings.events {
            self.event(event);
        }
        if let Some((waiting, under_way)) = readings.levels {
            for (band, calls) in Band::ALL.into_iter().zip(waiting) {
                let account = self.account.clone();
                gauge!("tidegate_queue_depth", "account" => account, "band" => band.name()).set(float(calls));
            }
            let account = self.account.clone();
            gauge!("tidegate_reservations_active", "account" => account).set(float(under_way));
        }
        for limit in &readings.limits {
            self.limit(limit);
        }
    }

    fn event(&self, event: &Event) {
        let nobody = Origin::default();
        let origin = event.call.as_deref().unwrap_or(&nobody);
        match &event.what {
            Happening::Granted { waited, .. } => {
                let band = origin.band.name();
                histogram!("tidegate_queue_wait_seconds", "band" => band).record(waited.as_secs_f64());
            }
            Happening::Refused { rejection } => self.request(origin, outcome_of(rejection)),
            Happening::Answered { class } | Happening::Throttled { class, .. } => {
                let (provider, model) = (self.provider.clone(), self.models.told(&origin.lane));
                counter!("tidegate_upstream_responses_total", "provider" => provider, "model" => model, "class" => class.name())
                    .increment(1);
            }
            Happening::Settled { usage, took, class, .. } => {
                self.request(origin, class.unwrap_or(Class::Ok).name());
                self.settled(origin, usage.as_ref(), *took);
            }
            Happening::Estimated { comparison } => self.estimated(origin, comparison),
            Happening::GivenUp { .. } => self.request(origin, "abandoned"),
            Happening::Expired => counter!("tidegate_reservations_expired_total").increment(1),
            Happening::Retried { class, .. } => {
                counter!("tidegate_retries_total", "class" => class.name()).increment(1);
            }
            Happening::FellBack { from, to } => {
                let (from, to) = (self.models.told(from), self.models.told(to));
                counter!("tidegate_fallbacks_total", "from" => from, "to" => to).increment(1);
            }
            _ => {}
        }
    }

    /// One permit, however it ended, or one call that got none.
    fn request(&self, origin: &Origin, outcome: &'static str) {
        let (provider, model) = (self.provider.clone(), self.models.told(&origin.lane));
        let band = origin.band.name();
        counter!("tidegate_requests_total", "provider" => provider, "model" => model, "band" => band, "outcome" => outcome)
            .increment(1);
    }

    fn settled(&self, origin: &Origin, usage: Option<&Usage>, took: Duration) {
        let (provider, model) = (self.provider.clone(), self.models.told(&origin.lane));
        histogram!("tidegate_upstream_seconds", "provider" => provider.clone(), "model" => model.clone())
            .record(took.as_secs_f64());
        let Some(usage) = usage else { return };
        let directions = [
            ("input", usage.input_tokens),
            ("cached_input", usage.cached_input_tokens),
            ("output", usage.output_tokens),
        ];
        for (direction, tokens) in directions.into_iter().filter(|(_, tokens)| *tokens > 0) {
            let (provider, model) = (provider.clone(), model.clone());
            counter!("tidegate_tokens_total", "provider" => provider, "model" => model, "direction" => direction)
                .increment(tokens);
        }
    }

    /// Estimated over used, of input and output each: 1 is a perfect estimate.
    fn estimated(&self, origin: &Origin, comparison: &Comparison) {
        let ratio = |compared: Option<Compared>| {
            let compared = compared.filter(|compared| compared.used > 0)?;
            Some(amount(compared.estimated) / amount(compared.used))
        };
        let model = self.models.told(&origin.lane);
        if let Some(ratio) = ratio(comparison.input) {
            histogram!("tidegate_estimate_error_ratio", "model" => model.clone()).record(ratio);
        }
        if let Some(ratio) = ratio(comparison.output) {
            histogram!("tidegate_output_estimate_error_ratio", "model" => model).record(ratio);
        }
    }

    fn limit(&self, limit: &LimitStatus) {
        let labels = [
            ("account", self.account.clone()),
            ("scope", self.scopes.told(&limit.scope)),
            ("dimension", SharedString::const_str(limit.dimension.name())),
        ];
        gauge!("tidegate_limit_value", &labels).set(amount(limit.limit));
        let used = if limit.limit == 0 { 1.0 } else { amount(limit.used) / amount(limit.limit) };
        gauge!("tidegate_limit_used_ratio", &labels).set(used);
    }
}

/// What the metrics call a refusal of our own.
const fn outcome_of(rejection: &Rejection) -> &'static str {
    match rejection {
        Rejection::Never { .. } => Class::RequestRejected.name(),
        Rejection::Unaffordable { left: 0, .. } => Class::QuotaExhausted.name(),
        Rejection::Unaffordable { .. } => Class::RequestRejected.name(),
        Rejection::Deadline { .. } => "too_long",
        Rejection::Closed => "shutting_down",
        _ => "queue_full",
    }
}

#[expect(clippy::cast_precision_loss, reason = "a value for a chart needs no more than 52 bits")]
const fn float(count: usize) -> f64 {
    count as f64
}

#[expect(clippy::cast_precision_loss, reason = "a value for a chart needs no more than 52 bits")]
const fn amount(count: u64) -> f64 {
    count as f64
}
