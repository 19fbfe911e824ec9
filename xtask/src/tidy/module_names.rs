//! Rule: a module's name says what is inside, and modules are `foo.rs` beside `foo/`.

use super::tree::{Finding, Tree};

/// Names under which anything can be put.
const VAGUE: [&str; 5] = ["util", "helpers", "common", "misc", "types"];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust() {
        let path = file.path.trim_end_matches(".rs");
        for part in path.split('/').filter(|part| VAGUE.contains(part) || *part == "utils") {
            findings.push(Finding::file(&file.path, format!("`{part}` says nothing: name what is inside")));
        }
        if path.ends_with("/mod") {
            findings.push(Finding::file(&file.path, "write the module as `foo.rs` beside `foo/`"));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vague_names_and_mod_files_are_found() {
        let tree = Tree::of(&[
            ("crates/a/src/util.rs", ""),
            ("crates/a/src/helpers/x.rs", ""),
            ("crates/a/src/b/mod.rs", ""),
            ("crates/a/src/quota.rs", ""),
        ]);
        assert_eq!(check(&tree).len(), 3);
    }
}
