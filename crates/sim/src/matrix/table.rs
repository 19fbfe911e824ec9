//! The table: one row a cell, in whole numbers, and what has become worse since it was written.

use std::collections::BTreeMap;

use super::cell::Cell;
use super::measure::Figures;

/// One row of the table, as text.
pub type Row = String;

/// By how much a cell may be worse than it was written, in thousandths of the ceiling or refusals in ten thousand: what
/// an engine that learns a little otherwise comes to.
const SLACK: u64 = 5;

/// The row of a cell: name, admitted and ceiling in thousandths of the limit, efficiency in thousandths, refusals in ten
/// thousand, those of a constant pace, and whether the bar is held.
#[must_use]
pub fn row(cell: &Cell, figures: &Figures) -> Row {
    let number = |number: Option<u64>| number.map_or_else(|| String::from("-"), |number| number.to_string());
    format!(
        "{:<46} {:>5} {:>5} {:>5} {:>6} {:>6} {}",
        cell.name(),
        figures.admitted_permille,
        number(figures.ceiling_permille),
        number(figures.efficiency_permille()),
        figures.refused_per_10k,
        number(figures.constant_refused_per_10k),
        if figures.holds() { "holds" } else { "misses" },
    )
}

/// What is worse in `now` than in `before`, one line a cell.
#[must_use]
pub fn compare(before: &str, now: &[Row]) -> Vec<String> {
    let former: BTreeMap<&str, Vec<&str>> = before.lines().filter_map(parts).collect();
    let worse = now.iter().filter_map(|row| {
        let (name, columns) = parts(row)?;
        let Some(then) = former.get(name) else { return Some(format!("{name}: is not in the table")) };
        let number =
            |columns: &[&str], place: usize| columns.get(place).and_then(|text| text.parse::<u64>().ok());
        let admitted = number(then, 0)?.saturating_sub(number(&columns, 0)?);
        let refused = number(&columns, 3)?.saturating_sub(number(then, 3)?);
        (admitted > SLACK || refused > SLACK).then(|| format!("was {}\n  is {row}", then.join(" ")))
    });
    worse.collect()
}

fn parts(row: &str) -> Option<(&str, Vec<&str>)> {
    let mut parts = row.split_whitespace();
    let name = parts.next().filter(|name| name.contains('/'))?;
    Some((name, parts.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_worse_than_before_is_told_and_what_is_better_is_not() {
        let before = "cell numbers\na/x   990 1000   990      1      1 holds\nb/x 500 - - 20 20 holds\n";
        let rows = |rows: &[&str]| rows.iter().map(|row| (*row).to_owned()).collect::<Vec<_>>();
        let better = rows(&["a/x 995 1000 995 0 1 holds", "b/x 496 - - 25 20 misses"]);
        assert_eq!(compare(before, &better), Vec::<String>::new());
        let worse = rows(&["a/x 980 1000 980 1 1 misses", "b/x 500 - - 26 20 misses", "c/x 1 1 1 1 1 holds"]);
        assert_eq!(compare(before, &worse).len(), 3);
    }
}
