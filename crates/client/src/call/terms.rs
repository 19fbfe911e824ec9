//! `terms!`: what can be said of any call, whatever it asks: how long it waits and lasts, its class, its headers.

/// The setters of what can be said of any call, for a builder that has `options`.
macro_rules! terms {
    () => {
        /// How long the call may wait for its turn, over all attempts together. Not counted against any timeout.
        pub const fn max_wait(mut self, wait: std::time::Duration) -> Self {
            self.options.terms.max_wait = Some(wait);
            self
        }

        /// Its priority class.
        pub const fn band(mut self, band: tidegate::Band) -> Self {
            self.options.terms.band = band;
            self
        }

        /// When it is given up: see [`Timeouts`](crate::Timeouts).
        pub const fn timeouts(mut self, timeouts: crate::Timeouts) -> Self {
            self.options.timeouts = Some(timeouts);
            self
        }

        /// One more header, or another value of one that is sent anyway.
        pub fn header(mut self, name: &str, value: &str) -> Self {
            self.options.header(name, value);
            self
        }

        /// A name of this call under which the provider answers it only once, however often it is sent. Providers
        /// that do not know the header pass over it.
        pub fn idempotency_key(self, key: &str) -> Self {
            self.header(crate::api::IDEMPOTENCY_KEY.as_str(), key)
        }
    };
}

pub(crate) use terms;
