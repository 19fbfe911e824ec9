//! Rule: `core` is `no_std`, depends on nothing, and speaks of no runtime, socket, HTTP, JSON, clock or randomness.

use super::manifests;
use super::source;
use super::tree::{File, Finding, Tree};

const CORE: &str = "crates/core/";

/// Crates that `core` may depend on: none.
const DEPENDENCIES: [&str; 0] = [];

/// Words that code of `core` must not hold, and why.
const FOREIGN: [(&str, &str); 15] = [
    ("std", "core is no_std: use `core` or `alloc`"),
    ("async", "core has no async: it is a state machine"),
    ("await", "core has no async: it is a state machine"),
    ("tokio", "core knows no runtime"),
    ("http", "core knows no HTTP"),
    ("json", "core knows no JSON"),
    ("serde", "core knows no wire format"),
    ("url", "core knows no address"),
    ("HeaderMap", "core knows no HTTP"),
    ("Instant", "core reads no clock: take `now: Timestamp`"),
    ("SystemTime", "core reads no clock: take `now: Timestamp`"),
    ("HashMap", "a map with a random seed makes two runs differ: use BTreeMap"),
    ("HashSet", "a set with a random seed makes two runs differ: use BTreeSet"),
    ("RandomState", "core has no randomness"),
    ("rand", "core has no randomness"),
];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(manifest) = tree.get("crates/core/Cargo.toml") {
        let foreign = |name: &String| !DEPENDENCIES.contains(&name.as_str());
        let names = manifests::dependencies(&manifest.text).into_iter().filter(foreign);
        findings.extend(names.map(|name| Finding::file(&manifest.path, format!("core depends on `{name}`"))));
    }
    if let Some(lobby) = tree.get("crates/core/src/lib.rs")
        && !source::code(&lobby.text).contains("#![no_std]")
    {
        findings.push(Finding::file(&lobby.path, "core must say `#![no_std]`"));
    }
    for file in tree.under(CORE).filter(|file| file.path.contains("/src/") && !file.is_test()) {
        findings.extend(foreign_words(file));
    }
    findings
}

fn foreign_words(file: &File) -> Vec<Finding> {
    let code = source::code_and_literals(&file.text);
    let lines = code.lines().enumerate().take(source::production_lines(&file.text));
    let mut findings = Vec::new();
    for (index, line) in lines {
        for (word, why) in FOREIGN.iter().filter(|(word, _)| source::has_word(line, word)) {
            findings.push(Finding::line(&file.path, index, format!("`{word}`: {why}")));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOBBY: (&str, &str) = ("crates/core/src/lib.rs", "#![no_std]\nextern crate alloc;\n");

    #[test]
    fn a_dependency_of_core_is_found() {
        let manifest = "[package]\nname = \"tidegate-core\"\n[dependencies]\nserde = { workspace = true }\n";
        let found = check(&Tree::of(&[LOBBY, ("crates/core/Cargo.toml", manifest)]));
        assert_eq!(found.len(), 1);
        assert!(found[0].to_string().contains("depends on `serde`"));
    }

    #[test]
    fn a_core_with_the_standard_library_is_found() {
        assert_eq!(check(&Tree::of(&[("crates/core/src/lib.rs", "extern crate alloc;\n")])).len(), 1);
    }

    #[test]
    fn each_foreign_word_in_code_is_found_and_comments_may_use_it() {
        for (word, _) in FOREIGN {
            let code = format!("//! Not {word}.\nuse {word}::thing;\n");
            let found = check(&Tree::of(&[LOBBY, ("crates/core/src/engine.rs", &code)]));
            assert_eq!(found.len(), 1, "{word}");
            assert!(found[0].to_string().starts_with("crates/core/src/engine.rs:2"), "{word}");
        }
    }

    #[test]
    fn tests_of_core_may_use_the_standard_library() {
        let code = "fn a() {}\n#[cfg(test)]\nmod tests {\n    extern crate std;\n}\n";
        assert_eq!(check(&Tree::of(&[LOBBY, ("crates/core/src/engine.rs", code)])), []);
    }
}
