//! The suite of the `Clock` seam.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tidegate_core::Timestamp;

use crate::clock::{Clock, Due, TimerId};

/// How long a call that must come is waited for until the suite fails: far longer than any machine is late.
const PATIENCE: Duration = Duration::from_secs(20);

/// Checks a clock against the contract of [`Clock`].
///
/// `pass` lets a tenth of a second go by; where time goes by by itself it does nothing.
///
/// # Panics
///
/// When a rule of the contract is broken, with the rule.
pub fn clock(clock: &Arc<dyn Clock>, pass: &dyn Fn()) {
    let room = || Room::new(clock, pass);
    time_never_goes_back(clock);
    deadlines_are_met_in_order_and_never_early(&room());
    equal_deadlines_are_met_in_the_order_of_their_timers(&room());
    arming_again_replaces_the_deadline(&room());
    who_disarms_or_goes_away_is_not_called(&room());
    a_deadline_that_has_passed_is_still_met_and_not_from_inside_arm(&room());
    a_sleeper_may_arm_its_timer_while_it_is_called(&room());
    what_many_threads_arm_at_once_is_all_met(&room());
}

/// A clock, and who was called by it.
struct Room<'suite> {
    clock: &'suite Arc<dyn Clock>,
    pass: &'suite dyn Fn(),
    sender: Sender<Call>,
    calls: Receiver<Call>,
}

/// Who was called, with which instant, and what the clock said at that moment.
struct Call {
    name: usize,
    now: Timestamp,
    read: Timestamp,
}

/// Notes that it was called, and reads the clock while it is, as an account does.
struct Sleeper {
    name: usize,
    clock: Arc<dyn Clock>,
    calls: Mutex<Sender<Call>>,
}

impl Due for Sleeper {
    fn due(&self, now: Timestamp) {
        let call = Call { name: self.name, now, read: self.clock.now() };
        // A suite that has failed listens no more.
        let _heard = self.calls.lock().unwrap_or_else(PoisonError::into_inner).send(call);
    }
}

impl<'suite> Room<'suite> {
    fn new(clock: &'suite Arc<dyn Clock>, pass: &'suite dyn Fn()) -> Self {
        let (sender, calls) = channel();
        Self { clock, pass, sender, calls }
    }

    fn sleeper(&self, name: usize) -> Arc<dyn Due> {
        let calls = Mutex::new(self.sender.clone());
        Arc::new(Sleeper { name, clock: self.clock.clone(), calls })
    }

    fn arm(&self, timer: TimerId, millis: u64, sleeper: &Arc<dyn Due>) -> Timestamp {
        let at = self.clock.now().after(Duration::from_millis(millis));
        self.clock.arm(timer, at, Arc::downgrade(sleeper));
        at
    }

    /// The next sleeper to be called.
    fn call(&self) -> Call {
        match self.calls.recv_timeout(PATIENCE) {
            Ok(call) => call,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                panic!("a deadline is met once the clock has reached it: {:?}", self.clock)
            }
        }
    }

    /// The names of the next sleepers to be called, so many of them.
    fn called(&self, count: usize) -> Vec<usize> {
        (self.pass)();
        (0..count).map(|_| self.call().name).collect()
    }

    fn assert_nobody_else(&self) {
        assert!(
            self.calls.try_recv().is_err(),
            "nobody is called twice, or after disarming: {:?}",
            self.clock
        );
    }
}

fn time_never_goes_back(clock: &Arc<dyn Clock>) {
    let readings: Vec<_> = (0..1_000).map(|_| clock.now()).collect();
    assert!(readings.is_sorted(), "time never goes back: {clock:?}");
}

fn deadlines_are_met_in_order_and_never_early(room: &Room<'_>) {
    let sleepers: Vec<_> = (0..3).map(|name| room.sleeper(name)).collect();
    let due = [(0, 30), (1, 10), (2, 20)]
        .map(|(name, millis)| room.arm(TimerId::unique(), millis, &sleepers[name]));
    (room.pass)();
    for name in [1, 2, 0] {
        let call = room.call();
        assert_eq!(call.name, name, "deadlines are met in order: {:?}", room.clock);
        assert!(due[name] <= call.now, "no deadline is met early: {:?}", room.clock);
        assert!(call.now <= call.read, "a sleeper is told the clock's own instant: {:?}", room.clock);
    }
    room.assert_nobody_else();
}

fn equal_deadlines_are_met_in_the_order_of_their_timers(room: &Room<'_>) {
    let sleepers: Vec<_> = (0..3).map(|name| room.sleeper(name)).collect();
    let timers: Vec<_> = (0..3).map(|_| TimerId::unique()).collect();
    let at = room.clock.now().after(Duration::from_millis(20));
    for place in [2, 0, 1] {
        room.clock.arm(timers[place], at, Arc::downgrade(&sleepers[place]));
    }
    assert_eq!(room.called(3), [0, 1, 2], "equal deadlines go by their timers: {:?}", room.clock);
}

fn arming_again_replaces_the_deadline(room: &Room<'_>) {
    let (moved, other) = (room.sleeper(0), room.sleeper(1));
    let timer = TimerId::unique();
    room.arm(timer, 15, &moved);
    room.arm(timer, 40, &moved);
    room.arm(TimerId::unique(), 30, &other);
    assert_eq!(room.called(2), [1, 0], "arming again replaces the deadline: {:?}", room.clock);
    room.assert_nobody_else();
}

fn who_disarms_or_goes_away_is_not_called(room: &Room<'_>) {
    let (disarmed, gone, last) = (room.sleeper(0), room.sleeper(1), room.sleeper(2));
    let timer = TimerId::unique();
    room.arm(timer, 20, &disarmed);
    room.clock.disarm(timer);
    room.clock.disarm(timer);
    room.arm(TimerId::unique(), 25, &gone);
    drop(gone);
    room.arm(TimerId::unique(), 30, &last);
    assert_eq!(room.called(1), [2], "who disarms or goes away is not called: {:?}", room.clock);
    room.assert_nobody_else();
}

fn a_deadline_that_has_passed_is_still_met_and_not_from_inside_arm(room: &Room<'_>) {
    let sleeper = room.sleeper(0);
    let guard = Arc::new(Mutex::new(()));
    let held = guard.lock().unwrap_or_else(PoisonError::into_inner);
    let guarded: Arc<dyn Due> = Arc::new(Guarded { guard: guard.clone(), inner: sleeper });
    // A clock that called from inside `arm` would never come back from here.
    room.arm(TimerId::unique(), 0, &guarded);
    drop(held);
    assert_eq!(room.called(1), [0], "a deadline that has passed is still met: {:?}", room.clock);
}

/// Takes a lock before it is called through.
struct Guarded {
    guard: Arc<Mutex<()>>,
    inner: Arc<dyn Due>,
}

impl Due for Guarded {
    fn due(&self, now: Timestamp) {
        drop(self.guard.lock().unwrap_or_else(PoisonError::into_inner));
        self.inner.due(now);
    }
}

/// Arms itself anew each time it is called, three times in all.
struct Chain {
    clock: Arc<dyn Clock>,
    timer: TimerId,
    me: Weak<Self>,
    left: Mutex<u32>,
    done: Arc<dyn Due>,
}

impl Due for Chain {
    fn due(&self, now: Timestamp) {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        *left = left.saturating_sub(1);
        if *left == 0 {
            self.done.due(now);
        } else {
            self.clock.arm(self.timer, now.after(Duration::from_millis(5)), self.me.clone());
        }
    }
}

fn a_sleeper_may_arm_its_timer_while_it_is_called(room: &Room<'_>) {
    let chain = Arc::new_cyclic(|me: &Weak<Chain>| Chain {
        clock: room.clock.clone(),
        timer: TimerId::unique(),
        me: me.clone(),
        left: Mutex::new(3),
        done: room.sleeper(0),
    });
    let due: Arc<dyn Due> = chain.clone();
    room.arm(chain.timer, 5, &due);
    assert_eq!(room.called(1), [0], "a sleeper may arm its timer while it is called: {:?}", room.clock);
}

fn what_many_threads_arm_at_once_is_all_met(room: &Room<'_>) {
    let sleepers: Vec<_> = (0..64).map(|name| room.sleeper(name)).collect();
    std::thread::scope(|scope| {
        for part in sleepers.chunks(16) {
            let clock = room.clock;
            scope.spawn(move || {
                for (place, sleeper) in (0_u64..).zip(part) {
                    let at = clock.now().after(Duration::from_millis(20 + place % 4));
                    clock.arm(TimerId::unique(), at, Arc::downgrade(sleeper));
                }
            });
        }
    });
    let mut called = room.called(sleepers.len());
    called.sort_unstable();
    assert!(called.into_iter().eq(0..sleepers.len()), "every deadline is met once: {:?}", room.clock);
    room.assert_nobody_else();
}
