//! The client from outside: a link against a server that plays a script, and every screen at 80×24.

mod link;
mod screen;
