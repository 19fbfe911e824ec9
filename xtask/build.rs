//! Writes a module for README.md and for each guide under `docs/`, so that rustdoc finds their examples; see `src/guides.rs`.

use std::fmt::Write;
use std::path::{Path, PathBuf};

fn main() {
    // Of the run and not of the compilation: two checkouts may share the folder of artefacts.
    let tasks = told("CARGO_MANIFEST_DIR");
    let root = tasks.parent().expect("the tasks lie in the checkout");
    let docs = root.join("docs");
    let files = std::fs::read_dir(&docs).expect("the guides are in docs/");
    let mut pages: Vec<PathBuf> = files.map(|file| file.expect("docs/ can be read").path()).collect();
    pages.retain(|page| page.extension().is_some_and(|kind| kind == "md"));
    pages.sort();
    assert!(!pages.is_empty(), "docs/ holds no guide");
    pages.push(root.join("README.md"));
    std::fs::write(told("OUT_DIR").join("guides.rs"), modules(&pages))
        .expect("the build's folder can be written to");
    rerun(&docs);
}

/// A module for each page, with the page as its documentation and a name that tells it in the output of tests.
fn modules(pages: &[PathBuf]) -> String {
    let mut code = String::new();
    for page in pages {
        let name = page.file_stem().and_then(|name| name.to_str()).expect("a page has a name in ASCII");
        let name = name.replace('-', "_").to_lowercase();
        let path = page.to_str().expect("the checkout has a name in UTF-8");
        writeln!(code, "#[doc = include_str!({path:?})]\nmod {name} {{}}").expect("a text takes all");
    }
    code
}

/// A folder that cargo tells a build.
#[expect(clippy::disallowed_methods, reason = "it is how cargo tells a build of folders")]
fn told(variable: &str) -> PathBuf {
    std::env::var_os(variable).expect("cargo runs build scripts, and tells them their folders").into()
}

/// Tells cargo what the build depends on.
fn rerun(folder: &Path) {
    println!("cargo::rerun-if-changed={}", folder.display());
}
