//! Bodies: packed and unpacked tell the same usage, no number is invented, and the inspection agrees.

use std::io::Write;
use std::time::UNIX_EPOCH;

use flate2::Compression;
use flate2::write::GzEncoder;
use http::HeaderMap;
use tidegate_provider::{Endpoint, EndpointKind, Reading, ResponseHead, inspect};

use super::input::Input;

/// Checks one body.
pub(crate) fn check(data: &[u8]) {
    let input = Input::of(data);
    let plain = read(input, None, input.rest);
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    let packed =
        packer.write_all(input.rest).and_then(|()| packer.finish()).expect("memory takes every byte");
    assert_eq!(read(input, Some("gzip"), &packed), plain, "packed and unpacked differ");
    // A body that claims to be packed and is not, or is broken, is read as far as it can be.
    for coding in ["br", "zstd", "deflate", "gzip, br"] {
        let _ = read(input, Some(coding), input.rest);
    }
    let headers = HeaderMap::new();
    let head = ResponseHead { status: 200, headers: &headers, received_at: UNIX_EPOCH };
    let seen = inspect(input.adapter, &head, input.rest);
    if let Some(usage) = plain.usage {
        assert_eq!(seen.usage, Some(usage), "the inspection says another usage");
        assert!(usage.cached_input_tokens == 0 || input.rest.iter().any(u8::is_ascii_digit), "{usage:?}");
        let digits = input.rest.iter().any(u8::is_ascii_digit);
        assert!(digits || usage.total() == 0, "{usage:?} without a digit");
    }
}

fn read(input: Input<'_>, coding: Option<&str>, body: &[u8]) -> Reading {
    let mut reader = input.adapter.usage_reader(Endpoint::of(EndpointKind::Chat), None, coding);
    body.chunks(usize::from(input.number).max(1)).for_each(|chunk| reader.push(chunk));
    reader.finish()
}
