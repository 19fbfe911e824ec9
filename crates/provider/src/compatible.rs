//! The dialect of hosts that speak OpenAI's bodies: those that are known by name, each with a table of its own, and
//! all others.

mod charge;
mod enforcement;
mod errors;
mod estimate;
mod headers;
mod usage;

use http::Method;
use tidegate_core::{Charging, Class, Cost, Dimension, Limit};

use crate::hosts::Host;
use crate::{
    Adapter, Dialect, Endpoint, Estimate, LocalRefusal, Observed, Refusal, ResponseHead, Spent, UsageReader,
    Verdict, endpoint, fault,
};

pub(crate) use errors::{RULES, rule};

/// The adapter of one host.
#[derive(Debug)]
pub(crate) struct Compatible {
    host: &'static Host,
}

impl Compatible {
    /// The adapter of the host that speaks a dialect.
    pub(crate) const fn new(host: &'static Host) -> Self {
        Self { host }
    }

    /// What is known of its host.
    #[cfg(test)]
    pub(crate) const fn host(&self) -> &'static Host {
        self.host
    }
}

impl Adapter for Compatible {
    fn dialect(&self) -> Dialect {
        self.host.dialect
    }

    fn endpoint(&self, method: &Method, path: &str) -> Endpoint {
        endpoint::of_post(method, path, estimate::kind)
    }

    fn estimate(&self, endpoint: Endpoint, body: &[u8]) -> Estimate {
        estimate::estimate(endpoint, body, self.host)
    }

    fn continued<'path>(&self, path: &'path str) -> Option<&'path str> {
        estimate::continued(path)
    }

    fn read_head(&self, _: Endpoint, head: &ResponseHead<'_>) -> Observed {
        headers::observe(head, self.host)
    }

    fn known_limits(&self) -> Vec<Limit> {
        enforcement::known_limits(self.host)
    }

    fn time_zone(&self) -> Option<&'static str> {
        self.host.time_zone
    }

    fn charging(&self, dimension: Dimension) -> Charging {
        enforcement::charging(dimension, self.host)
    }

    fn classify(&self, head: &ResponseHead<'_>, body: &[u8]) -> Verdict {
        let mut verdict = fault::judge(head, body, &self.host.rules);
        for limit in &mut verdict.limits {
            *limit = enforcement::hint(*limit, self.host);
        }
        verdict
    }

    fn charge(&self, endpoint: Endpoint, spent: &Spent) -> Cost {
        charge::answered(endpoint, spent, self.host)
    }

    fn charge_refused(&self, estimate: &Cost, class: Class) -> Cost {
        charge::refused(estimate, class)
    }

    fn refusal(&self, refusal: &LocalRefusal<'_>) -> Refusal {
        errors::refuse(refusal)
    }

    fn usage_reader(
        &self,
        endpoint: Endpoint,
        _: Option<&str>,
        content_encoding: Option<&str>,
    ) -> UsageReader {
        UsageReader::new(usage::grammar(endpoint), endpoint, content_encoding)
    }
}
