//! Several headers that speak of one limit: the stricter counts.

use tidegate_core::Observation;

/// Adds `next` to the list unless it says nothing; where the list has the same limit already, the stricter stays.
pub(crate) fn push(list: &mut Vec<Observation>, mut next: Observation) {
    if next.limit.is_none() && next.remaining.is_none() {
        return;
    }
    // Seen at Together (59 of 30) and Cerebras (2999976 of 1000000): more left than the limit means all of it.
    if let (Some(limit), Some(remaining)) = (next.limit, next.remaining) {
        next.remaining = Some(remaining.min(limit));
    }
    let same = |known: &&mut Observation| {
        known.dimension == next.dimension && known.window == next.window && known.reach == next.reach
    };
    match list.iter_mut().find(same) {
        Some(known) if strictness(&next) < strictness(known) => *known = next,
        // Two spellings of one limit: only one of Mistral's of 2024 has the reset.
        Some(known) if strictness(&next) == strictness(known) => known.reset = known.reset.or(next.reset),
        Some(_) => {}
        None => list.push(next),
    }
}

/// Smaller is stricter: first what remains, then the limit.
fn strictness(observation: &Observation) -> (u64, u64) {
    (observation.remaining.unwrap_or(u64::MAX), observation.limit.unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use tidegate_core::Dimension;

    use super::*;

    #[test]
    fn two_headers_of_one_limit_give_the_stricter() {
        let mut list = Vec::new();
        for (limit, remaining) in [(100, 90), (50, 49), (100, 95)] {
            let mut observation = Observation::of(Dimension::Requests);
            observation.limit = Some(limit);
            observation.remaining = Some(remaining);
            push(&mut list, observation);
        }
        assert_eq!(list.len(), 1);
        assert_eq!(list[0].limit, Some(50));
    }

    #[test]
    fn more_left_than_the_limit_is_the_limit() {
        let mut list = Vec::new();
        let mut observation = Observation::of(Dimension::Requests);
        observation.limit = Some(30);
        observation.remaining = Some(59);
        push(&mut list, observation);
        assert_eq!(list[0].remaining, Some(30));
    }
}
