//! `Recent`: what was found out about the last few of something, to be found again without finding it out.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// How many are kept: the endpoints of a few providers. Looking through more would cost more than it saves.
const KEPT: usize = 16;

/// What was found out about the last few. Clones share it.
#[derive(Clone)]
pub(crate) struct Recent<K, V>(Arc<Mutex<Kept<K, V>>>);

struct Kept<K, V> {
    entries: Vec<(K, V)>,
    /// Which of them goes when the next one comes.
    oldest: usize,
}

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Kept { entries: Vec::new(), oldest: 0 })))
    }
}

impl<K, V: Clone> Recent<K, V> {
    /// What was found out about the one that `is` it.
    pub(crate) fn find(&self, is: impl Fn(&K) -> bool) -> Option<V> {
        self.kept(|kept| kept.entries.iter().find(|(key, _)| is(key)).map(|(_, found)| found.clone()))
    }

    /// Keeps what was found out, in the place of the oldest.
    pub(crate) fn keep(&self, key: K, found: V) {
        self.kept(|kept| {
            match kept.entries.get_mut(kept.oldest) {
                Some(entry) => *entry = (key, found),
                None => kept.entries.push((key, found)),
            }
            kept.oldest = (kept.oldest + 1) % KEPT;
        });
    }

    fn kept<R>(&self, act: impl FnOnce(&mut Kept<K, V>) -> R) -> R {
        // What a panic left behind is whole: an entry is there, or it is not.
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<K, V> fmt::Debug for Recent<K, V> {
    /// Without what is kept: some hosts take the key in the query of a URL.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Recent").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_are_kept() {
        let recent = Recent::default();
        for number in 0..3 * KEPT {
            recent.keep(number, number * 2);
        }
        let found = |number| recent.find(|key| *key == number);
        assert_eq!(found(3 * KEPT - 1), Some(6 * KEPT - 2));
        assert_eq!((found(2 * KEPT), found(2 * KEPT - 1)), (Some(4 * KEPT), None));
        assert_eq!(recent.kept(|kept| kept.entries.len()), KEPT);
    }

    #[test]
    fn what_is_kept_is_not_printed() {
        let recent = Recent::default();
        recent.keep("http://host/v1?key=secret", ());
        assert!(!format!("{recent:?}").contains("secret"));
    }
}
