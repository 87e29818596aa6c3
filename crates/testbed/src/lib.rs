//! What tests stand on: the parts of the world that a test needs for itself and can throw away.
//!
//! Nothing here is part of the product; only tests depend on this crate. What is missing on the machine is never
//! a reason to skip a test: it panics with a sentence that says what to install.
//!
//! - [`postgres`]: a private PostgreSQL cluster, and a fresh database in it for whoever asks.
//! - [`powercut`]: what a disk might hold had the power gone at some point of a recorded run.

pub mod postgres;
pub mod powercut;
