//! Rule: folders that stand side by side for the same purpose hold files of the same names.

use std::collections::{BTreeMap, BTreeSet};

use super::tree::{Finding, Tree};

/// Where siblings stand, and the file by which a folder is known to be one of them.
const FAMILIES: [(&str, &str); 2] =
    [("crates/provider/src/", "headers.rs"), ("crates/sim/src/", "answers.rs")];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    FAMILIES.iter().flat_map(|(family, mark)| unlike(tree, family, mark)).collect()
}

/// Folders of the family at `root` that lack a file which another of them has.
fn unlike(tree: &Tree, root: &str, mark: &str) -> Vec<Finding> {
    let mut folders: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for file in tree.under(root) {
        if let Some((folder, name)) = file.path.rsplit_once('/') {
            folders.entry(folder).or_default().insert(name);
        }
    }
    folders.retain(|_, names| names.contains(mark));
    let all: BTreeSet<&str> = folders.values().flatten().copied().collect();
    let mut findings = Vec::new();
    for (folder, names) in &folders {
        for missing in all.difference(names) {
            let message = format!("has no `{missing}`, but a sibling has: siblings have the same files");
            findings.push(Finding::file(folder, message));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sibling_with_a_file_of_its_own_is_found() {
        let tree = Tree::of(&[
            ("crates/provider/src/a/headers.rs", ""),
            ("crates/provider/src/a/errors.rs", ""),
            ("crates/provider/src/b/headers.rs", ""),
            ("crates/provider/src/usage/sse.rs", ""),
        ]);
        let found = check(&tree);
        assert_eq!(found.len(), 1);
        assert!(found[0].to_string().starts_with("crates/provider/src/b: has no `errors.rs`"));
    }
}
