//! The four legacy wires: what clients of older systems speak, as pure functions.
//!
//! None of them frames its messages: a client takes one `send` for one `recv`, which TCP does not promise. So requests are
//! decoded by their content, in whatever pieces they come, and replies are made so short that one `recv` of the client
//! holds one of them. Where the older servers answered something, the texts are theirs to the byte, misspellings included.

pub mod list;
pub mod object;
pub mod pickle;
pub mod price;
pub mod python;
pub mod w000;
pub mod w001;
pub mod w003;
pub mod w004;
