//! `Run`: the loop that takes rows from the input, keeps a bounded number in process and journals each that ends.
//!
//! It decides nothing about pace, order or retries: rows are offered in input order, as many at a time as there is
//! room for, and whoever processes them lets them wait. Memory is bounded by the rows in process (their number and
//! their bytes) and by what is kept of each row of the input: eight bytes for its place in the journal and sixteen
//! for its `custom_id`.

mod room;

use std::fs::File;

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};

use crate::assemble::line_id;
use crate::input::{LINE_BYTES_MAX, Line, Lines};
use crate::job::{Concurrency, End, OnFailure};
use crate::journal::{Head, Journal, RowLine};
use crate::output::{self, Ending};
use crate::paths::Paths;
use crate::processor::{Done, Failure};
use crate::progress::{Counts, Observer, RowEnd, Tokens};
use crate::seen::Seen;
use crate::stop::Urgency;
use crate::{Error, Format, Processor, Stop};
use room::Room;

/// Lines that are handled at a time without one being sent, before other tasks get their turn.
const LINES_PER_TURN: usize = 512;

/// A run that is about to go.
pub(crate) struct Run<'a, F, P> {
    pub(crate) paths: &'a Paths,
    pub(crate) head: &'a Head,
    pub(crate) run_name: String,
    pub(crate) concurrency: Concurrency,
    pub(crate) on_failure: OnFailure,
    pub(crate) format: &'a F,
    pub(crate) processor: &'a P,
    pub(crate) stop: &'a Stop,
    pub(crate) observer: &'a mut dyn Observer,
    pub(crate) journal: Journal,
    pub(crate) counts: Counts,
}

/// How a run ended, and what it gives back.
pub(crate) struct Verdict<'a> {
    pub(crate) end: End,
    pub(crate) journal: Journal,
    pub(crate) counts: Counts,
    pub(crate) observer: &'a mut dyn Observer,
}

/// A row in process.
struct Ticket {
    row: u64,
    custom_id: String,
    bytes: usize,
}

type Ended<O> = (Ticket, Result<Done<O>, Failure<O>>);
type InProcess<'a, O> = FuturesUnordered<BoxFuture<'a, Ended<O>>>;

/// Where the reading stands.
struct Reader {
    lines: Lines<File>,
    seen: Seen,
    row: u64,
    state: Reading,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// There may be more rows.
    More,
    /// The input was read to its end.
    AtEnd,
    /// No more rows are wanted.
    Stopped(End),
}

/// What a row read from the input calls for.
enum Row<T> {
    End,
    Handled,
    Send(Ticket, T),
}

impl<'a, F, P> Run<'a, F, P>
where
    F: Format,
    P: Processor<Item = F::Item>,
{
    /// Goes on until every row is finished or no more are wanted.
    pub(crate) async fn go(mut self, lines: Lines<File>) -> Result<Verdict<'a>, Error> {
        let mut reader = Reader { lines, seen: Seen::default(), row: 0, state: Reading::More };
        let mut room = Room::new(self.concurrency);
        let mut in_process = InProcess::new();
        let mut heard = Urgency::None;
        loop {
            let yields = self.fill(&mut reader, &mut room, &mut in_process)?;
            if in_process.is_empty() && reader.state != Reading::More {
                break;
            }
            tokio::select! {
                biased;
                urgency = self.stop.beyond(heard) => {
                    heard = urgency;
                    if urgency == Urgency::Now {
                        reader.state = Reading::Stopped(End::Interrupted);
                        break;
                    }
                    self.stop_sending(&mut reader, End::Interrupted);
                }
                Some((ticket, result)) = in_process.next() => {
                    room.bytes = room.bytes.saturating_sub(ticket.bytes);
                    self.take_result(&ticket, result, &mut reader)?;
                }
                () = tokio::task::yield_now(), if yields => {}
            }
        }
        drop(in_process);
        let end = self.end(&reader)?;
        Ok(Verdict { end, journal: self.journal, counts: self.counts, observer: self.observer })
    }

    /// Takes rows while there is room. True when it left off only to give others their turn.
    fn fill(
        &mut self,
        reader: &mut Reader,
        room: &mut Room,
        in_process: &mut InProcess<'a, P::Output>,
    ) -> Result<bool, Error> {
        let processor = self.processor;
        for _ in 0..LINES_PER_TURN {
            if reader.state != Reading::More || !room.takes_more(in_process.len(), processor) {
                return Ok(false);
            }
            match self.next_row(reader)? {
                Row::End => reader.state = Reading::AtEnd,
                Row::Handled => {}
                Row::Send(ticket, item) => {
                    room.bytes = room.bytes.saturating_add(ticket.bytes);
                    in_process.push(Box::pin(async move { (ticket, processor.process(item).await) }));
                }
            }
        }
        Ok(true)
    }

    /// Reads one row. A row that is finished is passed over, one that is of no use becomes an error row at once.
    fn next_row(&mut self, reader: &mut Reader) -> Result<Row<F::Item>, Error> {
        let Some(line) = reader.lines.next().map_err(Error::reading(&self.paths.input))? else {
            return Ok(Row::End);
        };
        let row = reader.row;
        if row >= self.head.rows {
            return Err(Error::InputChangedMeanwhile(self.paths.input.clone()));
        }
        reader.row = row.saturating_add(1);
        let bytes = line.content.map_or(0, <[u8]>::len);
        let (custom_id, item) = read_line(self.format, &line, &mut reader.seen);
        if self.journal.index().has(row) {
            return Ok(Row::Handled);
        }
        let ticket = Ticket { row, custom_id, bytes };
        match item {
            Ok(item) => Ok(Row::Send(ticket, item)),
            Err(why) => {
                self.finish_row(&ticket, Ending::unusable(why), reader)?;
                Ok(Row::Handled)
            }
        }
    }

    fn take_result(
        &mut self,
        ticket: &Ticket,
        result: Result<Done<P::Output>, Failure<P::Output>>,
        reader: &mut Reader,
    ) -> Result<(), Error> {
        match Ending::of(result) {
            Some(ending) => self.finish_row(ticket, ending, reader),
            None => {
                // Only a processor that stops leaves a row unsent; the next run takes it.
                self.stop_sending(reader, End::Interrupted);
                Ok(())
            }
        }
    }

    /// Journals a row; from then on it is finished.
    fn finish_row(
        &mut self,
        ticket: &Ticket,
        ending: Ending<P::Output>,
        reader: &mut Reader,
    ) -> Result<(), Error> {
        let Ticket { row, custom_id, .. } = ticket;
        let output = output::line(&line_id(&self.run_name, *row), custom_id, &ending)
            .map_err(|source| Error::Encode { custom_id: custom_id.clone(), source })?;
        let tokens = Tokens::from(&ending.effort);
        self.journal
            .append(&RowLine { row: *row, class: ending.class, tokens, output: &output })
            .map_err(Error::writing("write the journal", &self.paths.journal))?;
        self.counts.add(ending.class, tokens);
        self.counts.refusals = self.counts.refusals.saturating_add(u64::from(ending.effort.refusals));
        let message = ending.message.as_deref();
        let told = RowEnd { custom_id, class: ending.class, effort: &ending.effort, message };
        self.observer.row_ended(&told, &self.counts);
        if message.is_some() && self.on_failure == OnFailure::Stop {
            self.stop_sending(reader, End::StoppedOnFailure);
        }
        Ok(())
    }

    fn stop_sending(&self, reader: &mut Reader, end: End) {
        // The first reason to stop is the one that is reported.
        if !matches!(reader.state, Reading::Stopped(_)) {
            reader.state = Reading::Stopped(end);
        }
        self.processor.stop();
    }

    fn end(&self, reader: &Reader) -> Result<End, Error> {
        let at_end = reader.state == Reading::AtEnd;
        if at_end && reader.lines.hash() != self.head.input {
            return Err(Error::InputChangedMeanwhile(self.paths.input.clone()));
        }
        match reader.state {
            // A stop that came when nothing was left to do changes nothing.
            _ if self.journal.index().is_full() => Ok(End::Complete),
            Reading::Stopped(end) => Ok(end),
            Reading::More | Reading::AtEnd => Ok(End::Interrupted),
        }
    }
}

/// The row's `custom_id`, and its item or why there is none.
fn read_line<F: Format>(format: &F, line: &Line<'_>, seen: &mut Seen) -> (String, Result<F::Item, String>) {
    let number = line.number;
    let Some(content) = line.content else {
        let why = format!("line {number}: longer than {} MiB", LINE_BYTES_MAX >> 20);
        return (crate::format::default_id(number), Err(why));
    };
    let reading = format.read(content, number);
    let new = seen.insert(&reading.custom_id);
    let item = match reading.item {
        Ok(_) if !new => {
            Err(format!("line {number}: custom_id {:?} was used by an earlier row", reading.custom_id))
        }
        item => item,
    };
    (reading.custom_id, item)
}

#[cfg(test)]
mod tests;
