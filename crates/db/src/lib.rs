//! Where everything is kept: all SQL, one text for SQLite and PostgreSQL.
//!
//! One file per aggregate, the statements as constants beside their mapping. What differs between the two databases is in
//! [`dialect`] alone. A statement is a `&'static str`: text cannot be pasted into SQL, the compiler refuses it.
//!
//! A write states what it read (`… AND version = $5`); when no row comes back somebody was first, the function returns
//! [`DbError::Conflict`], and since the rules are pure the whole command runs again.

pub mod address;
pub mod answer;
pub mod auction;
pub mod cart;
pub mod checkout;
pub mod conversation;
pub mod copy;
pub mod dialect;
mod error;
pub mod event;
pub mod ledger;
pub mod legacy;
pub mod listing;
pub mod lot_name;
pub mod member;
pub mod migration;
pub mod order;
pub mod payment;
pub mod payout;
pub mod pickup;
pub mod picture;
mod plant;
pub mod presence;
mod row;
pub mod session;
pub mod setting;
pub mod store;
pub mod tries;
pub mod verify;

pub use dialect::{Connection, Location};
pub use error::DbError;
pub use plant::is_planted;
pub use row::{Param, Row};
