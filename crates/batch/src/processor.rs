//! `Processor`: what turns one item into one output; the seam between the batch engine and the work.

use std::future::Future;

use serde::Serialize;
use tidegate_core::{Class, Usage};

use crate::Effort;

/// What turns one item into one output.
///
/// The engine calls [`process`](Self::process) once an item and keeps a bounded number of those futures going.
/// Whatever makes an item wait (limits) or go again (retries) happens inside: the engine has no policy of its own.
/// A future may be dropped at any await point; the item then counts as not processed.
pub trait Processor: Send + Sync {
    /// What goes in.
    type Item: Send;
    /// What comes out: the `response` of the output line.
    type Output: Serialize + Send;

    /// Processes one item to its end, retries included.
    ///
    /// # Errors
    /// A [`Failure`] makes the row an error row, except where it says that it leaves the row to the next run.
    fn process(
        &self,
        item: Self::Item,
    ) -> impl Future<Output = Result<Done<Self::Output>, Failure<Self::Output>>> + Send;

    /// Send nothing from now on: items that still wait end soon with [`Failure::NotSent`], items under way go on
    /// to their end. Called when the run is to stop gently, possibly more than once.
    fn stop(&self) {}

    /// The group of an item: items that meet the same limits, such as those of one model at one provider. All groups
    /// go on at once, each at its own pace; within a group items are taken in order. One group by default.
    fn group(&self, item: &Self::Item) -> Group {
        let _ = item;
        Group::default()
    }

    /// How many of a group's items in process wait for a limit and are not sent; `None` where that is not known. The
    /// engine takes more items of a group at a time only as long as none wait, and looks for items of other groups
    /// further on in the input while some do.
    fn waiting(&self, group: Group) -> Option<usize> {
        let _ = group;
        None
    }

    /// How many of a group's items their limits may let go at once, as far as these are known; `None` where no limit
    /// is known. The engine takes so many soon instead of finding out whether they are of use: what the limits do not
    /// let go waits.
    fn at_once(&self, group: Group) -> Option<usize> {
        let _ = group;
        None
    }
}

/// A group of items that meet the same limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Group(u16);

impl Group {
    /// The most groups that are told apart. More models than this in one file are unheard of; what is beyond shares
    /// the last group, which costs it its own pace and nothing else.
    pub const MAX: usize = 256;

    /// The group of that number, counted from 0.
    #[must_use]
    pub fn new(number: usize) -> Self {
        Self(u16::try_from(number.min(Self::MAX.saturating_sub(1))).unwrap_or_default())
    }

    /// Its number.
    #[must_use]
    pub fn number(self) -> usize {
        usize::from(self.0)
    }
}

/// A processed item.
#[derive(Clone, Debug)]
pub struct Done<O> {
    /// What came out.
    pub output: O,
    /// What it took.
    pub effort: Effort,
}

impl<O> From<O> for Done<O> {
    /// An output of one attempt that counted nothing.
    fn from(output: O) -> Self {
        Self { output, effort: Effort::default() }
    }
}

/// Why an item gave no good output.
#[derive(Clone, Debug)]
pub enum Failure<O> {
    /// It was not sent, because the run stops. The row stays unfinished, and the next run takes it.
    NotSent,
    /// It was not sent and nothing else can be, for this reason: the run ends, and the same job goes on later. The row
    /// stays unfinished.
    GaveUp(String),
    /// It failed for a reason that every other item meets too: the key is refused, the credit is used up. As long as
    /// nothing was answered the row is an error row; later the run ends, so that what is left can be sent when the
    /// reason is gone.
    Hopeless(Box<Failed<O>>),
    /// It failed for good: the row is an error row.
    Failed(Box<Failed<O>>),
}

/// An item that failed for good.
#[derive(Clone, Debug)]
pub struct Failed<O> {
    /// How it ended; the `code` of the row's error.
    pub class: Class,
    /// What a person reads.
    pub message: String,
    /// The last answer, where there was one.
    pub last: Option<O>,
    /// What it took.
    pub effort: Effort,
}

impl<O> Failure<O> {
    /// A failure without any answer.
    #[must_use]
    pub fn new(class: Class, message: impl Into<String>) -> Self {
        Self::Failed(Box::new(Failed {
            class,
            message: message.into(),
            last: None,
            effort: Effort::default(),
        }))
    }
}

impl Effort {
    /// The tokens of this effort as `usage` has them; none where it is `None`.
    #[must_use]
    pub fn with_usage(mut self, usage: Option<&Usage>) -> Self {
        self.input_tokens = usage.map(|usage| usage.input_tokens);
        self.output_tokens = usage.map(|usage| usage.output_tokens);
        self
    }
}
