//! Rule: each crate inherits the workspace's lints and depends only on the crates below it.

use super::tree::{Finding, Tree};

/// What each crate may depend on inside the workspace. `sim` is for tests, the emulated provider and the demo,
/// so only the command line and the tasks may depend on it outside tests.
const LAYERS: [(&str, &[&str]); 8] = [
    ("core", &[]),
    ("provider", &["tidegate-core"]),
    ("tidegate", &["tidegate-core"]),
    ("client", &["tidegate-core", "tidegate-provider", "tidegate"]),
    ("batch", &["tidegate-core", "tidegate-provider", "tidegate", "tidegate-client"]),
    ("gateway", &["tidegate-core", "tidegate-provider", "tidegate", "tidegate-client"]),
    ("sim", &["tidegate-core", "tidegate-provider", "tidegate"]),
    (
        "cli",
        &[
            "tidegate-core",
            "tidegate-provider",
            "tidegate",
            "tidegate-client",
            "tidegate-batch",
            "tidegate-gateway",
            "tidegate-sim",
        ],
    ),
];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for manifest in
        tree.all().filter(|file| file.path.ends_with("/Cargo.toml") && !file.path.starts_with("fuzz/"))
    {
        if !inherits_lints(&manifest.text) {
            let message = "add `[lints]` with `workspace = true`";
            findings.push(Finding::file(&manifest.path, message));
        }
        for name in foreign(&manifest.path, &manifest.text) {
            let message = format!("may not depend on `{name}`: see the layers in ARCHITECTURE.md");
            findings.push(Finding::file(&manifest.path, message));
        }
    }
    findings
}

/// The names under `[dependencies]`; dev-dependencies are not among them.
pub(crate) fn dependencies(manifest: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut section = String::new();
    for line in manifest.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']').to_owned();
            names.extend(section.strip_prefix("dependencies.").map(str::to_owned));
        } else if is_dependencies(&section) && !line.starts_with('#') {
            let name = line.split(['=', '.']).next().unwrap_or_default().trim().trim_matches('"');
            names.extend((!name.is_empty()).then(|| name.to_owned()));
        }
    }
    names
}

fn is_dependencies(section: &str) -> bool {
    section == "dependencies" || (section.starts_with("target.") && section.ends_with(".dependencies"))
}

fn inherits_lints(manifest: &str) -> bool {
    let after = manifest.split("[lints]").nth(1).unwrap_or_default();
    after.lines().map(str::trim).find(|line| !line.is_empty()) == Some("workspace = true")
}

/// Workspace crates that the crate at `path` depends on against the layers.
fn foreign(path: &str, manifest: &str) -> Vec<String> {
    let own = path.trim_start_matches("crates/").trim_end_matches("/Cargo.toml");
    let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == own) else { return Vec::new() };
    let ours = |name: &String| name == "tidegate" || name.starts_with("tidegate-");
    dependencies(manifest)
        .into_iter()
        .filter(|name| ours(name) && !allowed.contains(&name.as_str()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_without_the_lints_is_found() {
        let bare = "[package]\nname = \"x\"\n";
        assert_eq!(check(&Tree::of(&[("crates/x/Cargo.toml", bare)])).len(), 1);
    }

    #[test]
    fn a_dependency_against_the_layers_is_found() {
        let text = "[lints]\nworkspace = true\n[dependencies]\ntidegate-sim = { workspace = true }\nhttp.workspace = true\n";
        let found = check(&Tree::of(&[("crates/gateway/Cargo.toml", text)]));
        assert_eq!(found.len(), 1);
        assert!(found[0].to_string().contains("`tidegate-sim`"));
    }

    #[test]
    fn a_dev_dependency_is_not_a_dependency() {
        let text = "[lints]\nworkspace = true\n[dev-dependencies]\ntidegate-sim = { workspace = true }\n";
        assert_eq!(check(&Tree::of(&[("crates/gateway/Cargo.toml", text)])), []);
    }

    #[test]
    fn dependencies_are_read_in_every_way_they_are_written() {
        let text = "[dependencies]\na = \"1\"\nb.workspace = true\n# c = \"1\"\n[dependencies.d]\nversion = \"1\"\n[target.'cfg(unix)'.dependencies]\ne = \"1\"\n";
        assert_eq!(dependencies(text), ["a", "b", "d", "e"]);
    }
}
