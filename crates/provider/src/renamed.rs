//! `Renamed`: a dialect's adapter for a host that states its limits under names of its own, as its user wrote down.

use std::time::Duration;

use http::{HeaderName, Method};
use tidegate_core::{Charging, Class, Cost, Dimension, Limit, Observation};

use crate::limits::push;
use crate::value::{count, until_by_shape};
use crate::{
    Adapter, Dialect, Endpoint, Estimate, LocalRefusal, Observed, Refusal, ResponseHead, Spent, UsageReader,
    Verdict, WaitSource, Why, adapter,
};

/// The names under which a host states its limits, beside those that every dialect knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderNames {
    /// Its limits.
    pub limits: Vec<LimitNames>,
    /// The header that tells how long to wait after a refusal.
    pub retry_after: Option<HeaderName>,
}

/// The headers of one limit; values are read by their shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitNames {
    /// What the limit counts.
    pub dimension: Dimension,
    /// Its period; `None` where it is to be learned.
    pub window: Option<Duration>,
    /// The header of the amount per period.
    pub limit: Option<HeaderName>,
    /// The header of what is left.
    pub remaining: Option<HeaderName>,
    /// The header of the time until it is whole again, as a span or as an instant.
    pub reset: Option<HeaderName>,
}

/// The adapter of a dialect that also reads the given names.
///
/// It lives as long as the process, as all adapters do, so make one for each configured provider and no more.
#[must_use]
pub fn adapter_with(dialect: Dialect, names: HeaderNames) -> &'static dyn Adapter {
    if names == HeaderNames::default() {
        return adapter(dialect);
    }
    Box::leak(Box::new(Renamed { base: adapter(dialect), names, hints: true }))
}

/// The same, at a host of which nothing is known but the dialect: what the dialect's provider is known for does not hold.
pub(crate) fn without_hints(dialect: Dialect, names: HeaderNames) -> &'static dyn Adapter {
    static OPENAI: Renamed = Renamed {
        base: &crate::openai::OpenAi,
        names: HeaderNames { limits: Vec::new(), retry_after: None },
        hints: false,
    };
    if dialect == Dialect::OpenAi && names == HeaderNames::default() {
        return &OPENAI;
    }
    Box::leak(Box::new(Renamed { base: adapter(dialect), names, hints: false }))
}

/// A dialect's adapter with further names.
#[derive(Debug)]
struct Renamed {
    base: &'static dyn Adapter,
    names: HeaderNames,
    /// Whether the host is the one that the dialect knows something of.
    hints: bool,
}

impl Renamed {
    /// Takes back what the dialect's provider is known for, where the host is another.
    fn unhinted(&self, limits: &mut [Observation]) {
        for limit in limits.iter_mut().filter(|_| !self.hints) {
            *limit = limit.unhinted();
        }
    }
}

impl LimitNames {
    /// What a head states of this limit.
    fn read(&self, head: &ResponseHead<'_>, observed: &mut Observed) -> Observation {
        let mut observation = Observation::of(self.dimension);
        observation.window = self.window;
        observation.limit = value(head, self.limit.as_ref(), count, observed);
        observation.remaining = value(head, self.remaining.as_ref(), count, observed);
        let span = |text: &str| until_by_shape(text, || head.date());
        observation.reset = value(head, self.reset.as_ref(), span, observed);
        observation
    }

    fn names(&self) -> impl Iterator<Item = &HeaderName> {
        [&self.limit, &self.remaining, &self.reset].into_iter().flatten()
    }
}

/// The value of a header, where there is one that can be read.
fn value<T>(
    head: &ResponseHead<'_>,
    name: Option<&HeaderName>,
    read: impl Fn(&str) -> Result<T, Why>,
    observed: &mut Observed,
) -> Option<T> {
    let name = name.filter(|name| head.headers.contains_key(*name))?;
    let text = head.text(name).ok_or(Why::Contradictory);
    text.and_then(read).map_err(|why| observed.ignore(name, why)).ok()
}

impl Adapter for Renamed {
    fn dialect(&self) -> Dialect {
        self.base.dialect()
    }

    fn endpoint(&self, method: &Method, path: &str) -> Endpoint {
        self.base.endpoint(method, path)
    }

    fn estimate(&self, endpoint: Endpoint, body: &[u8]) -> Estimate {
        self.base.estimate(endpoint, body)
    }

    fn continued<'path>(&self, path: &'path str) -> Option<&'path str> {
        self.base.continued(path)
    }

    fn read_head(&self, endpoint: Endpoint, head: &ResponseHead<'_>) -> Observed {
        let mut observed = self.base.read_head(endpoint, head);
        self.unhinted(&mut observed.limits);
        // What the dialect could not make sense of is explained by the user.
        let own =
            |name: &HeaderName| self.names.limits.iter().any(|limit| limit.names().any(|own| own == name));
        observed.ignored.retain(|ignored| !own(&ignored.header));
        for names in &self.names.limits {
            let observation = names.read(head, &mut observed);
            push(&mut observed.limits, observation);
        }
        observed
    }

    fn known_limits(&self) -> Vec<Limit> {
        self.base.known_limits()
    }

    fn time_zone(&self) -> Option<&'static str> {
        self.base.time_zone().filter(|_| self.hints)
    }

    fn charging(&self, dimension: Dimension) -> Charging {
        if self.hints { self.base.charging(dimension) } else { Charging::Unknown }
    }

    fn classify(&self, head: &ResponseHead<'_>, body: &[u8]) -> Verdict {
        let mut verdict = self.base.classify(head, body);
        self.unhinted(&mut verdict.limits);
        let text = self.names.retry_after.as_ref().and_then(|name| head.text(name));
        let wait = text.and_then(|text| until_by_shape(text, || head.date()).ok());
        if verdict.class.is_retryable() && wait > verdict.retry_after {
            (verdict.retry_after, verdict.waits_by) = (wait, Some(WaitSource::Configured));
        }
        verdict
    }

    fn charge(&self, endpoint: Endpoint, spent: &Spent) -> Cost {
        self.base.charge(endpoint, spent)
    }

    fn charge_refused(&self, estimate: &Cost, class: Class) -> Cost {
        self.base.charge_refused(estimate, class)
    }

    fn refusal(&self, refusal: &LocalRefusal<'_>) -> Refusal {
        self.base.refusal(refusal)
    }

    fn usage_reader(
        &self,
        endpoint: Endpoint,
        content_type: Option<&str>,
        content_encoding: Option<&str>,
    ) -> UsageReader {
        self.base.usage_reader(endpoint, content_type, content_encoding)
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use http::{HeaderMap, HeaderValue};

    use super::*;
    use crate::EndpointKind;

    fn house() -> &'static dyn Adapter {
        let limit = LimitNames {
            dimension: Dimension::Requests,
            window: Some(Duration::from_secs(60)),
            limit: Some(HeaderName::from_static("x-house-ratelimit-total")),
            remaining: Some(HeaderName::from_static("x-house-left")),
            reset: Some(HeaderName::from_static("x-house-again")),
        };
        let retry_after = Some(HeaderName::from_static("x-house-wait"));
        adapter_with(Dialect::Compatible, HeaderNames { limits: vec![limit], retry_after })
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn a_limit_under_names_of_the_hosts_own_is_read() {
        let headers =
            headers(&[("x-house-ratelimit-total", "50"), ("x-house-left", "49"), ("x-house-again", "1m")]);
        let head = ResponseHead { status: 200, headers: &headers, received_at: SystemTime::UNIX_EPOCH };
        let observed = house().read_head(Endpoint::of(EndpointKind::Chat), &head);
        assert_eq!(observed.ignored, []);
        let limit = observed.limits[0];
        assert_eq!((limit.limit, limit.remaining), (Some(50), Some(49)));
        assert_eq!((limit.reset, limit.window), (limit.window, Some(Duration::from_secs(60))));
    }

    #[test]
    fn garbage_under_such_a_name_is_noted() {
        let headers = headers(&[("x-house-left", "many")]);
        let head = ResponseHead { status: 200, headers: &headers, received_at: SystemTime::UNIX_EPOCH };
        let observed = house().read_head(Endpoint::of(EndpointKind::Chat), &head);
        assert_eq!((observed.limits.len(), observed.ignored[0].why), (0, Why::NotACount));
    }

    #[test]
    fn its_wait_counts_where_waiting_helps() {
        let headers = headers(&[("x-house-wait", "2500ms")]);
        let verdict = |status| {
            let head = ResponseHead { status, headers: &headers, received_at: SystemTime::UNIX_EPOCH };
            house().classify(&head, b"")
        };
        assert_eq!(verdict(429).retry_after, Some(Duration::from_millis(2_500)));
        assert_eq!(verdict(401).retry_after, None);
        assert_eq!(verdict(200).retry_after, None);
    }
}
