//! `Paint` and `Tone`: colours that only underline what the words say.

/// What a piece of text means to its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// The thing to look at.
    Strong,
    /// As it should be.
    Good,
    /// Worth a look.
    Warn,
    /// Went wrong.
    Bad,
    /// A name, an address, a part of a drawing.
    Accent,
    /// Can be skipped.
    Faint,
}

impl Tone {
    /// The terminal's code; the sixteen base colours follow the reader's own theme.
    const fn code(self) -> &'static str {
        match self {
            Self::Strong => "1",
            Self::Good => "32",
            Self::Warn => "33",
            Self::Bad => "1;31",
            Self::Accent => "36",
            Self::Faint => "2",
        }
    }
}

/// Whether and how text is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paint {
    /// Not at all.
    Plain,
    /// With the terminal's escape codes.
    Coloured,
}

impl Paint {
    /// Coloured where it is wanted.
    pub(crate) const fn new(wanted: bool) -> Self {
        if wanted { Self::Coloured } else { Self::Plain }
    }

    /// `text` in its tone.
    pub(crate) fn text(self, tone: Tone, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Coloured => format!("\u{1b}[{}m{text}\u{1b}[0m", tone.code()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_as_it_is_without_colour() {
        assert_eq!(Paint::new(false).text(Tone::Bad, "refused"), "refused");
        assert_eq!(Paint::new(true).text(Tone::Good, "ok"), "\u{1b}[32mok\u{1b}[0m");
    }
}
