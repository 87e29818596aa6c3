//! Bids and the other amounts of an auction: the forms they are typed into, and what these ask of the market.

use auboutique_domain::{Money, Price};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::auction::{Auction, countdown, seconds_until};
use crate::field::Field;
use crate::form::{Aim, Entry, Form, Input, Request, Wrong};
use crate::lot;
use crate::text;

/// What a form to lower the reserve price becomes.
const LOWER: &str = "lower";
const NONE: &str = "none at all";

/// An amount as one types it.
pub(crate) fn typed(amount: Option<&Money>) -> String {
    amount
        .map(|amount| amount.to_string().split(' ').next().unwrap_or_default().to_owned())
        .unwrap_or_default()
}

/// An entry with an amount that is proposed: what is typed takes its place.
pub(crate) fn proposed(name: &'static str, label: &'static str, amount: Option<&Money>) -> Entry {
    Entry { name, label, hint: "", value: Input::Line(Field::proposed(&typed(amount))) }
}

/// What is to be known before one bids.
pub(crate) fn says(auction: &Auction, now: Timestamp) -> Vec<String> {
    let leads = auction.is_led_by_you();
    let minimum = auction.minimum.as_ref().map(text::money).unwrap_or_default();
    let left = countdown(seconds_until(&auction.ends_at, now));
    let price = text::money(&auction.price);
    let stands = match auction.leader {
        _ if leads => format!("At {price}, and you lead · {left} left"),
        Some(leader) => format!("At {price}, and {} leads · {left} left", auction.bidder(leader)),
        None => format!("It begins at {price} · {left} left"),
    };
    let means = if leads {
        "Raising your maximum tells nobody and never moves the end."
    } else {
        "Your maximum is the most you would pay: the market bids for you only as much as is needed to lead, and nobody sees it while bidding runs."
    };
    vec![auction.lot.title.clone(), stands, format!("Bid {minimum} or more."), means.to_owned()]
}

/// The entry a refusal is about.
pub(crate) fn wrong_entry(code: &str, form: &Form) -> &'static str {
    let amount = || form.entries.first().map_or("", |entry| entry.name);
    match code {
        "reserve_too_low" => "reserve",
        "buy_now_too_low" => "buy_now",
        "duration_invalid" if form.entries.iter().any(|entry| entry.name == "until") => "until",
        "duration_invalid" => "lasts",
        "bid_too_low" | "bid_too_high" | "price_not_lower" | "counter_invalid" | "price_out_of_range"
        | "not_cash_unit" | "reserve_fixed" => amount(),
        _ => "",
    }
}

/// The amount in an entry; nothing when nothing is typed.
pub(crate) fn amount(form: &Form, at: usize) -> Result<Option<Money>, Wrong> {
    let typed = form.entries.get(at).map_or("", Entry::text).trim();
    if typed.is_empty() {
        return Ok(None);
    }
    let read = Price::parse(typed, form.currency()).map(Price::money);
    read.map(Some).map_err(|no| (at, no.to_string()))
}

/// What every form about an auction asks of the market: each entry is a parameter.
pub(crate) fn request(form: &Form, zone: &TimeZone) -> Option<Request> {
    let (op, of) = match &form.aim {
        Aim::Auction { op, of, .. } => (*op, of),
        Aim::Sell => return lot::request(form, zone),
        _ => return None,
    };
    let fields = match op {
        "open_auction" | "relist_auction" => lot::request_terms(form, zone),
        _ => fields(form, op),
    };
    Some(fields.map(|mut fields| {
        let named = if op == "open_auction" { "listing" } else { "auction" };
        fields.insert(named.to_owned(), json!(of));
        (op, Value::Object(fields))
    }))
}

fn fields(form: &Form, op: &str) -> Result<Map<String, Value>, Wrong> {
    let mut fields = Map::new();
    for (at, entry) in form.entries.iter().enumerate() {
        let text = entry.text().trim();
        let value = match entry.name {
            "becomes" => continue,
            "reserve" if op == "lower_reserve" && form.text("becomes") == NONE => Value::Null,
            // What can be left out is left out.
            "reason" | "corrected" if text.is_empty() => continue,
            "reason" | "text" => json!(text),
            _ => json!(amount(form, at)?.ok_or_else(|| (at, "Say how much.".to_owned()))?),
        };
        fields.insert(entry.name.to_owned(), value);
    }
    Ok(fields)
}

impl App {
    /// Opens the form of an operation on an auction.
    fn open_auction_form(
        &mut self,
        auction: &Auction,
        op: &'static str,
        (title, button): (&str, &'static str),
        (entries, says): (Vec<Entry>, Vec<String>),
    ) {
        let aim = Aim::Auction { op, of: auction.auction.clone(), currency: auction.price.currency };
        let mut form = Form::new(aim, title, button, entries);
        form.says = says;
        self.form = Some(form);
    }

    /// Asks for a bid.
    pub(crate) fn offer_to_bid(&mut self, auction: &Auction) {
        if !self.is_member_or_asked() {
            return;
        }
        if self.is_me(&auction.lot.seller.id) {
            return self.say("It is your own auction");
        }
        if !auction.is_open(self.now) {
            return self.say("Bidding on this is over");
        }
        let entries = vec![proposed("maximum", "Maximum", auction.minimum.as_ref())];
        let title = if auction.is_led_by_you() { "Raise your maximum" } else { "Bid" };
        let titles = (title, if auction.is_led_by_you() { "Raise it" } else { "Bid" });
        self.open_auction_form(auction, "place_bid", titles, (entries, says(auction, self.now)));
    }

    /// Asks what was meant by a bid that was a mistake.
    pub(crate) fn offer_to_retract(&mut self, auction: &Auction) {
        let entries = vec![Entry::line("corrected", "You meant", "", "a lower maximum")];
        let yours = auction.you.as_ref().map(|you| text::money(&you.maximum)).unwrap_or_default();
        let mut says = vec![
            auction.lot.title.clone(),
            format!("You bid up to {yours}."),
            "A typing error can be put right within ten minutes, by a lower maximum in its place.".to_owned(),
        ];
        if !auction.notes.is_empty() {
            says.push(
                "The seller added a note: with nothing typed, a bid from before it is taken back.".to_owned(),
            );
        }
        self.open_auction_form(
            auction,
            "retract_bid",
            ("Take your bid back", "Put it right"),
            (entries, says),
        );
    }

    /// Asks the seller for an amount, a text, or the terms of another auction.
    pub(crate) fn open_seller_form(&mut self, auction: &Auction, op: &'static str) {
        let (title, price) = (auction.lot.title.clone(), text::money(&auction.price));
        let selling = auction.selling.as_ref();
        let reserve = selling.and_then(|selling| selling.reserve.as_ref());
        let lines = |name, label, hint, rows| Entry {
            name,
            label,
            hint,
            value: Input::Lines(Field::lines(""), rows),
        };
        let (titles, entries, what) = match op {
            "lower_price" => (
                ("Lower the price", "Ask for this"),
                vec![Entry::line("price", "Price", "", "less than now")],
                format!("It begins at {price}. Those who watch are told of the new price."),
            ),
            "lower_reserve" => (
                ("Lower the reserve price", "Lower it"),
                vec![
                    Entry::line("reserve", "Reserve", "", "less than now"),
                    Entry::choice("becomes", "Becomes", vec![LOWER.to_owned(), NONE.to_owned()], LOWER),
                ],
                format!(
                    "It is {} now. It can be lowered until an hour before the end, and never raised.",
                    reserve.map(text::money).unwrap_or_default()
                ),
            ),
            "add_auction_note" => (
                ("Add a note", "Add it"),
                vec![lines("text", "Note", "what a bidder has to know", 4)],
                "What was said stays. Who bids or watches is told.".to_owned(),
            ),
            "cancel_auction" => (
                ("Call it off?", "Call it off"),
                vec![Entry::line("reason", "Why", "", "who bid is told")],
                "With bids on it only until 12 hours before the end, and with a reason.".to_owned(),
            ),
            "counter_offer" => (
                ("Ask the leading bidder for more", "Ask for this"),
                vec![Entry::line("price", "Price", "", "between the two")],
                format!(
                    "Once, for something between the leading bid of {price} and your reserve price of {}.",
                    reserve.map(text::money).unwrap_or_default()
                ),
            ),
            "offer_to_watchers" => (
                ("Offer it to those who watch", "Offer it"),
                vec![proposed("price", "Price", Some(&auction.price))],
                format!(
                    "To the {} who watch, for 24 hours. The first who takes it has it.",
                    auction.watchers
                ),
            ),
            "sell_at_fixed_price" => (
                ("Sell it at a fixed price", "Put it on sale"),
                vec![proposed("price", "Price", Some(&auction.price))],
                "It is a listing like any other, as you described it.".to_owned(),
            ),
            _ => {
                let start = auction.starting_price.as_ref().unwrap_or(&auction.price);
                let left = selling.map_or(0, |selling| selling.relists_left);
                let mut entries = vec![proposed("starting_price", "Starts at", Some(start))];
                entries.extend(lot::terms());
                let what = format!(
                    "For {} or less. The lot can be put up again {left} more times.",
                    text::money(start)
                );
                (("Put it up again", "Put it up"), entries, what)
            }
        };
        self.open_auction_form(auction, op, titles, (entries, vec![title, what]));
    }
}
