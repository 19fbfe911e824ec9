//! Rule: the first line of each Rust file is `//!` and says what the file holds.

use super::tree::{Finding, Tree};

/// Shorter first lines say nothing that the file's name does not.
const LENGTH_MIN: usize = 20;

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    tree.rust()
        .filter(|file| {
            let first = file.text.lines().next().unwrap_or_default();
            !first.starts_with("//! ") || first.len() < LENGTH_MIN
        })
        .map(|file| Finding::line(&file.path, 0, "begin the file with `//!` and what it holds"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_heading_is_found() {
        let tree = Tree::of(&[
            ("a.rs", "//! Holds the letter a and its friends.\nfn a() {}"),
            ("b.rs", "fn b() {}"),
            ("c.rs", "//! C.\nfn c() {}"),
        ]);
        let found: Vec<String> = check(&tree).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 2);
        assert!(found[0].starts_with("b.rs:1"));
        assert!(found[1].starts_with("c.rs:1"));
    }
}
