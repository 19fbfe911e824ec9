//! The contract of the clock seam, which every clock keeps: one suite, run by each of them.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, Weak};

use tidegate::clock::{Due, TimerId};
use tidegate::{Clock, ManualClock, RealClock, Timestamp};

use crate::harness::ms;

/// A clock, and the way to let its time pass until something is due. Real time passes by itself.
struct Stage {
    clock: Arc<dyn Clock>,
    pass: fn(&ManualClock),
    manual: ManualClock,
}

fn stages() -> [Stage; 2] {
    let manual = ManualClock::new();
    let on_manual =
        Stage { clock: manual.clone().into(), pass: |clock| clock.advance(ms(100)), manual: manual.clone() };
    [on_manual, Stage { clock: RealClock.into(), pass: |_| {}, manual }]
}

/// Notes which sleeper was called when, and reads the clock while it is called, as an account does.
struct Sleeper {
    name: u32,
    clock: Arc<dyn Clock>,
    calls: Mutex<Sender<(u32, Timestamp, Timestamp)>>,
}

impl Due for Sleeper {
    fn due(&self, now: Timestamp) {
        let read = self.clock.now();
        self.calls.lock().unwrap().send((self.name, now, read)).unwrap();
    }
}

struct Room {
    stage: Stage,
    sender: Sender<(u32, Timestamp, Timestamp)>,
    calls: Receiver<(u32, Timestamp, Timestamp)>,
}

impl Room {
    fn each() -> impl Iterator<Item = Self> {
        stages().into_iter().map(|stage| {
            let (sender, calls) = channel();
            Self { stage, sender, calls }
        })
    }

    fn sleeper(&self, name: u32) -> Arc<dyn Due> {
        Arc::new(Sleeper { name, clock: self.stage.clock.clone(), calls: Mutex::new(self.sender.clone()) })
    }

    fn arm(&self, timer: TimerId, millis: u64, sleeper: &Arc<dyn Due>) -> Timestamp {
        let at = self.stage.clock.now().after(ms(millis));
        self.stage.clock.arm(timer, at, Arc::downgrade(sleeper));
        at
    }

    /// The names of the next sleepers to be called, so many of them.
    fn called(&self, count: usize) -> Vec<u32> {
        (self.stage.pass)(&self.stage.manual);
        (0..count).map(|_| self.calls.recv().unwrap().0).collect()
    }
}

#[test]
fn deadlines_are_met_in_order_and_never_early() {
    for room in Room::each() {
        let sleepers: Vec<_> = (0..3).map(|name| room.sleeper(name)).collect();
        let mut due = Vec::new();
        for (name, millis) in [(0, 30), (1, 10), (2, 20)] {
            due.push(room.arm(TimerId::unique(), millis, &sleepers[name]));
        }
        (room.stage.pass)(&room.stage.manual);
        for name in [1, 2, 0] {
            let (called, now, read) = room.calls.recv().unwrap();
            assert_eq!(called, name, "{:?}", room.stage.clock);
            assert!(due[usize::try_from(name).unwrap()] <= now && now <= read);
        }
    }
}

#[test]
fn arming_again_replaces_the_deadline() {
    for room in Room::each() {
        let (moved, other) = (room.sleeper(0), room.sleeper(1));
        let timer = TimerId::unique();
        room.arm(timer, 5, &moved);
        room.arm(timer, 30, &moved);
        room.arm(TimerId::unique(), 20, &other);
        assert_eq!(room.called(2), [1, 0]);
        assert!(room.calls.try_recv().is_err(), "called once for each deadline that stood");
    }
}

#[test]
fn who_disarms_or_goes_away_is_not_called() {
    for room in Room::each() {
        let (disarmed, gone, last) = (room.sleeper(0), room.sleeper(1), room.sleeper(2));
        let timer = TimerId::unique();
        room.arm(timer, 10, &disarmed);
        room.stage.clock.disarm(timer);
        room.stage.clock.disarm(timer);
        room.arm(TimerId::unique(), 15, &gone);
        drop(gone);
        room.arm(TimerId::unique(), 20, &last);
        assert_eq!(room.called(1), [2]);
        assert!(room.calls.try_recv().is_err());
    }
}

#[test]
fn a_deadline_that_has_passed_is_still_met() {
    for room in Room::each() {
        let sleeper = room.sleeper(0);
        room.arm(TimerId::unique(), 0, &sleeper);
        assert_eq!(room.called(1), [0]);
    }
}

/// Arms itself anew each time it is called, three times in all.
struct Chain {
    clock: Arc<dyn Clock>,
    timer: TimerId,
    me: Weak<Self>,
    left: Mutex<u32>,
    done: Mutex<Sender<()>>,
}

impl Due for Chain {
    fn due(&self, now: Timestamp) {
        let mut left = self.left.lock().unwrap();
        *left -= 1;
        if *left == 0 {
            self.done.lock().unwrap().send(()).unwrap();
        } else {
            self.clock.arm(self.timer, now.after(ms(5)), self.me.clone());
        }
    }
}

#[test]
fn a_sleeper_may_arm_its_timer_while_it_is_called() {
    for room in Room::each() {
        let (sender, done) = channel();
        let chain = Arc::new_cyclic(|me: &Weak<Chain>| Chain {
            clock: room.stage.clock.clone(),
            timer: TimerId::unique(),
            me: me.clone(),
            left: Mutex::new(3),
            done: Mutex::new(sender),
        });
        let due: Arc<dyn Due> = chain.clone();
        room.arm(chain.timer, 5, &due);
        (room.stage.pass)(&room.stage.manual);
        done.recv().unwrap();
    }
}

#[test]
fn time_never_goes_back() {
    for room in Room::each() {
        let readings: Vec<_> = (0..1_000).map(|_| room.stage.clock.now()).collect();
        assert!(readings.is_sorted());
    }
}
