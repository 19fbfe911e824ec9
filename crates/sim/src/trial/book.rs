//! The book of a trial: what was taken from the declared limits and given back, and what is out in leases.

use tidegate_core::{Cost, Dimension, Timestamp};

use super::node::Node;
use super::plan::Plan;
use super::record::Spend;

#[derive(Debug)]
pub(super) struct Book {
    pub(super) spends: Vec<Spend>,
    accounts: Vec<Account>,
}

/// What is known of one dimension that has a declared limit.
#[derive(Debug)]
struct Account {
    dimension: Dimension,
    /// What each instance holds in leases, and what is on its way to it.
    leased: Vec<u64>,
    /// Where the last entry stands, if it is a checkpoint.
    checkpoint: Option<usize>,
}

impl Book {
    pub(super) fn new(plan: &Plan, calls: usize) -> Self {
        let limits = plan.limits.iter().filter_map(|rule| rule.limit().ok());
        let paced = limits.map(|limit| limit.dimension).filter(|each| *each != Dimension::Concurrency);
        let account = |dimension| Account { dimension, leased: vec![0; plan.nodes], checkpoint: None };
        let accounts: Vec<Account> = paced.map(account).collect();
        let a_call = if plan.nodes > 1 { 6 } else { 2 };
        Self { spends: Vec::with_capacity(calls * accounts.len() * a_call), accounts }
    }

    /// Notes what a grant takes.
    pub(super) fn granted(&mut self, cost: &Cost, at: Timestamp) {
        self.note(at, true, |dimension| signed(cost.get(dimension)));
    }

    /// Notes what a call that was given up gives back.
    pub(super) fn returned(&mut self, cost: &Cost, at: Timestamp) {
        self.note(at, false, |dimension| -signed(cost.get(dimension)));
    }

    /// Notes by how much a call was charged more or less than estimated.
    pub(super) fn settled(&mut self, estimate: &Cost, counted: &Cost, at: Timestamp) {
        self.note(at, false, |dimension| signed(counted.get(dimension)) - signed(estimate.get(dimension)));
    }

    fn note(&mut self, at: Timestamp, is_grant: bool, amount: impl Fn(Dimension) -> i64) {
        for account in &mut self.accounts {
            let dimension = account.dimension;
            let amount = amount(dimension);
            if is_grant || amount != 0 {
                account.checkpoint = None;
                self.spends.push(Spend { at, dimension, amount, is_grant, leased: None });
            }
        }
    }

    /// Something happened to an instance, which may now hold other leases.
    pub(super) fn touched(&mut self, place: usize, node: &Node, now: Timestamp) {
        for account in &mut self.accounts {
            let leased = node.leased(account.dimension, now);
            if account.leased[place] != leased {
                account.leased[place] = leased;
                account.checkpoint = None;
            }
        }
    }

    /// Notes what is out in leases, now that everything of this turn has happened. While nothing is taken and the leases
    /// stay what they are, the last moment says more than those before: the limit has refilled since.
    pub(super) fn checkpoint(&mut self, now: Timestamp) {
        for account in &mut self.accounts {
            match account.checkpoint.and_then(|place| self.spends.get_mut(place)) {
                Some(spend) => spend.at = now,
                None => {
                    account.checkpoint = Some(self.spends.len());
                    let leased = Some(account.leased.iter().sum());
                    let dimension = account.dimension;
                    self.spends.push(Spend { at: now, dimension, amount: 0, is_grant: false, leased });
                }
            }
        }
    }
}

fn signed(amount: u64) -> i64 {
    i64::try_from(amount).unwrap_or(i64::MAX)
}
