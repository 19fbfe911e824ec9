//! Prints the table of first contacts: each kind of provider, met by a client that knows nothing, over 20 seeds.

#![expect(clippy::print_stdout, reason = "it prints a table")]

use tidegate_sim::contact::KINDS;

fn main() {
    let only = std::env::args().nth(1);
    println!("{:<24} {:>6} {:>6} {:>7} {:>6} {:>7}", "kind", "mean", "worst", "refused", "most", "in bars");
    for kind in KINDS.iter().filter(|kind| only.as_deref().is_none_or(|only| kind.name.contains(only))) {
        let report = kind.report(20);
        println!("{:<24} {report}", kind.name);
        if only.is_some() {
            println!("    {}", report.listed);
        }
    }
}
