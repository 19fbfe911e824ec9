//! `cargo xtask release-check [REV]`: whether what is here may be released under the version that it has.
//!
//! The version is the workspace's, and means what CONTRIBUTING.md says. Three things are held against it: what the
//! manifests say, whether the changelog tells of it, and whether the public API changed by no more than the version
//! allows since the last release, which [cargo-semver-checks](https://crates.io/crates/cargo-semver-checks) knows.

use std::process::Command;

use serde_json::Value;

use crate::console;
use crate::failure::Failure;
use crate::process;
use crate::workspace;

/// The crates whose public API the version promises something of; see "Versions" in CONTRIBUTING.md.
const PROMISED: [&str; 6] = [
    "tidegate-core",
    "tidegate-provider",
    "tidegate",
    "tidegate-client",
    "tidegate-batch",
    "tidegate-gateway",
];

/// What a registry wants to know of a crate.
const WANTED: [&str; 3] = ["description", "license", "repository"];

/// The exit code of cargo-semver-checks for changes that the version does not allow (0.51); it has others for itself.
const CHANGED: i32 = 100;

/// Checks the release. `since` is what it is compared with; the newest tag of a version without it.
///
/// # Errors
/// What keeps the release from being made, or a tool that is missing.
pub fn run(since: Option<&str>) -> Result<(), Failure> {
    let version = manifests(&metadata()?)?;
    changelog(&version)?;
    console::note(&format!("the manifests and the changelog know of {version}"));
    let Some(since) = since.map(str::to_owned).or_else(last_release) else {
        console::note(
            "no tag names an earlier version, so there is no API to compare with; name a commit to do so",
        );
        return Ok(());
    };
    if !process::works("cargo", &["semver-checks", "--version"]) {
        let remedy = "run `cargo install cargo-semver-checks --locked`, then this again";
        return Err(Failure::new(format!("cargo-semver-checks is not installed; {remedy}")));
    }
    if !is_commit(&since) {
        return Err(Failure::new(format!("no commit is called `{since}`; name a tag or a commit")));
    }
    let ended = process::status(&mut comparison(&since))?;
    match ended.code() {
        Some(0) => {
            console::note(&format!("the public API changed by no more than {version} allows since {since}"));
            Ok(())
        }
        Some(CHANGED) => Err(Failure::new(format!(
            "the public API changed by more than {version} allows since {since}; each change is told above: give \
             the workspace the next version, as CONTRIBUTING.md says, or take the change back"
        ))),
        _ => Err(Failure::new(format!("the public API could not be compared with that of {since}: {ended}"))),
    }
}

/// Whether a commit goes by that name here.
fn is_commit(name: &str) -> bool {
    let mut command = Command::new("git");
    command.current_dir(workspace::root());
    command.args(["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{name}^{{commit}}")]);
    process::capture(&mut command).is_ok()
}

/// The comparison of the public API with that of `since`.
fn comparison(since: &str) -> Command {
    let mut command = workspace::cargo();
    command.args(["semver-checks", "check-release", "--all-features", "--baseline-rev", since]);
    for name in PROMISED {
        command.args(["--package", name]);
    }
    command
}

fn metadata() -> Result<Value, Failure> {
    let mut command = workspace::cargo();
    command.args(["metadata", "--format-version", "1", "--no-deps"]);
    serde_json::from_str(&process::capture(&mut command)?).map_err(Failure::at("reading `cargo metadata`"))
}

/// Whether every crate that is published says what a registry wants to know, and all have one version: this one.
fn manifests(metadata: &Value) -> Result<String, Failure> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    // `publish = false` is an empty list of registries.
    let published: Vec<&Value> =
        packages.filter(|package| package["publish"].as_array().is_none_or(|to| !to.is_empty())).collect();
    let name = |package: &Value| package["name"].as_str().unwrap_or_default().to_owned();
    for package in &published {
        if let Some(missing) = WANTED.iter().find(|key| package[**key].as_str().is_none_or(str::is_empty)) {
            return Err(Failure::new(format!(
                "{} has no {missing}; write it into its Cargo.toml",
                name(package)
            )));
        }
    }
    if let Some(missing) =
        PROMISED.iter().find(|known| published.iter().all(|package| name(package) != **known))
    {
        return Err(Failure::new(format!("{missing} is not published; correct xtask/src/release.rs")));
    }
    let version = |package: &Value| package["version"].as_str().unwrap_or_default().to_owned();
    let first = published.first().map(|package| version(package)).unwrap_or_default();
    match published.iter().find(|package| version(package) != first) {
        None => Ok(first),
        Some(other) => Err(Failure::new(format!(
            "{} has version {}, others {first}; give all one",
            name(other),
            version(other)
        ))),
    }
}

/// Whether the changelog tells of the version, or of what is not released yet.
fn changelog(version: &str) -> Result<(), Failure> {
    let path = workspace::root().join("CHANGELOG.md");
    let text = std::fs::read_to_string(&path).map_err(Failure::at("reading CHANGELOG.md"))?;
    if is_told(&text, version) {
        return Ok(());
    }
    Err(Failure::new(format!(
        "CHANGELOG.md tells nothing under `{version}` or `Unreleased`; say what changed"
    )))
}

fn is_told(changelog: &str, version: &str) -> bool {
    changelog.split("\n## ").skip(1).any(|section| {
        let (heading, rest) = section.split_once('\n').unwrap_or((section, ""));
        let heading = heading.trim_start_matches('[');
        (heading.starts_with("Unreleased") || heading.starts_with(version)) && !rest.trim().is_empty()
    })
}

/// The newest tag of a version that led here.
fn last_release() -> Option<String> {
    let mut command = Command::new("git");
    command.current_dir(workspace::root());
    command.args(["tag", "--list", "v[0-9]*", "--sort=-version:refname", "--merged", "HEAD"]);
    process::capture(&mut command).ok()?.lines().next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn package(name: &str, version: &str) -> Value {
        let said = ("d", "MIT", "https://example.com");
        json!({"name": name, "version": version, "publish": null, "description": said.0, "license": said.1,
               "repository": said.2})
    }

    fn workspace_with(change: impl Fn(&mut Vec<Value>)) -> Value {
        let mut packages: Vec<Value> = PROMISED.iter().map(|name| package(name, "0.2.0")).collect();
        change(&mut packages);
        json!({ "packages": packages })
    }

    #[test]
    fn manifests_agree_on_one_version_and_leave_nothing_out() {
        assert_eq!(manifests(&workspace_with(|_| ())).unwrap(), "0.2.0");
        let told = |change: fn(&mut Vec<Value>)| manifests(&workspace_with(change)).unwrap_err().to_string();
        assert!(told(|all| all[1]["license"] = Value::Null).contains("tidegate-provider has no license"));
        assert!(told(|all| all[2]["version"] = "0.3.0".into()).contains("tidegate has version 0.3.0"));
        assert!(told(|all| all[3]["publish"] = json!([])).contains("tidegate-client is not published"));
        let private =
            workspace_with(|all| all.push(json!({"name": "xtask", "publish": [], "version": "9.0.0"})));
        assert_eq!(manifests(&private).unwrap(), "0.2.0");
    }

    #[test]
    fn a_changelog_tells_of_the_version_or_of_what_is_not_released_yet() {
        for told in
            ["# C\n\n## Unreleased\n\n* x\n", "# C\n\n## 0.2.0 (today)\n\n* x\n", "# C\n\n## [0.2.0]\n* x\n"]
        {
            assert!(is_told(told, "0.2.0"), "{told}");
        }
        assert!(!is_told("# C\n\n## Unreleased\n\n## 0.1.0\n\n* x\n", "0.2.0"));
    }

    #[test]
    fn a_commit_that_is_none_is_no_release_to_compare_with() {
        assert!(is_commit("HEAD"));
        for name in ["no-such-tag", "", "--help"] {
            assert!(!is_commit(name), "{name}");
        }
    }

    #[test]
    fn the_comparison_is_of_every_crate_that_is_promised() {
        let command = comparison("v0.1.0");
        let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
        assert!(
            words.join(" ").starts_with("semver-checks check-release --all-features --baseline-rev v0.1.0")
        );
        assert!(PROMISED.iter().all(|name| words.iter().any(|word| word == name)));
    }
}
