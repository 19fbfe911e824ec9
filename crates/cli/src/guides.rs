//! The guides tell of this command as it is: configurations are read, command lines parsed, links followed.

use std::path::{Path, PathBuf};

use clap::{CommandFactory, Parser};

use super::{Cli, config};

/// A page with its text.
struct Page {
    path: PathBuf,
    text: String,
}

/// A fenced block of a page.
struct Block<'a> {
    language: &'a str,
    line: usize,
    text: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The pages of the checkout that people read before they have a command in hand.
fn pages() -> Vec<Page> {
    let docs = root().join("docs").read_dir().unwrap().map(|entry| entry.unwrap().path());
    let docs = docs.filter(|path| path.extension().is_some_and(|kind| kind == "md"));
    let own = ["README.md", "CONTRIBUTING.md"].map(|name| root().join(name));
    let all = docs.chain(own).map(|path| Page { text: std::fs::read_to_string(&path).unwrap(), path });
    all.collect()
}

impl Page {
    fn blocks(&self) -> Vec<Block<'_>> {
        let mut blocks: Vec<Block<'_>> = Vec::new();
        let mut is_open = false;
        for (index, line) in self.text.lines().enumerate() {
            match (line.strip_prefix("```"), is_open) {
                (Some(language), false) => {
                    blocks.push(Block { language, line: index + 1, text: String::new() });
                    is_open = true;
                }
                (Some(_), true) => is_open = false,
                (None, true) => {
                    let block = blocks.last_mut().unwrap();
                    block.text.push_str(line);
                    block.text.push('\n');
                }
                (None, false) => {}
            }
        }
        assert!(!is_open, "{}: a block is not closed", self.path.display());
        blocks
    }

    fn of(&self, language: &str) -> impl Iterator<Item = (String, Block<'_>)> {
        let place = |block: &Block<'_>| format!("{}:{}", self.path.display(), block.line);
        self.blocks()
            .into_iter()
            .filter(move |block| block.language == language)
            .map(move |block| (place(&block), block))
    }

    /// What stands in code spans outside of blocks.
    fn spans(&self) -> Vec<&str> {
        let parts = self.text.split("```").step_by(2);
        parts.flat_map(|part| part.split('`').skip(1).step_by(2)).collect()
    }
}

/// The command lines of a `console` block: after a `$`, with what a backslash continues.
fn lines(block: &str) -> Vec<String> {
    let joined = block.replace("\\\n", " ");
    joined.lines().filter_map(|line| line.strip_prefix("$ ")).map(str::to_owned).collect()
}

/// The arguments of every `tidegate` of a command line, that cargo runs included.
fn calls(line: &str) -> Vec<Vec<&str>> {
    let commands = line.split(['|', '&', ';']);
    let words = commands.map(|command| command.split_whitespace().collect::<Vec<_>>());
    words.filter_map(|words| arguments(&words)).collect()
}

fn arguments<'a>(words: &[&'a str]) -> Option<Vec<&'a str>> {
    let first = words.iter().position(|word| !word.contains('='))?;
    let words = &words[first..];
    let after = |mark| words.iter().position(|word| *word == mark).map(|at| words[at + 1..].to_vec());
    match words {
        ["tidegate", rest @ ..] => Some(rest.to_vec()),
        ["cargo", "run", ..] if !words.contains(&"-p") => after("--"),
        _ => None,
    }
}

#[test]
fn every_configuration_is_sound() {
    let mut found = 0;
    for page in pages() {
        for (place, block) in page.of("toml") {
            found += 1;
            if let Err(mistakes) = config::parse(&place, &block.text) {
                panic!("{place}: {mistakes}");
            }
        }
    }
    assert!(found >= 3, "only {found} configurations were found");
}

#[test]
fn every_command_line_is_one() {
    let mut found = 0;
    for page in pages() {
        for (place, block) in page.of("console") {
            for line in lines(&block.text) {
                for arguments in calls(&line) {
                    found += 1;
                    let parsed = Cli::try_parse_from(std::iter::once("tidegate").chain(arguments));
                    if let Err(error) = parsed {
                        panic!("{place}: {line}: {error}");
                    }
                }
            }
        }
    }
    assert!(found >= 12, "only {found} command lines were found");
}

#[test]
fn every_command_and_flag_that_is_named_in_passing_exists() {
    let command = Cli::command();
    let all: Vec<&clap::Command> = command.get_subcommands().collect();
    let has_flag = |long: &str| {
        all.iter().any(|sub| sub.get_arguments().any(|argument| argument.get_long() == Some(long)))
    };
    for page in
        pages().iter().filter(|page| page.path.parent().is_some_and(|folder| folder.ends_with("docs")))
    {
        for span in page.spans() {
            let place = page.path.display();
            if let Some(name) = span.strip_prefix("--example ") {
                let file = root().join(format!("crates/client/examples/{name}.rs"));
                assert!(file.exists(), "{place}: no example is called {name}");
            } else if let Some(flag) = span.strip_prefix("--") {
                let long = flag.split([' ', '=']).next().unwrap();
                assert!(has_flag(long), "{place}: no command has --{long}");
            } else if let Some(rest) = span.strip_prefix("tidegate ") {
                let name = rest.split(' ').next().unwrap();
                assert!(all.iter().any(|sub| sub.get_name() == name), "{place}: no command is called {name}");
            }
        }
    }
}

#[test]
fn every_json_is_json_and_every_link_leads_somewhere() {
    for page in pages() {
        for (place, block) in page.of("json") {
            if let Err(error) = serde_json::from_str::<serde_json::Value>(&block.text) {
                panic!("{place}: {error}");
            }
        }
        let prose: String = page.text.split("```").step_by(2).collect();
        let links = prose.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.starts_with("http")) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target =
                if file.is_empty() { page.path.clone() } else { page.path.parent().unwrap().join(file) };
            assert!(target.exists(), "{}: {link} leads nowhere", page.path.display());
            if !anchor.is_empty() {
                let text = std::fs::read_to_string(&target).unwrap();
                let headings = text.lines().filter(|line| line.starts_with('#')).map(anchor_of);
                assert!(
                    headings.into_iter().any(|known| known == anchor),
                    "{}: no heading {link}",
                    page.path.display()
                );
            }
        }
    }
}

/// A heading as links name it.
fn anchor_of(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}
