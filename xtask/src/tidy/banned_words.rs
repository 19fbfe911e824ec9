//! Rule: no unfinished work, no path of one machine and no host of a package registry in any file.
//!
//! The words are written in two halves, so that this file passes its own rule.

use super::source;
use super::tree::{Finding, Tree};

/// Words that mark unfinished work; found as whole words.
const UNFINISHED: [&str; 4] =
    [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("todo", "!"), concat!("unimplemented", "!")];

/// Beginnings of paths that exist on one machine only, and hosts that a build must not depend on.
const LOCAL: [&str; 9] = [
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/Us", "ers/"),
    concat!("pypi", ".org"),
    concat!("npmjs", ".org"),
    concat!("static.crates", ".io"),
    concat!("index.crates", ".io"),
    concat!("--index", "-url"),
];

/// Files that tools write, or that tell cargo-deny which source is allowed.
const GENERATED: [&str; 1] = ["Cargo.lock"];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.all().filter(|file| !GENERATED.contains(&file.path.as_str())) {
        for (index, line) in file.text.lines().enumerate() {
            for word in banned(line) {
                findings.push(Finding::line(&file.path, index, format!("`{word}` does not belong here")));
            }
        }
    }
    findings
}

fn banned(line: &str) -> impl Iterator<Item = &'static str> {
    let unfinished = UNFINISHED.into_iter().filter(move |word| source::has_word(line, word));
    unfinished.chain(LOCAL.into_iter().filter(move |part| line.contains(part)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unfinished_work_and_machine_paths_are_found_in_any_file() {
        let note = format!("// {}: later\nlet x = \"{}me\";\n", UNFINISHED[0], LOCAL[2]);
        let page = format!("run {}!() now", UNFINISHED[3].trim_end_matches('!'));
        let found = check(&Tree::of(&[("a.rs", &note), ("b.md", &page), ("c.md", "nothing to do at home")]));
        let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(lines.len(), 3);
        assert!(
            lines[0].starts_with("a.rs:1")
                && lines[1].starts_with("a.rs:2")
                && lines[2].starts_with("b.md:1")
        );
    }

    #[test]
    fn every_banned_word_is_found() {
        for word in UNFINISHED.into_iter().chain(LOCAL) {
            assert_eq!(banned(&format!("a {word} b")).count(), 1, "{word}");
        }
    }
}
