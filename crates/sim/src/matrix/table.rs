//! The table: one row a cell, in whole numbers, and what has become worse since it was written.

use std::collections::BTreeMap;

/// By how much a cell may be worse than it was written: what an engine that learns a little otherwise comes to. In
/// thousandths of the limit, and in refusals in a hundred thousand calls.
const SLACK: u64 = 5;
const SLACK_REFUSALS: u64 = 50;
/// The same in hundredths of the refusals, where there are many.
const SLACK_REFUSALS_PERCENT: u64 = 10;

/// What is worse in `now` than in `before`, one line a cell.
#[must_use]
pub fn compare(before: &str, now: &[String]) -> Vec<String> {
    let former: BTreeMap<&str, Vec<&str>> = before.lines().filter_map(parts).collect();
    let worse = now.iter().filter_map(|row| {
        let (name, columns) = parts(row)?;
        let Some(then) = former.get(name) else { return Some(format!("{name}: is not in the table")) };
        let number =
            |columns: &[&str], place: usize| columns.get(place).and_then(|text| text.parse::<u64>().ok());
        let admitted = number(then, 0)?.saturating_sub(number(&columns, 0)?);
        let refused = number(&columns, 3)?.saturating_sub(number(then, 3)?);
        let slack = SLACK_REFUSALS.max(number(then, 3)? * SLACK_REFUSALS_PERCENT / 100);
        (admitted > SLACK || refused > slack).then(|| format!("was {}\n  is {row}", then.join(" ")))
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
        let before = "cell numbers\na/x   990 1000   990     10      1 holds\nb/x 500 - - 2000 2000 holds\n";
        let rows = |rows: &[&str]| rows.iter().map(|row| (*row).to_owned()).collect::<Vec<_>>();
        let better = rows(&["a/x 995 1000 995 0 1 holds", "b/x 496 - - 2200 2000 misses"]);
        assert_eq!(compare(before, &better), Vec::<String>::new());
        let worse =
            rows(&["a/x 980 1000 980 10 1 misses", "b/x 500 - - 2201 2000 misses", "c/x 1 1 1 1 1 holds"]);
        assert_eq!(compare(before, &worse).len(), 3);
        assert_eq!(compare(before, &rows(&["a/x 990 1000 990 61 1 misses"])).len(), 1);
    }
}
