//! Mistral: two gateways, three shapes of bodies, no waits.

use tidegate_provider::Dialect::Mistral;

use crate::{Row, check};

#[test]
fn mistral_says_it_in_codes_or_hardly_at_all() {
    check(&ROWS);
}

const ROWS: [Row; 25] = [
    Row(Mistral, 429, "", "", "throttled -"),
    Row(Mistral, 429, "", r#"{"message":"Requests rate limit exceeded"}"#, "throttled -"),
    Row(
        Mistral,
        429,
        "x-ratelimit-limit-req-minute: 60\nx-ratelimit-remaining-req-minute: 0",
        r#"{"object":"error","message":"Rate limit exceeded","type":"rate_limited","param":null,"code":"1300","raw_status_code":429}"#,
        "throttled -",
    ),
    Row(
        Mistral,
        429,
        "x-ratelimit-limit-req-minute: 0",
        r#"{"object":"error","message":"Rate limit exceeded","type":"rate_limited","param":null,"code":"1300"}"#,
        "quota_exhausted -",
    ),
    Row(
        Mistral,
        429,
        "",
        r#"{"object":"error","message":"Service tier capacity exceeded for this model.","type":"invalid_request_error","param":null,"code":null}"#,
        "overloaded -",
    ),
    Row(
        Mistral,
        429,
        "",
        r#"{"object":"error","message":"Service tier capacity exceeded for this model.","type":"service_tier_capacity_exceeded","param":null,"code":"3505"}"#,
        "overloaded -",
    ),
    Row(
        Mistral,
        429,
        "",
        r#"{"object":"error","message":"m","type":"t","param":null,"code":3505}"#,
        "overloaded -",
    ),
    Row(
        Mistral,
        429,
        "",
        r#"{"object":"error","message":"The workspace has reached its spend limit","code":"1"}"#,
        "quota_exhausted - account",
    ),
    Row(Mistral, 401, "", r#"{"detail":"Invalid API Key"}"#, "auth - account"),
    Row(Mistral, 401, "", r#"{"message":"Unauthorized","request_id":"r"}"#, "auth - account"),
    Row(Mistral, 401, "", "{\n  \"message\":\"No API key found in request\"\n}", "auth - account"),
    Row(
        Mistral,
        400,
        "",
        r#"{"object":"error","message":"Invalid model: m","type":"invalid_model","param":null,"code":"1500","raw_status_code":400}"#,
        "invalid -",
    ),
    Row(
        Mistral,
        400,
        "",
        r#"{"object":"error","message":"Too many inputs in request, split into more batches.","type":"invalid_request_prompt","code":"3210"}"#,
        "invalid -",
    ),
    Row(
        Mistral,
        422,
        "",
        r#"{"detail":[{"loc":["body","messages"],"msg":"Field required","type":"missing","input":{},"ctx":{}}]}"#,
        "invalid -",
    ),
    Row(
        Mistral,
        422,
        "",
        r#"{"object":"error","message":{"detail":[{"type":"missing","loc":["body"],"msg":"Field required"}]},"type":"invalid_request_error","code":null}"#,
        "invalid -",
    ),
    Row(
        Mistral,
        403,
        "",
        r#"{"object":"error","message":"m","type":"forbidden","code":"1913"}"#,
        "auth - account",
    ),
    Row(Mistral, 404, "", r#"{"message":"no Route matched with those values"}"#, "invalid -"),
    Row(
        Mistral,
        500,
        "",
        r#"{"object":"error","message":"Service unavailable.","type":"internal_server_error","param":null,"code":"1000"}"#,
        "server_error -",
    ),
    Row(
        Mistral,
        502,
        "",
        "<html><head><title>502 Bad Gateway</title></head><body>cloudflare</body></html>",
        "server_error -",
    ),
    Row(
        Mistral,
        503,
        "",
        "upstream connect error or disconnect/reset before headers. reset reason: overflow",
        "overloaded -",
    ),
    Row(Mistral, 504, "", "upstream request timeout", "timeout -"),
    Row(Mistral, 429, "retry-after: 2.5", r#"{"message":"Requests rate limit exceeded"}"#, "throttled 2500"),
    Row(
        Mistral,
        200,
        "",
        "event: conversation.response.error\ndata: {\"type\":\"conversation.response.error\",\"message\":\"m\",\"code\":429}\n\n",
        "throttled -",
    ),
    Row(
        Mistral,
        200,
        "",
        "event: conversation.response.error\ndata: {\"type\":\"conversation.response.error\",\"message\":\"m\",\"code\":500}\n\n",
        "server_error -",
    ),
    Row(
        Mistral,
        200,
        "",
        "data: {\"object\":\"error\",\"message\":\"Rate limit exceeded\",\"type\":\"rate_limited\",\"code\":\"1300\"}\n\n",
        "throttled -",
    ),
];
