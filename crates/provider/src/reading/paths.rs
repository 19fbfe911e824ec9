//! `Paths`: where in a document the values lie that a picker looks for; `Map`: the same, quick to follow.

use super::picker::SHALLOW;

/// A way from the root to a value; `*` stands for the entries of an array.
pub(crate) type Path = &'static [&'static str];

/// Where a choice tells its number, and where why it ends. Both are looked for together: see [`Choices`].
///
/// [`Choices`]: super::choices::Choices
pub(super) const CHOICE: [Path; 2] = [&["choices", "*", "index"], &["choices", "*", "finish_reason"]];

/// The most paths of one document: a set of them is one word.
const PATHS_MAX: usize = u64::BITS as usize;

/// What a document is searched for; at most 64 paths.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paths {
    /// Values to take out.
    pub(crate) picked: &'static [Path],
    /// Values whose strings are only measured: a model's text.
    pub(crate) measured: &'static [Path],
}

/// Paths as a picker follows them: sets of paths are bits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Map {
    paths: Paths,
    /// For each depth, which kinds of steps there are: most keys of a document are none of them.
    kinds: [u64; SHALLOW],
    /// For each depth, the kind of each path's step: few of them have one kind.
    steps: [[u8; PATHS_MAX]; SHALLOW],
    /// For each length, the paths that have it.
    lengths: [u64; SHALLOW + 1],
    /// The paths of [`CHOICE`], one bit each where they are looked for.
    choice: [u64; 2],
}

impl Map {
    /// Made by the compiler, once for each set of paths: answers are many.
    pub(crate) const fn new(paths: Paths) -> Self {
        let count = paths.picked.len() + paths.measured.len();
        assert!(count <= PATHS_MAX, "a bit for each path");
        let (kinds, steps, lengths) = ([0; SHALLOW], [[0; PATHS_MAX]; SHALLOW], [0; SHALLOW + 1]);
        let mut map = Self { paths, kinds, steps, lengths, choice: [0; 2] };
        let mut index = 0;
        while index < count {
            let path = map.get(index);
            map.lengths[path.len()] |= 1 << index;
            let mut part = 0;
            while part < CHOICE.len() {
                if is_same(path, CHOICE[part]) {
                    map.choice[part] = 1 << index;
                }
                part += 1;
            }
            let mut depth = 0;
            while depth < path.len() {
                map.steps[depth][index] = place(path[depth].as_bytes());
                map.kinds[depth] |= 1 << map.steps[depth][index];
                depth += 1;
            }
            index += 1;
        }
        map
    }

    /// How many values there are to take out.
    pub(super) const fn picked(&self) -> usize {
        self.paths.picked.len()
    }

    /// A bit for each path.
    pub(super) fn all(&self) -> u64 {
        self.lengths.iter().fold(0, |all, set| all | set)
    }

    /// Those of `set` that end at this depth.
    pub(super) fn ending(&self, set: u64, depth: usize) -> u64 {
        self.lengths.get(depth).map_or(0, |ending| ending & set)
    }

    /// Those of `set` whose step at this depth is `step`.
    pub(super) fn narrowed(&self, set: u64, depth: usize, step: &[u8]) -> u64 {
        let kind = place(step);
        let steps = match (self.kinds.get(depth), self.steps.get(depth)) {
            (Some(kinds), Some(steps)) if kinds & 1 << kind != 0 => steps,
            _ => return 0,
        };
        let is_step = |index: &usize| {
            steps[*index] == kind && self.get(*index).get(depth).is_some_and(|own| own.as_bytes() == step)
        };
        bits(set).filter(is_step).fold(0, |narrowed, index| narrowed | 1 << index)
    }

    /// Whether the path of that number is picked rather than measured.
    pub(super) fn is_picked(&self, index: usize) -> bool {
        index < self.paths.picked.len()
    }

    /// Which of [`CHOICE`] the path of that number is.
    pub(super) fn part_of_choice(&self, index: usize) -> Option<usize> {
        self.choice.iter().position(|bit| *bit == 1 << index)
    }

    /// Whether the paths of a container lead on to what a choice tells.
    pub(super) fn is_choice(&self, set: u64) -> bool {
        self.choice.iter().any(|bit| bit & set != 0)
    }

    /// The path of that number; those to pick come first.
    const fn get(&self, index: usize) -> Path {
        let Paths { picked, measured } = self.paths;
        if index < picked.len() { picked[index] } else { measured[index - picked.len()] }
    }
}

/// Whether two paths are the same.
const fn is_same(path: Path, other: Path) -> bool {
    let mut step = 0;
    while step < path.len() && step < other.len() {
        let (own, others) = (path[step].as_bytes(), other[step].as_bytes());
        let mut at = 0;
        while at < own.len() && at < others.len() && own[at] == others[at] {
            at += 1;
        }
        if at < own.len() || at < others.len() {
            return false;
        }
        step += 1;
    }
    path.len() == other.len()
}

/// A bit that few other steps have.
pub(super) const fn kind(step: &[u8]) -> u64 {
    1 << place(step)
}

/// The place of that bit: by length and first letter.
const fn place(step: &[u8]) -> u8 {
    let first = if step.is_empty() { 0 } else { step[0] as usize };
    ((step.len() * 11 + first) % 64) as u8
}

/// The places of the bits that are set.
pub(super) fn bits(mut set: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let place = (set != 0).then(|| set.trailing_zeros() as usize)?;
        set &= set - 1;
        Some(place)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATHS: Paths = Paths { picked: &[&["a"], &["b", "c"]], measured: &[&["b", "*", "d"]] };

    fn list(set: u64) -> Vec<usize> {
        bits(set).collect()
    }

    #[test]
    fn steps_narrow_the_paths_down() {
        let map = const { Map::new(PATHS) };
        assert_eq!(list(map.all()), [0, 1, 2]);
        assert_eq!(list(map.narrowed(map.all(), 0, b"b")), [1, 2]);
        assert_eq!(list(map.narrowed(map.all(), 1, b"*")), [2]);
        assert_eq!(map.narrowed(map.all(), 0, b"x"), 0);
        assert_eq!(map.narrowed(map.all(), SHALLOW, b"x"), 0);
        assert_eq!(
            (list(map.ending(map.all(), 2)), map.is_picked(1), map.is_picked(2)),
            (vec![1], true, false)
        );
    }

    #[test]
    fn no_paths_lead_nowhere() {
        let map = Map::new(Paths { picked: &[], measured: &[] });
        assert_eq!((map.all(), map.narrowed(u64::MAX, 0, b"a")), (0, 0));
    }
}
