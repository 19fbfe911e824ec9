//! `Handing`: hands rows over in parcels, and looks after their jobs until all have ended.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Seek;

use bytes::Bytes;
use serde_json::Value;

use super::api::{Lost, Parcel, Standing};
use super::jobs::{Job, Jobs, Note, ranges};
use super::{Deferred, Then};
use crate::book::Book;
use crate::input::{LINE_BYTES_MAX, Line, Lines};
use crate::output::Ending;
use crate::seen::Seen;
use crate::{Answer, Error, Format, RequestBody, RequestRows};

/// Rows and bytes of a parcel, at most. Providers take more (`OpenAI` 50 000 rows and 200 MB, Anthropic 100 000 and
/// 256 MB, Mistral files of 512 MB; documentation, 2026-08): smaller ones keep the memory small, here and where answers
/// come back, and no job waits for the rest of a long file.
const ROWS_MAX: usize = 10_000;
const BYTES_MAX: usize = 16 << 20;
/// Bytes of all parcels that are being filled; when there are more, the largest goes as it is.
const FILLING_MAX: usize = 48 << 20;

/// Rows on their way to the provider and back.
pub(super) struct Handing<'a, 'b> {
    pub(super) deferred: &'a Deferred<'a>,
    pub(super) book: Book<'b>,
    pub(super) jobs: Jobs,
    /// The `custom_id` of each row.
    pub(super) ids: Vec<Box<str>>,
    /// Why not all rows could be finished.
    pub(super) why: Option<String>,
    /// Whether rows came back that may be answered when they are handed over once more.
    pub(super) again: bool,
}

/// Why a parcel has no job.
struct Unsent {
    why: String,
    /// Whether it may have one all the same, of which nobody heard.
    is_open: bool,
}

impl Unsent {
    fn not(why: String) -> Self {
        Self { why, is_open: false }
    }

    fn perhaps(why: String) -> Self {
        Self { why, is_open: true }
    }
}

/// What a parcel holds so far: its bytes, and its rows.
type Load = (usize, Vec<(u64, RequestBody)>);

/// Parcels that are being filled, by endpoint and model.
#[derive(Default)]
struct Filling {
    parcels: BTreeMap<(String, String), Load>,
    bytes: usize,
}

impl Handing<'_, '_> {
    /// All of it, until nothing is under way any more.
    pub(super) async fn all(&mut self, format: &RequestRows, input: File) -> Result<(), Error> {
        loop {
            if let Err(why) = self.find_lost().await {
                self.why = Some(why);
                return Ok(());
            }
            let again = input.try_clone().map_err(Error::reading(&self.book.paths.input))?;
            if let Err(why) = self.hand_over(format, again).await? {
                self.why = Some(why);
            }
            if self.deferred.then == Then::Cancel {
                self.cancel().await;
            }
            let mut looks = 0_u32;
            while self.jobs.under_way().next().is_some() {
                looks = looks.saturating_add(1);
                self.deferred.pause(looks).await;
                self.look().await?;
            }
            // Each round costs every row that takes part in it one of its attempts, so this ends.
            let is_over = self.why.is_some() || self.deferred.then == Then::Cancel;
            if is_over || !std::mem::take(&mut self.again) {
                break;
            }
        }
        let left = self.book.counts.left();
        if left > 0 && self.why.is_none() {
            self.why = Some(format!("{left} rows came back without an answer"));
        }
        Ok(())
    }

    /// Finds parcels whose job has no name here by the mark that they carry.
    async fn find_lost(&mut self) -> Result<(), String> {
        if self.jobs.lost().next().is_none() {
            return Ok(());
        }
        let listed = self.listed().await?;
        let all: Vec<Job> = self.jobs.lost().cloned().collect();
        for job in all {
            let lost = Lost { mark: &job.mark, rows: job.count(), after: job.after.as_deref() };
            let (found, mark) = (self.found(&listed, lost), job.mark);
            let note = match found {
                Some(id) => Note::Job { mark, id },
                None => Note::Over { mark },
            };
            self.note(note).map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// The latest jobs that the provider has, as it lists them.
    async fn listed(&self) -> Result<Value, String> {
        json(&self.deferred.ask(self.deferred.api.list()).await?)
    }

    /// The latest job, if there is one and it can be had: without it, a lost job is told by less.
    async fn latest(&self) -> Option<String> {
        self.listed().await.ok()?["data"][0]["id"].as_str().map(str::to_owned)
    }

    /// The name of the listed job that may be a parcel's, and is not known to be another's.
    fn found(&self, listed: &Value, lost: Lost<'_>) -> Option<String> {
        let listed = listed["data"].as_array().into_iter().flatten();
        let is_before = |job: &&Value| lost.after.is_some_and(|after| job["id"] == after);
        let later = listed.take_while(|job| !is_before(job));
        let mut named =
            later.filter(|job| self.deferred.api.may_be(job, lost)).filter_map(|job| job["id"].as_str());
        named.find(|id| !self.jobs.is_taken(id, lost.mark)).map(str::to_owned)
    }

    /// Reads the input and hands over what is neither finished nor with the provider. The inner error is what stood
    /// in the way; what was handed over before goes on.
    async fn hand_over(
        &mut self,
        format: &RequestRows,
        mut input: File,
    ) -> Result<Result<(), String>, Error> {
        input.rewind().map_err(Error::reading(&self.book.paths.input))?;
        let ids_known = !self.ids.is_empty();
        let (mut lines, mut seen, mut filling) = (Lines::new(input), Seen::default(), Filling::default());
        let with_provider = self.rows_with_provider();
        let reading = || Error::reading(&self.book.paths.input);
        let mut row = 0_u64;
        loop {
            let (number, custom_id, item) = match lines.next().map_err(reading())? {
                None => break,
                Some(line) => read(format, &line, &mut seen),
            };
            let this = row;
            row = row.saturating_add(1);
            let is_done = self.book.journal.index().has(this);
            let waits = with_provider.iter().any(|(first, last)| (*first..=*last).contains(&this));
            if !ids_known {
                self.ids.push(custom_id.as_str().into());
            }
            if is_done || waits || self.deferred.then == Then::Cancel {
                continue;
            }
            let item = item.and_then(|request| {
                let ready = self.deferred.rows.ready(&request);
                ready.map_err(|why| format!("line {number}: {why}"))
            });
            match item {
                Err(why) => {
                    self.book.finish(this, &custom_id, &Ending::<Answer>::unusable(why))?;
                }
                Ok((place, body)) => {
                    if let Some(parcel) = filling.add(place, this, body)
                        && let Err(why) = self.send(parcel).await?
                    {
                        return Ok(Err(why));
                    }
                }
            }
        }
        while let Some(parcel) = filling.take_largest() {
            if let Err(why) = self.send(parcel).await? {
                return Ok(Err(why));
            }
        }
        Ok(Ok(()))
    }

    /// Hands one parcel over: noted before, and named after.
    async fn send(&mut self, parcel: Parcel) -> Result<Result<(), String>, Error> {
        let mark = format!("{}-{}", self.book.run_name, self.jobs.count());
        let parcel = Parcel { mark: mark.clone(), ..parcel };
        let rows = ranges(parcel.rows.iter().map(|(row, _)| *row));
        let after = if self.deferred.api.is_marked() { None } else { self.latest().await };
        self.note(Note::Parcel { mark: mark.clone(), rows, after: after.clone() })?;
        match self.submit(&parcel, after.as_deref()).await {
            Ok(id) => {
                self.note(Note::Job { mark, id })?;
                Ok(Ok(()))
            }
            Err(unsent) => {
                // What the provider may have is looked for when the run goes on.
                if !unsent.is_open {
                    self.note(Note::Over { mark })?;
                }
                Ok(Err(unsent.why))
            }
        }
    }

    /// Uploads a parcel where that is wanted, and begins its job; the job's name.
    async fn submit(&self, parcel: &Parcel, after: Option<&str>) -> Result<String, Unsent> {
        let api = self.deferred.api;
        let file = match api.upload(parcel) {
            Some(upload) => {
                let answer = self.deferred.ask(upload).await;
                Some(answer.and_then(|answer| named(&answer, "an uploaded file")).map_err(Unsent::not)?)
            }
            None => None,
        };
        let mut asking = self.deferred.asking(api.begin(parcel, file.as_deref()));
        loop {
            let failed = match asking.once().await {
                Ok(answer) => return named(&answer, "a job").map_err(Unsent::perhaps),
                Err(failed) => failed,
            };
            let again = asking.wait(&failed).await;
            // Its answer was lost, perhaps: a job that has begun is not begun once more.
            if failed.is_open {
                let listed = self.listed().await.map_err(Unsent::perhaps)?;
                let lost = Lost { mark: &parcel.mark, rows: parcel.rows.len() as u64, after };
                if let Some(id) = self.found(&listed, lost) {
                    return Ok(id);
                }
            }
            again.map_err(|why| Unsent { why, is_open: failed.is_open })?;
        }
    }

    /// Asks the provider to end what is under way. What it cannot end goes on, and is looked after.
    async fn cancel(&mut self) {
        let ids: Vec<String> = self.jobs.under_way().filter_map(|job| job.id.clone()).collect();
        for id in ids {
            if let Err(why) = self.deferred.ask(self.deferred.api.cancel(&id)).await {
                self.why = Some(why);
            }
        }
    }

    /// Looks once at each job, and merges those that have ended.
    async fn look(&mut self) -> Result<(), Error> {
        let jobs: Vec<(String, String)> =
            self.jobs.under_way().filter_map(|job| Some((job.mark.clone(), job.id.clone()?))).collect();
        let mut working = 0_u64;
        for (mark, id) in jobs {
            let api = self.deferred.api;
            let answer = self.deferred.ask(api.look(&id)).await.and_then(|answer| json(&answer));
            let (paths, failed) = match answer.map(|job| api.standing(&job)) {
                // Whoever does not answer now may do so at the next look.
                Err(_) => continue,
                Ok(Standing::Working(done)) => {
                    working = working.saturating_add(done);
                    continue;
                }
                Ok(Standing::Ended(paths)) => (paths, None),
                Ok(Standing::Failed(paths, why)) => (paths, Some(why)),
            };
            match self.fetch(paths).await {
                // Answers that cannot be had now are there at the next look.
                Err(_) => continue,
                Ok(files) if files.iter().any(|file| self.is_foreign(file, &mark)) => {
                    self.note(Note::Foreign { mark, id })?;
                    // Its rows are looked for further, or handed over.
                    self.again = true;
                    continue;
                }
                Ok(files) => files.iter().try_for_each(|file| self.merge(file))?,
            }
            self.note(Note::Over { mark })?;
            self.why = failed.or_else(|| self.why.take());
        }
        self.book.observer.deferred(working, &self.book.counts);
        Ok(())
    }

    async fn fetch(&self, paths: Vec<String>) -> Result<Vec<Bytes>, String> {
        let mut files = Vec::new();
        for path in paths {
            files.push(self.deferred.ask(super::api::call(http::Method::GET, path)).await?);
        }
        Ok(files)
    }

    fn rows_with_provider(&self) -> Vec<(u64, u64)> {
        self.jobs.under_way().flat_map(|job| job.rows.iter().copied()).collect()
    }

    fn note(&mut self, note: Note) -> Result<(), Error> {
        let text = serde_json::to_string(&note).expect("strings and numbers are JSON");
        let writing = Error::writing("write the journal", &self.book.paths.journal);
        self.book.journal.note(text).map_err(writing)?;
        self.jobs.heed(note);
        Ok(())
    }
}

impl Filling {
    /// Adds a row; a parcel that is to go now.
    fn add(&mut self, place: (String, String), row: u64, body: RequestBody) -> Option<Parcel> {
        let length = body.as_str().len();
        self.bytes = self.bytes.saturating_add(length);
        let (bytes, rows) = self.parcels.entry(place.clone()).or_default();
        *bytes = bytes.saturating_add(length);
        rows.push((row, body));
        if rows.len() >= ROWS_MAX || *bytes >= BYTES_MAX {
            return self.take(&place);
        }
        if self.bytes >= FILLING_MAX { self.take_largest() } else { None }
    }

    fn take_largest(&mut self) -> Option<Parcel> {
        let largest = self.parcels.iter().max_by_key(|(_, (bytes, _))| *bytes)?.0.clone();
        self.take(&largest)
    }

    fn take(&mut self, place: &(String, String)) -> Option<Parcel> {
        let (bytes, rows) = self.parcels.remove(place)?;
        self.bytes = self.bytes.saturating_sub(bytes);
        let (path, model) = place.clone();
        Some(Parcel { path, model, mark: String::new(), rows })
    }
}

/// A line's number, its `custom_id`, and its request or why there is none.
fn read(
    format: &RequestRows,
    line: &Line<'_>,
    seen: &mut Seen,
) -> (u64, String, Result<crate::Request, String>) {
    let number = line.number;
    let Some(content) = line.content else {
        let why = format!("line {number}: longer than {} MiB", LINE_BYTES_MAX >> 20);
        return (number, crate::format::default_id(number), Err(why));
    };
    let reading = format.read(content, number);
    let item = if seen.insert(&reading.custom_id) {
        reading.item
    } else {
        Err(format!("line {number}: custom_id {:?} was used by an earlier row", reading.custom_id))
    };
    (number, reading.custom_id, item)
}

/// The name that the provider gave to `what`.
fn named(answer: &Bytes, what: &str) -> Result<String, String> {
    let name = json(answer)?["id"].as_str().map(str::to_owned);
    name.ok_or_else(|| format!("the provider gave {what} no name"))
}

fn json(bytes: &Bytes) -> Result<Value, String> {
    serde_json::from_slice(bytes).map_err(|error| format!("the provider's answer is not JSON: {error}"))
}
