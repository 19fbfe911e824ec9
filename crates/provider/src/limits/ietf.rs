//! The `RateLimit` fields of the IETF drafts, in the forms of all their generations, which any host may send.
//!
//! * drafts 0 to 6: `RateLimit-Limit: 100, 100;w=60`, `RateLimit-Remaining: 99`, `RateLimit-Reset: 50`
//! * draft 7: `RateLimit: limit=100, remaining=99, reset=50`, `RateLimit-Policy: 100;w=60`
//! * drafts 8 and later: `RateLimit: "name";r=99;t=50`, `RateLimit-Policy: "name";q=100;w=60;qu="requests"`
//!
//! Source: draft-ietf-httpapi-ratelimit-headers, versions 00 to 10 (2026-08). Hugging Face writes two names into its
//! policy, the kind of its window first (recorded 2026-08): the last name counts.

use std::time::Duration;

use http::HeaderName;
use tidegate_core::{Dimension, Enforcement, Observation};

use super::push;
use crate::value::{count, seconds, until_by_shape};
use crate::{Observed, ResponseHead, Why};

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");
const STATE: HeaderName = HeaderName::from_static("ratelimit");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The most items that are read of one list.
const ITEMS_MAX: usize = 8;

/// One item of a list: its bare words, and what it says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Item<'a> {
    /// The last quoted or bare word.
    name: &'a str,
    limit: Option<u64>,
    remaining: Option<u64>,
    reset: Option<Duration>,
    window: Option<Duration>,
    unit: Option<&'a str>,
    fixed: bool,
}

/// Adds what a head states in these fields.
pub(super) fn read(head: &ResponseHead<'_>, observed: &mut Observed) {
    for name in [LIMIT, REMAINING, RESET, STATE, POLICY] {
        if head.headers.contains_key(&name) && head.text(&name).is_none() {
            observed.ignore(&name, Why::Contradictory);
        }
    }
    let policies = items(head, &POLICY, observed);
    let mut states = items(head, &STATE, observed);
    let single = single(head, observed);
    // Draft 7 writes one state as three items without a name.
    if states.len() > 1 && states.iter().all(|item| item.name.is_empty()) {
        states = vec![states.into_iter().fold(Item::default(), Item::joined)];
    }
    states.extend(single);
    let mut is_stated = vec![false; policies.len()];
    for state in states {
        let policy = policy_of(&state, &policies);
        if let Some(stated) = policy.and_then(|index| is_stated.get_mut(index)) {
            *stated = true;
        }
        let policy = policy.and_then(|index| policies.get(index)).copied().unwrap_or_default();
        add(policy.joined(state), observed);
    }
    // A policy without a state still holds: a server may state only the one that is nearest to its end.
    let silent = policies.iter().zip(is_stated).filter(|(_, is_stated)| !is_stated);
    silent.for_each(|(policy, _)| add(*policy, observed));
}

/// Where among the policies the one is that a state belongs to: by its name, else by its limit, else the first.
fn policy_of(state: &Item<'_>, policies: &[Item<'_>]) -> Option<usize> {
    let named = policies.iter().position(|policy| !policy.name.is_empty() && policy.name == state.name);
    let alike = || policies.iter().position(|policy| state.limit.is_some() && policy.limit == state.limit);
    named.or_else(alike).or(if policies.is_empty() { None } else { Some(0) })
}

/// The state of drafts 0 to 6, which has a header for each part.
fn single<'a>(head: &ResponseHead<'a>, observed: &mut Observed) -> Option<Item<'a>> {
    // The limit that binds comes first; the list after it repeats it with its window.
    let listed = items(head, &LIMIT, observed);
    // What follows the first has windows; a number in groups of three digits has none.
    let is_list = listed.iter().skip(1).all(|item| item.window.is_some());
    if !is_list {
        observed.ignore(&LIMIT, Why::NotACount);
    }
    let limit = listed.first().and_then(|item| item.limit).filter(|_| is_list);
    let alike = listed.iter().find(|item| item.limit == limit && item.window.is_some());
    let remaining = part(head, &REMAINING, observed);
    let mut item = Item { limit, remaining, window: alike.and_then(|item| item.window), ..Item::default() };
    if limit.is_none() && remaining.is_none() {
        return None;
    }
    if let Some(text) = head.text(&RESET) {
        // Some hosts write epoch seconds here, against the draft (Exa, 2026-08).
        match until_by_shape(text, || head.date()) {
            Ok(reset) => item.reset = Some(reset),
            Err(why) => observed.ignore(&RESET, why),
        }
    }
    Some(item)
}

fn part(head: &ResponseHead<'_>, name: &HeaderName, observed: &mut Observed) -> Option<u64> {
    count(head.text(name)?).map_err(|why| observed.ignore(name, why)).ok()
}

fn add(item: Item<'_>, observed: &mut Observed) {
    let dimension = match item.unit {
        None | Some("requests") => Dimension::Requests,
        Some("concurrent-requests") => Dimension::Concurrency,
        Some("tokens") => Dimension::TotalTokens,
        Some(_) => {
            observed.ignore(&POLICY, Why::UnknownName);
            return;
        }
    };
    let mut observation = Observation::of(dimension);
    observation.limit = item.limit;
    observation.remaining = item.remaining;
    observation.reset = item.reset;
    observation.window = item.window.filter(|window| !window.is_zero());
    if item.fixed {
        observation.enforcement = Enforcement::FixedWindow;
    }
    push(&mut observed.limits, observation);
}

/// The items of a header's list.
fn items<'a>(head: &ResponseHead<'a>, name: &HeaderName, observed: &mut Observed) -> Vec<Item<'a>> {
    let Some(text) = head.text(name) else { return Vec::new() };
    let read: Vec<Item<'a>> = split(text, b',').take(ITEMS_MAX).map(Item::read).collect();
    if read.iter().all(Item::says_nothing) {
        observed.ignore(name, Why::NotACount);
    }
    read
}

impl<'a> Item<'a> {
    /// `"name";r=99;t=50`, `limit=100`, or `100;w=60`.
    fn read(text: &'a str) -> Self {
        let mut item = Self::default();
        for word in split(text, b';') {
            let Some((key, value)) = word.split_once('=').filter(|_| !word.starts_with('"')) else {
                match count(word) {
                    Ok(limit) => item.limit = Some(limit),
                    Err(_) => {
                        item.fixed |= word.trim_matches('"') == "fixed window";
                        item.name = word.trim_matches('"');
                    }
                }
                continue;
            };
            let value = value.trim().trim_matches('"');
            match key.trim() {
                "q" | "limit" => item.limit = count(value).ok(),
                "r" | "remaining" => item.remaining = count(value).ok(),
                "t" | "reset" => item.reset = seconds(value),
                "w" | "window" => item.window = seconds(value),
                "qu" => item.unit = Some(value),
                _ => {}
            }
        }
        item
    }

    fn says_nothing(&self) -> bool {
        self.limit.is_none() && self.remaining.is_none() && self.reset.is_none()
    }

    /// This item with what `other` says beyond it.
    fn joined(self, other: Self) -> Self {
        Self {
            name: if other.name.is_empty() { self.name } else { other.name },
            limit: other.limit.or(self.limit),
            remaining: other.remaining.or(self.remaining),
            reset: other.reset.or(self.reset),
            window: other.window.or(self.window),
            unit: other.unit.or(self.unit),
            fixed: self.fixed || other.fixed,
        }
    }
}

/// The parts of a text between separators that stand outside of quotes.
fn split(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let mut quoted = false;
        let end = text.bytes().position(|byte| {
            quoted ^= byte == b'"';
            byte == separator && !quoted
        });
        rest = end.map(|end| &text[end + 1..]);
        Some(text[..end.unwrap_or(text.len())].trim())
    })
    .filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use http::{HeaderMap, HeaderValue};

    use super::*;
    use crate::limits::MINUTE;

    fn observed(pairs: &[(&'static str, &'static str)]) -> Observed {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        of_headers(&headers)
    }

    fn of_headers(headers: &HeaderMap) -> Observed {
        let mut observed = Observed::default();
        read(&ResponseHead { status: 200, headers, received_at: SystemTime::UNIX_EPOCH }, &mut observed);
        observed
    }

    fn parts(observation: &Observation) -> (Option<u64>, Option<u64>, Option<u64>, Option<u64>) {
        let seconds = |span: Option<Duration>| span.map(|span| span.as_secs());
        (observation.limit, observation.remaining, seconds(observation.reset), seconds(observation.window))
    }

    #[test]
    fn every_generation_of_the_drafts_is_read() {
        let forms: [&[(&'static str, &'static str)]; 4] = [
            &[("ratelimit-limit", "100, 100;w=60"), ("ratelimit-remaining", "99"), ("ratelimit-reset", "50")],
            &[("ratelimit", "limit=100, remaining=99, reset=50"), ("ratelimit-policy", "100;w=60")],
            &[("ratelimit", "\"api\";r=99;t=50"), ("ratelimit-policy", "\"api\";q=100;w=60")],
            &[
                ("ratelimit", "\"api\";r=99;t=50"),
                ("ratelimit-policy", "\"fixed window\";\"api\";q=100;w=60"),
            ],
        ];
        for form in forms {
            let limits = observed(form).limits;
            assert_eq!(limits.len(), 1, "{form:?}");
            assert_eq!(parts(&limits[0]), (Some(100), Some(99), Some(50), Some(60)), "{form:?}");
        }
    }

    #[test]
    fn several_policies_are_several_limits() {
        let limits = observed(&[
            ("ratelimit", "\"burst\";r=9;t=1, \"day\";r=900;t=4000"),
            ("ratelimit-policy", "\"burst\";q=10;w=60, \"day\";q=1000;w=86400"),
        ])
        .limits;
        assert_eq!(limits.len(), 2);
        assert_eq!(limits[0].window, Some(MINUTE));
        assert_eq!(parts(&limits[1]), (Some(1_000), Some(900), Some(4_000), Some(86_400)));
    }

    #[test]
    fn a_policy_without_a_state_is_listed_with_its_limit_and_window() {
        let (api, hour) = ("\"api\";q=10;w=60", "\"hour\";q=100;w=3600");
        for policy in [format!("{api}, {hour}"), format!("{hour}, {api}")] {
            let mut headers = HeaderMap::new();
            headers.insert("ratelimit", HeaderValue::from_static("\"api\";r=5;t=30"));
            headers.insert("ratelimit-policy", HeaderValue::from_str(&policy).unwrap());
            let limits = of_headers(&headers).limits;
            let parts: Vec<_> = limits.iter().map(parts).collect();
            let stated = (Some(10), Some(5), Some(30), Some(60));
            assert_eq!(parts, [stated, (Some(100), None, None, Some(3_600))], "{policy}");
        }
    }

    #[test]
    fn a_state_without_a_name_belongs_to_the_policy_of_its_limit_or_the_first() {
        let limits = |state| {
            let pairs = [("ratelimit", state), ("ratelimit-policy", "10;w=60, 100;w=3600")];
            observed(&pairs).limits.iter().map(parts).collect::<Vec<_>>()
        };
        let alike = limits("limit=100, remaining=7, reset=30");
        assert_eq!(alike, [(Some(100), Some(7), Some(30), Some(3_600)), (Some(10), None, None, Some(60))]);
        let first = limits("remaining=7, reset=30");
        assert_eq!(first, [(Some(10), Some(7), Some(30), Some(60)), (Some(100), None, None, Some(3_600))]);
    }

    #[test]
    fn units_other_than_requests_are_told_apart() {
        let unit = |policy| observed(&[("ratelimit", "\"a\";r=9"), ("ratelimit-policy", policy)]);
        assert_eq!(unit("\"a\";q=10;qu=\"concurrent-requests\"").limits[0].dimension, Dimension::Concurrency);
        let bytes = unit("\"a\";q=10;qu=\"content-bytes\"");
        assert_eq!((bytes.limits.len(), bytes.ignored[0].why), (0, Why::UnknownName));
    }

    #[test]
    fn rubbish_states_nothing_and_is_noted() {
        for rubbish in ["", "\"", ";;;,,,", "\"a\";r=-1;t=x", "limit=NaN", "\u{7f}"] {
            let Ok(value) = HeaderValue::from_str(rubbish) else { continue };
            let mut headers = HeaderMap::new();
            headers.insert("ratelimit", value);
            assert_eq!(of_headers(&headers).limits, [], "{rubbish:?}");
        }
    }

    #[test]
    fn a_separator_inside_quotes_separates_nothing() {
        assert_eq!(split("\"a,b\";r=1, c", b',').collect::<Vec<_>>(), ["\"a,b\";r=1", "c"]);
    }
}
