//! OpenAI: one status and one code for what passes by waiting and what never will.

use tidegate_provider::Dialect::OpenAi;

use crate::{Row, check};

#[test]
fn openai_says_it_in_its_text() {
    check(&ROWS);
}

const ROWS: [Row; 27] = [
    Row(
        OpenAi,
        429,
        "",
        r#"{"error":{"message":"Rate limit reached for m in organization org-x on tokens per min (TPM): Limit 40000, Used 39000, Requested 1500. Please try again in 750ms.","type":"tokens","param":null,"code":"rate_limit_exceeded"}}"#,
        "throttled 750",
    ),
    Row(
        OpenAi,
        429,
        "",
        r#"{"error":{"message":"Rate limit reached for m on requests per day (RPD): Limit 200, Used 200, Requested 1. Please try again in 7m12s.","type":"requests","code":"rate_limit_exceeded"}}"#,
        "throttled 432000",
    ),
    Row(
        OpenAi,
        429,
        "retry-after: 1\nretry-after-ms: 1500",
        r#"{"error":{"message":"Rate limit reached on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in 1.5s.","code":"rate_limit_exceeded"}}"#,
        "throttled 1500",
    ),
    Row(
        OpenAi,
        429,
        "",
        r#"{"error":{"message":"Rate limit reached on images per min (IPM): Limit 5, Used 5, Requested 1. Please try again in 12s.","type":"images","code":"rate_limit_exceeded"}}"#,
        "throttled 12000",
    ),
    Row(
        OpenAi,
        429,
        "",
        r#"{"error":{"message":"Rate limit reached for default-m in organization org-x on requests per min. Limit: 3 / min. Please try again in 20s.","type":"requests","code":null}}"#,
        "throttled 20000",
    ),
    Row(
        OpenAi,
        429,
        "",
        r#"{"error":{"message":"Rate limit reached for tokens. Limit: 150000.000000 / min. Current: 176000.000000 / min.","type":"tokens"}}"#,
        "throttled -",
    ),
    Row(
        OpenAi,
        429,
        "retry-after: 60",
        r#"{"error":{"message":"Request too large for m in organization org-x on tokens per min (TPM): Limit 30000, Requested 31538. The input or output tokens must be reduced.","type":"tokens","code":"rate_limit_exceeded"}}"#,
        "request_rejected -",
    ),
    Row(
        OpenAi,
        429,
        "",
        r#"{"error":{"message":"Request too large for m: Limit: 90,000 enqueued tokens, Requested 120,000.","type":"tokens","code":"rate_limit_exceeded"}}"#,
        "request_rejected -",
    ),
    Row(
        OpenAi,
        429,
        "",
        r#"{"error":{"message":"Limit 1,500,000, Used 1,499,000, Requested 2,000. Please try again in 40ms.","type":"tokens","code":"rate_limit_exceeded"}}"#,
        "throttled 40",
    ),
    Row(
        OpenAi,
        429,
        "retry-after: 5",
        r#"{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#,
        "quota_exhausted - account",
    ),
    Row(
        OpenAi,
        429,
        "",
        r#"{"error":{"message":"m","type":"insufficient_quota","code":null}}"#,
        "quota_exhausted - account",
    ),
    Row(
        OpenAi,
        400,
        "",
        r#"{"error":{"message":"Billing hard limit has been reached","type":"image_generation_user_error","code":"billing_hard_limit_reached"}}"#,
        "quota_exhausted - account",
    ),
    Row(
        OpenAi,
        429,
        "",
        r#"{"error":{"message":"Your account is not active, please check your billing details.","type":"billing_not_active","code":"billing_not_active"}}"#,
        "quota_exhausted - account",
    ),
    Row(
        OpenAi,
        429,
        "",
        r#"{"error":{"message":"429 Resource Unavailable","type":"resource_unavailable"}}"#,
        "overloaded -",
    ),
    Row(
        OpenAi,
        429,
        "",
        r#"{"error":{"message":"That model is currently overloaded with other requests.","type":"server_error","code":null}}"#,
        "overloaded -",
    ),
    Row(
        OpenAi,
        503,
        "retry-after: 20",
        r#"{"error":{"message":"The engine is currently overloaded, please try again later","type":"server_error"}}"#,
        "overloaded 20000",
    ),
    Row(
        OpenAi,
        500,
        "",
        r#"{"error":{"message":"The server had an error while processing your request.","type":"server_error","code":null}}"#,
        "server_error -",
    ),
    Row(
        OpenAi,
        403,
        "",
        r#"{"error":{"code":"unsupported_country_region_territory","message":"Country, region, or territory not supported","type":"request_forbidden"}}"#,
        "auth - account",
    ),
    Row(
        OpenAi,
        401,
        "",
        r#"{"error":{"message":"Incorrect API key provided: sk-x.","type":"invalid_request_error","code":"invalid_api_key"}}"#,
        "auth - account",
    ),
    Row(
        OpenAi,
        400,
        "",
        r#"{"error":{"message":"This model's maximum context length is 8192 tokens.","type":"invalid_request_error","code":"context_length_exceeded"}}"#,
        "invalid -",
    ),
    Row(
        OpenAi,
        409,
        "",
        r#"{"error":{"message":"Another process is currently operating on this conversation. Please retry in a few seconds.","type":"invalid_request_error","code":"conversation_locked"}}"#,
        "server_error -",
    ),
    Row(
        OpenAi,
        429,
        "x-ratelimit-limit-requests: 0",
        r#"{"error":{"message":"m","code":"rate_limit_exceeded"}}"#,
        "quota_exhausted -",
    ),
    Row(
        OpenAi,
        200,
        "",
        "event: error\ndata: {\"type\":\"error\",\"code\":\"rate_limit_exceeded\",\"message\":\"m\",\"param\":null}\n\n",
        "throttled -",
    ),
    Row(
        OpenAi,
        200,
        "",
        "event: response.failed\ndata: {\"type\":\"response.failed\",\"response\":{\"status\":\"failed\",\"error\":{\"code\":\"server_error\",\"message\":\"m\"}}}\n\n",
        "server_error -",
    ),
    Row(
        OpenAi,
        200,
        "",
        "data: {\"error\":{\"message\":\"m\",\"type\":\"server_error\",\"code\":503}}\n\n",
        "overloaded -",
    ),
    Row(
        OpenAi,
        200,
        "",
        "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"tokens\",\"code\":\"rate_limit_exceeded\",\"message\":\"on tokens per min (TPM): Limit 10, Used 9, Requested 2. Please try again in 6s.\"}}\n\n",
        "throttled 6000",
    ),
    Row(OpenAi, 429, "retry-after: Fri, 08 Aug 2025 15:40:30 GMT", "", "throttled 30000"),
];
