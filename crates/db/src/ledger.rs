//! The ledger: accounts, entries, postings. Entries and postings are append-only; triggers see to it.

use auboutique_domain::id::EntryId;
use auboutique_domain::ledger::Entry;
use auboutique_domain::time::Moment;

use crate::dialect::Connection;
use crate::error::DbError;
use crate::params;

const INSERT_ENTRY: &str = "INSERT INTO entries (id, kind, order_id, at) VALUES ($1, $2, $3, $4)";
// An account is opened by its first posting. Two statements, because both databases hold an upsert's new row against the
// floor before they see that the account has a balance already.
const POST: &str = "UPDATE accounts SET balance = balance + $1 WHERE name = $2 AND currency = $3";
const OPEN: &str = "INSERT INTO accounts (name, currency, balance, has_floor) VALUES ($1, $2, $3, $4)";
const INSERT_POSTING: &str = "INSERT INTO postings (entry_id, place, account, currency, amount)
    VALUES ($1, $2, $3, $4, $5)";
const BALANCE: &str = "SELECT balance FROM accounts WHERE name = $1 AND currency = $2";

/// Keeps an entry, its postings, and what they add to the balances.
///
/// # Errors
///
/// [`DbError::Constraint`] when the order has an entry of this kind, or an account would go below its floor.
pub fn post(db: &mut Connection, id: EntryId, entry: &Entry, now: Moment) -> Result<(), DbError> {
    db.change_one(INSERT_ENTRY, params![id, entry.kind().name(), entry.order(), now])?;
    for (place, posting) in (1_i64..).zip(entry.postings()) {
        let account = posting.account.to_string();
        let (minor, currency) = (posting.amount.minor, posting.amount.currency.code());
        if db.execute(POST, params![minor, &account, currency])? == 0 {
            db.change_one(OPEN, params![&account, currency, minor, posting.account.has_floor()])?;
        }
        db.change_one(INSERT_POSTING, params![id, place, &account, currency, minor])?;
    }
    Ok(())
}

/// The balance of an account in a currency: debits less credits, in minor units; zero when it has none.
///
/// # Errors
///
/// What the database says.
pub fn balance(db: &mut Connection, account: &str, currency: &str) -> Result<i64, DbError> {
    Ok(db.find("accounts", BALANCE, params![account, currency], |row| row.integer())?.unwrap_or(0))
}
