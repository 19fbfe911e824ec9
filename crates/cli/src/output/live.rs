//! `Live`: a few lines on the terminal that are drawn over again, without flicker or scrolling.

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Frames a second: fluent to the eye, and too few to be felt by the processor.
const FRAMES_PER_SECOND: u8 = 12;

/// A frame of lines on stderr. Where that is no terminal, nothing is drawn.
#[derive(Debug)]
pub(crate) struct Live {
    screen: MultiProgress,
    lines: Vec<ProgressBar>,
}

impl Live {
    /// An empty frame.
    pub(crate) fn new() -> Self {
        let target = ProgressDrawTarget::stderr_with_hz(FRAMES_PER_SECOND);
        Self { screen: MultiProgress::with_draw_target(target), lines: Vec::new() }
    }

    /// Draws `lines` in the place of the frame before; each is cut at the terminal's edge.
    pub(crate) fn draw(&mut self, lines: &[String]) {
        while self.lines.len() < lines.len() {
            // The template is one that the crate knows; without a style the text would show all the same.
            let style =
                ProgressStyle::with_template("{wide_msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
            self.lines.push(self.screen.add(ProgressBar::new_spinner().with_style(style)));
        }
        while self.lines.len() > lines.len() {
            if let Some(line) = self.lines.pop() {
                self.screen.remove(&line);
            }
        }
        for (place, line) in lines.iter().enumerate() {
            // A line without any character would have no height.
            let text = if line.is_empty() { " " } else { line };
            self.lines[place].set_message(text.to_owned());
        }
    }

    /// Takes the frame off the screen.
    pub(crate) fn clear(self) {
        // A terminal that is gone needs no clearing.
        let _ = self.screen.clear();
    }
}
