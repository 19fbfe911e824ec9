//! The output line: OpenAI's batch format with a `tidegate` part; `Effort` is what that part says.

use serde::Serialize;
use tidegate_core::Class;

use crate::processor::{Done, Failure};

/// What a row took: the `tidegate` part of its output line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Effort {
    /// Times the item was sent.
    pub attempts: u32,
    /// Milliseconds that it waited for limits, over all attempts.
    pub waited_ms: u64,
    /// Milliseconds from the last sending to the end of its answer.
    pub latency_ms: u64,
    /// Tokens sent, as the provider counted them; `None` where it did not say.
    pub input_tokens: Option<u64>,
    /// Tokens produced, as the provider counted them; `None` where it did not say.
    pub output_tokens: Option<u64>,
    /// The model that the item was sent to at last.
    pub model: Option<String>,
    /// What it cost in millionths of a dollar, where the answer says so. Counted, not written: it stands in the body.
    #[serde(skip)]
    pub micro_dollars: Option<u64>,
    /// Attempts that the provider refused (throttled or overloaded). Counted, not written.
    #[serde(skip)]
    pub refusals: u32,
}

impl Default for Effort {
    /// One attempt that waited for nothing and counted nothing.
    fn default() -> Self {
        Self {
            attempts: 1,
            waited_ms: 0,
            latency_ms: 0,
            input_tokens: None,
            output_tokens: None,
            model: None,
            micro_dollars: None,
            refusals: 0,
        }
    }
}

impl Effort {
    /// The effort of a row that was never sent.
    #[must_use]
    pub fn none() -> Self {
        Self { attempts: 0, ..Self::default() }
    }
}

/// How a row ended.
#[derive(Clone, Debug)]
pub(crate) struct Ending<O> {
    pub(crate) class: Class,
    pub(crate) response: Option<O>,
    pub(crate) message: Option<String>,
    pub(crate) effort: Effort,
}

impl<O> Ending<O> {
    /// The ending that a processor's result means.
    ///
    /// # Errors
    /// Why there is none: the item was not sent, or it is to be sent later, since `any_answered` before it.
    pub(crate) fn of(result: Result<Done<O>, Failure<O>>, any_answered: bool) -> Result<Self, Unended> {
        match result {
            Ok(done) => {
                Ok(Self { class: Class::Ok, response: Some(done.output), message: None, effort: done.effort })
            }
            Err(Failure::Hopeless(failed)) if any_answered => Err(Unended::GaveUp(failed.message)),
            Err(Failure::Failed(failed) | Failure::Hopeless(failed)) => Ok(Self {
                class: failed.class,
                response: failed.last,
                message: Some(failed.message),
                effort: failed.effort,
            }),
            Err(Failure::GaveUp(why)) => Err(Unended::GaveUp(why)),
            Err(Failure::NotSent) => Err(Unended::NotSent),
        }
    }

    /// The ending of a row that cannot be sent at all.
    pub(crate) fn unusable(message: String) -> Self {
        Self { class: Class::Invalid, response: None, message: Some(message), effort: Effort::none() }
    }
}

/// Why an item has no ending: its row is left to the next run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unended {
    /// The run stops.
    NotSent,
    /// Nothing can be sent at present, for this reason.
    GaveUp(String),
}

#[derive(Serialize)]
struct OutputLine<'a, O> {
    id: &'a str,
    custom_id: &'a str,
    response: Option<&'a O>,
    error: Option<ErrorPart<'a>>,
    tidegate: &'a Effort,
}

#[derive(Serialize)]
struct ErrorPart<'a> {
    code: &'static str,
    message: &'a str,
}

/// The output line of a row, without its line end.
///
/// # Errors
/// When the output does not serialise, which is a mistake in the output's own `Serialize`.
pub(crate) fn line<O: Serialize>(
    id: &str,
    custom_id: &str,
    ending: &Ending<O>,
) -> Result<Vec<u8>, serde_json::Error> {
    let error = (ending.class != Class::Ok).then(|| ErrorPart {
        code: ending.class.name(),
        message: ending.message.as_deref().unwrap_or_default(),
    });
    serde_json::to_vec(&OutputLine {
        id,
        custom_id,
        response: ending.response.as_ref(),
        error,
        tidegate: &ending.effort,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answered_row_has_no_error() {
        let ending = Ending::of(Ok(Done::from("hi")), true).unwrap();
        let line = String::from_utf8(line("a", "row-1", &ending).unwrap()).unwrap();
        assert_eq!(
            line,
            r#"{"id":"a","custom_id":"row-1","response":"hi","error":null,"tidegate":{"attempts":1,"waited_ms":0,"latency_ms":0,"input_tokens":null,"output_tokens":null,"model":null}}"#
        );
    }

    #[test]
    fn a_failed_row_names_its_class() {
        let ending = Ending::<()>::of(Err(Failure::new(Class::Timeout, "no answer")), true).unwrap();
        let line = String::from_utf8(line("a", "b", &ending).unwrap()).unwrap();
        assert!(
            line.contains(r#""response":null,"error":{"code":"timeout","message":"no answer"}"#),
            "{line}"
        );
    }

    #[test]
    fn a_row_that_was_not_sent_has_no_ending() {
        let unended = |failure, any_answered| Ending::<()>::of(Err(failure), any_answered).err();
        assert_eq!(unended(Failure::NotSent, true), Some(Unended::NotSent));
        assert_eq!(unended(Failure::GaveUp("away".into()), false), Some(Unended::GaveUp("away".into())));
    }

    #[test]
    fn what_no_row_can_pass_costs_rows_only_while_nothing_was_answered() {
        let Failure::Failed(failed) = Failure::new(Class::Auth, "no such key") else { panic!("it is one") };
        let hopeless = || Failure::Hopeless(failed.clone());
        assert_eq!(Ending::<()>::of(Err(hopeless()), false).unwrap().class, Class::Auth);
        let ended = Ending::<()>::of(Err(hopeless()), true);
        assert_eq!(ended.err(), Some(Unended::GaveUp("no such key".into())));
    }
}
