//! The market, told in stories through its one door, each on both databases.
//!
//! A test's name is the sentence it proves. `stage.rs` sets things up and has the verbs the sentences are made of;
//! everything else is one file per aggregate.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and so do the functions it stands on")]

/// Makes two tests of each function: one on an SQLite file, one on a private PostgreSQL database.
macro_rules! on_both {
    ($($(#[$about:meta])* fn $sentence:ident($stage:ident) $story:block)+) => {
        $($(#[$about])* fn $sentence($stage: &mut crate::stage::Stage) $story)+

        mod sqlite {
            $(#[test] fn $sentence() {
                super::$sentence(&mut crate::stage::Stage::on_sqlite());
            })+
        }

        mod postgres {
            $(#[test] fn $sentence() {
                super::$sentence(&mut crate::stage::Stage::on_postgres());
            })+
        }
    };
}

mod answer;
mod auction;
mod backup;
mod checkout;
mod conversation;
mod delivery;
mod event;
mod history;
mod ledger;
mod legacy;
mod legacy_store;
mod linearizability;
mod listing;
mod lot_name;
mod member;
mod migration;
mod order;
mod payment;
mod payout;
mod pickup;
mod picture;
mod presence;
mod session;
mod setting;
mod stage;
mod store;
mod verify;
