//! `Notes`: numbers in as few bytes as they need, one after the other, for what lies still and is seldom read.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use crate::Timestamp;
use crate::time::nanos_of;

/// What is noted so far. A number takes a byte for each seven bits of it, the lowest first; the eighth bit says that
/// more follow (LEB128, as in section 7.6 of DWARF 5).
#[derive(Debug, Default)]
pub(crate) struct Notes(Vec<u8>);

impl Notes {
    /// Notes what was noted elsewhere.
    pub(crate) fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    /// What was noted, to be read at once.
    pub(crate) fn reader(&self) -> Reader<'_> {
        Reader::of(&self.0)
    }

    /// What was noted, with no room to spare.
    pub(crate) fn into_bytes(self) -> Box<[u8]> {
        self.0.into_boxed_slice()
    }
}

/// What of the notes is still to be read. Beyond their end every number is zero.
#[derive(Debug)]
pub(crate) struct Reader<'a>(core::slice::Iter<'a, u8>);

impl<'a> Reader<'a> {
    pub(crate) fn of(bytes: &'a [u8]) -> Self {
        Self(bytes.iter())
    }

    /// Reads what was noted of a value, where there is none yet.
    pub(crate) fn read<T: Noted + Default>(&mut self) -> T {
        let mut value = T::default();
        value.recall(self);
        value
    }
}

/// What can be noted.
///
/// [`Noted::recall`] reads what [`Noted::note`] wrote, no more and no less, and makes of a value that was made from the
/// same rule the very one that was noted. What the rule says need therefore not be noted.
pub(crate) trait Noted {
    fn note(&self, notes: &mut Notes);
    fn recall(&mut self, notes: &mut Reader<'_>);
}

/// Notes a structure by its fields. Each is named, so that a further one is either noted or left out on purpose: because
/// it follows from the rule, or from other fields.
macro_rules! noted {
    ($kind:ty { $($field:ident),* } $(without { $($other:ident),* })?) => {
        impl $crate::notes::Noted for $kind {
            fn note(&self, notes: &mut $crate::notes::Notes) {
                let Self { $($field),* $(, $($other: _),*)? } = self;
                $($crate::notes::Noted::note($field, notes);)*
            }

            fn recall(&mut self, notes: &mut $crate::notes::Reader<'_>) {
                let Self { $($field),* $(, $($other: _),*)? } = self;
                $($crate::notes::Noted::recall($field, notes);)*
            }
        }
    };
}
pub(crate) use noted;

impl Noted for u128 {
    fn note(&self, notes: &mut Notes) {
        let mut rest = *self;
        while rest >= 0x80 {
            notes.0.push(low_bits(rest) | 0x80);
            rest >>= 7;
        }
        notes.0.push(low_bits(rest));
    }

    fn recall(&mut self, notes: &mut Reader<'_>) {
        *self = 0;
        let mut shift = 0_u32;
        for byte in notes.0.by_ref() {
            *self |= u128::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            shift = shift.saturating_add(7);
            if byte & 0x80 == 0 {
                break;
            }
        }
    }
}

/// The lowest seven bits of a number.
fn low_bits(number: u128) -> u8 {
    u8::try_from(number & 0x7f).unwrap_or(0)
}

/// Notes a number as the wide one that it fits into.
macro_rules! number {
    ($($kind:ty),*) => {
        $(
            impl Noted for $kind {
                fn note(&self, notes: &mut Notes) {
                    // None of these kinds has more bits.
                    u128::try_from(*self).unwrap_or(0).note(notes);
                }

                fn recall(&mut self, notes: &mut Reader<'_>) {
                    *self = Self::try_from(notes.read::<u128>()).unwrap_or(0);
                }
            }
        )*
    };
}
number!(u64, u32, u16, u8, usize);

impl Noted for bool {
    fn note(&self, notes: &mut Notes) {
        u8::from(*self).note(notes);
    }

    fn recall(&mut self, notes: &mut Reader<'_>) {
        *self = notes.read::<u8>() != 0;
    }
}

impl Noted for i64 {
    fn note(&self, notes: &mut Notes) {
        self.cast_unsigned().note(notes);
    }

    fn recall(&mut self, notes: &mut Reader<'_>) {
        *self = notes.read::<u64>().cast_signed();
    }
}

impl Noted for Timestamp {
    fn note(&self, notes: &mut Notes) {
        self.as_nanos().note(notes);
    }

    fn recall(&mut self, notes: &mut Reader<'_>) {
        *self = Self::from_nanos(notes.read());
    }
}

impl Noted for Duration {
    fn note(&self, notes: &mut Notes) {
        nanos_of(*self).note(notes);
    }

    fn recall(&mut self, notes: &mut Reader<'_>) {
        *self = Self::from_nanos(notes.read());
    }
}

impl<T: Noted + Default> Noted for Option<T> {
    fn note(&self, notes: &mut Notes) {
        self.is_some().note(notes);
        if let Some(value) = self {
            value.note(notes);
        }
    }

    fn recall(&mut self, notes: &mut Reader<'_>) {
        *self = notes.read::<bool>().then(|| notes.read());
    }
}

impl<T: Noted, const COUNT: usize> Noted for [T; COUNT] {
    fn note(&self, notes: &mut Notes) {
        self.iter().for_each(|value| value.note(notes));
    }

    fn recall(&mut self, notes: &mut Reader<'_>) {
        self.iter_mut().for_each(|value| value.recall(notes));
    }
}

impl<T: Noted + Default> Noted for Vec<T> {
    fn note(&self, notes: &mut Notes) {
        self.len().note(notes);
        self.iter().for_each(|value| value.note(notes));
    }

    fn recall(&mut self, notes: &mut Reader<'_>) {
        let len = notes.read::<usize>();
        *self = (0..len).map(|_| notes.read()).collect();
    }
}

impl<T: Noted + Default> Noted for VecDeque<T> {
    fn note(&self, notes: &mut Notes) {
        self.len().note(notes);
        self.iter().for_each(|value| value.note(notes));
    }

    fn recall(&mut self, notes: &mut Reader<'_>) {
        *self = notes.read::<Vec<T>>().into();
    }
}

impl<A: Noted, B: Noted> Noted for (A, B) {
    fn note(&self, notes: &mut Notes) {
        self.0.note(notes);
        self.1.note(notes);
    }

    fn recall(&mut self, notes: &mut Reader<'_>) {
        self.0.recall(notes);
        self.1.recall(notes);
    }
}

impl Noted for String {
    fn note(&self, notes: &mut Notes) {
        self.len().note(notes);
        notes.0.extend_from_slice(self.as_bytes());
    }

    fn recall(&mut self, notes: &mut Reader<'_>) {
        let len = notes.read::<usize>();
        let bytes = notes.0.by_ref().take(len).copied().collect();
        *self = Self::from_utf8(bytes).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cost;

    /// What is read of a value's notes, and how many bytes they took.
    fn again<T: Noted + Default>(value: &T) -> (T, usize) {
        let mut notes = Notes::default();
        value.note(&mut notes);
        7_u8.note(&mut notes);
        let bytes = notes.into_bytes();
        let mut reader = Reader::of(&bytes);
        let read = reader.read();
        assert_eq!(reader.read::<u8>(), 7, "exactly what was noted is read");
        (read, bytes.len() - 1)
    }

    #[test]
    fn every_number_is_read_as_it_was_noted_and_small_ones_take_a_byte() {
        for shift in 0..128 {
            for number in [1_u128 << shift, (1 << shift) - 1, u128::MAX >> shift] {
                let (read, len) = again(&number);
                assert_eq!(read, number);
                assert_eq!(len as u32, (128 - number.leading_zeros()).div_ceil(7).max(1));
            }
        }
        assert_eq!(again(&i64::MIN).0, i64::MIN);
        assert_eq!(again(&-1_i64).0, -1);
        assert_eq!(again(&u64::MAX).0, u64::MAX);
    }

    #[test]
    fn what_is_put_together_is_read_in_its_order() {
        let cost = Cost::requests(3).input_tokens(900).total_tokens(0);
        let put_together = alloc::vec![
            (Some(Timestamp::from_secs(9)), (String::from("größe"), cost)),
            (None, (String::new(), Cost::ZERO)),
        ];
        assert_eq!(again(&put_together).0, put_together);
        let queue: VecDeque<_> = [Duration::from_nanos(1), Duration::from_secs(400)].into();
        assert_eq!(again(&queue).0, queue);
    }

    #[test]
    fn beyond_the_end_everything_is_zero() {
        let mut reader = Reader::of(&[0x80]);
        assert_eq!(reader.read::<u128>(), 0);
        assert_eq!(reader.read::<Option<u64>>(), None);
    }
}
