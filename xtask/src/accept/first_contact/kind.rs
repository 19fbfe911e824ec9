//! The kinds of providers that are met on the wire, and what is asked of the batch that meets them.

/// One kind of provider, and what is asked of the batch that meets it.
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) provider: &'static str,
    /// How the mock counts.
    pub(super) enforce: &'static str,
    /// Further flags of the mock.
    pub(super) more: &'static [&'static str],
    pub(super) latency: &'static str,
    /// The least efficiency.
    pub(super) efficiency: f64,
    /// The most refusals.
    pub(super) refusals: u64,
}

const fn kind(
    name: &'static str,
    (provider, enforce): (&'static str, &'static str),
    latency: &'static str,
    (efficiency, refusals): (f64, u64),
) -> Kind {
    Kind { name, provider, enforce, more: &[], latency, efficiency, refusals }
}

impl Kind {
    /// The same, with further flags of the mock.
    const fn with(mut self, more: &'static [&'static str]) -> Self {
        self.more = more;
        self
    }
}

const SHORT: &str = "300..700";
const LONG: &str = "2000..6000";

/// The kinds and bars of `tidegate_sim::contact` that the mock can be told to be.
pub(super) const KINDS: [Kind; 16] = [
    kind("bucket", ("openai", "bucket"), SHORT, (0.97, 3)),
    kind("bucket, input only", ("openai", "bucket"), SHORT, (0.97, 3)).with(&["--charge", "input-only"]),
    kind("bucket, max_tokens", ("openai", "bucket"), SHORT, (0.97, 3)).with(&["--charge", "maximum"]),
    kind("bucket, unknown host", ("together", "bucket"), SHORT, (0.97, 3)),
    kind("anthropic", ("anthropic", "bucket"), SHORT, (0.97, 3)),
    kind("burst of 1 s", ("together", "burst-1s"), SHORT, (0.97, 5)),
    kind("window of 1 s", ("together", "window-1s"), SHORT, (0.97, 5)),
    kind("fixed minute", ("together", "fixed"), SHORT, (0.97, 5)),
    kind("sliding minute", ("together", "sliding"), SHORT, (0.97, 5)),
    kind("weighted counter", ("together", "counter"), SHORT, (0.97, 5)),
    kind("mistral", ("mistral", "requests=fixed,tokens=counter"), SHORT, (0.97, 5)),
    kind("hidden second", ("together", "quantised"), SHORT, (0.95, 10)),
    kind("limit halved", ("together", "bucket"), SHORT, (0.95, 10)).with(&["--change", "30:50"]),
    kind("bucket, 2 to 6 s", ("together", "bucket"), LONG, (0.94, 3)),
    kind("window of 1 s, 2 to 6 s", ("together", "window-1s"), LONG, (0.90, 5)),
    kind("sliding minute, 2 to 6 s", ("together", "sliding"), LONG, (0.93, 5)),
];
