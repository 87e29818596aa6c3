//! How the pages speak: texts from message files, and prices, days and moments as the language writes them.

use std::fmt::Display;
use std::sync::Arc;

use anyhow::Context as _;
use auboutique_domain::ledger::EntryKind;
use auboutique_domain::member::Role;
use auboutique_domain::money::{Currency, Money, Rate};
use auboutique_domain::payout::{self, Purse};
use auboutique_domain::time::{self, Date, Moment, Span};
use auboutique_domain::{Refusal, listing, offer, order};
use fixed_decimal::Decimal;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use icu_datetime::fieldsets::{MD, MDE, T, YM, YMD, YMDT};
use icu_datetime::input::{Date as CalendarDate, DateTime, Time};
use icu_datetime::{DateTimeFormatter, NoCalendarFormatter};
use icu_decimal::DecimalFormatter;
use icu_locale_core::Locale as Tag;
use serde_json::Value;

/// What Fluent puts around what comes from the program, so that scripts of two directions do not mix.
const ISOLATES: [char; 2] = ['\u{2068}', '\u{2069}'];

/// A small value, however many times it is borrowed: templates lend what they loop over.
pub trait Of<T: Copy> {
    /// The value.
    fn of(self) -> T;
}
impl<T: Copy> Of<T> for T {
    fn of(self) -> T {
        self
    }
}
impl<T: Copy> Of<T> for &T {
    fn of(self) -> T {
        *self
    }
}
impl<T: Copy> Of<T> for &&T {
    fn of(self) -> T {
        **self
    }
}

/// The languages there are: the tag, the direction of its script, its messages. Another language is a file and a line.
const LANGUAGES: &[(&str, &str, &str)] = &[("en", "ltr", include_str!("../../messages/en.ftl"))];

/// One language: everything a page needs to say something in it.
pub struct Locale {
    /// Its BCP 47 tag.
    pub tag: &'static str,
    /// `ltr` or `rtl`.
    pub direction: &'static str,
    bundle: FluentBundle<FluentResource>,
    decimal: DecimalFormatter,
    day: DateTimeFormatter<MDE>,
    date: DateTimeFormatter<YMD>,
    short: DateTimeFormatter<MD>,
    month: DateTimeFormatter<YM>,
    moment: DateTimeFormatter<YMDT>,
    clock: NoCalendarFormatter<T>,
    zone: jiff::tz::TimeZone,
}

/// All languages, the first for whoever speaks none of them.
pub struct Locales(Vec<Arc<Locale>>);

impl Locales {
    /// Reads the messages. Moments are written in that time zone.
    ///
    /// # Errors
    ///
    /// When a message file cannot be read.
    pub fn load(zone: &jiff::tz::TimeZone) -> anyhow::Result<Self> {
        let languages = LANGUAGES.iter().map(|language| Locale::load(language, zone.clone()).map(Arc::new));
        languages.collect::<anyhow::Result<_>>().map(Self)
    }

    /// The language that suits best what a browser says it reads.
    #[must_use]
    pub fn best_for(&self, accepted: &str) -> Arc<Locale> {
        let wanted = accepted.split(',').map(|tag| tag.split(';').next().unwrap_or_default().trim());
        let spoken = |tag: &str| {
            let language = tag.split('-').next().unwrap_or_default();
            self.0.iter().find(|locale| locale.tag.eq_ignore_ascii_case(language))
        };
        let best = wanted.filter_map(spoken).next();
        Arc::clone(best.unwrap_or(&self.0[0]))
    }
}

impl Locale {
    fn load(
        (tag, direction, messages): &(&'static str, &'static str, &str),
        zone: jiff::tz::TimeZone,
    ) -> anyhow::Result<Self> {
        let resource = FluentResource::try_new((*messages).to_owned())
            .map_err(|(_, errors)| anyhow::anyhow!("the messages of {tag} cannot be read: {errors:?}"))?;
        let mut bundle = FluentBundle::new_concurrent(vec![tag.parse()?]);
        bundle
            .add_resource(resource)
            .map_err(|errors| anyhow::anyhow!("the messages of {tag} are not unique: {errors:?}"))?;
        let locale: Tag = tag.parse().context("a language tag")?;
        Ok(Self {
            tag,
            direction,
            bundle,
            decimal: DecimalFormatter::try_new(
                (&locale).into(),
                icu_decimal::options::DecimalFormatterOptions::default(),
            )?,
            day: DateTimeFormatter::try_new((&locale).into(), MDE::long())?,
            date: DateTimeFormatter::try_new((&locale).into(), YMD::long())?,
            short: DateTimeFormatter::try_new((&locale).into(), MD::medium())?,
            month: DateTimeFormatter::try_new((&locale).into(), YM::medium())?,
            moment: DateTimeFormatter::try_new((&locale).into(), YMD::medium().with_time_hm())?,
            clock: NoCalendarFormatter::try_new((&locale).into(), T::hm())?,
            zone,
        })
    }

    fn say(&self, key: &str, args: Option<&FluentArgs<'_>>) -> String {
        let Some(pattern) = self.bundle.get_message(key).and_then(|message| message.value()) else {
            tracing::error!(key, language = self.tag, "a message is missing");
            return key.to_owned();
        };
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, args, &mut errors);
        if !errors.is_empty() {
            tracing::error!(key, language = self.tag, ?errors, "a message cannot be said");
        }
        text.into_owned()
    }

    /// Whether there is such a message.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.bundle.has_message(key)
    }

    /// A text.
    #[must_use]
    pub fn t(&self, key: &str) -> String {
        self.say(key, None)
    }

    /// A text with a word in it.
    #[must_use]
    pub fn t1(&self, key: &str, name: &str, value: impl Display) -> String {
        let mut args = FluentArgs::new();
        args.set(name, value.to_string());
        self.say(key, Some(&args))
    }

    /// A text with two words in it.
    #[must_use]
    pub fn t2(&self, key: &str, name: &str, value: impl Display, other: &str, more: impl Display) -> String {
        let mut args = FluentArgs::new();
        args.set(name, value.to_string());
        args.set(other, more.to_string());
        self.say(key, Some(&args))
    }

    /// A text with a number in it, `$count`, which may decide its form.
    #[must_use]
    pub fn count(&self, key: &str, count: impl Of<i64>) -> String {
        let mut args = FluentArgs::new();
        args.set("count", count.of());
        self.say(key, Some(&args))
    }

    /// A whole number as the language writes it.
    #[must_use]
    pub fn number(&self, number: impl Of<i64>) -> String {
        self.decimal.format(&Decimal::from(number.of())).to_string()
    }

    /// A price, as people write it: no decimals where there is nothing behind the point.
    #[must_use]
    pub fn money(&self, money: impl Of<Money>) -> String {
        let Money { minor, currency } = money.of();
        let mut amount = Decimal::from(minor.unsigned_abs());
        let exponent = i16::try_from(currency.exponent()).unwrap_or(0);
        amount.multiply_pow10(-exponent);
        let parts = 10_i64.pow(currency.exponent());
        if minor % parts == 0 {
            amount.trim_end();
        }
        let key = match currency {
            Currency::Usd => "money-usd",
            Currency::Lbp => "money-lbp",
        };
        // Digits and a sign need no marks that keep scripts apart, and fonts for headings do not know them.
        let said = self.t1(key, "amount", self.decimal.format(&amount)).replace(ISOLATES, "");
        // What went out has its sign before everything, where it is seen first.
        if minor < 0 { format!("\u{2212}{said}") } else { said }
    }

    /// A day with its weekday: `Tuesday, November 24`.
    #[must_use]
    pub fn day(&self, day: impl Of<Date>) -> String {
        self.day.format(&calendar(day.of())).to_string()
    }

    /// A date: `November 24, 2026`.
    #[must_use]
    pub fn date(&self, moment: impl Of<Moment>) -> String {
        self.date.format(&calendar(self.local(moment.of()).date())).to_string()
    }

    /// A day where there is little room and the year is known: `Nov 24`.
    #[must_use]
    pub fn short_day(&self, day: impl Of<Date>) -> String {
        self.short.format(&calendar(day.of())).to_string()
    }

    /// A day with its year: `November 24, 2026`.
    #[must_use]
    pub fn whole_day(&self, day: impl Of<Date>) -> String {
        self.date.format(&calendar(day.of())).to_string()
    }

    /// The month of a day: `Nov 2026`.
    #[must_use]
    pub fn month(&self, day: impl Of<Date>) -> String {
        self.month.format(&calendar(day.of())).to_string()
    }

    /// A moment to the minute, in the market's time zone.
    #[must_use]
    pub fn moment(&self, moment: impl Of<Moment>) -> String {
        let local = self.local(moment.of());
        self.moment.format(&DateTime { date: calendar(local.date()), time: clock(local.time()) }).to_string()
    }

    /// The time of day of a moment, in the market's time zone.
    #[must_use]
    pub fn time(&self, moment: impl Of<Moment>) -> String {
        self.clock.format(&clock(self.local(moment.of()).time())).to_string()
    }

    /// A day of a moment as people say it: today, yesterday, or the date.
    #[must_use]
    pub fn day_of(&self, moment: impl Of<Moment>, now: impl Of<Moment>) -> String {
        let (day, today) = (self.local(moment.of()).date(), self.local(now.of()).date());
        if day == today {
            self.t("day-today")
        } else if day.tomorrow().ok() == Some(today) {
            self.t("day-yesterday")
        } else {
            self.day(day)
        }
    }

    /// How long ago something was, in words.
    #[must_use]
    pub fn ago(&self, moment: impl Of<Moment>, now: impl Of<Moment>) -> String {
        let moment = moment.of();
        let seconds = now.of().since(moment).micros() / 1_000_000;
        match seconds {
            ..60 => self.t("ago-now"),
            60..3_600 => self.count("ago-minutes", seconds / 60),
            3_600..86_400 => self.count("ago-hours", seconds / 3_600),
            86_400..604_800 => self.count("ago-days", seconds / 86_400),
            _ => self.date(moment),
        }
    }

    /// How long something lasts or is left of it, in words: what is more than minutes in two units.
    #[must_use]
    pub fn left(&self, span: Span) -> String {
        let minutes = span.micros() / 60_000_000;
        let (days, hours, minutes) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
        let both = |first: String, rest: Option<String>| match rest {
            Some(rest) => self.t2("left-both", "first", first, "rest", rest).replace(ISOLATES, ""),
            None => first,
        };
        match (days, hours, minutes) {
            (1.., ..) => {
                both(self.count("left-days", days), (hours > 0).then(|| self.count("left-hours", hours)))
            }
            (_, 1.., _) => both(
                self.count("left-hours", hours),
                (minutes > 0).then(|| self.count("left-minutes", minutes)),
            ),
            (.., 1..) => self.count("left-minutes", minutes),
            _ => self.t("left-soon"),
        }
    }

    fn local(&self, moment: Moment) -> jiff::Zoned {
        moment.timestamp().to_zoned(self.zone.clone())
    }

    /// The name of a category.
    #[must_use]
    pub fn category(&self, category: impl Of<listing::Category>) -> String {
        self.t(&format!("category-{}", category.of().name()))
    }

    /// The name of a condition.
    #[must_use]
    pub fn condition(&self, condition: impl Of<listing::Condition>) -> String {
        self.t(&format!("condition-{}", condition.of().name().replace('_', "-")))
    }

    /// The name of a setting.
    #[must_use]
    pub fn setting(&self, name: &str) -> String {
        self.t(&format!("setting-{}", name.replace('_', "-")))
    }

    /// The name of a day of the week, which wires call `mon` to `sun`.
    #[must_use]
    pub fn weekday(&self, day: &str) -> String {
        self.t(&format!("weekday-{day}"))
    }

    /// The name of a role.
    #[must_use]
    pub fn role(&self, role: impl Of<Role>) -> String {
        self.t(&format!("role-{}", role.of().name()))
    }

    /// The name of an order of listings.
    #[must_use]
    pub fn sort(&self, sort: impl Of<listing::Sort>) -> String {
        self.t(&format!("sort-{}", sort.of().name()))
    }

    /// Where an order is in its life.
    #[must_use]
    pub fn state(&self, state: impl Of<order::State>) -> String {
        self.t(&format!("state-{}", state.of().name().replace('_', "-")))
    }

    /// Why money came into a wallet or left it.
    #[must_use]
    pub fn entry(&self, kind: impl Of<EntryKind>) -> String {
        self.t(&format!("entry-{}", kind.of().name().replace('_', "-")))
    }

    /// What a purse is called.
    #[must_use]
    pub fn purse(&self, purse: impl Of<Purse>) -> String {
        self.t(&format!("purse-{}", purse.of().name()))
    }

    /// Why the lot of an auction is offered.
    #[must_use]
    pub fn offer_kind(&self, kind: impl Of<offer::Kind>) -> String {
        self.t(&format!("offer-kind-{}", kind.of().name().replace('_', "-")))
    }

    /// Where such an offer is in its life.
    #[must_use]
    pub fn offer_state(&self, state: impl Of<offer::State>) -> String {
        self.t(&format!("offer-state-{}", state.of().name()))
    }

    /// Where a payout is in its life.
    #[must_use]
    pub fn payout(&self, state: impl Of<payout::State>) -> String {
        self.t(&format!("payout-{}", state.of().name()))
    }

    /// With what something was paid.
    #[must_use]
    pub fn means(&self, means: impl Of<order::Means>) -> String {
        self.t(&format!("means-{}", means.of().name()))
    }

    /// What a dollar is in pounds.
    #[must_use]
    pub fn rate(&self, rate: impl Of<Rate>) -> String {
        self.t1("rate", "pounds", self.money(Money::new(rate.of().pounds(), Currency::Lbp)))
    }

    /// Several sums, one per currency.
    #[must_use]
    pub fn sums(&self, sums: &[Money]) -> String {
        let mut all: Vec<String> = sums.iter().map(|sum| self.money(*sum)).collect();
        let Some(last) = all.pop() else { return String::new() };
        all.into_iter()
            .rev()
            .fold(last, |rest, first| self.t2("sums", "first", first, "rest", rest).replace(ISOLATES, ""))
    }

    /// Why not, as a sentence that says what to do.
    #[must_use]
    pub fn refusal(&self, refusal: &Refusal) -> String {
        let key = format!("refusal-{}", refusal.code().replace('_', "-"));
        if !self.has(&key) {
            return refusal.to_string();
        }
        let fields = serde_json::to_value(refusal).unwrap_or_default();
        let mut args = FluentArgs::new();
        for (name, value) in fields.as_object().into_iter().flatten() {
            args.set(name.clone(), self.value(value));
        }
        // What is set aside for others is so for minutes: the day says nothing.
        if let Refusal::Held { until, .. } = refusal {
            args.set("until", self.time(*until));
        }
        self.say(&key, Some(&args))
    }

    fn value(&self, value: &Value) -> FluentValue<'static> {
        match value {
            Value::Number(number) => number.as_i64().map_or(FluentValue::None, FluentValue::from),
            Value::String(text) => match serde_json::from_value::<Moment>(value.clone()) {
                Ok(moment) => self.date(moment).into(),
                Err(_) => text.clone().into(),
            },
            Value::Array(values) => match serde_json::from_value::<Vec<Money>>(value.clone()) {
                Ok(sums) => self.sums(&sums).into(),
                Err(_) => {
                    let texts = values.iter().filter_map(Value::as_str);
                    texts.collect::<Vec<_>>().join(", ").into()
                }
            },
            other => match serde_json::from_value::<Money>(other.clone()) {
                Ok(money) => self.money(money).into(),
                Err(_) => other.to_string().into(),
            },
        }
    }

    /// A day in the time zone the market lives in.
    #[must_use]
    pub fn zone(&self) -> &jiff::tz::TimeZone {
        &self.zone
    }
}

fn calendar(day: Date) -> CalendarDate<icu_calendar::Iso> {
    let date = |year, month, day| CalendarDate::try_new_iso(year, month, day);
    let (month, number) = (day.month().unsigned_abs(), day.day().unsigned_abs());
    // Every day jiff knows is one of the calendar.
    date(i32::from(day.year()), month, number).unwrap_or_else(|_| {
        CalendarDate::from_rata_die(icu_calendar::types::RataDie::new(0), icu_calendar::Iso)
    })
}

fn clock(clock: jiff::civil::Time) -> Time {
    let (hour, minute) = (clock.hour().unsigned_abs(), clock.minute().unsigned_abs());
    Time::try_new(hour, minute, 0, 0).unwrap_or_else(|_| Time::start_of_day())
}

/// The time zone of a market: that of its first pickup point.
#[must_use]
pub fn zone_of(points: &[auboutique_market::Desk]) -> jiff::tz::TimeZone {
    points.first().and_then(|desk| time::zone(&desk.point.time_zone)).unwrap_or(time::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn english() -> Arc<Locale> {
        Locales::load(&time::zone("Asia/Beirut").unwrap()).unwrap().best_for("de-CH, en;q=0.5")
    }

    #[test]
    fn prices_are_written_as_people_write_them() {
        let locale = english();
        let plain = |money| locale.money(money);
        assert_eq!(plain(Money::new(125_050, Currency::Usd)), "$1,250.50");
        assert_eq!(plain(Money::new(1_200, Currency::Usd)), "$12");
        assert_eq!(plain(Money::new(5, Currency::Usd)), "$0.05");
        assert_eq!(plain(Money::new(-1_550, Currency::Usd)), "\u{2212}$15.50");
        assert_eq!(plain(Money::new(350_000, Currency::Lbp)), "LBP\u{a0}350,000");
    }

    #[test]
    fn days_and_moments_are_those_of_the_market_and_not_of_greenwich() {
        let locale = english();
        let late: Moment = serde_json::from_str("\"2026-11-22T22:30:00Z\"").unwrap();
        assert_eq!(locale.date(late), "November 23, 2026");
        assert_eq!(locale.time(late).replace('\u{202f}', " "), "12:30 AM");
        assert_eq!(locale.day(time::parse_day("2026-11-24").unwrap()), "Tuesday, November 24");
    }

    #[test]
    fn a_refusal_is_said_with_what_belongs_to_it() {
        let locale = english();
        let price = Money::new(1_250, Currency::Usd);
        let said = locale.refusal(&Refusal::PriceChanged { price }).replace(ISOLATES, "");
        assert!(said.contains("$12.50"), "{said}");
    }
}
