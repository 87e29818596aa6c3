//! Stores: all of them, and one as everybody sees it with what stands on its shelves.

use jiff::civil::Date;
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::Rect;
use ratatui::text::Span;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::{Above, App, Purpose, page, read};
use crate::field::Field;
use crate::form::{Aim, Entry, Form, Input, Request, Shot, ShotState, Wrong, log_in_form};
use crate::listing::{Listing, dot_span, row};
use crate::member::Card;
use crate::pen::{Hit, Pen};
use crate::picture::Picture;
use crate::room;
use crate::rows::Rows;
use crate::text;

/// What stands for a store on what it sells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct StoreCard {
    /// Which.
    pub store: String,
    /// What it is called.
    pub name: String,
    /// What stands for it in addresses and at the login.
    #[serde(default)]
    pub handle: String,
}

/// The days on which nothing can be bought from a store.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Away {
    /// The first.
    pub from: String,
    /// The last.
    pub until: String,
}

/// A store.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Store {
    /// Which.
    pub store: String,
    /// What it is called.
    pub name: String,
    /// What stands for it in addresses and at the login.
    #[serde(default)]
    pub handle: String,
    /// What it says of itself.
    #[serde(default)]
    pub description: String,
    /// Where it is written to.
    #[serde(default)]
    pub email: String,
    /// What it looks like.
    #[serde(default)]
    pub picture: Option<Picture>,
    /// Its closed days.
    #[serde(default)]
    pub away: Option<Away>,
    /// Whose it is.
    pub owner: Card,
    /// Since when it is open.
    #[serde(default)]
    pub opened_at: String,
}

/// The stores.
#[derive(Debug, Default)]
pub struct Stores {
    /// All of them, by their names.
    pub list: Rows<Store>,
    /// Those I act for.
    pub mine: Vec<StoreCard>,
    /// Whether the back room is looked at instead of them.
    pub in_room: bool,
}

/// A store, looked at alone.
#[derive(Debug, Clone)]
pub struct Shopfront {
    /// The store, as it was last known.
    pub store: Store,
    /// What stands on its shelves.
    pub shelves: Rows<Listing>,
    /// Whether all it says of itself is shown in place of the shelves, and from which line on.
    pub told: Option<usize>,
}

/// What was asked about stores.
#[derive(Debug, Clone)]
pub(crate) enum Wanted {
    All { more: bool },
    Mine { enter: bool },
    Store { show: bool },
    Shelves { store: String, more: bool },
    Variants { product: String, more: bool },
    Stock { store: String, more: bool },
    Orders { store: String, all: bool, more: bool },
    Staff { store: String },
    Dismissed,
    Invitations { more: bool },
    Invited,
    Revoked,
}

/// Draws all stores.
pub(crate) fn draw(app: &mut App, pen: &mut Pen, area: Rect) {
    if app.stores.in_room {
        return room::draw(app, pen, area);
    }
    let skin = pen.skin;
    pen.text(area.x + 1, area.y, area.width, "Stores", skin.strong());
    if let Some(card) = app.stores.mine.first() {
        let label = format!("y {} ", card.name);
        let wide = u16::try_from(text::width(&label)).unwrap_or(0).min(area.width);
        pen.right(area.x, area.y, area.width, &label, skin.key());
        let x = area.right().saturating_sub(wide);
        pen.hit(Rect { x, y: area.y, width: wide, height: 1 }, Hit::Key(KeyCode::Char('y')));
    }
    let area = Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
    if app.stores.list.rows.is_empty() {
        let known = app.stores.list.known;
        let what = if known { "No store has opened yet" } else { "One moment…" };
        pen.empty(area, what, if known { "Whoever was given a code opens one: press o" } else { "" });
        return;
    }
    let mut rows = std::mem::take(&mut app.stores.list);
    let at = rows.at;
    for ((number, store), y) in rows.seen(usize::from(area.height / 2)).zip((area.y..).step_by(2)) {
        let chosen = number == at;
        pen.mark(area.x, y, 2, chosen);
        let (x, width) = (area.x + 2, area.width.saturating_sub(3));
        let closed = closed_days(app, store);
        let wide = u16::try_from(text::width(&closed)).unwrap_or(0).min(width / 2);
        let style = if chosen { skin.chosen() } else { skin.plain() };
        pen.text(x, y, width.saturating_sub(wide + 1), &store.name, style);
        pen.right(x, y, width, &text::cut(&closed, usize::from(wide)), skin.warn());
        let about =
            if store.description.is_empty() { String::new() } else { format!(" · {}", store.description) };
        pen.text(x, y + 1, width, &format!("{}{about}", store.owner.name), skin.muted());
        pen.hit(Rect { y, height: 2, ..area }, Hit::Row(number));
    }
    app.stores.list = rows;
}

/// When a store is closed, as long as that is to come or is now.
fn closed_days(app: &App, store: &Store) -> String {
    let Some(away) = &store.away else { return String::new() };
    let today = app.now.to_zoned(app.zone.clone()).date();
    if away.until.parse::<Date>().is_ok_and(|until| until < today) {
        return String::new();
    }
    if away.from == away.until {
        return format!("closed {}", app.date(&away.from));
    }
    format!("closed {} to {}", app.date(&away.from), app.date(&away.until))
}

/// Draws one store.
pub(crate) fn draw_front(app: &mut App, pen: &mut Pen, area: Rect, front: &mut Shopfront) {
    let skin = pen.skin;
    let area = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let store = front.store.clone();
    pen.text(area.x, area.y, area.width, &store.name, skin.strong());
    pen.right(area.x, area.y, area.width, &format!("since {}", app.day(&store.opened_at)), skin.muted());
    pen.line(
        area.x,
        area.y + 1,
        area.width,
        vec![
            Span::styled("by ", skin.muted()),
            dot_span(app, &store.owner),
            Span::raw(store.owner.name.clone()),
            Span::styled(format!("  @{}  {}", store.owner.username, store.email), skin.muted()),
        ],
    );
    let mut y = area.y + 2;
    let closed = closed_days(app, &store);
    if !closed.is_empty() {
        let line = format!("{closed}: nothing can be bought meanwhile");
        pen.text(area.x, y, area.width, &line, skin.warn());
        y += 1;
    }
    let rest = Rect { y: y + 1, height: area.bottom().saturating_sub(y + 1), ..area };
    if let Some(scroll) = &mut front.told {
        let lines = text::wrap(&store.description, usize::from(rest.width)).len();
        *scroll = (*scroll).min(lines.saturating_sub(usize::from(rest.height)));
        pen.wrapped(rest, &store.description, skin.plain(), *scroll);
        if lines > *scroll + usize::from(rest.height) && rest.height > 0 {
            pen.right(rest.x, rest.bottom() - 1, rest.width, " ↓ more", skin.muted());
        }
        return;
    }
    let most = if area.height > 24 { 6 } else { 2 };
    let lines = text::wrap(&store.description, usize::from(area.width));
    for (number, line) in lines.iter().take(most).enumerate().filter(|_| !store.description.is_empty()) {
        pen.text(area.x, y, area.width, line, skin.plain());
        if number + 1 == most && lines.len() > most {
            pen.right(area.x, y, area.width, " … d: all of it", skin.key());
        }
        y += 1;
    }
    y += 1;
    let rest = Rect { x: area.x - 1, y, width: area.width + 2, height: area.bottom().saturating_sub(y) };
    if front.shelves.rows.is_empty() {
        let what = if front.shelves.known { "Its shelves are empty" } else { "One moment…" };
        pen.empty(rest, what, "");
        return;
    }
    let at = front.shelves.at;
    for ((number, listing), y) in front.shelves.seen(usize::from(rest.height / 2)).zip((rest.y..).step_by(2))
    {
        let mut below = format!("{} · {}", text::words(&listing.category), text::words(&listing.condition));
        if let Some(left) = listing.left() {
            below.push_str(&format!(" · {left}"));
        }
        let place = Rect { y, height: 2, ..rest };
        row(app, pen, place, listing, &below, number == at);
        pen.hit(place, Hit::Row(number));
    }
}

/// The keys where all stores are looked at.
pub(crate) fn keys(app: &App) -> Vec<(KeyCode, &'static str, &'static str)> {
    let mut keys = Vec::new();
    if !app.stores.list.rows.is_empty() {
        keys.push((KeyCode::Enter, "Enter", "open"));
    }
    if !app.stores.mine.is_empty() {
        keys.push((KeyCode::Char('y'), "y", "your store"));
    }
    if !app.owns_store() {
        keys.push((KeyCode::Char('o'), "o", "open a store with a code"));
    }
    keys.push((KeyCode::Char('r'), "r", "load again"));
    keys
}

/// The keys where one store is looked at.
pub(crate) fn front_keys(app: &App, front: &Shopfront) -> Vec<(KeyCode, &'static str, &'static str)> {
    let mut keys = Vec::new();
    if front.told.is_none() && !front.shelves.rows.is_empty() {
        keys.extend([(KeyCode::Enter, "Enter", "open"), (KeyCode::Char('b'), "b", "buy")]);
        keys.push((KeyCode::Char('c'), "c", "to the cart"));
    }
    if !app.is_me(&front.store.owner.id) {
        keys.push((KeyCode::Char('m'), "m", "write to the owner"));
    }
    if !front.store.description.is_empty() {
        let what = if front.told.is_some() { "its shelves" } else { "about it" };
        keys.push((KeyCode::Char('d'), "d", what));
    }
    if app.stores.mine.iter().any(|card| card.store == front.store.store) {
        keys.push((KeyCode::Char('y'), "y", "its back room"));
    }
    keys.push((KeyCode::Esc, "Esc", "back"));
    keys
}

fn open_form() -> Form {
    let entries = vec![
        Entry::line("code", "Code", "", "as you were given it: ABCD-EFGH-…"),
        Entry::line("name", "Name", "", "what people know it by"),
        Entry::line("email", "E-mail", "", "everybody sees it"),
        Entry {
            name: "description",
            label: "Description",
            hint: "what you sell; may stay empty",
            value: Input::Lines(Field::lines(""), 3),
        },
    ];
    Form::new(Aim::OpenStore, "Open a store", "Open it", entries)
}

/// The form to change what is said of a store.
pub(crate) fn details_form(store: &Store) -> Form {
    let entries = vec![
        Entry::line("name", "Name", &store.name, ""),
        Entry::line("email", "E-mail", &store.email, "everybody sees it"),
        Entry {
            name: "description",
            label: "Description",
            hint: "what you sell",
            value: Input::Lines(Field::lines(&store.description), 5),
        },
        Entry {
            name: "pictures",
            label: "Picture",
            hint: "a file; Tab completes, Enter adds it",
            value: Input::Path(Field::line("")),
        },
    ];
    let mut form = Form::new(Aim::Details, "Change your store", "Save", entries);
    let shot = |picture: &Picture| Shot {
        number: 0,
        name: "the picture it has".to_owned(),
        state: ShotState::There(picture.clone()),
    };
    form.shelf = store.picture.iter().map(shot).collect();
    form
}

/// The form to say when a store is closed.
pub(crate) fn away_form(store: &Store) -> Form {
    let (from, until) =
        store.away.as_ref().map_or(("", ""), |away| (away.from.as_str(), away.until.as_str()));
    let entries = vec![
        Entry::line("from", "From", from, "2026-12-24; empty: it is open"),
        Entry::line("until", "To", until, "the last day; empty: that one day"),
    ];
    let mut form = Form::new(Aim::Away, "Closed days", "Save", entries);
    form.says = vec!["From the first to the last of them nothing can be bought from the store.".to_owned()];
    form
}

/// What the forms about a store itself ask of the market.
pub(crate) fn request(form: &Form) -> Option<Request> {
    let text = |name| form.text(name);
    Some(match &form.aim {
        Aim::OpenStore => {
            let needed = [
                ("code", "Type the code you were given."),
                ("name", "Say what it is called."),
                ("email", "Say where people write to it."),
            ];
            match needed.into_iter().find(|(name, _)| text(name).trim().is_empty()) {
                Some((name, why)) => Err((form.at(name), why.to_owned())),
                None => {
                    let fields = json!({ "code": text("code"), "name": text("name"), "email": text("email"),
                        "description": text("description") });
                    Ok(("open_store", fields))
                }
            }
        }
        Aim::Details => form.pictures_there().map(|pictures| {
            let fields = json!({ "name": text("name"), "email": text("email"),
                "description": text("description"), "picture": pictures.first() });
            ("edit_store", fields)
        }),
        Aim::Away => away(form).map(|away| ("edit_store", json!({ "away": away }))),
        Aim::Appoint => {
            let username = text("username").trim().trim_start_matches('@');
            Ok(("appoint_staff", json!({ "username": username })))
        }
        _ => return None,
    })
}

/// The closed days that were typed; nothing when none were.
fn away(form: &Form) -> Result<Value, Wrong> {
    let day = |name| {
        let typed = form.text(name).trim();
        if typed.is_empty() {
            return Ok(None);
        }
        let why = || (form.at(name), "Say the day as year-month-day, such as 2026-12-24.".to_owned());
        typed.parse::<Date>().map(Some).map_err(|_| why())
    };
    match (day("from")?, day("until")?) {
        (None, None) => Ok(Value::Null),
        (None, Some(_)) => Err((form.at("from"), "Say the first of the days, too.".to_owned())),
        (Some(from), until) => {
            let until = until.unwrap_or(from);
            if until < from {
                return Err((form.at("until"), "The last day is before the first.".to_owned()));
            }
            Ok(json!({ "from": from.to_string(), "until": until.to_string() }))
        }
    }
}

impl App {
    pub(crate) fn load_stores(&mut self, more: bool) {
        self.stores.list.loading = true;
        let fields = page(&self.stores.list.next, more);
        self.ask("stores", fields, Purpose::Store(Wanted::All { more }));
    }

    /// Which stores I act for; `enter` goes into the back room of the first of them.
    pub(crate) fn load_my_stores(&mut self, enter: bool) {
        if self.me.is_some() {
            self.ask("my_stores", json!({}), Purpose::Store(Wanted::Mine { enter }));
        }
    }

    /// Asks what a store is by now; `show` looks at it.
    pub(crate) fn ask_store(&mut self, store: &str, show: bool) {
        self.ask("store", json!({ "store": store }), Purpose::Store(Wanted::Store { show }));
    }

    fn load_shelves(&mut self, store: &str, next: &Option<Value>, more: bool) {
        let mut fields = page(next, more);
        fields["store"] = json!(store);
        let wanted = Wanted::Shelves { store: store.to_owned(), more };
        self.ask("store_listings", fields, Purpose::Store(wanted));
    }

    /// Whether one of the stores that are known is mine.
    pub(crate) fn owns_store(&self) -> bool {
        let mut known = self.stores.list.rows.iter().chain(&self.room.store);
        known.any(|store| self.is_me(&store.owner.id))
    }

    /// After drawing: what of stores was to be seen, or is no longer as it is shown, is fetched.
    pub(crate) fn follow_stores(&mut self) {
        if self.stores.list.wants_more() {
            self.load_stores(true);
        }
        let mut wanted = Vec::new();
        for above in &mut self.above {
            if let Above::Store(front) = above
                && front.shelves.wants_more()
            {
                front.shelves.loading = true;
                wanted.push((front.store.store.clone(), front.shelves.next.clone()));
            }
        }
        for (store, next) in wanted {
            self.load_shelves(&store, &next, true);
        }
        self.follow_room();
    }

    /// A store, or what stands on its shelves, is no longer as it was.
    pub(crate) fn store_changed(&mut self, owner: &str, is_itself: bool) {
        let fronts = self.above.iter().filter_map(|above| match above {
            Above::Store(front) if front.store.owner.id == owner => Some(front.store.store.clone()),
            _ => None,
        });
        for store in fronts.collect::<Vec<_>>() {
            if is_itself {
                self.ask_store(&store, false);
            } else {
                self.load_shelves(&store, &None, false);
            }
        }
        let mine = self.room.store.as_ref().filter(|store| store.owner.id == owner);
        if let Some(store) = mine.map(|store| store.store.clone()) {
            if is_itself {
                self.ask_store(&store, false);
            } else {
                self.room.is_stale = true;
            }
        }
    }

    fn know_store(&mut self, fresh: &Store) {
        let rows = self.stores.list.rows.iter_mut().chain(&mut self.room.store);
        let above = self.above.iter_mut().filter_map(|above| match above {
            Above::Store(front) => Some(&mut front.store),
            _ => None,
        });
        rows.chain(above).filter(|store| store.store == fresh.store).for_each(|store| *store = fresh.clone());
        for card in self.stores.mine.iter_mut().filter(|card| card.store == fresh.store) {
            card.name.clone_from(&fresh.name);
        }
    }

    pub(crate) fn store_came(&mut self, wanted: Wanted, mut reply: Value) {
        match wanted {
            Wanted::All { more } => self.stores.list.take(&mut reply, more, |row| &row.store),
            Wanted::Mine { enter } => {
                self.stores.mine = read(reply["rows"].take()).unwrap_or_default();
                let gone = |card: &StoreCard| !self.stores.mine.iter().any(|mine| mine.store == card.store);
                if self.room.card.as_ref().is_some_and(gone) {
                    self.leave_room();
                }
                if let Some(card) = self.stores.mine.first().cloned().filter(|_| enter) {
                    self.enter_room(card);
                }
            }
            Wanted::Store { show } => {
                let Some(store) = read::<Store>(reply) else { return };
                self.know_store(&store);
                if self.room.card.as_ref().is_some_and(|card| card.store == store.store) {
                    self.room.store = Some(store.clone());
                }
                if show {
                    let id = store.store.clone();
                    let (shelves, username) = (Rows::default(), store.owner.username.clone());
                    self.above.push(Above::Store(Shopfront { store, shelves, told: None }));
                    self.load_shelves(&id, &None, false);
                    if self.me.is_some() && self.live {
                        self.ask("presence", json!({ "usernames": [username] }), Purpose::Presences);
                    }
                }
            }
            Wanted::Shelves { store, more } => {
                for above in &mut self.above {
                    if let Above::Store(front) = above
                        && front.store.store == store
                    {
                        front.shelves.take(&mut reply.clone(), more, |row| &row.listing);
                    }
                }
            }
            Wanted::Variants { product, more } => self.variants_came(&product, more, reply),
            wanted => self.room_came(wanted, reply),
        }
    }

    pub(crate) fn store_refused(&mut self, wanted: &Wanted, why: String) {
        match wanted {
            Wanted::All { .. } => {
                (self.stores.list.loading, self.stores.list.known) = (false, true);
            }
            // A product that went away while one looked at it is told by what is asked of it next.
            Wanted::Mine { .. } | Wanted::Variants { .. } => return,
            Wanted::Stock { .. } | Wanted::Orders { .. } => {
                (self.room.stock.loading, self.room.orders.loading) = (false, false);
            }
            _ => {}
        }
        self.say_bad(&why);
    }

    /// A form about a store, its stock or its staff was taken.
    pub(crate) fn store_form_taken(&mut self, aim: &Aim, reply: Value) {
        match aim {
            Aim::OpenStore => {
                if let Some(card) = read::<StoreCard>(reply) {
                    self.say(&format!("“{}” is open. Put something on its shelves: a", card.name));
                    self.load_stores(false);
                    self.stores.mine.push(card.clone());
                    self.enter_room(card);
                }
            }
            Aim::Details | Aim::Away => {
                if let Some(store) = read::<Store>(reply) {
                    self.know_store(&store);
                    self.say("Saved");
                }
            }
            _ => self.room_form_taken(aim, reply),
        }
    }

    /// Keys for the tab with all stores.
    pub(crate) fn on_stores_key(&mut self, code: KeyCode) {
        if self.stores.in_room {
            return self.on_room_key(code);
        }
        match code {
            KeyCode::Enter | KeyCode::Right => {
                if let Some(store) = self.stores.list.chosen() {
                    let id = store.store.clone();
                    self.ask_store(&id, true);
                }
            }
            KeyCode::Char('y' | 'o') if self.me.is_none() => self.form = Some(log_in_form()),
            KeyCode::Char('y') => match self.stores.mine.first().cloned() {
                Some(card) => self.enter_room(card),
                None => self.say("You act for no store. Who has a code opens one: o"),
            },
            KeyCode::Char('o') if self.owns_store() => self.say("A member owns one store. y leads to yours"),
            KeyCode::Char('o') => self.form = Some(open_form()),
            KeyCode::Char('r') => {
                self.load_stores(false);
                self.load_my_stores(false);
            }
            _ => {}
        }
    }

    /// Keys for one store. False when it is no longer looked at.
    pub(crate) fn on_store_key(&mut self, front: &mut Shopfront, code: KeyCode) -> bool {
        let by = match code {
            KeyCode::Down | KeyCode::Char('j') => 1,
            KeyCode::Up | KeyCode::Char('k') => -1,
            KeyCode::PageDown => 8,
            KeyCode::PageUp => -8,
            KeyCode::Home | KeyCode::Char('g') => isize::MIN,
            KeyCode::End | KeyCode::Char('G') => isize::MAX,
            _ => 0,
        };
        if by != 0 {
            match &mut front.told {
                Some(scroll) => *scroll = scroll.saturating_add_signed(by),
                None => front.shelves.go(by),
            }
            return true;
        }
        match code {
            KeyCode::Char('d') => front.told = if front.told.is_some() { None } else { Some(0) },
            KeyCode::Char('m') if self.me.is_none() => self.form = Some(log_in_form()),
            KeyCode::Char('m') => {
                let fields = json!({ "username": front.store.owner.username });
                self.ask("start_conversation", fields, Purpose::Start);
            }
            KeyCode::Char('y') => {
                let mine = self.stores.mine.iter().find(|card| card.store == front.store.store).cloned();
                if let Some(card) = mine {
                    self.enter_room(card);
                    return false;
                }
            }
            _ if front.told.is_some() => {}
            KeyCode::Enter | KeyCode::Right => {
                if let Some(listing) = front.shelves.chosen().cloned() {
                    self.open_listing(listing);
                }
            }
            KeyCode::Char('b' | 'c') => {
                if let Some(listing) = front.shelves.chosen().cloned() {
                    self.on_listing_key(&listing, code);
                }
            }
            _ => {}
        }
        true
    }
}
