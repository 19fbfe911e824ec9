//! Rule: client, gateway, batch and command line hold no pacing, ordering or retry policy of their own.
//!
//! What policy is made of must not stand in their code: the engine itself, a second queue, a backoff. They
//! ask the facade's limiter when a call goes and its call machine what follows an outcome.

use super::source;
use super::tree::{File, Finding, Tree};

const ROOMS: [&str; 4] =
    ["crates/client/src/", "crates/gateway/src/", "crates/batch/src/", "crates/cli/src/"];

/// Words of policy, and who has it.
const POLICY: [(&str, &str); 5] = [
    ("Engine", "ask the facade's `Limiter`"),
    ("BinaryHeap", "the engine has the one queue"),
    ("backoff", "the facade's `call` decides how long to wait"),
    ("exponential", "the facade's `call` decides how long to wait"),
    ("governor", "the engine paces"),
];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    ROOMS
        .into_iter()
        .flat_map(|room| tree.under(room))
        .filter(|file| !file.is_test())
        .flat_map(policy)
        .collect()
}

fn policy(file: &File) -> Vec<Finding> {
    let code = source::code(&file.text);
    let lines = code.lines().enumerate().take(source::production_lines(&file.text));
    let mut findings = Vec::new();
    for (index, line) in lines {
        for (word, remedy) in POLICY.iter().filter(|(word, _)| source::has_word(line, word)) {
            findings.push(Finding::line(&file.path, index, format!("`{word}`: {remedy}")));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_of_policy_in_a_front_end_is_found() {
        for (word, _) in POLICY {
            let code = format!("//! No {word} here.\nfn f() {{ {word}() }}\n");
            assert_eq!(check(&Tree::of(&[("crates/gateway/src/forward.rs", &code)])).len(), 1, "{word}");
            assert_eq!(check(&Tree::of(&[("crates/tidegate/src/call.rs", &code)])), [], "{word}");
        }
    }
}
