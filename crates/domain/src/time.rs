//! Moments, spans and days. Nothing here reads a clock: the moment is always an argument.

use std::borrow::Cow;
use std::fmt;

pub use jiff::civil::{Date, Weekday};
pub use jiff::tz::TimeZone;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// A point in time: microseconds since 1970-01-01T00:00:00 UTC, as the database keeps it.
///
/// On a wire it is written as RFC 3339 in UTC with six decimals: `2026-11-22T08:30:00.000000Z`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(i64);

/// A length of time in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(i64);

impl Span {
    /// This many microseconds.
    #[must_use]
    pub const fn from_micros(count: i64) -> Self {
        Self(count)
    }
    /// This many thousandths of a second.
    #[must_use]
    pub const fn millis(count: i64) -> Self {
        Self(count * 1_000)
    }
    /// This many seconds.
    #[must_use]
    pub const fn seconds(count: i64) -> Self {
        Self(count * 1_000_000)
    }
    /// This many minutes.
    #[must_use]
    pub const fn minutes(count: i64) -> Self {
        Self::seconds(count * 60)
    }
    /// This many hours.
    #[must_use]
    pub const fn hours(count: i64) -> Self {
        Self::minutes(count * 60)
    }
    /// This many days of 24 hours.
    #[must_use]
    pub const fn days(count: i64) -> Self {
        Self::hours(count * 24)
    }
    /// The length in microseconds.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }
    /// The length in whole seconds, rounded up: what a person is told to wait.
    #[must_use]
    pub const fn seconds_up(self) -> i64 {
        self.0.div_euclid(1_000_000) + if self.0.rem_euclid(1_000_000) > 0 { 1 } else { 0 }
    }
}

impl Moment {
    /// The moment this many microseconds after 1970-01-01T00:00:00 UTC.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }
    /// Microseconds since 1970-01-01T00:00:00 UTC.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }
    /// The moment this much later; stops at the end of representable time.
    #[must_use]
    pub const fn plus(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
    /// The moment this much earlier; stops at the start of representable time.
    #[must_use]
    pub const fn minus(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
    /// How long after `earlier` this is; negative when it is before.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
    /// The instant in jiff's terms; a moment outside the years jiff knows becomes the nearest it knows.
    #[must_use]
    pub fn timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        })
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:.6}", self.timestamp())
    }
}

impl fmt::Debug for Moment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl serde::Serialize for Moment {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Moment {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(from)?;
        let timestamp: jiff::Timestamp = text.parse().map_err(serde::de::Error::custom)?;
        Ok(Self(timestamp.as_microsecond()))
    }
}

impl ToSchema for Moment {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Moment")
    }
}

impl PartialSchema for Moment {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("A point in time: RFC 3339 in UTC with six decimals."))
            .examples(["2026-11-22T08:30:00.000000Z"])
            .into()
    }
}

/// Coordinated universal time.
pub const UTC: jiff::tz::TimeZone = jiff::tz::TimeZone::UTC;

/// The time zone of that IANA name (`Asia/Beirut`), from the database compiled into the program.
#[must_use]
pub fn zone(name: &str) -> Option<jiff::tz::TimeZone> {
    jiff::tz::TimeZone::get(name).ok()
}

/// Days on the wire and in the database are `YYYY-MM-DD`.
///
/// # Errors
///
/// Says what a day looks like when the text is none.
pub fn parse_day(text: &str) -> Result<Date, &'static str> {
    let day = (text.len() == 10).then(|| text.parse::<Date>().ok()).flatten();
    day.ok_or("a day is written YYYY-MM-DD, such as 2026-11-24")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_in_utc_with_microseconds_and_reads_back() {
        let moment = Moment::from_micros(1_795_336_200_000_001);
        assert_eq!(moment.to_string(), "2026-11-22T08:30:00.000001Z");
        let text = serde_json::to_string(&moment).unwrap();
        assert_eq!(serde_json::from_str::<Moment>(&text).unwrap(), moment);
    }

    #[test]
    fn a_wait_is_told_in_seconds_rounded_up() {
        assert_eq!(Span::seconds(2).seconds_up(), 2);
        assert_eq!(Moment::from_micros(1_000_001).since(Moment::from_micros(0)).seconds_up(), 2);
    }

    #[test]
    fn a_day_is_ten_characters() {
        assert!(parse_day("2026-11-24").is_ok());
        for text in ["", "2026-11-31", "24/11/2026", "2026-11-24T00:00", "+02026-11-24"] {
            assert!(parse_day(text).is_err(), "{text}");
        }
    }
}
