//! One line of the journal: a checksum, a space, the content, a line end.

use std::fmt::Write;

use tidegate_core::Class;

use crate::progress::Spent;

/// Bytes before the content: eight hexadecimal digits of CRC-32 and a space.
const SEAL_BYTES: usize = 9;

/// A finished row as the journal has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RowLine<'a> {
    /// Which row, counted from 0 over the lines that are not blank.
    pub(crate) row: u64,
    /// How it ended.
    pub(crate) class: Class,
    /// What it used and cost.
    pub(crate) spent: Spent,
    /// The output line.
    pub(crate) output: &'a [u8],
}

/// The line with `content`, which holds no line end.
pub(crate) fn seal(content: &[u8]) -> Vec<u8> {
    let mut line = format!("{:08x} ", crc32fast::hash(content)).into_bytes();
    line.reserve(content.len().saturating_add(1));
    line.extend_from_slice(content);
    line.push(b'\n');
    line
}

/// The content of a line that is whole and unharmed.
pub(crate) fn open(line: &[u8]) -> Option<&[u8]> {
    let (seal, content) = line.strip_suffix(b"\n")?.split_at_checked(SEAL_BYTES)?;
    let digits = std::str::from_utf8(seal.strip_suffix(b" ")?).ok()?;
    let sum = u32::from_str_radix(digits, 16).ok()?;
    (crc32fast::hash(content) == sum).then_some(content)
}

impl<'a> RowLine<'a> {
    /// The sealed line.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut content = String::new();
        // Writing to a string cannot fail.
        let _ = write!(
            content,
            "row {} {} {} {} ",
            self.row,
            self.class.name(),
            self.spent.input_tokens,
            self.spent.output_tokens
        );
        if let Some(money) = self.spent.micro_dollars {
            let _ = write!(content, "${money} ");
        }
        let mut content = content.into_bytes();
        content.extend_from_slice(self.output);
        seal(&content)
    }

    /// The row that a line tells of; `None` when it is harmed or tells of something else.
    pub(crate) fn decode(line: &'a [u8]) -> Option<Self> {
        let mut parts = open(line)?.strip_prefix(b"row ")?.splitn(5, |byte| *byte == b' ');
        let mut word = || parts.next();
        let row = number(word()?)?;
        let class = class_named(word()?)?;
        let (input_tokens, output_tokens) = (number(word()?)?, number(word()?)?);
        let (micro_dollars, output) = money_before(word()?)?;
        Some(Self { row, class, spent: Spent { input_tokens, output_tokens, micro_dollars }, output })
    }
}

/// The money in front of the output, where there is some: an output is JSON and never begins with its sign.
fn money_before(rest: &[u8]) -> Option<(Option<u64>, &[u8])> {
    let Some(told) = rest.strip_prefix(b"$") else { return Some((None, rest)) };
    let at = told.iter().position(|byte| *byte == b' ')?;
    let (digits, output) = told.split_at_checked(at)?;
    Some((Some(number(digits)?), output.get(1..)?))
}

fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The class of that name.
pub(crate) fn class_named(name: &[u8]) -> Option<Class> {
    const ALL: [Class; 9] = [
        Class::Ok,
        Class::Throttled,
        Class::Overloaded,
        Class::QuotaExhausted,
        Class::RequestRejected,
        Class::Auth,
        Class::Invalid,
        Class::ServerError,
        Class::Timeout,
    ];
    ALL.into_iter().find(|class| class.name().as_bytes() == name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample(output: &[u8]) -> RowLine<'_> {
        let spent = Spent { input_tokens: 3, output_tokens: 4, micro_dollars: None };
        RowLine { row: 17, class: Class::Throttled, spent, output }
    }

    #[test]
    fn a_row_comes_back_as_it_was_written() {
        let row = sample(br#"{"a": 1}"#);
        assert_eq!(RowLine::decode(&row.encode()), Some(row));
        let priced = RowLine { spent: Spent { micro_dollars: Some(1_200), ..row.spent }, ..row };
        assert_eq!(RowLine::decode(&priced.encode()), Some(priced));
    }

    #[test]
    fn a_line_cut_anywhere_is_not_accepted() {
        let line = sample(b"{}").encode();
        for end in 0..line.len() {
            assert_eq!(RowLine::decode(&line[..end]), None, "cut at {end}");
        }
    }

    proptest! {
        #[test]
        fn a_line_with_one_flipped_bit_is_not_accepted(at in 0_usize..40, bit in 0_u8..8) {
            let mut line = sample(br#"{"id":"x","custom_id":"y"}"#).encode();
            let at = at % line.len();
            line[at] ^= 1 << bit;
            // An upper-case checksum digit is the same checksum; everything else is harm.
            let same_sum = at < 8 && bit == 5;
            prop_assert!(same_sum || RowLine::decode(&line).is_none());
        }

        #[test]
        fn whatever_bytes_come_nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = RowLine::decode(&bytes);
        }
    }
}
