//! `verify`: re-derives everything from the logs and names every row that disagrees.

use auboutique_db::{Connection, DbError, Location, migration, verify as db};
use auboutique_domain::verdict::Verdict;

/// Opens a database for writing, reads its durability settings back, and closes it without having written.
///
/// # Errors
///
/// [`DbError`] with what is wrong and what to do.
pub fn check_settings(location: &Location) -> Result<(), DbError> {
    Connection::writer(location).map(drop)
}

/// Checks a database from one snapshot. A market may be running on it.
///
/// # Errors
///
/// [`DbError`] when it cannot be read at all; a row that cannot be read is a finding.
pub fn verify(location: &Location) -> Result<Verdict, DbError> {
    let mut connection = Connection::reader(location)?;
    let version = migration::current(&mut connection)?;
    if version == 0 {
        return Err(DbError::Other("this is not a database of AUBoutique".to_owned()));
    }
    if version > migration::newest() {
        return Err(DbError::Newer { found: version, known: migration::newest() });
    }
    let mut verdict = Verdict::default();
    for problem in connection.page_problems()? {
        verdict.find("file", location.host(), problem);
    }
    connection.snapshot(|connection| {
        for check in [db::stock, db::orders, db::ledger, db::events] {
            match check(connection, &mut verdict) {
                Ok(()) => {}
                Err(DbError::Inconsistent { table, row, column }) => {
                    verdict.find(table, row, format!("column {column} holds what the rules never wrote"));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    })?;
    Ok(verdict)
}
