//! The tabs, and the line they stand in.

use ratatui::crossterm::event::KeyCode;
use ratatui::layout::Rect;

use crate::app::App;
use crate::form::{Form, log_in_form};
use crate::pen::{Hit, Pen};
use crate::text;

/// The tabs, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// What is on sale.
    Market,
    /// Offer something.
    Sell,
    /// What I offer and have sold.
    Mine,
    /// What I bought and sold.
    Orders,
    /// Conversations.
    Talk,
    /// My account.
    Me,
    /// Stores, and the back room of mine.
    Stores,
    /// What I gathered and have not bought yet.
    Cart,
    /// The desk, for attendants.
    Desk,
    /// What is up for auction.
    Auctions,
}

impl Tab {
    /// Every tab.
    pub const ALL: [Self; 10] = [
        Self::Market,
        Self::Sell,
        Self::Mine,
        Self::Orders,
        Self::Talk,
        Self::Me,
        Self::Stores,
        Self::Cart,
        Self::Desk,
        Self::Auctions,
    ];

    /// What stands on it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Market => "Market",
            Self::Sell => "Sell",
            Self::Mine => "Mine",
            Self::Orders => "Orders",
            Self::Talk => "Talk",
            Self::Me => "Me",
            Self::Stores => "Stores",
            Self::Cart => "Cart",
            Self::Desk => "Desk",
            Self::Auctions => "Auctions",
        }
    }
}

/// Draws the tabs.
pub(crate) fn draw(app: &App, pen: &mut Pen, area: Rect) {
    let skin = pen.skin;
    let shown = Tab::ALL.iter().enumerate().filter(|(_, tab)| **tab != Tab::Desk || app.attendant);
    let labels: Vec<(usize, Tab, String, String)> = shown
        .map(|(number, tab)| {
            let count = match tab {
                Tab::Talk => app.talk.unread(),
                Tab::Cart => i64::try_from(app.cart.lines.rows.len()).unwrap_or(0),
                _ => 0,
            };
            let count = if count > 0 { format!("({count})") } else { String::new() };
            (number, *tab, format!("{} {}{count}", (number + 1) % 10, tab.name()), count)
        })
        .collect();
    let mut labels = labels;
    // Where two blanks between them leave no room for what happened, there is one; then the name makes room, and at last
    // the blanks within them.
    let all: usize = labels.iter().map(|(_, _, label, _)| text::width(label) + 1).sum();
    if all + if app.unseen > 0 { 6 } else { 1 } > usize::from(area.width) {
        labels.iter_mut().for_each(|(_, _, label, _)| *label = label.replacen(' ', "", 1));
    }
    let wide = |gap| labels.iter().map(|(_, _, label, _)| text::width(label) + gap).sum::<usize>();
    let kept = if app.unseen > 0 { 5 } else { 0 };
    let has_room = |from: usize, gap| from + wide(gap) + kept <= usize::from(area.width);
    let gap = if has_room(13, 2) { 2 } else { 1 };
    let mut x = if has_room(13, 1) { 13 } else { 1 };
    if x > 1 {
        pen.text(1, area.y, 12, "AUBoutique", skin.accent());
    }
    for (number, tab, label, count) in labels {
        let wide = u16::try_from(text::width(&label)).unwrap_or(0);
        let on = app.tab == tab;
        let style = match (on, count.is_empty()) {
            (true, _) if skin.has_color() => skin.accent(),
            (true, _) => skin.chosen(),
            (false, false) => skin.strong(),
            (false, true) => skin.muted(),
        };
        pen.text(x, area.y, wide, &label, style);
        pen.hit(Rect { x, width: wide, ..area }, Hit::Tab(number));
        if on && skin.has_color() {
            // The rule below is heavier under the tab one is on; it is drawn after this, so it is told by the style.
            pen.frame.buffer_mut().set_style(
                Rect { x, y: area.y, width: wide, height: 1 },
                skin.accent().add_modifier(ratatui::style::Modifier::UNDERLINED),
            );
        }
        x += wide + gap;
    }
    if app.unseen > 0 {
        let label = format!("◆ {} ", app.unseen);
        let wide = u16::try_from(text::width(&label)).unwrap_or(0);
        let at = area.right().saturating_sub(wide);
        if at > x {
            pen.text(at, area.y, wide, &label, skin.warn());
            pen.hit(Rect { x: at, width: wide, ..area }, Hit::Key(KeyCode::Char('n')));
        }
    }
}

impl App {
    /// Goes to a tab.
    pub(crate) fn go_to_tab(&mut self, digit: char) {
        let number = digit.to_digit(10).and_then(|digit| usize::try_from(digit).ok()).unwrap_or(1);
        let Some(&tab) = Tab::ALL.get((number + 9) % 10) else { return };
        if tab == Tab::Desk && !self.attendant {
            return;
        }
        if self.form.as_ref().is_some_and(Form::is_changed) {
            return;
        }
        self.form = None;
        self.above.clear();
        if self.me.is_none() && matches!(tab, Tab::Sell | Tab::Mine | Tab::Orders | Tab::Talk | Tab::Cart) {
            self.form = Some(log_in_form());
            return;
        }
        if self.tab == Tab::Talk && tab != Tab::Talk {
            self.leave_conversation();
        }
        self.market.searching = false;
        self.tab = tab;
        if tab == Tab::Auctions {
            self.load_auctions(false);
        }
        // What is not streamed is fetched when one looks.
        if !self.live && self.me.is_some() {
            match tab {
                Tab::Market => self.load_market(false),
                Tab::Stores => self.load_my_stores(false),
                Tab::Mine => self.load_mine(false),
                Tab::Orders => {
                    self.load_orders(false, false);
                    self.load_orders(true, false);
                }
                Tab::Talk => self.load_conversations(false),
                Tab::Cart => {
                    self.load_cart();
                    self.look_at_checkout(false);
                }
                _ => {}
            }
        }
    }
}
