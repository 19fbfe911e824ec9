//! `Batches`: the files and jobs that an emulated provider keeps, as many as are of use.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::Job;
use super::shapes;
use crate::dialect::Dialect;
use crate::wall::WallTime;

/// Files and jobs that are kept; the oldest go first.
const KEPT_MAX: usize = 1_000;

/// The files and jobs.
#[derive(Debug, Default)]
pub(crate) struct Batches {
    files: BTreeMap<String, Bytes>,
    jobs: BTreeMap<String, Job>,
    count: u64,
}

impl Batches {
    /// Keeps a file; its name and its length.
    pub(crate) fn keep(&mut self, content: Bytes) -> (String, usize) {
        let (id, bytes) = (self.name("file-"), content.len());
        bound(&mut self.files);
        self.files.insert(id.clone(), content);
        (id, bytes)
    }

    pub(crate) fn file(&self, id: &str) -> Option<&Bytes> {
        self.files.get(id)
    }

    pub(crate) fn job(&mut self, id: &str) -> Option<&mut Job> {
        self.jobs.get_mut(id)
    }

    /// Forgets a job; false when there is none of that name.
    pub(crate) fn forget(&mut self, id: &str) -> bool {
        self.jobs.remove(id).is_some()
    }

    /// The jobs, the latest first.
    pub(crate) fn jobs(&self) -> impl Iterator<Item = &Job> {
        self.jobs.values().rev()
    }

    /// Begins a job at `at`. Its file of answers is there from the beginning, under a name that is told at the end.
    pub(crate) fn begin(&mut self, mut job: Job, dialect: Dialect, at: WallTime) -> &Job {
        job.id = self.name(if dialect == Dialect::Anthropic { "msgbatch_" } else { "batch_" });
        job.created = at;
        let all = shapes::results(dialect, &job, at.after(std::time::Duration::from_secs(1 << 30)));
        job.output = self.keep(all).0;
        bound(&mut self.jobs);
        let id = job.id.clone();
        self.jobs.entry(id).or_insert(job)
    }

    /// A name that no other file or job has; later ones sort behind earlier ones.
    fn name(&mut self, prefix: &str) -> String {
        self.count += 1;
        format!("{prefix}{:08}", self.count)
    }
}

fn bound<T>(kept: &mut BTreeMap<String, T>) {
    if kept.len() >= KEPT_MAX {
        kept.pop_first();
    }
}

/// The content of the part of that name of a multipart form (RFC 7578).
pub(super) fn part<'b>(body: &'b [u8], name: &str) -> Option<&'b [u8]> {
    let find = |within: &[u8], what: &[u8]| within.windows(what.len()).position(|window| window == what);
    let line_end = find(body, b"\r\n")?;
    let boundary = [b"\r\n", &body[..line_end]].concat();
    let marked = format!("name=\"{name}\"");
    let mut rest = &body[line_end + 2..];
    loop {
        let head_end = find(rest, b"\r\n\r\n")?;
        let (head, content) = (&rest[..head_end], &rest[head_end + 4..]);
        let end = find(content, &boundary)?;
        if find(head, marked.as_bytes()).is_some() {
            return Some(&content[..end]);
        }
        rest = content.get(end + boundary.len() + 2..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_form_is_found_by_its_name() {
        let form = b"--x\r\ncontent-disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--x\r\n\
            content-disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n{\"a\":1}\n\r\n--x--\r\n";
        assert_eq!(part(form, "file"), Some(&b"{\"a\":1}\n"[..]));
        assert_eq!(part(form, "purpose"), Some(&b"batch"[..]));
        assert_eq!(part(form, "other"), None);
        assert_eq!(part(b"no form", "file"), None);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut batches = Batches::default();
        let first = batches.keep(Bytes::new()).0;
        for _ in 0..KEPT_MAX {
            batches.keep(Bytes::new());
        }
        assert_eq!((batches.file(&first), batches.files.len()), (None, KEPT_MAX));
    }
}
