//! Client programs of the older systems, as they are, against the market.

pub(crate) mod play;
mod w000;
mod w001;
pub(crate) mod w003;
pub(crate) mod w004;
