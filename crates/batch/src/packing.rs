//! `Packing`: whether a file is compressed, by its content or its name; reading and writing it as if it were not.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

/// Bytes read and written at a time.
const CHUNK_BYTES: usize = 256 << 10;

/// The level of zstd: its own default, a good balance for text.
const ZSTD_LEVEL: i32 = 3;

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    Plain,
    Gzip,
    Zstd,
}

impl Packing {
    /// What an output of this name is to be.
    pub(crate) fn of_name(path: &Path) -> Self {
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("gz" | "gzip") => Self::Gzip,
            Some("zst" | "zstd") => Self::Zstd,
            _ => Self::Plain,
        }
    }

    /// What content that begins so is: RFC 1952, RFC 8878. No JSON begins with either.
    pub(crate) fn of_content(start: &[u8]) -> Self {
        match start {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            _ => Self::Plain,
        }
    }
}

/// What `file` holds, unpacked, and how it was packed.
pub(crate) fn unpacked<'a>(file: impl Read + 'a) -> io::Result<(Packing, Box<dyn BufRead + 'a>)> {
    let mut reader = BufReader::with_capacity(CHUNK_BYTES, file);
    let packing = Packing::of_content(reader.fill_buf()?);
    let reader: Box<dyn BufRead + 'a> = match packing {
        Packing::Plain => Box::new(reader),
        Packing::Gzip => Box::new(BufReader::with_capacity(CHUNK_BYTES, MultiGzDecoder::new(reader))),
        Packing::Zstd => {
            let decoder = zstd::stream::read::Decoder::with_buffer(reader)?;
            Box::new(BufReader::with_capacity(CHUNK_BYTES, decoder))
        }
    };
    Ok((packing, reader))
}

/// Writes a file packed as its name asks, and brings it to the disk at its end.
pub(crate) enum Packer {
    Plain(BufWriter<File>),
    Gzip(Box<GzEncoder<BufWriter<File>>>),
    Zstd(Box<zstd::stream::write::Encoder<'static, BufWriter<File>>>),
}

impl Packer {
    pub(crate) fn new(file: File, packing: Packing) -> io::Result<Self> {
        let writer = BufWriter::with_capacity(CHUNK_BYTES, file);
        Ok(match packing {
            Packing::Plain => Self::Plain(writer),
            Packing::Gzip => Self::Gzip(Box::new(GzEncoder::new(writer, Compression::default()))),
            Packing::Zstd => Self::Zstd(Box::new(zstd::stream::write::Encoder::new(writer, ZSTD_LEVEL)?)),
        })
    }

    /// Writes what is left and syncs the file.
    pub(crate) fn finish(self) -> io::Result<()> {
        let writer = match self {
            Self::Plain(writer) => writer,
            Self::Gzip(encoder) => encoder.finish()?,
            Self::Zstd(encoder) => encoder.finish()?,
        };
        writer.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
    }
}

impl Write for Packer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(writer) => writer.write(bytes),
            Self::Gzip(encoder) => encoder.write(bytes),
            Self::Zstd(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(writer) => writer.flush(),
            Self::Gzip(encoder) => encoder.flush(),
            Self::Zstd(encoder) => encoder.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Seek;

    use super::*;

    #[test]
    fn what_is_packed_comes_out_as_it_went_in() {
        for (name, packing) in
            [("a.jsonl", Packing::Plain), ("a.jsonl.gz", Packing::Gzip), ("a.zst", Packing::Zstd)]
        {
            assert_eq!(Packing::of_name(Path::new(name)), packing);
            let mut file = tempfile::tempfile().unwrap();
            let mut packer = Packer::new(file.try_clone().unwrap(), packing).unwrap();
            packer.write_all(b"{\"a\":1}\n").unwrap();
            packer.finish().unwrap();
            file.rewind().unwrap();
            let (found, mut reader) = unpacked(file).unwrap();
            let mut text = String::new();
            reader.read_to_string(&mut text).unwrap();
            assert_eq!((found, text.as_str()), (packing, "{\"a\":1}\n"));
        }
    }

    #[test]
    fn a_file_that_is_cut_off_is_an_error_and_no_end() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&b"{\"a\":1}\n".repeat(100)).unwrap();
        let mut bytes = encoder.finish().unwrap();
        bytes.truncate(bytes.len() - 4);
        let (_, mut reader) = unpacked(&bytes[..]).unwrap();
        assert!(reader.read_to_end(&mut Vec::new()).is_err());
    }
}
