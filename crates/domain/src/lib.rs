//! The rules of the marketplace.
//!
//! Everything here is a value or a function of values: no I/O, no clock, no randomness, no async. The moment and the
//! randomness a rule needs are arguments, so that every rule can be tested by a table and replayed from a log.
//!
//! Start reading in [`command`]: it lists everything anyone can ask for. [`event`] lists everything that can happen,
//! [`refusal`] every way the rules say no. One file per aggregate holds its types, its rules and its transitions.

pub mod auction;
pub mod bid;
pub mod bid_log;
pub mod cart;
pub mod checkout;
pub mod command;
pub mod conversation;
pub mod event;
pub mod id;
pub mod ledger;
pub mod legacy;
pub mod listing;
pub mod member;
pub mod money;
pub mod offer;
pub mod order;
pub mod payment;
pub mod payout;
pub mod pickup;
pub mod picture;
pub mod presence;
pub mod refusal;
pub mod setting;
pub mod statement;
pub mod store;
pub mod text;
pub mod time;
pub mod verdict;

pub use command::{Command, Reply};
pub use event::{Audience, Event};
pub use money::{Currency, Money, Price};
pub use refusal::Refusal;
pub use time::Moment;
