//! Compression of answers, as the call's `accept-encoding` asks.

use std::io::{self, Write};

use bytes::Bytes;
use flate2::Compression as Level;
use flate2::write::{GzEncoder, ZlibEncoder};
use http::{HeaderMap, HeaderValue, header};

use crate::reply::Reply;

/// An encoding that the emulator knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Gzip,
    Brotli,
    Zstd,
    Deflate,
}

impl Encoding {
    const ALL: [Self; 4] = [Self::Gzip, Self::Brotli, Self::Zstd, Self::Deflate];

    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
            Self::Deflate => "deflate",
        }
    }
}

/// Compresses a reply's body piece by piece, each piece readable on its own arrival. A reply whose call accepts no
/// known encoding, and one that cannot be compressed, stays as it is.
pub(crate) fn compress(reply: &mut Reply, asked: &HeaderMap) {
    let Some(encoding) = accepted(asked) else { return };
    let Ok(pieces) = encode(encoding, reply.body.iter().map(|chunk| &chunk.bytes)) else { return };
    let whole = reply.fault.is_none();
    for (chunk, bytes) in reply.body.iter_mut().zip(pieces) {
        chunk.bytes = bytes;
    }
    reply.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding.name()));
    if reply.headers.remove(header::CONTENT_LENGTH).is_some() && whole {
        let length: usize = reply.body.iter().map(|chunk| chunk.bytes.len()).sum();
        reply.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
}

/// The encoding with the highest weight; of equal ones the first that the call names.
fn accepted(asked: &HeaderMap) -> Option<Encoding> {
    let mut best: Option<(u32, Encoding)> = None;
    for value in asked.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()) {
        for part in value.split(',') {
            let (name, weight) = part.split_once(';').unwrap_or((part, ""));
            let weight =
                weight.trim().strip_prefix("q=").map_or(Some(1.0), |weight| weight.parse::<f32>().ok());
            let known = Encoding::ALL.into_iter().find(|encoding| encoding.name() == name.trim());
            let (Some(encoding), Some(weight)) = (known, weight) else { continue };
            let thousandths = thousandths(weight);
            if thousandths > best.map_or(0, |(weight, _)| weight) {
                best = Some((thousandths, encoding));
            }
        }
    }
    best.map(|(_, encoding)| encoding)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=1000 before")]
fn thousandths(weight: f32) -> u32 {
    (weight.clamp(0.0, 1.0) * 1_000.0) as u32
}

fn encode<'a>(encoding: Encoding, pieces: impl Iterator<Item = &'a Bytes>) -> io::Result<Vec<Bytes>> {
    match encoding {
        Encoding::Gzip => {
            run(GzEncoder::new(Vec::new(), Level::fast()), pieces, GzEncoder::get_mut, GzEncoder::finish)
        }
        Encoding::Deflate => run(
            ZlibEncoder::new(Vec::new(), Level::fast()),
            pieces,
            ZlibEncoder::get_mut,
            ZlibEncoder::finish,
        ),
        Encoding::Zstd => {
            let encoder = zstd::stream::write::Encoder::new(Vec::new(), 1)?;
            run(encoder, pieces, zstd::stream::write::Encoder::get_mut, zstd::stream::write::Encoder::finish)
        }
        Encoding::Brotli => {
            let encoder = brotli::CompressorWriter::new(Vec::new(), 4_096, 4, 20);
            run(encoder, pieces, brotli::CompressorWriter::get_mut, |encoder| Ok(encoder.into_inner()))
        }
    }
}

/// Feeds each piece to an encoder and takes out what it made of it; the end belongs to the last piece.
fn run<'a, E: Write>(
    mut encoder: E,
    pieces: impl Iterator<Item = &'a Bytes>,
    made: impl Fn(&mut E) -> &mut Vec<u8>,
    finish: impl FnOnce(E) -> io::Result<Vec<u8>>,
) -> io::Result<Vec<Bytes>> {
    let mut encoded: Vec<Vec<u8>> = Vec::new();
    for piece in pieces {
        encoder.write_all(piece)?;
        encoder.flush()?;
        encoded.push(std::mem::take(made(&mut encoder)));
    }
    let end = finish(encoder)?;
    if let Some(last) = encoded.last_mut() {
        last.extend_from_slice(&end);
    }
    Ok(encoded.into_iter().map(Bytes::from).collect())
}
