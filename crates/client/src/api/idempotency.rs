//! `Naming`: who names a call towards a server that answers a call of one name only once.

use http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::CallId;

/// The header, as the draft of the IETF has it (draft-ietf-httpapi-idempotency-key-header-07, 2025-10).
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Who names a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Naming {
    /// Its caller, if anybody.
    Callers,
    /// We do, unless its caller has.
    Ours,
}

impl Naming {
    /// Names a call that may change something. It keeps its name however often it is sent.
    pub(crate) fn name(self, call: CallId, method: &Method, headers: &mut HeaderMap) {
        if self == Self::Ours
            && !method.is_safe()
            && !headers.contains_key(IDEMPOTENCY_KEY)
            && let Ok(name) = HeaderValue::try_from(format!("tidegate-{call}"))
        {
            headers.insert(IDEMPOTENCY_KEY, name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_calls_have_one_name_and_what_only_reads_has_none() {
        let named = |method: Method| {
            let mut headers = HeaderMap::new();
            Naming::Ours.name(CallId::fresh(), &method, &mut headers);
            headers.remove(IDEMPOTENCY_KEY)
        };
        let (first, second) = (named(Method::POST), named(Method::POST));
        assert!(first.is_some() && first != second);
        assert_eq!(named(Method::GET), None);
    }

    #[test]
    fn a_name_of_the_callers_stays() {
        let mut headers = HeaderMap::from_iter([(IDEMPOTENCY_KEY, HeaderValue::from_static("order-7"))]);
        Naming::Ours.name(CallId::fresh(), &Method::POST, &mut headers);
        assert_eq!(headers[IDEMPOTENCY_KEY], "order-7");
    }
}
