//! Gemini, native and compatible: quotas named in the details, and the same first words for all of them.

use tidegate_provider::Dialect::{Compatible, Gemini};

use crate::{Row, check};

#[test]
fn google_says_it_in_its_details() {
    check(&ROWS);
}

const ROWS: [Row; 21] = [
    Row(
        Gemini,
        429,
        "",
        r#"{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.\n* Quota exceeded for metric: g/input_token_count, limit: 1000000, model: m\nPlease retry in 48.939935699s.","status":"RESOURCE_EXHAUSTED","details":[{"violations":[{"quotaMetric":"g","quotaId":"GenerateContentPaidTierInputTokensPerModelPerMinute","quotaValue":"1000000"}]},{"retryDelay":"48s"}]}}"#,
        "throttled 48940",
    ),
    Row(
        Gemini,
        429,
        "",
        r#"[{"error":{"code":429,"message":"Please retry in 3s.","status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"3.5s"}]}}]"#,
        "throttled 3500",
    ),
    Row(
        Gemini,
        429,
        "",
        r#"{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"0.001234567s"}]}}"#,
        "throttled 2",
    ),
    Row(
        Gemini,
        429,
        "",
        r#"{"error":{"code":429,"message":"Resource exhausted. Please try again later.","status":"RESOURCE_EXHAUSTED"}}"#,
        "throttled -",
    ),
    Row(
        Gemini,
        429,
        "",
        r#"{"error":{"code":429,"message":"Resource has been exhausted (e.g. check quota).","status":"RESOURCE_EXHAUSTED"}}"#,
        "throttled -",
    ),
    Row(
        Gemini,
        429,
        "",
        r#"{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED","details":[{"violations":[{"quotaId":"GenerateRequestsPerMinutePerProjectPerModel-FreeTier","quotaValue":"15"},{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]},{"retryDelay":"5s"}]}}"#,
        "quota_exhausted -",
    ),
    Row(
        Gemini,
        429,
        "",
        r#"{"error":{"code":429,"message":"You exceeded your current quota.\n* Quota exceeded for metric: g/free_tier_requests, limit: 0, model: m\nPlease retry in 5.2s.","status":"RESOURCE_EXHAUSTED"}}"#,
        "quota_exhausted -",
    ),
    Row(
        Gemini,
        429,
        "",
        r#"{"error":{"code":429,"message":"Quota exceeded for quota metric 'Generate Content API requests per minute'","status":"RESOURCE_EXHAUSTED","details":[{"reason":"RATE_LIMIT_EXCEEDED","domain":"googleapis.com","metadata":{"quota_limit":"GenerateContentRequestsPerMinutePerProjectPerRegion","quota_limit_value":"0","quota_location":"europe-west8"}}]}}"#,
        "quota_exhausted -",
    ),
    Row(
        Gemini,
        429,
        "",
        r#"{"error":{"code":429,"message":"Quota exceeded","status":"RESOURCE_EXHAUSTED","details":[{"reason":"RATE_LIMIT_EXCEEDED","metadata":{"quota_limit":"GenerateContentRequestsPerMinutePerProjectPerRegion","quota_limit_value":"60"}}]}}"#,
        "throttled -",
    ),
    Row(
        Gemini,
        429,
        "date: Wed, 19 Aug 2026 05:00:00 GMT",
        r#"{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED","details":[{"violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier","quotaValue":50}]},{"retryDelay":"12s"}]}}"#,
        "throttled 7200000",
    ),
    Row(
        Gemini,
        429,
        "",
        r#"{"error":{"code":429,"message":"Resource has been exhausted (e.g. check quota).","status":"RESOURCE_EXHAUSTED","details":[{"reason":"INSUFFICIENT_G1_CREDITS_BALANCE"}]}}"#,
        "quota_exhausted - account",
    ),
    Row(
        Gemini,
        503,
        "",
        r#"{"error":{"code":503,"message":"No capacity available","status":"UNAVAILABLE","details":[{"reason":"MODEL_CAPACITY_EXHAUSTED"},{"retryDelay":"40s"}]}}"#,
        "overloaded 40000",
    ),
    Row(
        Gemini,
        503,
        "",
        r#"{"error":{"code":503,"message":"The model is overloaded. Please try again later.","status":"UNAVAILABLE"}}"#,
        "overloaded -",
    ),
    Row(
        Gemini,
        400,
        "",
        r#"[{"error":{"code":400,"message":"API key expired.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID","domain":"googleapis.com"}]}}]"#,
        "auth - account",
    ),
    Row(
        Gemini,
        400,
        "",
        r#"{"error":{"code":400,"message":"The input token count exceeds the maximum","status":"INVALID_ARGUMENT"}}"#,
        "invalid -",
    ),
    Row(
        Gemini,
        403,
        "",
        r#"{"error":{"code":403,"message":"m","status":"PERMISSION_DENIED","details":[{"reason":"SERVICE_DISABLED"}]}}"#,
        "auth - account",
    ),
    Row(
        Gemini,
        404,
        "",
        r#"{"error":{"code":404,"message":"models/m is not found","status":"NOT_FOUND"}}"#,
        "invalid -",
    ),
    Row(
        Gemini,
        500,
        "",
        r#"{"error":{"code":500,"message":"An internal error has occurred.","status":"INTERNAL"}}"#,
        "server_error -",
    ),
    Row(
        Gemini,
        504,
        "",
        r#"{"error":{"code":504,"message":"Deadline expired","status":"DEADLINE_EXCEEDED"}}"#,
        "timeout -",
    ),
    Row(
        Gemini,
        200,
        "",
        "[{\"candidates\":[]},{\"error\":{\"code\":429,\"message\":\"m\",\"status\":\"RESOURCE_EXHAUSTED\"}}]",
        "throttled -",
    ),
    Row(
        Compatible,
        200,
        "",
        "data: {\"error\":{\"code\":504,\"message\":\"m\",\"status\":\"DEADLINE_EXCEEDED\"}}\r\n\r\n",
        "timeout -",
    ),
];
