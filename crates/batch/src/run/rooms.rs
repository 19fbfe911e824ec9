//! `Rooms`: how many items of each group may be in process, and which group's item goes next.

use std::collections::VecDeque;
use std::time::Duration;

use tidegate::Timestamp;

use crate::job::Concurrency;
use crate::{Group, Processor};
use pace::Pace;

mod pace;

/// Items of a group in process at the start when their number is to be found: few enough for a provider that states no
/// limit and answers a handful at a time, such as one on this machine.
const IN_PROCESS_START: usize = 64;
/// Items of a group in process at most because its limits are known to let so many go at once. It has to be soon: in the
/// seconds that finding it out takes, a window that allows hundreds at once is lost in part.
const AT_ONCE_MAX: usize = 1_024;
/// How many more of them are taken at a time, and how often: each has a connection to be opened, and hundreds in one
/// moment keep one another, and whatever else runs here, from their turn. Where as many ended since the last step, answers
/// come too fast for a wider window to be of use.
const AT_ONCE_STEP: usize = 128;
const STEPS_APART: Duration = Duration::from_millis(100);
/// Bytes of input lines in process above which no more are taken (one always is).
const BYTES_MAX: usize = 32 << 20;

/// How much may be in process, over all groups and in each. `T` is what stands for an item that was read before there
/// was room for it.
pub(crate) struct Rooms<T> {
    rooms: Vec<Room<T>>,
    /// A group's window at its start, and the most items of all groups together.
    start: usize,
    max: usize,
    in_process: usize,
    bytes: usize,
}

/// One group's share.
struct Room<T> {
    window: usize,
    in_process: usize,
    /// When it was last widened to what the limits let go, and how many items ended since.
    stepped: Option<Timestamp>,
    ended: usize,
    pace: Pace,
    parked: VecDeque<T>,
}

impl<T> Rooms<T> {
    pub(crate) fn new(concurrency: Concurrency) -> Self {
        let (start, max) = match concurrency {
            Concurrency::FoundUpTo(max) => (IN_PROCESS_START.min(max.get()), max.get()),
            Concurrency::AtMost(count) => (count.get(), count.get()),
        };
        Self { rooms: Vec::new(), start, max, in_process: 0, bytes: 0 }
    }

    /// Whether anything may begin at all.
    pub(crate) fn any(&self) -> bool {
        self.in_process == 0 || (self.in_process < self.max && self.bytes < BYTES_MAX)
    }

    /// Whether an item of this group may begin.
    pub(crate) fn has(&self, group: Group) -> bool {
        self.any() && self.rooms.get(group.number()).is_none_or(|room| !room.is_full())
    }

    /// Whether the input is worth reading on: there is room for whatever comes, or a group is held back by its limits,
    /// so that others might use what it cannot.
    pub(crate) fn reads_on<P: Processor>(&self, processor: &P) -> bool {
        let full = |room: &Room<T>| room.is_full() || !room.parked.is_empty();
        if self.any() && !self.rooms.iter().any(full) {
            return true;
        }
        (0..).zip(&self.rooms).any(|(number, room)| {
            full(room) && processor.waiting(Group::new(number)).is_some_and(|waiting| waiting > 0)
        })
    }

    /// An item of `group` begins.
    pub(crate) fn begin(&mut self, group: Group, bytes: usize) {
        self.in_process = self.in_process.saturating_add(1);
        self.bytes = self.bytes.saturating_add(bytes);
        let room = self.room(group);
        room.in_process = room.in_process.saturating_add(1);
    }

    /// An item of `group` ended; its window may change.
    pub(crate) fn end<P: Processor>(&mut self, group: Group, bytes: usize, processor: &P, now: Timestamp) {
        self.in_process = self.in_process.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
        let (start, max) = (self.start, self.max);
        let room = self.room(group);
        let was_full = room.is_full();
        room.in_process = room.in_process.saturating_sub(1);
        if was_full && start < max {
            let waits = || processor.waiting(group).unwrap_or(0) > 0;
            room.window = room.pace.window(room.window, max, waits, now).max(start);
            room.follow_limits(|| processor.at_once(group), max, now);
        }
    }

    /// Keeps an item of a group that has no room.
    pub(crate) fn park(&mut self, group: Group, item: T) {
        self.room(group).parked.push_back(item);
    }

    /// The next parked item that may begin: of the group that has the fewest in process, so that none starves.
    pub(crate) fn unpark(&mut self) -> Option<T> {
        if !self.any() {
            return None;
        }
        let open = self.rooms.iter_mut().filter(|room| !room.parked.is_empty() && !room.is_full());
        open.min_by_key(|room| room.in_process)?.parked.pop_front()
    }

    /// Whether items wait for room.
    pub(crate) fn has_parked(&self) -> bool {
        self.rooms.iter().any(|room| !room.parked.is_empty())
    }

    fn room(&mut self, group: Group) -> &mut Room<T> {
        let (number, window) = (group.number(), self.start);
        while self.rooms.len() <= number {
            self.rooms.push(Room {
                window,
                in_process: 0,
                stepped: None,
                ended: 0,
                pace: Pace::default(),
                parked: VecDeque::new(),
            });
        }
        // The loop above made it.
        &mut self.rooms[number]
    }
}

impl<T> Room<T> {
    const fn is_full(&self) -> bool {
        self.in_process >= self.window
    }

    /// Widens the window by a step towards what the limits let go at once.
    fn follow_limits(&mut self, at_once: impl Fn() -> Option<usize>, max: usize, now: Timestamp) {
        self.ended = self.ended.saturating_add(1);
        if self.stepped.is_some_and(|stepped| now.since(stepped) < STEPS_APART) {
            return;
        }
        self.stepped = Some(now);
        if std::mem::take(&mut self.ended) < AT_ONCE_STEP {
            let wished = at_once().unwrap_or(0).min(AT_ONCE_MAX).min(max);
            self.window = self.window.max(wished.min(self.window.saturating_add(AT_ONCE_STEP)));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;
    use std::time::Duration;

    use super::*;
    use crate::{Done, Failure};

    /// Processes nothing; so many items of each group wait, and the limits let so many go at once.
    struct Waiting([usize; 2], Option<usize>);

    impl Processor for Waiting {
        type Item = ();
        type Output = ();

        async fn process(&self, _item: ()) -> Result<Done<()>, Failure<()>> {
            Err(Failure::NotSent)
        }

        fn waiting(&self, group: Group) -> Option<usize> {
            self.0.get(group.number()).copied()
        }

        fn at_once(&self, _group: Group) -> Option<usize> {
            self.1
        }
    }

    fn group(number: usize) -> Group {
        Group::new(number)
    }

    /// How many items are in process while so many wait and one ends at a time, each ten seconds after its start.
    fn taken(rooms: &mut Rooms<()>, waiting: usize) -> usize {
        let (processor, mut in_process, mut now) = (Waiting([waiting, 0], None), 0, Timestamp::ZERO);
        for _ in 0..5_000 {
            while rooms.has(group(0)) {
                rooms.begin(group(0), 1);
                in_process += 1;
            }
            now = now.after(Duration::from_secs(10) / u32::try_from(in_process).unwrap());
            rooms.end(group(0), 1, &processor, now);
            in_process -= 1;
        }
        in_process + 1
    }

    fn up_to(max: usize) -> Rooms<()> {
        Rooms::new(Concurrency::FoundUpTo(NonZeroUsize::new(max).unwrap()))
    }

    #[test]
    fn no_more_items_are_taken_while_some_wait_for_a_limit() {
        assert_eq!(taken(&mut up_to(1_000), 1), IN_PROCESS_START);
        assert_eq!(taken(&mut up_to(1_000), 0), 1_000);
        assert_eq!(taken(&mut up_to(3), 0), 3);
    }

    /// How many items are in process after so many tenths of a second in which one ended, where so many may go at once.
    fn taken_of(at_once: usize, most: usize, tenths: u64) -> usize {
        taken_at(&mut up_to(most), at_once, tenths, Duration::from_millis(100))
    }

    /// The same, where items end so far apart.
    fn taken_at(rooms: &mut Rooms<()>, at_once: usize, ends: u64, apart: Duration) -> usize {
        let mut now = Timestamp::ZERO;
        for _ in 0..ends {
            while rooms.has(group(0)) {
                rooms.begin(group(0), 1);
            }
            now = now.after(apart);
            rooms.end(group(0), 1, &Waiting([1, 0], Some(at_once)), now);
        }
        while rooms.has(group(0)) {
            rooms.begin(group(0), 1);
        }
        rooms.in_process
    }

    #[test]
    fn what_the_limits_let_go_at_once_is_taken_in_a_few_steps() {
        assert_eq!([0, 1, 2, 10].map(|tenths| taken_of(300, 2_000, tenths)), [64, 192, 300, 300]);
        assert_eq!(taken_of(1_000_000, 2_000, 100), AT_ONCE_MAX);
        assert_eq!(taken_of(300, 100, 10), 100, "no more than is allowed");
        assert_eq!(taken_of(1, 2_000, 10), IN_PROCESS_START, "those that wait cost little");
    }

    #[test]
    fn no_more_are_taken_where_answers_come_at_once() {
        let fast = Duration::from_micros(500);
        assert_eq!(taken_at(&mut up_to(2_000), 1_000_000, 10_000, fast), IN_PROCESS_START + AT_ONCE_STEP);
    }

    #[test]
    fn long_lines_are_taken_one_at_a_time() {
        let mut rooms = up_to(1_000);
        assert!(rooms.has(group(0)));
        rooms.begin(group(0), BYTES_MAX);
        assert!(!rooms.has(group(0)) && !rooms.has(group(1)));
    }

    #[test]
    fn a_group_that_waits_leaves_room_for_others_and_lets_the_input_be_read_on() {
        let mut rooms = up_to(1_000);
        for _ in 0..IN_PROCESS_START {
            rooms.begin(group(0), 1);
        }
        assert!(!rooms.has(group(0)) && rooms.has(group(1)));
        assert!(rooms.reads_on(&Waiting([1, 0], None)));
        assert!(
            !rooms.reads_on(&Waiting([0, 0], None)),
            "the answers are slow, not the limits: nothing is gained"
        );
    }

    #[test]
    fn the_group_with_the_fewest_in_process_goes_next() {
        let mut rooms = Rooms::new(Concurrency::AtMost(NonZeroUsize::new(3).unwrap()));
        for _ in 0..3 {
            rooms.begin(group(0), 1);
        }
        rooms.park(group(0), 'a');
        rooms.park(group(1), 'b');
        assert_eq!(rooms.unpark(), None);
        rooms.end(group(0), 1, &Waiting([1, 1], None), Timestamp::ZERO);
        assert_eq!(rooms.unpark(), Some('b'));
        assert!(rooms.has_parked());
    }
}
