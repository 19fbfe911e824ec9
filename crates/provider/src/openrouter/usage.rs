//! Usage and errors in OpenRouter's answers and streams.
//!
//! Usage stands in the last data chunk without asking; comments and leading blanks keep connections alive; an error
//! can stand inside a 200 (recordings to 2026-08).

use super::errors::RULES;
use crate::Endpoint;
use crate::fault::{Case, verdict};
use crate::reading::{BROAD_PATHS, Grammar, Map, fold_broad};

pub(crate) static GRAMMAR: Grammar = Grammar {
    paths: Map::new(BROAD_PATHS),
    fold: fold_broad,
    judge: |fault| verdict(&Case { status: 200, fault, head: None }, &RULES),
};

/// All endpoints answer in the same words.
pub(crate) fn grammar(_: Endpoint) -> &'static Grammar {
    &GRAMMAR
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EndpointKind;
    use crate::reading::{Reading, UsageReader};

    fn read(body: &str) -> Reading {
        let mut reader = UsageReader::new(&GRAMMAR, Endpoint::of(EndpointKind::Chat), None);
        reader.push(body.as_bytes());
        reader.finish()
    }

    #[test]
    fn comments_and_leading_blanks_keep_alive_and_say_nothing() {
        let usage = r#""usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5,"cost":0.01}"#;
        let stream = format!(
            ": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\ndata: {{\"choices\":[],{usage}}}\n\ndata: [DONE]\n\n"
        );
        assert_eq!(read(&stream).usage.unwrap().total(), 5);
        assert_eq!(read(&format!("\n         \n\n         \n{{{usage}}}")).usage.unwrap().total(), 5);
    }

    #[test]
    fn an_error_in_a_choice_or_a_chunk_is_an_error() {
        let choice = r#"{"choices":[{"finish_reason":"error","error":{"code":502,"message":"gone"}}]}"#;
        assert_eq!(read(choice).error.unwrap().class, tidegate_core::Class::ServerError);
        let chunk = "data: {\"error\":{\"code\":429,\"message\":\"Rate limit exceeded\"},\"choices\":[{\"finish_reason\":\"error\"}]}\n\n";
        assert_eq!(read(chunk).error.unwrap().class, tidegate_core::Class::Throttled);
    }

    #[test]
    fn answers_in_anthropics_shape_are_read_as_such() {
        let body = r#"{"type":"message","content":[],"usage":{"input_tokens":10,"cache_read_input_tokens":4,"output_tokens":2}}"#;
        let usage = read(body).usage.unwrap();
        assert_eq!((usage.input_tokens, usage.cached_input_tokens), (14, 4));
    }
}
