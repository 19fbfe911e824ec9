//! Handing on: what of a bank another engine may take over.

use alloc::vec::Vec;
use core::time::Duration;

use super::Bank;
use super::candidate::MISFIT_MAX;
use super::spread::Spread;
use crate::LearnedShape;

impl Bank {
    /// The candidates as another engine may take them over.
    pub(crate) fn learned(&self) -> Vec<LearnedShape> {
        let shapes = self.candidates.iter().map(|candidate| LearnedShape {
            shape: candidate.shape,
            reset_misfit: candidate.reset_misfit,
            level_misfit: candidate.level_misfit,
            ruled_out: candidate.ruled_out,
        });
        shapes.collect()
    }

    /// How far apart refusals showed that calls must be where a bucket holds only one.
    pub(crate) fn apart(&self) -> Duration {
        self.spread.found()
    }

    /// Takes over the scores of another engine, and how far apart it kept calls.
    pub(crate) fn restore(&mut self, shapes: &[LearnedShape], apart: Duration) {
        self.spread = Spread::restored(apart, self.one_refills_in());
        self.keep_apart();
        for learned in shapes {
            for candidate in self.candidates.iter_mut().filter(|each| each.shape == learned.shape) {
                candidate.reset_misfit = learned.reset_misfit.min(MISFIT_MAX);
                candidate.level_misfit = learned.level_misfit.min(MISFIT_MAX);
                candidate.ruled_out = learned.ruled_out;
            }
        }
        self.judge();
    }
}
