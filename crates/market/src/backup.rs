//! Backups: one SQLite file, made while the market runs, restored into either database.

use std::path::Path;

use auboutique_db::{Connection, DbError, Location, copy, migration};
use auboutique_domain::Moment;

use crate::verify;

/// Copies the database at that location into a new file and checks the copy. Returns how many rows it has.
///
/// # Errors
///
/// [`DbError::Other`] when the file exists, or the copy does not verify; the file is removed then.
pub fn back_up(location: &Location, file: &Path, now: Moment) -> Result<i64, DbError> {
    if file.exists() {
        return Err(DbError::Other(format!("{} exists already; choose another name", file.display())));
    }
    let outcome = Connection::reader(location)
        .and_then(|mut connection| copy::backup(&mut connection, file, now))
        .and_then(|rows| check(file).map(|()| rows));
    if outcome.is_err() {
        // Half a backup is worse than none; a file that was never made cannot be removed, which is as well.
        drop(std::fs::remove_file(file));
    } else {
        std::fs::File::open(file)
            .and_then(|file| file.sync_all())
            .map_err(|error| DbError::Other(format!("cannot make the backup durable: {error}")))?;
    }
    outcome
}

fn check(file: &Path) -> Result<(), DbError> {
    let verdict = verify(&Location::Sqlite(file.to_owned()))?;
    match verdict.findings.first() {
        None => Ok(()),
        Some(finding) => Err(DbError::Other(format!("the copy does not verify: {finding}"))),
    }
}

/// Restores a backup into an empty database. Returns how many rows it has.
///
/// # Errors
///
/// [`DbError::Other`] when the file is no backup or does not verify, or the database is not empty.
pub fn restore(file: &Path, location: &Location, now: Moment) -> Result<i64, DbError> {
    if !file.is_file() {
        return Err(DbError::Other(format!("there is no file {}", file.display())));
    }
    check(file)?;
    let _lock = crate::lock::Lock::take(location)?;
    let mut from = Connection::reader(&Location::Sqlite(file.to_owned()))?;
    if let Location::Sqlite(database) = location
        && migration::current(&mut Connection::writer(location)?)? == 0
    {
        // Into a new SQLite file the pages are copied as they are, whatever released schema they are of.
        for ending in ["", "-wal", "-shm"] {
            let mut name = database.as_os_str().to_owned();
            name.push(ending);
            drop(std::fs::remove_file(name));
        }
        let rows = copy::backup(&mut from, database, now)?;
        // Opened once for writing: the journal mode is set again and the settings are read back.
        Connection::writer(location)?;
        return Ok(rows);
    }
    let mut to = Connection::writer(location)?;
    copy::restore(&mut from, &mut to, now)
}
