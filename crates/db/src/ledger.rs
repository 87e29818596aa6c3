//! The ledger: accounts, entries, postings. Entries and postings are append-only; triggers see to it.

use auboutique_domain::id::EntryId;
use auboutique_domain::ledger::{Account, Entry, EntryKind};
use auboutique_domain::money::Money;
use auboutique_domain::statement::StatementLine;
use auboutique_domain::time::Moment;

use crate::dialect::Connection;
use crate::error::DbError;
use crate::params;
use crate::row::Row;

const INSERT_ENTRY: &str = "INSERT INTO entries (id, kind, source, at) VALUES ($1, $2, $3, $4)";
// An account is opened by its first posting. Two statements, because both databases hold an upsert's new row against the
// floor before they see that the account has a balance already.
const POST: &str = "UPDATE accounts SET balance = balance + $1 WHERE name = $2 AND currency = $3";
// The same for what must be there: nobody else was paid out of it meanwhile.
const POST_COVERED: &str = "UPDATE accounts SET balance = balance + $1
    WHERE name = $2 AND currency = $3 AND balance + $1 <= 0";
const OPEN: &str = "INSERT INTO accounts (name, currency, balance, has_floor) VALUES ($1, $2, $3, $4)";
const INSERT_POSTING: &str = "INSERT INTO postings (entry_id, place, account, currency, amount)
    VALUES ($1, $2, $3, $4, $5)";
const BALANCE: &str = "SELECT balance FROM accounts WHERE name = $1 AND currency = $2";
const IS_POSTED: &str = "SELECT at FROM entries WHERE kind = $1 AND source = $2";
const BALANCES: &str = "SELECT balance, currency FROM accounts WHERE name = $1 ORDER BY currency DESC";
const POSTED: &str = "SELECT e.id, e.at, e.kind, e.source, p.amount, p.currency
    FROM postings p JOIN entries e ON e.id = p.entry_id
    WHERE p.account = $1 AND e.at >= $2 AND e.at < $3 ORDER BY p.entry_id, p.place LIMIT $4";
const POSTED_LAST: &str = "SELECT e.id, e.at, e.kind, e.source, p.amount, p.currency
    FROM postings p JOIN entries e ON e.id = p.entry_id
    WHERE p.account = $1 ORDER BY p.entry_id DESC, p.place LIMIT $2";
const BEFORE: &str = "SELECT CAST(SUM(p.amount) AS BIGINT), p.currency
    FROM postings p JOIN entries e ON e.id = p.entry_id
    WHERE p.account = $1 AND e.at < $2 GROUP BY p.currency ORDER BY p.currency DESC";

/// Keeps an entry, its postings, and what they add to the balances.
///
/// # Errors
///
/// [`DbError::Constraint`] when what it is about has an entry of this kind, or an account would go below its floor;
/// [`DbError::Conflict`] when it must be covered and is not any more.
pub fn post(db: &mut Connection, id: EntryId, entry: &Entry, now: Moment) -> Result<(), DbError> {
    let source = entry.source().to_string();
    db.change_one(INSERT_ENTRY, params![id, entry.kind().name(), &source, now])?;
    let covered = entry.must_be_covered();
    for (place, posting) in (1_i64..).zip(entry.postings()) {
        let account = posting.account.to_string();
        let (minor, currency) = (posting.amount.minor, posting.amount.currency.code());
        if covered && minor > 0 {
            db.change_one(POST_COVERED, params![minor, &account, currency])?;
        } else if db.execute(POST, params![minor, &account, currency])? == 0 {
            db.change_one(OPEN, params![&account, currency, minor, posting.account.has_floor()])?;
        }
        db.change_one(INSERT_POSTING, params![id, place, &account, currency, minor])?;
    }
    Ok(())
}

/// Whether an entry of that kind about the same thing was posted before.
///
/// # Errors
///
/// What the database says.
pub fn is_posted(db: &mut Connection, entry: &Entry) -> Result<bool, DbError> {
    let source = entry.source().to_string();
    Ok(db.find("entries", IS_POSTED, params![entry.kind().name(), &source], |row| row.integer())?.is_some())
}

/// The balance of an account in a currency: debits less credits, in minor units; zero when it has none.
///
/// # Errors
///
/// What the database says.
pub fn balance(db: &mut Connection, account: &str, currency: &str) -> Result<i64, DbError> {
    Ok(db.find("accounts", BALANCE, params![account, currency], |row| row.integer())?.unwrap_or(0))
}

/// What the market owes by an account, per currency: credits less debits. A currency in which nothing ever happened is left
/// out.
///
/// # Errors
///
/// What the database says.
pub fn owed(db: &mut Connection, account: Account) -> Result<Vec<Money>, DbError> {
    db.query("accounts", BALANCES, params![&account.to_string()], read_owed)
}

/// What the market owed by an account before a moment, per currency: credits less debits.
///
/// # Errors
///
/// What the database says.
pub fn owed_before(db: &mut Connection, account: Account, moment: Moment) -> Result<Vec<Money>, DbError> {
    db.query("postings", BEFORE, params![&account.to_string(), moment], read_owed)
}

/// What happened on an account from one moment on and before another, oldest first, at most so many lines. Credits are
/// above zero.
///
/// # Errors
///
/// What the database says.
pub fn posted(
    db: &mut Connection,
    account: Account,
    (from, until): (Moment, Moment),
    most: i64,
) -> Result<Vec<StatementLine>, DbError> {
    db.query("postings", POSTED, params![&account.to_string(), from, until, most], read_line)
}

/// What happened on an account last, newest first, at most so many lines. Credits are above zero.
///
/// # Errors
///
/// What the database says.
pub fn posted_last(db: &mut Connection, account: Account, most: i64) -> Result<Vec<StatementLine>, DbError> {
    db.query("postings", POSTED_LAST, params![&account.to_string(), most], read_line)
}

fn read_owed(row: &mut Row<'_>) -> Result<Money, DbError> {
    let money = row.money()?;
    Ok(Money::new(-money.minor, money.currency))
}

fn read_line(row: &mut Row<'_>) -> Result<StatementLine, DbError> {
    Ok(StatementLine {
        entry: row.value()?,
        at: row.moment()?,
        kind: row.parsed(EntryKind::parse)?,
        source: row.text()?,
        amount: read_owed(row)?,
    })
}
