//! Backups: one SQLite file, made while the market runs, restored into either database.

use std::path::Path;

use auboutique_db::{Connection, DbError, Location, copy, migration, picture};
use auboutique_domain::Moment;

use crate::gallery::Gallery;
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

/// Copies a database of an older schema beside itself before it is brought up to date (`promises.md` R16): the copy is
/// named after the schema it has. PostgreSQL has backups of its own.
///
/// # Errors
///
/// What the databases say; then nothing is migrated.
pub(crate) fn before_migration(db: &mut Connection, location: &Location, now: Moment) -> Result<(), DbError> {
    let version = migration::current(db)?;
    let Location::Sqlite(file) = location else { return Ok(()) };
    if version == 0 || version >= migration::newest() {
        return Ok(());
    }
    let mut name = file.as_os_str().to_owned();
    name.push(format!(".schema-{version}"));
    let copy = std::path::PathBuf::from(name);
    // One that is there is of the same schema, from a start that was interrupted: the newer copy is as good.
    drop(std::fs::remove_file(&copy));
    copy::backup(db, &copy, now)?;
    if let Some(problem) = Connection::reader(&Location::Sqlite(copy.clone()))?.page_problems()?.first() {
        return Err(DbError::Other(format!("the copy made before the upgrade is not sound: {problem}")));
    }
    tracing::info!(copy = %copy.display(), "the database is of an older version; it was copied before the upgrade");
    Ok(())
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
    let mut from = Connection::reader(&Location::Sqlite(file.to_owned()))?;
    let older = (1..migration::newest()).contains(&migration::current(&mut from)?);
    if !older {
        check(file)?;
    }
    let _lock = crate::lock::Lock::take(location)?;
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
        // Opened once for writing: the journal mode is set again and the settings are read back. A backup of an older
        // schema is brought up to date and checked then.
        migration::run(&mut Connection::writer(location)?, now)?;
        if older {
            check(database)?;
        }
        return Ok(rows);
    }
    let mut to = Connection::writer(location)?;
    copy::restore(&mut from, &mut to, now)
}

/// Copies the file of every picture that a database knows from one folder into another, and checks each on the way.
/// Returns how many there were. A market may be running on the first: files of pictures never change.
///
/// # Errors
///
/// [`DbError::Other`] when a file is missing or damaged, or cannot be written.
pub fn copy_pictures(location: &Location, from: &Path, to: &Path) -> Result<i64, DbError> {
    let (from, to) = (Gallery::existing(from)?, Gallery::open(Some(to))?);
    let mut copied = 0;
    let mut connection = Connection::reader(location)?;
    picture::each_file(&mut connection, |hash, _| {
        from.copy_to(&to, &hash).map_err(|stop| DbError::Other(stop.to_string()))?;
        copied += 1;
        Ok(())
    })?;
    Ok(copied)
}
