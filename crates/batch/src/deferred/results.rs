//! What a job answered becomes rows of the journal.

use http::{HeaderMap, Method};
use tidegate_core::Class;
use tidegate_provider::{ResponseHead, adapter};

use super::rows::Handing;
use crate::output::Ending;
use crate::{Answer, Effort, Error};

impl Handing<'_, '_> {
    /// Whether a file of answers is of another parcel than this.
    pub(super) fn is_foreign(&self, file: &[u8], mark: &str) -> bool {
        let results = file.split(|byte| *byte == b'\n').filter_map(|line| self.deferred.api.result(line));
        results.filter_map(|result| result.mark).any(|told| told != mark)
    }

    /// Writes down every answer of a file. Rows that were not processed stay unfinished, and a row that is finished
    /// already stays as it is. So do rows that failed in a way that another attempt may mend, as long as they have one.
    pub(super) fn merge(&mut self, file: &[u8]) -> Result<(), Error> {
        for line in file.split(|byte| *byte == b'\n') {
            let Some(result) = self.deferred.api.result(line) else { continue };
            let (Some((status, body)), false) = (result.answer, self.book.journal.index().has(result.row))
            else {
                continue;
            };
            let id = usize::try_from(result.row).ok().and_then(|row| self.ids.get(row)).cloned();
            // A row that this input does not have is somebody else's.
            let Some(custom_id) = id else { continue };
            let mut ending = self.ending(status, &body);
            ending.effort.attempts = self.jobs.attempts(result.row).max(1);
            if ending.class.is_retryable() && ending.effort.attempts < self.deferred.attempts {
                self.again = true;
                continue;
            }
            self.book.finish(result.row, &custom_id, &ending)?;
        }
        Ok(())
    }

    fn ending(&self, status: u16, body: &[u8]) -> Ending<Answer> {
        let (adapter, headers) = (adapter(self.deferred.rows.dialect()), HeaderMap::new());
        let received_at = self.deferred.paced.limiter().clock().wall();
        let verdict = adapter.classify(&ResponseHead { status, headers: &headers, received_at }, body);
        let mut reader = adapter.usage_reader(
            adapter.endpoint(&Method::POST, "/v1/chat/completions"),
            Some("application/json"),
            None,
        );
        reader.push(body);
        let usage = reader.finish().usage;
        let answer = Answer { status_code: status, request_id: None, body: body.into(), headers: None };
        let said = verdict.error.and_then(|error| error.message);
        let message = (verdict.class != Class::Ok)
            .then(|| said.unwrap_or_else(|| format!("the provider answered with status {status}")));
        let effort = Effort { model: model_in(body), ..Effort::default() }.with_usage(usage.as_ref());
        Ending { class: verdict.class, response: Some(answer), message, effort }
    }
}

/// The model that an answer names.
fn model_in(body: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Named {
        model: Option<String>,
    }
    serde_json::from_slice::<Named>(body).ok()?.model
}
