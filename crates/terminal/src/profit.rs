//! What a store earned in a month: the sum, day by day, and the lines of the ledger it is the sum of.

use auboutique_domain::money::sums;
use auboutique_domain::{Currency, Money};
use jiff::ToSpan as _;
use jiff::civil::Date;
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::Rect;
use ratatui::text::Span;
use serde_json::{Value, json};

use crate::app::{App, Purpose, read};
use crate::payout::Wanted;
use crate::pen::{Hit, Pen};
use crate::rows::Rows;
use crate::statement::{StatementLine, draw_line};
use crate::text;

/// How many rows the bars of the days are high.
const HIGH: usize = 3;
/// The parts of a cell, from none to all of it.
const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// What a store earned in a month.
#[derive(Debug, Default)]
pub struct Profit {
    /// The first day of the month; this month when none was chosen.
    pub month: Option<Date>,
    /// What it earned, per currency.
    pub sums: Vec<Money>,
    /// What the market owes the store now.
    pub balance: Vec<Money>,
    /// The lines it is the sum of, oldest first.
    pub lines: Rows<StatementLine>,
    /// Of which currency the days are drawn.
    pub currency: Option<Currency>,
    /// Whether some of it is on its way.
    pub is_loading: bool,
}

/// The bars of a month: so many rows, the highest first, a cell for each amount. What is below zero stands as a mark at the
/// bottom.
fn bars(amounts: &[i64], rows: usize) -> Vec<String> {
    let most = amounts.iter().copied().max().unwrap_or(0).max(1);
    let full = i64::try_from(rows * 8).unwrap_or(8);
    let level = |amount: i64| -> usize {
        // What was earned at all is seen, however little beside the rest.
        let level = i128::from(amount) * i128::from(full) / i128::from(most);
        usize::try_from(level).unwrap_or(0).max(usize::from(amount > 0))
    };
    let row = |row: usize| {
        let below = (rows - 1 - row) * 8;
        let cell = |&amount: &i64| match amount {
            ..0 if below == 0 => '▾',
            ..=0 => ' ',
            amount => EIGHTHS[level(amount).saturating_sub(below).min(8)],
        };
        amounts.iter().map(cell).collect()
    };
    (0..rows).map(row).collect()
}

/// Draws a month.
pub(crate) fn draw(app: &mut App, pen: &mut Pen, area: Rect) {
    let skin = pen.skin;
    let month = app.month();
    let area = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    pen.line(
        area.x,
        area.y,
        area.width,
        vec![
            Span::styled("‹ ", skin.key()),
            Span::styled(month.strftime("%B %Y").to_string(), skin.strong()),
            Span::styled(" ›", skin.key()),
            Span::styled("   ← → change the month", skin.muted()),
        ],
    );
    let half = area.width / 2;
    pen.hit(Rect { width: 3, height: 1, ..area }, Hit::Key(KeyCode::Left));
    pen.hit(Rect { x: area.x + 3, width: half, height: 1, ..area }, Hit::Key(KeyCode::Right));
    if !app.room.profit.lines.known {
        pen.empty(area, "One moment…", "");
        return;
    }
    let of = |all: &[Money]| {
        let all: Vec<String> = all.iter().map(text::money).collect();
        all.join("  ·  ")
    };
    pen.right(
        area.x,
        area.y,
        area.width,
        if app.room.profit.is_loading { "loading…" } else { "" },
        skin.muted(),
    );
    pen.line(
        area.x,
        area.y + 1,
        area.width,
        vec![
            Span::styled("Earned, after the commission   ", skin.muted()),
            Span::styled(of(&app.room.profit.sums), skin.price()),
        ],
    );
    let owes = app.room.profit.balance.iter().any(|balance| balance.minor < 0);
    pen.line(
        area.x,
        area.y + 2,
        area.width,
        vec![
            Span::styled("Not paid out yet               ", skin.muted()),
            Span::styled(of(&app.room.profit.balance), if owes { skin.bad() } else { skin.plain() }),
        ],
    );
    let mut y = area.y + 4;
    let currency = app.room.profit.currency();
    if area.height > 14 && !app.room.profit.lines.rows.is_empty() {
        let days = app.days(month, currency);
        let wide = if area.width > 70 { 2 } else { 1 };
        for row in bars(&days, HIGH) {
            let row: String = row.chars().flat_map(|cell| std::iter::repeat_n(cell, wide)).collect();
            pen.text(area.x + 2, y, area.width, &row, skin.price());
            y += 1;
        }
        let mut axis = String::new();
        for day in [1, 5, 10, 15, 20, 25, 30].into_iter().filter(|day| *day <= days.len()) {
            let blanks = ((day - 1) * wide).saturating_sub(axis.len());
            axis.push_str(&" ".repeat(blanks));
            axis.push_str(&day.to_string());
        }
        pen.text(area.x + 2, y, area.width, &axis, skin.muted());
        let label = format!("{} by day", currency.code());
        pen.right(area.x, y, area.width, &label, skin.muted());
        y += 2;
    }
    let list = Rect { y, height: area.bottom().saturating_sub(y), ..area };
    if app.room.profit.lines.rows.is_empty() {
        pen.empty(list, "Nothing was earned in this month", "");
    }
    let mut rows = std::mem::take(&mut app.room.profit.lines);
    let at = rows.at;
    for ((number, line), y) in rows.seen(usize::from(list.height)).zip(list.y..list.bottom()) {
        pen.mark(list.x, y, 1, number == at);
        let row = Rect { x: list.x + 2, y, width: list.width.saturating_sub(2), height: 1 };
        draw_line(app, pen, row, line, number == at);
        pen.hit(Rect { y, height: 1, ..list }, Hit::Row(number));
    }
    app.room.profit.lines = rows;
}

/// The keys of a month.
pub(crate) fn keys(app: &App) -> Vec<(KeyCode, &'static str, &'static str)> {
    let mut keys = vec![
        (KeyCode::Left, "←", "the month before"),
        (KeyCode::Right, "→", "after"),
        (KeyCode::Char('u'), "u", "the other currency"),
    ];
    if app.room.profit.lines.chosen().is_some_and(|line| line.order().is_some()) {
        keys.insert(0, (KeyCode::Enter, "Enter", "its order"));
    }
    keys
}

/// The keys of a month, in full.
pub(crate) fn help() -> Vec<(&'static str, &'static str)> {
    vec![
        ("← →", "the month before, the month after"),
        ("u", "draw the days in the other currency"),
        ("Enter", "the order a line is about"),
    ]
}

impl Profit {
    /// The currency the days are drawn of: the one that was chosen, or the first there are lines in.
    fn currency(&self) -> Currency {
        let has = |currency: &Currency| self.lines.rows.iter().any(|line| line.amount.currency == *currency);
        self.currency.or_else(|| Currency::ALL.into_iter().find(has)).unwrap_or(Currency::Usd)
    }
}

/// Lines of a month came; as long as there are more of them they are asked for.
pub(crate) fn came(app: &mut App, store: &str, month: &str, more: bool, mut reply: Value) {
    if app.room_id().as_deref() != Some(store) || app.month().to_string() != month {
        return;
    }
    let profit = &mut app.room.profit;
    profit.sums = read(reply["profit"].take()).unwrap_or_default();
    profit.balance = read(reply["balance"].take()).unwrap_or_default();
    let mut page = json!({ "rows": reply["lines"].take(), "next": reply["next"].take() });
    profit.lines.take(&mut page, more, |line| &line.entry);
    // The page one came with is not shown again by itself: all of it is asked for at once.
    let next = profit.lines.next.take();
    profit.is_loading = next.is_some();
    if let Some(next) = next {
        app.ask_profit(Some(&next));
    }
}

impl App {
    /// The first day of the month that is looked at.
    pub(crate) fn month(&self) -> Date {
        let today = self.now.to_zoned(self.zone.clone()).date();
        self.room.profit.month.unwrap_or(today).first_of_month()
    }

    /// What was earned on each day of a month, in minor units.
    fn days(&self, month: Date, currency: Currency) -> Vec<i64> {
        let mut days = vec![0_i64; usize::try_from(month.days_in_month()).unwrap_or(31)];
        for line in self.room.profit.lines.rows.iter().filter(|line| line.amount.currency == currency) {
            let day = self.zoned(&line.at).and_then(|at| usize::try_from(at.day()).ok()).unwrap_or(1);
            if let Some(sum) = days.get_mut(day - 1) {
                *sum = sums([Money::new(*sum, currency), line.amount])
                    .and_then(|sums| sums.first().map(|sum| sum.minor))
                    .unwrap_or(*sum);
            }
        }
        days
    }

    pub(crate) fn ask_profit(&mut self, after: Option<&Value>) {
        let (Some(store), month) = (self.room_id(), self.month()) else { return };
        let mut fields = json!({ "store": store, "from": month.to_string(),
            "until": month.last_of_month().to_string(), "limit": 100 });
        if let Some(after) = after {
            fields["after"] = after.clone();
        }
        self.room.profit.is_loading = true;
        let wanted = Wanted::Profit { store, month: month.to_string(), more: after.is_some() };
        self.ask("profit", fields, Purpose::Money(wanted));
    }

    /// Keys for a month.
    pub(crate) fn on_profit_key(&mut self, code: KeyCode) {
        match code {
            KeyCode::Left | KeyCode::Right => {
                let by = if code == KeyCode::Left { -1 } else { 1 };
                let to = self.month().checked_add(by.months()).unwrap_or(self.month());
                // Nothing was earned yet in months to come.
                if to > self.now.to_zoned(self.zone.clone()).date() {
                    return;
                }
                self.room.profit.month = Some(to);
                self.room.profit.lines = Rows::default();
                self.ask_profit(None);
            }
            KeyCode::Char('u') => {
                let on = self.room.profit.currency();
                self.room.profit.currency = Currency::ALL.into_iter().find(|each| *each != on);
            }
            KeyCode::Enter => {
                let order = self.room.profit.lines.chosen().and_then(StatementLine::order).map(str::to_owned);
                if let Some(order) = order {
                    self.follow(&order);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_high_as_their_days_and_what_was_lost_is_marked() {
        assert_eq!(bars(&[0, 8, 16, -4], 2), ["  █ ", " ██▾"]);
        assert_eq!(bars(&[1, 1_000_000], 1), ["▁█"]);
        assert_eq!(bars(&[0, 0], 1), ["  "]);
        assert_eq!(bars(&[i64::MAX, i64::MIN], 1), ["█▾"]);
    }
}
