//! `cargo xtask tidy`: house rules that lints cannot express. One file a rule, each a pure function of the files.
//!
//! A rule takes the `tree::Tree` and returns `tree::Finding`s; none reads the disk. Each has a test that it
//! can fail.

mod attributes;
mod banned_words;
mod first_line;
mod front_ends;
mod invariants;
mod manifests;
mod module_names;
mod places;
mod provider_names;
mod purity;
mod siblings;
mod sizes;
mod source;
mod tree;

use crate::console;
use crate::failure::Failure;
use crate::workspace;
use tree::{Finding, Tree};

/// A rule: its name and the function that looks for breaches.
type Rule = (&'static str, fn(&Tree) -> Vec<Finding>);

/// Every rule, in the order in which findings are printed.
const RULES: &[Rule] = &[
    ("first_line", first_line::check),
    ("sizes", sizes::check),
    ("module_names", module_names::check),
    ("banned_words", banned_words::check),
    ("attributes", attributes::check),
    ("purity", purity::check),
    ("provider_names", provider_names::check),
    ("places", places::check),
    ("front_ends", front_ends::check),
    ("manifests", manifests::check),
    ("siblings", siblings::check),
    ("invariants", invariants::check),
];

/// Checks the checkout and prints what it found, then the sizes.
///
/// # Errors
/// When a rule is broken, or the files cannot be listed.
pub fn run() -> Result<(), Failure> {
    let tree = Tree::read(&workspace::root())?;
    let mut count = 0;
    for (name, rule) in RULES {
        for finding in rule(&tree) {
            console::data(&format!("{finding} [{name}]"));
            count += 1;
        }
    }
    for line in sizes::report(&tree) {
        console::data(&line);
    }
    match count {
        0 => Ok(()),
        1 => Err(Failure::new("one house rule is broken")),
        _ => Err(Failure::new(format!("{count} breaches of the house rules"))),
    }
}
