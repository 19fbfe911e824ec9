//! `FaultPlan`: which faults the emulator plays, and how often.

use std::fmt;
use std::str::FromStr;

use crate::rng::Rng;

/// One kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultKind {
    /// A 500 after the call was admitted and charged.
    ServerError,
    /// A 529 (503 where the provider has no 529) without any charge: the provider has no capacity.
    Overloaded,
    /// A 429 that no limit explains, without a hint and without any charge.
    Throttled,
    /// The connection closes before any byte of an answer.
    Reset,
    /// The connection closes in the middle of the body.
    Truncate,
    /// No answer ever.
    Hang,
}

impl FaultKind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::ServerError, Self::Overloaded, Self::Throttled, Self::Reset, Self::Truncate, Self::Hang];

    /// The name on the command line and in the statistics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ServerError => "500",
            Self::Overloaded => "529",
            Self::Throttled => "429",
            Self::Reset => "reset",
            Self::Truncate => "truncate",
            Self::Hang => "hang",
        }
    }
}

/// A share of all calls, in millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(u32);

impl Share {
    const WHOLE: u32 = 1_000_000;

    /// `parts` millionths of all calls; more than all counts as all.
    #[must_use]
    pub const fn millionths(parts: u32) -> Self {
        Self(if parts > Self::WHOLE { Self::WHOLE } else { parts })
    }
}

impl FromStr for Share {
    type Err = String;

    /// Reads `0.05` or `5%`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (number, whole) = match text.strip_suffix('%') {
            Some(percent) => (percent, 100.0),
            None => (text, 1.0),
        };
        let share = number.parse::<f64>().map(|number| number / whole);
        match share {
            Ok(share) if (0.0..=1.0).contains(&share) => Ok(Self(millionths_of(share))),
            _ => Err(format!("share `{text}` is not between 0 and 1 (or 0% and 100%)")),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share between 0 and 1 is a whole number of millionths between 0 and 1 000 000"
)]
fn millionths_of(share: f64) -> u32 {
    (share * f64::from(Share::WHOLE)).round() as u32
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", f64::from(self.0) / f64::from(Self::WHOLE))
    }
}

/// Which faults are played, each with its share of all calls. At most one a call; shares above one are cut.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaultPlan {
    faults: Vec<(FaultKind, Share)>,
}

impl FaultPlan {
    /// The same plan with one fault more.
    #[must_use]
    pub fn with(mut self, kind: FaultKind, share: Share) -> Self {
        self.faults.push((kind, share));
        self
    }

    /// The same plan with the fault that `text` names, as in `529:0.05` or `reset:5%`.
    ///
    /// # Errors
    /// When the kind is unknown or the share is not one; the message says what is expected.
    pub fn with_text(self, text: &str) -> Result<Self, String> {
        let (name, share) =
            text.split_once(':').ok_or_else(|| format!("fault `{text}` has no share; write KIND:SHARE"))?;
        let kind = FaultKind::ALL
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| format!("unknown fault `{name}`; known: 500, 529, 429, reset, truncate, hang"))?;
        Ok(self.with(kind, share.parse()?))
    }

    /// The fault of one call, if it has one. Draws exactly one number.
    pub(crate) fn draw(&self, rng: &mut Rng) -> Option<FaultKind> {
        let mut drawn = rng.below(u64::from(Share::WHOLE));
        for &(kind, Share(share)) in &self.faults {
            match drawn.checked_sub(u64::from(share)) {
                None => return Some(kind),
                Some(rest) => drawn = rest,
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read_as_they_are_written() {
        let plan = FaultPlan::default().with_text("529:0.05").and_then(|plan| plan.with_text("hang:1%"));
        let expected = FaultPlan::default()
            .with(FaultKind::Overloaded, Share::millionths(50_000))
            .with(FaultKind::Hang, Share::millionths(10_000));
        assert_eq!(plan, Ok(expected));
        for wrong in ["529", "530:0.1", "hang:2", "hang:x", "hang:-0.1"] {
            assert!(FaultPlan::default().with_text(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn shares_are_kept() {
        let plan = FaultPlan::default()
            .with(FaultKind::Reset, Share::millionths(100_000))
            .with(FaultKind::Hang, Share::millionths(50_000));
        let mut rng = Rng::new(3);
        let drawn: Vec<_> = (0..10_000).filter_map(|_| plan.draw(&mut rng)).collect();
        let resets = drawn.iter().filter(|&&kind| kind == FaultKind::Reset).count();
        assert!((900..1_100).contains(&resets), "{resets}");
        assert!((400..600).contains(&(drawn.len() - resets)));
    }
}
