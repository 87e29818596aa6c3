//! The client from outside: a link against a server that plays a script, and every screen at 80×24.

#![expect(clippy::unwrap_used, reason = "a script that does not go on fails its test")]

mod auction;
mod link;
mod screen;
