//! `Order` and its companions: how the one queue decides who goes next, and what becomes of a call too many.

/// Who goes next among the calls that wait.
///
/// Every order keeps calls of one flow (one lane, one band, one tenant) in their own sequence, lets a flow that is
/// blocked by its own model's limit step aside, and never lets anybody delay the head of a shared limit. They differ
/// in how tenants and bands take turns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Order {
    /// Bands by urgency, each with its floor; inside a band tenants by weight, by what their calls take of their
    /// scarcest limit (start-time fair queueing, Goyal, Vin and Cheng 1996, on the dominant share of Ghodsi et al.,
    /// NSDI 2011). What a call was thought to take is corrected when it is settled. The default, since it is the one
    /// that no tenant can game.
    #[default]
    Fair,
    /// Bands strictly by urgency, without floors; inside a band by arrival, whoever asks. A lower band may starve.
    Priority,
    /// Bands as in [`Order::Fair`]; inside a band tenants in rounds, with as many calls a round as their weight,
    /// whatever each call costs.
    WeightedRoundRobin,
    /// Bands as in [`Order::Fair`]; inside a band tenants in rounds. In a round a tenant goes on until its calls took
    /// its quantum, a second of their scarcest limit times its weight; what it took beyond is missing in its next
    /// round (deficit round robin after Shreedhar and Varghese, SIGCOMM 1995, with the surplus paid later).
    DeficitRoundRobin,
    /// [`Order::Fair`], with floors that follow the measured wait of each band. While interactive calls wait for less
    /// than a second, a lower band whose mean wait is beyond its aim (standard 10 s, batch 60 s) has its floor raised
    /// in proportion, up to threefold; once interactive calls wait for longer, the floors are the configured ones.
    Adaptive,
}

/// Who goes first inside one flow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Within {
    /// Whoever came first. The default.
    #[default]
    Arrival,
    /// Whoever has the earliest deadline; calls without one go last, by arrival. It costs a logarithm a call where
    /// arrival costs a constant.
    Deadline,
}

/// What becomes of a call that finds the queue full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overflow {
    /// It is refused. The default: nobody who waits already is disappointed.
    #[default]
    Reject,
    /// It takes the place of the oldest call of the least urgent band that waits, which is refused. A call that is
    /// itself less urgent than all that wait is refused. A retry is as old as its first attempt.
    DropOldest,
}

/// What the lower bands keep of a limit while more urgent calls wait for it too, in thousandths of what the limit
/// admits. A band that does not wait saves nothing up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Floors {
    /// For the standard band. Default 200: a fifth keeps ordinary work going beside any number of people.
    pub standard_permille: u16,
    /// For the batch band. Default 50: enough that a long job ends some day.
    pub batch_permille: u16,
}

impl Default for Floors {
    fn default() -> Self {
        Self { standard_permille: 200, batch_permille: 50 }
    }
}

impl Floors {
    /// No floors: bands go strictly by urgency.
    pub const NONE: Self = Self { standard_permille: 0, batch_permille: 0 };
}
