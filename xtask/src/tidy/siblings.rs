//! Rule: folders that stand side by side for the same purpose hold files of the same names.

use std::collections::{BTreeMap, BTreeSet};

use super::tree::{Finding, Tree};

/// Folders of one purpose, side by side.
struct Family {
    /// The folder in which they stand.
    root: &'static str,
    /// A file by which a folder is known to be one of them.
    mark: &'static str,
    /// Files for an API that only one provider has.
    own: &'static [&'static str],
}

const FAMILIES: [Family; 2] = [
    Family { root: "crates/provider/src/", mark: "headers.rs", own: &[] },
    Family {
        root: "crates/sim/src/",
        mark: "headers.rs",
        own: &["conversations.rs", "responses.rs", "stored.rs"],
    },
];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    FAMILIES.iter().flat_map(|family| unlike(tree, family)).collect()
}

/// Folders of the family that lack a file which another of them has.
fn unlike(tree: &Tree, family: &Family) -> Vec<Finding> {
    let mut folders: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let nested = |path: &str| path[family.root.len()..].contains('/');
    for file in tree.under(family.root).filter(|file| nested(&file.path)) {
        if let Some((folder, name)) = file.path.rsplit_once('/') {
            folders.entry(folder).or_default().insert(name);
        }
    }
    folders.retain(|_, names| names.contains(family.mark));
    let names = folders.values().flatten().copied();
    let shared: BTreeSet<&str> = names.filter(|name| !family.own.contains(name)).collect();
    let mut findings = Vec::new();
    for (folder, names) in &folders {
        for missing in shared.difference(names) {
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

    #[test]
    fn an_api_that_only_one_provider_has_may_have_its_own_file() {
        let tree = Tree::of(&[
            ("crates/sim/src/a/headers.rs", ""),
            ("crates/sim/src/b/headers.rs", ""),
            ("crates/sim/src/b/responses.rs", ""),
        ]);
        assert_eq!(check(&tree), []);
    }
}
