//! Rule: a lint is set aside with `#[expect(.., reason = "..")]`, never with `allow`; and no test is ignored.

use super::source;
use super::tree::{Finding, Tree};

/// What must not stand in code, and what to do instead.
const BANNED: [(&str, &str); 3] = [
    ("#[allow(", "write `#[expect(.., reason = \"..\")]`"),
    ("#![allow(", "write `#![expect(.., reason = \"..\")]`"),
    ("#[ignore", "a test that nobody runs proves nothing: mend or remove it"),
];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust() {
        for (index, line) in source::code(&file.text).lines().enumerate() {
            for (_, remedy) in BANNED.iter().filter(|(banned, _)| line.contains(banned)) {
                findings.push(Finding::line(&file.path, index, *remedy));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_allow_and_an_ignored_test_are_found_but_not_their_names_in_comments() {
        let text = "#![allow(dead_code)]\n#[allow(dead_code)]\n#[ignore]\n// #[allow(dead_code)]\n";
        assert_eq!(check(&Tree::of(&[("a.rs", text)])).len(), 3);
    }
}
