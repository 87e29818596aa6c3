//! What can go wrong between us and the database.

/// A statement, a connection or a row that did not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// Somebody changed the row first. Run the command again.
    #[error("somebody else changed the same row first")]
    Conflict,
    /// A constraint of the schema stopped a write the rules had let through.
    #[error("a constraint of the schema was hit: {0}")]
    Constraint(String),
    /// The database is busy with somebody else for longer than we wait.
    #[error("the database is busy: {0}")]
    Busy(String),
    /// The disk is full. Nothing was changed.
    #[error("the disk is full")]
    Full,
    /// The database or its folder cannot be written.
    #[error("the database is read-only: {0}")]
    ReadOnly(String),
    /// The connection is gone.
    #[error("the connection to the database is lost: {0}")]
    Lost(String),
    /// A row that the rules could never have written.
    #[error("{table} {row}: the column {column} holds what the rules never wrote")]
    Inconsistent {
        /// The table of the row.
        table: &'static str,
        /// The first column of the row.
        row: String,
        /// The place of the column in the statement, counted from 1.
        column: usize,
    },
    /// The database was written by a newer version of the program.
    #[error(
        "the database is of schema {found}, this program knows schemas up to {known}: start the newer program, or restore a backup made before the upgrade"
    )]
    Newer {
        /// The schema it has.
        found: i64,
        /// The newest schema this program knows.
        known: i64,
    },
    /// A setting on which durability rests reads back wrong.
    #[error("the database setting {name} is {found} but must be {wanted}: {advice}")]
    Setting {
        /// Which setting.
        name: &'static str,
        /// What it is.
        found: String,
        /// What it must be.
        wanted: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

impl From<rusqlite::Error> for DbError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let text = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::ConstraintViolation) => Self::Constraint(text),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy(text),
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::ReadOnly) => Self::ReadOnly(text),
            _ => Self::Other(text),
        }
    }
}

impl From<postgres::Error> for DbError {
    fn from(error: postgres::Error) -> Self {
        use postgres::error::SqlState;
        let text = error.as_db_error().map_or_else(|| error.to_string(), |db| db.message().to_owned());
        match error.code() {
            Some(code) if code.code().starts_with("23") => Self::Constraint(text),
            Some(
                &SqlState::T_R_SERIALIZATION_FAILURE
                | &SqlState::T_R_DEADLOCK_DETECTED
                | &SqlState::LOCK_NOT_AVAILABLE,
            ) => Self::Conflict,
            Some(&SqlState::QUERY_CANCELED) => Self::Busy(text),
            Some(&SqlState::DISK_FULL) => Self::Full,
            Some(&SqlState::READ_ONLY_SQL_TRANSACTION) => Self::ReadOnly(text),
            Some(code) if code.code().starts_with("57P") || code.code().starts_with("08") => Self::Lost(text),
            Some(_) => Self::Other(text),
            None if error.is_closed() => Self::Lost(text),
            None => Self::Other(text),
        }
    }
}
