//! Streams: any chunking gives the same reading, and what was told so far is never taken back to nothing.

use tidegate_provider::{Endpoint, EndpointKind, Reading};

use super::input::Input;

/// Checks one stream; the number is the size of its chunks.
pub(crate) fn check(data: &[u8]) {
    let input = Input::of(data);
    let whole = read(input, usize::MAX);
    let size = usize::from(input.number).max(1);
    assert_eq!(read(input, size), whole, "chunks of {size}");
    assert_eq!(read(input, 1), whole, "chunks of 1");
}

fn read(input: Input<'_>, size: usize) -> Reading {
    let mut reader = input.adapter.usage_reader(Endpoint::of(EndpointKind::Chat), None, None);
    let mut told = false;
    for chunk in input.rest.chunks(size) {
        reader.push(chunk);
        let tells = reader.so_far().is_some();
        assert!(tells || !told, "a usage that was told is gone");
        told = tells;
    }
    let reading = reader.finish();
    assert!(reading.usage.is_some() || !told, "a usage that was told is gone at the end");
    reading
}
