//! Parameters and rows, the same for both databases.

use std::error::Error;

use auboutique_domain::time::{self, Date};
use auboutique_domain::{Currency, Moment, Money};
use postgres::types::{IsNull, ToSql, Type, private::BytesMut};

use crate::error::DbError;

/// A parameter of a statement: one of the two column types, or nothing.
#[derive(Debug, Clone)]
pub enum Param<'a> {
    /// `TEXT`.
    Text(&'a str),
    /// `TEXT` that was written for this call: an id, a day.
    Written(String),
    /// `BIGINT`.
    Integer(i64),
    /// Nothing.
    Null,
}

impl<'a> From<&'a str> for Param<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}
impl<'a> From<&'a String> for Param<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}
impl From<i64> for Param<'_> {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}
impl From<bool> for Param<'_> {
    fn from(flag: bool) -> Self {
        Self::Integer(i64::from(flag))
    }
}
impl From<Moment> for Param<'_> {
    fn from(moment: Moment) -> Self {
        Self::Integer(moment.micros())
    }
}
impl From<Date> for Param<'_> {
    fn from(day: Date) -> Self {
        Self::Written(day.to_string())
    }
}
impl<'a, T: Into<Param<'a>>> From<Option<T>> for Param<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

macro_rules! ids {
    ($($name:ident),*) => {$(
        impl From<auboutique_domain::id::$name> for Param<'_> {
            fn from(id: auboutique_domain::id::$name) -> Self {
                Self::Written(id.to_string())
            }
        }
        impl FromText for auboutique_domain::id::$name {
            fn from_text(text: &str) -> Option<Self> {
                Self::parse(text).ok()
            }
        }
    )*};
}
ids!(
    MemberId,
    SessionId,
    ListingId,
    OrderId,
    PickupPointId,
    EntryId,
    MovementId,
    StrikeId,
    ConversationId,
    MessageId,
    PictureId,
    StoreId,
    InvitationId,
    CheckoutId,
    PaymentId,
    TopUpId,
    PayoutId,
    AuctionId,
    OfferId
);

/// `params![a, b, c]` is the parameters `$1`, `$2`, `$3`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::Param::from($value)),*] };
}

impl rusqlite::ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::{ToSqlOutput, Value, ValueRef};
        Ok(match self {
            Self::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Self::Written(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Self::Integer(number) => ToSqlOutput::Owned(Value::Integer(*number)),
            Self::Null => ToSqlOutput::Owned(Value::Null),
        })
    }
}

impl ToSql for Param<'_> {
    fn to_sql(&self, to: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Text(text) => text.to_sql(to, out),
            Self::Written(text) => text.as_str().to_sql(to, out),
            Self::Integer(number) if *to == Type::INT4 => i32::try_from(*number)?.to_sql(to, out),
            Self::Integer(number) => number.to_sql(to, out),
            Self::Null => Ok(IsNull::Yes),
        }
    }

    fn accepts(_: &Type) -> bool {
        // Both our column types, and what PostgreSQL infers for a bare `$1`; a mismatch is an error of the statement.
        true
    }

    postgres::types::to_sql_checked!();
}

/// What is kept as text and read back as a value of the domain.
pub trait FromText: Sized {
    /// The value, or nothing when the text is not one.
    fn from_text(text: &str) -> Option<Self>;
}

#[derive(Clone, Copy)]
enum Source<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a postgres::Row),
}

/// A row, read from its first column to its last in the order of the statement.
///
/// A value that the rules could never have written makes an error that names the table, the row and the column.
pub struct Row<'a> {
    source: Source<'a>,
    table: &'static str,
    at: usize,
}

impl<'a> Row<'a> {
    pub(crate) const fn sqlite(row: &'a rusqlite::Row<'a>, table: &'static str) -> Self {
        Self { source: Source::Sqlite(row), table, at: 0 }
    }
    pub(crate) const fn postgres(row: &'a postgres::Row, table: &'static str) -> Self {
        Self { source: Source::Postgres(row), table, at: 0 }
    }

    fn inconsistent(&self) -> DbError {
        let first = Row { source: self.source, table: self.table, at: 0 };
        let row = first.text_at(0).ok().flatten();
        let row = row.or_else(|| first.integer_at(0).ok().flatten().map(|number| number.to_string()));
        DbError::Inconsistent { table: self.table, row: row.unwrap_or_default(), column: self.at }
    }

    fn text_at(&self, at: usize) -> Result<Option<String>, DbError> {
        Ok(match self.source {
            Source::Sqlite(row) => row.get(at)?,
            Source::Postgres(row) => row.try_get(at)?,
        })
    }

    fn integer_at(&self, at: usize) -> Result<Option<i64>, DbError> {
        Ok(match self.source {
            Source::Sqlite(row) => row.get(at)?,
            Source::Postgres(row) => match row.try_get::<_, Option<i64>>(at) {
                Ok(number) => number,
                Err(_) => row.try_get::<_, Option<i32>>(at)?.map(i64::from),
            },
        })
    }

    const fn step(&mut self) -> usize {
        self.at += 1;
        self.at - 1
    }

    /// The next column, a text that may be missing.
    ///
    /// # Errors
    ///
    /// [`DbError`] when the column has another type.
    pub fn text_or_null(&mut self) -> Result<Option<String>, DbError> {
        let at = self.step();
        self.text_at(at)
    }

    /// The next column, a text.
    ///
    /// # Errors
    ///
    /// [`DbError::Inconsistent`] when it is missing.
    pub fn text(&mut self) -> Result<String, DbError> {
        let text = self.text_or_null()?;
        text.ok_or_else(|| self.inconsistent())
    }

    /// The next column, a number that may be missing.
    ///
    /// # Errors
    ///
    /// [`DbError`] when the column has another type.
    pub fn integer_or_null(&mut self) -> Result<Option<i64>, DbError> {
        let at = self.step();
        self.integer_at(at)
    }

    /// The next column, a number.
    ///
    /// # Errors
    ///
    /// [`DbError::Inconsistent`] when it is missing.
    pub fn integer(&mut self) -> Result<i64, DbError> {
        let number = self.integer_or_null()?;
        number.ok_or_else(|| self.inconsistent())
    }

    /// The next column, a moment.
    ///
    /// # Errors
    ///
    /// As [`Row::integer`].
    pub fn moment(&mut self) -> Result<Moment, DbError> {
        self.integer().map(Moment::from_micros)
    }

    /// The next column, a moment that may be missing.
    ///
    /// # Errors
    ///
    /// As [`Row::integer_or_null`].
    pub fn moment_or_null(&mut self) -> Result<Option<Moment>, DbError> {
        Ok(self.integer_or_null()?.map(Moment::from_micros))
    }

    /// The next column, an id or another value with a text of its own.
    ///
    /// # Errors
    ///
    /// [`DbError::Inconsistent`] when the text is not one.
    pub fn value<T: FromText>(&mut self) -> Result<T, DbError> {
        self.parsed(T::from_text)
    }

    /// The next column, such a value that may be missing.
    ///
    /// # Errors
    ///
    /// [`DbError::Inconsistent`] when there is a text and it is not one.
    pub fn value_or_null<T: FromText>(&mut self) -> Result<Option<T>, DbError> {
        self.text_or_null()?.map(|text| T::from_text(&text).ok_or_else(|| self.inconsistent())).transpose()
    }

    /// The next column, read by this function.
    ///
    /// # Errors
    ///
    /// [`DbError::Inconsistent`] when the function has no answer.
    pub fn parsed<T>(&mut self, read: impl FnOnce(&str) -> Option<T>) -> Result<T, DbError> {
        let text = self.text()?;
        read(&text).ok_or_else(|| self.inconsistent())
    }

    /// The next column, a day.
    ///
    /// # Errors
    ///
    /// [`DbError::Inconsistent`] when it is none.
    pub fn day(&mut self) -> Result<Date, DbError> {
        self.parsed(|text| time::parse_day(text).ok())
    }

    /// The next two columns, minor units and a currency.
    ///
    /// # Errors
    ///
    /// [`DbError::Inconsistent`] when they are not.
    pub fn money(&mut self) -> Result<Money, DbError> {
        let minor = self.integer()?;
        let currency = self.parsed(|code| Currency::parse(code).ok())?;
        Ok(Money::new(minor, currency))
    }
}
