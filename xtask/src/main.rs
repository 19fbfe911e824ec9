//! `cargo xtask COMMAND`: picks the task and turns its end into an exit code.

use std::process::ExitCode;

use xtask::{accept, bench, console, fuzz, interleavings, matrix, mutants, release, simulate, test, tidy};

const USAGE: &str = "\
usage: cargo xtask COMMAND

commands:
  test     install what is missing, then run every test
  tidy     check the house rules that the compiler cannot
  accept   acceptance runs in real time (several minutes); pace, first-contact, mixed, resume [KILLS] or million [ROWS] for one of them
  simulate seeded trials in virtual time, 2000 or as many as SEEDS says; PLAN for one plan
  interleavings  threads and tasks of the facade on thousands of schedules; part of test
  matrix   the engine in every way of counting beside a constant pace; write keeps the table, NAME for some cells, seeds N [NAME] for the mean of several seeds
  fuzz     whether the fuzz targets compile, with check; or TARGET [SECONDS] to run one, which needs a nightly toolchain and cargo-fuzz
  mutants  whether the tests of core notice what is broken on purpose (two hours); bucket, ledger, queue or lease for one area, K/N for a sample such as 0/8
  bench    our figures beside a peer's, in one run; NAME for one of them
  release-check  whether what is here may be released under its version; REV to compare with another commit";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["test"] => test::run(),
        ["tidy"] => tidy::run(),
        ["accept"] => accept::run(accept::Part::All),
        ["accept", "pace"] => accept::run(accept::Part::Pace),
        ["accept", "first-contact"] => accept::run(accept::Part::FirstContact),
        ["accept", "mixed"] => accept::run(accept::Part::Mixed),
        ["accept", "resume"] => accept::run(accept::Part::Resume(accept::KILLS)),
        ["accept", "resume", kills] if kills.parse::<u32>().is_ok() => {
            accept::run(accept::Part::Resume(kills.parse().unwrap_or(accept::KILLS)))
        }
        ["accept", "million"] => accept::run(accept::Part::Million(accept::ROWS)),
        ["accept", "million", rows] if rows.parse::<u64>().is_ok() => {
            accept::run(accept::Part::Million(rows.parse().unwrap_or(accept::ROWS)))
        }
        ["simulate"] => simulate::run(simulate::SEEDS, None),
        ["simulate", seeds] => simulate::run(seeds, None),
        ["simulate", seeds, plan] => simulate::run(seeds, Some(plan)),
        ["interleavings"] => interleavings::run(),
        ["fuzz", "check"] => fuzz::check(),
        ["fuzz", target] => fuzz::run(target, fuzz::SECONDS),
        ["fuzz", target, seconds] if seconds.parse::<u32>().is_ok() => fuzz::run(target, seconds),
        ["matrix", wish @ ..] => matrix::run(wish),
        ["mutants", words @ ..] => mutants::run(words),
        ["release-check"] => release::run(None),
        ["release-check", since] => release::run(Some(since)),
        ["bench"] => bench::run(None),
        ["bench", name] => bench::run(Some(name)),
        _ => {
            console::note(USAGE);
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            console::note(&format!("error: {failure}"));
            ExitCode::FAILURE
        }
    }
}
