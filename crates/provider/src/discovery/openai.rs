//! OpenAI: the rate limits of each project, with an admin key (documentation, 2026-08).

use serde_json::Value;
use tidegate_core::Dimension;

use super::{DAY, Found, FoundLimit, MINUTE, Question, Told, Unreadable, Whose, amount, escaped, list};

const PROJECTS: &str = "/v1/organization/projects?limit=100";

/// The fields of a `project.rate_limit`. Audio is counted in megabytes and batches in enqueued tokens, neither of
/// which a call is measured in here; they are left out.
const FIELDS: [(&str, Dimension, std::time::Duration); 4] = [
    ("max_requests_per_1_minute", Dimension::Requests, MINUTE),
    ("max_tokens_per_1_minute", Dimension::TotalTokens, MINUTE),
    ("max_images_per_1_minute", Dimension::Images, MINUTE),
    ("max_requests_per_1_day", Dimension::Requests, DAY),
];

pub(super) fn questions() -> Vec<Question> {
    vec![Question::admin(PROJECTS)]
}

pub(super) fn read(question: &Question, body: &Value) -> Result<Told, Unreadable> {
    let data = list(body, "data")?;
    match &question.project {
        None => Ok(Told { next: projects(data, body), ..Told::default() }),
        Some(project) => Ok(limits(project, question, data, body)),
    }
}

/// A question for each project, and one for the page after this.
fn projects(data: &[Value], body: &Value) -> Vec<Question> {
    let of_project = |project: &Value| {
        let text = |field: &str| project.get(field).and_then(Value::as_str);
        let id = text("id").filter(|_| text("status") != Some("archived"))?;
        let path = format!("/v1/organization/projects/{}/rate_limits?limit=100", escaped(id));
        let name = text("name").filter(|name| !name.is_empty()).unwrap_or(id);
        Some(Question { project: Some(name.to_owned()), ..Question::admin(path) })
    };
    let further = further(body).map(|last| Question::admin(format!("{PROJECTS}&after={}", escaped(last))));
    data.iter().filter_map(of_project).chain(further).collect()
}

fn limits(project: &str, question: &Question, data: &[Value], body: &Value) -> Told {
    let mut found = Found::default();
    for entry in data {
        let model = entry.get("model").and_then(Value::as_str).map(str::to_owned);
        let stated = FIELDS.into_iter().filter_map(|(field, dimension, window)| {
            let whose = Whose::Project { name: project.to_owned(), model: model.clone() };
            Some(FoundLimit {
                whose,
                dimension,
                window: Some(window),
                limit: amount(entry.get(field))?,
                used_today: None,
            })
        });
        found.limits.extend(stated);
    }
    let first_page = question.path.split("&after=").next().unwrap_or_default();
    let next = further(body)
        .map(|last| Question { path: format!("{first_page}&after={}", escaped(last)), ..question.clone() });
    Told { found, next: next.into_iter().collect() }
}

/// The entry after which the next page begins.
fn further(body: &Value) -> Option<&str> {
    body.get("has_more")?.as_bool().filter(|more| *more)?;
    body.get("last_id")?.as_str()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_project_is_asked_and_archived_ones_are_not() {
        let body = json!({"object": "list", "data": [
            {"id": "proj_1", "name": "research", "status": "active"},
            {"id": "proj_2", "name": "old", "status": "archived"}],
            "has_more": true, "last_id": "proj_2"});
        let next = read(&questions()[0], &body).unwrap().next;
        let paths: Vec<&str> = next.iter().map(|question| question.path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "/v1/organization/projects/proj_1/rate_limits?limit=100",
                "/v1/organization/projects?limit=100&after=proj_2"
            ]
        );
        assert_eq!(next[0].project.as_deref(), Some("research"));
    }

    #[test]
    fn the_limits_of_a_project_are_read_by_model_and_page() {
        let question = Question { project: Some("research".into()), ..Question::admin("/v1/x?limit=100") };
        let body = json!({"object": "list", "data": [{"object": "project.rate_limit", "id": "rl-1", "model": "gpt-4o",
            "max_requests_per_1_minute": 500, "max_tokens_per_1_minute": 30000, "max_requests_per_1_day": 10000,
            "batch_1_day_max_input_tokens": 90000}], "has_more": true, "last_id": "rl-1"});
        let told = read(&question, &body).unwrap();
        let limits: Vec<_> =
            told.found.limits.iter().map(|limit| (limit.dimension, limit.window, limit.limit)).collect();
        let expected = [
            (Dimension::Requests, Some(MINUTE), 500),
            (Dimension::TotalTokens, Some(MINUTE), 30_000),
            (Dimension::Requests, Some(DAY), 10_000),
        ];
        assert_eq!(limits, expected);
        assert_eq!(told.found.limits[0].whose.to_string(), "research: gpt-4o");
        assert_eq!(told.next[0].path, "/v1/x?limit=100&after=rl-1");
        let second = read(&told.next[0], &body).unwrap();
        assert_eq!(second.next[0].path, "/v1/x?limit=100&after=rl-1", "one place for the page, not two");
    }
}
