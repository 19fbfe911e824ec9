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

    /// Whether the seeds hold the bar together: 99 % of the ceiling, and one refusal in ten thousand or 1.1 times those of
    /// the constant pace that admits as much.
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

/// One row: name, mean efficiency in thousandths of the ceiling, mean refusals in ten thousand and those of the constant
/// pace, whether the bar is held by these, how many seeds hold it alone, and every seed's efficiency and refusals.
impl fmt::Display for Mean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |mean: Option<f64>| mean.map_or_else(|| String::from("-"), |mean| format!("{mean:.1}"));
        let (alone, seeds) = (self.figures.iter().filter(|seed| seed.holds()).count(), self.figures.len());
        let seed = |seed: &Figures| {
            let filled = seed.efficiency_permille().unwrap_or(seed.admitted_permille);
            format!("{filled}/{}", seed.refused_per_10k)
        };
        let each: Vec<String> = self.figures.iter().map(seed).collect();
        write!(
            f,
            "{:<46} {:>7} {:>7} {:>7} {:<6} {alone}/{seeds} ({})",
            self.name,
            number(self.mean(Figures::efficiency_permille)),
            number(Some(self.refused())),
            number(self.mean(|seed| seed.constant_refused_per_10k)),
            if self.holds() { "holds" } else { "misses" },
            each.join(" "),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::cells;
    use super::*;

    fn figures(refused: u64, constant: Option<u64>) -> Figures {
        Figures {
            admitted_permille: 995,
            refused_per_10k: refused,
            ceiling_permille: Some(1_000),
            constant_refused_per_10k: constant,
        }
    }

    #[test]
    fn a_cell_holds_by_the_mean_of_its_seeds() {
        let cell = &cells()[0];
        let mean = |seeds: &[(u64, Option<u64>)]| {
            Mean::of(cell, seeds.iter().map(|&(refused, constant)| figures(refused, constant)).collect())
        };
        assert!(mean(&[(2, None), (0, None)]).holds());
        assert!(!mean(&[(2, None), (1, None)]).holds());
        assert!(mean(&[(22, Some(10)), (0, Some(10))]).holds());
        assert!(!mean(&[(23, Some(10)), (0, Some(10))]).holds());
        assert!(
            mean(&[(2, None), (0, None)])
                .to_string()
                .contains("995.0     1.0       - holds  1/2 (995/2 995/0)")
        );
    }
}
