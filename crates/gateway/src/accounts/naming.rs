//! `Naming`: names of accounts that tell nothing of their keys and never collide.

use std::collections::{BTreeMap, BTreeSet};

/// The names in use.
#[derive(Debug, Default)]
pub(crate) struct Naming {
    taken: BTreeSet<String>,
    /// The last number given beside each name. Numbers are not used again: a chart must not join two accounts.
    last: BTreeMap<String, u64>,
}

impl Naming {
    /// A free name: the wanted one, or with the first number from 2 on that was never given.
    pub(crate) fn claim(&mut self, wanted: &str) -> String {
        let last = self.last.entry(wanted.to_owned()).or_insert(0);
        loop {
            *last += 1;
            let name = if *last == 1 { wanted.to_owned() } else { format!("{wanted}-{last}") };
            if self.taken.insert(name.clone()) {
                return name;
            }
        }
    }

    /// Gives a name back.
    pub(crate) fn free(&mut self, name: &str) {
        self.taken.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_name_gets_a_number_that_was_never_given() {
        let mut naming = Naming::default();
        assert_eq!(naming.claim("openai-2"), "openai-2");
        assert_eq!([naming.claim("openai"), naming.claim("openai")], ["openai", "openai-3"]);
        naming.free("openai-3");
        assert_eq!(naming.claim("openai"), "openai-4");
    }
}
