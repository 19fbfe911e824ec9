//! Prints the table of first contacts: each kind of provider, met by a client that knows nothing, and what a second
//! run from the first one's experience comes to.
//!
//! `first_contact [KIND [SEEDS]]`: only kinds whose name holds KIND, each with its seeds listed; 20 seeds by default.

#![expect(clippy::print_stdout, reason = "it prints a table")]

use tidegate_sim::contact::KINDS;

fn main() {
    let only = std::env::args().nth(1).unwrap_or_default();
    let seeds = std::env::args().nth(2).and_then(|seeds| seeds.parse().ok()).unwrap_or(20);
    println!(
        "{:<24} {:>6} {:>6} {:>7} {:>6} {:>7}   {:>6} {:>7}",
        "kind", "mean", "worst", "refused", "most", "in bars", "again", "refused"
    );
    for kind in KINDS.iter().filter(|kind| kind.name.contains(&only)) {
        let (report, again) = (kind.report(seeds), kind.report_again(seeds));
        let (mean, refused) = (again.efficiency_mean, again.refusals_mean);
        println!("{:<24} {report}   {mean:>6.3} {refused:>7.2}", kind.name);
        if !only.is_empty() {
            println!("    {}", report.listed);
        }
    }
}
