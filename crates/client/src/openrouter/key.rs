//! What a key may do, and what it has used.

use serde_json::Value;

use super::Client;
use crate::Call;
use crate::shape::{request, shape};

impl<M> Client<M> {
    /// What the key may do, and what it has used.
    pub fn key(&self) -> Call<GetKey, M> {
        self.call(&[], GetKey::new())
    }

    /// What was bought and what was used; needs a management key.
    pub fn credits(&self) -> Call<GetCredits, M> {
        self.call(&[], GetCredits::new())
    }
}

request! {
    /// Reads what the key may do.
    GetKey = "GET /v1/key", Query, Manage, KeyAnswer;
    required {}
    optional {}
}

request! {
    /// Reads what was bought and what was used.
    GetCredits = "GET /v1/credits", Query, Manage, Value;
    required {}
    optional {}
}

shape! {
    /// What the key may do.
    pub struct KeyAnswer {
        /// The key.
        data: Key,
    }
}

shape! {
    /// What a key may do, and what it has used; amounts are in US dollars.
    pub struct Key {
        /// Its label.
        label: Option<String>,
        /// The most that it may use.
        limit: Option<f64>,
        /// When that begins anew.
        limit_reset: Option<String>,
        /// What is left of it.
        limit_remaining: Option<f64>,
        /// What it has used.
        usage: Option<f64>,
        /// What it has used today (UTC).
        usage_daily: Option<f64>,
        /// What it has used this week (UTC).
        usage_weekly: Option<f64>,
        /// What it has used this month (UTC).
        usage_monthly: Option<f64>,
        /// Whether the account has bought nothing yet.
        is_free_tier: Option<bool>,
        /// What was used through keys of the caller's own.
        byok_usage: Option<f64>,
        /// Of that, today (UTC).
        byok_usage_daily: Option<f64>,
        /// Of that, this week (UTC).
        byok_usage_weekly: Option<f64>,
        /// Of that, this month (UTC).
        byok_usage_monthly: Option<f64>,
        /// Whether that counts for the limit.
        include_byok_in_limit: Option<bool>,
        /// Who made the key.
        creator_user_id: Option<String>,
        /// When it ends.
        expires_at: Option<String>,
        /// Whether it manages other keys.
        is_management_key: Option<bool>,
        /// The same by its older name.
        is_provisioning_key: Option<bool>,
        /// How often it may be used; OpenRouter says that this means nothing any more.
        rate_limit: Option<Value>,
    }
}
