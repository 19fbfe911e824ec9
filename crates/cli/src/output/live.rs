//! `Live`: a few lines on the terminal that are drawn over again, without flicker or scrolling.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use console::{Term, truncate_str};

/// A frame of lines on the terminal behind stderr.
#[derive(Debug)]
pub(crate) struct Live {
    terminal: Term,
    height: usize,
}

impl Live {
    /// An empty frame.
    pub(crate) fn new() -> Self {
        Self { terminal: Term::stderr(), height: 0 }
    }

    /// Draws `lines` in the place of the frame before; what is beyond the terminal's edges is cut.
    pub(crate) fn draw(&mut self, lines: &[String]) {
        let (rows, columns) = self.terminal.size();
        // The last row stays free for the cursor: a frame that scrolls could not be drawn over.
        let shown = &lines[..lines.len().min(usize::from(rows).saturating_sub(1))];
        let text = redrawn(self.height, shown, usize::from(columns));
        self.height = shown.len();
        write(&text);
    }

    /// Takes the frame off the screen.
    pub(crate) fn clear(self) {
        write(&redrawn(self.height, &[], 0));
    }
}

/// What draws `lines` over a frame of `height` lines: one text, so that no terminal shows half a frame.
fn redrawn(height: usize, lines: &[String], columns: usize) -> String {
    let mut text = String::new();
    if height > 0 {
        // Writing to a string cannot fail.
        let _ = write!(text, "\u{1b}[{height}A\r");
    }
    for line in lines {
        text.push_str(&truncate_str(line, columns, ""));
        text.push_str("\u{1b}[K\n");
    }
    text.push_str("\u{1b}[J");
    text
}

fn write(text: &str) {
    let mut stderr = io::stderr().lock();
    // A terminal that is gone needs no drawing.
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_goes_back_over_the_one_before_and_clears_what_is_left_of_it() {
        let lines = ["one".to_owned(), "two".to_owned()];
        assert_eq!(redrawn(0, &lines, 80), "one\u{1b}[K\ntwo\u{1b}[K\n\u{1b}[J");
        assert_eq!(redrawn(2, &lines[..1], 80), "\u{1b}[2A\rone\u{1b}[K\n\u{1b}[J");
        assert_eq!(redrawn(1, &[], 80), "\u{1b}[1A\r\u{1b}[J");
    }

    #[test]
    fn a_line_is_cut_by_what_is_seen_of_it_and_not_by_its_colours() {
        let line = ["\u{1b}[32mgreen\u{1b}[0m and more".to_owned()];
        let text = redrawn(0, &line, 5);
        assert!(text.contains("green") && !text.contains("and"), "{text:?}");
    }
}
