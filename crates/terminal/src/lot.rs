//! Putting a lot up for auction: something new from the form of the tab Sell, or a listing of one's own.

use auboutique_domain::auction::{AuctionDraft, Ends};
use auboutique_domain::time::{Moment, Span};
use auboutique_domain::{Currency, Money};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::bid::{amount, proposed, wrong_entry};
use crate::form::{Aim, Entry, Form, Request, Wrong};
use crate::listing::Listing;
use crate::tab::Tab;

/// How something is sold, as the form of the tab Sell calls it.
const FIXED: &str = "at a fixed price";
const AUCTION: &str = "at auction";
/// How long bidding can last, and how many minutes that is.
const DURATIONS: [(&str, i64); 8] = [
    ("10 minutes", 10),
    ("1 hour", 60),
    ("6 hours", 360),
    ("1 day", 1_440),
    ("3 days", 4_320),
    ("7 days", 10_080),
    ("14 days", 20_160),
    ("30 days", 43_200),
];
const USUAL: &str = "3 days";
/// Until then, and not for so long.
const UNTIL: &str = "until a time";

/// When bidding ends, as it was chosen or typed: a time of that zone.
fn ends(form: &Form, zone: &TimeZone) -> Result<Ends, Wrong> {
    let lasts = form.text("lasts");
    if lasts != UNTIL {
        let minutes = DURATIONS.iter().find(|(name, _)| *name == lasts).map_or(0, |(_, minutes)| *minutes);
        return Ok(Ends::After(Span::minutes(minutes)));
    }
    let moment = || {
        let local: DateTime = form.text("until").trim().parse().ok()?;
        let moment = local.to_zoned(zone.clone()).ok()?.timestamp();
        Some(Ends::At(Moment::from_micros(moment.as_microsecond())))
    };
    moment().ok_or_else(|| {
        (form.at("until"), "Say the day and the time in digits, such as 2027-01-31 18:30.".to_owned())
    })
}

/// The terms of an auction beside its starting price.
pub(crate) fn terms() -> Vec<Entry> {
    let durations = DURATIONS.iter().map(|(name, _)| *name).chain([UNTIL]).map(str::to_owned).collect();
    vec![
        Entry::choice("lasts", "Lasts", durations, USUAL),
        Entry::line("reserve", "Reserve", "", "secret; below it you need not sell"),
        Entry::line("buy_now", "Buy now", "", "ends it at once; 1.3 times the start or more"),
        Entry::line("increment", "Increment", "", "by how much bids rise; the usual one"),
    ]
}

/// The choice of how something is sold.
pub(crate) fn how() -> Entry {
    Entry::choice("how", "Sell it", vec![FIXED.to_owned(), AUCTION.to_owned()], FIXED)
}

fn is_at_auction(form: &Form) -> bool {
    form.aim == Aim::Sell && form.text("how") == AUCTION
}

/// The terms that stand in a form, as parameters: checked as the market checks them.
fn terms_of(form: &Form, starting_price: Money, zone: &TimeZone) -> Result<Map<String, Value>, Wrong> {
    let amount = |name| amount(form, form.at(name));
    let (reserve, buy_now, increment) = (amount("reserve")?, amount("buy_now")?, amount("increment")?);
    let ends = ends(form, zone)?;
    AuctionDraft::new(starting_price, reserve, buy_now, increment, ends).map_err(|no| {
        let name = wrong_entry(&no.code(), form);
        let name = if name.is_empty() || name == "title" { "price" } else { name };
        (form.at(name), no.to_string())
    })?;
    let mut fields = Map::new();
    fields.insert("starting_price".to_owned(), json!(starting_price));
    match ends {
        Ends::After(span) => fields.insert("duration_seconds".to_owned(), json!(span.micros() / 1_000_000)),
        Ends::At(moment) => fields.insert("ends_at".to_owned(), json!(moment)),
    };
    for (name, amount) in [("reserve", reserve), ("buy_now", buy_now), ("increment", increment)] {
        if let Some(amount) = amount {
            fields.insert(name.to_owned(), json!(amount));
        }
    }
    Ok(fields)
}

/// What the form of the tab Sell asks of the market when something is sold at auction.
pub(crate) fn request(form: &Form, zone: &TimeZone) -> Option<Request> {
    if !is_at_auction(form) {
        return None;
    }
    let described = || {
        if form.text("title").trim().is_empty() {
            return Err((form.at("title"), "Say what it is.".to_owned()));
        }
        let mut fields = terms_of(form, form.price(form.at("price"))?, zone)?;
        for name in ["title", "description", "category", "condition"] {
            fields.insert(name.to_owned(), json!(form.text(name)));
        }
        fields.insert("pictures".to_owned(), json!(form.pictures_there()?));
        Ok(("open_auction", Value::Object(fields)))
    };
    Some(described())
}

/// What a form with the terms of a lot that is described already asks of the market.
pub(crate) fn request_terms(form: &Form, zone: &TimeZone) -> Result<Map<String, Value>, Wrong> {
    terms_of(form, form.price(form.at("starting_price"))?, zone)
}

/// Lets a form ask for what belongs to what was chosen in it: for the terms of an auction where something is to be sold at
/// one, and for a time where bidding is to end at one.
pub(crate) fn renew_terms(form: &mut Form) {
    if form.aim == Aim::Sell {
        renew_way_to_sell(form);
    }
    let Some(lasts) = form.entries.iter().position(|entry| entry.name == "lasts") else { return };
    let asks = form.entries.get(lasts + 1).is_some_and(|entry| entry.name == "until");
    match (form.text("lasts") == UNTIL, asks) {
        (true, false) => {
            let hint = "2027-01-31 18:30, as clocks show it on campus";
            form.entries.insert(lasts + 1, Entry::line("until", "Until", "", hint));
        }
        (false, true) => drop(form.entries.remove(lasts + 1)),
        _ => {}
    }
}

fn renew_way_to_sell(form: &mut Form) {
    let how = form.at("how");
    let has_terms = form.entries.len() > how + 1;
    match (is_at_auction(form), has_terms) {
        (true, false) => form.entries.extend(terms()),
        (false, true) => form.entries.truncate(how + 1),
        _ => return,
    }
    if let Some(price) = form.entries.iter_mut().find(|entry| entry.name == "price") {
        price.label = if has_terms { "Price" } else { "Starts at" };
    }
    form.button = if has_terms { "Offer it" } else { "Put it up" };
}

impl App {
    /// Goes to where something new is put up for auction.
    pub(crate) fn put_something_up(&mut self) {
        if !self.is_member_or_asked() {
            return;
        }
        self.tab = Tab::Sell;
        let how = self.sell.at("how");
        if let Some(entry) = self.sell.entries.get_mut(how) {
            let focus = self.sell.focus;
            *entry = Entry::choice("how", entry.label, vec![FIXED.to_owned(), AUCTION.to_owned()], AUCTION);
            renew_terms(&mut self.sell);
            self.sell.focus = focus;
        }
    }

    /// Asks on which terms a listing is put up for auction.
    pub(crate) fn offer_to_put_up(&mut self, listing: &Listing) {
        let currencies = Currency::ALL.iter().map(|each| each.code().to_owned()).collect();
        let mut entries = vec![
            proposed("starting_price", "Starts at", Some(&listing.price)),
            Entry::choice("currency", "Currency", currencies, listing.price.currency.code()),
        ];
        entries.extend(terms());
        let aim = Aim::Auction {
            op: "open_auction",
            of: listing.listing.clone(),
            currency: listing.price.currency,
        };
        let mut form = Form::new(aim, "Put it up for auction", "Put it up", entries);
        form.says = vec![
            listing.title.clone(),
            "With the first bid what you said of it stays; you can add notes.".to_owned(),
        ];
        self.form = Some(form);
    }
}
