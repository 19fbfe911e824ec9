//! The oracle: what an engine with one flow must do, written slowly and obviously: whole numbers of amount x
//! nanoseconds, lists, and one head that waits until everything fits.

use std::collections::BTreeMap;

use tidegate_core::{Cost, Dimension, Quota};

/// A limit that refills evenly. `level` is what is left at `at`, times the period in nanoseconds.
#[derive(Clone, Debug)]
struct Even {
    dimension: Dimension,
    amount: i128,
    period: i128,
    full: i128,
    level: i128,
    at: i128,
}

impl Even {
    fn new(dimension: Dimension, quota: &Quota) -> Self {
        let period = i128::try_from(quota.period.as_nanos()).expect("a short period");
        let full = i128::from(quota.capacity()) * period;
        Self { dimension, amount: i128::from(quota.amount), period, full, level: full, at: 0 }
    }

    fn pass(&mut self, now: i128) {
        self.level = (self.level + (now - self.at) * self.amount).min(self.full);
        self.at = now;
    }

    /// The first instant from `from` on at which `cost` is left. Who takes nothing waits for nothing.
    fn first(&self, cost: i128, from: i128) -> i128 {
        if cost == 0 {
            return from;
        }
        let missing = cost * self.period - (self.level + (from - self.at) * self.amount).min(self.full);
        if missing <= 0 { from } else { from + (missing + self.amount - 1) / self.amount }
    }

    fn take(&mut self, cost: i128, now: i128) {
        self.pass(now);
        self.level = (self.level - cost * self.period).min(self.full);
    }

    fn change(&mut self, quota: &Quota, now: i128) {
        self.pass(now);
        let used = self.full - self.level;
        self.amount = i128::from(quota.amount);
        self.full = i128::from(quota.capacity()) * self.period;
        self.level = (self.full - used).min(self.full);
    }
}

/// A call that was granted and has not ended: what each limit was charged for it, and whether it was sent.
#[derive(Clone, Debug)]
struct Running {
    charged: Vec<i128>,
    sent: bool,
}

/// One flow before its limits.
#[derive(Clone, Debug)]
pub(crate) struct Oracle {
    evens: Vec<Even>,
    slots: usize,
    waiting: Vec<(usize, Cost)>,
    running: BTreeMap<usize, Running>,
    /// When each call was granted, in nanoseconds.
    pub(crate) granted: BTreeMap<usize, u64>,
    now: i128,
}

fn amount(cost: &Cost, dimension: Dimension) -> i128 {
    i128::from(cost.get(dimension))
}

impl Oracle {
    pub(crate) fn new(quotas: &[(Dimension, Quota)], slots: usize) -> Self {
        let evens = quotas.iter().map(|(dimension, quota)| Even::new(*dimension, quota)).collect();
        let (waiting, running, granted) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        Self { evens, slots, waiting, running, granted, now: 0 }
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// What is left of each limit, in whole units.
    pub(crate) fn left(&self) -> Vec<i128> {
        let left = |even: &Even| {
            let level = (even.level + (self.now - even.at) * even.amount).min(even.full);
            level.div_euclid(even.period)
        };
        self.evens.iter().map(left).collect()
    }

    pub(crate) fn ask(&mut self, call: usize, cost: Cost) {
        self.waiting.push((call, cost));
        self.pump(self.now);
    }

    /// Lets time pass: the head goes at the first instant at which everything fits.
    pub(crate) fn pass(&mut self, now: u64) {
        self.pump(i128::from(now));
        self.now = i128::from(now);
    }

    fn pump(&mut self, until: i128) {
        while let Some((call, cost)) = self.waiting.first().copied() {
            let firsts = self.evens.iter().map(|even| even.first(amount(&cost, even.dimension), self.now));
            let at = firsts.max().unwrap_or(self.now);
            if self.running.len() >= self.slots || at > until {
                return;
            }
            self.waiting.remove(0);
            let charged = self.evens.iter_mut().map(|even| {
                even.take(amount(&cost, even.dimension), at);
                amount(&cost, even.dimension)
            });
            let charged = charged.collect();
            self.running.insert(call, Running { charged, sent: false });
            self.granted.insert(call, u64::try_from(at).expect("an instant"));
            self.now = at;
        }
    }

    pub(crate) fn send(&mut self, call: usize) {
        if let Some(running) = self.running.get_mut(&call) {
            running.sent = true;
        }
    }

    pub(crate) fn progress(&mut self, call: usize, so_far: &Cost) {
        let Some(running) = self.running.get_mut(&call) else { return };
        for (even, charged) in self.evens.iter_mut().zip(&mut running.charged) {
            let more = (amount(so_far, even.dimension) - *charged).max(0);
            even.take(more, self.now);
            *charged += more;
        }
        self.pump(self.now);
    }

    pub(crate) fn settle(&mut self, call: usize, actual: &Cost) {
        self.waiting.retain(|(waiting, _)| *waiting != call);
        if let Some(running) = self.running.remove(&call) {
            for (even, charged) in self.evens.iter_mut().zip(&running.charged) {
                even.take(amount(actual, even.dimension) - charged, self.now);
            }
        }
        self.pump(self.now);
    }

    pub(crate) fn cancel(&mut self, call: usize) {
        self.waiting.retain(|(waiting, _)| *waiting != call);
        if let Some(running) = self.running.remove(&call)
            && !running.sent
        {
            for (even, charged) in self.evens.iter_mut().zip(&running.charged) {
                even.take(-charged, self.now);
            }
        }
        self.pump(self.now);
    }

    pub(crate) fn configure(&mut self, quotas: &[(Dimension, Quota)]) {
        for (even, (_, quota)) in self.evens.iter_mut().zip(quotas) {
            even.change(quota, self.now);
        }
        self.pump(self.now);
    }
}
