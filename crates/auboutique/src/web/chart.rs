//! Charts: what came in over time, drawn here as bars.
//!
//! All of it is whole numbers: a place on the drawing is a part of a thousand of a percent. Words stand around the drawing
//! and not in it, so that they are as large on a phone as on a desk; what runs from right to left turns it around.

use std::fmt::Write as _;

use auboutique_domain::money::{Currency, Money};
use auboutique_domain::statement::{DayOfSales, Period};
use auboutique_domain::time::Date;
use jiff::ToSpan as _;

use super::form::escaped;
use super::locale::Locale;
use super::visit::Markup;

/// The most days that have a bar each.
const DAYS: i32 = 45;
/// The most days that have a bar for each seven; beyond it is one for each month.
const WEEKS: i32 = 400;
/// How many words stand below the bars at most.
const WORDS: usize = 5;
/// How many parts the height has at most.
const PARTS: i128 = 4;

/// How much time a bar stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Width {
    Day,
    Week,
    Month,
}

impl Width {
    fn of(period: Period) -> Self {
        match (period.until - period.from).get_days() {
            ..DAYS => Self::Day,
            DAYS..WEEKS => Self::Week,
            _ => Self::Month,
        }
    }

    /// The first day after the bar that begins on that day.
    fn next(self, day: Date) -> Date {
        match self {
            Self::Day => day.saturating_add(1.day()),
            Self::Week => day.saturating_add(7.days()),
            Self::Month => day.last_of_month().saturating_add(1.day()),
        }
    }
}

/// A bar, and the row of the table that says the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// Which days, in words.
    pub when: String,
    /// What stands below it; nothing where there is no room.
    pub word: String,
    /// What came in, less what went back.
    pub amount: Money,
    /// How many orders were completed.
    pub orders: i64,
}

/// What came in over a period, in one currency.
pub struct Chart {
    /// The currency.
    pub currency: Currency,
    /// What stands beside the lines across, the highest first.
    pub marks: Vec<Money>,
    /// The bars.
    pub bars: Vec<Bar>,
    /// The bars, drawn.
    pub drawing: Markup,
}

impl Chart {
    /// Draws a chart for each currency in which there was anything.
    #[must_use]
    pub fn all(l: &Locale, period: Period, days: &[DayOfSales]) -> Vec<Self> {
        let of = |currency| days.iter().filter(move |day| day.profit.currency == currency);
        let there = Currency::ALL.into_iter().filter(|&currency| of(currency).next().is_some());
        there.map(|currency| Self::of(l, period, currency, of(currency))).collect()
    }

    fn of<'a>(
        l: &Locale,
        period: Period,
        currency: Currency,
        days: impl Iterator<Item = &'a DayOfSales>,
    ) -> Self {
        let (starts, mut bars) = empty(l, period, currency);
        for day in days {
            let place = starts.partition_point(|start| *start <= day.day).saturating_sub(1);
            if let Some(bar) = bars.get_mut(place) {
                bar.amount = bar.amount.plus(day.profit).unwrap_or(bar.amount);
                bar.orders += day.orders;
            }
        }
        let amounts: Vec<i64> = bars.iter().map(|bar| bar.amount.minor).collect();
        let scale = Scale::of(&amounts);
        let marks = scale.marks().into_iter().map(|minor| Money::new(minor, currency)).collect();
        let drawing = draw(l, &scale, currency, &bars);
        Self { currency, marks, bars, drawing }
    }

    /// The bars that say anything.
    pub fn told(&self) -> impl Iterator<Item = &Bar> {
        self.bars.iter().filter(|bar| bar.amount.minor != 0 || bar.orders > 0)
    }
}

/// The bars of a period, with nothing in them, and the day each begins.
fn empty(l: &Locale, period: Period, currency: Currency) -> (Vec<Date>, Vec<Bar>) {
    let width = Width::of(period);
    let (mut starts, mut bars) = (Vec::new(), Vec::new());
    let mut from = period.from;
    while from <= period.until {
        let next = width.next(from);
        // The last day there is has none after it.
        let last = if next > from { next.saturating_sub(1.day()).min(period.until) } else { from };
        let (when, word) = match width {
            Width::Day => (l.day(from), l.short_day(from)),
            Width::Week => {
                let span = l.t2("money-span", "from", l.short_day(from), "until", l.short_day(last));
                (span, l.short_day(from))
            }
            Width::Month => (l.month(from), l.month(from)),
        };
        starts.push(from);
        bars.push(Bar { when, word, amount: Money::new(0, currency), orders: 0 });
        if next <= from {
            break;
        }
        from = next;
    }
    let (count, every) = (bars.len(), bars.len().div_ceil(WORDS).max(1));
    for (place, bar) in bars.iter_mut().enumerate() {
        if place % every > 0 || count - place < every.div_ceil(2) {
            bar.word.clear();
        }
    }
    (starts, bars)
}

/// From where to where the height goes, and how far it is from one line across to the next.
#[derive(Debug, PartialEq, Eq)]
struct Scale {
    bottom: i128,
    top: i128,
    step: i128,
}

impl Scale {
    /// The smallest one of round numbers that all amounts fit on, with zero.
    fn of(amounts: &[i64]) -> Self {
        let least = i128::from(amounts.iter().copied().min().unwrap_or(0).min(0));
        let most = i128::from(amounts.iter().copied().max().unwrap_or(0).max(0));
        let wanted = ((most - least) / PARTS).max(1);
        let mut ten = 1;
        while ten * 10 <= wanted {
            ten *= 10;
        }
        let rounds = [1, 2, 5, 10].map(|round| round * ten);
        let step = rounds.into_iter().find(|step| *step >= wanted).unwrap_or(10 * ten);
        let bottom = least.div_euclid(step) * step;
        let top = -((-most).div_euclid(step)) * step;
        Self { bottom, top: top.max(bottom + step), step }
    }

    /// The amounts of the lines across, the highest first.
    fn marks(&self) -> Vec<i64> {
        let (mut marks, mut mark) = (Vec::new(), self.top);
        while mark >= self.bottom {
            marks.push(i64::try_from(mark).unwrap_or(i64::MAX));
            mark -= self.step;
        }
        marks
    }

    /// How far below the top an amount stands.
    fn down(&self, minor: i64) -> String {
        percent(self.top - i128::from(minor), self.top - self.bottom)
    }

    /// How high an amount is.
    fn high(&self, minor: i64) -> String {
        percent(i128::from(minor).abs(), self.top - self.bottom)
    }
}

/// A part of a whole as a percentage, to a thousandth.
fn percent(part: i128, whole: i128) -> String {
    let thousandths = part * 100_000 / whole.max(1);
    format!("{}.{:03}%", thousandths / 1_000, thousandths % 1_000)
}

fn draw(l: &Locale, scale: &Scale, currency: Currency, bars: &[Bar]) -> Markup {
    let said = escaped(&l.t1("money-drawn", "currency", currency));
    let mut drawing = format!("<svg role=\"img\" aria-label=\"{said}\">");
    for mark in scale.marks() {
        let (y, class) = (scale.down(mark), if mark == 0 { " class=\"zero\"" } else { "" });
        // Writing to a string cannot fail.
        let _ = write!(drawing, "<line x1=\"0\" x2=\"100%\" y1=\"{y}\" y2=\"{y}\"{class}/>");
    }
    // Of its place a bar fills seven tenths.
    let places = i128::try_from(bars.len()).unwrap_or(1) * 20;
    let width = percent(14, places);
    for (place, bar) in bars.iter().enumerate().filter(|(_, bar)| bar.amount.minor != 0) {
        let x = percent(i128::try_from(place).unwrap_or(0) * 20 + 3, places);
        let (y, height) = (scale.down(bar.amount.minor.max(0)), scale.high(bar.amount.minor));
        let class = if bar.amount.minor < 0 { " class=\"out\"" } else { "" };
        let said = escaped(&l.t2("money-bar", "when", &bar.when, "amount", l.money(bar.amount)));
        let _ = write!(
            drawing,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"3\"{class}><title>{said}</title></rect>"
        );
    }
    drawing.push_str("</svg>");
    Markup::ours(drawing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use auboutique_domain::time;

    fn period(from: &str, until: &str) -> Period {
        Period::new(time::parse_day(from).unwrap(), time::parse_day(until).unwrap()).unwrap()
    }

    #[test]
    fn the_lines_across_are_round_and_all_amounts_fit_between_them() {
        for (amounts, marks) in [
            (&[0_i64][..], &[1_i64, 0][..]),
            (&[1_900, 0, 700], &[2_000, 1_500, 1_000, 500, 0]),
            (&[-300, 1_000], &[1_000, 500, 0, -500]),
            (&[-4], &[0, -1, -2, -3, -4]),
            (&[1_000_000_000_000], &[1_000_000_000_000, 500_000_000_000, 0]),
        ] {
            let scale = Scale::of(amounts);
            assert_eq!(scale.marks(), marks, "{amounts:?}");
            assert!(amounts.iter().all(|&minor| (scale.bottom..=scale.top).contains(&i128::from(minor))));
            assert!(scale.marks().len() <= 7, "{amounts:?}");
        }
        assert_eq!(percent(1, 3), "33.333%");
    }

    #[test]
    fn every_day_of_a_period_falls_into_one_bar() {
        let l = super::super::locale::Locales::load(&time::UTC).unwrap().best_for("en");
        for (from, until, bars) in [
            ("2026-11-01", "2026-11-30", 30),
            ("2026-11-22", "2026-11-22", 1),
            ("2026-01-01", "2026-11-22", 47),
            ("2020-02-29", "2026-11-22", 82),
        ] {
            let period = period(from, until);
            let day = |day: Date| DayOfSales { day, profit: Money::new(100, Currency::Usd), orders: 1 };
            let mut days = Vec::new();
            let mut next = period.from;
            while next <= period.until {
                days.push(day(next));
                next = next.tomorrow().unwrap();
            }
            let charts = Chart::all(&l, period, &days);
            assert_eq!(charts.len(), 1, "a currency without sales has no chart");
            assert_eq!(charts[0].bars.len(), bars, "{from} {until}");
            let orders: i64 = charts[0].bars.iter().map(|bar| bar.orders).sum();
            assert_eq!(orders, i64::try_from(days.len()).unwrap());
        }
    }
}
