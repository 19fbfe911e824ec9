//! `Run`: the loop that takes rows from the input, keeps a bounded number in process and journals each that ends.
//!
//! It decides nothing about pace, order or retries: rows of a group are offered in input order, as many at a time as
//! there is room for, and whoever processes them lets them wait. Memory is bounded by the rows in process (their
//! number and their bytes) and by what is kept of each row of the input: eight bytes for its place in the journal,
//! sixteen for its `custom_id`, and 24 while it is parked, since its group has no room and others may have.

mod reader;
mod rooms;

use std::fs::File;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tidegate::Clock;

use crate::book::Book;
use crate::job::{End, OnFailure};
use crate::journal::Head;
use crate::output::{Ending, Unended};
use crate::processor::{Done, Failure, Group};
use crate::stop::Urgency;
use crate::{Concurrency, Error, Format, Processor, Stop};
use reader::{Parked, Reader, Row};
pub(crate) use rooms::Rooms;

/// Lines that are handled at a time without one being sent, before other tasks get their turn.
const LINES_PER_TURN: usize = 512;

/// A run that is about to go.
pub(crate) struct Run<'a, F, P> {
    pub(crate) book: Book<'a>,
    pub(crate) head: &'a Head,
    pub(crate) concurrency: Concurrency,
    pub(crate) on_failure: OnFailure,
    pub(crate) format: &'a F,
    pub(crate) processor: &'a P,
    pub(crate) stop: &'a Stop,
    pub(crate) clock: Arc<dyn Clock>,
    /// Why nothing can be sent any more.
    pub(crate) why: Option<String>,
}

/// How a run ended, and what it gives back.
pub(crate) struct Verdict<'a> {
    pub(crate) end: End,
    pub(crate) why: Option<String>,
    pub(crate) book: Book<'a>,
}

/// A row in process.
struct Ticket {
    row: u64,
    custom_id: String,
    group: Group,
    bytes: usize,
}

type Ended<O> = (Ticket, Result<Done<O>, Failure<O>>);
type InProcess<'a, O> = FuturesUnordered<BoxFuture<'a, Ended<O>>>;

/// What a run has under way.
struct Going<'a, O> {
    reader: Reader,
    reading: Reading,
    rooms: Rooms<Parked>,
    in_process: InProcess<'a, O>,
    /// Whether an item began since it was last looked whether any wait.
    began: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// There may be more rows.
    More,
    /// The input was read to its end; parked rows may be left.
    AtEnd,
    /// No more rows are wanted.
    Stopped(End),
}

impl<'a, F, P> Run<'a, F, P>
where
    F: Format,
    P: Processor<Item = F::Item>,
{
    /// Goes on until every row of `input` is finished or no more are wanted. `again` is the same file once more.
    pub(crate) async fn go(mut self, input: File, again: File) -> Result<Verdict<'a>, Error> {
        let mut going = Going {
            reader: Reader::new(input, again, self.head.rows),
            reading: Reading::More,
            rooms: Rooms::new(self.concurrency),
            in_process: InProcess::new(),
            began: false,
        };
        let mut heard = Urgency::None;
        loop {
            let yields = self.fill(&mut going)?;
            if going.in_process.is_empty() && going.is_over() {
                break;
            }
            tokio::select! {
                biased;
                urgency = self.stop.beyond(heard) => {
                    heard = urgency;
                    if urgency == Urgency::Now {
                        going.reading = Reading::Stopped(End::Interrupted);
                        break;
                    }
                    self.stop_sending(&mut going.reading, End::Interrupted);
                }
                Some((ticket, result)) = going.in_process.next() => {
                    going.rooms.end(ticket.group, ticket.bytes, self.processor, self.clock.now());
                    self.take_result(&ticket, result, &mut going.reading)?;
                }
                () = tokio::task::yield_now(), if yields => {}
            }
        }
        let Going { reading, .. } = going;
        let end = self.end(reading);
        Ok(Verdict { end, why: self.why, book: self.book })
    }

    /// Takes rows while there is room. True when it left off only to give others their turn.
    fn fill(&mut self, going: &mut Going<'a, P::Output>) -> Result<bool, Error> {
        for _ in 0..LINES_PER_TURN {
            if matches!(going.reading, Reading::Stopped(_)) {
                return Ok(false);
            }
            let unread = Error::reading(&self.book.paths.input);
            if let Some(parked) = going.rooms.unpark() {
                let row = going.reader.again(parked, self.format).map_err(unread)?;
                let row = row.ok_or_else(|| Error::InputChangedMeanwhile(self.book.paths.input.clone()))?;
                self.take_row(row, going)?;
            } else if going.reading == Reading::More && going.rooms.reads_on(self.processor) {
                match going.reader.next(self.format).map_err(unread)? {
                    None => self.input_ended(going)?,
                    Some(row) => self.take_row(row, going)?,
                }
            } else {
                // Items that have just begun do not know yet whether they wait: look again once they do.
                return Ok(std::mem::take(&mut going.began) && going.reading == Reading::More);
            }
        }
        Ok(true)
    }

    /// Begins a row, or parks it. A row that is finished is passed over, one that is of no use becomes an error row
    /// at once.
    fn take_row(&mut self, row: Row<F::Item>, going: &mut Going<'a, P::Output>) -> Result<(), Error> {
        if row.row >= self.head.rows {
            return Err(Error::InputChangedMeanwhile(self.book.paths.input.clone()));
        }
        if self.book.journal.index().has(row.row) {
            return Ok(());
        }
        let mut ticket =
            Ticket { row: row.row, custom_id: row.custom_id, group: Group::default(), bytes: row.bytes };
        let item = match row.item {
            Ok(item) => item,
            Err(why) => return self.finish_row(&ticket, &Ending::unusable(why), &mut going.reading),
        };
        let processor = self.processor;
        ticket.group = processor.group(&item);
        if going.rooms.has(ticket.group) {
            going.rooms.begin(ticket.group, ticket.bytes);
            going.began = true;
            going.in_process.push(Box::pin(async move { (ticket, processor.process(item).await) }));
        } else {
            going.rooms.park(ticket.group, row.parked);
        }
        Ok(())
    }

    fn input_ended(&self, going: &mut Going<'a, P::Output>) -> Result<(), Error> {
        if going.reader.hash() != self.head.input {
            return Err(Error::InputChangedMeanwhile(self.book.paths.input.clone()));
        }
        going.reading = Reading::AtEnd;
        Ok(())
    }

    fn take_result(
        &mut self,
        ticket: &Ticket,
        result: Result<Done<P::Output>, Failure<P::Output>>,
        reading: &mut Reading,
    ) -> Result<(), Error> {
        let end = match Ending::of(result, self.book.counts.answered() > 0) {
            Ok(ending) => return self.finish_row(ticket, &ending, reading),
            // Only a processor that stops leaves a row unsent; the next run takes it.
            Err(Unended::NotSent) => End::Interrupted,
            Err(Unended::GaveUp(why)) => {
                self.why.get_or_insert(why);
                End::GaveUp
            }
        };
        self.stop_sending(reading, end);
        Ok(())
    }

    /// Writes down how a row ended.
    fn finish_row(
        &mut self,
        ticket: &Ticket,
        ending: &Ending<P::Output>,
        reading: &mut Reading,
    ) -> Result<(), Error> {
        let failed = self.book.finish(ticket.row, &ticket.custom_id, ending)?;
        if failed && self.on_failure == OnFailure::Stop {
            self.stop_sending(reading, End::StoppedOnFailure);
        }
        Ok(())
    }

    fn stop_sending(&self, reading: &mut Reading, end: End) {
        // The first reason to stop is the one that is reported.
        if !matches!(reading, Reading::Stopped(_)) {
            *reading = Reading::Stopped(end);
        }
        self.processor.stop();
    }

    fn end(&self, reading: Reading) -> End {
        match reading {
            // A stop that came when nothing was left to do changes nothing.
            _ if self.book.journal.index().is_full() => End::Complete,
            Reading::Stopped(end) => end,
            Reading::More | Reading::AtEnd => End::Interrupted,
        }
    }
}

impl<O> Going<'_, O> {
    /// Whether no more rows will begin.
    fn is_over(&self) -> bool {
        match self.reading {
            Reading::More => false,
            Reading::AtEnd => !self.rooms.has_parked(),
            Reading::Stopped(_) => true,
        }
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::Doubler;
