//! `Talk`: prints what is sent and what comes back.

use tidegate_batch::{Answer, AnswerBody, Done, Failure, Group, PacedRows, Processor, Request};

use super::view::View;

/// Characters of a request or an answer that are printed; the output has all of it.
const PRINTED_MAX: usize = 2_000;

/// The rows, with what they send and get printed on the way.
pub(super) struct Talk<'a> {
    rows: &'a PacedRows,
    view: &'a View,
}

impl<'a> Talk<'a> {
    pub(super) const fn new(rows: &'a PacedRows, view: &'a View) -> Self {
        Self { rows, view }
    }
}

impl Processor for Talk<'_> {
    type Item = Request;
    type Output = Answer;

    async fn process(&self, item: Request) -> Result<Done<Answer>, Failure<Answer>> {
        let name = format!("{} {}", item.method, item.path);
        self.view.say(&format!("> {name} {}", cut(item.body.as_str())));
        let ended = self.rows.process(item).await;
        let answer = match &ended {
            Ok(done) => Some(&done.output),
            Err(Failure::Failed(failed) | Failure::Hopeless(failed)) => failed.last.as_ref(),
            Err(_) => None,
        };
        if let Some(answer) = answer {
            let body = match &answer.body {
                AnswerBody::Json(json) => json.get(),
                AnswerBody::Text(text) => text,
            };
            self.view.say(&format!("< {} {}", answer.status_code, cut(body)));
        }
        ended
    }

    fn stop(&self) {
        self.rows.stop();
    }

    fn group(&self, item: &Request) -> Group {
        self.rows.group(item)
    }

    fn waiting(&self, group: Group) -> Option<usize> {
        self.rows.waiting(group)
    }

    fn at_once(&self, group: Group) -> Option<usize> {
        self.rows.at_once(group)
    }
}

/// The beginning of a long text.
fn cut(text: &str) -> String {
    let mut characters = text.chars();
    let mut beginning: String = characters.by_ref().take(PRINTED_MAX).collect();
    if characters.next().is_some() {
        beginning.push_str(" ...");
    }
    beginning
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_and_short_ones_are_not() {
        assert_eq!(cut("tide"), "tide");
        assert_eq!(cut(&"t".repeat(PRINTED_MAX + 1)).len(), PRINTED_MAX + 4);
    }
}
