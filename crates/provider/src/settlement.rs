//! `settlement`: how a call ends in the books, from what its answer told, showed or left open.

use tidegate_core::{Cost, Dimension, Usage};

use crate::{Adapter, Charged, Endpoint, Reading, Spent};

/// What a call is settled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// What the provider counts of it.
    pub charge: Cost,
    /// What it used.
    pub usage: Usage,
    /// How that is known.
    pub basis: Basis,
}

/// How the usage of a call is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The answer states it.
    Stated,
    /// Its output is reckoned from the text that went by, its input as estimated or as far as the answer told.
    Streamed,
}

/// What to settle a call with whose answer has ended, in full or broken off. `None` where the answer neither
/// states a usage nor showed any text, and its head tells no charge: the reservation stands as it was made.
///
/// `told` is what the head of the answer says the provider counted for this very call, which no rule knows better.
/// `estimate` is the cost as estimated before the call. It stands for whatever the answer does not tell: the input
/// of a stream whose caller did not ask for its usage, the pages or images of an answer that does not count them, all
/// of a usage of zeros (Mistral's conversations send them, reports of 2026). A stream that broke off is settled with
/// the output that was seen, however far it got.
#[must_use]
pub fn settlement(
    adapter: &dyn Adapter,
    endpoint: Endpoint,
    reading: &Reading,
    told: &[Charged],
    estimate: &Cost,
) -> Option<Settlement> {
    let (usage, basis) = usage(reading, estimate).or_else(|| counted(told, estimate))?;
    let by_rule = adapter.charge(endpoint, &Spent { usage, details: reading.details });
    // What is estimated in units that the answer does not tell was asked for, and is counted so.
    let units = [
        Dimension::Money,
        Dimension::Images,
        Dimension::AudioSeconds,
        Dimension::Pages,
        Dimension::Characters,
    ];
    let told_units: Vec<Dimension> = reading.details.units().map(|(dimension, _)| dimension).collect();
    let untold = units.into_iter().filter(|unit| !told_units.contains(unit));
    let charge = untold.fold(by_rule, |charge, unit| charge.with(unit, estimate.get(unit)));
    let charge = told.iter().fold(charge, |charge, each| charge.with(each.dimension, each.amount));
    Some(Settlement { charge, usage, basis })
}

/// The usage of a call, and how it is known.
fn usage(reading: &Reading, estimate: &Cost) -> Option<(Usage, Basis)> {
    let seen = reading.streamed.tokens();
    match reading.stated() {
        // The start of a stream tells its input, and of its output next to nothing (Anthropic).
        Some(mut usage) if !reading.is_complete() && usage.output_tokens < seen => {
            let unseen = seen - usage.output_tokens;
            usage.output_tokens = seen;
            usage.total_tokens = usage.total_tokens.map(|total| total.saturating_add(unseen));
            Some((usage, Basis::Streamed))
        }
        Some(usage) => Some((usage, Basis::Stated)),
        None if seen > 0 => Some((Usage::new(estimate.get(Dimension::InputTokens), seen), Basis::Streamed)),
        None if reading.details.units().next().is_some() => Some((Usage::default(), Basis::Stated)),
        None => None,
    }
}

/// The usage of a call of which the provider says only how much it counted: what is beyond the input as estimated was
/// output. A charge of nothing says as little as a usage of zeros does.
fn counted(told: &[Charged], estimate: &Cost) -> Option<(Usage, Basis)> {
    told.iter().find(|each| each.amount > 0)?;
    let tokens = told.iter().find(|each| each.dimension == Dimension::TotalTokens);
    let total = tokens.map_or(0, |each| each.amount);
    let input = estimate.get(Dimension::InputTokens).min(total);
    Some((Usage::new(input, total - input), Basis::Stated))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Details, Dialect, Ending, EndpointKind, Streamed, adapter};

    const ESTIMATE: Cost = Cost::ZERO;

    fn settled(kind: EndpointKind, reading: &Reading, estimate: Cost) -> Option<Settlement> {
        settlement(adapter(Dialect::OpenAi), Endpoint::of(kind), reading, &[], &estimate)
    }

    #[test]
    fn what_is_stated_is_settled() {
        let reading = Reading { usage: Some(Usage::new(7, 3)), ending: Ending::Closed, ..Reading::default() };
        let settled = settled(EndpointKind::Chat, &reading, ESTIMATE).unwrap();
        assert_eq!((settled.usage, settled.basis), (Usage::new(7, 3), Basis::Stated));
        assert_eq!(settled.charge.get(Dimension::TotalTokens), 10);
    }

    #[test]
    fn a_stream_without_usage_is_settled_with_the_text_that_went_by() {
        let streamed = Streamed { pieces: 12, bytes: 80 };
        let reading = Reading { streamed, ending: Ending::Closed, ..Reading::default() };
        let settled = settled(EndpointKind::Chat, &reading, Cost::requests(1).input_tokens(100)).unwrap();
        assert_eq!((settled.usage, settled.basis), (Usage::new(100, 20), Basis::Streamed));
        assert_eq!(settled.charge.get(Dimension::TotalTokens), 120);
    }

    #[test]
    fn a_stream_that_broke_off_is_settled_with_what_was_seen() {
        let streamed = Streamed { pieces: 3, bytes: 400 };
        let reading = Reading { usage: Some(Usage::new(50, 1)), streamed, ..Reading::default() };
        let settled = settled(EndpointKind::Messages, &reading, ESTIMATE).unwrap();
        assert_eq!((settled.usage, settled.basis), (Usage::new(50, 100), Basis::Streamed));
    }

    #[test]
    fn an_answer_that_tells_and_shows_nothing_leaves_the_reservation_as_it_is() {
        assert_eq!(settled(EndpointKind::Chat, &Reading::default(), ESTIMATE), None);
        let zeros = Reading { usage: Some(Usage::default()), ending: Ending::Closed, ..Reading::default() };
        assert_eq!(settled(EndpointKind::Conversations, &zeros, ESTIMATE), None);
    }

    #[test]
    fn what_the_head_says_was_counted_is_counted() {
        let reading =
            Reading { usage: Some(Usage::new(93, 29)), ending: Ending::Closed, ..Reading::default() };
        let told = [Charged { dimension: Dimension::TotalTokens, amount: 106 }];
        let endpoint = Endpoint::of(EndpointKind::Chat);
        let settled = settlement(adapter(Dialect::Mistral), endpoint, &reading, &told, &ESTIMATE).unwrap();
        assert_eq!(settled.charge.get(Dimension::TotalTokens), 106);
        assert_eq!(settled.usage, Usage::new(93, 29), "what was used is another matter");
    }

    #[test]
    fn what_the_head_says_was_counted_is_counted_even_where_the_body_says_nothing() {
        let settle = |kind, told: Charged, estimate: Cost| {
            let zeros =
                Reading { usage: Some(Usage::default()), ending: Ending::Closed, ..Reading::default() };
            settlement(adapter(Dialect::Mistral), Endpoint::of(kind), &zeros, &[told], &estimate)
        };
        let tokens = |amount| Charged { dimension: Dimension::TotalTokens, amount };
        let estimate = Cost::requests(1).input_tokens(90).output_tokens(256);
        let settled = settle(EndpointKind::Conversations, tokens(106), estimate).unwrap();
        assert_eq!((settled.usage, settled.charge.get(Dimension::TotalTokens)), (Usage::new(90, 16), 106));
        assert_eq!(settle(EndpointKind::Conversations, tokens(0), estimate), None);
        let spoken = Charged { dimension: Dimension::Characters, amount: 64 };
        let estimate = Cost::requests(1).with(Dimension::Characters, 60);
        let settled = settle(EndpointKind::Speech, spoken, estimate).unwrap();
        assert_eq!(settled.charge, Cost::requests(1).with(Dimension::Characters, 64));
    }

    #[test]
    fn units_that_are_not_told_are_counted_as_they_were_asked_for() {
        let estimate = Cost::requests(1).with(Dimension::Images, 2).with(Dimension::AudioSeconds, 9);
        let details = Details { audio_seconds: Some(4), ..Details::default() };
        let reading = Reading { details, ..Reading::default() };
        let settled = settled(EndpointKind::Images, &reading, estimate).unwrap();
        assert_eq!(settled.charge.get(Dimension::Images), 2);
        assert_eq!(settled.charge.get(Dimension::AudioSeconds), 4);
    }
}
