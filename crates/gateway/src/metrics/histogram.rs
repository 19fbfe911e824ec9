//! `Histogram`: how often a value fell into which bucket.

/// How often a value fell into which bucket. The bounds are the family's; the counts grow to their number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Histogram {
    counts: Vec<u64>,
    count: u64,
    sum: f64,
}

impl Histogram {
    /// Counts one value.
    pub(crate) fn observe(&mut self, bounds: &[f64], value: f64) {
        self.counts.resize(bounds.len(), 0);
        let bucket = bounds.iter().position(|bound| value <= *bound);
        if let Some(count) = bucket.and_then(|bucket| self.counts.get_mut(bucket)) {
            *count += 1;
        }
        self.count += 1;
        self.sum += value;
    }

    /// Each upper bound with how many values lie at or below it, infinity last.
    pub(crate) fn cumulative(&self, bounds: &[f64]) -> impl Iterator<Item = (String, u64)> {
        let mut below = 0;
        let finite = bounds.iter().zip(&self.counts).map(move |(bound, count)| {
            below += count;
            (bound.to_string(), below)
        });
        finite.collect::<Vec<_>>().into_iter().chain([("+Inf".to_owned(), self.count)])
    }

    /// The sum of all values.
    pub(crate) const fn sum(&self) -> f64 {
        self.sum
    }

    /// How many values there were.
    pub(crate) const fn count(&self) -> u64 {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_counts_in_its_bucket_and_every_wider_one() {
        let mut seen = Histogram::default();
        for value in [0.5, 1.0, 3.0] {
            seen.observe(&[1.0, 2.0], value);
        }
        let buckets: Vec<_> = seen.cumulative(&[1.0, 2.0]).collect();
        assert_eq!(buckets, [("1".to_owned(), 2), ("2".to_owned(), 2), ("+Inf".to_owned(), 3)]);
    }
}
