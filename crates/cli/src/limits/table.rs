//! The report as people read it: a table of limits, then credit and usage in a line each.

use super::report::{Amount, Line, Money, Report, Source, Used};
use crate::output::{Paint, Tone};

/// The report as text.
pub(super) fn text(report: &Report, paint: Paint) -> String {
    let mut lines = vec![paint.text(Tone::Accent, &format!("{} at {}", report.provider, report.base_url))];
    if !report.limits.is_empty() {
        let mut rows = vec![["scope", "counts", "limit", "left", "a", "says"].map(str::to_owned)];
        rows.extend(report.limits.iter().map(row));
        lines.extend(aligned(&rows));
    }
    lines.extend(report.credit.as_ref().map(credit));
    lines.extend(used(&report.usage));
    lines.join("\n")
}

fn row(line: &Line) -> [String; 6] {
    let told = |amount: Option<Amount>| amount.map_or_else(|| "-".to_owned(), written);
    [
        line.scope.clone(),
        line.dimension.replace('_', " "),
        told(line.limit),
        told(line.remaining),
        period(line.window_s),
        format!("{}{}", source(line.source), age(line.age_s)),
    ]
}

/// Columns as wide as their widest cell, numbers to the right.
fn aligned(rows: &[[String; 6]]) -> Vec<String> {
    const NUMBERS: [usize; 2] = [2, 3];
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 6] = std::array::from_fn(width);
    let line = |row: &[String; 6]| {
        let cell = |column: usize| {
            let pad = " ".repeat(widths[column].saturating_sub(row[column].chars().count()));
            if NUMBERS.contains(&column) {
                format!("{pad}{}", row[column])
            } else {
                format!("{}{pad}", row[column])
            }
        };
        let cells: Vec<String> = (0..row.len()).map(cell).collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

fn credit(money: &Money) -> String {
    let left = match (money.remaining, money.limit) {
        (Some(left), Some(limit)) => format!("{left:.2} of {limit:.2} {} left", money.currency),
        (Some(left), None) => format!("{left:.2} {} left", money.currency),
        (None, Some(limit)) => format!("{limit:.2} {} at most", money.currency),
        (None, None) => "no limit of its own".to_owned(),
    };
    let used = money.used.map(|used| format!(", {used:.2} used")).unwrap_or_default();
    format!("credit: {left}{used} ({}{})", source(money.source), age(money.age_s))
}

fn used(usage: &[Used]) -> Option<String> {
    let parts: Vec<String> = usage
        .iter()
        .map(|used| {
            let unit = if matches!(used.amount, Amount::Dollars(_)) { "USD" } else { used.dimension };
            let when = match used.period {
                "day" => "today".to_owned(),
                period => format!("this {period}"),
            };
            format!("{} {unit} {when}", written(used.amount))
        })
        .collect();
    (!parts.is_empty()).then(|| format!("used: {}", parts.join(", ")))
}

fn written(amount: Amount) -> String {
    match amount {
        Amount::Count(count) => grouped(count),
        Amount::Dollars(dollars) => format!("{dollars:.2}"),
    }
}

/// A number with its thousands apart.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let places = digits.len();
    let apart = |(place, digit): (usize, char)| {
        let space = if place > 0 && (places - place).is_multiple_of(3) { " " } else { "" };
        format!("{space}{digit}")
    };
    digits.chars().enumerate().map(apart).collect()
}

fn period(seconds: Option<u64>) -> String {
    match seconds {
        None => "-".to_owned(),
        Some(1) => "second".to_owned(),
        Some(60) => "minute".to_owned(),
        Some(3_600) => "hour".to_owned(),
        Some(86_400) => "day".to_owned(),
        Some(2_419_200..=2_678_400) => "month".to_owned(),
        Some(seconds) => format!("{seconds} s"),
    }
}

const fn source(source: Source) -> &'static str {
    match source {
        Source::Endpoint => "the provider",
        Source::Cache => "the provider, earlier",
        Source::Answer => "its answer",
        Source::Learned => "earlier answers",
        Source::Documentation => "its documentation",
    }
}

/// How long ago; nothing for what is new.
fn age(seconds: u64) -> String {
    match seconds {
        0 => String::new(),
        1..120 => format!(", {seconds} s ago"),
        120..7_200 => format!(", {} min ago", seconds / 60),
        7_200..172_800 => format!(", {} h ago", seconds / 3_600),
        _ => format!(", {} days ago", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_spans_are_written_as_people_say_them() {
        assert_eq!([7, 1_000, 30_000_000].map(grouped), ["7", "1 000", "30 000 000"]);
        assert_eq!([None, Some(60), Some(2_678_400), Some(5)].map(period), ["-", "minute", "month", "5 s"]);
        assert_eq!(
            [0, 90, 600, 86_400, 604_800].map(age),
            ["", ", 90 s ago", ", 10 min ago", ", 24 h ago", ", 7 days ago"]
        );
    }

    #[test]
    fn columns_stand_under_each_other() {
        let row = |cells: [&str; 6]| cells.map(str::to_owned);
        let rows = [
            row(["scope", "counts", "limit", "left", "a", "says"]),
            row(["m", "requests", "9", "-", "day", "x"]),
        ];
        assert_eq!(
            aligned(&rows),
            ["scope  counts    limit  left  a    says", "m      requests      9     -  day  x"]
        );
    }
}
