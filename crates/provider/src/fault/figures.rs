//! Limits that an error states in its text or details: for many providers the only place where they do.

use std::time::Duration;

use serde_json::Value;
use tidegate_core::{Dimension, Observation, Reach};

use super::Fault;
use crate::limits::{DAY, HOUR, MINUTE, MONTH, push};
use crate::value::count;

const SECOND: Duration = Duration::from_secs(1);

/// The marks by which OpenAI and Groq name the limit that refused (documentation and reports to 2026-08).
const MARKS: [(&str, Dimension, Duration); 12] = [
    ("(TPM)", Dimension::TotalTokens, MINUTE),
    ("(TPD)", Dimension::TotalTokens, DAY),
    ("(RPM)", Dimension::Requests, MINUTE),
    ("(RPD)", Dimension::Requests, DAY),
    ("(ITPM)", Dimension::InputTokens, MINUTE),
    ("(OTPM)", Dimension::OutputTokens, MINUTE),
    ("(IPM)", Dimension::Images, MINUTE),
    ("(ASH)", Dimension::AudioSeconds, HOUR),
    ("(ASD)", Dimension::AudioSeconds, DAY),
    ("(ASPH)", Dimension::AudioSeconds, HOUR),
    ("(ASPD)", Dimension::AudioSeconds, DAY),
    ("(RPH)", Dimension::Requests, HOUR),
];

/// The limits that an error states.
pub(crate) fn of_fault(fault: &Fault) -> Vec<Observation> {
    let mut list = Vec::new();
    for violation in violations(fault) {
        if let Some(observation) = of_violation(violation) {
            push(&mut list, observation);
        }
    }
    let message = fault.message.as_deref().unwrap_or_default();
    let told = marked(message)
        .or_else(|| older(message))
        .or_else(|| actual(message))
        .or_else(|| of_rate(message))
        .or_else(|| sentence(message));
    if let Some(observation) = told {
        push(&mut list, observation);
    }
    list
}

/// The number after a word: `Limit 30000,` gives 30000.
pub(crate) fn after(message: &str, word: &str) -> Option<u64> {
    let start = message.find(word)? + word.len();
    // Groq marks estimates: "Requested ~12903" (reports to 2026-08).
    let rest = message[start..].trim_start_matches('~');
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let mut end = digits(rest);
    let mut number = rest[..end].to_owned();
    // "Limit: 90,000 enqueued tokens": a comma between three digits separates nothing (OpenAI's batches).
    while let Some(group) = rest[end..].strip_prefix(',').filter(|group| end > 0 && digits(group) == 3) {
        number.push_str(&group[..3]);
        end += 4;
    }
    number.parse().ok()
}

/// "on requests per min. Limit: 3 / min.", "for tokens. Limit: 150000.000000 / min. Current: 176000.000000 / min."
/// (OpenAI, reports of 2023).
fn older(message: &str) -> Option<Observation> {
    let (before, rest) = message.split_once("Limit: ")?;
    let (_, unit) = rest.split_once(" / ")?;
    let words = before.rsplit([' ', '.']).filter(|word| !word.is_empty());
    let mut observation = Observation::of(words.take(8).find_map(counted)?);
    observation.window = Some(period(unit.split([' ', '.']).next()?)?);
    observation.limit = after(rest, "");
    let used = after(rest, "Current: ");
    observation.remaining = observation.limit.zip(used).map(|(limit, used)| limit.saturating_sub(used));
    Some(observation)
}

/// "Rate limit of 150 per 86400s exceeded for UserByModelByDay" (GitHub's models, reports of 2025): of no window it is
/// the calls at once.
fn of_rate(message: &str) -> Option<Observation> {
    let (_, rest) = message.split_once("Rate limit of ")?;
    let (limit, rest) = rest.split_once(" per ")?;
    let seconds: u64 = rest.split_once("s exceeded")?.0.parse().ok()?;
    let dimension = if seconds == 0 { Dimension::Concurrency } else { Dimension::Requests };
    let mut observation = Observation::of(dimension);
    observation.limit = Some(limit.parse().ok()?);
    observation.window = Some(Duration::from_secs(seconds)).filter(|window| !window.is_zero());
    Some(observation)
}

/// "tokens per min (TPM): Limit 30000, Used 18928, Requested 11159" (OpenAI, Groq; reports to 2026-08).
fn marked(message: &str) -> Option<Observation> {
    let (_, dimension, window) = MARKS.into_iter().find(|(mark, ..)| message.contains(mark))?;
    let mut observation = Observation::of(dimension);
    observation.window = Some(window);
    observation.limit = after(message, "Limit ");
    let used = after(message, "Used ");
    observation.remaining = observation.limit.zip(used).map(|(limit, used)| limit.saturating_sub(used));
    Some(observation)
}

/// "Tokens per Minute (actual/limit): 65605/16000" (xAI, report of 2025).
fn actual(message: &str) -> Option<Observation> {
    let (before, figures) = message.split_once(" (actual/limit): ")?;
    let mut words = before.rsplit(' ');
    let window = period(words.next()?)?;
    let dimension = counted(words.nth(1)?)?;
    let (actual, limit) = figures.split_once('/')?;
    let mut observation = Observation::of(dimension);
    observation.window = Some(window);
    observation.limit = after(limit, "");
    let actual: Option<u64> = actual.parse().ok();
    observation.remaining = observation.limit.zip(actual).map(|(limit, actual)| limit.saturating_sub(actual));
    Some(observation)
}

/// "30,000 input tokens per minute" (Anthropic), "40 API calls / minute" (Cohere), "1 requests per minute"
/// (OpenRouter), "60 queries per minute" (Together): reports to 2026-08.
fn sentence(message: &str) -> Option<Observation> {
    const LONGEST: usize = 600;
    let words: Vec<&str> = message.split_whitespace().take(LONGEST).collect();
    (0..words.len()).find_map(|at| {
        let limit = count(&words[at].replace(',', "")).ok()?;
        let mut rest = words[at + 1..].iter().copied();
        let mut word = rest.next()?;
        let side = match word {
            "input" | "prompt" => Some(Dimension::InputTokens),
            "output" | "completion" => Some(Dimension::OutputTokens),
            _ => None,
        };
        if side.is_some() || word == "API" {
            word = rest.next()?;
        }
        let dimension = counted(word)?;
        let dimension = side.filter(|_| dimension == Dimension::TotalTokens).unwrap_or(dimension);
        matches!(rest.next()?, "per" | "/" | "a").then_some(())?;
        let mut observation = Observation::of(dimension);
        observation.window = Some(period(rest.next()?)?);
        observation.limit = Some(limit);
        Some(observation)
    })
}

fn counted(word: &str) -> Option<Dimension> {
    Some(match word.to_ascii_lowercase().as_str() {
        "requests" | "request" | "calls" | "queries" => Dimension::Requests,
        "tokens" | "token" => Dimension::TotalTokens,
        "images" | "image" => Dimension::Images,
        _ => return None,
    })
}

fn period(word: &str) -> Option<Duration> {
    let word = word.to_ascii_lowercase();
    Some(match word.trim_matches(|c: char| !c.is_ascii_alphabetic()) {
        "second" | "sec" => SECOND,
        "minute" | "min" => MINUTE,
        "hour" => HOUR,
        "day" => DAY,
        "month" => MONTH,
        _ => return None,
    })
}

/// The quotas that Google names as exceeded (recorded and reported to 2026-08), with the value of each.
pub(crate) fn violations(fault: &Fault) -> impl Iterator<Item = Violation<'_>> {
    let error = fault.object.get("error").unwrap_or(&fault.object);
    let details = error.get("details").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let lists =
        details.iter().filter_map(|detail| detail.get("violations").and_then(Value::as_array)).flatten();
    let listed = lists.filter_map(|listed| {
        let id = listed.get("quotaId").or_else(|| listed.get("quotaMetric"))?;
        Some(Violation { id: id.as_str()?, value: listed.get("quotaValue") })
    });
    // Reports of 2024 and 2025: the reason of the error names the quota, and no list does.
    let reasons = details.iter().filter_map(|detail| {
        let about = detail.get("metadata")?;
        Some(Violation { id: about.get("quota_limit")?.as_str()?, value: about.get("quota_limit_value") })
    });
    listed.chain(reasons)
}

/// A quota that Google names as exceeded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Violation<'a> {
    /// `GenerateContentPaidTierInputTokensPerModelPerMinute`.
    pub(crate) id: &'a str,
    /// Its value, a number as a text; a zero is left out.
    value: Option<&'a Value>,
}

impl Violation<'_> {
    /// How much the quota allows.
    pub(crate) fn limit(&self) -> Option<u64> {
        match self.value? {
            Value::String(text) => count(text).ok(),
            value => count(&value.to_string()).ok(),
        }
    }

    /// Whether it allows nothing, so that the plan does not have the model. What cannot be read is something else.
    pub(crate) fn is_zero(&self) -> bool {
        self.value.is_none() || self.limit() == Some(0)
    }
}

/// The limit that such a quota is.
fn of_violation(violation: Violation<'_>) -> Option<Observation> {
    let Violation { id, .. } = violation;
    let dimension = match () {
        () if id.contains("InputToken") => Dimension::InputTokens,
        () if id.contains("OutputToken") => Dimension::OutputTokens,
        () if id.contains("Token") => Dimension::TotalTokens,
        () if id.contains("Request") => Dimension::Requests,
        () if id.contains("Image") => Dimension::Images,
        () => return None,
    };
    let window = [("PerMinute", MINUTE), ("PerDay", DAY), ("PerHour", HOUR), ("PerSecond", SECOND)];
    let mut observation = Observation::of(dimension);
    observation.window = window.into_iter().find(|(name, _)| id.contains(name)).map(|(_, window)| window);
    observation.limit = Some(violation.limit()?);
    observation.reach = if id.contains("PerModel") { Reach::Lane } else { Reach::Account };
    Some(observation)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Dimension, window, limit, remaining.
    type Parts = (Dimension, Option<Duration>, Option<u64>, Option<u64>);

    fn told(message: &str) -> Vec<Parts> {
        let fault = Fault { message: Some(message.to_owned()), ..Fault::default() };
        let parts = |limit: &Observation| (limit.dimension, limit.window, limit.limit, limit.remaining);
        of_fault(&fault).iter().map(parts).collect()
    }

    #[test]
    fn every_wording_of_a_limit_is_read() {
        let cases = [
            (
                "on tokens per min (TPM): Limit 30000, Used 18928, Requested 11159. Please try again in 174ms.",
                (Dimension::TotalTokens, MINUTE, 30_000, Some(11_072)),
            ),
            (
                "on tokens per day (TPD): Limit 100000, Used 97050, Requested 3619.",
                (Dimension::TotalTokens, DAY, 100_000, Some(2_950)),
            ),
            ("on requests per minute (RPM): Limit 30, Used 30", (Dimension::Requests, MINUTE, 30, Some(0))),
            (
                "would exceed the rate limit of 20,000 input tokens per minute. For details see",
                (Dimension::InputTokens, MINUTE, 20_000, None),
            ),
            ("limit of 80,000 output tokens per minute.", (Dimension::OutputTokens, MINUTE, 80_000, None)),
            (
                "a Trial key, which is limited to 40 API calls / minute",
                (Dimension::Requests, MINUTE, 40, None),
            ),
            ("limited to 1 requests per minute. Please retry", (Dimension::Requests, MINUTE, 1, None)),
            ("limit for this model is 9.0 queries per minute. This", (Dimension::Requests, MINUTE, 9, None)),
            (
                "Rate limit reached for m in organization o on requests per min. Limit: 3 / min. Please try again",
                (Dimension::Requests, MINUTE, 3, None),
            ),
            (
                "reached for tokens. Limit: 150000.000000 / min. Current: 176000.000000 / min.",
                (Dimension::TotalTokens, MINUTE, 150_000, Some(0)),
            ),
            (
                "Rate limit of 150 per 86400s exceeded for UserByModelByDay. Please wait 9 seconds.",
                (Dimension::Requests, DAY, 150, None),
            ),
            (
                "on tokens per min (TPM): Limit 1,500,000, Used 1,499,000, Requested 2,000.",
                (Dimension::TotalTokens, MINUTE, 1_500_000, Some(1_000)),
            ),
            (
                "limit exceeded, limit is 100000 tokens per minute",
                (Dimension::TotalTokens, MINUTE, 100_000, None),
            ),
            (
                "Your limit is — Tokens per Minute (actual/limit): 65605/16000. See",
                (Dimension::TotalTokens, MINUTE, 16_000, Some(0)),
            ),
        ];
        for (message, (dimension, window, limit, remaining)) in cases {
            assert_eq!(told(message), [(dimension, Some(window), Some(limit), remaining)], "{message}");
        }
    }

    #[test]
    fn other_numbers_state_no_limit() {
        for message in [
            "",
            "Please retry after 45 seconds.",
            "3 errors per 5 files",
            "in 2 minutes",
            "12 tokens too many per day",
        ] {
            assert_eq!(told(message), [], "{message}");
        }
    }

    #[test]
    fn named_quotas_are_limits_each_with_its_window() {
        let violation = |id: &str, value| json!({"quotaId": id, "quotaValue": value});
        let object = json!({"error": {"details": [{"violations": [
            violation("GenerateContentInputTokensPerModelPerMinute-FreeTier", "250000"),
            violation("GenerateRequestsPerDayPerProjectPerModel-FreeTier", "50"),
            violation("Somethings", "1"),
        ]}]}});
        let limits = of_fault(&Fault { object, ..Fault::default() });
        let parts: Vec<_> = limits.iter().map(|limit| (limit.dimension, limit.window, limit.limit)).collect();
        assert_eq!(
            parts,
            [
                (Dimension::InputTokens, Some(MINUTE), Some(250_000)),
                (Dimension::Requests, Some(DAY), Some(50))
            ]
        );
    }
}
