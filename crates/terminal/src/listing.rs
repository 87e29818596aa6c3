//! Listings: the market, one listing alone, and my own with their buyers.

use auboutique_domain::listing::Sort;
use auboutique_domain::{Currency, Money};
use jiff::civil::Date;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::{Above, App, Purpose, page};
use crate::choice::Choice;
use crate::dialog::{Dialog, Then};
use crate::field::Field;
use crate::form::log_in_form;
use crate::member::Card;
use crate::pen::{Hit, Pen};
use crate::picture::{Picture, Which};
use crate::rows::Rows;
use crate::store::StoreCard;
use crate::tab::Tab;
use crate::{text, variant};

/// A pickup point as it stands on a listing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Place {
    /// What people call it.
    pub name: String,
}

/// A listing.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Listing {
    /// Which.
    pub listing: String,
    /// What it is, in a line.
    pub title: String,
    /// What there is to know.
    #[serde(default)]
    pub description: String,
    /// What it costs.
    pub price: Money,
    /// Its shelf.
    pub category: String,
    /// How worn it is.
    pub condition: String,
    /// `on_sale`, `sold`, `withdrawn` or `at_auction`.
    pub state: String,
    /// When it was published.
    #[serde(default)]
    pub published_at: String,
    /// Who sells.
    pub seller: Card,
    /// Where it is collected.
    #[serde(default)]
    pub pickup_point: Place,
    /// What it looks like; the first is the cover.
    #[serde(default)]
    pub pictures: Vec<Picture>,
    /// The order it ended in; only its owner sees that.
    #[serde(default)]
    pub order: Option<String>,
    /// Who bought it; only its owner sees that.
    #[serde(default)]
    pub buyer: Option<Card>,
    /// How many copies can be bought.
    #[serde(default)]
    pub available: i64,
    /// The store that sells it, when one does.
    #[serde(default)]
    pub store: Option<StoreCard>,
    /// The product it is a variant of, by its first variant.
    #[serde(default)]
    pub product: Option<String>,
    /// What makes this variant differ.
    #[serde(default)]
    pub variant: String,
    /// The auction it is the lot of, while it is at auction.
    #[serde(default)]
    pub auction: Option<String>,
}

impl Listing {
    /// Whether it can be bought.
    #[must_use]
    pub fn is_on_sale(&self) -> bool {
        self.state == "on_sale"
    }

    /// Who people buy it from: a store, or a member.
    #[must_use]
    pub fn from(&self) -> &str {
        self.store.as_ref().map_or(&self.seller.name, |store| &store.name)
    }

    /// What it is, with what makes the variant differ.
    #[must_use]
    pub fn full_title(&self) -> String {
        if self.variant.is_empty() {
            self.title.clone()
        } else {
            format!("{} ({})", self.title, self.variant)
        }
    }

    /// How many copies of a store's are left; nothing of a single thing.
    #[must_use]
    pub fn left(&self) -> Option<String> {
        (self.store.is_some() && self.is_on_sale()).then(|| format!("{} left", self.available))
    }
}

/// Which of the listings on sale are looked at, beside words and shelf, and in which order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only what is this worn.
    pub condition: Option<String>,
    /// Only prices in this currency.
    pub currency: Option<Currency>,
    /// And none below so many minor units.
    pub least: Option<i64>,
    /// And none above so many.
    pub most: Option<i64>,
    /// In this order; the newest first when nothing is said.
    pub sort: Sort,
}

impl Filter {
    /// What it asks of the market.
    fn ask(&self, fields: &mut Value) {
        if let Some(condition) = &self.condition {
            fields["condition"] = json!(condition);
        }
        if let Some(currency) = self.currency {
            fields["currency"] = json!(currency);
        }
        if let Some(least) = self.least {
            fields["least"] = json!(least);
        }
        if let Some(most) = self.most {
            fields["most"] = json!(most);
        }
        if self.sort != Sort::Newest {
            fields["sort"] = json!(self.sort.name());
        }
    }

    /// What it asks, in words; empty when it asks nothing.
    fn words(&self) -> String {
        let mut words: Vec<String> = self.condition.iter().map(|condition| text::words(condition)).collect();
        if let Some(currency) = self.currency {
            let price = |minor| text::money(&Money::new(minor, currency));
            words.push(match (self.least, self.most) {
                (None, None) => format!("in {}", currency.code()),
                (Some(least), None) => format!("from {}", price(least)),
                (None, Some(most)) => format!("up to {}", price(most)),
                (Some(least), Some(most)) => format!("{} to {}", price(least), price(most)),
            });
        }
        if self.sort != Sort::Newest {
            words.push(format!("{} first", self.sort.name()));
        }
        words.join(" · ")
    }
}

/// What of the market is looked at.
#[derive(Debug, Default)]
pub struct Market {
    /// The listings.
    pub list: Rows<Listing>,
    /// What is searched for.
    pub search: Field,
    /// Whether one is typing it.
    pub searching: bool,
    /// Only this shelf.
    pub category: Option<String>,
    /// Only what passes this.
    pub filter: Filter,
    /// Only this member's.
    pub owner: Option<Card>,
    /// Which question the rows are the answer to.
    pub generation: u64,
    /// How many were published since the rows came.
    pub fresh: usize,
    /// Why there are none.
    pub error: Option<String>,
}

/// One listing, looked at alone.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// The listing, as it was last known.
    pub listing: Listing,
    /// Which picture.
    pub picture: usize,
    /// How far the description is scrolled.
    pub scroll: usize,
}

/// The presence dot of a member: nothing when it is not known.
pub(crate) fn dot(app: &App, card: &Card) -> Option<bool> {
    app.presence.get(&card.id).map(|presence| presence.online)
}

pub(crate) fn dot_span(app: &App, card: &Card) -> Span<'static> {
    match dot(app, card) {
        Some(true) => Span::styled("● ", app.skin.good()),
        Some(false) => Span::styled("○ ", app.skin.muted()),
        None => Span::raw(""),
    }
}

/// How a listing's state is told, when it is not simply on sale.
pub(crate) fn state_span(app: &App, listing: &Listing) -> Span<'static> {
    match listing.state.as_str() {
        "on_sale" => Span::raw(""),
        "sold" if listing.store.is_some() => Span::styled("sold out", app.skin.warn()),
        "sold" => Span::styled("sold", app.skin.warn()),
        other => Span::styled(text::words(other), app.skin.muted()),
    }
}

/// Two lines of a listing in a list.
pub(crate) fn row(app: &App, pen: &mut Pen, area: Rect, listing: &Listing, below: &str, chosen: bool) {
    pen.mark(area.x, area.y, 2, chosen);
    let (x, width) = (area.x + 2, area.width.saturating_sub(3));
    let price = text::money(&listing.price);
    let wide = u16::try_from(text::width(&price)).unwrap_or(0);
    let title = if chosen { pen.skin.chosen() } else { pen.skin.plain() };
    pen.text(x, area.y, width.saturating_sub(wide + 1), &listing.title, title);
    let style = if listing.is_on_sale() { pen.skin.price() } else { pen.skin.muted() };
    pen.right(x, area.y, width, &price, style);
    let state = state_span(app, listing);
    let wide = u16::try_from(state.width()).unwrap_or(0);
    pen.text(x, area.y + 1, width.saturating_sub(wide + 1), below, pen.skin.muted());
    pen.line(x + width.saturating_sub(wide), area.y + 1, wide, state);
}

/// The market: what is on sale, and what the one one is on looks like.
pub(crate) fn draw_market(app: &mut App, pen: &mut Pen, area: Rect) {
    draw_filter(app, pen, Rect { height: 1, ..area });
    let area = Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
    let preview = area.width >= 70;
    let list = Rect { width: if preview { area.width * 11 / 20 } else { area.width }, ..area };
    if app.market.list.rows.is_empty() {
        let (what, hint) = if let Some(error) = app.market.error.clone() {
            (error, "Esc shows everything again")
        } else if !app.market.list.known {
            ("One moment…".to_owned(), "")
        } else if app.market.owner.is_some()
            || app.market.category.is_some()
            || app.market.filter != Filter::default()
            || !app.market.search.is_empty()
        {
            ("Nothing here".to_owned(), "Esc shows everything again")
        } else {
            ("Nothing is on sale yet".to_owned(), "Be the first: press 2 to sell something")
        };
        pen.empty(area, &what, hint);
        return;
    }
    let mut rows = std::mem::take(&mut app.market.list);
    let at = rows.at;
    for ((number, listing), y) in rows.seen(usize::from(list.height / 2)).zip((list.y..).step_by(2)) {
        let below = format!(
            "{} · {} · {}",
            listing.from(),
            text::words(&listing.category),
            text::words(&listing.condition)
        );
        let place = Rect { y, height: 2, ..list };
        row(app, pen, place, listing, &below, number == at);
        pen.hit(place, Hit::Row(number));
    }
    if preview {
        let x = list.right() + 1;
        pen.upright(x - 1, area.y, area.height);
        let side = Rect { x: x + 1, width: area.right().saturating_sub(x + 2), ..area };
        if let Some(listing) = rows.chosen() {
            draw_preview(app, pen, side, listing);
        }
    }
    app.market.list = rows;
}

fn draw_filter(app: &mut App, pen: &mut Pen, area: Rect) {
    let skin = pen.skin;
    let mut spans = vec![Span::raw(" ")];
    let searching = app.market.searching;
    if searching || !app.market.search.is_empty() {
        spans.push(Span::styled("/ ", skin.accent()));
        let seen = app.market.search.seen(28, 1, false);
        if searching {
            let x = area.x + 3 + seen.cursor.0;
            if x < area.right() {
                pen.frame.set_cursor_position((x, area.y));
            }
        }
        let shown = text::fit(&seen.lines.concat(), 29);
        spans.push(Span::styled(shown, if searching { skin.input() } else { skin.strong() }));
        spans.push(Span::raw(" "));
    } else if let Some(owner) = &app.market.owner {
        spans.push(Span::styled(format!("Everything from {}", owner.name), skin.strong()));
        spans.push(Span::styled(format!("  @{}", owner.username), skin.muted()));
    } else {
        spans.push(Span::styled("On sale", skin.strong()));
    }
    if let Some(category) = &app.market.category {
        spans.push(Span::styled(" in ", skin.muted()));
        spans.push(Span::styled(text::words(category), skin.accent()));
    }
    pen.line(area.x, area.y, area.width, Line::from(spans));
    let filter = if app.market.owner.is_some() { String::new() } else { app.market.filter.words() };
    if !filter.is_empty() {
        let clears = "F clears ";
        let wide = u16::try_from(text::width(clears)).unwrap_or(0);
        let below = Rect { y: area.y + 1, ..area };
        pen.text(below.x + 1, below.y, below.width.saturating_sub(wide + 2), &filter, skin.accent());
        pen.right(below.x, below.y, below.width, clears, skin.muted());
        let x = below.right().saturating_sub(wide);
        pen.hit(Rect { x, width: wide, ..below }, Hit::Key(KeyCode::Char('F')));
    }
    let more = if app.market.list.next.is_some() { "+" } else { "" };
    let fresh = app.market.fresh;
    if fresh > 0 {
        let label = format!("{} new · r ", fresh);
        pen.right(area.x, area.y, area.width, &label, skin.accent());
        let wide = u16::try_from(text::width(&label)).unwrap_or(0);
        pen.hit(
            Rect { x: area.right().saturating_sub(wide), width: wide, ..area },
            Hit::Key(ratatui::crossterm::event::KeyCode::Char('r')),
        );
    } else if app.market.list.known {
        let count = app.market.list.rows.len();
        let label =
            if app.market.list.loading { "loading… ".to_owned() } else { format!("{count}{more} ") };
        pen.right(area.x, area.y, area.width, &label, skin.muted());
    }
}

/// The picture of a listing, or what stands for it.
pub(crate) fn draw_picture(
    app: &mut App,
    pen: &mut Pen,
    area: Rect,
    picture: Option<&Picture>,
    which: Which,
) {
    let Some(picture) = picture else { return };
    let covered = app.is_covered() && !app.gallery.cells;
    if covered || !app.gallery.draw(pen.frame, area, picture, which) {
        let what = if app.gallery.on {
            "picture…".to_owned()
        } else {
            format!("[picture, {} × {}]", picture.width, picture.height)
        };
        let wide = u16::try_from(text::width(&what)).unwrap_or(0).min(area.width);
        let style = pen.skin.muted();
        pen.text(area.x + (area.width - wide) / 2, area.y + area.height / 2, wide, &what, style);
    }
}

fn draw_preview(app: &mut App, pen: &mut Pen, area: Rect, listing: &Listing) {
    let skin = pen.skin;
    let mut y = area.y;
    if let Some(cover) = listing.pictures.first() {
        let height = (area.height * 11 / 20).min(26);
        draw_picture(app, pen, Rect { height, ..area }, Some(cover), Which::Thumbnail);
        y += height + 1;
    }
    for line in text::wrap(&listing.title, usize::from(area.width)).iter().take(2) {
        pen.text(area.x, y, area.width, line, skin.strong());
        y += 1;
    }
    pen.line(
        area.x,
        y,
        area.width,
        vec![
            Span::styled(text::money(&listing.price), skin.price()),
            Span::raw("  "),
            match listing.left() {
                Some(left) => Span::styled(left, skin.muted()),
                None => state_span(app, listing),
            },
        ],
    );
    y += 1;
    let facts = format!("{} · {}", text::words(&listing.category), text::words(&listing.condition));
    pen.text(area.x, y, area.width, &facts, skin.muted());
    pen.line(
        area.x,
        y + 1,
        area.width,
        vec![
            Span::styled("from ", skin.muted()),
            dot_span(app, &listing.seller),
            Span::raw(listing.from().to_owned()),
        ],
    );
    pen.text(area.x, y + 2, area.width, &format!("at {}", listing.pickup_point.name), skin.muted());
    y += 4;
    let rest = Rect { y, height: area.bottom().saturating_sub(y), ..area };
    pen.wrapped(rest, &listing.description, skin.plain(), 0);
}

/// One listing.
pub(crate) fn draw_sheet(app: &mut App, pen: &mut Pen, area: Rect, sheet: &mut Sheet) {
    let skin = pen.skin;
    let listing = sheet.listing.clone();
    let count = listing.pictures.len();
    let mut side = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    if count > 0 && area.width >= 60 {
        let frame = Rect { width: area.width / 2 - 1, height: area.height.saturating_sub(2), ..side };
        sheet.picture = sheet.picture.min(count - 1);
        draw_picture(app, pen, frame, listing.pictures.get(sheet.picture), Which::Large);
        if count > 1 {
            let dots: String = (0..count).map(|at| if at == sheet.picture { " ●" } else { " ○" }).collect();
            let wide = u16::try_from(text::width(&dots)).unwrap_or(0);
            let x = frame.x + frame.width.saturating_sub(wide) / 2;
            pen.text(x, frame.bottom(), frame.width, &dots, skin.muted());
        }
        side = Rect { x: frame.right() + 2, width: area.right().saturating_sub(frame.right() + 3), ..area };
    } else if side.width > 76 {
        side = Rect { width: 76, ..side };
    }
    let mut y = side.y;
    for line in text::wrap(&listing.title, usize::from(side.width)).iter().take(3) {
        pen.text(side.x, y, side.width, line, skin.strong());
        y += 1;
    }
    pen.line(
        side.x,
        y + 1,
        side.width,
        vec![
            Span::styled(text::money(&listing.price), skin.price()),
            Span::raw("   "),
            state_span(app, &listing),
        ],
    );
    y += 3;
    let shelf = format!("{} · {}", text::words(&listing.category), text::words(&listing.condition));
    let mine = app.is_me(&listing.seller.id);
    let mut facts: Vec<(&str, Vec<Span>)> = Vec::new();
    if let Some(store) = &listing.store {
        facts.push(("Store", vec![Span::styled(store.name.clone(), skin.strong())]));
        facts.push(("Left", vec![Span::raw(copies(listing.available))]));
    }
    facts.extend([
        ("Shelf", vec![Span::raw(shelf)]),
        (
            "From",
            vec![
                dot_span(app, &listing.seller),
                Span::raw(if mine { "you".to_owned() } else { listing.seller.name.clone() }),
                Span::styled(format!("  @{}", listing.seller.username), skin.muted()),
            ],
        ),
        ("At", vec![Span::raw(listing.pickup_point.name.clone())]),
        ("Since", vec![Span::raw(app.day(&listing.published_at))]),
    ]);
    if let Some(buyer) = &listing.buyer {
        facts.push(("Buyer", vec![dot_span(app, buyer), Span::raw(buyer.name.clone())]));
    }
    for (label, mut spans) in facts {
        spans.insert(0, Span::styled(text::fit(label, 8), skin.muted()));
        pen.line(side.x, y, side.width, Line::from(spans));
        y += 1;
    }
    let variants = Rect { y: y + 1, height: area.bottom().saturating_sub(y + 1), ..side };
    let taken = variant::draw(app, pen, variants, &listing);
    y += taken + 1 + u16::from(taken > 0);
    let room = Rect { y, height: area.bottom().saturating_sub(y), ..side };
    let lines = text::wrap(&listing.description, usize::from(room.width)).len();
    sheet.scroll = sheet.scroll.min(lines.saturating_sub(usize::from(room.height)));
    let all = pen.wrapped(room, &listing.description, skin.plain(), sheet.scroll);
    if all > sheet.scroll + usize::from(room.height) && room.height > 0 {
        pen.right(room.x, room.bottom() - 1, room.width, " ↓ more", skin.muted());
    }
}

/// My own listings, with their buyers.
pub(crate) fn draw_mine(app: &mut App, pen: &mut Pen, area: Rect) {
    let skin = pen.skin;
    pen.text(area.x + 1, area.y, area.width, "What you offer and have sold", skin.strong());
    let area = Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
    if app.mine.rows.is_empty() {
        let what = if app.mine.known { "You have offered nothing yet" } else { "One moment…" };
        pen.empty(area, what, if app.mine.known { "Press 2 to sell something" } else { "" });
        return;
    }
    let mut rows = std::mem::take(&mut app.mine);
    let at = rows.at;
    for ((number, listing), y) in rows.seen(usize::from(area.height / 2)).zip((area.y..).step_by(2)) {
        let below = match (&listing.buyer, listing.state.as_str()) {
            (Some(buyer), _) => format!("bought by {}  @{}", buyer.name, buyer.username),
            (None, "at_auction") => "at auction · u leads to its room".to_owned(),
            (None, "withdrawn") => "only you see it · p puts it back on sale".to_owned(),
            _ => format!("since {} · {}", app.day(&listing.published_at), text::words(&listing.category)),
        };
        let place = Rect { y, height: 2, ..area };
        row(app, pen, place, listing, &below, number == at);
        pen.hit(place, Hit::Row(number));
    }
    app.mine = rows;
}

impl App {
    pub(crate) fn load_market(&mut self, more: bool) {
        let market = &mut self.market;
        market.list.loading = true;
        market.generation += 1;
        let generation = market.generation;
        let mut fields = json!({ "limit": 30 });
        let text = market.search.text().trim().to_owned();
        let op = if let Some(owner) = &market.owner {
            fields["username"] = json!(owner.username);
            "listings_of"
        } else if text.is_empty() {
            "listings"
        } else {
            fields["text"] = json!(text);
            "search"
        };
        if market.owner.is_none() {
            if let Some(category) = &market.category {
                fields["category"] = json!(category);
            }
            market.filter.ask(&mut fields);
        }
        if more && let Some(next) = &market.list.next {
            fields["after"] = next.clone();
        }
        if !more {
            market.fresh = 0;
        }
        self.ask(op, fields, Purpose::Market { generation, more });
    }

    pub(crate) fn load_mine(&mut self, more: bool) {
        self.mine.loading = true;
        let fields = page(&self.mine.next, more);
        self.ask("my_listings", fields, Purpose::Mine { more });
    }

    pub(crate) fn each_listing(&mut self, id: &str, mut change: impl FnMut(&mut Listing)) {
        let rows = self.market.list.rows.iter_mut().chain(self.mine.rows.iter_mut());
        let rows = rows.chain(self.room.stock.rows.iter_mut().map(|stock| &mut stock.listing));
        let rows = rows.chain(self.variants.values_mut().flatten());
        rows.filter(|row| row.listing == id).for_each(&mut change);
        for above in &mut self.above {
            match above {
                Above::Listing(sheet) if sheet.listing.listing == id => change(&mut sheet.listing),
                Above::Store(front) => {
                    front.shelves.rows.iter_mut().filter(|row| row.listing == id).for_each(&mut change);
                }
                _ => {}
            }
        }
    }

    /// What was last known of a listing, wherever it stands.
    pub(crate) fn find_listing(&self, id: &str) -> Option<&Listing> {
        let rows = self.variants.values().flatten().chain(&self.market.list.rows).chain(&self.mine.rows);
        let rows = rows.chain(self.room.stock.rows.iter().map(|stock| &stock.listing));
        let above = self.above.iter().flat_map(|above| match above {
            Above::Listing(sheet) => std::slice::from_ref(&sheet.listing).iter(),
            Above::Store(front) => front.shelves.rows.iter(),
            Above::Auction(room) => std::slice::from_ref(&room.auction.lot).iter(),
            Above::Order { .. } | Above::Checkout(_) | Above::Group(_) => [].iter(),
        });
        rows.chain(above).find(|row| row.listing == id)
    }

    /// Looks at a listing alone.
    pub(crate) fn open_listing(&mut self, listing: Listing) {
        if let Some(product) = listing.product.clone() {
            self.load_variants(&product, None);
        }
        self.above.push(Above::Listing(Sheet { listing, picture: 0, scroll: 0 }));
    }

    /// Whether it is mine, or of a store I act for.
    pub(crate) fn is_own(&self, listing: &Listing) -> bool {
        let acts = |card: &StoreCard| self.stores.mine.iter().any(|mine| mine.store == card.store);
        self.is_me(&listing.seller.id) || listing.store.as_ref().is_some_and(acts)
    }

    pub(crate) fn knows_listing(&self, id: &str) -> bool {
        self.find_listing(id).is_some()
    }

    pub(crate) fn know_listing(&mut self, fresh: &Listing) {
        self.each_listing(&fresh.listing, |listing| {
            let (order, buyer) = (listing.order.take(), listing.buyer.take());
            *listing = fresh.clone();
            if fresh.state == "sold" {
                listing.order = listing.order.take().or(order);
                listing.buyer = listing.buyer.take().or(buyer);
            }
        });
    }

    pub(crate) fn sold(&mut self, id: &str) {
        self.each_listing(id, |listing| {
            "sold".clone_into(&mut listing.state);
            listing.available = 0;
        });
    }

    pub(crate) fn sheet(&self) -> Option<&Sheet> {
        match self.above.last() {
            Some(Above::Listing(sheet)) => Some(sheet),
            _ => None,
        }
    }

    pub(crate) fn on_search_key(&mut self, key: KeyEvent) {
        match key.code {
            KeyCode::Esc => {
                self.market.searching = false;
                self.market.search.take();
                self.load_market(false);
            }
            KeyCode::Enter | KeyCode::Down => self.market.searching = false,
            _ => {
                let before = self.market.search.text().to_owned();
                self.market.search.on_key(key);
                if before != self.market.search.text() {
                    self.market.list.at = 0;
                    self.load_market(false);
                }
            }
        }
    }

    /// Keys for a listing, in a list or alone. True when it was one.
    pub(crate) fn on_listing_key(&mut self, listing: &Listing, code: KeyCode) -> bool {
        let (mine, own) = (self.is_me(&listing.seller.id), self.is_own(listing));
        let id = listing.listing.clone();
        match code {
            KeyCode::Char('b') if !mine => self.offer_to_buy(listing),
            KeyCode::Char('c') if !mine => self.offer_to_gather(listing),
            KeyCode::Char('m') if !mine => {
                if self.me.is_none() {
                    self.form = Some(log_in_form());
                } else {
                    self.ask("start_conversation", json!({ "listing": id }), Purpose::Start);
                }
            }
            KeyCode::Char('o') if listing.store.is_some() => {
                let store = listing.store.as_ref().map(|store| store.store.clone()).unwrap_or_default();
                self.ask_store(&store, true);
            }
            KeyCode::Char('o') => {
                self.market.owner = Some(listing.seller.clone());
                self.market.category = None;
                self.market.search.take();
                self.market.list = Rows::default();
                self.tab = Tab::Market;
                self.above.clear();
                self.load_market(false);
            }
            // What is at auction is changed in its room.
            KeyCode::Char('b' | 'c' | 'e') if listing.auction.is_some() => return false,
            KeyCode::Char('e') if own && (listing.store.is_some() || listing.state != "sold") => {
                self.form = Some(self.edit_form(listing))
            }
            KeyCode::Char('w') if own && listing.is_on_sale() => {
                self.dialog = Some(Dialog {
                    title: "Withdraw it?".to_owned(),
                    lines: vec![
                        listing.title.clone(),
                        "Nobody sees it until you put it back on sale.".to_owned(),
                    ],
                    yes: "Withdraw",
                    no: "Not now",
                    on_yes: false,
                    then: Then::Withdraw(id),
                });
            }
            KeyCode::Char('p') if own && listing.state == "withdrawn" => {
                self.ask(
                    "publish_listing",
                    json!({ "listing": id }),
                    Purpose::ListingAct("It is on sale again"),
                );
            }
            KeyCode::Char('u') => match &listing.auction {
                Some(auction) => self.look_at_auction(&auction.clone()),
                None if mine && listing.store.is_none() && listing.state != "sold" => {
                    self.offer_to_put_up(listing);
                }
                None => return false,
            },
            KeyCode::Char('v') if mine && listing.store.is_none() => match &listing.order {
                Some(order) => self.follow(&order.clone()),
                None => self.say("Nobody bought it yet"),
            },
            _ => return false,
        }
        true
    }

    pub(crate) fn offer_to_buy(&mut self, listing: &Listing) {
        if self.me.is_none() {
            self.form = Some(log_in_form());
            return;
        }
        if !listing.is_on_sale() {
            self.say_bad(if listing.store.is_some() {
                "No copy can be bought now"
            } else {
                "It cannot be bought any more"
            });
            return;
        }
        if listing.store.is_some() {
            return self.choose_copies(listing, false);
        }
        let mut lines = vec![
            listing.title.clone(),
            String::new(),
            format!("Price   {}, in cash when you collect it", text::money(&listing.price)),
            format!("From    {}", listing.seller.name),
        ];
        lines.extend(self.pickup_lines(listing));
        self.dialog = Some(Dialog {
            title: format!("Buy for {}?", text::money(&listing.price)),
            lines,
            yes: "Buy it",
            no: "Not now",
            on_yes: true,
            then: Then::Buy(listing.listing.clone(), listing.price),
        });
    }

    /// Where a listing is collected, and when.
    pub(crate) fn pickup_lines(&self, listing: &Listing) -> Vec<String> {
        let point = self
            .points
            .iter()
            .find(|point| point["name"].as_str() == Some(listing.pickup_point.name.as_str()));
        let address = point.and_then(|point| point["address"].as_str()).unwrap_or_default().to_owned();
        let mut lines = vec![format!("Place   {}", listing.pickup_point.name)];
        if !address.is_empty() {
            lines.push(format!("        {address}"));
        }
        if let Some(hours) = point.map(opening) {
            lines.push(format!("Open    {hours}"));
        }
        lines.push(format!("When    from {}", self.pickup_day(point)));
        lines
    }

    /// The day a pickup would be, when the point has room: the second day it is open after today.
    pub(crate) fn pickup_day(&self, point: Option<&Value>) -> String {
        let Some(point) = point else { return "the second open day".to_owned() };
        let zone = point["time_zone"]
            .as_str()
            .and_then(auboutique_domain::time::zone)
            .unwrap_or_else(|| self.zone.clone());
        let closed = |date: Date| {
            let closures = point["closures"].as_array();
            closures.is_some_and(|days| days.iter().any(|day| day.as_str() == Some(&date.to_string())))
        };
        let open = |date: Date| {
            let weekday = date.strftime("%a").to_string().to_lowercase();
            point["opening"].get(&weekday).is_some_and(Value::is_string) && !closed(date)
        };
        let mut date = self.now.to_zoned(zone).date();
        let mut found = 0;
        for _ in 0..60 {
            let Ok(next) = date.tomorrow() else { break };
            date = next;
            found += i32::from(open(date));
            if found == 2 {
                return self.date(&date.to_string());
            }
        }
        "the second open day".to_owned()
    }

    pub(crate) fn on_market_key(&mut self, code: KeyCode) {
        match code {
            KeyCode::Char('/') => {
                self.market.searching = true;
                self.market.owner = None;
            }
            KeyCode::Char('f') => {
                let mut of = vec!["everything".to_owned()];
                of.extend(self.categories.iter().cloned());
                let at = self
                    .market
                    .category
                    .as_ref()
                    .and_then(|on| of.iter().position(|each| each == on))
                    .unwrap_or(0);
                self.choice = Some(Choice { title: "Which shelf?", of, at });
            }
            KeyCode::Char('s') => self.form = Some(self.filter_form()),
            KeyCode::Char('F') => {
                self.market.category = None;
                self.market.filter = Filter::default();
                self.market.error = None;
                self.market.list.at = 0;
                self.load_market(false);
            }
            KeyCode::Char('r') => {
                self.market.list.at = 0;
                self.load_market(false);
            }
            KeyCode::Esc => {
                self.market.owner = None;
                self.market.category = None;
                self.market.filter = Filter::default();
                self.market.search.take();
                self.market.error = None;
                self.market.list.at = 0;
                self.load_market(false);
            }
            _ => {
                let Some(listing) = self.market.list.chosen().cloned() else { return };
                if matches!(code, KeyCode::Enter) {
                    let username = listing.seller.username.clone();
                    if self.me.is_some() && self.live {
                        self.ask("presence", json!({ "usernames": [username] }), Purpose::Presences);
                    }
                    self.open_listing(listing);
                } else {
                    self.on_listing_key(&listing, code);
                }
            }
        }
    }
}

/// So many copies, in words.
pub(crate) fn copies(count: i64) -> String {
    if count == 1 { "1 copy".to_owned() } else { format!("{count} copies") }
}

/// The week of a point in short: `Mon–Fri 08:00-17:00`.
fn opening(point: &Value) -> String {
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let hours: Vec<Option<&str>> = days.iter().map(|day| point["opening"][*day].as_str()).collect();
    let mut parts = Vec::new();
    let mut at = 0;
    while at < 7 {
        let Some(open) = hours[at] else {
            at += 1;
            continue;
        };
        let end = (at..7).take_while(|&day| hours[day] == Some(open)).last().unwrap_or(at);
        let span = if end == at { names[at].to_owned() } else { format!("{}–{}", names[at], names[end]) };
        parts.push(format!("{span} {open}"));
        at = end + 1;
    }
    parts.join(", ")
}
