//! Settings: one row each; what has no row has its default.

use auboutique_domain::setting::Settings;

use crate::dialect::Connection;
use crate::error::DbError;
use crate::params;

const ALL: &str = "SELECT name, value FROM settings";
const SET: &str = "INSERT INTO settings (name, value) VALUES ($1, $2)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value";

/// The settings as they are.
///
/// # Errors
///
/// [`DbError::Inconsistent`] when a row holds what cannot be set.
pub fn find(db: &mut Connection) -> Result<Settings, DbError> {
    let mut settings = Settings::default();
    db.each("settings", ALL, &[], |row| {
        let name = row.text()?;
        settings = row.parsed(|value| settings.clone().with(&name, value).ok())?;
        Ok(())
    })?;
    Ok(settings)
}

/// Whether every setting is one that can be set: a market with a ladder of increments that goes down is not opened.
///
/// # Errors
///
/// [`DbError::Other`] that names the setting and says what is wrong with it; what the database says.
pub fn check(db: &mut Connection) -> Result<(), DbError> {
    let mut problem = None;
    db.each("settings", ALL, &[], |row| {
        let (name, value) = (row.text()?, row.text()?);
        if let Err(refusal) = Settings::default().with(&name, &value) {
            problem = problem.take().or(Some(format!("the setting {name} cannot be {value:?}: {refusal}")));
        }
        Ok(())
    })?;
    problem.map_or(Ok(()), |problem| Err(DbError::Other(problem)))
}

/// Keeps one setting.
///
/// # Errors
///
/// What the database says.
pub fn save(db: &mut Connection, name: &str, value: &str) -> Result<(), DbError> {
    db.change_one(SET, params![name, value])
}
