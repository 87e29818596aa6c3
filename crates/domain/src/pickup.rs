//! Pickup points: where and when things change hands.
//!
//! A point has opening hours per weekday in its own time zone, closures (days it does not open after all) and a daily
//! capacity. The day of a pickup is the second open day after the order, or the next one after it that has room.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::ToSpan as _;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::id::PickupPointId;
use crate::refusal::Refusal;
use crate::text;
use crate::time::{self, Date, Moment, Weekday};

/// From when to when a point is open on a day, in minutes after midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hours {
    opens: i16,
    closes: i16,
}

impl Hours {
    /// Reads `08:00-17:00`. A closing time of `24:00` is the end of the day.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let minutes = |clock: &str| {
            let (hours, minutes) = clock.split_once(':')?;
            let two = |digits: &str| {
                (digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit()))
                    .then(|| digits.parse::<i16>().ok())?
            };
            let (hours, minutes) = (two(hours)?, two(minutes)?);
            (minutes < 60 && hours * 60 + minutes <= 24 * 60).then_some(hours * 60 + minutes)
        };
        let (opens, closes) = text.split_once('-')?;
        let hours = Self { opens: minutes(opens)?, closes: minutes(closes)? };
        (hours.opens < hours.closes).then_some(hours)
    }

    /// When the door opens, `08:00`.
    #[must_use]
    pub fn opening(self) -> String {
        format!("{:02}:{:02}", self.opens / 60, self.opens % 60)
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{:02}:{:02}-{:02}:{:02}",
            self.opens / 60,
            self.opens % 60,
            self.closes / 60,
            self.closes % 60
        )
    }
}

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// The opening hours of a week. On a wire: `{"mon":"08:00-17:00","fri":"08:00-13:00"}`; a day left out is closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "BTreeMap<String, String>", try_from = "BTreeMap<String, String>")]
pub struct Week([Option<Hours>; 7]);

impl Week {
    /// Reads hours per weekday.
    ///
    /// # Errors
    ///
    /// [`Refusal::OpeningInvalid`] when a day or its hours cannot be read, or no day is open.
    pub fn parse(days: &BTreeMap<String, String>) -> Result<Self, Refusal> {
        let mut week = [None; 7];
        for (day, hours) in days {
            let place = WEEKDAYS.iter().position(|(name, _)| name == day).ok_or(Refusal::OpeningInvalid)?;
            week[place] = Some(Hours::parse(hours).ok_or(Refusal::OpeningInvalid)?);
        }
        if week.iter().all(Option::is_none) {
            return Err(Refusal::OpeningInvalid);
        }
        Ok(Self(week))
    }

    /// The same hours from Monday to Friday.
    #[must_use]
    pub const fn workdays(hours: Hours) -> Self {
        let open = Some(hours);
        Self([open, open, open, open, open, None, None])
    }

    /// The hours of that weekday, if it is open.
    #[must_use]
    pub fn hours(&self, day: Weekday) -> Option<Hours> {
        let place = WEEKDAYS.iter().position(|(_, weekday)| *weekday == day)?;
        self.0[place]
    }
}

impl From<Week> for BTreeMap<String, String> {
    fn from(week: Week) -> Self {
        WEEKDAYS
            .iter()
            .zip(week.0)
            .filter_map(|((name, _), hours)| Some(((*name).to_owned(), hours?.to_string())))
            .collect()
    }
}

impl TryFrom<BTreeMap<String, String>> for Week {
    type Error = Refusal;
    fn try_from(days: BTreeMap<String, String>) -> Result<Self, Refusal> {
        Self::parse(&days)
    }
}

impl ToSchema for Week {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Week")
    }
}

impl PartialSchema for Week {
    fn schema() -> RefOr<Schema> {
        let hours = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"))
            .examples(["08:00-17:00"])
            .build();
        let week = ObjectBuilder::new()
            .description(Some("The opening hours of a week; a day left out is closed."))
            .min_properties(Some(1))
            .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)));
        WEEKDAYS.iter().fold(week, |week, (day, _)| week.property(*day, hours.clone())).into()
    }
}

/// A place where buyers collect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PickupPoint {
    /// Which point.
    pub id: PickupPointId,
    /// What people call it.
    pub name: String,
    /// How to find it.
    pub address: String,
    /// The IANA name of its time zone.
    pub time_zone: String,
    /// When it is open.
    pub opening: Week,
    /// How many orders can be collected on one day.
    pub daily_capacity: i64,
    /// When it stopped taking orders for good.
    #[schema(required = true)]
    pub closed_at: Option<Moment>,
    /// Counts the changes to the row.
    pub version: i64,
}

/// What an operator says of a pickup point: checked, ready to be kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PickupPointDraft {
    name: String,
    address: String,
    time_zone: String,
    opening: Week,
    daily_capacity: i64,
}

/// The most orders a point can hand over on one day.
pub const MOST_CAPACITY: i64 = 10_000;

impl PickupPointDraft {
    /// Checks what was said of a point.
    ///
    /// # Errors
    ///
    /// A refusal that names the field that cannot be.
    pub fn new(
        name: &str,
        address: &str,
        time_zone: &str,
        opening: &BTreeMap<String, String>,
        daily_capacity: i64,
    ) -> Result<Self, Refusal> {
        if !(1..=MOST_CAPACITY).contains(&daily_capacity) {
            return Err(Refusal::CapacityOutOfRange { most: MOST_CAPACITY });
        }
        time::zone(time_zone).ok_or(Refusal::TimeZoneUnknown)?;
        Ok(Self {
            name: text::line("name", name, 2, 80)?,
            address: text::line("address", address, 2, 200)?,
            time_zone: time_zone.to_owned(),
            opening: Week::parse(opening)?,
            daily_capacity,
        })
    }

    /// The point that is there from the start: the post office of the campus.
    #[must_use]
    pub fn post_office() -> Self {
        Self {
            name: "AUB Post Office".to_owned(),
            address: "Ground floor, West Hall, AUB, Beirut".to_owned(),
            time_zone: "Asia/Beirut".to_owned(),
            opening: Week::workdays(Hours { opens: 8 * 60, closes: 17 * 60 }),
            daily_capacity: 200,
        }
    }

    /// The point with this id, as it stands after this draft.
    #[must_use]
    pub fn point(self, id: PickupPointId, closed_at: Option<Moment>, version: i64) -> PickupPoint {
        PickupPoint {
            id,
            name: self.name,
            address: self.address,
            time_zone: self.time_zone,
            opening: self.opening,
            daily_capacity: self.daily_capacity,
            closed_at,
            version,
        }
    }
}

/// How many days ahead a pickup can be booked, and deadlines are looked for.
pub const BOOKING_WINDOW: i64 = 90;

/// A pickup point with everything that decides which days are open and have room.
#[derive(Debug, Clone)]
pub struct Calendar {
    /// The point.
    pub point: PickupPoint,
    /// The days it does not open although its week says so.
    pub closures: BTreeSet<Date>,
    /// How many orders are booked per day.
    pub booked: BTreeMap<Date, i64>,
}

impl Calendar {
    fn zone(&self) -> TimeZone {
        // The zone was checked when the point was kept; UTC serves if the compiled-in database ever loses a name.
        time::zone(&self.point.time_zone).unwrap_or(TimeZone::UTC)
    }

    /// The day it is at the point at that moment.
    #[must_use]
    pub fn day_of(&self, moment: Moment) -> Date {
        moment.timestamp().to_zoned(self.zone()).date()
    }

    /// The hours of that day, if it is open.
    #[must_use]
    pub fn hours(&self, day: Date) -> Option<Hours> {
        if self.closures.contains(&day) { None } else { self.point.opening.hours(day.weekday()) }
    }

    fn open_days_after(&self, day: Date) -> impl Iterator<Item = Date> + '_ {
        (1..=BOOKING_WINDOW)
            .filter_map(move |ahead| day.checked_add(ahead.days()).ok())
            .filter(|&day| self.hours(day).is_some())
    }

    /// The day a thing ordered at that moment can be collected: the second open day after it, or the next with room.
    ///
    /// # Errors
    ///
    /// [`Refusal::PickupPointFull`] when there is none within [`BOOKING_WINDOW`] days.
    pub fn pickup_day(&self, placed: Moment) -> Result<Date, Refusal> {
        let has_room = |day: &Date| self.booked.get(day).copied().unwrap_or(0) < self.point.daily_capacity;
        self.open_days_after(self.day_of(placed))
            .skip(1)
            .find(has_room)
            .ok_or(Refusal::PickupPointFull { days: BOOKING_WINDOW })
    }

    /// Where a pickup moves when its day is closed: the next open day with room.
    ///
    /// # Errors
    ///
    /// [`Refusal::PickupPointFull`] when there is none within [`BOOKING_WINDOW`] days.
    pub fn next_day_with_room(&self, day: Date) -> Result<Date, Refusal> {
        let has_room = |day: &Date| self.booked.get(day).copied().unwrap_or(0) < self.point.daily_capacity;
        self.open_days_after(day).find(has_room).ok_or(Refusal::PickupPointFull { days: BOOKING_WINDOW })
    }

    /// The moment the door closes on the `count`-th open day after `day`. Without that many open days in the window,
    /// the end of the window: a deadline always exists.
    #[must_use]
    pub fn closing_after(&self, day: Date, count: usize) -> Moment {
        let last = self
            .open_days_after(day)
            .nth(count.saturating_sub(1))
            .unwrap_or_else(|| day.saturating_add(BOOKING_WINDOW.days()));
        self.at(last, self.hours(last).map_or(24 * 60, |hours| hours.closes))
    }

    /// The moment the door opens on that day, or its midnight when it stays closed.
    #[must_use]
    pub fn opening_of(&self, day: Date) -> Moment {
        self.at(day, self.hours(day).map_or(0, |hours| hours.opens))
    }

    fn at(&self, day: Date, minutes: i16) -> Moment {
        let local =
            day.to_datetime(jiff::civil::Time::midnight()).saturating_add(i64::from(minutes).minutes());
        let zoned = local.to_zoned(self.zone());
        zoned.map_or(Moment::from_micros(i64::MAX), |zoned| {
            Moment::from_micros(zoned.timestamp().as_microsecond())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn post_office() -> Calendar {
        let id = PickupPointId::new(Moment::from_micros(0), [0; 10]);
        let point = PickupPointDraft::post_office().point(id, None, 1);
        Calendar { point, closures: BTreeSet::new(), booked: BTreeMap::new() }
    }

    fn at(text: &str) -> Moment {
        Moment::from_micros(text.parse::<jiff::Timestamp>().unwrap().as_microsecond())
    }

    #[test]
    fn the_pickup_is_on_the_second_open_day_after_the_order() {
        let check = |placed: &str, expected: Date| {
            assert_eq!(post_office().pickup_day(at(placed)), Ok(expected), "{placed}");
        };
        check("2026-11-23T09:00:00Z", date(2026, 11, 25)); // Monday → Wednesday
        check("2026-11-26T09:00:00Z", date(2026, 11, 30)); // Thursday → Friday, Monday
        check("2026-11-27T09:00:00Z", date(2026, 12, 1)); // Friday → Monday, Tuesday
        check("2026-11-22T09:00:00Z", date(2026, 11, 24)); // Sunday → Monday, Tuesday
        check("2026-11-23T22:30:00Z", date(2026, 11, 26)); // already Tuesday in Beirut
    }

    #[test]
    fn closures_and_full_days_are_skipped() {
        let mut calendar = post_office();
        calendar.closures.insert(date(2026, 11, 24));
        assert_eq!(calendar.pickup_day(at("2026-11-23T09:00:00Z")), Ok(date(2026, 11, 26)));
        calendar.booked.insert(date(2026, 11, 26), 200);
        assert_eq!(calendar.pickup_day(at("2026-11-23T09:00:00Z")), Ok(date(2026, 11, 27)));
    }

    #[test]
    fn a_point_without_a_free_day_refuses() {
        let mut calendar = post_office();
        for ahead in 0..=BOOKING_WINDOW {
            calendar.booked.insert(date(2026, 11, 23).checked_add(ahead.days()).unwrap(), 200);
        }
        assert!(matches!(
            calendar.pickup_day(at("2026-11-23T09:00:00Z")),
            Err(Refusal::PickupPointFull { .. })
        ));
    }

    #[test]
    fn deadlines_fall_at_closing_time_in_the_zone_of_the_point() {
        let calendar = post_office();
        assert_eq!(calendar.closing_after(date(2026, 11, 25), 2), at("2026-11-27T15:00:00Z"));
        assert_eq!(calendar.closing_after(date(2026, 11, 25), 3), at("2026-11-30T15:00:00Z"));
        assert_eq!(calendar.opening_of(date(2026, 7, 1)), at("2026-07-01T05:00:00Z"));
    }

    #[test]
    fn opening_hours_that_make_no_sense_are_refused() {
        let week = |pairs: &[(&str, &str)]| {
            Week::parse(&pairs.iter().map(|(day, hours)| ((*day).to_owned(), (*hours).to_owned())).collect())
        };
        assert!(week(&[("mon", "08:00-17:00"), ("sat", "09:30-24:00")]).is_ok());
        for bad in [
            &[][..],
            &[("mon", "17:00-08:00")],
            &[("mon", "8-17")],
            &[("moon", "08:00-17:00")],
            &[("mon", "08:00-25:00")],
            &[("mon", "08:60-09:00")],
            &[("mon", "+8:00-09:00")],
        ] {
            assert_eq!(week(bad), Err(Refusal::OpeningInvalid), "{bad:?}");
        }
    }
}
