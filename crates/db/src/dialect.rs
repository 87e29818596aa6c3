//! The one place where SQLite and PostgreSQL differ.
//!
//! Outside this file there is one SQL text. It is written with `$1` placeholders, `RETURNING` and `ON CONFLICT`, which
//! both know. Here are: how a connection is opened and its durability settings read back, how placeholders and column
//! types are spelled, transactions and savepoints, append-only triggers, and full-text search.

use std::collections::HashMap;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use auboutique_domain::text::Search;
use postgres::fallible_iterator::FallibleIterator as _;
use rusqlite::OpenFlags;
use rusqlite::config::DbConfig;

use crate::error::DbError;
use crate::plant::is_planted;
use crate::row::{Param, Row};

/// Where the database is.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// A file.
    Sqlite(PathBuf),
    /// A server: `postgres://user:password@host:port/name`.
    Postgres(String),
}

impl std::fmt::Debug for Location {
    /// A database's address may hold a password; it stays out of logs.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(file) => write!(out, "SQLite at {}", file.display()),
            Self::Postgres(_) => write!(out, "PostgreSQL at {}", self.host()),
        }
    }
}

impl FromStr for Location {
    type Err = DbError;

    fn from_str(url: &str) -> Result<Self, DbError> {
        if let Some(file) = url.strip_prefix("sqlite:") {
            return Ok(Self::Sqlite(PathBuf::from(file.trim_start_matches("//"))));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            postgres::Config::from_str(url)
                .map_err(|error| DbError::Other(format!("this is not a PostgreSQL address: {error}")))?;
            return Ok(Self::Postgres(url.to_owned()));
        }
        Err(DbError::Other("a database is sqlite:FILE or postgres://USER:PASSWORD@HOST:PORT/NAME".to_owned()))
    }
}

impl Location {
    /// What may be said of it in a log: no password.
    #[must_use]
    pub fn host(&self) -> String {
        match self {
            Self::Sqlite(file) => file.display().to_string(),
            Self::Postgres(url) => {
                let after = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
                let host = after.rsplit_once('@').map_or(after, |(_, host)| host);
                host.split('?').next().unwrap_or_default().to_owned()
            }
        }
    }
}

/// SQLite before this version can lose a WAL reset; we refuse to run on one.
const LEAST_SQLITE: i32 = 3_051_003;

/// A connection to either database, with its prepared statements.
pub struct Connection {
    inner: Inner,
    savepoint: bool,
}

enum Inner {
    Sqlite {
        connection: rusqlite::Connection,
        texts: HashMap<&'static str, String>,
    },
    Postgres {
        client: Box<postgres::Client>,
        prepared: HashMap<&'static str, postgres::Statement>,
        prepared_texts: HashMap<String, postgres::Statement>,
    },
}

impl Connection {
    /// Opens the one connection that writes. Creates the file when there is none.
    ///
    /// # Errors
    ///
    /// [`DbError::Setting`] when a setting on which durability rests reads back wrong; otherwise what the database says.
    pub fn writer(location: &Location) -> Result<Self, DbError> {
        let mut connection = Self::open(location, true)?;
        connection.read_back_settings()?;
        Ok(connection)
    }

    /// Opens a connection that only reads.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn reader(location: &Location) -> Result<Self, DbError> {
        Self::open(location, false)
    }

    fn open(location: &Location, writes: bool) -> Result<Self, DbError> {
        let inner = match location {
            Location::Sqlite(file) => {
                let flags = if writes {
                    OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
                } else {
                    OpenFlags::SQLITE_OPEN_READ_ONLY
                };
                let connection = open_file(file, flags, writes).map_err(|error| match error {
                    // What SQLite says names the file at times only.
                    DbError::Other(said) if !said.contains(&file.display().to_string()) => {
                        DbError::Other(format!("{}: {said}", file.display()))
                    }
                    error => error,
                })?;
                Inner::Sqlite { connection, texts: HashMap::new() }
            }
            Location::Postgres(url) => {
                let mut config = postgres::Config::from_str(url)?;
                config.application_name("auboutique");
                config.connect_timeout(std::time::Duration::from_secs(10));
                if config.get_options().is_none() {
                    config.options(
                        "-c lock_timeout=2s -c statement_timeout=30s -c idle_in_transaction_session_timeout=60s",
                    );
                }
                let client = config.connect(tls()).map_err(|error| cannot_connect(location, &error))?;
                Inner::Postgres {
                    client: Box::new(client),
                    prepared: HashMap::new(),
                    prepared_texts: HashMap::new(),
                }
            }
        };
        Ok(Self { inner, savepoint: false })
    }

    /// Durability is code: what was set is read back, and a database that did not take it is not written to.
    fn read_back_settings(&mut self) -> Result<(), DbError> {
        let setting = |name, found: String, wanted: &'static str, advice| {
            if found == wanted { Ok(()) } else { Err(DbError::Setting { name, found, wanted, advice }) }
        };
        match &mut self.inner {
            Inner::Sqlite { connection, .. } => {
                let version = rusqlite::version_number();
                if version < LEAST_SQLITE {
                    return Err(DbError::Setting {
                        name: "sqlite_version",
                        found: rusqlite::version().to_owned(),
                        wanted: "3.51.3 or newer",
                        advice: "build with the bundled SQLite",
                    });
                }
                let read = |name: &str| -> Result<String, DbError> {
                    let value: rusqlite::types::Value =
                        connection.pragma_query_value(None, name, |row| row.get(0))?;
                    Ok(match value {
                        rusqlite::types::Value::Integer(number) => number.to_string(),
                        rusqlite::types::Value::Text(text) => text,
                        _ => String::new(),
                    })
                };
                let advice = "the file system under the data folder does not support it: use a local disk";
                setting("journal_mode", read("journal_mode")?, "wal", advice)?;
                if !is_planted("synchronous-normal") {
                    setting("synchronous", read("synchronous")?, "2", advice)?;
                }
                setting("foreign_keys", read("foreign_keys")?, "1", advice)?;
                setting("trusted_schema", read("trusted_schema")?, "0", advice)?;
                // Without memory mapping compiled in there is no value to read back, which is as good as zero.
                match read("mmap_size") {
                    Ok(size) => setting("mmap_size", size, "0", advice),
                    Err(_) => Ok(()),
                }
            }
            Inner::Postgres { client, .. } => {
                let mut show = |name: &str| -> Result<String, DbError> {
                    let row = client.query_one("SELECT current_setting($1)", &[&name])?;
                    Ok(row.try_get(0)?)
                };
                let advice = "turn it on in postgresql.conf: without it an acknowledged sale can be lost";
                setting("fsync", show("fsync")?, "on", advice)?;
                setting("full_page_writes", show("full_page_writes")?, "on", advice)?;
                if show("synchronous_commit")? != "remote_apply" {
                    setting("synchronous_commit", show("synchronous_commit")?, "on", advice)?;
                }
                setting("server_encoding", show("server_encoding")?, "UTF8", "create the database with UTF8")
            }
        }
    }

    /// Runs a statement; returns how many rows it changed.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn execute(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<u64, DbError> {
        match &mut self.inner {
            Inner::Sqlite { connection, texts } => {
                let mut statement = connection.prepare_cached(sqlite_text(texts, sql))?;
                let changed = statement.execute(rusqlite::params_from_iter(params))?;
                Ok(u64::try_from(changed).unwrap_or(0))
            }
            Inner::Postgres { client, prepared, .. } => {
                let statement = postgres_statement(client, prepared, sql)?;
                Ok(client.execute(&statement, &postgres_params(params))?)
            }
        }
    }

    /// Runs a statement that changes exactly one row.
    ///
    /// # Errors
    ///
    /// [`DbError::Conflict`] when it changed none: what it says it read is no longer so.
    pub fn change_one(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<(), DbError> {
        match self.execute(sql, params)? {
            0 => Err(DbError::Conflict),
            _ => Ok(()),
        }
    }

    /// Runs a query over rows of that table and maps each of them.
    ///
    /// # Errors
    ///
    /// What the database or the mapping says.
    pub fn query<T>(
        &mut self,
        table: &'static str,
        sql: &'static str,
        params: &[Param<'_>],
        mut map: impl FnMut(&mut Row<'_>) -> Result<T, DbError>,
    ) -> Result<Vec<T>, DbError> {
        let mut found = Vec::new();
        self.each(table, sql, params, |row| {
            found.push(map(row)?);
            Ok(())
        })?;
        Ok(found)
    }

    /// Runs a query and visits its rows one by one; none is kept, so a table may be larger than memory.
    ///
    /// # Errors
    ///
    /// What the database or the visitor says.
    pub fn each(
        &mut self,
        table: &'static str,
        sql: &'static str,
        params: &[Param<'_>],
        mut visit: impl FnMut(&mut Row<'_>) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        match &mut self.inner {
            Inner::Sqlite { connection, texts } => {
                let mut statement = connection.prepare_cached(sqlite_text(texts, sql))?;
                let mut rows = statement.query(rusqlite::params_from_iter(params))?;
                while let Some(row) = rows.next()? {
                    visit(&mut Row::sqlite(row, table))?;
                }
            }
            Inner::Postgres { client, prepared, .. } => {
                let statement = postgres_statement(client, prepared, sql)?;
                let mut rows = client.query_raw(&statement, postgres_params(params))?;
                while let Some(row) = rows.next()? {
                    visit(&mut Row::postgres(&row, table))?;
                }
            }
        }
        Ok(())
    }

    /// Counts the rows of a table of ours.
    pub(crate) fn count_rows(&mut self, table: &'static str) -> Result<i64, DbError> {
        let mut count = 0;
        self.each_of_text(table, &format!("SELECT COUNT(*) FROM {table}"), &mut |row| {
            count = row.integer()?;
            Ok(())
        })?;
        Ok(count)
    }

    /// Visits the rows of a statement that was written for a copy, out of the names of our own tables and columns.
    pub(crate) fn each_of_text(
        &mut self,
        table: &'static str,
        sql: &str,
        visit: &mut dyn FnMut(&mut Row<'_>) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        match &mut self.inner {
            Inner::Sqlite { connection, .. } => {
                let mut statement = connection.prepare_cached(sql)?;
                let mut rows = statement.query([])?;
                while let Some(row) = rows.next()? {
                    visit(&mut Row::sqlite(row, table))?;
                }
            }
            Inner::Postgres { client, .. } => {
                let mut rows = client.query_raw(sql, Vec::<Param<'_>>::new())?;
                while let Some(row) = rows.next()? {
                    visit(&mut Row::postgres(&row, table))?;
                }
            }
        }
        Ok(())
    }

    /// Runs such a statement.
    pub(crate) fn execute_text(&mut self, sql: &str, params: &[Param<'_>]) -> Result<(), DbError> {
        match &mut self.inner {
            Inner::Sqlite { connection, .. } => {
                let mut statement = connection.prepare_cached(&sql.replace('$', "?"))?;
                statement.execute(rusqlite::params_from_iter(params))?;
            }
            Inner::Postgres { client, prepared_texts, .. } => {
                let statement = match prepared_texts.get(sql) {
                    Some(statement) => statement.clone(),
                    None => {
                        let statement = client.prepare(sql)?;
                        prepared_texts.insert(sql.to_owned(), statement.clone());
                        statement
                    }
                };
                client.execute(&statement, &postgres_params(params))?;
            }
        }
        Ok(())
    }

    /// Runs a query that finds one row or none.
    ///
    /// # Errors
    ///
    /// What the database or the mapping says.
    pub fn find<T>(
        &mut self,
        table: &'static str,
        sql: &'static str,
        params: &[Param<'_>],
        map: impl FnMut(&mut Row<'_>) -> Result<T, DbError>,
    ) -> Result<Option<T>, DbError> {
        Ok(self.query(table, sql, params, map)?.into_iter().next())
    }

    /// Runs statements that take no parameters, several in one text.
    pub(crate) fn batch(&mut self, sql: &str) -> Result<(), DbError> {
        match &mut self.inner {
            Inner::Sqlite { connection, .. } => connection.execute_batch(sql)?,
            Inner::Postgres { client, .. } => client.batch_execute(sql)?,
        }
        Ok(())
    }

    /// Starts a transaction that writes.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn begin(&mut self) -> Result<(), DbError> {
        self.savepoint = false;
        self.batch(match self.inner {
            Inner::Sqlite { .. } => "BEGIN IMMEDIATE",
            Inner::Postgres { .. } => "BEGIN",
        })
    }

    /// Reads several statements from one snapshot.
    ///
    /// # Errors
    ///
    /// What the database or the reading says.
    pub fn snapshot<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, DbError>) -> Result<T, DbError> {
        self.batch(match self.inner {
            Inner::Sqlite { .. } => "BEGIN",
            Inner::Postgres { .. } => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        })?;
        let outcome = read(self);
        self.batch("ROLLBACK")?;
        outcome
    }

    /// Marks the place to which [`Connection::undo`] returns. One command's writes are between two marks.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn mark(&mut self) -> Result<(), DbError> {
        let again = std::mem::replace(&mut self.savepoint, true);
        match &mut self.inner {
            Inner::Sqlite { connection, .. } => {
                if again {
                    connection.prepare_cached("RELEASE SAVEPOINT command")?.execute([])?;
                }
                connection.prepare_cached("SAVEPOINT command")?.execute([])?;
            }
            // One round trip for both: a savepoint that is only set again nests, and PostgreSQL slows down.
            Inner::Postgres { client, .. } => client.batch_execute(if again {
                "RELEASE SAVEPOINT command; SAVEPOINT command"
            } else {
                "SAVEPOINT command"
            })?,
        }
        Ok(())
    }

    /// Undoes what was written since the last mark.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn undo(&mut self) -> Result<(), DbError> {
        self.batch("ROLLBACK TO SAVEPOINT command")
    }

    /// Makes everything since [`Connection::begin`] durable.
    ///
    /// # Errors
    ///
    /// What the database says. After [`DbError::Full`] nothing was changed; after any other the outcome is unknown.
    pub fn commit(&mut self) -> Result<(), DbError> {
        self.savepoint = false;
        self.batch("COMMIT")
    }

    /// Gives up everything since [`Connection::begin`].
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn rollback(&mut self) -> Result<(), DbError> {
        self.savepoint = false;
        match &self.inner {
            Inner::Sqlite { connection, .. } if connection.is_autocommit() => Ok(()),
            _ => self.batch("ROLLBACK"),
        }
    }

    /// Moves what the write-ahead log holds into the file and empties the log. PostgreSQL does so by itself.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn checkpoint(&mut self) -> Result<(), DbError> {
        match &self.inner {
            Inner::Sqlite { connection, .. } => {
                // A reader that is still at it keeps the log from being emptied; that is no error.
                connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
                Ok(())
            }
            Inner::Postgres { .. } => Ok(()),
        }
    }

    /// Whether the connection is to PostgreSQL, where several nodes may write.
    #[must_use]
    pub const fn is_shared(&self) -> bool {
        matches!(self.inner, Inner::Postgres { .. })
    }

    /// Whether the connection is known to be gone.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        match &self.inner {
            Inner::Sqlite { .. } => false,
            Inner::Postgres { client, .. } => client.is_closed(),
        }
    }

    /// Copies the whole database into a file while it is in use. SQLite only; [`crate::copy`] serves both.
    pub(crate) fn copy_pages(&mut self, to: &Path) -> Result<bool, DbError> {
        match &mut self.inner {
            Inner::Sqlite { connection, .. } => {
                make_private(to)?;
                let mut copy = rusqlite::Connection::open(to)?;
                let backup = rusqlite::backup::Backup::new(connection, &mut copy)?;
                backup.run_to_completion(4_096, std::time::Duration::ZERO, None)?;
                drop(backup);
                copy.pragma_update(None, "journal_mode", "delete")?;
                Ok(true)
            }
            Inner::Postgres { .. } => Ok(false),
        }
    }

    /// Whether the pages of the file are sound. PostgreSQL checks its own.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn page_problems(&mut self) -> Result<Vec<String>, DbError> {
        match &mut self.inner {
            Inner::Sqlite { connection, .. } => {
                let mut statement = connection.prepare("PRAGMA integrity_check(20)")?;
                let lines = statement.query_map([], |row| row.get::<_, String>(0))?;
                let lines: Vec<String> = lines.collect::<Result<_, _>>()?;
                Ok(lines.into_iter().filter(|line| line != "ok").collect())
            }
            Inner::Postgres { .. } => Ok(Vec::new()),
        }
    }

    // ---- migrations ----

    /// Runs a migration's text: column types, append-only triggers and the search index in this database's spelling.
    pub(crate) fn migrate(&mut self, text: &str) -> Result<(), DbError> {
        let shared = self.is_shared();
        let mut sql = String::with_capacity(text.len() * 2);
        for line in text.lines() {
            if let Some(table) = line.strip_prefix("-- @append-only ") {
                sql.push_str(&append_only(table.trim(), shared));
            } else if let Some(table) = line.strip_prefix("-- @search ") {
                sql.push_str(&search_index(table.trim(), shared));
            } else if !line.trim_start().starts_with("--") {
                let line = if shared { line.to_owned() } else { line.replace("BIGINT", "INTEGER") };
                let ends_table = !shared && line == ");";
                sql.push_str(if ends_table { ") STRICT;" } else { &line });
            }
            sql.push('\n');
        }
        self.batch(&sql)
    }

    /// The columns of a table, in order, with whether each is text.
    pub(crate) fn columns(&mut self, table: &str) -> Result<Vec<(String, bool)>, DbError> {
        match &mut self.inner {
            Inner::Sqlite { connection, .. } => {
                let mut statement =
                    connection.prepare("SELECT name, type FROM pragma_table_info(?1) ORDER BY cid")?;
                let rows = statement.query_map([table], |row| {
                    Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)? == "TEXT"))
                })?;
                Ok(rows.collect::<Result<_, _>>()?)
            }
            Inner::Postgres { client, .. } => {
                let rows = client.query(
                    "SELECT column_name::text, data_type = 'text' FROM information_schema.columns
                      WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position",
                    &[&table],
                )?;
                rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
            }
        }
    }

    /// Whether a table of that name exists.
    pub(crate) fn has_table(&mut self, table: &str) -> Result<bool, DbError> {
        Ok(!self.columns(table)?.is_empty())
    }

    // ---- full-text search ----

    /// Puts a listing's folded words into the search index under its number.
    pub(crate) fn index_words(&mut self, number: i64, words: &str) -> Result<(), DbError> {
        let sql = if self.is_shared() {
            "INSERT INTO listing_search (number, words) VALUES ($1, to_tsvector('simple', $2))
             ON CONFLICT (number) DO UPDATE SET words = excluded.words"
        } else {
            "INSERT OR REPLACE INTO listing_search (rowid, words) VALUES ($1, $2)"
        };
        self.execute(sql, &[Param::from(number), Param::from(words)]).map(drop)
    }

    /// Takes a listing out of the search index.
    pub(crate) fn forget_words(&mut self, number: i64) -> Result<(), DbError> {
        let sql = if self.is_shared() {
            "DELETE FROM listing_search WHERE number = $1"
        } else {
            "DELETE FROM listing_search WHERE rowid = $1"
        };
        self.execute(sql, &[Param::from(number)]).map(drop)
    }

    /// The statement that finds listings by their words, and the words in this database's query language.
    ///
    /// Newest first and never ranked: both databases walk their index from the newest down and stop when the page is full,
    /// however common the word.
    pub(crate) fn search(
        &self,
        search: &Search,
        postgres: &'static str,
        sqlite: &'static str,
    ) -> (&'static str, String) {
        let words = search.words();
        let last = words.len() - 1;
        let shared = self.is_shared();
        let query = words
            .iter()
            .enumerate()
            .map(|(place, word)| match (shared, place == last) {
                (true, true) => format!("'{word}':*"),
                (true, false) => format!("'{word}'"),
                (false, true) => format!("\"{word}\"*"),
                (false, false) => format!("\"{word}\""),
            })
            .collect::<Vec<_>>()
            .join(if shared { " & " } else { " AND " });
        (if shared { postgres } else { sqlite }, query)
    }
}

/// Makes the file of a database if there is none, for its owner alone: it holds addresses and password hashes. SQLite
/// gives the files it makes beside it the same rights.
fn make_private(file: &Path) -> Result<(), DbError> {
    let made = std::fs::OpenOptions::new().append(true).create(true).mode(0o600).open(file);
    made.map(drop).map_err(|error| DbError::ReadOnly(format!("cannot write {}: {error}", file.display())))
}

/// The text with `?1` for `$1`: SQLite numbers `$1` by its first appearance, not by its number.
fn sqlite_text<'a>(texts: &'a mut HashMap<&'static str, String>, sql: &'static str) -> &'a str {
    texts.entry(sql).or_insert_with(|| sql.replace('$', "?"))
}

/// The driver keeps no prepared statements by itself, and preparing costs more than running.
fn postgres_statement(
    client: &mut postgres::Client,
    prepared: &mut HashMap<&'static str, postgres::Statement>,
    sql: &'static str,
) -> Result<postgres::Statement, DbError> {
    if let Some(statement) = prepared.get(sql) {
        return Ok(statement.clone());
    }
    let statement = client.prepare(sql)?;
    prepared.insert(sql, statement.clone());
    Ok(statement)
}

fn postgres_params<'a>(params: &'a [Param<'_>]) -> Vec<&'a (dyn postgres::types::ToSql + Sync)> {
    params.iter().map(|param| param as &(dyn postgres::types::ToSql + Sync)).collect()
}

/// Opens a file with our settings, and looks at it: that it is a database shows only when it is read.
fn open_file(file: &Path, flags: OpenFlags, writes: bool) -> Result<rusqlite::Connection, DbError> {
    if writes {
        make_private(file)?;
    }
    let connection = rusqlite::Connection::open_with_flags(file, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(256);
    // Without this, SQLite plans a statement anew whenever a parameter has another value that it compared with the condition
    // of a partial index: for nearly every statement of a bid, at some ten times the cost of running it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    if writes {
        connection.pragma_update(None, "journal_mode", "wal")?;
        let level = if is_planted("synchronous-normal") { "normal" } else { "full" };
        connection.pragma_update(None, "synchronous", level)?;
        connection.pragma_update(None, "wal_autocheckpoint", 4_000)?;
    }
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "mmap_size", 0)?;
    connection.pragma_update(None, "cache_size", if writes { -65_536 } else { -16_384 })?;
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.pragma_query_value(None, "schema_version", |_| Ok(()))?;
    Ok(connection)
}

/// The error with what caused it: on its own it says only at which step it happened.
fn cannot_connect(location: &Location, error: &postgres::Error) -> DbError {
    let mut causes: Vec<String> = vec![error.to_string()];
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        causes.push(error.to_string());
        cause = error.source();
    }
    let said = causes.join(": ");
    DbError::Other(format!("cannot connect to {location:?}: {said}. Is it running, and is this its address?"))
}

/// TLS for databases that ask for it in their address (`sslmode=require`), with the public certificate authorities.
fn tls() -> tokio_postgres_rustls::MakeRustlsConnect {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions();
    #[expect(
        clippy::expect_used,
        reason = "ring supports the default versions; nothing here depends on input"
    )]
    let config =
        builder.expect("ring has TLS 1.2 and 1.3").with_root_certificates(roots).with_no_client_auth();
    tokio_postgres_rustls::MakeRustlsConnect::new(config)
}

fn append_only(table: &str, shared: bool) -> String {
    if shared {
        return format!(
            "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23001'; END $$;
             CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
             FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();"
        );
    }
    ["UPDATE", "DELETE"]
        .map(|verb| {
            format!(
                "CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
             BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END;"
            )
        })
        .concat()
}

fn search_index(table: &str, shared: bool) -> String {
    if shared {
        return format!(
            "CREATE TABLE {table} (number BIGINT PRIMARY KEY, words tsvector NOT NULL);
             CREATE INDEX {table}_words ON {table} USING gin (words);"
        );
    }
    // The words come folded, so the tokenizer only has to split at blanks. `ascii` takes everything beyond ASCII for part
    // of a word; `unicode61` would cut words at symbols such as 🅰 and at letters younger than it, and a word that is cut
    // is a phrase. `detail=none` keeps which listings have a word and nothing else: no ranking and no phrases are asked
    // of it. The short prefixes serve search as you type.
    format!(
        "CREATE VIRTUAL TABLE {table} USING fts5(words, content='', contentless_delete=1, detail='none',
         prefix='1 2 3', tokenize='ascii');"
    )
}
