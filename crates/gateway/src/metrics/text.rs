//! `Page`: the text that Prometheus reads (exposition format 0.0.4).

/// The media type of the page.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What a metric is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// A page of metrics.
#[derive(Debug, Default)]
pub(crate) struct Page {
    text: String,
}

impl Page {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Begins a metric.
    pub(crate) fn family(&mut self, name: &str, help: &str, kind: Kind) {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        self.text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
    }

    /// Writes one series.
    pub(crate) fn sample(&mut self, name: &str, labels: &[&str], values: &[impl AsRef<str>], value: &str) {
        self.text.push_str(name);
        let pairs: Vec<String> = labels
            .iter()
            .zip(values)
            .map(|(label, value)| format!("{label}=\"{}\"", escaped(value.as_ref())))
            .collect();
        if !pairs.is_empty() {
            self.text.push_str(&format!("{{{}}}", pairs.join(",")));
        }
        self.text.push_str(&format!(" {value}\n"));
    }

    /// The whole page.
    pub(crate) fn finish(self) -> String {
        self.text
    }
}

/// A label value as the format wants it.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_cannot_break_out_of_their_quotes() {
        let mut page = Page::new();
        page.sample("x", &["a"], &["q\" b\\ n\n"], "1");
        assert_eq!(page.finish(), "x{a=\"q\\\" b\\\\ n\\n\"} 1\n");
    }

    #[test]
    fn a_metric_without_labels_has_no_braces() {
        let mut page = Page::new();
        page.family("x", "Help.", Kind::Gauge);
        page.sample("x", &[], &[""; 0], "2");
        assert_eq!(page.finish(), "# HELP x Help.\n# TYPE x gauge\nx 2\n");
    }
}
