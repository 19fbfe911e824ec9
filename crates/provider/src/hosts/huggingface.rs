//! Hugging Face's router: how it differs from other compatible hosts.
//!
//! Its own limits are the IETF's fields, in windows of five minutes that are fixed and say so (documentation, 2026-08:
//! <https://huggingface.co/docs/hub/rate-limits>; recorded 2026-08): what reads those fields for any host needs no table.
//! Beside them stand the headers of the provider behind, whose way of charging the router does not tell. Included credits
//! come back with the month, and what goes beyond them is refused 402 (documentation, 2026-08:
//! <https://huggingface.co/docs/inference-providers/pricing>).

use super::Host;
use crate::Dialect;

pub(super) static HOST: Host = Host::of(Dialect::HuggingFace);

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use http::{HeaderMap, HeaderValue};
    use tidegate_core::{Dimension, Enforcement};

    use super::*;
    use crate::{Endpoint, EndpointKind, ResponseHead, adapter};

    #[test]
    fn its_window_of_five_minutes_is_fixed_whichever_bucket_it_is_of() {
        for bucket in ["api", "resolvers", "pages"] {
            let mut headers = HeaderMap::new();
            let mut put = |name: &'static str, value: String| {
                headers.insert(name, HeaderValue::try_from(value).unwrap());
            };
            put("ratelimit", format!("\"{bucket}\";r=2499;t=295"));
            put("ratelimit-policy", format!("\"fixed window\";\"{bucket}\";q=2500;w=300"));
            let head = ResponseHead { status: 200, headers: &headers, received_at: SystemTime::UNIX_EPOCH };
            let limits = adapter(Dialect::HuggingFace).observe(Endpoint::of(EndpointKind::Chat), &head);
            assert_eq!(limits.len(), 1);
            assert_eq!((limits[0].dimension, limits[0].limit), (Dimension::Requests, Some(2_500)));
            assert_eq!(limits[0].window, Some(Duration::from_secs(300)));
            assert_eq!(limits[0].enforcement, Enforcement::FixedWindow);
        }
    }
}
