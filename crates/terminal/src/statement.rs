//! Statements: lines of the ledger as whoever owns the money sees them.

use auboutique_domain::Money;
use ratatui::layout::Rect;
use serde::Deserialize;

use crate::app::App;
use crate::pen::Pen;
use crate::text;

/// A line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct StatementLine {
    /// The entry it is a line of.
    pub entry: String,
    /// When it was made.
    pub at: String,
    /// Why.
    pub kind: String,
    /// What it is about.
    #[serde(default)]
    pub source: String,
    /// What came in, or went out when it is below zero.
    pub amount: Money,
}

impl StatementLine {
    /// Why it was made, in words.
    #[must_use]
    pub fn words(&self) -> String {
        match (self.kind.as_str(), self.amount.minor < 0) {
            ("wallet_paid", _) => "an order was paid".to_owned(),
            ("wallet_topped_up", _) => "cash was paid in at a desk".to_owned(),
            ("order_completed", _) => "an order was completed".to_owned(),
            ("order_refunded", _) => "an order came to nothing".to_owned(),
            ("sale_refunded", true) => "money went back to a buyer".to_owned(),
            ("sale_refunded", false) => "money came back for an order".to_owned(),
            ("payment_refunded", _) => "a card payment came too late".to_owned(),
            ("payout_requested", _) => "a payout was asked for".to_owned(),
            ("payout_voided", _) => "a payout was taken back".to_owned(),
            (other, _) => text::words(other),
        }
    }

    /// The order it is about, when it is about one; several refunds of an order have a number behind.
    #[must_use]
    pub fn order(&self) -> Option<&str> {
        self.source.split('/').next().filter(|source| source.starts_with("ord_"))
    }
}

/// Draws a line: when, why, and how much.
pub(crate) fn draw_line(app: &App, pen: &mut Pen, area: Rect, line: &StatementLine, chosen: bool) {
    let skin = pen.skin;
    let plus = if line.amount.minor > 0 { "+" } else { "" };
    let amount = format!("{plus}{}", text::money(&line.amount));
    let wide = u16::try_from(text::width(&amount)).unwrap_or(0);
    pen.text(area.x, area.y, 18, &app.moment(&line.at), skin.muted());
    let style = if chosen { skin.chosen() } else { skin.plain() };
    pen.text(area.x + 19, area.y, area.width.saturating_sub(20 + wide), &line.words(), style);
    pen.right(area.x, area.y, area.width, &amount, if plus.is_empty() { skin.warn() } else { skin.price() });
}

#[cfg(test)]
mod tests {
    use super::*;
    use auboutique_domain::Currency;

    #[test]
    fn a_line_leads_to_the_order_it_is_about() {
        let order = |source: &str| {
            let amount = Money::new(1, Currency::Usd);
            let (entry, at, kind) = (String::new(), String::new(), String::new());
            let line = StatementLine { entry, at, kind, source: source.to_owned(), amount };
            line.order().map(str::to_owned)
        };
        assert_eq!(order("ord_1/4"), Some("ord_1".to_owned()));
        assert_eq!(order("ord_1"), Some("ord_1".to_owned()));
        assert_eq!(order("pay_1"), None);
    }
}
