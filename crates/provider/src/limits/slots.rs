//! `Slots`: the headers of a head, put together by the limit that they speak of.

use std::time::Duration;

use http::{HeaderName, HeaderValue};
use tidegate_core::Dimension;

use crate::{Observed, Why};

/// The most limits that are read of one answer; no provider states more than twelve.
const SLOTS_MAX: usize = 16;

/// Which limit a header's name speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row<'a> {
    pub(crate) dimension: Dimension,
    /// The window, where the name tells it.
    pub(crate) window: Option<Duration>,
    /// What the names of one limit have in common; two limits can count the same dimension.
    pub(crate) stem: &'a str,
}

/// What a header says of its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The amount per window.
    Limit,
    /// What is left of it.
    Remaining,
    /// How long until it is whole again.
    Reset,
    /// The length of the window in seconds.
    Window,
    /// What was counted for this call.
    Charged,
}

/// What a header's name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place<'a> {
    /// A part of a limit.
    At(Row<'a>, Part),
    /// A limit that is left out, for a known reason.
    Left(Why),
    /// Nothing about a limit.
    Other,
    /// The dialect has no such name.
    Unlisted,
}

/// The parts of one limit, as names and texts of headers; no text where it came twice with different values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot<'a> {
    pub(crate) row: Row<'a>,
    fields: [Option<(&'a HeaderName, &'a str)>; 5],
}

/// What stands for a value that contradicts itself; no header's text is empty.
const CONTRADICTED: &str = "";

/// The limits of one head.
#[derive(Debug)]
pub(crate) struct Slots<'a> {
    slots: Vec<Slot<'a>>,
}

impl<'a> Slots<'a> {
    pub(crate) const fn new() -> Self {
        Self { slots: Vec::new() }
    }

    /// Puts one header into the limit that it speaks of.
    pub(crate) fn put(
        &mut self,
        (row, part): (Row<'a>, Part),
        name: &'a HeaderName,
        value: &'a HeaderValue,
        observed: &mut Observed,
    ) {
        let Ok(text) = value.to_str() else {
            observed.ignore(name, Why::NotText);
            return;
        };
        let place = match self.slots.iter().position(|slot| slot.row == row) {
            Some(place) => place,
            None if self.slots.len() == SLOTS_MAX => {
                observed.ignore(name, Why::TooMany);
                return;
            }
            None => {
                self.slots.reserve(4);
                self.slots.push(Slot { row, fields: [None; 5] });
                self.slots.len() - 1
            }
        };
        let text = text.trim_ascii();
        let field = &mut self.slots[place].fields[part as usize];
        match field {
            _ if text.is_empty() => observed.ignore(name, Why::NotACount),
            None => *field = Some((name, text)),
            Some((_, known)) if *known == text => {}
            Some((_, known)) => {
                *known = CONTRADICTED;
                observed.ignore(name, Why::Contradictory);
            }
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Slot<'a>> {
        self.slots.iter()
    }
}

impl<'a> Slot<'a> {
    /// The header of that part, unless it contradicts itself.
    pub(crate) fn field(&self, part: Part) -> Option<(&'a HeaderName, &'a str)> {
        self.fields[part as usize].filter(|(_, text)| *text != CONTRADICTED)
    }
}

/// Splits `limit-tokens` into part and stem; the stem may be empty.
pub(crate) fn part_first(rest: &str) -> Option<(Part, &str)> {
    let end = rest.bytes().position(|byte| byte == b'-');
    let (word, stem) = end.map_or((rest, ""), |end| (&rest[..end], &rest[end + 1..]));
    Some((part(word)?, stem))
}

/// Splits `tokens-limit` into part and stem; the stem may be empty.
pub(crate) fn part_last(rest: &str) -> Option<(Part, &str)> {
    let (stem, word) = rest.rsplit_once('-').unwrap_or(("", rest));
    Some((part(word)?, stem))
}

fn part(word: &str) -> Option<Part> {
    Some(match word {
        "limit" => Part::Limit,
        "remaining" => Part::Remaining,
        "reset" => Part::Reset,
        // Azure states the window beside the limit (recordings, 2025 and 2026).
        "renewalperiod" => Part::Window,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_into_part_and_stem() {
        assert_eq!(part_first("limit-project-tokens"), Some((Part::Limit, "project-tokens")));
        assert_eq!(part_first("remaining"), Some((Part::Remaining, "")));
        assert_eq!(part_first("limits-tokens"), None);
        assert_eq!(part_last("input-tokens-reset"), Some((Part::Reset, "input-tokens")));
        assert_eq!(part_last("limit"), Some((Part::Limit, "")));
        assert_eq!(part_last("input-tokens"), None);
    }
}
