//! The demo's drawings: a live frame, a plain line, and the summary. Pure text; nothing is printed here.

use std::time::Duration;

use tidegate_core::Band;

use super::caller::Waits;
use super::figures::Figures;
use super::status::{Limit, Status};
use crate::output::{Paint, Tone};

/// Cells of the bar of all calls.
const WIDE: usize = 40;
/// Cells of the bar of one limit: what a terminal of 80 columns leaves beside the names and figures.
const NARROW: usize = 16;

/// What the demo shows while it runs.
#[derive(Debug)]
pub(super) struct Moment<'a> {
    /// Since its beginning.
    pub(super) elapsed: Duration,
    /// Calls to be made.
    pub(super) requests: usize,
    /// Calls answered.
    pub(super) answered: usize,
    /// Calls that the providers refused.
    pub(super) refused: u64,
    /// What the gateway says of itself.
    pub(super) status: &'a Status,
}

/// A frame of the live view, to be drawn over the one before.
pub(super) fn frame(moment: &Moment<'_>, paint: Paint) -> Vec<String> {
    let Moment { elapsed, requests, answered, refused, status } = moment;
    let mut lines = vec![
        String::new(),
        format!(
            "  {:>5.1} s  {}  {} of {requests} answered",
            elapsed.as_secs_f32(),
            bar(share(*answered as u64, *requests as u64), WIDE, Tone::Good, paint),
            paint.text(Tone::Strong, &answered.to_string()),
        ),
        format!(
            "           waiting {:<6} in flight {:<6} refused by the providers {}",
            status.waiting(),
            status.in_flight(),
            paint.text(if *refused == 0 { Tone::Good } else { Tone::Warn }, &refused.to_string()),
        ),
        String::new(),
    ];
    lines.extend(limits(status, paint));
    lines
}

/// One line for those who read a log.
pub(super) fn line(moment: &Moment<'_>) -> String {
    let Moment { elapsed, requests, answered, refused, status } = moment;
    let fullest = status.accounts.iter().filter_map(|account| {
        let fullest = account.limits.iter().max_by_key(|limit| limit.used * 1000 / limit.limit.max(1))?;
        Some(format!("; {} {} {}/{}", account.provider, fullest.dimension, fullest.used, fullest.limit))
    });
    format!(
        "{:>5.1} s  {answered}/{requests} answered, {} waiting, {} in flight, {refused} refused{}",
        elapsed.as_secs_f32(),
        status.waiting(),
        status.in_flight(),
        fullest.collect::<String>(),
    )
}

/// What the demo came to.
pub(super) fn summary(figures: &Figures, waits: &[Waits], paint: Paint) -> Vec<String> {
    let label = |name: &str| paint.text(Tone::Faint, &format!("  {name:<11}"));
    let all = figures.answered == figures.requests as u64;
    let mut lines = vec![
        format!(
            "{}{} calls, {} answered",
            label("calls"),
            figures.requests,
            paint.text(if all { Tone::Good } else { Tone::Bad }, &figures.answered.to_string()),
        ),
        format!("{}{}", label("refused"), refusals(figures.refused, all)),
    ];
    if let Some(efficiency) = figures.efficiency() {
        lines.push(format!(
            "{}{} of what the providers' limits allow: {:.1} s, and no less than {:.1} s was possible",
            label("efficiency"),
            paint.text(Tone::Strong, &format!("{:.1} %", efficiency * 100.0)),
            figures.span.as_secs_f64(),
            figures.ideal.as_secs_f64(),
        ));
    }
    let means = Band::ALL
        .iter()
        .zip(waits)
        .filter_map(|(band, waits)| Some(format!("{} {:.1} s", band.name(), waits.mean()?.as_secs_f64())));
    let means: Vec<String> = means.collect();
    if !means.is_empty() {
        lines.push(format!("{}{} on average", label("waited"), means.join(", ")));
    }
    let named = named(figures.limits.iter().map(|(provider, limit)| (provider.as_str(), limit)));
    for (place, (name, (_, limit))) in named.into_iter().zip(&figures.limits).enumerate() {
        let head = label(if place == 0 { "limits" } else { "" });
        let learned = if limit.learned { " learned from its answers" } else { "" };
        lines.push(format!("{head}{name} {}{learned}", amounts(limit)));
    }
    lines
}

/// What became of the refusals.
fn refusals(count: u64, all_answered: bool) -> String {
    match count {
        0 => "never by the providers".to_owned(),
        _ if all_answered => {
            format!("{count} by the providers, sent again by the gateway; no caller saw any")
        }
        _ => format!("{count} by the providers"),
    }
}

/// A line with a bar for each limit.
fn limits(status: &Status, paint: Paint) -> Vec<String> {
    let all: Vec<(&str, &Limit)> = status.limits().collect();
    let drawn = named(all.iter().copied()).into_iter().zip(&all).map(|(name, (_, limit))| {
        let full = share(limit.used, limit.limit);
        let tone = if full >= 0.95 { Tone::Strong } else { Tone::Accent };
        format!("  {name} {} {}", bar(full, NARROW, tone, paint), amounts(limit))
    });
    drawn.collect()
}

/// Whose limits they are and what they count, in columns; a provider is named on its first line only.
fn named<'a>(limits: impl Iterator<Item = (&'a str, &'a Limit)>) -> Vec<String> {
    let mut before = "";
    let name = |(provider, limit): (&'a str, &'a Limit)| {
        let shown = if provider == before { "" } else { provider };
        before = provider;
        format!("{shown:<10} {:<18} {:<13}", limit.scope, limit.dimension)
    };
    limits.map(name).collect()
}

/// What is used of what is allowed.
fn amounts(limit: &Limit) -> String {
    format!("{:>6} / {:<6}", limit.used, limit.limit)
}

/// `part` of `whole`, between 0 and 1.
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { (part as f64 / whole as f64).min(1.0) }
}

/// A bar of `cells` cells that is full to `share`, down to an eighth of a cell.
fn bar(share: f64, cells: usize, tone: Tone, paint: Paint) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share * (cells * 8) as f64).round() as usize;
    let (whole, part) = (eighths / 8, eighths % 8);
    let full = format!("{}{}", "█".repeat(whole), PARTS[part]);
    let empty = "·".repeat(cells - whole - usize::from(part > 0));
    format!("{}{}", paint.text(tone, &full), paint.text(Tone::Faint, &empty))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_wide_as_they_should_be() {
        for eighths in 0..=80 {
            let drawn = bar(f64::from(eighths) / 80.0, 10, Tone::Good, Paint::Plain);
            assert_eq!(drawn.chars().count(), 10, "{drawn}");
        }
        assert_eq!(bar(0.5, 4, Tone::Good, Paint::Plain), "██··");
    }

    #[test]
    fn a_frame_names_every_limit_and_fits_a_terminal_of_80_columns() {
        let status: Status = serde_json::from_value(serde_json::json!({"accounts": [{
            "name": "anthropic", "provider": "anthropic", "waiting": 96, "in_flight": 14,
            "limits": [{"dimension": "output_tokens", "scope": "claude-sonnet-4-5", "window_s": 60, "used": 16_000,
                        "limit": 16_000, "learned": true}]
        }]}))
        .unwrap();
        let moment = Moment {
            elapsed: Duration::from_millis(4_200),
            requests: 960,
            answered: 412,
            refused: 0,
            status: &status,
        };
        let lines = frame(&moment, Paint::Plain);
        assert!(lines.iter().all(|line| line.chars().count() <= 80), "{lines:#?}");
        assert!(lines[1].contains("412 of 960 answered"), "{lines:#?}");
        assert!(lines.last().unwrap().contains("16000 / 16000"), "{lines:#?}");
        assert_eq!(
            line(&moment),
            "  4.2 s  412/960 answered, 96 waiting, 14 in flight, 0 refused; anthropic output_tokens 16000/16000"
        );
    }
}
