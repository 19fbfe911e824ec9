//! `Paths`: where in a document the values lie that a picker looks for.

/// A way from the root to a value; `*` stands for the entries of an array.
pub(crate) type Path = &'static [&'static str];

/// What a document is searched for; at most 32 paths.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paths {
    /// Values to take out.
    pub(crate) picked: &'static [Path],
    /// Values whose strings are only measured: a model's text.
    pub(crate) measured: &'static [Path],
}

impl Paths {
    pub(super) const fn len(self) -> usize {
        self.picked.len() + self.measured.len()
    }

    /// A bit for each path.
    pub(super) fn all(self) -> u32 {
        let unused = u32::BITS.saturating_sub(u32::try_from(self.len()).unwrap_or(u32::BITS));
        u32::MAX.checked_shr(unused).unwrap_or(0)
    }

    /// The path of that number; those to pick come first.
    pub(super) fn get(self, index: usize) -> Path {
        match index.checked_sub(self.picked.len()) {
            None => self.picked[index],
            Some(index) => self.measured.get(index).copied().unwrap_or_default(),
        }
    }
}

/// The places of the bits that are set.
pub(super) fn bits(mut set: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let place = (set != 0).then(|| set.trailing_zeros() as usize)?;
        set &= set - 1;
        Some(place)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_has_a_bit() {
        let none = Paths { picked: &[], measured: &[] };
        assert_eq!(none.all(), 0);
        let three = Paths { picked: &[&["a"], &["b"]], measured: &[&["c"]] };
        assert_eq!(bits(three.all()).map(|index| three.get(index)[0]).collect::<String>(), "abc");
    }
}
