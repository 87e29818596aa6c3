//! The languages: bytes ⇄ values as pure functions. No sockets, no files, no clock.
//!
//! [`json`] is the AUBoutique protocol, one JSON object per line; [`csv`] is what spreadsheet programs write.

pub mod csv;
pub mod json;
pub mod legacy;
