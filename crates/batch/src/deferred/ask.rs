//! Calls to a batch API: repeated where that may help, by the facade's call machine.

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
        let mut call = self.paced.limiter().call(policy);
        let mut jitter = Jitter::seeded(clock.now().as_nanos());
        let what = format!("{} {}", outgoing.method, outgoing.path);
        loop {
            let ended = self.paced.request(outgoing.clone(), Terms::default()).await;
            let (class, said) = match ended {
                Ok(answer) if answer.class == Class::Ok => return Ok(answer.body),
                Ok(answer) => {
                    let said = answer.error.and_then(|error| error.message);
                    (answer.class, said.unwrap_or_else(|| format!("status {}", answer.status)))
                }
                Err(error) => (error.class(), error.to_string()),
            };
            match call.outcome(&Outcome::of(class), jitter.next_u64(), clock.now()) {
                Next::Retry { until, .. } => Sleep::until(clock.clone(), until).await,
                _ => return Err(format!("{what}: {said}")),
            }
        }
    }
}
