//! `verify`: re-derives everything from the logs and names every row that disagrees.

use std::path::Path;

use auboutique_db::{Connection, DbError, Location, migration, picture, verify as db};
use auboutique_domain::verdict::Verdict;

use crate::gallery::Gallery;

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
    if version < migration::newest() {
        return Err(DbError::Other(
            "this database is of an older version: start the server on it once, which brings it up to date"
                .to_owned(),
        ));
    }
    let mut verdict = Verdict::default();
    for problem in connection.page_problems()? {
        verdict.find("file", location.host(), problem);
    }
    connection.snapshot(|connection| {
        let checks = [
            db::stock,
            db::orders,
            db::checkouts,
            db::auctions,
            db::ledger,
            db::conversations,
            db::pictures,
            db::events,
        ];
        for check in checks {
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

/// Checks that the file of every picture is in that folder, whole and unchanged. Adds what is not to the verdict.
///
/// # Errors
///
/// [`DbError`] when the database or the folder cannot be read at all.
pub fn verify_pictures(location: &Location, folder: &Path, verdict: &mut Verdict) -> Result<(), DbError> {
    let gallery = Gallery::existing(folder)?;
    let mut connection = Connection::reader(location)?;
    let mut files = 0;
    picture::each_file(&mut connection, |hash, length| {
        files += 1;
        if let Some(problem) = gallery.problem(&hash, length) {
            verdict.find("pictures", hash, problem);
        }
        Ok(())
    })?;
    verdict.checked.push(("picture files".to_owned(), files));
    Ok(())
}
