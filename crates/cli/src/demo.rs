//! `tidegate demo`: emulated providers, the gateway and its callers in one process, over real sockets, without any key.

mod caller;
mod cast;
mod figures;
mod status;
mod view;
mod workload;
mod world;

use std::sync::Arc;
use std::time::Duration;

use tidegate::{Clock, RealClock};
use tidegate_client::{HttpTransport, TransportConfig};

use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::output::{Live, Output, Tone};
use crate::runtime;

use caller::Tally;
use figures::Figures;
use view::Moment;
use world::World;

/// How often the gateway is asked and the view drawn anew.
const FRAME: Duration = Duration::from_millis(100);
/// How often a line is written where nothing can be drawn over.
const LINE: Duration = Duration::from_secs(1);
/// What the demo may take beyond its seconds before it is given up: twice what a stumble of the machine costs.
const PATIENCE: Duration = Duration::from_secs(60);

/// What to do after the demo.
const NEXT: &str =
    "next: `tidegate serve`, and http://127.0.0.1:8080/openai/v1 as the base URL of your OpenAI SDK";

/// How many failed calls are named; the rest would say the same.
const FAILURES_SHOWN: usize = 5;

/// Arguments of `tidegate demo`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How long the work takes at the providers' limits, in seconds
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,

    /// What the workload is drawn from
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// Print the figures as JSON on stdout
    #[arg(long)]
    json: bool,

    /// Keep the gateway and the providers running afterwards, until Ctrl-C
    #[arg(long)]
    keep: bool,
}

/// What came of the calls.
enum Ending {
    AllEnded,
    Interrupted,
    TooLate,
}

/// Runs the demo.
pub(crate) fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    runtime::block_on(story(args, context.output))?
}

/// The demo from its beginning to its end.
async fn story(args: &Args, output: Output) -> Result<Exit, Failure> {
    let stop = runtime::interrupt();
    let transport = HttpTransport::new(&TransportConfig::default())
        .map_err(|error| Failure::start(format!("the callers' connections: {error}")))?;
    let world = World::start(args.seed).await?;
    let lanes = workload::draw(args.seed, Duration::from_secs(args.seconds));
    let stage = Stage {
        requests: lanes.iter().map(Vec::len).sum(),
        output,
        transport: transport.clone(),
        world: &world,
        tally: Arc::new(Tally::default()),
    };
    stage.announce(lanes.len());
    let calls = tokio::spawn(caller::call_all(lanes, world.address(), transport, stage.tally.clone()));
    let limit = Duration::from_secs(args.seconds) + PATIENCE;
    let ending = stage.watch(calls, stop, limit).await;
    if matches!(ending, Ending::Interrupted) {
        return Ok(Exit::Interrupted);
    }
    let exit = stage.conclude(args, &ending).await?;
    if args.keep {
        stage.invite();
        runtime::interrupt().await;
    }
    tokio::select! {
        () = world.stop() => Ok(exit),
        () = runtime::interrupt() => Ok(Exit::Interrupted),
    }
}

/// Everything that is on while the calls run.
struct Stage<'a> {
    requests: usize,
    output: Output,
    transport: HttpTransport,
    world: &'a World,
    tally: Arc<Tally>,
}

impl Stage<'_> {
    /// Says what is about to be seen.
    fn announce(&self, providers: usize) {
        let (output, address) = (self.output, self.world.address());
        let paint = output.paint();
        output.note(&format!(
            "{}: {} calls to {providers} emulated providers, more than their limits allow at once",
            paint.text(Tone::Strong, "tidegate demo"),
            self.requests
        ));
        output.note(&format!("gateway listening on {}", paint.text(Tone::Accent, &address)));
        output.note("it has been told no limit: it learns them from the providers' answers");
    }

    /// Says how to use what keeps running.
    fn invite(&self) {
        let address = self.world.address();
        self.output.note("");
        self.output.note("the gateway and the providers keep running, any key will do; Ctrl-C stops");
        for house in &cast::HOUSES {
            self.output.note(&format!("  {:<10} {address}/{}{}", house.name, house.name, house.path));
        }
    }

    /// Shows how it goes until every call has ended, somebody stops it, or it takes far too long.
    async fn watch(
        &self,
        mut calls: tokio::task::JoinHandle<()>,
        stop: impl Future<Output = ()>,
        longest: Duration,
    ) -> Ending {
        let mut stop = std::pin::pin!(stop);
        let mut screen = Screen::new(self.output);
        let began = RealClock.now();
        loop {
            let news = async {
                tokio::select! {
                    _ = &mut calls => Ending::AllEnded,
                    () = &mut stop => Ending::Interrupted,
                }
            };
            let elapsed = match tokio::time::timeout(FRAME, news).await {
                Ok(ending) => return screen.end(ending),
                Err(_) => RealClock.now().since(began),
            };
            if elapsed > longest {
                calls.abort();
                return screen.end(Ending::TooLate);
            }
            self.show(&mut screen, elapsed).await;
        }
    }

    /// One look at the gateway and the providers.
    async fn show(&self, screen: &mut Screen, elapsed: Duration) {
        // A look that fails is made up for by the next; what is wrong with the gateway the calls will tell.
        let Ok(status) = status::read(&self.world.address(), &self.transport).await else { return };
        screen.show(&Moment {
            elapsed,
            requests: self.requests,
            answered: self.tally.answered(),
            refused: self.world.stats().iter().map(|stats| stats.refused).sum(),
            status: &status,
        });
    }

    /// Says what it came to.
    async fn conclude(&self, args: &Args, ending: &Ending) -> Result<Exit, Failure> {
        let address = self.world.address();
        let status = status::read(&address, &self.transport).await.map_err(Failure::start)?;
        let figures = Figures::of(self.requests, &status, &self.world.stats());
        let output = self.output;
        if args.json {
            output.data(&figures.json(&format!("{address}{}", status::PATH)).to_string());
        } else {
            output.note("");
            let lines = view::summary(&figures, &self.tally.waits(), output.data_paint());
            lines.iter().for_each(|line| output.data(line));
        }
        if !args.json && !args.keep {
            output.note("");
            output.note(NEXT);
        }
        if matches!(ending, Ending::TooLate) {
            output.note("given up: the calls took far longer than the providers' limits explain");
        }
        let failed = self.tally.failed();
        failed.iter().take(FAILURES_SHOWN).for_each(|why| output.note(&format!("a call failed: {why}")));
        let whole = self.tally.answered() == self.requests;
        Ok(if whole { Exit::Done } else { Exit::SomeFailed })
    }
}

/// Where the moments are shown: drawn over one another on a terminal, a line a second elsewhere.
enum Screen {
    Frames(Live, Output),
    Lines { next: Duration, output: Output },
}

impl Screen {
    fn new(output: Output) -> Self {
        if output.is_terminal() {
            Self::Frames(Live::new(), output)
        } else {
            Self::Lines { next: LINE, output }
        }
    }

    fn show(&mut self, moment: &Moment<'_>) {
        match self {
            Self::Frames(live, output) => live.draw(&view::frame(moment, output.paint())),
            Self::Lines { next, output } if moment.elapsed >= *next => {
                *next = moment.elapsed + LINE;
                output.note(&view::line(moment));
            }
            Self::Lines { .. } => {}
        }
    }

    fn end(self, ending: Ending) -> Ending {
        if let Self::Frames(live, _) = self {
            live.clear();
        }
        ending
    }
}
