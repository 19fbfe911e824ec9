//! Rule: clocks, sleeps, the environment and exits are each used in the few files that are named here.
//!
//! The same calls are disallowed by `clippy.toml`; an `#[expect]` opens a place there, and this list says which
//! places may be opened.

use super::source;
use super::tree::{File, Finding, Tree};

/// Calls of one kind, and where they may stand: a file, or a folder that ends with `/`.
struct Place {
    calls: &'static [&'static str],
    files: &'static [&'static str],
    remedy: &'static str,
}

const PLACES: [Place; 4] = [
    Place {
        calls: &["Instant::now", "SystemTime::now", "Timestamp::now", "Zoned::now", "UtcDateTime::now"],
        files: &["crates/tidegate/src/clock.rs", "crates/tidegate/src/clock/", "xtask/src/stopwatch.rs"],
        remedy: "take `now` as an argument, or read it through the facade's clock",
    },
    Place {
        calls: &[
            "thread::sleep",
            "time::sleep",
            "time::sleep_until",
            "time::timeout_at",
            "thread::park_timeout",
        ],
        files: &[
            "crates/tidegate/src/driver.rs",
            "crates/tidegate/src/clock/runtime.rs",
            "crates/sim/src/serve.rs",
            "xtask/src/stopwatch.rs",
        ],
        remedy: "only drivers sleep: arm a deadline",
    },
    Place {
        calls: &["env::var", "env::var_os", "env::vars", "env::vars_os"],
        files: &[
            "crates/cli/src/main.rs",
            "crates/client/src/env.rs",
            "xtask/src/settings.rs",
            "xtask/build.rs",
        ],
        remedy: "the environment is read once, at the edge: take the value as an argument",
    },
    Place {
        calls: &["process::exit", "process::abort"],
        files: &["crates/cli/src/main.rs"],
        remedy: "return an error or an exit code",
    },
];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    tree.rust().flat_map(misplaced).collect()
}

fn misplaced(file: &File) -> Vec<Finding> {
    let code = source::code(&file.text);
    let mut findings = Vec::new();
    for place in PLACES.iter().filter(|place| !place.allows(&file.path)) {
        for (index, line) in code.lines().enumerate() {
            for call in place.calls.iter().filter(|call| source::has_word(line, call)) {
                findings.push(Finding::line(&file.path, index, format!("`{call}`: {}", place.remedy)));
            }
        }
    }
    findings
}

impl Place {
    fn allows(&self, path: &str) -> bool {
        self.files.iter().any(|file| path == *file || (file.ends_with('/') && path.starts_with(file)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_is_found_outside_its_place() {
        for call in PLACES.iter().flat_map(|place| place.calls) {
            let code = format!("fn f() {{ std::{call}() }}\n");
            assert_eq!(check(&Tree::of(&[("crates/core/src/engine.rs", &code)])).len(), 1, "{call}");
        }
    }

    #[test]
    fn a_call_in_its_place_passes() {
        for place in &PLACES {
            let path = place.files[0];
            let code = format!("fn f() {{ std::{}() }}\n", place.calls[0]);
            assert_eq!(check(&Tree::of(&[(path, &code)])), [], "{path}");
        }
    }
}
