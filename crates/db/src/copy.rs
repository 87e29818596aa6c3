//! Whole copies: backups, restores, and the move from one database to the other.
//!
//! A backup is always an SQLite file. From SQLite its pages are copied while it is in use; from PostgreSQL its rows are
//! read in one snapshot. A backup can be restored into either, so it is also the way from one to the other and back.

use std::path::Path;

use auboutique_domain::text::fold;
use auboutique_domain::time::Moment;

use crate::dialect::{Connection, Location};
use crate::error::DbError;
use crate::migration;
use crate::row::Param;

/// Every table, referenced ones before those that refer to them. A test holds it against the schema.
pub const TABLES: &[&str] = &[
    "members",
    "credentials",
    "sessions",
    "identities",
    "tries",
    "settings",
    "pickup_points",
    "closures",
    "pickup_days",
    "attendants",
    "stores",
    "staff",
    "invitations",
    "listings",
    "auctions",
    "lot_names",
    "bid_log",
    "bidders",
    "watches",
    "auction_notes",
    "auction_offers",
    "second_chances_off",
    "devices",
    "cart_lines",
    "checkouts",
    "holds",
    "payments",
    "payouts",
    "orders",
    "order_lines",
    "addresses",
    "movements",
    "strikes",
    "pictures",
    "conversations",
    "participants",
    "messages",
    "blocks",
    "presences",
    "accounts",
    "entries",
    "postings",
    "events",
    "answers",
];

/// Copies the database into a new file, while it is in use. Returns how many rows the copy has.
///
/// # Errors
///
/// What the databases say. A file that was begun is left for the caller to remove.
pub fn backup(from: &mut Connection, to: &Path, now: Moment) -> Result<i64, DbError> {
    if from.copy_pages(to)? {
        let mut copy = Connection::reader(&Location::Sqlite(to.to_owned()))?;
        return count(&mut copy);
    }
    let mut copy = Connection::writer(&Location::Sqlite(to.to_owned()))?;
    migration::run(&mut copy, now)?;
    let rows = from.snapshot(|from| rows(from, &mut copy))?;
    // A backup is one file: the log is folded in, and none is left beside it.
    copy.batch("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = delete;")?;
    Ok(rows)
}

/// Copies every row of a backup into an empty database of either kind. Returns how many there were.
///
/// # Errors
///
/// [`DbError::Other`] when the database is not empty; what the databases say. Nothing is kept on an error.
pub fn restore(from: &mut Connection, to: &mut Connection, now: Moment) -> Result<i64, DbError> {
    let version = migration::current(from)?;
    if version > migration::newest() {
        return Err(DbError::Newer { found: version, known: migration::newest() });
    }
    if version < migration::newest() {
        return Err(DbError::Other(
            "this backup is of an older version: restore it into a new data folder and start the server on that once"
                .to_owned(),
        ));
    }
    if migration::current(to)? != 0 {
        migration::run(to, now)?;
        if count(to)? > 0 {
            return Err(DbError::Other("the database to restore into is not empty".to_owned()));
        }
    }
    migration::run(to, now)?;
    rows(from, to)
}

fn count(db: &mut Connection) -> Result<i64, DbError> {
    let mut sum = 0;
    for table in TABLES {
        // The copy may be of an older schema, which lacks the newer tables.
        if db.has_table(table)? {
            sum += db.count_rows(table)?;
        }
    }
    Ok(sum)
}

fn rows(from: &mut Connection, to: &mut Connection) -> Result<i64, DbError> {
    to.begin()?;
    let outcome =
        TABLES.iter().try_fold(0, |sum, table| Ok(sum + table_rows(from, to, table)?)).and_then(|sum| {
            index_listings(from, to)?;
            let head = crate::event::head(from)?;
            to.execute(
                "UPDATE log_head SET seq = $1, hash = $2, at = $3 WHERE id = 1",
                crate::params![head.seq, &head.hash, head.at],
            )?;
            Ok(sum)
        });
    match outcome {
        Ok(sum) => to.commit().map(|()| sum),
        Err(error) => {
            to.rollback()?;
            Err(error)
        }
    }
}

fn table_rows(from: &mut Connection, to: &mut Connection, table: &'static str) -> Result<i64, DbError> {
    let columns = to.columns(table)?;
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let places: Vec<String> = (1..=names.len()).map(|place| format!("${place}")).collect();
    let select = format!("SELECT {} FROM {table}", names.join(", "));
    let insert = format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), places.join(", "));
    let mut sum = 0;
    from.each_of_text(table, &select, &mut |row| {
        let mut values = Vec::with_capacity(columns.len());
        for (_, is_text) in &columns {
            values.push(if *is_text {
                row.text_or_null()?.map_or(Param::Null, Param::Written)
            } else {
                row.integer_or_null()?.map_or(Param::Null, Param::Integer)
            });
        }
        to.execute_text(&insert, &values)?;
        sum += 1;
        Ok(())
    })?;
    Ok(sum)
}

/// The search index is not copied but made anew: each database has its own.
fn index_listings(from: &mut Connection, to: &mut Connection) -> Result<(), DbError> {
    from.each(
        "listings",
        "SELECT number, title, description, label FROM listings
         WHERE withdrawn_at IS NULL AND (on_hand > 0 OR store_id IS NOT NULL)",
        &[],
        |row| {
            let (number, title, description) = (row.integer()?, row.text()?, row.text()?);
            let label = row.text()?;
            let words: Vec<String> = fold(&title).chain(fold(&description)).chain(fold(&label)).collect();
            to.index_words(number, &words.join(" "))
        },
    )
}
