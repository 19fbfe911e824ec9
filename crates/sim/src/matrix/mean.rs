//! `Mean`: what a cell comes to over several seeds, since one seed tells one refusal in ten thousand from two by chance.

use std::fmt;

use super::cell::Cell;
use super::measure::Figures;

/// A cell's figures over several seeds.
#[derive(Clone, Debug)]
pub struct Mean {
    name: String,
    figures: Vec<Figures>,
}

impl Mean {
    /// Of what a cell came to, one measure a seed.
    #[must_use]
    pub fn of(cell: &Cell, figures: Vec<Figures>) -> Self {
        Self { name: cell.name(), figures }
    }

    /// Whether the seeds hold the bar together: 99 % of the ceiling with one refusal in ten thousand; where others use a
    /// limit that holds a second's worth or less, at most 1.1 times the refusals of the constant pace that admits as much,
    /// and no less than a ceiling that there happens to be.
    #[must_use]
    pub fn holds(&self) -> bool {
        let fills = self.mean(Figures::efficiency_permille).is_none_or(|efficiency| efficiency >= 990.0);
        let refused = self.refused();
        let compares =
            self.mean(|seed| seed.constant_refused_per_10k).is_some_and(|constant| refused <= constant * 1.1);
        let has_ceiling = self.figures.iter().any(|seed| seed.ceiling_permille.is_some());
        fills && (compares || has_ceiling && refused <= 1.0)
    }

    fn refused(&self) -> f64 {
        self.mean(|seed| Some(seed.refused_per_10k)).unwrap_or_default()
    }

    /// The mean over the seeds that have the figure.
    fn mean(&self, figure: impl Fn(&Figures) -> Option<u64>) -> Option<f64> {
        let all: Vec<u64> = self.figures.iter().filter_map(figure).collect();
        (!all.is_empty()).then(|| all.iter().sum::<u64>() as f64 / all.len() as f64)
    }
}

/// The row of a cell, in whole numbers: name, admitted and ceiling in thousandths of the limit, efficiency in thousandths,
/// refusals in a hundred thousand calls, those of a constant pace, and whether the bar is held. With `#`, every seed's
/// efficiency and refusals in ten thousand follow.
impl fmt::Display for Mean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |mean: Option<f64>| mean.map_or_else(|| String::from("-"), |mean| format!("{mean:.0}"));
        let in_100k = |mean: Option<f64>| number(mean.map(|mean| mean * 10.0));
        write!(
            f,
            "{:<46} {:>5} {:>5} {:>5} {:>6} {:>6} {}",
            self.name,
            number(self.mean(|seed| Some(seed.admitted_permille))),
            number(self.mean(|seed| seed.ceiling_permille)),
            number(self.mean(Figures::efficiency_permille)),
            in_100k(Some(self.refused())),
            in_100k(self.mean(|seed| seed.constant_refused_per_10k)),
            if self.holds() { "holds" } else { "misses" },
        )?;
        if f.alternate() {
            for seed in &self.figures {
                let filled = seed.efficiency_permille().unwrap_or(seed.admitted_permille);
                write!(f, " {filled}/{}", seed.refused_per_10k)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::cells;
    use super::*;

    fn mean(seeds: &[(u64, Option<u64>)]) -> Mean {
        let figures = seeds.iter().map(|&(refused_per_10k, constant_refused_per_10k)| Figures {
            admitted_permille: 995,
            refused_per_10k,
            ceiling_permille: Some(1_000),
            constant_refused_per_10k,
        });
        Mean::of(&cells()[0], figures.collect())
    }

    #[test]
    fn a_cell_holds_by_the_mean_of_its_seeds() {
        assert!(mean(&[(2, None), (0, None)]).holds());
        assert!(!mean(&[(2, None), (1, None)]).holds());
        assert!(mean(&[(22, Some(10)), (0, Some(10))]).holds());
        assert!(!mean(&[(23, Some(10)), (0, Some(10))]).holds());
    }

    #[test]
    fn a_row_tells_refusals_in_a_hundred_thousand_and_each_seed_where_that_is_asked_for() {
        let mean = mean(&[(2, None), (1, None)]);
        assert!(mean.to_string().ends_with("  995  1000   995     15      - misses"), "{mean}");
        assert!(format!("{mean:#}").ends_with("misses 995/2 995/1"));
    }
}
