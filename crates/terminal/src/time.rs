//! Time, as people say it: in the campus's zone, near days by their names.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::app::App;

impl App {
    pub(crate) fn zoned(&self, moment: &str) -> Option<jiff::Zoned> {
        Some(moment.parse::<Timestamp>().ok()?.to_zoned(self.zone.clone()))
    }

    /// The day of a moment: `today`, `yesterday`, `Sat 22 Nov`.
    #[must_use]
    pub fn day(&self, moment: &str) -> String {
        self.zoned(moment).map(|zoned| self.day_name(zoned.date(), "%a %-d %b")).unwrap_or_default()
    }

    pub(crate) fn day_name(&self, date: Date, form: &str) -> String {
        let today = self.now.to_zoned(self.zone.clone()).date();
        if date == today {
            "today".to_owned()
        } else if today.yesterday().is_ok_and(|near| near == date) {
            "yesterday".to_owned()
        } else if today.tomorrow().is_ok_and(|near| near == date) {
            "tomorrow".to_owned()
        } else if date.year() == today.year() {
            date.strftime(form).to_string()
        } else {
            date.strftime("%-d %b %Y").to_string()
        }
    }

    /// A day as it stands on the wire, for people: `Tue 24 November`.
    #[must_use]
    pub fn date(&self, day: &str) -> String {
        let Ok(date) = day.parse::<Date>() else { return day.to_owned() };
        let plain = date.strftime("%a %-d %B").to_string();
        let near = self.day_name(date, "");
        if near.is_empty() || near.contains(char::is_numeric) { plain } else { format!("{near}, {plain}") }
    }

    /// The time of day of a moment.
    #[must_use]
    pub fn clock(&self, moment: &str) -> String {
        self.zoned(moment).map(|zoned| zoned.strftime("%H:%M").to_string()).unwrap_or_default()
    }

    /// The time of today, the day otherwise.
    #[must_use]
    pub fn short(&self, moment: &str) -> String {
        let day = self.day(moment);
        if day == "today" { self.clock(moment) } else { day }
    }

    /// Day and time.
    #[must_use]
    pub fn moment(&self, moment: &str) -> String {
        format!("{}, {}", self.day(moment), self.clock(moment))
    }
}
