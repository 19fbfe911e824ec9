//! What a call to a compatible host will cost, and which of its paths cost anything.

use crate::estimate::{Body, estimate as of_body};
use crate::{Endpoint, EndpointKind, Estimate, endpoint};

/// The kind of a POST.
pub(crate) fn kind(resource: &str) -> Option<EndpointKind> {
    endpoint::openai_shaped(resource)
}

/// Most hosts limit each model on its own.
pub(crate) fn estimate(endpoint: Endpoint, body: &[u8]) -> Estimate {
    of_body(endpoint, body, |body: &Body| body.model.clone().unwrap_or_default())
}
