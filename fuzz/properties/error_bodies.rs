//! Error bodies: a failure is never a success, waits only where waiting helps, limits in reason.

use std::time::{Duration, UNIX_EPOCH};

use http::HeaderMap;
use tidegate_core::Class;
use tidegate_provider::ResponseHead;

use super::input::Input;

/// The longest wait that is read: a leap year.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

/// Checks one body; the number is the status.
pub(crate) fn check(data: &[u8]) {
    let input = Input::of(data);
    let headers = HeaderMap::new();
    let received_at = UNIX_EPOCH + Duration::from_secs(1_754_667_600);
    let head = ResponseHead { status: input.number, headers: &headers, received_at };
    let verdict = input.adapter.classify(&head, input.rest);
    assert_eq!(verdict, input.adapter.classify(&head, input.rest), "the same answer means the same");
    assert!(input.number < 400 || verdict.class != Class::Ok, "a failure is a success");
    assert!(
        verdict.class == Class::Ok || input.number >= 400 || verdict.error.is_some(),
        "an error of nothing"
    );
    assert!(!verdict.retryable || verdict.class.is_retryable(), "{verdict:?}");
    assert!(verdict.retry_after.is_none() || verdict.class.is_retryable(), "{verdict:?}");
    assert!(verdict.retry_after.is_some() == verdict.waits_by.is_some(), "{verdict:?}");
    assert!(verdict.retry_after.is_none_or(|wait| wait <= LONGEST), "{verdict:?}");
    for limit in &verdict.limits {
        assert!(limit.remaining.unwrap_or(0) <= limit.limit.unwrap_or(u64::MAX), "{limit:?}");
        assert!(limit.limit.is_some() || limit.remaining.is_some(), "{limit:?}");
    }
}
