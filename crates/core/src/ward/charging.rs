//! How a limit is charged: by which rule, how far that is known, and what the falls of `remaining` say of it.

use super::Ward;
use crate::controller::falls::{Believed, Ending, Falls, Parts, Standing};
use crate::ledger::Charge;
use crate::{Charging, Cost, Dimension, Observation, Timestamp};

/// How far the rule is known by which a limit is charged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Basis {
    /// It is what the adapter says of its provider, or an assumption.
    #[default]
    Told,
    /// The first answer showed it; the first one that contradicts ends it.
    Shown,
    /// It was learned from how `remaining` fell; the adapter has no say any more.
    Learned,
}

impl Ward {
    /// How much of `amount`, with so much `output` in it, the provider counts only when the call is complete. It is
    /// reserved meanwhile, but stands in no level: in the window in which it will be counted, it is not known yet.
    #[inline(always)]
    pub(crate) fn late_part(&self, amount: u64, output: u64) -> u64 {
        if self.bank.is_none() { 0 } else { self.charging.late_part(self.dimension, amount, output) }
    }

    /// What the limit counts of a call that the provider charged `paid` for, and that had reserved so much `output`:
    /// all of that, where nothing of it is given back.
    #[inline(always)]
    pub(crate) fn counted(&self, paid: &Cost, output: Option<u64>) -> u64 {
        match output.filter(|_| self.charging == Charging::Maximum) {
            Some(output) => with_output(paid, output).get(self.counts),
            None => paid.get(self.counts),
        }
    }

    /// Begins to watch by how much what remains falls.
    pub(super) fn watch_falls(&mut self) {
        if let Some(bank) = &mut self.bank {
            bank.falls = Some(Falls::default());
        }
    }

    /// Charges by this rule from now on. Calls under way end by it too.
    pub(crate) fn charge_by(&mut self, charging: Charging, basis: Basis) {
        self.basis = basis;
        if charging == self.charging {
            return;
        }
        self.charging = charging;
        self.counts = charging.counts(self.dimension);
        if let Some(bank) = &mut self.bank {
            bank.recharged();
        }
        if basis == Basis::Learned {
            self.cushion.begin_anew(self.quota.amount);
        }
    }

    /// The adapter says how its provider charges, which holds until something better is known.
    pub(crate) fn told(&mut self, charging: Charging) {
        if self.basis == Basis::Told {
            self.charge_by(charging, Basis::Told);
        }
    }

    /// A call was charged, `taken` of it from the levels.
    pub(super) fn note_charge(&mut self, call: Parts, taken: u64, now: Timestamp) {
        if self.dimension != Dimension::Requests {
            self.cushion.charged(taken, self.quota.amount);
        }
        let call = self.of_interest(call);
        if let Some(bank) = self.bank.as_mut() {
            let tide = bank.tide(now);
            if let Some(falls) = &mut bank.falls {
                falls.granted(call, taken, tide);
            }
        }
    }

    /// A charge ended, and came to `actual`.
    pub(super) fn note_end(&mut self, charge: &Charge, actual: u64, ending: Ending) {
        let ending = match ending {
            Ending::Spent(spent) => Ending::Spent(self.of_interest(spent)),
            other => other,
        };
        if let Some(falls) = self.bank.as_mut().and_then(|bank| bank.falls.as_mut()) {
            let charged = charge.amount.saturating_sub(charge.late);
            falls.ended(
                charge.mark,
                ending,
                0_i64.wrapping_add_unsigned(actual).wrapping_sub_unsigned(charged),
            );
        }
    }

    /// An answer states the level: gives the rule that explains how it falls better than the one that is believed.
    pub(crate) fn overruled(
        &mut self,
        seen: &Observation,
        charge: Option<&Charge>,
        now: Timestamp,
    ) -> Option<Charging> {
        let standing = match self.basis {
            Basis::Learned => Standing::Learned,
            _ if self.charging == Charging::Unknown => Standing::Assumed,
            _ => Standing::Told,
        };
        let believed = Believed { rule: self.charging, standing, dimension: self.dimension };
        let bank = self.bank.as_mut()?;
        // Whoever may hold the least may have been whole.
        let reading = (seen.remaining?, bank.burst(), seen.rounding);
        let tide = bank.tide(now);
        bank.falls.as_mut()?.seen(reading, charge.map(|charge| charge.mark), tide, believed)
    }

    /// What the levels hold is counted anew by the rule that was learned from an answer to a call that left at `left`.
    pub(crate) fn recount(&mut self, seen: &Observation, left: Timestamp, now: Timestamp) {
        if let (Some(bank), Some(remaining)) = (&mut self.bank, seen.remaining) {
            bank.recount(self.charging, remaining, left, now);
        }
    }

    /// A limit on output knows no input.
    fn of_interest(&self, call: Parts) -> Parts {
        let input = if self.dimension == Dimension::OutputTokens { 0 } else { call.input };
        Parts { input, ..call }
    }
}

/// A charge with at least this output.
fn with_output(charge: &Cost, least: u64) -> Cost {
    let more = least.saturating_sub(charge.get(Dimension::OutputTokens));
    let total = charge.get(Dimension::TotalTokens).saturating_add(more);
    let output = charge.get(Dimension::OutputTokens).saturating_add(more);
    charge.output_tokens(output).total_tokens(total)
}
