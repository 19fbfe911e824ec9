//! Go's form of durations, as OpenAI writes waits and resets: `0s`, `174ms`, `8.64s`, `6m0s`, `2h47m48.417s`.

/// `millis` milliseconds in Go's form.
pub(crate) fn go_duration(millis: u64) -> String {
    if millis == 0 {
        return "0s".to_owned();
    }
    if millis < 1_000 {
        return format!("{millis}ms");
    }
    let (minutes, rest) = (millis / 60_000, millis % 60_000);
    let seconds = match rest % 1_000 {
        0 => format!("{}s", rest / 1_000),
        thousandths => format!("{}.{}s", rest / 1_000, format!("{thousandths:03}").trim_end_matches('0')),
    };
    match (minutes / 60, minutes % 60) {
        (0, 0) => seconds,
        (0, minutes) => format!("{minutes}m{seconds}"),
        (hours, minutes) => format!("{hours}h{minutes}m{seconds}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recorded_form_is_written() {
        let written: Vec<String> =
            [0, 1, 120, 8_640, 60_000, 360_000, 860_852, 10_068_417, 23_030].map(go_duration).to_vec();
        assert_eq!(
            written,
            ["0s", "1ms", "120ms", "8.64s", "1m0s", "6m0s", "14m20.852s", "2h47m48.417s", "23.03s"]
        );
    }
}
