//! How long the sound in a request is, from its first bytes and its length, and how that is counted.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// How a provider counts sound, and text that is to be spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sound {
    /// In tokens too: so many for a second of it, and those of the text.
    Tokens(u64),
    /// In seconds and characters alone (Mistral, all recordings to 2026-08).
    Units,
}

/// Ten tokens a second: OpenAI, 37 tokens for 3.7 seconds in recordings of 2026-08 and so documented
/// (<https://developers.openai.com/api/docs/guides/realtime-costs>, 2026-09). It stands in where nothing is known.
pub(crate) const OPENAI_SOUND: Sound = Sound::Tokens(10);

/// Bytes a second of sound whose container does not tell them at its beginning (Ogg, WebM, MP4): 64 kbit/s, between the 40
/// that are advised for speech and the 128 for music (RFC 7587, section 3.1.1). The answer corrects it.
const BYTES_A_SECOND: u64 = 8_000;

/// Of this much the beginning is read: headers are within it, but for tags with a picture in them.
const HEAD_BYTES_MAX: usize = 3 * 1024;

/// A shorter text is no file but the name of one.
const TEXT_BYTES_MIN: usize = 100;

/// Kilobits a second of an MP3 file, by the index in its frames: of MPEG 1, and of the later versions (ISO 11172-3, 13818-3).
const MPEG_1: [u64; 15] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const MPEG_2: [u64; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

impl Sound {
    /// The tokens of so many milliseconds of sound.
    pub(crate) fn tokens(self, millis: u64) -> u64 {
        match self {
            Self::Tokens(a_second) => millis.saturating_mul(a_second).div_ceil(1_000),
            Self::Units => 0,
        }
    }
}

/// Milliseconds of sound in a text: base64, or a `data:` URL of it. `None` where it is none: of sound that lies elsewhere,
/// its address does not tell the length.
pub(super) fn of_text(text: &str) -> Option<u64> {
    let data = match text.strip_prefix("data:") {
        Some(url) => url.split_once(";base64,")?.1,
        None => text,
    };
    let data = data.trim_end_matches('=');
    if data.len() < TEXT_BYTES_MIN {
        return None;
    }
    // Whole groups of four letters, so that the beginning can be read alone.
    let beginning = data.get(..data.len().min(HEAD_BYTES_MAX / 3 * 4))?;
    let beginning = beginning.get(..beginning.len() / 4 * 4)?;
    let mut head = [0; HEAD_BYTES_MAX];
    let read = STANDARD.decode_slice(beginning, &mut head).ok().filter(|read| *read > 0)?;
    Some(millis(head.get(..read)?, data.len() as u64 * 3 / 4))
}

/// Milliseconds of sound in a file.
pub(super) fn of_file(file: &[u8]) -> u64 {
    millis(file.get(..HEAD_BYTES_MAX).unwrap_or(file), file.len() as u64)
}

/// Milliseconds of a file of so many bytes that begins like this.
fn millis(head: &[u8], bytes: u64) -> u64 {
    let (at, a_second) = match () {
        () if head.starts_with(b"fLaC") => match flac(head) {
            Some(millis) => return millis,
            None => (0, None),
        },
        () if head.starts_with(b"RIFF") => (44, wav(head)),
        () => mp3(head).map_or((0, None), |(at, a_second)| (at, Some(a_second))),
    };
    let a_second = a_second.filter(|a_second| *a_second > 0).unwrap_or(BYTES_A_SECOND);
    bytes.saturating_sub(at).saturating_mul(1_000) / a_second
}

/// Bytes a second of a WAV file, from its `fmt ` chunk.
fn wav(head: &[u8]) -> Option<u64> {
    let at = memchr::memmem::find(head, b"fmt ")?;
    let rate = head.get(at + 16..at + 20)?;
    Some(u64::from(u32::from_le_bytes(rate.try_into().ok()?)))
}

/// Milliseconds of a FLAC file: its first block holds the number of samples, unless it was not known yet.
fn flac(head: &[u8]) -> Option<u64> {
    let packed = u64::from_be_bytes(head.get(18..26)?.try_into().ok()?);
    let (a_second, samples) = (packed >> 44, packed & 0xf_ffff_ffff);
    (samples > 0).then(|| samples.saturating_mul(1_000).checked_div(a_second))?
}

/// Where the first frame of an MP3 file lies, behind a tag, and the bytes a second that it tells.
fn mp3(head: &[u8]) -> Option<(u64, u64)> {
    let at = match head.strip_prefix(b"ID3") {
        Some(tag) => 10 + tag.get(3..7)?.iter().fold(0, |size, byte| size << 7 | usize::from(byte & 0x7f)),
        None => 0,
    };
    let frame = head.get(at..at + 3)?;
    let is_layer_3 = frame[0] == 0xff && frame[1] & 0xe6 == 0xe2;
    let table = if frame[1] & 0x18 == 0x18 { MPEG_1 } else { MPEG_2 };
    let kilobits = table.get(usize::from(frame[2] >> 4)).filter(|_| is_layer_3)?;
    Some((at as u64, kilobits * 125))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Five seconds of 16 kHz, mono, 16 bit.
    fn wav_file() -> Vec<u8> {
        let mut file = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
        file.extend(16_000_u32.to_le_bytes());
        file.extend(32_000_u32.to_le_bytes());
        file.extend(b"\x02\0\x10\0data\xff\xff\xff\xff");
        assert_eq!(file.len(), 44);
        file.resize(44 + 5 * 32_000, 0);
        file
    }

    /// Frames of MPEG 1, layer III at 64 kbit/s.
    fn mp3_file(tag: usize) -> Vec<u8> {
        let mut file = Vec::new();
        if tag > 0 {
            file.extend(b"ID3\x04\0\0");
            file.extend([0, 0, (tag >> 7) as u8, (tag & 0x7f) as u8]);
            file.resize(10 + tag, 0);
        }
        file.extend([0xff, 0xfb, 0x50, 0xc4]);
        file.resize(file.len() - 4 + 3 * 8_000, 0);
        file
    }

    #[test]
    fn the_beginning_of_a_file_tells_how_long_it_is() {
        assert_eq!(of_file(&wav_file()), 5_000);
        assert_eq!([mp3_file(0), mp3_file(300)].map(|file| of_file(&file)), [3_000, 3_000]);
        let mut flac = b"fLaC\0\0\0\x22".to_vec();
        flac.resize(18, 0);
        flac.extend((48_000_u64 << 44 | 7 << 36 | 120_000).to_be_bytes());
        assert_eq!(of_file(&flac), 2_500);
    }

    #[test]
    fn what_the_beginning_does_not_tell_is_reckoned_by_the_length() {
        let ogg = [&b"OggS"[..], &[7; 15_996]].concat();
        assert_eq!(of_file(&ogg), 2_000);
        let mut silent = wav_file();
        silent[28..32].fill(0);
        assert_eq!(of_file(&silent), 20_000, "a rate of nothing is none");
        for cut in
            [&b"RIFF"[..], b"fLaC", b"ID3", b"\xff\xfb", b"\xff\xfb\xf0", b"ID3\x04\0\0\x7f\x7f\x7f\x7f", b""]
        {
            assert!(of_file(cut) <= 1, "{cut:?}");
        }
    }

    #[test]
    fn base64_tells_as_much_as_the_file_does() {
        let text = STANDARD.encode(wav_file());
        assert_eq!(of_text(&text), Some(5_000));
        assert_eq!(of_text(&format!("data:audio/wav;base64,{text}")), Some(5_000));
        for cut in 0..8 {
            let near = of_text(&text[..text.len() - cut]).unwrap();
            assert!(near.abs_diff(5_000) <= 1, "{cut}: {near}");
        }
        for none in [
            "",
            "=",
            "AA",
            "https://example.com/a.mp3",
            "data:audio/wav,AAAA",
            &"data:audio/wav,".repeat(20),
            "file-abc",
            &"\u{e9}".repeat(2_000),
            &"file_1".repeat(60),
        ] {
            assert_eq!(of_text(none), None, "{none}");
        }
    }

    #[test]
    fn a_second_has_as_many_tokens_as_the_provider_counts() {
        assert_eq!((OPENAI_SOUND.tokens(3_700), OPENAI_SOUND.tokens(1)), (37, 1));
        assert_eq!((Sound::Tokens(32).tokens(60_000), Sound::Units.tokens(60_000)), (1_920, 0));
        assert_eq!(OPENAI_SOUND.tokens(u64::MAX), u64::MAX.div_ceil(1_000));
    }
}
