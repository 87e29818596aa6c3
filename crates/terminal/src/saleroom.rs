//! The room of one auction: its price, its leader and the time left as they change, and what one can do in it.

use ratatui::crossterm::event::KeyCode;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Span;
use serde_json::{Value, json};

use crate::app::{App, Purpose};
use crate::auction::{Auction, Bid, Saleroom, Wanted};
use crate::auctions::left;
use crate::dialog::{Dialog, Then};
use crate::listing::{dot_span, draw_picture};
use crate::pen::Pen;
use crate::picture::Which;
use crate::text;

/// What stands in the room for the one who looks: how they stand, what they are asked, what they can do.
fn says(app: &App, room: &Saleroom) -> Vec<(String, Style)> {
    let (skin, auction) = (app.skin, &room.auction);
    let (price, is_mine) = (text::money(&auction.price), app.is_me(&auction.lot.seller.id));
    let pay_by = auction.pay_by.as_ref().map(|by| app.moment(by)).unwrap_or_default();
    let mut says = Vec::new();
    match auction.state.as_str() {
        "open" if !auction.is_open(app.now) => {
            says.push(("Bidding is over. One moment…".to_owned(), skin.warn()));
        }
        "open" => {
            match &auction.you {
                Some(you) if you.leads => {
                    says.push((
                        format!("You lead. Your maximum: {}", text::money(&you.maximum)),
                        skin.good(),
                    ));
                }
                Some(you) => {
                    let now = if room.outbid { "You were outbid just now" } else { "You were outbid" };
                    let maximum = text::money(&you.maximum);
                    says.push((format!("{now}. Your maximum was {maximum}: b bids more"), skin.bad()));
                }
                None => {}
            }
            if auction.asks() {
                let asked = format!(
                    "Half of the time is gone without a bid. It is {price} now: l lowers it, s leaves it as it is"
                );
                says.push((asked, skin.warn()));
            }
            if auction.scheduled_end.as_ref().is_some_and(|end| *end != auction.ends_at) {
                says.push(("A late bid moved the end".to_owned(), skin.muted()));
            }
        }
        "sold" if auction.is_to_pay() => {
            let won = format!("It is yours for {price}! p: choose how to get it, and pay by {pay_by}");
            says.push((won, skin.good()));
        }
        "sold" if is_mine => {
            says.push((format!("Sold for {price}. The winner has to pay by {pay_by}"), skin.good()));
        }
        "sold" => says.push((format!("Sold for {price}"), skin.strong())),
        "settled" if auction.order.is_some() => {
            says.push((format!("Sold for {price}, and paid. v: its order"), skin.good()));
        }
        "settled" => says.push((format!("Sold for {price}"), skin.strong())),
        _ => says.push((format!("Over: {}", auction.ended()), skin.warn())),
    }
    if let Some(offer) = auction.offered(app.now) {
        let declines = if offer.kind == "watchers" { "" } else { ", d turns it down" };
        let until = app.moment(&offer.expires_at);
        let takes =
            format!("It can be yours for {} until {until}: t takes it{declines}", text::money(&offer.price));
        says.extend([(offer.why().to_owned(), skin.plain()), (takes, skin.warn())]);
    }
    if let Some(selling) = &auction.selling {
        if auction.is_negotiable(app.now)
            && let Some(until) = &selling.negotiable_until
        {
            let until = app.moment(until);
            says.push((format!("Until {until} you can do something about it"), skin.warn()));
        }
        for offer in selling.offers.iter().take(2) {
            let kind = text::words(&offer.kind);
            let state = match offer.state.as_str() {
                "open" if offer.is_open(app.now) => format!("stands until {}", app.moment(&offer.expires_at)),
                "accepted" => "taken".to_owned(),
                "declined" => "turned down".to_owned(),
                "withdrawn" => "taken back".to_owned(),
                _ => "expired".to_owned(),
            };
            says.push((format!("Offer, {kind}, {}: {state}", text::money(&offer.price)), skin.muted()));
        }
    }
    says
}

/// A bid of the history, in cells.
fn line(app: &App, auction: &Auction, bid: &Bid, newest: bool) -> Vec<Span<'static>> {
    let skin = app.skin;
    let style = match (bid.removed, newest) {
        (true, _) => skin.muted(),
        (false, true) => skin.strong(),
        (false, false) => skin.plain(),
    };
    let at = app.zoned(&bid.at).map(|zoned| zoned.strftime("%H:%M:%S").to_string()).unwrap_or_default();
    let mut spans = vec![
        Span::styled(format!("{} ", text::fit(&at, 8)), skin.muted()),
        Span::styled(text::fit(&auction.bidder(bid.bidder), 11), style),
        Span::styled(text::money(&bid.price), style),
    ];
    if bid.removed {
        spans.push(Span::styled("  taken back", skin.muted()));
    } else if bid.leader != bid.bidder {
        spans.push(Span::styled("  outbid", skin.muted()));
    }
    spans
}

/// Draws the room.
pub(crate) fn draw(app: &mut App, pen: &mut Pen, area: Rect, room: &mut Saleroom) {
    let skin = pen.skin;
    let area = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let auction = room.auction.clone();
    let (time, style) = left(app, &auction);
    let wide = u16::try_from(text::width(&time)).unwrap_or(0);
    pen.text(area.x, area.y, area.width.saturating_sub(wide + 1), &auction.lot.title, skin.strong());
    pen.right(area.x, area.y, area.width, &time, style);
    let mut y = area.y + 1;
    let shelf = format!("{} · {}", text::words(&auction.lot.category), text::words(&auction.lot.condition));
    let who =
        if app.is_me(&auction.lot.seller.id) { "you".to_owned() } else { auction.lot.from().to_owned() };
    let from = vec![
        Span::styled("from ", skin.muted()),
        dot_span(app, &auction.lot.seller),
        Span::raw(who),
        Span::styled(format!(" · {shelf}"), skin.muted()),
    ];
    let ends = format!("ends {}", app.moment(&auction.ends_at));
    let wide = if auction.state == "open" { text::width(&ends) } else { 0 };
    let wide = u16::try_from(wide).unwrap_or(0);
    pen.line(area.x, y, area.width.saturating_sub(wide + 1), from);
    if wide > 0 {
        pen.right(area.x, y, area.width, &ends, skin.muted());
    }
    y += 2;
    let label = match (auction.state.as_str(), auction.bids) {
        ("open", 0) => "Starts at",
        ("open", _) => "Price",
        _ => "Went for",
    };
    let mut price = vec![
        Span::styled(text::fit(label, 11), skin.muted()),
        Span::styled(text::money(&auction.price), skin.price()),
    ];
    if let Some(leader) = auction.leader {
        let does = match (auction.state.as_str(), auction.is_led_by_you()) {
            ("open", true) => "you lead".to_owned(),
            ("open", false) => format!("{} leads", auction.bidder(leader)),
            _ => format!("highest bid: {}", auction.bidder(leader)),
        };
        let style = if auction.is_led_by_you() { skin.good() } else { skin.strong() };
        price.extend([Span::raw("   "), Span::styled(does, style)]);
    }
    match auction.reserve_met {
        Some(true) => price.push(Span::styled("   reserve met", skin.good())),
        Some(false) => price.push(Span::styled("   reserve not met", skin.warn())),
        None => {}
    }
    pen.line(area.x, y, area.width, price);
    y += 1;
    let (is_open, is_mine) = (auction.is_open(app.now), app.is_me(&auction.lot.seller.id));
    let mut next = Vec::new();
    if let Some(minimum) = auction.minimum.filter(|_| is_open && !is_mine) {
        next.push(Span::styled(text::fit("Next bid", 11), skin.muted()));
        next.push(Span::raw(format!("{} or more", text::money(&minimum))));
    }
    if let Some(reserve) = auction.selling.as_ref().and_then(|selling| selling.reserve) {
        next.push(Span::styled(
            format!("{:11}your reserve price: {}", "", text::money(&reserve)),
            skin.muted(),
        ));
    }
    if let Some(buy_now) = auction.buy_now.filter(|_| is_open) {
        let (what, gap) = (
            if is_mine { "buy-now price:" } else { "B buys it now for" },
            if next.is_empty() { 11 } else { 3 },
        );
        next.push(Span::styled(format!("{:gap$}{what} {}", "", text::money(&buy_now)), skin.accent()));
    }
    if !next.is_empty() {
        pen.line(area.x, y, area.width, next);
        y += 1;
    }
    let count =
        |count: i64, one: &str, more: &str| format!("{count} {}", if count == 1 { one } else { more });
    let mut crowd = vec![
        auction.bids_in_words(),
        count(auction.bidders, "bidder", "bidders"),
        count(auction.watchers, "watches", "watch"),
    ];
    if auction.watching {
        crowd.push("you watch it".to_owned());
    }
    if let Some(here) = room.here.filter(|_| auction.state == "open") {
        crowd.push(format!("{here} here now"));
    }
    pen.text(area.x, y, area.width, &format!("{:11}{}", "", crowd.join(" · ")), skin.muted());
    y += 1;
    for (says, style) in says(app, room) {
        for line in text::wrap(&says, usize::from(area.width)) {
            if y >= area.bottom() {
                return;
            }
            pen.text(area.x, y, area.width, &line, style);
            y += 1;
        }
    }
    y += 1;
    let beside = area.width >= 70;
    let below = Rect { y, height: area.bottom().saturating_sub(y), ..area };
    let list = Rect { width: if beside { area.width * 11 / 20 } else { area.width }, ..below };
    draw_history(app, pen, list, room);
    if beside {
        let x = list.right() + 1;
        pen.upright(x - 1, below.y, below.height);
        draw_lot(app, pen, Rect { x: x + 1, width: area.right().saturating_sub(x + 1), ..below }, room);
    }
}

/// The bids, the newest first.
fn draw_history(app: &App, pen: &mut Pen, area: Rect, room: &mut Saleroom) {
    let skin = pen.skin;
    if area.height < 2 {
        return;
    }
    pen.text(area.x, area.y, area.width, "Bids", skin.strong());
    if room.bids.is_empty() {
        pen.text(area.x, area.y + 1, area.width, "No bids yet", skin.muted());
        return;
    }
    let space = usize::from(area.height.saturating_sub(1)).max(1);
    room.scroll = room.scroll.min(room.bids.len().saturating_sub(space));
    if room.scroll > 0 || room.bids.len() > space || room.next.is_some() {
        let more = if room.next.is_some() { "+" } else { "" };
        let last = (room.scroll + space).min(room.bids.len());
        let label = format!("{}–{last} of {}{more} · ↑↓", room.scroll + 1, room.bids.len());
        pen.right(area.x, area.y, area.width.saturating_sub(1), &label, skin.muted());
    }
    let bids = room.bids.values().rev().enumerate().skip(room.scroll).take(space);
    for ((number, bid), y) in bids.zip(area.y + 1..area.bottom()) {
        pen.line(area.x, y, area.width, line(app, &room.auction, bid, number == 0));
    }
}

/// What the lot looks like, where there is room for it, what was said of it, and what was added.
fn draw_lot(app: &mut App, pen: &mut Pen, area: Rect, room: &mut Saleroom) {
    let skin = pen.skin;
    let mut area = area;
    let cover = room.auction.lot.pictures.first().cloned();
    if let Some(cover) = cover.filter(|_| area.height >= 20) {
        let height = area.height / 2;
        draw_picture(app, pen, Rect { height, ..area }, Some(&cover), Which::Thumbnail);
        area = Rect { y: area.y + height + 1, height: area.height - height - 1, ..area };
    }
    let mut lines: Vec<(String, Style)> = Vec::new();
    let wide = usize::from(area.width);
    let told = text::wrap(&room.auction.lot.description, wide).into_iter();
    lines.extend(told.map(|line| (line, skin.plain())));
    for note in &room.auction.notes {
        lines.push((format!("Added {}:", app.moment(&note.at)), skin.accent()));
        lines.extend(text::wrap(&note.text, wide).into_iter().map(|line| (line, skin.plain())));
    }
    lines.push((format!("at {}", room.auction.lot.pickup_point.name), skin.muted()));
    let space = usize::from(area.height);
    room.told = room.told.min(lines.len().saturating_sub(space));
    for ((line, style), y) in lines.iter().skip(room.told).zip(area.y..area.bottom()) {
        pen.text(area.x, y, area.width, line, *style);
    }
    if lines.len() > room.told + space && space > 0 {
        pen.right(area.x, area.bottom() - 1, area.width, " ↓ PgDn", skin.muted());
    }
}

/// Whether the one who looks may call off what is another's.
fn moderates(app: &App) -> bool {
    app.me.as_ref().is_some_and(|me| matches!(me.role.as_str(), "moderator" | "operator"))
}

/// The keys of the room, the most useful first.
pub(crate) fn keys(app: &App, room: &Saleroom) -> Vec<(KeyCode, &'static str, &'static str)> {
    let key = |letter, name, what| (KeyCode::Char(letter), name, what);
    let auction = &room.auction;
    let (is_open, is_mine) = (auction.is_open(app.now), app.is_me(&auction.lot.seller.id));
    let mut keys = Vec::new();
    if auction.is_to_pay() {
        keys.push(key('p', "p", "pay"));
    }
    if let Some(offer) = auction.offered(app.now) {
        keys.push(key('t', "t", "take it"));
        if offer.kind != "watchers" {
            keys.push(key('d', "d", "turn it down"));
        }
    }
    if is_open && !is_mine {
        keys.push(key('b', "b", if auction.is_led_by_you() { "Raise" } else { "Bid" }));
        if auction.buy_now.is_some() {
            keys.push(key('B', "B", "Buy now"));
        }
        keys.push(key('w', "w", if auction.watching { "stop watching" } else { "watch" }));
        if auction.you.is_some() {
            keys.push(key('x', "x", "take back"));
        }
    }
    if is_open && is_mine {
        if auction.bids == 0 {
            keys.push(key('l', "l", "lower the price"));
        }
        if auction.asks() {
            keys.push(key('s', "s", "leave it"));
        }
        if auction.reserve_met == Some(false) {
            keys.push(key('e', "e", "reserve"));
        }
        keys.extend([key('a', "a", "note"), key('x', "x", "call it off")]);
    }
    if auction.is_negotiable(app.now) {
        let may_offer = !auction.has_open_offer(app.now);
        if auction.result.as_deref() == Some("reserve_not_met") && may_offer {
            keys.extend([key('t', "t", "take the bid"), key('c', "c", "counter")]);
        } else if may_offer && auction.watchers > 0 {
            keys.push(key('o', "o", "to watchers"));
        }
        if auction.selling.as_ref().is_some_and(|selling| selling.relists_left > 0) {
            keys.push(key('u', "u", "put up again"));
        }
        keys.push(key('f', "f", "fixed price"));
    }
    if !is_mine {
        keys.push(key('m', "m", "message"));
    }
    keys.push(key('v', "v", if auction.order.is_some() { "its order" } else { "the lot" }));
    keys.push((KeyCode::Esc, "Esc", "back"));
    keys
}

/// The keys of the room, in full.
pub(crate) fn help() -> Vec<(&'static str, &'static str)> {
    vec![
        ("b", "bid the most you would pay, or raise it"),
        ("B", "buy it now; a question comes first"),
        ("w / x", "watch it or not / take a bid back"),
        ("t / d", "an offer: take it / turn it down"),
        ("p / v", "pay what you won / its order, or the lot"),
        ("m", "write to the seller"),
        ("l / s / e", "yours: lower price / leave it / reserve"),
        ("a / x", "yours: add a note / call it off"),
        ("t / c / o", "unsold: take the bid / counter / watchers"),
        ("X", "call it off, as a moderator"),
        ("u / f", "unsold: put up again / fixed price"),
        ("↑ ↓ / PgUp PgDn", "the bids / what is said of the lot"),
    ]
}

impl App {
    /// Asks an operation of an auction.
    pub(crate) fn ask_of_auction(&mut self, op: &'static str, fields: Value) {
        let accepts = fields["accept"].as_bool();
        let done = match op {
            "watch" => "You are told what happens in it",
            "unwatch" => "You no longer watch it",
            "keep_price" => "The price stays",
            "take_buy_now" => "It is yours",
            "answer_offer" if accepts == Some(true) => "It is yours",
            "answer_offer" => "Turned down",
            _ => "Offered: the bidder has 24 hours to say yes",
        };
        self.ask(op, fields, Purpose::Auction(Wanted::Act(done)));
        self.auctions.is_stale = true;
    }

    /// A question about an auction.
    fn question(
        &mut self,
        auction: &Auction,
        (title, yes): (String, &'static str),
        line: String,
        (op, fields): (&'static str, Value),
    ) {
        self.dialog = Some(Dialog {
            title,
            lines: vec![auction.lot.title.clone(), line],
            yes,
            no: "Not now",
            on_yes: false,
            then: Then::Auction(op, fields),
        });
    }

    /// Keys for the room of an auction.
    pub(crate) fn on_saleroom_key(&mut self, room: &mut Saleroom, code: KeyCode) {
        match code {
            KeyCode::Down | KeyCode::Char('j') => return room.scroll += 1,
            KeyCode::Up | KeyCode::Char('k') => return room.scroll = room.scroll.saturating_sub(1),
            KeyCode::PageDown => return room.told += 5,
            KeyCode::PageUp => return room.told = room.told.saturating_sub(5),
            _ => {}
        }
        let auction = room.auction.clone();
        let (id, price) = (auction.auction.clone(), text::money(&auction.price));
        let KeyCode::Char(letter) = code else { return };
        // Looking is for everybody.
        if !matches!(letter, 'v' | 'r') && !self.is_member_or_asked() {
            return;
        }
        let is_open = auction.is_open(self.now);
        let is_mine = self.is_me(&auction.lot.seller.id);
        let by_name = json!({ "auction": id });
        match letter {
            'v' => match &auction.order {
                Some(order) => self.follow(&order.clone()),
                None => self.open_listing(auction.lot.clone()),
            },
            'p' => {
                if let Some(checkout) = auction.checkout.as_ref().filter(|_| auction.is_to_pay()) {
                    self.pay_for_auction(checkout);
                }
            }
            't' | 'd' if auction.offered(self.now).is_some() => {
                let Some(offer) = auction.offered(self.now) else { return };
                let fields = json!({ "offer": offer.offer, "accept": letter == 't' });
                let amount = text::money(&offer.price);
                if letter == 't' {
                    let titles = (format!("Take it for {amount}?"), "Take it");
                    let line = "You have to pay within 48 hours, as if you had won.".to_owned();
                    self.question(&auction, titles, line, ("answer_offer", fields));
                } else if offer.kind != "watchers" {
                    let titles = ("Turn it down?".to_owned(), "Turn it down");
                    let line = "That costs you nothing.".to_owned();
                    self.question(&auction, titles, line, ("answer_offer", fields));
                }
            }
            'b' => self.offer_to_bid(&auction),
            'B' if is_open && !is_mine => match auction.buy_now {
                Some(price) => {
                    let amount = text::money(&price);
                    let titles = (format!("Buy it now for {amount}?"), "Buy it");
                    let line = "Bidding ends at once. You have 48 hours to pay.".to_owned();
                    let fields = json!({ "auction": id, "price": price });
                    self.question(&auction, titles, line, ("take_buy_now", fields));
                }
                None => self.say("It cannot be had at once: b bids"),
            },
            'w' if is_open && !is_mine => {
                self.ask_of_auction(if auction.watching { "unwatch" } else { "watch" }, by_name);
            }
            'x' if is_open && !is_mine && auction.you.is_some() => self.offer_to_retract(&auction),
            'x' if is_open && is_mine => self.open_seller_form(&auction, "cancel_auction"),
            'X' if is_open && moderates(self) => self.open_seller_form(&auction, "cancel_auction"),
            'm' if !is_mine => {
                let fields = json!({ "listing": auction.lot.listing });
                self.ask("start_conversation", fields, Purpose::Start);
            }
            'l' if is_open && is_mine && auction.bids == 0 => self.open_seller_form(&auction, "lower_price"),
            's' if is_mine && auction.asks() => self.ask_of_auction("keep_price", by_name),
            'e' if is_open && is_mine && auction.reserve_met == Some(false) => {
                self.open_seller_form(&auction, "lower_reserve");
            }
            'a' if is_open && is_mine => self.open_seller_form(&auction, "add_auction_note"),
            _ if !auction.is_negotiable(self.now) => {}
            't' => {
                let titles = (format!("Take the leading bid of {price}?"), "Take it");
                let line = "The bidder has 24 hours to say yes.".to_owned();
                self.question(&auction, titles, line, ("accept_leading_bid", by_name));
            }
            'c' => self.open_seller_form(&auction, "counter_offer"),
            'o' => self.open_seller_form(&auction, "offer_to_watchers"),
            'u' => self.open_seller_form(&auction, "relist_auction"),
            'f' => self.open_seller_form(&auction, "sell_at_fixed_price"),
            _ => {}
        }
    }
}
