//! Forms: what an upload tells of its model and of the file in it.

use memchr::memmem;

/// The value of a short text field of a multipart form.
pub(super) fn field(bytes: &[u8], name: &str) -> Option<String> {
    const VALUE_MAX: usize = 200;
    let marker = format!("name=\"{name}\"\r\n\r\n");
    let start = memmem::find(bytes, marker.as_bytes())? + marker.len();
    let rest = &bytes[start..bytes.len().min(start + VALUE_MAX)];
    let end = memchr::memchr(b'\r', rest)?;
    std::str::from_utf8(&rest[..end]).ok().map(str::to_owned)
}

/// The first file of a multipart form, as much of it as there is.
pub(super) fn file(bytes: &[u8]) -> Option<&[u8]> {
    let boundary = bytes.strip_prefix(b"--")?;
    let boundary = &bytes[..2 + memmem::find(boundary, b"\r\n")?];
    let name = memmem::find(bytes, b"filename")?;
    let start = name + memmem::find(&bytes[name..], b"\r\n\r\n")? + 4;
    let rest = &bytes[start..];
    // A boundary of nothing but its dashes would end the file wherever it has some itself.
    let end = memmem::find_iter(rest, boundary).find(|end| rest[..*end].ends_with(b"\r\n"));
    Some(end.map_or(rest, |end| &rest[..end - 2]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(file: &[u8], end: &str) -> Vec<u8> {
        let head = "--x1\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n\
                    --x1\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.ogg\"\r\n\
                    Content-Type: audio/ogg\r\n\r\n";
        [head.as_bytes(), file, end.as_bytes()].concat()
    }

    #[test]
    fn a_form_tells_its_fields_and_its_file() {
        let whole = form(b"OggS\r\n--x", "\r\n--x1--\r\n");
        assert_eq!(field(&whole, "model").as_deref(), Some("whisper-1"));
        assert_eq!(field(&whole, "language"), None);
        assert_eq!(file(&whole), Some(&b"OggS\r\n--x"[..]));
        assert_eq!(file(&form(b"OggS--x1", "")), Some(&b"OggS--x1"[..]), "what was cut has what is there");
    }

    #[test]
    fn what_is_no_form_has_no_file() {
        let whole = form(b"OggS", "\r\n--x1--\r\n");
        let head = whole.len() - b"OggS\r\n--x1--\r\n".len();
        for end in 0..head {
            assert_eq!(file(&whole[..end]), None, "{end}");
        }
        assert_eq!(file(b"{\"filename\": \"\r\n\r\n\"}"), None);
    }
}
