//! The examples of README.md and of every guide under `docs/`, run as documentation tests. `build.rs` lists the pages.

include!(concat!(env!("OUT_DIR"), "/guides.rs"));
