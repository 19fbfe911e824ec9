//! `Record`: what is counted and logged of one call, the latter under its name. It counts the call's outcome once, also
//! when the caller goes away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tidegate::{Band, Class, Rejection};
use tidegate_client::{BodyEnd, CallId, Event, PacedError, Prepared, Watch};

use crate::accounts::Account;
use crate::metrics::Labels;
use crate::state::State;

/// A line of the log about a call, under its name.
macro_rules! tell {
    ($level:ident, $record:expr, $($said:tt)+) => {
        tracing::$level!(
            call = %$record.call,
            account = $record.account.name(),
            model = $record.model,
            $($said)+
        )
    };
}

/// What is counted of one call. Holds its account, which therefore is not idle.
pub(crate) struct Record {
    state: Arc<State>,
    account: Arc<Account>,
    call: CallId,
    labels: Labels,
    model: String,
    band: Band,
    is_counted: AtomicBool,
}

impl Record {
    pub(crate) fn new(
        state: Arc<State>,
        account: Arc<Account>,
        provider: &str,
        prepared: &Prepared,
        band: Band,
    ) -> Arc<Self> {
        let (call, model) = (prepared.call(), prepared.model());
        let labels = state.metrics.labels(provider, model);
        let model = model.unwrap_or_default().to_owned();
        Arc::new(Self { state, account, call, labels, model, band, is_counted: AtomicBool::new(false) })
    }

    /// The account that the call is on.
    pub(crate) fn account(&self) -> &Account {
        &self.account
    }

    /// The name of the call.
    pub(crate) const fn call(&self) -> CallId {
        self.call
    }

    /// Listens to the call.
    pub(crate) fn watch(self: &Arc<Self>) -> Watch {
        let record = Arc::clone(self);
        Arc::new(move |event| record.see(event))
    }

    /// An answer is handed over. An error ends the call here, a success with its body.
    pub(crate) fn opened(&self, class: Class) {
        if class != Class::Ok {
            self.count(class.name());
        }
    }

    /// The call has no answer.
    pub(crate) fn failed(&self, error: &PacedError) {
        tell!(debug, self, %error, "a call was not answered");
        self.count(match error {
            PacedError::Rejected { rejection: Rejection::Deadline { .. }, .. } => "too_long",
            PacedError::Rejected { rejection: Rejection::QueueFull { .. }, .. } => "queue_full",
            PacedError::Rejected { rejection: Rejection::Closed, .. } => "shutting_down",
            PacedError::Stopped { .. } => "circuit_open",
            error => error.class().name(),
        });
    }

    fn see(&self, event: &Event) {
        let metrics = &self.state.metrics;
        match event {
            Event::Granted { waited } => metrics.granted(self.band, *waited),
            Event::Answered { class, .. } => {
                metrics.answered(&self.labels, *class);
                self.refused(*class);
            }
            Event::Ignored { ignored } => metrics.ignored(&self.labels, ignored.why),
            Event::Retried { class } => {
                metrics.retried(*class);
                tell!(debug, self, %class, "a call is sent again");
            }
            Event::FirstByte { after } => metrics.first_byte(&self.labels, *after),
            Event::Ended { end, class, usage, compared, after } => {
                metrics.ended(&self.labels, *usage, *after);
                metrics.estimated(&self.labels, compared.as_ref());
                self.refused(*class);
                if *end == BodyEnd::Broken {
                    tell!(info, self, "an answer stopped before its end");
                }
                self.count(match end {
                    BodyEnd::Whole => class.name(),
                    BodyEnd::Broken => "broken",
                    BodyEnd::GivenUp => "abandoned",
                });
            }
            _ => {}
        }
    }

    /// Remembers a refusal of the provider for the status.
    fn refused(&self, class: Class) {
        let is_refusal = matches!(
            class,
            Class::Throttled | Class::Overloaded | Class::QuotaExhausted | Class::RequestRejected
        );
        if is_refusal {
            tell!(info, self, %class, "the provider refused a call");
            self.account.refused(class, &self.model);
        }
    }

    fn count(&self, outcome: &str) {
        if !self.is_counted.swap(true, Ordering::AcqRel) {
            self.state.metrics.request(&self.labels, self.band, outcome);
            tell!(debug, self, outcome, "a call ended");
        }
    }
}

impl Drop for Record {
    /// Whatever was not counted by now has no caller any more.
    fn drop(&mut self) {
        self.count("abandoned");
    }
}
