//! `Decoder`: decodes gzip, deflate, br and zstd beside the forwarded bytes, chunk by chunk.
//!
//! Decoded bytes go straight into a sink, so a small chunk that unpacks into a large one costs no memory. Answers
//! that were unpacked on the way, with the header left in place, are noticed and read as they are.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};

use brotli_decompressor::DecompressorWriter;
use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

/// Working buffer of the brotli decoder.
const BROTLI_BUFFER: usize = 4096;

/// The largest window that a zstd answer may ask for: 8 MiB, what RFC 8878 asks decoders to support.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// As many bytes as are needed to tell a compressed answer from a plain one.
const SNIFF: usize = 6;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    Identity,
    Gzip,
    Deflate,
    Brotli,
    Zstd,
    /// Several codings, or one that we do not know.
    Unknown,
}

/// A decoder that feeds `S`.
pub(crate) struct Decoder<S: Write> {
    stage: Stage<S>,
    broken: bool,
}

enum Stage<S: Write> {
    /// The first bytes, until they tell.
    Sniffing(Coding, Vec<u8>, S),
    Plain(S),
    Gzip(Box<MultiGzDecoder<S>>),
    Zlib(Box<ZlibDecoder<S>>),
    Deflate(Box<DeflateDecoder<S>>),
    Brotli(Box<DecompressorWriter<S>>),
    Zstd(Box<zstd::stream::write::Decoder<'static, S>>),
    /// The decoder could not be set up.
    Gone,
}

impl<S: Write> Decoder<S> {
    pub(crate) fn new(content_encoding: Option<&str>, sink: S) -> Self {
        let stage = match Coding::of(content_encoding) {
            Coding::Identity => Stage::Plain(sink),
            coding => Stage::Sniffing(coding, Vec::with_capacity(SNIFF), sink),
        };
        Self { stage, broken: false }
    }

    /// Decodes the next bytes. After a mistake in the coding the rest is ignored.
    pub(crate) fn push(&mut self, chunk: &[u8]) {
        if let Stage::Sniffing(_, first, _) = &mut self.stage {
            first.extend_from_slice(chunk);
            if first.len() >= SNIFF {
                self.decide();
            }
        } else {
            self.write(chunk);
        }
    }

    /// Decodes what is left when no more bytes come.
    pub(crate) fn finish(&mut self) {
        if matches!(self.stage, Stage::Sniffing(..)) {
            self.decide();
        }
    }

    /// Whether there was a mistake in the coding, or more than is read.
    pub(crate) const fn is_broken(&self) -> bool {
        self.broken
    }

    /// The sink; `None` when the decoder could not be set up.
    pub(crate) fn sink(&self) -> Option<&S> {
        Some(match &self.stage {
            Stage::Sniffing(_, _, sink) | Stage::Plain(sink) => sink,
            Stage::Gzip(decoder) => decoder.get_ref(),
            Stage::Zlib(decoder) => decoder.get_ref(),
            Stage::Deflate(decoder) => decoder.get_ref(),
            Stage::Brotli(decoder) => decoder.get_ref(),
            Stage::Zstd(decoder) => decoder.get_ref(),
            Stage::Gone => return None,
        })
    }

    /// The sink, to be changed; `None` when the decoder could not be set up.
    pub(crate) fn sink_mut(&mut self) -> Option<&mut S> {
        Some(match &mut self.stage {
            Stage::Sniffing(_, _, sink) | Stage::Plain(sink) => sink,
            Stage::Gzip(decoder) => decoder.get_mut(),
            Stage::Zlib(decoder) => decoder.get_mut(),
            Stage::Deflate(decoder) => decoder.get_mut(),
            Stage::Brotli(decoder) => decoder.get_mut(),
            Stage::Zstd(decoder) => decoder.get_mut(),
            Stage::Gone => return None,
        })
    }

    fn decide(&mut self) {
        if let Stage::Sniffing(coding, first, sink) = std::mem::replace(&mut self.stage, Stage::Gone) {
            self.stage = Stage::of(coding, &first, sink);
            self.write(&first);
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        if self.broken {
            return;
        }
        // Flushing hands on what is decoded so far, so that a stream's usage is known as early as it came.
        let done = match &mut self.stage {
            Stage::Plain(sink) => sink.write_all(bytes),
            Stage::Gzip(decoder) => all(decoder, bytes),
            Stage::Zlib(decoder) => all(decoder, bytes),
            Stage::Deflate(decoder) => all(decoder, bytes),
            Stage::Brotli(decoder) => all(decoder, bytes),
            Stage::Zstd(decoder) => all(decoder, bytes),
            Stage::Sniffing(..) | Stage::Gone => Ok(()),
        };
        self.broken = done.is_err();
    }
}

fn all(decoder: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    let written = decoder.write_all(bytes);
    // What was decoded before a mistake is still worth reading.
    let flushed = decoder.flush();
    written.and(flushed)
}

impl<S: Write> Stage<S> {
    fn of(coding: Coding, first: &[u8], sink: S) -> Self {
        match coding {
            Coding::Gzip if first.starts_with(&[0x1f, 0x8b]) => {
                Self::Gzip(Box::new(MultiGzDecoder::new(sink)))
            }
            Coding::Zstd if first.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) => Self::zstd(sink),
            Coding::Gzip | Coding::Zstd | Coding::Identity => Self::Plain(sink),
            Coding::Brotli | Coding::Deflate if is_text(first) => Self::Plain(sink),
            Coding::Brotli => Self::Brotli(Box::new(DecompressorWriter::new(sink, BROTLI_BUFFER))),
            // Servers mean zlib's wrapping by it or none; the wrapping is told by its check bits.
            Coding::Deflate if is_zlib(first) => Self::Zlib(Box::new(ZlibDecoder::new(sink))),
            Coding::Deflate => Self::Deflate(Box::new(DeflateDecoder::new(sink))),
            Coding::Unknown if is_text(first) => Self::Plain(sink),
            Coding::Unknown => Self::Gone,
        }
    }

    fn zstd(sink: S) -> Self {
        let Ok(mut decoder) = zstd::stream::write::Decoder::new(sink) else {
            return Self::Gone;
        };
        match decoder.window_log_max(ZSTD_WINDOW_LOG_MAX) {
            Ok(()) => Self::Zstd(Box::new(decoder)),
            Err(_) => Self::Gone,
        }
    }
}

impl Coding {
    fn of(content_encoding: Option<&str>) -> Self {
        let name = content_encoding.unwrap_or_default().trim();
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        match () {
            () if name.is_empty() || is("identity") => Self::Identity,
            () if is("gzip") || is("x-gzip") => Self::Gzip,
            () if is("deflate") => Self::Deflate,
            () if is("br") => Self::Brotli,
            () if is("zstd") => Self::Zstd,
            () => Self::Unknown,
        }
    }
}

/// Whether the first bytes are those of a JSON document or an event stream rather than of a compressed one. A
/// brotli stream can begin with `{` only if it is empty, and with none of the others by chance.
fn is_text(first: &[u8]) -> bool {
    let starts: [&[u8]; 9] = [b"{", b"[{", b"[]", b"data:", b"event:", b": ", b"\n      ", b"\n{", b"id: "];
    starts.iter().any(|start| first.starts_with(&start[..start.len().min(SNIFF)]))
}

fn is_zlib(first: &[u8]) -> bool {
    match first {
        [method, flags, ..] => method & 0x0f == 8 && (u16::from(*method) << 8 | u16::from(*flags)) % 31 == 0,
        _ => false,
    }
}

/// A whole body decoded, at most `max` bytes of it; what cannot be decoded is given as it is.
pub(crate) fn decoded<'a>(content_encoding: Option<&str>, body: &'a [u8], max: usize) -> Cow<'a, [u8]> {
    if Coding::of(content_encoding) == Coding::Identity {
        return Cow::Borrowed(&body[..body.len().min(max)]);
    }
    let mut decoder = Decoder::new(content_encoding, Bounded { bytes: Vec::new(), max });
    decoder.push(body);
    decoder.finish();
    match decoder.sink_mut() {
        Some(sink) if !sink.bytes.is_empty() => Cow::Owned(std::mem::take(&mut sink.bytes)),
        _ => Cow::Borrowed(&body[..body.len().min(max)]),
    }
}

/// A buffer that takes no more than `max` bytes.
struct Bounded {
    bytes: Vec<u8>,
    max: usize,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.max.saturating_sub(self.bytes.len()).min(bytes.len());
        self.bytes.extend_from_slice(&bytes[..room]);
        if room < bytes.len() {
            Err(io::Error::other("the body is longer than is read of it"))
        } else {
            Ok(room)
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<S: Write + fmt::Debug> fmt::Debug for Decoder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder").field("sink", &self.sink()).field("broken", &self.broken).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::Compression;
    use flate2::read::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    const TEXT: &[u8] = b"{\"message\": \"the same bytes again and again and again\"}";

    fn read(mut source: impl Read) -> Vec<u8> {
        let mut bytes = Vec::new();
        source.read_to_end(&mut bytes).unwrap();
        bytes
    }

    fn through(name: &str, body: &[u8], size: usize) -> Vec<u8> {
        let mut decoder = Decoder::new(Some(name), Vec::new());
        body.chunks(size).for_each(|chunk| decoder.push(chunk));
        decoder.finish();
        decoder.sink_mut().cloned().unwrap_or_default()
    }

    fn brotli(text: &[u8]) -> Vec<u8> {
        read(brotli::CompressorReader::new(text, 4096, 5, 20))
    }

    #[test]
    fn every_coding_is_decoded_in_any_chunking() {
        let level = Compression::default();
        let bodies = [
            ("gzip", read(GzEncoder::new(TEXT, level))),
            ("x-gzip", read(GzEncoder::new(TEXT, level))),
            ("deflate", read(ZlibEncoder::new(TEXT, level))),
            ("deflate", read(DeflateEncoder::new(TEXT, level))),
            ("br", brotli(TEXT)),
            ("ZSTD", zstd::encode_all(TEXT, 3).unwrap()),
            ("identity", TEXT.to_vec()),
        ];
        for (name, body) in bodies {
            for size in [1, 2, 7, 1_000] {
                assert_eq!(through(name, &body, size), TEXT, "{name} in chunks of {size}");
            }
        }
    }

    #[test]
    fn a_body_that_was_unpacked_on_the_way_is_read_as_it_is() {
        for name in ["gzip", "deflate", "br", "zstd", "gzip, br"] {
            assert_eq!(through(name, TEXT, 3), TEXT, "{name}");
        }
    }

    #[test]
    fn rubbish_decodes_to_what_came_before_it() {
        let mut body = read(GzEncoder::new(TEXT, Compression::default()));
        body.truncate(body.len() - 6);
        assert_eq!(through("gzip", &body, 5), TEXT);
        for name in ["gzip", "deflate", "br", "zstd"] {
            let _ = through(name, &[0xff; 300], 7);
        }
    }

    #[test]
    fn a_bomb_is_cut_at_the_bound() {
        let bomb = read(GzEncoder::new(&*vec![b'x'; 4 << 20], Compression::best()));
        assert_eq!(decoded(Some("gzip"), &bomb, 1_000).len(), 1_000);
    }
}
