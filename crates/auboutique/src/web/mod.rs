//! The pages: what members see in their browser. One file per aggregate, its templates beside it.
//!
//! Every page is written here, whole, and works without a script. With one, the same pages are fetched and their parts
//! put in place: there is no second way to write them.

pub mod account;

pub mod asset;
pub mod auction;
pub mod cart;
pub mod chart;
pub mod checkout;
pub mod conversation;
pub mod desk;
pub mod error;
pub mod event;
pub mod form;
pub mod home;
pub mod listing;
pub mod locale;
pub mod member;
pub mod older;
pub mod operator;
pub mod order;
pub mod payment;
pub mod sell;
pub mod session;
pub mod statement;
pub mod store;
pub mod visit;
pub mod wallet;
