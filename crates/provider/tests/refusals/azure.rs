//! Azure OpenAI, its gateway, and GitHub's models: waits stand in the texts.

use tidegate_provider::Dialect::{Azure, Compatible};

use crate::{Row, check};

#[test]
fn azure_says_it_in_its_text() {
    check(&ROWS);
}

const ROWS: [Row; 19] = [
    Row(
        Azure,
        429,
        "retry-after: 1\nretry-after-ms: 0",
        r#"{"error":{"code":"RateLimitReached","message":"Your requests to m for m in westeurope have exceeded rate limit.","details":"m"}}"#,
        "throttled 1000",
    ),
    Row(
        Azure,
        429,
        "",
        r#"{"error":{"code":"429","message":"Rate limit is exceeded. Try again in 2 seconds."}}"#,
        "throttled 2000",
    ),
    Row(
        Azure,
        429,
        "",
        r#"{"error":{"code":"429","message":"Requests to the ChatCompletions_Create Operation under Azure OpenAI API version 2024-02-01 have exceeded token rate limit of your current OpenAI S0 pricing tier. Please retry after 86400 seconds. Please go here"}}"#,
        "throttled 86400000",
    ),
    Row(
        Azure,
        429,
        "retry-after: 9\nretry-after-ms: 8750",
        r#"{"error":{"code":"429","message":"have exceeded call rate limit of your current pricing tier. Please retry after 9 seconds."}}"#,
        "throttled 9000",
    ),
    Row(Azure, 429, "retry-after-ms: 2345", r#"{"error":{"code":"429","message":"m"}}"#, "throttled 2345"),
    Row(
        Azure,
        429,
        "",
        r#"{"error":{"code":"NoCapacity","message":"The system is currently experiencing high demand and cannot process your request. Your request exceeds the maximum usage size allowed during peak load. Please retry after 20 seconds."}}"#,
        "overloaded 20000",
    ),
    Row(
        Azure,
        429,
        "",
        r#"{"statusCode":429,"message":"Rate limit is exceeded. Try again in 52 seconds."}"#,
        "throttled 52000",
    ),
    Row(
        Azure,
        403,
        "",
        r#"{"statusCode":403,"message":"Out of call volume quota. Quota will be replenished in 12:34:56."}"#,
        "quota_exhausted - account",
    ),
    Row(
        Azure,
        401,
        "",
        r#"{"error":{"code":"401","message":"Access denied due to invalid subscription key or wrong API endpoint."}}"#,
        "auth - account",
    ),
    Row(
        Azure,
        401,
        "",
        r#"{"statusCode":401,"message":"Unauthorized. Access token is missing, invalid, audience is incorrect"}"#,
        "auth - account",
    ),
    Row(
        Azure,
        404,
        "",
        r#"{"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist."}}"#,
        "invalid -",
    ),
    Row(
        Azure,
        400,
        "",
        r#"{"error":{"message":"The response was filtered","type":null,"param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#,
        "invalid -",
    ),
    Row(
        Azure,
        408,
        "",
        r#"{"error":{"code":"Timeout","message":"The operation was timeout."}}"#,
        "timeout -",
    ),
    Row(
        Azure,
        500,
        "",
        r#"{"error":{"code":"InternalServerError","message":"Backend returned unexpected response."}}"#,
        "server_error -",
    ),
    Row(
        Azure,
        503,
        "retry-after: 30",
        r#"{"error":{"code":"ServiceUnavailable","message":"m"}}"#,
        "overloaded 30000",
    ),
    Row(
        Azure,
        200,
        "",
        "data: {\"error\":{\"message\":\"filtered\",\"type\":\"invalid_request_error\",\"code\":\"content_filter\"}}\n\n",
        "invalid -",
    ),
    Row(
        Compatible,
        429,
        "",
        r#"{"error":{"code":"RateLimitReached","message":"Rate limit of 150 per 86400s exceeded for UserByModelByDay. Please wait 42839 seconds before retrying.","details":"x"}}"#,
        "throttled 42839000",
    ),
    Row(
        Compatible,
        413,
        "",
        r#"{"error":{"code":"tokens_limit_reached","message":"Request body too large for m model. Max size: 8000 tokens."}}"#,
        "request_rejected -",
    ),
    Row(Azure, 429, "retry-after: -1\nretry-after-ms: NaN", "", "throttled -"),
];
