//! The examples of README.md, run as documentation tests.

#![doc = include_str!("../../README.md")]
