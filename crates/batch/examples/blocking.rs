//! Work that blocks its thread, on threads of its own, with attempts for what fails once in a while.
//!
//! ```text
//! cargo run -p tidegate-batch --example blocking
//! ```

#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use std::io;
use std::num::NonZeroUsize;

use tidegate::call::CallPolicy;
use tidegate_batch::{BlockingProcessor, Done, Failure, Items, Retrying, Stop, Workers};
use tidegate_core::Class;

/// Counts the primes below a number, the slow way.
struct Primes;

impl BlockingProcessor for Primes {
    type Item = u32;
    type Output = usize;

    fn process(&self, below: u32) -> Result<Done<usize>, Failure<usize>> {
        if below > 1_000_000 {
            return Err(Failure::new(Class::Invalid, "that would take too long"));
        }
        let is_prime = |number: &u32| {
            (2..*number).take_while(|by| by * by <= *number).all(|by| !number.is_multiple_of(by))
        };
        Ok((2..below).filter(is_prime).count().into())
    }
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let workers = Workers::start(Primes, NonZeroUsize::new(2).unwrap_or(NonZeroUsize::MIN))?;
    let primes = Retrying::new(workers, CallPolicy::default());
    let numbers = [10_000, 20_000, 2_000_000, 30_000];
    for (below, end) in numbers.iter().zip(Items::new().run(numbers, &primes, &Stop::new()).await) {
        match end.map(|end| (end.output, end.message)) {
            Some((Some(count), _)) => println!("below {below}: {count}"),
            Some((None, why)) => println!("below {below}: {}", why.unwrap_or_default()),
            None => println!("below {below}: not begun"),
        }
    }
    Ok(())
}
