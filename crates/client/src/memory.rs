//! The seam `Memory`: where what is learned of an account outlives the process; `Fingerprint`: its name there.

use std::fmt;

use tidegate_core::Learned;

use crate::{BaseUrl, Key};

/// Where what is learned of accounts outlives the process.
///
/// # Contract
///
/// What is kept may be lost at any time: nothing breaks without it, only the first calls are slower. `recall` gives
/// what was kept last, as old as it is by then, or nothing where it is gone, harmed, or of another version. Neither
/// fails: whoever keeps says itself where something went wrong. Both may take as long as a small file takes.
pub trait Memory: Send + Sync + fmt::Debug {
    /// What was learned of the account.
    fn recall(&self, account: &Fingerprint) -> Option<Learned>;

    /// Takes the place of what was kept of the account before.
    fn keep(&self, account: &Fingerprint, learned: &Learned);
}

/// Which account something was learned of: a hash over a base URL and a key. No key can be found from it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The account of a key at a provider's place. `key` may be as a header presents it; without one, the place alone
    /// tells the account.
    #[must_use]
    pub fn of_key(base: &BaseUrl, key: Option<&[u8]>) -> Self {
        let key = key.unwrap_or_default();
        Self::hashed(base, b"key", key.strip_prefix(b"Bearer ").unwrap_or(key))
    }

    /// The account that a config names, whatever keys it has.
    #[must_use]
    pub fn of_name(base: &BaseUrl, name: &str) -> Self {
        Self::hashed(base, b"name", name.as_bytes())
    }

    /// The account of a configured name, else of a key, else of the place.
    #[must_use]
    pub fn of(base: &BaseUrl, name: Option<&str>, key: Option<&Key>) -> Self {
        match name {
            Some(name) => Self::of_name(base, name),
            None => Self::of_key(base, key.map(Key::expose)),
        }
    }

    fn hashed(base: &BaseUrl, kind: &[u8], rest: &[u8]) -> Self {
        let mut hash = blake3::Hasher::new();
        // Neither a URL nor a kind holds a zero byte, so that no two accounts run into one.
        hash.update(base.to_string().as_bytes()).update(&[0]).update(kind).update(&[0]).update(rest);
        Self(*hash.finalize().as_bytes())
    }
}

impl fmt::Display for Fingerprint {
    /// Half of the hash in hexadecimal digits: enough to tell all accounts of the world apart.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0[..16].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_its_place_and_key_however_the_key_is_presented() {
        let [here, there] =
            ["http://127.0.0.1:1", "http://127.0.0.1:2"].map(|url| BaseUrl::parse(url).unwrap());
        let of = |base, key: &str| Fingerprint::of_key(base, Some(key.as_bytes()));
        assert_eq!(of(&here, "sk-1"), of(&here, "Bearer sk-1"));
        assert_eq!(of(&here, "sk-1"), Fingerprint::of(&here, None, Key::new("sk-1").as_ref()));
        assert_ne!(of(&here, "sk-1"), of(&here, "sk-2"));
        assert_ne!(of(&here, "sk-1"), of(&there, "sk-1"));
        assert_ne!(of(&here, "research"), Fingerprint::of_name(&here, "research"));
        assert_ne!(Fingerprint::of_key(&here, None), Fingerprint::of_key(&there, None));
    }

    #[test]
    fn the_key_does_not_show() {
        let base = BaseUrl::parse("http://127.0.0.1:1").unwrap();
        let shown = format!("{0} {0:?}", Fingerprint::of_key(&base, Some(b"sk-secret")));
        assert!(!shown.contains("secret"), "{shown}");
        assert_eq!(shown.split(' ').next().unwrap().len(), 32);
    }
}
