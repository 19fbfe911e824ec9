//! Batch jobs: many requests at once, cheaper and outside of the limits, answered within hours.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Deleted, section};
use crate::shape::{options, request, shape, words};
use crate::{Call, RequestError};

section! {
    /// The batch jobs: cheaper, and outside of the limits.
    Jobs
}

impl<M> Jobs<'_, M> {
    /// Makes a job for an endpoint, such as `/v1/chat/completions`: give it input files or requests.
    pub fn create(&self, endpoint: impl Into<BatchEndpoint>) -> Call<CreateJob, M> {
        self.0.call(&[], CreateJob::new(endpoint.into()))
    }

    /// The jobs.
    pub fn list(&self) -> Call<ListJobs, M> {
        self.0.call(&[], ListJobs::new())
    }

    /// One job.
    pub fn get(&self, job_id: &str) -> Call<GetJob, M> {
        self.0.call(&[job_id], GetJob::new())
    }

    /// Stops a job.
    pub fn cancel(&self, job_id: &str) -> Call<CancelJob, M> {
        self.0.call(&[job_id], CancelJob::new())
    }

    /// Deletes a job.
    pub fn delete(&self, job_id: &str) -> Call<DeleteJob, M> {
        self.0.call(&[job_id], DeleteJob::new())
    }
}

request! {
    /// Makes a job.
    CreateJob = "POST /v1/batch/jobs", Body, Manage, BatchJob;
    check check;
    required {
        /// The endpoint that every request goes to.
        endpoint: BatchEndpoint,
    }
    optional {
        /// Stored files of requests, one a line.
        input_files: Vec<String>,
        /// The requests themselves.
        requests: Vec<BatchRequest>,
        /// The model of all requests.
        model: String,
        /// The agent of all requests.
        agent_id: String,
        /// The caller's own notes.
        metadata: BTreeMap<String, String>,
        /// After how many hours it is given up, 1 to 168; 24 unless this says otherwise.
        timeout_hours = u64,
    }
}

fn check(create: &CreateJob) -> Result<(), RequestError> {
    if create.endpoint.as_str().trim().is_empty() {
        return Err(RequestError::Empty { field: "endpoint" });
    }
    let no_files = create.input_files.as_ref().is_none_or(Vec::is_empty);
    let no_requests = create.requests.as_ref().is_none_or(Vec::is_empty);
    if no_files && no_requests {
        return Err(RequestError::Empty { field: "requests" });
    }
    if create.model.is_some() && create.agent_id.is_some() {
        return Err(RequestError::ModelAndAgent);
    }
    for (field, text) in [("model", &create.model), ("agent_id", &create.agent_id)] {
        if text.as_ref().is_some_and(|text| text.trim().is_empty()) {
            return Err(RequestError::Empty { field });
        }
    }
    match create.timeout_hours {
        Some(hours) if !(1..=168).contains(&hours) => {
            Err(RequestError::Invalid { field: "timeout_hours", problem: "must be from 1 to 168" })
        }
        _ => Ok(()),
    }
}

options! {
    /// One request of a job.
    pub struct BatchRequest {
        /// By which its answer is known.
        custom_id: String,
        /// Its body.
        body: Value,
    }
}

request! {
    /// Lists jobs.
    ListJobs = "GET /v1/batch/jobs", Query, Manage, BatchJobPage;
    required {}
    optional {
        /// Which page, from 0.
        page = u64,
        /// How many a page; 100 unless this says otherwise.
        page_size = u64,
        /// Only those of this model.
        model: String,
        /// Only those of this agent.
        agent_id: String,
        /// Only those with these notes.
        metadata: Map<String, Value>,
        /// Only those made after this instant (RFC 3339).
        created_after: String,
        /// Only the caller's own.
        created_by_me = bool,
        /// Only those in these states.
        status: Vec<BatchStatus>,
        /// In which order; the newest first unless this says otherwise.
        order_by: JobOrder,
    }
}

request! {
    /// Reads one job.
    GetJob = "GET /v1/batch/jobs/{job_id}", Query, Manage, BatchJob;
    required {}
    optional {
        /// Whether the answers come with it.
        inline = bool,
    }
}

request! {
    /// Stops a job.
    CancelJob = "POST /v1/batch/jobs/{job_id}/cancel", Query, Manage, BatchJob;
    required {}
    optional {}
}

request! {
    /// Deletes a job.
    DeleteJob = "DELETE /v1/batch/jobs/{job_id}", Query, Manage, Deleted;
    required {}
    optional {}
}

shape! {
    /// A page of jobs.
    pub struct BatchJobPage {
        /// The jobs.
        #[serde(default)]
        data: Vec<BatchJob>,
        /// `list`.
        object: Option<String>,
        /// How many there are in all.
        total: u64,
    }
}

shape! {
    /// A job.
    pub struct BatchJob {
        /// Its id.
        id: String,
        /// `batch`.
        object: Option<String>,
        /// The files of requests.
        #[serde(default)]
        input_files: Vec<String>,
        /// The caller's own notes.
        metadata: Option<Map<String, Value>>,
        /// The endpoint that every request goes to.
        endpoint: BatchEndpoint,
        /// The model of all requests.
        model: Option<String>,
        /// The agent of all requests.
        agent_id: Option<String>,
        /// The file of answers.
        output_file: Option<String>,
        /// The file of errors.
        error_file: Option<String>,
        /// What went wrong.
        #[serde(default)]
        errors: Vec<BatchError>,
        /// The answers, where they were asked for.
        outputs: Option<Vec<Map<String, Value>>>,
        /// How far it is.
        status: BatchStatus,
        /// When it was made, in seconds since 1970.
        created_at: u64,
        /// How many requests it has.
        #[serde(default)]
        total_requests: u64,
        /// How many have ended.
        #[serde(default)]
        completed_requests: u64,
        /// How many of them well.
        #[serde(default)]
        succeeded_requests: u64,
        /// How many of them badly.
        #[serde(default)]
        failed_requests: u64,
        /// When it began, in seconds since 1970.
        started_at: Option<u64>,
        /// When it ended, in seconds since 1970.
        completed_at: Option<u64>,
    }
}

shape! {
    /// What went wrong in a job.
    pub struct BatchError {
        /// What.
        message: String,
        /// How often.
        count: Option<u64>,
    }
}

words! {
    /// How far a job is.
    pub enum BatchStatus {
        /// It waits.
        Queued = "QUEUED",
        /// It runs.
        Running = "RUNNING",
        /// It ended well.
        Success = "SUCCESS",
        /// It ended badly.
        Failed = "FAILED",
        /// It took too long.
        TimeoutExceeded = "TIMEOUT_EXCEEDED",
        /// It is to stop.
        CancellationRequested = "CANCELLATION_REQUESTED",
        /// It was stopped.
        Cancelled = "CANCELLED",
    }
}

words! {
    /// The endpoint that the requests of a job go to.
    pub enum BatchEndpoint {
        /// Chats.
        Chat = "/v1/chat/completions",
        /// Embeddings.
        Embeddings = "/v1/embeddings",
        /// Completion of code.
        Fim = "/v1/fim/completions",
        /// Judgements of texts.
        Moderations = "/v1/moderations",
        /// Judgements of chats.
        ChatModerations = "/v1/chat/moderations",
        /// Reading of documents.
        Ocr = "/v1/ocr",
        /// Classifications of texts.
        Classifications = "/v1/classifications",
        /// Classifications of chats.
        ChatClassifications = "/v1/chat/classifications",
        /// Conversations.
        Conversations = "/v1/conversations",
        /// Transcriptions.
        Transcriptions = "/v1/audio/transcriptions",
    }
}

words! {
    /// In which order jobs are listed.
    pub enum JobOrder {
        /// The oldest first.
        OldestFirst = "created",
        /// The newest first.
        NewestFirst = "-created",
    }
}
