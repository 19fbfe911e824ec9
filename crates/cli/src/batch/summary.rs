//! `Summary`: what a batch says at its end, and the exit code that goes with it.

use std::time::Duration;

use tidegate_batch::{End, Report};
use tidegate_core::Class;

use super::args::Work;
use super::view::{Dollars, Say, refusals_text, span};
use crate::exit::Exit;
use crate::output::{Paint, Tone};

/// How a batch ended.
pub(super) struct Summary<'a> {
    pub(super) work: &'a Work,
    pub(super) report: &'a Report,
    pub(super) elapsed: Duration,
}

impl Summary<'_> {
    /// The exit code: an interrupt can be resumed, failed rows are named in the output.
    pub(super) fn exit(&self) -> Exit {
        match self.report.end {
            End::Interrupted => Exit::Interrupted,
            End::StoppedOnFailure | End::GaveUp => Exit::SomeFailed,
            End::Complete | End::WasComplete if self.report.counts.failed() > 0 => Exit::SomeFailed,
            End::Complete | End::WasComplete => Exit::Done,
        }
    }

    /// What a person reads.
    pub(super) fn lines(&self, paint: Paint) -> Vec<String> {
        let counts = &self.report.counts;
        let (rows, finished) = (counts.rows, counts.finished());
        let (input, output) = (self.work.input.display(), self.work.output.display());
        let mut lines: Vec<String> = self
            .report
            .failures
            .iter()
            .map(|row| {
                let failed = paint.text(Tone::Bad, "failed");
                format!("{failed} {}: {}: {}", row.custom_id, row.class, row.message)
            })
            .collect();
        if self.work.tone() == Say::Nothing {
            lines.extend(self.report.why.clone());
            return lines;
        }
        lines.push(self.figures(paint));
        lines.push(match self.report.end {
            End::Complete => format!("answers are in {output}"),
            End::WasComplete => {
                format!("nothing to do: all {rows} rows of {input} were finished before, their answers are in {output}")
            }
            End::StoppedOnFailure => {
                format!("stopped at the first failure with {finished} of {rows} rows finished; {RESUME}")
            }
            End::GaveUp => {
                let why = self.report.why.as_deref().unwrap_or("nothing can be sent at present");
                format!("gave up with {finished} of {rows} rows finished: {why}; {RESUME}")
            }
            End::Interrupted => {
                let more = self.report.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
                format!("interrupted with {finished} of {rows} rows finished{more}; {RESUME}")
            }
        });
        lines
    }

    fn figures(&self, paint: Paint) -> String {
        let counts = &self.report.counts;
        let mut parts = vec![
            format!("{} rows", counts.rows),
            paint.text(Tone::Good, &format!("{} answered", counts.answered())),
            match counts.failed() {
                0 => "0 failed".to_owned(),
                failed => paint.text(Tone::Bad, &format!("{failed} failed ({})", self.classes())),
            },
        ];
        if counts.left() > 0 {
            parts.push(format!("{} left", counts.left()));
        }
        if counts.resumed > 0 && self.report.end != End::WasComplete {
            parts.push(format!("{} of them by earlier runs", counts.resumed));
        }
        parts.push(refusals_text(counts.refusals));
        parts.push(seconds(self.elapsed));
        parts.push(format!("{} input and {} output tokens", counts.input_tokens, counts.output_tokens));
        parts.extend(counts.micro_dollars.map(|money| Dollars(money).to_string()));
        parts.join(", ")
    }

    /// Failed rows by class.
    fn classes(&self) -> String {
        let failed = self.report.counts.classes.iter().filter(|(class, _)| **class != Class::Ok);
        failed.map(|(class, count)| format!("{count} {class}")).collect::<Vec<_>>().join(", ")
    }
}

/// What every unfinished run says.
const RESUME: &str = "run the same command again to go on: finished rows are not sent again";

fn seconds(elapsed: Duration) -> String {
    if elapsed < Duration::from_secs(600) { format!("{:.1} s", elapsed.as_secs_f64()) } else { span(elapsed) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use clap::Parser;
    use tidegate_batch::{Counts, FailedRow};

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        work: Work,
    }

    fn told(end: End, failed: u64) -> (Exit, String) {
        let line = Line::parse_from(["batch", "in.jsonl", "-o", "out.jsonl", "--provider", "openai"]);
        let classes = BTreeMap::from([(Class::Ok, 9), (Class::Timeout, failed)]);
        let counts = Counts {
            rows: 12,
            resumed: 2,
            classes,
            refusals: 1,
            input_tokens: 3,
            output_tokens: 4,
            micro_dollars: Some(1_234_567),
        };
        let row = FailedRow { custom_id: "r".into(), class: Class::Timeout, message: "late".into() };
        let failures = (0..failed.min(1)).map(|_| row.clone()).collect();
        let report = Report { counts, end, why: Some("the key is refused".into()), failures };
        let elapsed = Duration::from_millis(1_500);
        let summary = Summary { work: &line.work, report: &report, elapsed };
        (summary.exit(), summary.lines(Paint::new(false)).join("\n"))
    }

    #[test]
    fn the_figures_are_in_one_line() {
        let (exit, text) = told(End::Complete, 1);
        assert_eq!(exit, Exit::SomeFailed);
        let figures =
            "12 rows, 9 answered, 1 failed (1 timeout), 2 left, 2 of them by earlier runs, 1 refusal, 1.5 s";
        assert!(text.starts_with(&format!("failed r: timeout: late\n{figures}")), "{text}");
        let end = "3 input and 4 output tokens, $1.2345\nanswers are in out.jsonl";
        assert!(text.ends_with(end), "{text}");
    }

    #[test]
    fn an_interrupted_run_says_how_to_go_on() {
        let (exit, text) = told(End::Interrupted, 0);
        assert_eq!(exit, Exit::Interrupted);
        assert!(text.contains("run the same command again"), "{text}");
    }

    #[test]
    fn a_run_that_gave_up_says_why_and_how_to_go_on() {
        let (exit, text) = told(End::GaveUp, 0);
        assert_eq!(exit, Exit::SomeFailed);
        assert!(text.contains("the key is refused; run the same command again"), "{text}");
    }

    #[test]
    fn a_run_that_was_finished_before_says_so_and_is_well() {
        let (exit, text) = told(End::WasComplete, 0);
        assert_eq!(exit, Exit::Done);
        assert!(text.contains("nothing to do"), "{text}");
    }
}
