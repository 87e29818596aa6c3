//! A form: fields one under the other, and a button. Sign in, offer a thing, change a password are all forms.

use std::sync::Arc;

use auboutique_domain::listing::{Browse, PriceRange, Sort};
use auboutique_domain::{Currency, Money, Price, Refusal};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde_json::{Map, Value, json};

use crate::app::{App, Purpose, message, read};
use crate::dialog::{Dialog, Then};
use crate::errand::Errand;
use crate::field::Field;
use crate::listing::{Filter, Listing};
use crate::picture::Picture;
use crate::tab::Tab;
use crate::{bid, cart, checkout, lot, payout, stock, store, text, variant};

/// What stands in a choice for nothing chosen.
const ANY: &str = "any";
/// How many pieces of a picture are under way at once.
const PIECES: usize = 2;
/// How often an upload goes on where the market says it is before it is given up.
const AGAIN: usize = 5;

/// What a form is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Aim {
    /// Sign in.
    LogIn,
    /// Join.
    Register,
    /// Offer a thing.
    Sell,
    /// Change a listing.
    Edit(String),
    /// Say which listings are looked at.
    Filter,
    /// Change the name that is shown.
    Name,
    /// Change the username.
    Username,
    /// Change the e-mail address.
    Email,
    /// Change the password.
    Password,
    /// Buy copies of a product of a store: the variants that can be chosen, each with the price that was seen.
    Buy(Vec<(String, Money)>),
    /// Put copies of a product of a store into the cart: the same variants.
    Gather(Vec<(String, Money)>),
    /// Say how many copies of this listing the cart shall have.
    Quantity(String),
    /// Pay this order from the wallet.
    Pay(String),
    /// Give back what this order brought.
    Return(String),
    /// Say that this order was sent.
    Ship(String),
    /// Say how what this checkout holds shall reach one; the pickup points there are, by id and name.
    Deliver(String, Vec<(String, String)>),
    /// Give a part of the money of this order back.
    Refund(String),
    /// Ask for a payout.
    Payout,
    /// Put cash into a wallet at the desk.
    TopUp,
    /// Open a store with an invitation.
    OpenStore,
    /// Change what is said of the store.
    Details,
    /// Say on which days the store is closed.
    Away,
    /// Let a member act for the store.
    Appoint,
    /// Put a product on the shelves of the store of this id.
    Product(String),
    /// Add a variant to the product of this listing.
    AddVariant(String),
    /// Change what this variant is called, its SKU and its low-stock mark.
    EditVariant(String),
    /// More copies of this listing come in.
    Restock(String),
    /// Put the count of this listing right.
    Adjust(String),
    /// Ask this operation for an auction, with amounts in its currency; of a listing to put it up.
    Auction {
        /// The operation.
        op: &'static str,
        /// Of which auction, or of which listing.
        of: String,
        /// What its amounts are in.
        currency: Currency,
    },
}

impl Aim {
    /// The variants of which copies can be chosen, each with the price that was seen.
    #[must_use]
    pub fn variants(&self) -> Option<&[(String, Money)]> {
        match self {
            Self::Buy(of) | Self::Gather(of) => Some(of),
            _ => None,
        }
    }

    /// Whether pictures belong to it: then Enter adds one, and what sends it is its button.
    #[must_use]
    pub const fn has_pictures(&self) -> bool {
        matches!(self, Self::Sell | Self::Edit(_) | Self::Product(_) | Self::Details)
    }
}

/// Which entry of a form is wrong, and why.
pub(crate) type Wrong = (usize, String);
/// What a filled-in form asks of the market: an operation and its parameters.
pub(crate) type Request = Result<(&'static str, Value), Wrong>;

/// One of the things a form asks for.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The parameter it becomes.
    pub name: &'static str,
    /// What stands before it.
    pub label: &'static str,
    /// What stands in it while it is empty.
    pub hint: &'static str,
    /// What is typed or chosen.
    pub value: Input,
}

/// How something is put in.
#[derive(Debug, Clone)]
pub enum Input {
    /// One line.
    Line(Field),
    /// One line nobody shall read.
    Secret(Field),
    /// Several lines; so many are seen.
    Lines(Field, u16),
    /// One of these.
    Choice(Vec<String>, usize),
    /// The path of a picture to add.
    Path(Field),
}

impl Entry {
    /// A line.
    #[must_use]
    pub fn line(name: &'static str, label: &'static str, text: &str, hint: &'static str) -> Self {
        Self { name, label, hint, value: Input::Line(Field::line(text)) }
    }
    /// A secret.
    #[must_use]
    pub fn secret(name: &'static str, label: &'static str, hint: &'static str) -> Self {
        Self { name, label, hint, value: Input::Secret(Field::line("")) }
    }
    /// A choice.
    #[must_use]
    pub fn choice(name: &'static str, label: &'static str, of: Vec<String>, chosen: &str) -> Self {
        let at = of.iter().position(|each| each == chosen).unwrap_or(0);
        Self { name, label, hint: "", value: Input::Choice(of, at) }
    }
    /// The text or the choice.
    #[must_use]
    pub fn text(&self) -> &str {
        match &self.value {
            Input::Line(field) | Input::Secret(field) | Input::Lines(field, _) | Input::Path(field) => {
                field.text()
            }
            Input::Choice(of, at) => of.get(*at).map_or("", String::as_str),
        }
    }
    /// How many rows what is typed takes.
    pub(crate) const fn rows(&self) -> u16 {
        match &self.value {
            Input::Lines(_, rows) => *rows,
            _ => 1,
        }
    }
    pub(crate) fn field(&mut self) -> Option<&mut Field> {
        match &mut self.value {
            Input::Line(field) | Input::Secret(field) | Input::Lines(field, _) | Input::Path(field) => {
                Some(field)
            }
            Input::Choice(..) => None,
        }
    }
}

/// A picture of a form.
#[derive(Debug, Clone)]
pub struct Shot {
    /// What it is called while it is on its way.
    pub number: u64,
    /// The name of its file.
    pub name: String,
    /// How far it is.
    pub state: ShotState,
}

/// How far a picture of a form is.
#[derive(Debug, Clone)]
pub enum ShotState {
    /// Its file is read.
    Reading,
    /// It is sent.
    Sending {
        /// All of it.
        bytes: Arc<Vec<u8>>,
        /// Under which upload.
        upload: String,
        /// How much in a piece.
        chunk: usize,
        /// How much of it was sent.
        sent: usize,
        /// How much of it was received.
        received: usize,
        /// How many pieces are under way.
        under_way: usize,
        /// How often it was begun again where the market is.
        again: usize,
    },
    /// The market has it.
    There(Picture),
    /// It did not work out.
    Failed(String),
}

/// A form that is being filled in.
#[derive(Debug, Clone)]
pub struct Form {
    /// What it is for.
    pub aim: Aim,
    /// Its title.
    pub title: String,
    /// What stands on its button.
    pub button: &'static str,
    /// What is to be known before it is filled in.
    pub says: Vec<String>,
    /// What it asks for.
    pub entries: Vec<Entry>,
    /// Which entry one is in; the button stands behind the last.
    pub focus: usize,
    /// Why it was not taken.
    pub error: Option<String>,
    /// Which entry that is about, when it is about one.
    pub wrong: Option<usize>,
    /// Whether it was sent and is not answered yet.
    pub sent: bool,
    /// Its pictures, the cover first.
    pub shelf: Vec<Shot>,
    /// The picture one is on.
    pub shot: usize,
    /// How it looked when it was opened.
    begun: Vec<String>,
}

/// What a key did to a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Did {
    /// Nothing.
    Nothing,
    /// It changed.
    Changed,
    /// It shall be sent.
    Send,
    /// The path shall be completed.
    Complete,
    /// The picture of that path shall be added.
    Add,
}

impl Form {
    /// A fresh form.
    #[must_use]
    pub fn new(aim: Aim, title: &str, button: &'static str, entries: Vec<Entry>) -> Self {
        let begun = entries.iter().map(|entry| entry.text().to_owned()).collect();
        Self {
            aim,
            title: title.to_owned(),
            button,
            says: Vec::new(),
            entries,
            focus: 0,
            error: None,
            wrong: None,
            sent: false,
            shelf: Vec::new(),
            shot: 0,
            begun,
        }
    }

    /// What was put in under that name.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.entries.iter().find(|entry| entry.name == name).map_or("", Entry::text)
    }

    /// Whether something would be lost by leaving.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        self.entries.len() != self.begun.len()
            || self.entries.iter().zip(&self.begun).any(|(entry, begun)| entry.text() != begun)
    }

    /// Whether one is where text is typed.
    #[must_use]
    pub fn is_typing(&self) -> bool {
        self.entries.get(self.focus).is_some_and(|entry| !matches!(entry.value, Input::Choice(..)))
    }

    fn go(&mut self, by: isize) {
        let count = self.entries.len() + 1;
        self.focus = self.focus.checked_add_signed(by).unwrap_or(count - 1) % count;
    }

    /// Keys for the pictures: they count while the field for the next one is empty.
    fn on_shelf_key(&mut self, key: KeyEvent) -> bool {
        let at_path = self
            .entries
            .get(self.focus)
            .is_some_and(|entry| matches!(&entry.value, Input::Path(field) if field.is_empty()));
        if !at_path || self.shelf.is_empty() {
            return false;
        }
        let last = self.shelf.len() - 1;
        self.shot = self.shot.min(last);
        let carry = !key.modifiers.is_empty();
        match key.code {
            KeyCode::Left | KeyCode::Right => {
                let to = if key.code == KeyCode::Left {
                    self.shot.saturating_sub(1)
                } else {
                    (self.shot + 1).min(last)
                };
                if carry {
                    self.shelf.swap(self.shot, to);
                }
                self.shot = to;
            }
            KeyCode::Char('<') => {
                self.shelf.swap(self.shot, self.shot.saturating_sub(1));
                self.shot = self.shot.saturating_sub(1);
            }
            KeyCode::Char('>') => {
                let to = (self.shot + 1).min(last);
                self.shelf.swap(self.shot, to);
                self.shot = to;
            }
            KeyCode::Delete | KeyCode::Backspace => {
                self.shelf.remove(self.shot);
                self.shot = self.shot.min(self.shelf.len().saturating_sub(1));
            }
            _ => return false,
        }
        true
    }

    /// The pictures the market has, in their order.
    #[must_use]
    pub fn pictures(&self) -> Vec<&str> {
        let there = self.shelf.iter().filter_map(|shot| match &shot.state {
            ShotState::There(picture) => Some(picture.picture.as_str()),
            _ => None,
        });
        there.collect()
    }

    /// Whether a picture is on its way.
    #[must_use]
    pub fn is_sending(&self) -> bool {
        self.shelf.iter().any(|shot| matches!(shot.state, ShotState::Reading | ShotState::Sending { .. }))
    }

    /// Takes a key.
    pub fn on_key(&mut self, key: KeyEvent) -> Did {
        if self.sent {
            return Did::Nothing;
        }
        if key.modifiers.contains(KeyModifiers::CONTROL) && matches!(key.code, KeyCode::Char('s')) {
            return Did::Send;
        }
        let count = self.entries.len();
        let plain = key.modifiers.difference(KeyModifiers::SHIFT).is_empty();
        if self.on_shelf_key(key) {
            return Did::Changed;
        }
        if let Some(entry) = self.entries.get_mut(self.focus) {
            match (&mut entry.value, key.code) {
                (Input::Path(field), KeyCode::Tab) if !field.is_empty() => return Did::Complete,
                (Input::Path(field), KeyCode::Enter) if !field.is_empty() => return Did::Add,
                (Input::Choice(of, at), KeyCode::Left) => {
                    *at = at.checked_sub(1).unwrap_or(of.len().saturating_sub(1));
                    return Did::Changed;
                }
                (Input::Choice(of, at), KeyCode::Right | KeyCode::Char(' ')) => {
                    *at = (*at + 1) % of.len().max(1);
                    return Did::Changed;
                }
                // The first letter chooses, as people expect of a list.
                (Input::Choice(of, at), KeyCode::Char(letter)) if plain => {
                    let starts = |each: &String| each.to_lowercase().starts_with(letter.to_ascii_lowercase());
                    let found =
                        (1..=of.len()).map(|step| (*at + step) % of.len()).find(|&at| starts(&of[at]));
                    *at = found.unwrap_or(*at);
                    return Did::Changed;
                }
                _ => {}
            }
            if entry.field().is_some_and(|field| field.on_key(key)) {
                (self.error, self.wrong) = (None, None);
                return Did::Changed;
            }
        }
        match key.code {
            KeyCode::Tab | KeyCode::Down => self.go(1),
            KeyCode::BackTab | KeyCode::Up => self.go(-1),
            KeyCode::Enter if self.focus == count => return Did::Send,
            // The button follows the last field: a form that was filled in line by line is sent by the last Enter.
            KeyCode::Enter if self.focus + 1 == count && !self.aim.has_pictures() => {
                return Did::Send;
            }
            KeyCode::Enter => self.go(1),
            _ => return Did::Nothing,
        }
        Did::Changed
    }

    /// Puts pasted text where one is.
    pub fn paste(&mut self, text: &str) {
        let focus = self.focus;
        if let Some(field) = self.entries.get_mut(focus).and_then(Entry::field) {
            field.paste(text);
        }
    }

    /// Goes to the entry of that name, if there is one.
    pub fn go_to(&mut self, name: &str) {
        if let Some(at) = self.entries.iter().position(|entry| entry.name == name) {
            self.focus = at;
        }
    }

    /// Where the entry of that name stands; the first, when there are several.
    pub(crate) fn at(&self, name: &str) -> usize {
        self.entries.iter().position(|entry| entry.name == name).unwrap_or(self.focus)
    }

    /// Says beside the entry of that name why the form was not taken; below all of them, when none is called so.
    pub fn refuse(&mut self, name: &str, why: String) {
        self.wrong = self.entries.iter().position(|entry| entry.name == name);
        self.focus = self.wrong.unwrap_or(self.focus);
        self.error = Some(why);
    }

    /// The market did not take it: what was put in stays, and its words stand beside the entry they are about.
    pub(crate) fn refused(&mut self, no: &Value) {
        self.sent = false;
        let code = no["code"].as_str().unwrap_or_default();
        let named = no["field"].as_str().unwrap_or_default();
        let at = match (code, &self.aim) {
            (_, Aim::Auction { .. }) if named.is_empty() => bid::wrong_entry(code, self),
            ("reserve_too_low" | "buy_now_too_low" | "duration_invalid", _) => bid::wrong_entry(code, self),
            ("not_cash_unit", Aim::Sell) => "price",
            ("wrong_credentials", Aim::LogIn) => "password",
            ("wrong_credentials", _) => "current_password",
            ("username_taken" | "username_invalid" | "username_reserved", _) => "username",
            ("not_found" | "yourself" | "too_much_staff", Aim::Appoint) => "username",
            ("not_found" | "yourself", Aim::TopUp) => "username",
            (
                "price_out_of_range" | "amount_out_of_range" | "balance_short" | "refund_too_large",
                Aim::TopUp | Aim::Payout | Aim::Refund(_),
            ) => "amount",
            ("balance_short", Aim::Pay(_)) => "wallet",
            ("email_taken" | "email_invalid" | "email_domain_not_allowed", _) => "email",
            ("password_weak" | "password_length", Aim::Password) => "new_password",
            ("password_weak" | "password_length", _) => "password",
            ("price_out_of_range", _) => "price",
            ("picture_needed" | "too_many_pictures", _) => "pictures",
            ("invitation_invalid" | "too_many_tries", Aim::OpenStore) => "code",
            ("store_name_taken" | "store_name_invalid", _) => "name",
            ("day_invalid", _) => "from",
            (
                "quantity_out_of_range" | "quantity_limit" | "stock_short" | "total_out_of_range" | "held",
                Aim::Buy(_) | Aim::Gather(_) | Aim::Quantity(_),
            ) => "quantity",
            ("quantity_out_of_range", Aim::EditVariant(_)) => "low_stock",
            ("quantity_out_of_range" | "stock_short", _) => "copies",
            ("variant_taken", _) => "label",
            ("sku_taken", _) => "sku",
            _ => named,
        };
        self.refuse(at, message(no));
        // Of several variants it is a later one that repeats what an earlier one has.
        if let Some(at) = self.wrong.filter(|_| matches!(code, "variant_taken" | "sku_taken")) {
            let name = self.entries[at].name;
            let same = |(number, entry): &(usize, &Entry)| {
                let text = entry.text().trim().to_lowercase();
                let before = self.entries[..*number].iter().filter(|each| each.name == name);
                entry.name == name && before.into_iter().any(|each| each.text().trim().to_lowercase() == text)
            };
            if let Some(again) = self.entries.iter().enumerate().find(same).map(|(number, _)| number) {
                (self.wrong, self.focus) = (Some(again), again);
            }
        }
    }

    /// The number of copies in an entry; `empty` stands for nothing typed, when that means something.
    pub(crate) fn copies(&self, at: usize, empty: Option<i64>) -> Result<i64, Wrong> {
        let typed = self.entries.get(at).map_or("", Entry::text).trim();
        match (typed.is_empty(), empty) {
            (true, Some(empty)) => Ok(empty),
            (true, None) => Err((at, "Say how many.".to_owned())),
            (false, _) => {
                typed.parse().map_err(|_| (at, "Say a whole number in digits, such as 12.".to_owned()))
            }
        }
    }

    /// The currency the form says, or that of the auction it is about.
    pub(crate) fn currency(&self) -> Currency {
        match (Currency::parse(self.text("currency")), &self.aim) {
            (Ok(currency), _) => currency,
            (Err(_), Aim::Auction { currency, .. }) => *currency,
            (Err(_), _) => Currency::Usd,
        }
    }

    /// The price in an entry, in the currency the form says.
    pub(crate) fn price(&self, at: usize) -> Result<Money, Wrong> {
        let currency = self.currency();
        let typed = self.entries.get(at).map_or("", Entry::text);
        if typed.trim().is_empty() {
            return Err((at, "Say a price.".to_owned()));
        }
        Price::parse(typed, currency).map(|price| price.money()).map_err(|no| (at, no.to_string()))
    }

    /// The pictures, when nothing about them is left to do.
    pub(crate) fn pictures_there(&self) -> Result<Vec<&str>, Wrong> {
        if self.is_sending() {
            return Err((self.at("pictures"), "A picture is still on its way. One moment.".to_owned()));
        }
        if !self.text("pictures").trim().is_empty() {
            let why = "Press Enter on the picture's file to add it, or empty the field.";
            return Err((self.at("pictures"), why.to_owned()));
        }
        Ok(self.pictures())
    }
}

impl App {
    pub(crate) fn sell_form(&self) -> Form {
        let entries = vec![
            Entry::line("title", "What is it", "", "Spivak, Calculus, 4th edition"),
            Entry::line("price", "Price", "", "12.50"),
            Entry::choice(
                "currency",
                "Currency",
                Currency::ALL.iter().map(|each| each.code().to_owned()).collect(),
                "USD",
            ),
            Entry::choice("category", "Shelf", self.categories.clone(), "books"),
            Entry::choice("condition", "Condition", self.conditions.clone(), "good"),
            Entry {
                name: "description",
                label: "Description",
                hint: "what a buyer would ask",
                value: Input::Lines(Field::lines(""), 4),
            },
            Entry {
                name: "pictures",
                label: "Picture",
                hint: "a file; Tab completes, Enter adds it",
                value: Input::Path(Field::line("")),
            },
            lot::how(),
        ];
        Form::new(Aim::Sell, "Sell something", "Offer it", entries)
    }

    pub(crate) fn edit_form(&self, listing: &Listing) -> Form {
        let price = listing.price.to_string();
        let price = price.split(' ').next().unwrap_or_default();
        let entries = vec![
            Entry::line("title", "What is it", &listing.title, ""),
            Entry::line("price", "Price", price, ""),
            Entry::choice(
                "currency",
                "Currency",
                Currency::ALL.iter().map(|each| each.code().to_owned()).collect(),
                listing.price.currency.code(),
            ),
            Entry::choice("category", "Shelf", self.categories.clone(), &listing.category),
            Entry::choice("condition", "Condition", self.conditions.clone(), &listing.condition),
            Entry {
                name: "description",
                label: "Description",
                hint: "",
                value: Input::Lines(Field::lines(&listing.description), 4),
            },
            Entry {
                name: "pictures",
                label: "Picture",
                hint: "a file; Tab completes, Enter adds it",
                value: Input::Path(Field::line("")),
            },
        ];
        let mut form =
            Form::new(Aim::Edit(listing.listing.clone()), "Change what you offer", "Save", entries);
        form.shelf = listing
            .pictures
            .iter()
            .enumerate()
            .map(|(number, picture)| Shot {
                number: u64::try_from(number).unwrap_or(0),
                name: format!("picture {}", number + 1),
                state: ShotState::There(picture.clone()),
            })
            .collect();
        form
    }

    pub(crate) fn filter_form(&self) -> Form {
        let Filter { condition, currency, least, most, sort } = &self.market.filter;
        let any = |of: Vec<String>| std::iter::once(ANY.to_owned()).chain(of).collect::<Vec<_>>();
        let price = |minor: &Option<i64>| {
            let price = minor.zip(*currency).map(|(minor, currency)| Money::new(minor, currency).to_string());
            price.unwrap_or_default().split(' ').next().unwrap_or_default().to_owned()
        };
        let entries = vec![
            Entry::choice(
                "condition",
                "Condition",
                any(self.conditions.clone()),
                condition.as_deref().unwrap_or(ANY),
            ),
            Entry::choice(
                "currency",
                "Currency",
                any(Currency::ALL.iter().map(|each| each.code().to_owned()).collect()),
                currency.map_or(ANY, Currency::code),
            ),
            Entry::line("least", "From", &price(least), "any price"),
            Entry::line("most", "Up to", &price(most), "any price"),
            Entry::choice(
                "sort",
                "First",
                Sort::ALL.iter().map(|each| each.name().to_owned()).collect(),
                sort.name(),
            ),
        ];
        Form::new(Aim::Filter, "What to look at", "Show", entries)
    }

    /// Shows what a filled-in form asks for, or says in it what is wrong.
    fn filter_by_form(&mut self) {
        let Some(form) = self.form.as_mut() else { return };
        match filter_of(form) {
            Ok(filter) => {
                self.form = None;
                self.market.filter = filter;
                self.market.owner = None;
                self.market.list.at = 0;
                self.load_market(false);
            }
            Err((entry, why)) => {
                form.refuse(entry, why);
            }
        }
    }

    /// The form that has the keys: the one over the page, or that of the tab Sell.
    pub(crate) fn typing_form(&mut self) -> Option<&mut Form> {
        if self.form.is_some() {
            self.form.as_mut()
        } else if self.tab == Tab::Sell && self.above.is_empty() {
            Some(&mut self.sell)
        } else {
            None
        }
    }

    pub(crate) fn send_form(&mut self) {
        let modal = self.form.is_some();
        if !modal && self.me.is_none() {
            self.form = Some(log_in_form());
            return;
        }
        let (without_picture, zone) = (self.without_picture.clone(), self.zone.clone());
        let Some(form) = self.typing_form() else { return };
        if form.aim == Aim::Filter {
            return self.filter_by_form();
        }
        if form.sent {
            return;
        }
        let request = store::request(form)
            .or_else(|| stock::request(form))
            .or_else(|| variant::request(form))
            .or_else(|| cart::request(form))
            .or_else(|| checkout::request(form))
            .or_else(|| payout::request(form))
            .or_else(|| bid::request(form, &zone));
        match request {
            Some(Ok((op, fields))) => {
                form.sent = true;
                (form.error, form.wrong) = (None, None);
                return self.ask(op, fields, Purpose::Form { modal });
            }
            Some(Err((at, why))) => {
                (form.error, form.wrong, form.focus) = (Some(why), Some(at), at);
                return;
            }
            None => {}
        }
        let needs_picture = !without_picture.iter().any(|each| each == form.text("category"));
        let mut fields = Map::new();
        for entry in &form.entries {
            match entry.name {
                "price" | "currency" | "pictures" | "how" => {}
                name => {
                    fields.insert(name.to_owned(), json!(entry.text()));
                }
            }
        }
        let op = match &form.aim {
            Aim::LogIn => "log_in",
            Aim::Register => "register",
            Aim::Sell => "add_listing",
            Aim::Edit(id) => {
                fields.insert("listing".to_owned(), json!(id));
                "edit_listing"
            }
            Aim::Name => "change_name",
            Aim::Username => "change_username",
            Aim::Email => "change_email",
            Aim::Password => "change_password",
            // It asks nothing of the market but another page; what the others ask was sent above.
            _ => return,
        };
        if matches!(form.aim, Aim::LogIn | Aim::Register) {
            fields.insert("device".to_owned(), json!("auboutique terminal"));
        }
        if form.aim == Aim::Password && form.text("new_password") != form.text("again") {
            form.refuse("again", "The two new passwords are not the same.".to_owned());
            return;
        }
        fields.remove("again");
        if matches!(form.aim, Aim::Sell | Aim::Edit(_)) {
            let made = match (form.price(form.at("price")), form.pictures_there()) {
                (Err(wrong), _) => Err(wrong),
                _ if form.text("title").trim().is_empty() => {
                    Err((form.at("title"), "Say what it is.".to_owned()))
                }
                (_, Err(wrong)) => Err(wrong),
                (Ok(price), Ok(_)) => Ok(price),
            };
            match made {
                Ok(price) => fields.insert("price".to_owned(), json!(price)),
                Err((at, why)) => {
                    (form.error, form.wrong, form.focus) = (Some(why), Some(at), at);
                    return;
                }
            };
            let pictures = form.pictures();
            if pictures.is_empty() && needs_picture && form.aim == Aim::Sell {
                form.refuse("pictures", "On this shelf a listing needs a picture.".to_owned());
                return;
            }
            if !pictures.is_empty() || matches!(form.aim, Aim::Edit(_)) {
                fields.insert("pictures".to_owned(), json!(pictures));
            }
        }
        form.sent = true;
        (form.error, form.wrong) = (None, None);
        self.ask(op, Value::Object(fields), Purpose::Form { modal });
    }

    pub(crate) fn form_taken(&mut self, modal: bool, reply: Value) {
        let aim = if modal { self.form.take().map(|form| form.aim) } else { Some(Aim::Sell) };
        match aim {
            Some(Aim::Sell) if reply.get("lot").is_some() => {
                self.sell = self.sell_form();
                self.auction_form_taken("open_auction", reply);
            }
            Some(Aim::Auction { op, .. }) => self.auction_form_taken(op, reply),
            Some(Aim::Sell) => {
                self.sell = self.sell_form();
                if let Some(listing) = read::<Listing>(reply) {
                    self.say(&format!("“{}” is on sale", text::cut(&listing.title, 40)));
                    self.tab = Tab::Mine;
                    self.above.clear();
                    self.mine.rows.insert(0, listing);
                    self.mine.at = 0;
                }
                self.load_mine(false);
                if !self.live {
                    self.load_market(false);
                }
            }
            Some(Aim::Edit(_)) => {
                if let Some(listing) = read::<Listing>(reply) {
                    self.know_listing(&listing);
                    self.say("Saved");
                }
            }
            Some(Aim::LogIn | Aim::Register) => {
                let name = reply["account"]["name"].as_str().unwrap_or_default();
                self.say(&format!("Hello, {name}"));
            }
            Some(Aim::Name | Aim::Username | Aim::Email | Aim::Password) => {
                self.me = read(reply).or(self.me.take());
                self.say("Changed");
            }
            Some(Aim::Buy(_)) => self.bought(reply),
            Some(aim @ (Aim::Gather(_) | Aim::Quantity(_))) => self.cart_form_taken(&aim, reply),
            Some(aim @ (Aim::Pay(_) | Aim::Return(_) | Aim::Refund(_) | Aim::Ship(_))) => {
                self.order_form_taken(&aim, reply);
            }
            Some(Aim::Deliver(..)) => self.delivery_taken(reply),
            Some(aim @ (Aim::Payout | Aim::TopUp)) => self.money_form_taken(&aim, reply),
            Some(aim) => self.store_form_taken(&aim, reply),
            None => {}
        }
    }

    pub(crate) fn find_shot(&mut self, number: u64) -> Option<&mut Shot> {
        let modal = self.form.iter_mut().flat_map(|form| form.shelf.iter_mut());
        modal.chain(self.sell.shelf.iter_mut()).find(|shot| shot.number == number)
    }

    pub(crate) fn add_picture(&mut self) {
        self.ticket += 1;
        // Numbers of what comes from a file never meet those of what was there.
        let number = self.ticket + 1_000;
        self.paths.clear();
        let Some(form) = self.typing_form() else { return };
        if form.shelf.len() >= 8 {
            form.refuse("pictures", "A listing has at most 8 pictures.".to_owned());
            return;
        }
        if form.aim == Aim::Details {
            // A store has one: another takes its place.
            form.shelf.clear();
        }
        let focus = form.focus;
        let Some(field) = form.entries.get_mut(focus).and_then(Entry::field) else { return };
        let path = field.take();
        let name =
            path.trim().trim_end_matches(['\'', '"']).rsplit('/').next().unwrap_or_default().to_owned();
        form.shelf.push(Shot { number, name, state: ShotState::Reading });
        form.shot = form.shelf.len() - 1;
        (form.error, form.wrong) = (None, None);
        self.errands.push(Errand::Read { number, path });
    }

    pub(crate) fn upload_went_on(&mut self, number: u64, reply: Value) {
        let Some(shot) = self.find_shot(number) else { return };
        let ShotState::Sending { upload, chunk, received, under_way, .. } = &mut shot.state else { return };
        if reply.get("picture").is_some() {
            match read(reply) {
                Some(picture) => shot.state = ShotState::There(picture),
                None => shot.state = ShotState::Failed("The market's answer cannot be read.".to_owned()),
            }
            return;
        }
        let size = |name: &str| reply[name].as_u64().and_then(|size| usize::try_from(size).ok());
        match reply["upload"].as_str() {
            Some(started) => {
                started.clone_into(upload);
                *chunk = size("chunk_bytes").unwrap_or(30_000).clamp(1, 45_000);
            }
            None => *under_way = under_way.saturating_sub(1),
        }
        *received = (*received).max(size("received").unwrap_or(0));
        self.send_pieces(number);
    }

    /// Sends the next pieces, so that the market need not wait for the way between; after the last, the end.
    fn send_pieces(&mut self, number: u64) {
        let Some(shot) = self.find_shot(number) else { return };
        let ShotState::Sending { bytes, upload, chunk, sent, received, under_way, .. } = &mut shot.state
        else {
            return;
        };
        if *under_way == 0 {
            // All that was sent is answered: what the market does not have by now was not taken.
            *sent = *received;
        }
        let mut pieces = Vec::new();
        while *under_way < PIECES && *sent < bytes.len() {
            let to = (*sent + *chunk).min(bytes.len());
            let data = data_encoding::BASE64.encode(&bytes[*sent..to]);
            pieces.push(json!({ "upload": upload, "offset": *sent, "data": data }));
            *sent = to;
            *under_way += 1;
        }
        let upload = (*under_way == 0).then(|| upload.clone());
        for piece in pieces {
            self.ask("send_chunk", piece, Purpose::Upload(number));
        }
        if let Some(upload) = upload {
            self.ask("finish_upload", json!({ "upload": upload }), Purpose::Upload(number));
        }
    }

    /// Something of an upload was not taken. A piece that overtook the one before it is sent again.
    pub(crate) fn upload_refused(&mut self, number: u64, no: &Value) {
        let misplaced = no["code"].as_str() == Some("upload_misplaced");
        let there = no["received"].as_u64().and_then(|there| usize::try_from(there).ok());
        let Some(shot) = self.find_shot(number) else { return };
        match (&mut shot.state, there) {
            (ShotState::Sending { received, under_way, again, .. }, Some(there))
                if misplaced && *again < AGAIN =>
            {
                *under_way = under_way.saturating_sub(1);
                *received = there;
                *again += 1;
                if *under_way == 0 {
                    self.send_pieces(number);
                }
            }
            _ => self.upload_failed(number, message(no)),
        }
    }

    pub(crate) fn upload_failed(&mut self, number: u64, why: String) {
        if let Some(shot) = self.find_shot(number) {
            shot.state = ShotState::Failed(why);
        }
    }

    pub(crate) fn on_form_key(&mut self, key: KeyEvent) {
        if key.code == KeyCode::Esc {
            if let Some(form) = &self.form {
                let light = matches!(
                    form.aim,
                    Aim::LogIn
                        | Aim::Filter
                        | Aim::Buy(_)
                        | Aim::Gather(_)
                        | Aim::Quantity(_)
                        | Aim::Pay(_)
                        | Aim::Auction { op: "place_bid", .. }
                );
                let keep = form.is_changed() && !light;
                if keep {
                    self.dialog = Some(Dialog {
                        title: "Leave the form?".to_owned(),
                        lines: vec!["What you typed is lost.".to_owned()],
                        yes: "Leave",
                        no: "Stay",
                        on_yes: false,
                        then: Then::LeaveForm,
                    });
                } else {
                    self.form = None;
                }
            } else {
                // What is typed stays in the tab.
                self.tab = Tab::Market;
            }
            return;
        }
        if let Some(form) = &self.form
            && key.code == KeyCode::F(2)
        {
            match form.aim {
                Aim::LogIn => self.form = Some(register_form()),
                Aim::Register => self.form = Some(log_in_form()),
                _ => {}
            }
            return;
        }
        let Some(form) = self.typing_form() else { return };
        if stock::on_form_key(form, key.code) {
            return;
        }
        if variant::on_form_key(form, key.code) {
            return self.reckon();
        }
        match form.on_key(key) {
            Did::Send => self.send_form(),
            Did::Complete => {
                let focus = form.focus;
                let typed = form.entries.get(focus).map(|entry| entry.text().to_owned()).unwrap_or_default();
                self.errands.push(Errand::Complete(typed));
            }
            Did::Add => self.add_picture(),
            Did::Changed => {
                lot::renew_terms(form);
                self.paths.clear();
                self.reckon();
            }
            Did::Nothing => {}
        }
    }
}

/// What a form asks for, or which entry is wrong, and why.
fn filter_of(form: &Form) -> Result<Filter, (&'static str, String)> {
    let chosen = |name| Some(form.text(name)).filter(|text| *text != ANY);
    let currency = chosen("currency").and_then(|code| Currency::parse(code).ok());
    let price = |name| {
        let typed = form.text(name).trim();
        match currency {
            _ if typed.is_empty() => Ok(None),
            None => Err(("currency", Refusal::CurrencyNeeded.to_string())),
            Some(currency) => match Price::parse(typed, currency) {
                Ok(price) => Ok(Some(price.money().minor)),
                Err(refusal) => Err((name, refusal.to_string())),
            },
        }
    };
    let (least, most) = (price("least")?, price("most")?);
    let sort = Sort::parse(form.text("sort")).unwrap_or_default();
    let browse = Browse {
        price: currency.map(|currency| PriceRange { currency, least, most }),
        sort,
        ..Browse::default()
    };
    if let Err(refusal) = browse.check() {
        let entry = if refusal == Refusal::CurrencyNeeded { "currency" } else { "least" };
        return Err((entry, refusal.to_string()));
    }
    Ok(Filter { condition: chosen("condition").map(str::to_owned), currency, least, most, sort })
}

/// The form to sign in.
pub(crate) fn log_in_form() -> Form {
    let entries = vec![
        Entry::line("login", "Username", "", "or e-mail address"),
        Entry::secret("password", "Password", ""),
    ];
    Form::new(Aim::LogIn, "Log in", "Log in", entries)
}

/// The form to join.
fn register_form() -> Form {
    let entries = vec![
        Entry::line("name", "Name", "", "how others see you"),
        Entry::line("username", "Username", "", "3 to 30 of a-z, 0-9, _"),
        Entry::line("email", "E-mail", "", ""),
        Entry::secret("password", "Password", "8 characters or more"),
    ];
    Form::new(Aim::Register, "Join the market", "Join", entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> Form {
        Form::new(
            Aim::LogIn,
            "Log in",
            "Log in",
            vec![
                Entry::line("login", "Username", "", ""),
                Entry::choice("kind", "Kind", vec!["books".into(), "games".into(), "music".into()], "games"),
                Entry::secret("password", "Password", ""),
            ],
        )
    }

    fn press(form: &mut Form, codes: &[KeyCode]) -> Did {
        let mut did = Did::Nothing;
        for &code in codes {
            did = form.on_key(KeyEvent::new(code, KeyModifiers::NONE));
        }
        did
    }

    #[test]
    fn a_form_is_filled_in_line_by_line_and_sent_by_the_last_enter() {
        let mut form = form();
        let keys = [
            KeyCode::Char('n'),
            KeyCode::Enter,
            KeyCode::Char('m'),
            KeyCode::Enter,
            KeyCode::Char('p'),
            KeyCode::Enter,
        ];
        assert_eq!(press(&mut form, &keys), Did::Send);
        assert_eq!((form.text("login"), form.text("kind"), form.text("password")), ("n", "music", "p"));
        assert!(form.is_changed());
    }

    #[test]
    fn what_was_sent_is_not_changed_until_it_is_answered() {
        let mut form = form();
        form.sent = true;
        assert_eq!(press(&mut form, &[KeyCode::Char('x')]), Did::Nothing);
        assert!(!form.is_changed());
    }
}
