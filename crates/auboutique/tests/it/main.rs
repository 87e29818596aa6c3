//! The whole program, from outside: over its sockets and its command line.

mod api;
mod browser;
mod cable;
mod card;
mod command_line;
mod crash;
mod event;
mod http;
mod listener;
mod page;
mod privilege;
mod process;
mod race;
mod schemathesis;
mod simulation;
mod stage;
mod talk;
mod terminal;
mod tidy;
mod till;
mod transcript;
mod upload;
mod wire;
mod words;
