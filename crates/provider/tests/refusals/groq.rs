//! Groq and Cerebras: figures in the text, walls that call themselves rate limits.

use tidegate_provider::Dialect::{Cerebras, Groq};

use crate::{Row, check};

#[test]
fn groq_and_cerebras_say_it_in_codes_and_figures() {
    check(&ROWS);
}

const ROWS: [Row; 18] = [
    Row(
        Groq,
        429,
        "retry-after: 12",
        r#"{"error":{"message":"Rate limit reached for model `m` in organization `o` service tier `on_demand` on tokens per minute (TPM): Limit 12000, Used 4437, Requested 9854. Please try again in 11.455s. Need more tokens?","type":"tokens","code":"rate_limit_exceeded"}}"#,
        "throttled 12000",
    ),
    Row(
        Groq,
        429,
        "",
        r#"{"error":{"message":"on tokens per day (TPD): Limit 100000, Used 97050, Requested 3619. Please try again in 9m38.016s. Need more?","type":"tokens","code":"rate_limit_exceeded"}}"#,
        "throttled 578016",
    ),
    Row(
        Groq,
        429,
        "",
        r#"{"error":{"message":"on requests per minute (RPM): Limit 30, Used 30, Requested 1. Please try again in 399ms.","type":"requests","code":"rate_limit_exceeded"}}"#,
        "throttled 399",
    ),
    Row(
        Groq,
        429,
        "",
        r#"{"error":{"message":"on seconds of audio per hour (ASPH): Limit 7200, Used 7190, Requested 60. Please try again in 25s.","type":"seconds","code":"rate_limit_exceeded"}}"#,
        "throttled 25000",
    ),
    Row(
        Groq,
        429,
        "",
        r#"{"error":{"message":"on tokens per minute (TPM): Limit 7000, Used 0, Requested ~12903. Please try again in 50.597142857s.","type":"tokens","code":"rate_limit_exceeded"}}"#,
        "request_rejected -",
    ),
    Row(
        Groq,
        413,
        "retry-after: 65",
        r#"{"error":{"message":"Request too large for model `m`: Limit 6000, Requested 6294, please reduce your message size and try again.","type":"tokens","code":"rate_limit_exceeded"}}"#,
        "request_rejected -",
    ),
    Row(
        Groq,
        429,
        "",
        r#"{"error":{"message":"on : Limit 500000, Used 500000, Requested 4. Please try again in 1h2m3.5s.","type":"","code":"rate_limit_exceeded"}}"#,
        "throttled 3723500",
    ),
    Row(
        Groq,
        498,
        "",
        r#"{"error":{"message":"m","type":"capacity_exceeded","code":"capacity_exceeded"}}"#,
        "overloaded -",
    ),
    Row(
        Groq,
        503,
        "retry-after: 3",
        r#"{"error":{"message":"Service Unavailable","type":"internal_server_error"}}"#,
        "overloaded 3000",
    ),
    Row(
        Groq,
        400,
        "",
        r#"{"error":{"message":"Organization has been restricted.","type":"invalid_request_error","code":"organization_restricted"}}"#,
        "invalid -",
    ),
    Row(
        Groq,
        400,
        "",
        r#"{"error":{"message":"Failed to call a function.","type":"invalid_request_error","code":"tool_use_failed","failed_generation":"x"}}"#,
        "invalid -",
    ),
    Row(
        Groq,
        200,
        "",
        "event: error\ndata: {\"error\":{\"message\":\"m\",\"type\":\"invalid_request_error\",\"code\":\"tool_use_failed\",\"status_code\":400}}\n\n",
        "invalid -",
    ),
    Row(
        Cerebras,
        429,
        "",
        r#"{"message":"Requests per minute limit exceeded - too many requests sent.","type":"too_many_requests_error","param":"quota","code":"request_quota_exceeded"}"#,
        "throttled -",
    ),
    Row(
        Cerebras,
        429,
        "",
        r#"{"message":"Tokens per minute limit exceeded - too many tokens processed.","type":"too_many_tokens_error","param":"quota","code":"token_quota_exceeded"}"#,
        "throttled -",
    ),
    Row(
        Cerebras,
        429,
        "",
        r#"{"message":"We're experiencing high traffic right now! Please try again soon.","type":"too_many_requests_error","param":"queue","code":"queue_exceeded"}"#,
        "overloaded -",
    ),
    Row(Cerebras, 403, "", "error code: 1010", "auth - account"),
    Row(
        Cerebras,
        404,
        "",
        r#"{"message":"Model m does not exist or you do not have access to it.","type":"not_found_error","param":"model","code":"model_not_found"}"#,
        "invalid -",
    ),
    Row(
        Cerebras,
        402,
        "",
        r#"{"message":"Payment required","code":"payment_required"}"#,
        "quota_exhausted - account",
    ),
];
