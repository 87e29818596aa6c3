//! The process: what owns sockets, files and the command line.
//!
//! Every wire decodes bytes to a command, gives it to the market with the caller who asks, and encodes what comes back.
//! Nothing here knows a rule, and nothing here can reach a table: this crate does not depend on `db`.

pub mod call;
pub mod card;
pub mod config;
pub mod connection;
pub mod console;
pub mod demo;
pub mod doctor;
pub mod ear;
pub mod http;
pub mod legacy;
pub mod live;
pub mod maintenance;
pub mod operator;
pub mod picture;
pub mod router;
pub mod serve;
pub mod sheet;
pub mod tcp;
pub mod terminal;
pub mod token;
pub mod web;
