//! Sharing a limit: the allocator alone, the engine with it, and the table that other languages are held against.

#[path = "lease/allocator.rs"]
mod allocator;
#[path = "lease/engine.rs"]
mod engine;
#[path = "lease/vectors.rs"]
mod vectors;
