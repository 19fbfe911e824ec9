//! Where a provider's API begins in a path: hosts put different things before `/v1`, and some do without it.

/// The endpoints that are known without `/v1` before them.
const ENDPOINTS: [&str; 6] =
    ["/chat/completions", "/completions", "/embeddings", "/responses", "/moderations", "/models"];

/// `path` as it stands below the provider's root, beginning with `/v1`.
///
/// `OpenRouter` has `/api/v1`, Groq `/openai/v1`, Fireworks `/inference/v1`, Gemini's compatible API
/// `/v1beta/openai`, Perplexity nothing at all (documented, 2026-08). All are accepted in every dialect: a mock that
/// answers is more use than one that is right about prefixes.
pub(crate) fn below_root(path: &str) -> String {
    if let Some(start) = path.find("/v1/") {
        return path[start..].to_owned();
    }
    let endpoint = ENDPOINTS.iter().find(|&&endpoint| path.ends_with(endpoint));
    endpoint.map_or_else(|| path.to_owned(), |endpoint| format!("/v1{endpoint}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_stands_before_the_api_is_left_out() {
        for path in [
            "/v1/chat/completions",
            "/api/v1/chat/completions",
            "/openai/v1/chat/completions",
            "/v1beta/openai/chat/completions",
            "/chat/completions",
        ] {
            assert_eq!(below_root(path), "/v1/chat/completions");
        }
        assert_eq!(below_root("/v1/models/a/b"), "/v1/models/a/b");
        assert_eq!(below_root("/elsewhere"), "/elsewhere");
    }
}
