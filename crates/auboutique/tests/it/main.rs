//! The whole program, from outside: over its sockets and its command line.

mod command_line;
mod crash;
mod privilege;
mod process;
mod race;
mod simulation;
mod stage;
mod tidy;
mod transcript;
mod wire;
