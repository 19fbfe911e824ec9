//! Anthropic: types before statuses.

use tidegate_provider::Dialect::Anthropic;

use crate::{Row, check};

#[test]
fn anthropic_says_it_in_its_type() {
    check(&ROWS);
}

const ROWS: [Row; 25] = [
    Row(
        Anthropic,
        429,
        "retry-after: 12\nx-should-retry: true",
        r#"{"type":"error","error":{"type":"rate_limit_error","message":"This request would exceed your organization's rate limit of 30,000 input tokens per minute (org: x, model: m)."},"request_id":"req_1"}"#,
        "throttled 12000",
    ),
    Row(
        Anthropic,
        429,
        "",
        r#"{"type":"error","error":{"type":"rate_limit_error","message":"Number of concurrent connections has exceeded your rate limit. Please try again later."}}"#,
        "throttled -",
    ),
    Row(
        Anthropic,
        429,
        "",
        r#"{"type":"error","error":{"type":"rate_limit_error","message":"This request would exceed your account's rate limit. Please try again later."}}"#,
        "throttled -",
    ),
    Row(
        Anthropic,
        429,
        "",
        r#"{"type":"error","error":{"details":{"error_code":"enforced_spend_limit_reached"},"type":"rate_limit_error","message":"m"}}"#,
        "quota_exhausted - account",
    ),
    Row(
        Anthropic,
        429,
        "",
        r#"{"type":"error","error":{"type":"rate_limit_error","message":"You have reached your API usage limits: your organization has crossed its threshold. You will regain access on 2026-09-01 at 00:00 UTC."}}"#,
        "quota_exhausted - account",
    ),
    Row(
        Anthropic,
        400,
        "",
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"You have reached your specified API usage limits. You will regain access on 2026-09-01 at 00:00 UTC."}}"#,
        "quota_exhausted - account",
    ),
    Row(
        Anthropic,
        400,
        "",
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API."}}"#,
        "quota_exhausted - account",
    ),
    Row(
        Anthropic,
        402,
        "",
        r#"{"type":"error","error":{"type":"billing_error","message":"m"}}"#,
        "quota_exhausted - account",
    ),
    Row(
        Anthropic,
        529,
        "x-should-retry: true",
        r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
        "overloaded -",
    ),
    Row(
        Anthropic,
        503,
        "retry-after: 7",
        r#"{"type":"error","error":{"details":null,"type":"overloaded_error","message":"Overloaded"}}"#,
        "overloaded 7000",
    ),
    Row(
        Anthropic,
        500,
        "",
        r#"{"type":"error","error":{"type":"api_error","message":"Internal server error"}}"#,
        "server_error -",
    ),
    Row(
        Anthropic,
        500,
        "",
        r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
        "overloaded -",
    ),
    Row(
        Anthropic,
        504,
        "",
        r#"{"type":"error","error":{"type":"timeout_error","message":"m"}}"#,
        "timeout -",
    ),
    Row(
        Anthropic,
        413,
        "",
        r#"{"type":"error","error":{"type":"request_too_large","message":"Request exceeds the maximum size"}}"#,
        "request_rejected -",
    ),
    Row(
        Anthropic,
        413,
        "",
        "<html>\r\n<head><title>413 Request Entity Too Large</title></head></html>",
        "request_rejected -",
    ),
    Row(
        Anthropic,
        400,
        "",
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 205351 tokens > 200000 maximum"},"request_id":"req_1"}"#,
        "invalid -",
    ),
    Row(
        Anthropic,
        401,
        "",
        r#"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}"#,
        "auth - account",
    ),
    Row(
        Anthropic,
        403,
        "",
        r#"{"type":"error","error":{"type":"permission_error","message":"m"}}"#,
        "auth - account",
    ),
    Row(
        Anthropic,
        404,
        "",
        r#"{"type":"error","error":{"type":"not_found_error","message":"model: m"}}"#,
        "invalid -",
    ),
    Row(
        Anthropic,
        429,
        "",
        r#"{"error":{"code":"rate_limit_error","message":"would exceed the rate limit of 20,000 input tokens per minute","type":"invalid_request_error","param":null}}"#,
        "throttled -",
    ),
    Row(
        Anthropic,
        200,
        "",
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}\n\nevent: error\ndata: {\"type\":\"error\",\"error\":{\"details\":null,\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n",
        "overloaded -",
    ),
    Row(
        Anthropic,
        200,
        "",
        "event: error\ndata: {\"type\": \"error\", \"error\": {\"type\": \"rate_limit_error\", \"message\": \"m\"}}\n\n",
        "throttled -",
    ),
    Row(
        Anthropic,
        200,
        "",
        "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"{\\\"message\\\":\\\"Too many requests, please wait before trying again.\\\"}\"}}\n\n",
        "throttled -",
    ),
    Row(
        Anthropic,
        200,
        "",
        "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"m\"}}\n\n",
        "server_error -",
    ),
    Row(
        Anthropic,
        429,
        "anthropic-ratelimit-unified-status: rejected\nanthropic-ratelimit-unified-reset: 1754667700",
        r#"{"type":"error","error":{"type":"rate_limit_error","message":"m"}}"#,
        "throttled 100000",
    ),
];
