//! The seam `Adapter`: one provider's wire in, the engine's words out. Holds the contract, no implementation.

use std::fmt;

use http::Method;
use tidegate_core::{Calendar, Charging, Class, Cost, Dimension, Limit, Observation, Refill};

use crate::{
    Dialect, Endpoint, Estimate, LocalRefusal, Observed, Refusal, ResponseHead, Spent, UsageReader, Verdict,
};

/// Translation of one provider's wire.
///
/// # Contract
///
/// Every method is a pure function of its arguments: no state, no clock, no I/O; the same input gives the same
/// output. None of them fails or panics, whatever the bytes: input comes from the network and is judged
/// leniently. What cannot be read is left out and never guessed; a limit that no header states is not listed, a
/// part that none states is `None`.
///
/// Every implementation runs the same conformance suite (`tests/conformance.rs`).
pub trait Adapter: Send + Sync + fmt::Debug {
    /// The dialect that this adapter speaks.
    fn dialect(&self) -> Dialect;

    /// What a method and path address. The path is as the upstream sees it, with or without a query:
    /// `/v1/chat/completions`. What no limit governs (lists, files, batches, every GET) is
    /// [`EndpointKind::Unmetered`](crate::EndpointKind::Unmetered) and never waits.
    fn endpoint(&self, method: &Method, path: &str) -> Endpoint;

    /// What a request will cost, from its body. A body that cannot be parsed costs a token per four bytes, on the unnamed
    /// lane unless it still names its model: the provider judges it, not we.
    fn estimate(&self, endpoint: Endpoint, body: &[u8]) -> Estimate;

    /// The conversation that a path continues, where its history lies with the provider and the path names it. What a
    /// body names is in [`Estimate::continues`].
    fn continued<'path>(&self, path: &'path str) -> Option<&'path str>;

    /// What the head of an answer states of limits, whatever its status, and which headers were not heeded. Two
    /// headers that speak of one limit in one window give one observation, the stricter.
    fn read_head(&self, endpoint: Endpoint, head: &ResponseHead<'_>) -> Observed;

    /// The limits alone of [`Adapter::read_head`].
    fn observe(&self, endpoint: Endpoint, head: &ResponseHead<'_>) -> Vec<Observation> {
        self.read_head(endpoint, head).limits
    }

    /// Limits that hold before any answer has told one, since the provider's documentation states them: what the
    /// engine is given for a new account. Empty for nearly all.
    fn known_limits(&self) -> Vec<Limit> {
        Vec::new()
    }

    /// What the provider counts of a call against a limit on `dimension`, and when, as documented or measured;
    /// [`Charging::Unknown`] where neither is known. Which amounts those are says [`Adapter::charge`].
    fn charging(&self, dimension: Dimension) -> Charging {
        let _ = dimension;
        Charging::Unknown
    }

    /// The time zone at whose midnight the provider's days begin, by its name in the time zone database, where that is
    /// documented. `None` is UTC, as at most.
    fn time_zone(&self) -> Option<&'static str> {
        None
    }

    /// Given limits, those on tokens charged as the provider charges its own, and those of a day beginning when the
    /// provider's day does, unless they name a time zone: a limit that no header states is in step with the provider's only
    /// if both count the same.
    fn charged(&self, mut limits: Vec<Limit>) -> Vec<Limit> {
        for limit in &mut limits {
            if matches!(limit.dimension, Dimension::TotalTokens | Dimension::OutputTokens) {
                limit.charging = self.charging(limit.dimension);
            }
            if limit.quota.refill == Refill::CalendarWindow(Calendar::Day) {
                limit.zone = limit.zone.take().or_else(|| self.time_zone().map(str::to_owned));
            }
        }
        limits
    }

    /// How a call ended. `body` is what was received of the body, as received (compressed or not, empty, cut
    /// short, or HTML from a proxy); it is consulted for every status, since an error can stand inside a 200. For a
    /// success that is no answer of a model (a stored file, a list) pass an empty body: such documents can tell of
    /// errors that are not the call's. A wait is reported only for a class that waiting helps.
    fn classify(&self, head: &ResponseHead<'_>, body: &[u8]) -> Verdict;

    /// What the provider counts of an answered call, by its own rule. A part that the answer did not tell is zero
    /// here: [`settlement`](crate::settlement) puts the estimate in its place.
    fn charge(&self, endpoint: Endpoint, spent: &Spent) -> Cost;

    /// What the provider counts of a call of this estimate that it refused or failed with `class`.
    fn charge_refused(&self, estimate: &Cost, class: Class) -> Cost;

    /// An error of our own in the provider's shape, so that its SDK raises the error that it would raise there.
    fn refusal(&self, refusal: &LocalRefusal<'_>) -> Refusal;

    /// A reader that picks usage and errors out of the answer's body while it passes; of an endpoint that is not
    /// metered it tells nothing. `content_type` is a hint only: the reader looks at the bytes.
    fn usage_reader(
        &self,
        endpoint: Endpoint,
        content_type: Option<&str>,
        content_encoding: Option<&str>,
    ) -> UsageReader;
}

/// Makes the adapter of a dialect out of the files of its folder, which have the same names and signatures in each.
///
/// What a dialect does differently stands in those files; this is only the seam between them and the trait.
macro_rules! join_folder {
    ($Dialect:ident) => {
        /// The adapter.
        #[derive(Clone, Copy, Debug)]
        pub(crate) struct $Dialect;

        impl crate::Adapter for $Dialect {
            fn dialect(&self) -> crate::Dialect {
                crate::Dialect::$Dialect
            }

            fn endpoint(&self, method: &http::Method, path: &str) -> crate::Endpoint {
                crate::endpoint::of_post(method, path, estimate::kind)
            }

            fn estimate(&self, endpoint: crate::Endpoint, body: &[u8]) -> crate::Estimate {
                estimate::estimate(endpoint, body)
            }

            fn continued<'path>(&self, path: &'path str) -> Option<&'path str> {
                estimate::continued(path)
            }

            fn read_head(&self, _: crate::Endpoint, head: &crate::ResponseHead<'_>) -> crate::Observed {
                headers::observe(head)
            }

            fn known_limits(&self) -> Vec<tidegate_core::Limit> {
                enforcement::known_limits()
            }

            fn charging(&self, dimension: tidegate_core::Dimension) -> tidegate_core::Charging {
                enforcement::charging(dimension)
            }

            fn classify(&self, head: &crate::ResponseHead<'_>, body: &[u8]) -> crate::Verdict {
                crate::fault::judge(head, body, &errors::RULES)
            }

            fn charge(&self, endpoint: crate::Endpoint, spent: &crate::Spent) -> tidegate_core::Cost {
                charge::answered(endpoint, spent)
            }

            fn charge_refused(
                &self,
                estimate: &tidegate_core::Cost,
                class: tidegate_core::Class,
            ) -> tidegate_core::Cost {
                charge::refused(estimate, class)
            }

            fn refusal(&self, refusal: &crate::LocalRefusal<'_>) -> crate::Refusal {
                errors::refuse(refusal)
            }

            fn usage_reader(
                &self,
                endpoint: crate::Endpoint,
                content_type: Option<&str>,
                content_encoding: Option<&str>,
            ) -> crate::UsageReader {
                crate::UsageReader::new(usage::grammar(endpoint), endpoint, content_encoding)
                    .of_type(content_type)
            }
        }
    };
}
pub(crate) use join_folder;
