//! `[models.PATTERN]` tables as they are meant: what models cost, in US dollars.

use tidegate_core::Price;

use super::mistake::{Report, Wrong};
use super::rate::Exact;
use super::written::{Entry, Section};

/// The dearest price that is read, in dollars: beyond it somebody mistook the unit.
const DEAREST: u64 = 1_000_000;

/// The prices of every table under `[models]`, each with the pattern of the models that have it.
pub(super) fn read(section: &Section<'_>, report: &mut Report<'_>) -> Vec<(String, Price)> {
    let mut prices = Vec::new();
    for (pattern, entry) in section.names() {
        let Some(section) = entry.section(report) else { continue };
        if let Some(price) = price(section, report) {
            prices.push((pattern, price));
        }
    }
    prices
}

fn price(mut section: Section<'_>, report: &mut Report<'_>) -> Option<Price> {
    let mut amount = |key| section.take(key).map(|entry: Entry<'_>| dollars(&entry, report));
    let (input, output) = (amount("price_in"), amount("price_out"));
    let request = amount("price_request").flatten().unwrap_or(0);
    if input.is_none() && output.is_none() {
        section.wrong(
            report,
            Wrong::new(
                "the model has no price",
                "write price_in and price_out, in US dollars for a million tokens, or remove the table",
            ),
        );
    }
    section.finish(report);
    let (input, output) = (input.flatten().unwrap_or(0), output.flatten().unwrap_or(0));
    Some(Price { request, ..Price::per_million(input, output) })
}

/// Dollars in millionths.
fn dollars(entry: &Entry<'_>, report: &mut Report<'_>) -> Option<u64> {
    let number = entry.decimal(report)?;
    let millionths = Exact::read(&number).map(|exact| exact.times(1_000_000));
    match millionths {
        Ok(Some(amount)) if amount <= DEAREST * 1_000_000 => Some(amount),
        Ok(_) => {
            let remedy = "write US dollars for a million tokens, such as 2.5";
            entry.wrong(report, Wrong::new(format!("`{number}` is no price"), remedy));
            None
        }
        Err(wrong) => {
            entry.wrong(report, wrong);
            None
        }
    }
}
