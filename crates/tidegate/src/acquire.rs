//! `Acquire`: the future of a permit. Runs on any executor; may be dropped at any point.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tidegate_core::{Rejection, Request};

use crate::account::{Account, Entered, Ticket};
use crate::permit::Permit;

/// The future of a permit; made by [`Limiter::acquire`](crate::Limiter::acquire).
///
/// The call takes its place in the queue at the first poll. Dropping the future gives the place up, or the grant
/// that it has not yet handed out: nothing is lost, and the next call's turn comes at once.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Acquire {
    account: Arc<Account>,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// Not yet asked.
    New(Request),
    /// In the queue, or decided upon and not yet seen.
    Queued(Ticket),
    /// The outcome has been handed out.
    Done,
}

impl Acquire {
    pub(crate) const fn new(account: Arc<Account>, request: Request) -> Self {
        Self { account, stage: Stage::New(request) }
    }

    fn finish(&mut self, outcome: Result<Permit, Rejection>) -> Poll<Result<Permit, Rejection>> {
        self.stage = Stage::Done;
        Poll::Ready(outcome)
    }
}

impl Future for Acquire {
    type Output = Result<Permit, Rejection>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Stage::New(request) = &self.stage {
            match self.account.enter(request) {
                Entered::Granted(grant) => {
                    let permit = Permit::new(self.account.clone(), grant);
                    return self.finish(Ok(permit));
                }
                Entered::Rejected(rejection) => return self.finish(Err(rejection)),
                Entered::Queued(ticket) => self.stage = Stage::Queued(ticket),
            }
        }
        let Stage::Queued(ticket) = &self.stage else {
            // Polled after its end, against the contract of futures. Pending for ever is what others do, too.
            return Poll::Pending;
        };
        match self.account.check(ticket, context.waker()) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(grant)) => {
                let permit = Permit::new(self.account.clone(), grant);
                self.finish(Ok(permit))
            }
            Poll::Ready(Err(rejection)) => self.finish(Err(rejection)),
        }
    }
}

impl Drop for Acquire {
    fn drop(&mut self) {
        if let Stage::Queued(ticket) = &self.stage {
            self.account.leave(ticket);
        }
    }
}
