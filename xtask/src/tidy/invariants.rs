//! Rule: each invariant of ARCHITECTURE.md names the tests and lints that enforce it, and they exist.
//!
//! A row of the table under `## Invariants` ends with names in backticks. A name is one of: a test, written
//! `package::path::test_name` or `path/of/file.rs::test_name`; a rule of this task, written `tidy::rule`; a lint,
//! written `clippy::name` or as it stands in `Cargo.toml`.

use super::source;
use super::tree::{File, Finding, Tree};

const PAGE: &str = "ARCHITECTURE.md";
const HEADING: &str = "## Invariants";

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(page) = tree.get(PAGE) else {
        return vec![Finding::file(PAGE, "the page is missing")];
    };
    let rows = rows(&page.text);
    if rows.is_empty() {
        return vec![Finding::file(PAGE, format!("no table under `{HEADING}`"))];
    }
    let mut findings = Vec::new();
    for (index, row) in rows {
        let names = backticked(last_cell(row));
        if names.is_empty() {
            findings.push(Finding::line(PAGE, index, "names neither a test nor a lint"));
        }
        for name in names.into_iter().filter(|name| !exists(tree, name)) {
            findings.push(Finding::line(
                PAGE,
                index,
                format!("`{name}` is neither a test nor a lint of this tree"),
            ));
        }
    }
    findings
}

/// The numbered rows of the table, with their line indices.
fn rows(page: &str) -> Vec<(usize, &str)> {
    let numbered = |line: &str| line.starts_with("| ") && line[2..].starts_with(|c: char| c.is_ascii_digit());
    let section = page.lines().enumerate().skip_while(|(_, line)| *line != HEADING).skip(1);
    section.take_while(|(_, line)| !line.starts_with("## ")).filter(|(_, line)| numbered(line)).collect()
}

fn last_cell(row: &str) -> &str {
    row.trim().trim_end_matches('|').rsplit('|').next().unwrap_or_default()
}

fn backticked(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

fn exists(tree: &Tree, name: &str) -> bool {
    if let Some(rule) = name.strip_prefix("tidy::") {
        return tree.get(&format!("xtask/src/tidy/{rule}.rs")).is_some();
    }
    let Some((place, test)) = name.rsplit_once("::") else { return is_lint(tree, name) };
    if place == "clippy" {
        return is_lint(tree, test);
    }
    tree.rust().any(|file| stands_in(file, place) && has_test(&file.text, test))
}

fn is_lint(tree: &Tree, name: &str) -> bool {
    ["Cargo.toml", "clippy.toml", "crates/core/src/lib.rs"]
        .iter()
        .filter_map(|path| tree.get(path))
        .any(|file| source::has_word(&file.text, name))
}

/// Whether `file` is the one that `place` names, or belongs to the package that it begins with.
fn stands_in(file: &File, place: &str) -> bool {
    if place.ends_with(".rs") {
        return file.path == place;
    }
    let package = place.split("::").next().unwrap_or_default();
    let folder = match package.strip_prefix("tidegate_") {
        Some(name) => format!("crates/{name}/"),
        None if package == "tidegate" => "crates/tidegate/".to_owned(),
        None => format!("{package}/"),
    };
    file.path.starts_with(&folder)
}

/// Whether `text` has a function `name` that is a test: `#[test]`, `#[tokio::test]`, or inside `proptest!`.
fn has_test(text: &str, name: &str) -> bool {
    let code = source::code(text);
    let declaration = format!("fn {name}");
    let is_mark = |line: &str| line.trim_start().starts_with("#[") && source::has_word(line, "test");
    let lines: Vec<&str> = code.lines().collect();
    lines.iter().enumerate().any(|(index, line)| {
        let above = lines.iter().take(index).rev().take_while(|line| !line.contains('}'));
        source::has_word(line, &declaration) && above.take(6).any(|line| is_mark(line))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGINE: (&str, &str) = (
        "crates/core/src/engine/tests.rs",
        "#[test]\nfn a_reservation_ends_once() {\n}\n\nfn not_a_test() {\n}\n",
    );

    fn findings(row: &str) -> Vec<Finding> {
        let page =
            format!("# A\n\n{HEADING}\n\n| | invariant | enforced by |\n|---|---|---|\n{row}\n\n## Next\n");
        check(&Tree::of(&[ENGINE, (PAGE, &page), ("Cargo.toml", "unsafe_code = \"forbid\"\n")]))
    }

    #[test]
    fn names_that_exist_pass() {
        assert_eq!(
            findings(
                "| 3 | ends once | `tidegate_core::engine::tests::a_reservation_ends_once`, `unsafe_code` |"
            ),
            []
        );
        assert_eq!(
            findings("| 3 | ends once | `crates/core/src/engine/tests.rs::a_reservation_ends_once` |"),
            []
        );
    }

    #[test]
    fn a_name_that_does_not_exist_is_found() {
        assert_eq!(findings("| 3 | ends once | `tidegate_core::engine::tests::gone` |").len(), 1);
        assert_eq!(
            findings("| 3 | ends once | `tidegate_batch::engine::a_reservation_ends_once` |").len(),
            1
        );
        assert_eq!(findings("| 3 | ends once | `tidy::nothing` |").len(), 1);
        assert_eq!(findings("| 3 | ends once | `no_such_lint` |").len(), 1);
    }

    #[test]
    fn a_function_that_is_no_test_does_not_count() {
        assert_eq!(findings("| 3 | ends once | `tidegate_core::engine::tests::not_a_test` |").len(), 1);
    }

    #[test]
    fn a_row_without_a_name_is_found() {
        assert_eq!(findings("| 3 | ends once | by care |").len(), 1);
    }

    #[test]
    fn a_page_without_the_table_is_found() {
        assert_eq!(check(&Tree::of(&[(PAGE, "# A\n")])).len(), 1);
        assert_eq!(check(&Tree::default()).len(), 1);
    }
}
