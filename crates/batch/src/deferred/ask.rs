//! Calls to a batch API. What is idempotent by its method the calls repeat themselves, under the account's own policy;
//! what hands something over they send once, and it is repeated here by the facade's call machine.

use bytes::Bytes;
use tidegate::call::{Call, CallPolicy, Jitter, Next, Outcome, RetryBudget};
use tidegate::clock::Sleep;
use tidegate_client::{Outgoing, Terms};
use tidegate_core::Class;

use super::Deferred;

/// A call to a batch API, and the attempts that it has left.
pub(super) struct Asking<'a> {
    deferred: &'a Deferred<'a>,
    outgoing: Outgoing,
    /// What repeats it, where the calls do not do so themselves.
    repeated: Option<Call>,
    jitter: Jitter,
}

/// An attempt that failed.
#[derive(Debug)]
pub(super) struct Failed {
    outcome: Outcome,
    said: String,
    /// Whether the provider may have done what it was asked for all the same: it did not say that it would not.
    pub(super) is_open: bool,
}

impl Deferred<'_> {
    /// The body that answers a call.
    ///
    /// # Errors
    /// What the provider said, or that it could not be reached, for a person to read.
    pub(super) async fn ask(&self, outgoing: Outgoing) -> Result<Bytes, String> {
        let mut asking = self.asking(outgoing);
        loop {
            match asking.once().await {
                Ok(body) => return Ok(body),
                Err(failed) => asking.wait(&failed).await?,
            }
        }
    }

    /// A call whose attempts somebody makes one by one.
    pub(super) fn asking(&self, mut outgoing: Outgoing) -> Asking<'_> {
        for (name, value) in &self.rows.headers_of_default() {
            outgoing.headers.entry(name).or_insert_with(|| value.clone());
        }
        let limiter = self.paced.limiter();
        let policy = CallPolicy::default().retry_budget(RetryBudget::unlimited());
        let repeated = (!outgoing.method.is_idempotent()).then(|| limiter.call(policy));
        let jitter = Jitter::seeded(limiter.clock().now().as_nanos());
        Asking { deferred: self, outgoing, repeated, jitter }
    }
}

impl Asking<'_> {
    /// Makes one attempt.
    pub(super) async fn once(&mut self) -> Result<Bytes, Failed> {
        let ended = self.deferred.paced.request(self.outgoing.clone(), Terms::default()).await;
        let (class, retry_after, said) = match ended {
            Ok(answer) if answer.class == Class::Ok => return Ok(answer.body),
            Ok(answer) => {
                let said = answer.error.and_then(|error| error.message);
                (
                    answer.class,
                    answer.retry_after,
                    said.unwrap_or_else(|| format!("status {}", answer.status)),
                )
            }
            Err(error) => (error.class(), None, error.to_string()),
        };
        // No limit governs these calls, so that nothing but a pause holds them back after a refusal.
        let outcome = Outcome::of(class).retry_after(retry_after).ungoverned();
        let is_open = matches!(class, Class::ServerError | Class::Timeout | Class::Overloaded);
        let said = format!("{} {}: {said}", self.outgoing.method, self.outgoing.path);
        Err(Failed { outcome, said, is_open })
    }

    /// Waits until the next attempt may be made.
    ///
    /// # Errors
    /// There is none; why, for a person to read.
    pub(super) async fn wait(&mut self, failed: &Failed) -> Result<(), String> {
        let clock = self.deferred.paced.limiter().clock().clone();
        let call = self.repeated.as_mut();
        let next = call.map(|call| call.outcome(&failed.outcome, self.jitter.next_u64(), clock.now()));
        match next {
            Some(Next::Retry { until, .. }) => {
                Sleep::until(clock, until).await;
                Ok(())
            }
            _ => Err(failed.said.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use futures_util::FutureExt;
    use http::{HeaderMap, Method};
    use tidegate::{Clock, Limiter, ManualClock};
    use tidegate_client::{BaseUrl, FakeAnswer, FakeTransport, Paced};
    use tidegate_provider::{Dialect, adapter};

    use super::*;
    use crate::deferred::api::call;
    use crate::{Account, Destination, PacedRows};

    /// What comes of a call to a batch API that answers so; how often it was sent, and how long it took.
    fn asked(method: Method, answers: Vec<FakeAnswer>) -> (Result<Bytes, String>, usize, Duration) {
        let (transport, clock) = (FakeTransport::new(answers), ManualClock::new());
        let limiter = Limiter::builder().clock(clock.clone()).build().unwrap();
        let base = BaseUrl::parse("http://127.0.0.1:9").unwrap();
        let paced = Paced::new(Arc::new(transport.clone()), adapter(Dialect::OpenAi), limiter, base)
            .policy(CallPolicy::default().max_attempts(3));
        let rows = PacedRows::new(Account {
            name: "it".into(),
            dialect: Dialect::OpenAi,
            headers: HeaderMap::new(),
            destination: Destination::Calls(paced),
        });
        let started = clock.now();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let told = runtime.block_on(async {
            let deferred = Deferred::new(&rows).unwrap();
            let mut asking = std::pin::pin!(deferred.ask(call(method, "/v1/batches/b1")));
            loop {
                for _ in 0..10 {
                    if let Some(told) = asking.as_mut().now_or_never() {
                        return told;
                    }
                    tokio::task::yield_now().await;
                }
                clock.advance(Duration::from_millis(10));
            }
        });
        (told, transport.seen().len(), clock.now().since(started))
    }

    fn answer(status: u16) -> FakeAnswer {
        FakeAnswer::http(status, &[], r#"{"error":{"message":"not now"}}"#)
    }

    #[test]
    fn what_the_calls_repeat_themselves_is_repeated_as_often_as_the_account_allows_and_no_more() {
        let (told, sent, _) = asked(Method::GET, vec![answer(500); 40]);
        assert_eq!((told, sent), (Err("GET /v1/batches/b1: not now".to_owned()), 3));
        let (told, sent, _) =
            asked(Method::GET, vec![answer(500), answer(429), FakeAnswer::http(200, &[], "{}")]);
        assert_eq!((told.unwrap(), sent), (Bytes::from("{}"), 3));
    }

    #[test]
    fn what_hands_something_over_is_repeated_within_the_default_bound() {
        let (told, sent, _) = asked(Method::POST, vec![answer(500); 40]);
        assert_eq!((told, sent), (Err("POST /v1/batches/b1: not now".to_owned()), 6));
        let (told, sent, _) = asked(Method::POST, vec![answer(500), FakeAnswer::http(200, &[], "{}")]);
        assert_eq!((told.unwrap(), sent), (Bytes::from("{}"), 2));
        let (_, sent, _) = asked(Method::POST, vec![answer(400); 40]);
        assert_eq!(sent, 1, "what is wrong stays wrong");
    }

    #[test]
    fn a_refusal_is_waited_for_as_long_as_it_asks() {
        let refused = || FakeAnswer::http(429, &[("retry-after", "7")], r#"{"error":{"message":"not now"}}"#);
        for method in [Method::GET, Method::POST] {
            let (told, sent, took) = asked(method, vec![refused(), FakeAnswer::http(200, &[], "{}")]);
            assert!(told.is_ok() && sent == 2 && took >= Duration::from_secs(7), "{sent} {took:?}");
        }
    }
}
