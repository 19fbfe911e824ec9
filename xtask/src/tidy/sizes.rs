//! Rule: files stay under 500 lines and functions under 70, tests not counted; and the figures of each crate.

use std::collections::BTreeMap;

use super::source;
use super::tree::{File, Finding, Tree};

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust().filter(|file| !file.is_test()) {
        let lines = source::production_lines(&file.text);
        if lines > FILE_LINES_MAX {
            let message = format!("{lines} lines without tests, at most {FILE_LINES_MAX}: split it");
            findings.push(Finding::file(&file.path, message));
        }
        for function in functions(&file.text).iter().filter(|f| f.lines > FUNCTION_LINES_MAX) {
            let message =
                format!("`{}` has {} lines, at most {FUNCTION_LINES_MAX}", function.name, function.lines);
            findings.push(Finding::line(&file.path, function.start, message));
        }
    }
    findings
}

/// One line a crate: how many files, the median of their lines, the 95th percentile of its functions.
pub(crate) fn report(tree: &Tree) -> Vec<String> {
    let mut crates: BTreeMap<String, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
    for file in tree.rust().filter(|file| !file.is_test()) {
        let (files, lengths) = crates.entry(crate_of(file)).or_default();
        files.push(source::production_lines(&file.text));
        lengths.extend(functions(&file.text).iter().map(|function| function.lines));
    }
    let line = |(name, (mut files, mut lengths)): (String, (Vec<usize>, Vec<usize>))| {
        files.sort_unstable();
        lengths.sort_unstable();
        let (median, longest) = (share(&files, 50), share(&files, 100));
        let (usual, rare) = (share(&lengths, 50), share(&lengths, 95));
        let count = files.len();
        format!(
            "{name:18} {count:3} files, median {median:3}, longest {longest:3}; functions median {usual:2}, p95 {rare:2}"
        )
    };
    crates.into_iter().map(line).collect()
}

/// The value below which `percent` of the sorted values lie.
fn share(sorted: &[usize], percent: usize) -> usize {
    let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).copied().unwrap_or(0)
}

fn crate_of(file: &File) -> String {
    file.path.split("/src/").next().unwrap_or_default().to_owned()
}

struct Function {
    name: String,
    start: usize,
    lines: usize,
}

/// The functions that stand before the file's tests, with their lengths from `fn` to the closing brace.
fn functions(text: &str) -> Vec<Function> {
    let code = source::code(text);
    let bound = source::production_lines(text);
    let mut found = Vec::new();
    let mut offset = 0;
    for (start, line) in code.lines().enumerate().take(bound) {
        if let Some(name) = function_name(line)
            && let Some(lines) = body_lines(&code[offset..])
        {
            found.push(Function { name, start, lines });
        }
        offset += line.len() + 1;
    }
    found
}

/// The name of the function that a line declares.
fn function_name(line: &str) -> Option<String> {
    let mut words = line.split_whitespace().skip_while(|word| *word != "fn");
    words.next()?;
    let name: String = words.next()?.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!name.is_empty()).then_some(name)
}

/// Lines from the start of `code` to the brace that closes the first body; none for a declaration without one.
fn body_lines(code: &str) -> Option<usize> {
    let (mut braces, mut parens) = (0_usize, 0_usize);
    let mut lines = 1;
    for c in code.chars() {
        match c {
            '\n' => lines += 1,
            '(' | '[' => parens += 1,
            ')' | ']' => parens = parens.saturating_sub(1),
            '{' => braces += 1,
            '}' if braces == 1 => return Some(lines),
            '}' => braces = braces.saturating_sub(1),
            ';' if braces == 0 && parens == 0 => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_is_found_and_its_tests_do_not_count() {
        let long = "x\n".repeat(501);
        let tested = format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", "x\n".repeat(400), "y\n".repeat(400));
        let found = check(&Tree::of(&[("crates/a/src/long.rs", &long), ("crates/a/src/tested.rs", &tested)]));
        assert_eq!(found.len(), 1);
        assert!(found[0].to_string().starts_with("crates/a/src/long.rs: 501 lines"));
    }

    #[test]
    fn a_long_function_is_found() {
        let text = format!("pub fn tall(a: [u8; 2]) {{\n{}}}\nfn low() {{}}\n", "    work();\n".repeat(70));
        let found = check(&Tree::of(&[("crates/a/src/lib.rs", &text)]));
        assert_eq!(found.len(), 1);
        assert!(found[0].to_string().contains("`tall` has 72 lines"));
    }

    #[test]
    fn a_declaration_without_a_body_has_no_length() {
        assert_eq!(functions("trait T {\n    fn a(&self);\n    fn b() {\n    }\n}\n").len(), 1);
    }

    #[test]
    fn the_report_has_one_line_a_crate() {
        let tree =
            Tree::of(&[("crates/a/src/lib.rs", "fn a() {}\n"), ("crates/b/src/lib.rs", "fn b() {}\n")]);
        assert_eq!(report(&tree).len(), 2);
    }
}
