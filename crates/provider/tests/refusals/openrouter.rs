//! OpenRouter: its own refusals, and those of the provider behind.

use tidegate_provider::Dialect::OpenRouter;

use crate::{Row, check};

#[test]
fn openrouter_tells_its_own_limits_from_those_behind() {
    check(&ROWS);
}

const ROWS: [Row; 26] = [
    Row(
        OpenRouter,
        429,
        "",
        r#"{"error":{"message":"Rate limit exceeded: limit_rpm/m/u. High demand for m on OpenRouter - limited to 1 requests per minute. Please retry shortly.","code":429,"metadata":{"headers":{"X-RateLimit-Limit":"1","X-RateLimit-Remaining":"0","X-RateLimit-Reset":"1754667660000"},"provider_name":null}},"user_id":"u"}"#,
        "throttled 60000",
    ),
    Row(
        OpenRouter,
        429,
        "x-ratelimit-limit: 50\nx-ratelimit-remaining: 0\nx-ratelimit-reset: 1754697600000",
        r#"{"error":{"message":"Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day","code":429}}"#,
        "throttled 30000000",
    ),
    Row(
        OpenRouter,
        429,
        "",
        r#"{"error":{"message":"Rate limit exceeded: free-models-per-min. ","code":429,"metadata":{"headers":{"X-RateLimit-Reset":1754667610000}}}}"#,
        "throttled 10000",
    ),
    Row(
        OpenRouter,
        429,
        "",
        r#"{"error":{"message":"Provider returned error","code":429,"metadata":{"raw":"m is temporarily rate-limited upstream. Please retry shortly","provider_name":"Chutes"}},"user_id":"u"}"#,
        "overloaded -",
    ),
    Row(
        OpenRouter,
        429,
        "",
        r#"{"error":{"message":"Provider returned error","code":429,"metadata":{"raw":"{\"error\":{\"message\":\"Quota exceeded\"}}","provider_name":"Google","limit_source":"upstream_provider_shared_pool"}}}"#,
        "overloaded -",
    ),
    Row(
        OpenRouter,
        429,
        "retry-after: 40",
        r#"{"error":{"message":"Rate limited. Retry after 40 seconds.","code":429}}"#,
        "throttled 40000",
    ),
    Row(
        OpenRouter,
        402,
        "",
        r#"{"error":{"message":"This request requires more credits, or fewer max_tokens. You requested up to 64000 tokens, but can only afford 2666.","code":402}}"#,
        "quota_exhausted - account",
    ),
    Row(
        OpenRouter,
        402,
        "",
        r#"{"error":{"message":"Prompt tokens limit exceeded: 230799 > 91442.","code":402}}"#,
        "quota_exhausted - account",
    ),
    Row(
        OpenRouter,
        402,
        "",
        r#"{"error":{"message":"Insufficient credits","code":402,"metadata":{"error_type":"payment_required"}}}"#,
        "quota_exhausted - account",
    ),
    Row(
        OpenRouter,
        403,
        "",
        r#"{"error":{"message":"Key limit exceeded (monthly limit). Manage it at the settings.","code":403}}"#,
        "quota_exhausted - account",
    ),
    Row(
        OpenRouter,
        403,
        "",
        r#"{"error":{"message":"m requires moderation. Your input was flagged","code":403,"metadata":{"reasons":["violence"],"flagged_input":"x","provider_name":"p"}}}"#,
        "invalid -",
    ),
    Row(
        OpenRouter,
        401,
        "",
        r#"{"error":{"message":"No auth credentials found","code":401}}"#,
        "auth - account",
    ),
    Row(OpenRouter, 408, "", r#"{"error":{"message":"timeout","code":408}}"#, "timeout -"),
    Row(
        OpenRouter,
        400,
        "",
        r#"{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"{\"error\":{\"type\":\"invalid_request_error\"}}","provider_name":"p","is_byok":false}}}"#,
        "invalid -",
    ),
    Row(
        OpenRouter,
        404,
        "",
        r#"{"error":{"message":"No endpoints found that support tool use.","code":404}}"#,
        "invalid -",
    ),
    Row(
        OpenRouter,
        502,
        "",
        r#"{"error":{"message":"Provider returned error","code":502,"metadata":{"error_type":"provider_unavailable","provider_name":"p"}}}"#,
        "server_error -",
    ),
    Row(
        OpenRouter,
        503,
        "",
        r#"{"error":{"message":"m","code":503,"error_type":"provider_overloaded","availability":{"code":"capacity_exhausted","retryable":true,"retry_after":7}}}"#,
        "overloaded 7000",
    ),
    Row(
        OpenRouter,
        504,
        "",
        r#"{"error":{"message":"m","code":504,"metadata":{"error_type":"timeout"}}}"#,
        "timeout -",
    ),
    Row(OpenRouter, 500, "", r#"{"error":{"message":"Internal Server Error","code":500}}"#, "server_error -"),
    Row(
        OpenRouter,
        200,
        "",
        "\n         \n\n         \n{\"error\":{\"message\":\"Provider returned error\",\"code\":429,\"metadata\":{\"raw\":\"slow\",\"provider_name\":\"p\"}}}",
        "overloaded -",
    ),
    Row(
        OpenRouter,
        200,
        "",
        ": OPENROUTER PROCESSING\n\ndata: {\"id\":\"g\",\"error\":{\"code\":\"server_error\",\"message\":\"Provider disconnected\"},\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"error\"}]}\n\n",
        "server_error -",
    ),
    Row(
        OpenRouter,
        200,
        "",
        "data: {\"error\":{\"code\":\"rate_limit_exceeded\",\"message\":\"m\"},\"choices\":[]}\n\n",
        "throttled -",
    ),
    Row(
        OpenRouter,
        200,
        "",
        r#"{"choices":[{"finish_reason":"error","error":{"code":502,"message":"m","metadata":{"error_type":"provider_unavailable"}}}]}"#,
        "server_error -",
    ),
    Row(
        OpenRouter,
        200,
        "",
        "data: {\"error\":{\"code\":402,\"message\":\"Insufficient credits\"},\"choices\":[]}\n\n",
        "quota_exhausted - account",
    ),
    Row(
        OpenRouter,
        200,
        "",
        "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n",
        "overloaded -",
    ),
    Row(OpenRouter, 429, "", "", "throttled -"),
];
