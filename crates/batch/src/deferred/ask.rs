//! Calls to a batch API. What is idempotent by its method the calls repeat themselves, under the account's own policy;
//! what hands something over they send once, and it is repeated here by the facade's call machine.

use bytes::Bytes;
use tidegate::call::{CallPolicy, Jitter, Next, Outcome, RetryBudget};
use tidegate::clock::Sleep;
use tidegate_client::{Outgoing, Terms};
use tidegate_core::Class;

use super::Deferred;

impl Deferred<'_> {
    /// The body that answers a call.
    ///
    /// # Errors
    /// What the provider said, or that it could not be reached, for a person to read.
    pub(super) async fn ask(&self, mut outgoing: Outgoing) -> Result<Bytes, String> {
        for (name, value) in &self.rows.headers_of_default() {
            outgoing.headers.entry(name).or_insert_with(|| value.clone());
        }
        let clock = self.paced.limiter().clock().clone();
        let policy = CallPolicy::default().retry_budget(RetryBudget::unlimited());
        let mut repeated = (!outgoing.method.is_idempotent()).then(|| self.paced.limiter().call(policy));
        let mut jitter = Jitter::seeded(clock.now().as_nanos());
        let what = format!("{} {}", outgoing.method, outgoing.path);
        loop {
            let ended = self.paced.request(outgoing.clone(), Terms::default()).await;
            let (outcome, said) = match ended {
                Ok(answer) if answer.class == Class::Ok => return Ok(answer.body),
                Ok(answer) => {
                    let said = answer.error.and_then(|error| error.message);
                    let outcome = Outcome::of(answer.class).retry_after(answer.retry_after);
                    (outcome, said.unwrap_or_else(|| format!("status {}", answer.status)))
                }
                Err(error) => (Outcome::of(error.class()), error.to_string()),
            };
            // No limit governs these calls, so that nothing but a pause holds them back after a refusal.
            let outcome = outcome.ungoverned();
            let next = repeated.as_mut().map(|call| call.outcome(&outcome, jitter.next_u64(), clock.now()));
            match next {
                Some(Next::Retry { until, .. }) => Sleep::until(clock.clone(), until).await,
                _ => return Err(format!("{what}: {said}")),
            }
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
