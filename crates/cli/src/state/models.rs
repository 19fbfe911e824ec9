//! What models a provider listed, as it is written: JSON with a version.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::written::{age, since_epoch_ms};

/// The version of the form. It changes with this file; what is written in another one is not read.
const FORM: u32 = 1;

/// A file.
#[derive(Debug, Serialize, Deserialize)]
struct Written {
    form: u32,
    /// When it was listed, in milliseconds since 1970.
    at_ms: u64,
    models: Vec<String>,
}

/// What was listed, as a file holds it.
pub(super) fn write(models: &[String], at: SystemTime) -> Vec<u8> {
    let written = Written { form: FORM, at_ms: since_epoch_ms(at), models: models.to_vec() };
    serde_json::to_vec(&written).expect("texts and numbers are JSON")
}

/// What a file holds and how old it is at `now`; else why it cannot be used.
pub(super) fn read(bytes: &[u8], now: SystemTime) -> Result<(Vec<String>, Duration), String> {
    let written: Written = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if written.form != FORM {
        return Err("it was written by another version".to_owned());
    }
    Ok((written.models, age(written.at_ms, now)))
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn what_is_written_is_read_as_it_was_and_a_harmed_file_is_refused() {
        let models = ["a".to_owned(), "b/c".to_owned()];
        let bytes = write(&models, UNIX_EPOCH);
        let later = UNIX_EPOCH + Duration::from_secs(5);
        assert_eq!(read(&bytes, later).unwrap(), (models.to_vec(), Duration::from_secs(5)));
        assert!(read(&bytes[..bytes.len() - 1], later).is_err());
    }
}
