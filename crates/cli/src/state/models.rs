//! What models a provider listed, and their prices, as it is written: JSON with a version.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use tidegate_client::Listing;
use tidegate_core::Price;

use super::written::{age, since_epoch_ms};

/// The version of the form. It changes with this file; what is written in another one is not read.
const FORM: u32 = 2;

/// A file.
#[derive(Debug, Serialize, Deserialize)]
struct Written {
    form: u32,
    /// When it was listed, in milliseconds since 1970.
    at_ms: u64,
    models: Vec<String>,
    /// Of a million tokens of input, as many of output, and a request, in millionths of a US dollar.
    prices: BTreeMap<String, [u64; 3]>,
}

/// What was listed, as a file holds it.
pub(super) fn write(listing: &Listing, at: SystemTime) -> Vec<u8> {
    let price = |(name, price): &(String, Price)| (name.clone(), [price.input, price.output, price.request]);
    let prices = listing.prices.iter().map(price).collect();
    let written = Written { form: FORM, at_ms: since_epoch_ms(at), models: listing.names.clone(), prices };
    serde_json::to_vec(&written).expect("texts and numbers are JSON")
}

/// What a file holds and how old it is at `now`; else why it cannot be used.
pub(super) fn read(bytes: &[u8], now: SystemTime) -> Result<(Listing, Duration), String> {
    let written: Written = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if written.form != FORM {
        return Err("it was written by another version".to_owned());
    }
    let price = |(name, [input, output, request]): (String, [u64; 3])| {
        (name, Price { request, ..Price::per_million(input, output) })
    };
    let prices = written.prices.into_iter().map(price).collect();
    Ok((Listing { names: written.models, prices }, age(written.at_ms, now)))
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn what_is_written_is_read_as_it_was_and_a_harmed_file_is_refused() {
        let price = Price { request: 3, ..Price::per_million(1, 2) };
        let listing =
            Listing { names: vec!["a".to_owned(), "b/c".to_owned()], prices: vec![("a".to_owned(), price)] };
        let bytes = write(&listing, UNIX_EPOCH);
        let later = UNIX_EPOCH + Duration::from_secs(5);
        assert_eq!(read(&bytes, later).unwrap(), (listing, Duration::from_secs(5)));
        assert!(read(&bytes[..bytes.len() - 1], later).is_err());
    }
}
