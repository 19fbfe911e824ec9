//! What stands between: gateways, load balancers, content networks, clouds that serve the models of others.

use tidegate_provider::Dialect::{Compatible, OpenAi};

use crate::{Row, check};

#[test]
fn whoever_stands_between_is_understood() {
    check(&ROWS);
}

const ROWS: [Row; 27] = [
    Row(
        Compatible,
        429,
        "",
        r#"{"error":{"message":"litellm.RateLimitError: AzureException RateLimitError - Error code: 429 - {'error': {'code': '429', 'message': 'Please retry after 60 seconds.'}}","type":"throttling_error","param":null,"code":"429"}}"#,
        "throttled 60000",
    ),
    Row(
        Compatible,
        429,
        "",
        r#"{"success":false,"error":{"message":"Please retry after 20 seconds.","code":"RATE_LIMITED"},"status":429}"#,
        "throttled 20000",
    ),
    Row(
        Compatible,
        429,
        "retry-after: 3600",
        "<html><head><title>429 Too Many Requests</title></head></html>",
        "throttled 3600000",
    ),
    Row(Compatible, 429, "", "error code: 1015", "throttled -"),
    Row(Compatible, 520, "", "error code: 520", "server_error -"),
    Row(Compatible, 524, "", "<!DOCTYPE html><title>api | 524: A timeout occurred</title>", "timeout -"),
    Row(Compatible, 530, "", "error code: 1033", "server_error -"),
    Row(Compatible, 502, "", "\u{0}\u{1}\u{2}", "server_error -"),
    Row(Compatible, 200, "content-type: text/html", "<html><title>Sign in</title></html>", "server_error -"),
    Row(
        Compatible,
        429,
        "",
        r#"{"errors":[{"message":"Capacity temporarily exceeded, please try again.","code":3040}],"success":false}"#,
        "throttled -",
    ),
    Row(
        Compatible,
        429,
        "",
        r#"{"error_code":"REQUEST_LIMIT_EXCEEDED","message":"REQUEST_LIMIT_EXCEEDED: Exceeded workspace rate limit for m."}"#,
        "throttled -",
    ),
    Row(Compatible, 429, "", r#"{"message":"slow down","retry_after":5}"#, "throttled 5000"),
    Row(Compatible, 429, "", r#"{"error":{"message":"m","retry_after":"2.5"}}"#, "throttled 2500"),
    Row(Compatible, 429, "", r#"{"error":{"message":"m","retry_after":-5}}"#, "throttled -"),
    Row(
        Compatible,
        429,
        "",
        "event: error\ndata: {\"error\":{\"message\":\"Please try again in 4s.\",\"code\":\"rate_limit_exceeded\"}}\n\n",
        "throttled 4000",
    ),
    Row(
        Compatible,
        429,
        "x-amzn-errortype: ThrottlingException:http://internal.amazon.com/",
        r#"{"message":"Too many tokens, please wait before trying again."}"#,
        "throttled -",
    ),
    Row(
        Compatible,
        400,
        "",
        r#"{"__type":"com.amazon.coral.availability#ThrottlingException","message":"Rate exceeded"}"#,
        "throttled -",
    ),
    Row(
        Compatible,
        429,
        "x-amzn-errortype: ModelNotReadyException",
        r#"{"message":"Model is not ready for inference."}"#,
        "throttled -",
    ),
    Row(Compatible, 408, "x-amzn-errortype: ModelTimeoutException", r#"{"message":"m"}"#, "timeout -"),
    Row(
        Compatible,
        400,
        "x-amzn-errortype: ServiceQuotaExceededException",
        r#"{"message":"m"}"#,
        "quota_exhausted -",
    ),
    Row(Compatible, 424, "x-amzn-errortype: ModelErrorException", r#"{"message":"m"}"#, "server_error -"),
    Row(
        Compatible,
        400,
        "x-amzn-errortype: ValidationException:http://x/",
        r#"{"message":"The provided model identifier is invalid."}"#,
        "invalid -",
    ),
    Row(
        Compatible,
        403,
        "x-amzn-errortype: ExpiredTokenException",
        r#"{"message":"The security token included in the request is expired"}"#,
        "auth - account",
    ),
    Row(
        Compatible,
        500,
        "",
        r#"{"error":{"code":500,"message":"tools param requires --jinja flag","type":"server_error"}}"#,
        "server_error -",
    ),
    Row(
        Compatible,
        501,
        "",
        r#"{"error":{"code":501,"message":"m","type":"not_supported_error"}}"#,
        "server_error -",
    ),
    Row(
        Compatible,
        503,
        "",
        r#"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#,
        "overloaded -",
    ),
    Row(OpenAi, 429, "retry-after: 2", r#"{"error":{"message":"m","type":"to"#, "throttled 2000"),
];
