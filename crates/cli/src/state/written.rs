//! What was learned, as it is written: JSON with a version, in the words of the output, ages as whole numbers.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use tidegate_core::{
    Charging, Dimension, LEARNED_VERSION, Learned, LearnedCounter, LearnedGrain, LearnedLane, LearnedLimit,
    LearnedShape, Shape,
};

/// The version of the form. It changes with this file; what is written in another one is not read.
const FORM: u32 = 3;

/// A file.
#[derive(Debug, Serialize, Deserialize)]
struct Written {
    form: u32,
    version: u32,
    /// When it was learned, in milliseconds since 1970.
    at_ms: u64,
    limits: Vec<Limit>,
    lanes: Vec<Lane>,
    counters: Vec<Counter>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Limit {
    dimension: String,
    model: Option<String>,
    amount: u64,
    period_ms: u64,
    period_assumed: bool,
    charging: String,
    charging_learned: bool,
    shapes: Vec<Way>,
    margin_us: u64,
    cushion_milli: u64,
    apart_us: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Way {
    shape: String,
    reset_misfit: u32,
    level_misfit: u32,
    ruled_out: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct Lane {
    model: String,
    endpoint: String,
    burst: u32,
    outputs: Vec<u64>,
    input_bytes: u64,
    input_tokens: u64,
    grains: Vec<Grain>,
    concurrency: Option<u32>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Grain {
    dimension: String,
    amount: u64,
    period_ms: u64,
    burst: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Counter {
    dimension: String,
    scope: String,
    period_ms: u64,
    used: u64,
    ends_in_ms: u64,
    fades: bool,
}

/// What was learned, as a file holds it.
pub(super) fn write(learned: &Learned, at: SystemTime) -> Vec<u8> {
    let written = Written {
        form: FORM,
        version: learned.version,
        at_ms: since_epoch_ms(at),
        limits: learned.limits.iter().map(limit_of).collect(),
        lanes: learned.lanes.iter().map(lane_of).collect(),
        counters: learned.counters.iter().map(counter_of).collect(),
    };
    serde_json::to_vec(&written).expect("numbers, texts and lists of them are always JSON")
}

/// What a file holds, as old as it is at `now`, and how old that is; else why it cannot be used.
pub(super) fn read(bytes: &[u8], now: SystemTime) -> Result<(Learned, Duration), String> {
    let written: Written = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if written.form != FORM || written.version != LEARNED_VERSION {
        return Err("it was written by another version".to_owned());
    }
    let age = age(written.at_ms, now);
    let learned = Learned {
        version: written.version,
        limits: written.limits.into_iter().map(Limit::meant).collect::<Result<_, _>>()?,
        lanes: written.lanes.into_iter().map(Lane::meant).collect::<Result<_, _>>()?,
        counters: written.counters.into_iter().map(Counter::meant).collect::<Result<_, _>>()?,
    };
    Ok((learned.aged(age), age))
}

/// The milliseconds since 1970.
pub(super) fn since_epoch_ms(at: SystemTime) -> u64 {
    millis(at.duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// How old at `now` is what was written then. A clock that was set back makes it new, never older than it is.
pub(super) fn age(at_ms: u64, now: SystemTime) -> Duration {
    Duration::from_millis(since_epoch_ms(now).saturating_sub(at_ms))
}

fn limit_of(limit: &LearnedLimit) -> Limit {
    let way = |way: &LearnedShape| Way {
        shape: way.shape.name().to_owned(),
        reset_misfit: way.reset_misfit,
        level_misfit: way.level_misfit,
        ruled_out: way.ruled_out,
    };
    Limit {
        dimension: limit.dimension.name().to_owned(),
        model: limit.model.clone(),
        amount: limit.amount,
        period_ms: millis(limit.period),
        period_assumed: limit.period_assumed,
        charging: limit.charging.name().to_owned(),
        charging_learned: limit.charging_learned,
        shapes: limit.shapes.iter().map(way).collect(),
        margin_us: micros(limit.margin),
        cushion_milli: limit.cushion_milli,
        apart_us: micros(limit.apart),
    }
}

fn lane_of(lane: &LearnedLane) -> Lane {
    let grain = |grain: &LearnedGrain| Grain {
        dimension: grain.dimension.name().to_owned(),
        amount: grain.amount,
        period_ms: millis(grain.period),
        burst: grain.burst,
    };
    Lane {
        model: lane.model.clone(),
        endpoint: lane.endpoint.clone(),
        burst: lane.burst,
        outputs: lane.outputs.clone(),
        input_bytes: lane.input_bytes,
        input_tokens: lane.input_tokens,
        grains: lane.grains.iter().map(grain).collect(),
        concurrency: lane.concurrency,
    }
}

fn counter_of(counter: &LearnedCounter) -> Counter {
    Counter {
        dimension: counter.dimension.name().to_owned(),
        scope: counter.scope.clone(),
        period_ms: millis(counter.period),
        used: counter.used,
        ends_in_ms: millis(counter.ends_in),
        fades: counter.fades,
    }
}

impl Limit {
    fn meant(self) -> Result<LearnedLimit, String> {
        Ok(LearnedLimit {
            dimension: dimension(&self.dimension)?,
            model: self.model,
            amount: self.amount,
            period: Duration::from_millis(self.period_ms),
            period_assumed: self.period_assumed,
            charging: Charging::from_name(&self.charging).unwrap_or_default(),
            charging_learned: self.charging_learned,
            shapes: self.shapes.into_iter().map(Way::meant).collect::<Result<_, _>>()?,
            margin: Duration::from_micros(self.margin_us),
            cushion_milli: self.cushion_milli,
            apart: Duration::from_micros(self.apart_us),
        })
    }
}

impl Way {
    fn meant(self) -> Result<LearnedShape, String> {
        let known = Shape::ALL.into_iter().find(|shape| shape.name() == self.shape);
        Ok(LearnedShape {
            shape: known.ok_or_else(|| format!("no way of counting is named `{}`", self.shape))?,
            reset_misfit: self.reset_misfit,
            level_misfit: self.level_misfit,
            ruled_out: self.ruled_out,
        })
    }
}

impl Lane {
    fn meant(self) -> Result<LearnedLane, String> {
        Ok(LearnedLane {
            model: self.model,
            endpoint: self.endpoint,
            burst: self.burst,
            outputs: self.outputs,
            input_bytes: self.input_bytes,
            input_tokens: self.input_tokens,
            grains: self.grains.into_iter().map(Grain::meant).collect::<Result<_, _>>()?,
            concurrency: self.concurrency,
        })
    }
}

impl Grain {
    fn meant(self) -> Result<LearnedGrain, String> {
        Ok(LearnedGrain {
            dimension: dimension(&self.dimension)?,
            amount: self.amount,
            period: Duration::from_millis(self.period_ms),
            burst: self.burst,
        })
    }
}

impl Counter {
    fn meant(self) -> Result<LearnedCounter, String> {
        Ok(LearnedCounter {
            dimension: dimension(&self.dimension)?,
            scope: self.scope,
            period: Duration::from_millis(self.period_ms),
            used: self.used,
            ends_in: Duration::from_millis(self.ends_in_ms),
            fades: self.fades,
        })
    }
}

pub(super) fn dimension(name: &str) -> Result<Dimension, String> {
    let known = Dimension::ALL.into_iter().find(|dimension| dimension.name() == name);
    known.ok_or_else(|| format!("nothing is counted as `{name}`"))
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learned() -> Learned {
        Learned {
            version: LEARNED_VERSION,
            limits: vec![LearnedLimit {
                dimension: Dimension::TotalTokens,
                model: Some("m".to_owned()),
                amount: 60_000,
                period: Duration::from_secs(60),
                period_assumed: true,
                charging: Charging::Completion,
                charging_learned: true,
                shapes: vec![LearnedShape {
                    shape: Shape::Counter,
                    reset_misfit: 3,
                    level_misfit: 4,
                    ruled_out: false,
                }],
                margin: Duration::from_millis(100),
                cushion_milli: 1_500,
                apart: Duration::from_micros(51_200),
            }],
            lanes: vec![LearnedLane {
                model: "m".to_owned(),
                burst: 8,
                outputs: vec![1, 2, 3],
                input_bytes: 4_000,
                input_tokens: 1_000,
                grains: vec![LearnedGrain {
                    dimension: Dimension::Requests,
                    amount: 5,
                    period: Duration::from_secs(1),
                    burst: 2,
                }],
                concurrency: Some(4),
                ..LearnedLane::default()
            }],
            counters: vec![LearnedCounter {
                dimension: Dimension::Requests,
                scope: "account".to_owned(),
                period: Duration::from_secs(86_400),
                used: 10,
                ends_in: Duration::from_secs(1_000),
                fades: false,
            }],
        }
    }

    #[test]
    fn what_is_written_is_read_as_it_was() {
        let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        assert_eq!(read(&write(&learned(), now), now).unwrap(), (learned(), Duration::ZERO));
    }

    #[test]
    fn counters_are_as_old_as_the_file() {
        let then = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let bytes = write(&learned(), then);
        let later = |seconds| read(&bytes, then + Duration::from_secs(seconds)).unwrap().0.counters;
        assert_eq!(later(400)[0].ends_in, Duration::from_secs(600));
        assert_eq!(later(1_000), []);
        let (set_back, _) = read(&bytes, then - Duration::from_secs(50)).unwrap();
        assert_eq!(set_back.counters, learned().counters);
    }

    #[test]
    fn another_version_and_unknown_words_are_refused() {
        let now = UNIX_EPOCH;
        let text = String::from_utf8(write(&learned(), now)).unwrap();
        for (from, to) in [
            (format!("\"form\":{FORM}").as_str(), "\"form\":1"),
            (format!("\"version\":{LEARNED_VERSION}").as_str(), "\"version\":1"),
            ("\"counter\"", "\"guess\""),
            ("\"total_tokens\"", "\"tokens\""),
            ("60000", "-1"),
        ] {
            let harmed = text.replace(from, to);
            assert_ne!(harmed, text);
            assert!(read(harmed.as_bytes(), now).is_err(), "{to}");
        }
    }
}
