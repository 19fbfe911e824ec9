//! Rule: `core` and the facade name no provider, neither in code nor in comments.

use super::source;
use super::tree::{Finding, Tree};

const ROOMS: [&str; 2] = ["crates/core/src/", "crates/tidegate/src/"];

/// Providers and their best-known products. A name that is also an English word is left out.
const NAMES: [&str; 19] = [
    "openai",
    "anthropic",
    "mistral",
    "openrouter",
    "azure",
    "groq",
    "fireworks",
    "deepseek",
    "xai",
    "cerebras",
    "gemini",
    "cohere",
    "huggingface",
    "perplexity",
    "bedrock",
    "vertex",
    "claude",
    "chatgpt",
    "gpt",
];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in ROOMS.into_iter().flat_map(|room| tree.under(room)) {
        for (index, line) in file.text.lines().enumerate() {
            let line = line.to_lowercase();
            for name in NAMES.into_iter().filter(|name| source::has_word(&line, name)) {
                findings.push(Finding::line(
                    &file.path,
                    index,
                    format!("`{name}` belongs in crates/provider"),
                ));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_named_in_the_engine_or_the_facade_is_found_even_in_a_comment() {
        let tree = Tree::of(&[
            ("crates/core/src/a.rs", "// As Anthropic does it.\n"),
            ("crates/tidegate/src/b.rs", "let x = \"gpt-4o\";\n"),
            ("crates/provider/src/openai.rs", "//! OpenAI.\n"),
        ]);
        assert_eq!(check(&tree).len(), 2);
    }
}
