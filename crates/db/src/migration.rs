//! The schema's versions, forward only, each in one transaction.

use auboutique_domain::Moment;

use crate::dialect::Connection;
use crate::error::DbError;
use crate::params;

/// Every migration, oldest first. Released ones are never edited.
const MIGRATIONS: &[(&str, &str)] = &[
    ("the first sale", include_str!("../migrations/0001_the_first_sale.sql")),
    ("talking and looking", include_str!("../migrations/0002_talking_and_looking.sql")),
    ("browsing", include_str!("../migrations/0003_browsing.sql")),
    ("stores", include_str!("../migrations/0004_stores.sql")),
    ("checkout", include_str!("../migrations/0005_checkout.sql")),
    ("auctions", include_str!("../migrations/0006_auctions.sql")),
    ("delivery", include_str!("../migrations/0007_delivery.sql")),
    ("legacy wires", include_str!("../migrations/0008_legacy.sql")),
    ("lot names", include_str!("../migrations/0009_lot_names.sql")),
];

/// The newest schema this program knows.
#[must_use]
pub fn newest() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// The schema the database has; 0 when it is empty.
///
/// # Errors
///
/// What the database says.
pub fn current(connection: &mut Connection) -> Result<i64, DbError> {
    if !connection.has_table("migrations")? {
        return Ok(0);
    }
    let found = connection
        .find("migrations", "SELECT MAX(version) FROM migrations", &[], |row| row.integer_or_null())?;
    Ok(found.flatten().unwrap_or(0))
}

/// Brings the database to the newest schema. Returns the versions it had and has.
///
/// # Errors
///
/// [`DbError::Newer`] when a newer program wrote it; it is left as it is.
pub fn run(connection: &mut Connection, now: Moment) -> Result<(i64, i64), DbError> {
    run_to(connection, newest(), now)
}

/// The same up to that schema and no further: the way tests come by a database of an older release.
///
/// # Errors
///
/// As [`run`].
pub fn run_to(connection: &mut Connection, version: i64, now: Moment) -> Result<(i64, i64), DbError> {
    let before = current(connection)?;
    if before > newest() {
        return Err(DbError::Newer { found: before, known: newest() });
    }
    let wanted = MIGRATIONS.iter().take(usize::try_from(version).unwrap_or(0));
    for (place, (name, text)) in wanted.enumerate().skip(usize::try_from(before).unwrap_or(0)) {
        connection.begin()?;
        let outcome = apply(connection, i64::try_from(place).unwrap_or(0) + 1, name, text, now);
        match outcome {
            Ok(()) => connection.commit()?,
            Err(error) => {
                connection.rollback()?;
                return Err(error);
            }
        }
    }
    Ok((before, version.max(before)))
}

fn apply(
    connection: &mut Connection,
    version: i64,
    name: &str,
    text: &str,
    now: Moment,
) -> Result<(), DbError> {
    connection.migrate(
        "CREATE TABLE IF NOT EXISTS migrations (\n version BIGINT PRIMARY KEY NOT NULL,\n name TEXT NOT NULL,\n at BIGINT NOT NULL\n);",
    )?;
    connection.migrate(text)?;
    connection.execute(
        "INSERT INTO migrations (version, name, at) VALUES ($1, $2, $3)",
        params![version, name, now],
    )?;
    Ok(())
}
