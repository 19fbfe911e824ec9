//! The only place of the tasks that prints.

/// Prints one line of result on standard output.
#[expect(clippy::print_stdout, reason = "the one place where tasks write results")]
pub fn data(line: &str) {
    println!("{line}");
}

/// Prints one line for the person at the terminal on standard error.
#[expect(clippy::print_stderr, reason = "the one place where tasks write notes")]
pub fn note(line: &str) {
    eprintln!("{line}");
}
