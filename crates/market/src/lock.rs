//! One server per SQLite file.

use std::fs::{File, OpenOptions, TryLockError};

use auboutique_db::{DbError, Location};

/// Held while a market is open on a file, so that no second server writes to it.
pub(crate) struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock beside the database file. PostgreSQL needs none: several nodes share it by design.
    ///
    /// # Errors
    ///
    /// [`DbError::Busy`] when another process holds it, with what to do.
    pub(crate) fn take(location: &Location) -> Result<Option<Self>, DbError> {
        let Location::Sqlite(database) = location else { return Ok(None) };
        let path = database.with_extension("lock");
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
        let file = file.map_err(|error| {
            DbError::ReadOnly(format!(
                "cannot write {}: {error}. Give the account that runs the server write access to the folder, or choose another with --data",
                path.display()
            ))
        })?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { file })),
            Err(TryLockError::WouldBlock) => Err(DbError::Busy(format!(
                "{} is in use by another server. Stop that one, or start this one with another --data folder",
                database.display()
            ))),
            Err(TryLockError::Error(error)) => {
                Err(DbError::Other(format!("cannot lock {}: {error}", path.display())))
            }
        }
    }
}

impl Drop for Lock {
    /// Closing the file would not do: a program that another thread is just starting holds a copy of it until it runs,
    /// and the lock with it.
    fn drop(&mut self) {
        // A lock that cannot be given back goes with the process.
        drop(self.file.unlock());
    }
}
