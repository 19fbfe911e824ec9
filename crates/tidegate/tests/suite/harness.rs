//! The harness: futures polled by hand, and a tiny executor that moves a manual clock from deadline to deadline.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use tidegate::{Acquire, Builder, Clock, Cost, Limiter, ManualClock, Permit, Rejection, Timestamp};

/// One call and nothing else.
pub(crate) fn one() -> Cost {
    Cost::requests(1)
}

/// A limiter on a manual clock of its own.
pub(crate) fn limiter(describe: impl FnOnce(Builder) -> Builder) -> (Limiter, ManualClock) {
    let clock = ManualClock::new();
    let limiter = describe(Limiter::builder()).clock(clock.clone()).build().unwrap();
    (limiter, clock)
}

/// So many milliseconds.
pub(crate) const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A future of a permit that is polled by hand, and counts how often it was woken.
pub(crate) struct Asker {
    future: Pin<Box<Acquire>>,
    woken: Arc<Count>,
}

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Asker {
    /// Asks and queues: the first poll has been made, and the call waits.
    pub(crate) fn queued(limiter: &Limiter) -> Self {
        Self::ask(limiter).err().unwrap()
    }

    /// Asks: a permit, or a call that waits.
    pub(crate) fn ask(limiter: &Limiter) -> Result<Permit, Self> {
        let mut asker = Self { future: Box::pin(limiter.acquire(one())), woken: Arc::default() };
        match asker.poll() {
            Poll::Ready(outcome) => Ok(outcome.unwrap()),
            Poll::Pending => Err(asker),
        }
    }

    pub(crate) fn poll(&mut self) -> Poll<Result<Permit, Rejection>> {
        let waker = Waker::from(self.woken.clone());
        self.future.as_mut().poll(&mut Context::from_waker(&waker))
    }

    /// How often it was woken so far.
    pub(crate) fn wakes(&self) -> usize {
        self.woken.0.load(Ordering::SeqCst)
    }

    /// The permit that it has been granted by now.
    pub(crate) fn granted(&mut self) -> Permit {
        match self.poll() {
            Poll::Ready(Ok(permit)) => permit,
            other => panic!("the call was to be granted, but is {other:?}"),
        }
    }
}

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// Runs tasks on a manual clock: each acts at its own instant, and time passes only when all of them wait.
pub(crate) struct Crew {
    clock: ManualClock,
    tasks: Vec<Option<Task>>,
    woken: Receiver<usize>,
    sender: Sender<usize>,
}

struct TaskWaker(usize, Sender<usize>);

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        let _gone = self.1.send(self.0);
    }
}

impl Crew {
    pub(crate) fn new(clock: &ManualClock) -> Self {
        let (sender, woken) = channel();
        Self { clock: clock.clone(), tasks: Vec::new(), woken, sender }
    }

    pub(crate) fn spawn(&mut self, task: impl Future<Output = ()> + 'static) {
        self.sender.send(self.tasks.len()).unwrap();
        self.tasks.push(Some(Box::pin(task)));
    }

    /// Runs until every task has ended; panics when all wait and no deadline is left.
    pub(crate) fn run(mut self) {
        loop {
            while let Ok(place) = self.woken.try_recv() {
                self.step(place);
            }
            if self.tasks.iter().all(Option::is_none) {
                return;
            }
            assert!(
                self.clock.advance_to_next(),
                "a task waits at {} for what never comes",
                self.clock.now()
            );
        }
    }

    fn step(&mut self, place: usize) {
        let waker = Waker::from(Arc::new(TaskWaker(place, self.sender.clone())));
        let slot = &mut self.tasks[place];
        if let Some(task) = slot
            && task.as_mut().poll(&mut Context::from_waker(&waker)).is_ready()
        {
            *slot = None;
        }
    }
}

/// When each of `count` calls that ask at once may start, in the order of asking.
pub(crate) fn starts(limiter: &Limiter, clock: &ManualClock, count: usize) -> Vec<Timestamp> {
    let (sender, receiver) = channel();
    let mut crew = Crew::new(clock);
    for number in 0..count {
        let (limiter, clock, sender) = (limiter.clone(), clock.clone(), sender.clone());
        crew.spawn(async move {
            let permit = limiter.acquire(one()).await.unwrap();
            permit.sent();
            sender.send((number, clock.now())).unwrap();
        });
    }
    crew.run();
    drop(sender);
    let starts: Vec<_> = receiver.into_iter().collect();
    assert!(starts.iter().map(|start| start.0).eq(0..count), "granted out of turn: {starts:?}");
    starts.into_iter().map(|start| start.1).collect()
}
