//! What an image costs in tokens, by each family's documented formula, from its size in pixels.

/// The size of an image in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) width: u64,
    pub(super) height: u64,
}

/// The size that is taken where an image does not tell its own: a link that nobody has followed.
const UNKNOWN: Size = Size { width: 1024, height: 1024 };

/// How closely a model looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    Low,
    High,
}

/// What a family of models makes of an image.
enum Family {
    /// Squares of 512 pixels after scaling: a base, and so much each.
    Tiles { base: u64, each: u64 },
    /// Patches of 32 pixels, 1536 at most, times hundredths.
    Patches { hundredths: u64 },
    /// A token for 750 pixels, after scaling to 1568 pixels on the long side (Anthropic's vision guide, 2026-08).
    Pixels,
}

/// Beginnings of model names; the first that fits counts (OpenAI's guide to images and vision, 2026-08).
const FAMILIES: [(&str, Family); 12] = [
    ("gpt-4.1-mini", Family::Patches { hundredths: 162 }),
    ("gpt-4.1-nano", Family::Patches { hundredths: 246 }),
    ("gpt-5-mini", Family::Patches { hundredths: 162 }),
    ("gpt-5-nano", Family::Patches { hundredths: 246 }),
    ("o4-mini", Family::Patches { hundredths: 172 }),
    ("gpt-4o-mini", Family::Tiles { base: 2_833, each: 5_667 }),
    ("gpt-5", Family::Tiles { base: 70, each: 140 }),
    ("o1", Family::Tiles { base: 75, each: 150 }),
    ("o3", Family::Tiles { base: 75, each: 150 }),
    ("claude", Family::Pixels),
    ("gpt-4", Family::Tiles { base: 85, each: 170 }),
    ("", Family::Tiles { base: 85, each: 170 }),
];

/// The tokens of an image for a model. `data` is the image itself where the request holds it.
pub(super) fn tokens(model: &str, data: Option<&[u8]>, detail: Detail) -> u64 {
    let size = data.and_then(size).unwrap_or(UNKNOWN);
    let name = model.rsplit('/').next().unwrap_or(model);
    let family = FAMILIES.iter().find(|(start, _)| name.starts_with(start)).map(|(_, family)| family);
    match family {
        Some(Family::Tiles { base, .. }) if detail == Detail::Low => *base,
        Some(Family::Tiles { base, each }) => base.saturating_add(each.saturating_mul(tiles(size))),
        Some(Family::Patches { hundredths }) => (patches(size) * hundredths).div_ceil(100),
        Some(Family::Pixels) | None => pixels(size),
    }
}

/// Squares of 512 pixels: scaled down into 2048 by 2048, then to 768 on the short side.
fn tiles(size: Size) -> u64 {
    let inside = shrunk(size, size.width.max(size.height), 2_048);
    let small = shrunk(inside, inside.width.min(inside.height), 768);
    small.width.div_ceil(512) * small.height.div_ceil(512)
}

/// Patches of 32 pixels, at most 1536 of them.
fn patches(size: Size) -> u64 {
    const MAX: u64 = 1_536;
    let count = size.width.div_ceil(32).saturating_mul(size.height.div_ceil(32));
    if count <= MAX {
        return count;
    }
    // Scaled so that all of it fits, and then so that a whole number of patches fits the width.
    let (width, height) = (size.width as f64, size.height as f64);
    let factor = (MAX as f64 * 1_024.0 / (width * height)).sqrt();
    let across = ((width * factor / 32.0).floor() as u64).max(1);
    let down = u128::from(size.height) * u128::from(across);
    let down = u64::try_from(down.div_ceil(u128::from(size.width))).unwrap_or(MAX);
    across.saturating_mul(down).min(MAX)
}

fn pixels(size: Size) -> u64 {
    const LONG_SIDE: u64 = 1_568;
    const MAX: u64 = 1_600;
    let small = shrunk(size, size.width.max(size.height), LONG_SIDE);
    small.width.saturating_mul(small.height).div_ceil(750).min(MAX)
}

/// The size scaled down so that `side`, one of its sides, is at most `most`.
fn shrunk(size: Size, side: u64, most: u64) -> Size {
    if side <= most {
        return size;
    }
    let scaled =
        |pixels: u64| u64::try_from(u128::from(pixels) * u128::from(most) / u128::from(side)).unwrap_or(most);
    Size { width: scaled(size.width).max(1), height: scaled(size.height).max(1) }
}

/// The size that the head of a PNG, GIF, JPEG or WebP file tells; `None` for anything else.
pub(super) fn size(data: &[u8]) -> Option<Size> {
    let big = |at: usize, bytes: usize| number(data.get(at..at + bytes)?.iter());
    let little = |at: usize, bytes: usize| number(data.get(at..at + bytes)?.iter().rev());
    let size = if data.starts_with(b"\x89PNG\r\n\x1a\n") {
        Size { width: big(16, 4)?, height: big(20, 4)? }
    } else if data.starts_with(b"GIF8") {
        Size { width: little(6, 2)?, height: little(8, 2)? }
    } else if data.starts_with(b"\xff\xd8") {
        jpeg(data)?
    } else if data.get(8..16) == Some(b"WEBPVP8X") {
        Size { width: little(24, 3)? + 1, height: little(27, 3)? + 1 }
    } else if data.get(8..16) == Some(b"WEBPVP8 ") {
        Size { width: little(26, 2)? & 0x3fff, height: little(28, 2)? & 0x3fff }
    } else {
        return None;
    };
    (size.width > 0 && size.height > 0).then_some(size)
}

fn number<'a>(bytes: impl Iterator<Item = &'a u8>) -> Option<u64> {
    Some(bytes.fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

/// The size in the first frame header of a JPEG file.
fn jpeg(data: &[u8]) -> Option<Size> {
    let mut at = 2;
    while let [0xff, marker, high, low] = *data.get(at..at + 4)? {
        let is_frame = matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc);
        if is_frame {
            let side = |at: usize| number(data.get(at..at + 2)?.iter());
            return Some(Size { height: side(at + 5)?, width: side(at + 7)? });
        }
        at += 2 + usize::from(u16::from_be_bytes([high, low])).max(2);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut data = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        data.extend(width.to_be_bytes());
        data.extend(height.to_be_bytes());
        data
    }

    #[test]
    fn the_examples_of_the_documentation_come_out() {
        let high = |model: &str, width, height| tokens(model, Some(&png(width, height)), Detail::High);
        assert_eq!(high("gpt-4o", 1024, 1024), 765);
        assert_eq!(high("gpt-4o", 2048, 4096), 1_105);
        assert_eq!(tokens("gpt-4o", Some(&png(4096, 8192)), Detail::Low), 85);
        assert_eq!(patches(Size { width: 1_024, height: 1_024 }), 1_024);
        assert_eq!(patches(Size { width: 1_800, height: 2_400 }), 1_452);
        assert_eq!(high("gpt-4.1-mini", 1_024, 1_024), 1_659);
        assert_eq!(high("claude-sonnet-5", 1_000, 1_000), 1_334);
        assert_eq!(tokens("gpt-4o", None, Detail::High), 765, "a link is taken for a square of 1024");
    }

    #[test]
    fn the_size_stands_in_the_head_of_a_file() {
        assert_eq!(size(&png(3, 4)), Some(Size { width: 3, height: 4 }));
        assert_eq!(size(b"GIF89a\x05\x00\x06\x00"), Some(Size { width: 5, height: 6 }));
        let jpeg = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08\x00\x07\x00\x08";
        assert_eq!(size(jpeg), Some(Size { width: 8, height: 7 }));
    }

    #[test]
    fn what_is_no_image_has_no_size() {
        for data in [
            &b""[..],
            b"\xff\xd8",
            b"\xff\xd8\xff\xe0\xff\xff",
            b"\x89PNG\r\n\x1a\n",
            b"text",
            b"RIFFxxxxWEBPVP8X",
        ] {
            assert_eq!(size(data), None);
        }
        assert_eq!(size(&png(0, 4)), None);
        assert!(tiles(Size { width: u64::from(u32::MAX), height: 1 }) > 0);
        assert!(patches(Size { width: u64::from(u32::MAX), height: u64::from(u32::MAX) }) <= 1_536);
        assert!(patches(Size { width: u64::from(u32::MAX), height: 1 }) <= 1_536);
    }
}
