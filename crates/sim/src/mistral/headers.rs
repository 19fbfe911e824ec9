//! Mistral's headers: limits and what remains of them by the minute, and what the call itself cost. Never a reset.

use tidegate_core::Dimension;

use crate::call::Endpoint;
use crate::meters::Reading;
use crate::voice::{Headers, Scene};

/// Headers of every answer (recorded, 2026-07).
pub(super) fn base(scene: &Scene<'_>) -> Headers {
    vec![
        ("mistral-correlation-id", correlation(scene.id)),
        ("x-kong-request-id", correlation(scene.id)),
        ("x-envoy-upstream-service-time", "100".to_owned()),
    ]
}

/// The rate headers of a plain success. Embeddings have no token pair (recorded, 2026).
pub(super) fn rates_of_success(scene: &Scene<'_>) -> Headers {
    let embeddings = scene.call.is_some_and(|call| call.endpoint == Endpoint::Embeddings);
    let mut headers: Headers = scene
        .levels
        .iter()
        .filter(|(dimension, _)| *dimension == Dimension::Requests || !embeddings)
        .flat_map(pair)
        .collect();
    headers.push(("x-ratelimit-tokens-query-cost", scene.query_cost.to_string()));
    headers
}

/// The rate headers of a refusal: only the pair of the limit that refused, and for tokens that of requests before
/// it (reported, 2026).
pub(super) fn rates_of_refusal(scene: &Scene<'_>, refused: Dimension) -> Headers {
    let named = |dimension: Dimension| dimension == Dimension::Requests || refused != Dimension::Requests;
    scene.levels.iter().filter(|(dimension, _)| named(*dimension)).flat_map(pair).collect()
}

fn pair((dimension, level): &Reading) -> Headers {
    let names = match dimension {
        Dimension::Requests => ["x-ratelimit-limit-req-minute", "x-ratelimit-remaining-req-minute"],
        Dimension::TotalTokens => ["x-ratelimit-limit-tokens-minute", "x-ratelimit-remaining-tokens-minute"],
        _ => return Headers::new(),
    };
    names.into_iter().zip([level.limit.to_string(), level.remaining().to_string()]).collect()
}

/// An identifier in the form of a UUID.
fn correlation(id: u64) -> String {
    let hex = format!("{id:016x}");
    format!("019f8077-{}-7{}-8{}-{}", &hex[0..4], &hex[4..7], &hex[7..10], &format!("{hex}000000")[10..22])
}
