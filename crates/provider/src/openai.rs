//! OpenAI's dialect.

mod charge;
mod enforcement;
mod errors;
mod estimate;
mod headers;
mod usage;

use http::Method;
use tidegate_core::{Class, Cost, Observation, Usage};

use crate::{
    Adapter, Dialect, Endpoint, Estimate, LocalRefusal, Refusal, ResponseHead, UsageReader, Verdict,
    endpoint, fault,
};

pub(crate) use errors::{LIMITS, is_about_the_request, is_out_of_quota, limit_ruling, refuse};
pub(crate) use usage::{BROAD_PATHS, fold_broad};

/// The adapter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OpenAi;

impl Adapter for OpenAi {
    fn dialect(&self) -> Dialect {
        Dialect::OpenAi
    }

    fn endpoint(&self, method: &Method, path: &str) -> Endpoint {
        endpoint::of_post(method, path, estimate::kind)
    }

    fn estimate(&self, endpoint: Endpoint, body: &[u8]) -> Estimate {
        estimate::estimate(endpoint, body)
    }

    fn observe(&self, _: Endpoint, head: &ResponseHead<'_>) -> Vec<Observation> {
        headers::observe(head)
    }

    fn classify(&self, head: &ResponseHead<'_>, body: &[u8]) -> Verdict {
        fault::judge(head, body, &errors::RULES)
    }

    fn charge(&self, endpoint: Endpoint, usage: &Usage) -> Cost {
        charge::answered(endpoint, usage)
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
        UsageReader::new(&usage::GRAMMAR, endpoint, content_encoding)
    }
}
