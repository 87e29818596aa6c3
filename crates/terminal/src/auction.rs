//! An auction: what is known of it, what happens in it while one looks, and what one is told of it by name.

use auboutique_domain::Money;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

use crate::app::{Above, App, Purpose, message, read};
use crate::form::{Aim, Form, log_in_form};
use crate::listing::Listing;
use crate::tab::Tab;
use crate::text;

/// How often an auction is asked for again where what happens in it is not streamed.
const POLLED: Duration = Duration::from_secs(5);
/// How many bids of the history come at once.
const BIDS: usize = 50;

/// How somebody stands in an auction they bid in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct YourBid {
    /// Their number in it.
    pub bidder: i64,
    /// The most the server may bid for them.
    pub maximum: Money,
    /// Whether they lead, or won.
    pub leads: bool,
}

/// The lot at a price, after the auction.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Offer {
    /// Which.
    pub offer: String,
    /// Why it is made.
    pub kind: String,
    /// For what.
    pub price: Money,
    /// Until when it stands.
    pub expires_at: String,
    /// Where it is in its life.
    pub state: String,
}

impl Offer {
    /// Whether it can be taken.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.state == "open" && seconds_until(&self.expires_at, now) > 0
    }

    /// Why it is made, in a sentence for whom it is made to.
    #[must_use]
    pub fn why(&self) -> &'static str {
        match self.kind.as_str() {
            "second_chance" => "The winner did not pay, and you are next.",
            "leading_bid" => "The reserve price was not met, and the seller takes your bid all the same.",
            "counter" => "The reserve price was not met, and the seller asks for this.",
            _ => "Nobody bid, and it is for the first of those who watch.",
        }
    }
}

/// What the seller alone sees of an auction.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Selling {
    /// The secret least they accept.
    #[serde(default)]
    pub reserve: Option<Money>,
    /// Whether they are asked to lower the price.
    #[serde(default)]
    pub asked: bool,
    /// Until when they can negotiate, relist or offer.
    #[serde(default)]
    pub negotiable_until: Option<String>,
    /// How often the lot can still be put up again.
    #[serde(default)]
    pub relists_left: i64,
    /// The offers that followed, newest first.
    #[serde(default)]
    pub offers: Vec<Offer>,
}

/// What the seller added to the description.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Note {
    /// When.
    pub at: String,
    /// What.
    pub text: String,
}

/// An auction, as it stands in a list or alone: a list leaves out what is only seen when it is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Auction {
    /// Which.
    pub auction: String,
    /// What is sold.
    pub lot: Listing,
    /// Where it is in its life.
    pub state: String,
    /// How it ended, once it did.
    #[serde(default)]
    pub result: Option<String>,
    /// The price now: the starting price before the first bid, the hammer price after the close.
    pub price: Money,
    /// The least the first bid may be.
    #[serde(default)]
    pub starting_price: Option<Money>,
    /// The least that is taken from me now.
    #[serde(default)]
    pub minimum: Option<Money>,
    /// Whether the secret reserve price is met; nothing when there is none.
    #[serde(default)]
    pub reserve_met: Option<bool>,
    /// What ends it at once, while it can be taken.
    #[serde(default)]
    pub buy_now: Option<Money>,
    /// How many bids changed the leader or the price.
    pub bids: i64,
    /// How many members bid.
    #[serde(default)]
    pub bidders: i64,
    /// The number of who leads, or won.
    #[serde(default)]
    pub leader: Option<i64>,
    /// How I stand, if I bid.
    #[serde(default)]
    pub you: Option<YourBid>,
    /// Whether I watch it.
    #[serde(default)]
    pub watching: bool,
    /// How many watch it.
    #[serde(default)]
    pub watchers: i64,
    /// When bidding is due to end.
    pub ends_at: String,
    /// When it was to end, before late bids moved that.
    #[serde(default)]
    pub scheduled_end: Option<String>,
    /// When it was closed.
    #[serde(default)]
    pub closed_at: Option<String>,
    /// What the seller added to the description since.
    #[serde(default)]
    pub notes: Vec<Note>,
    /// The checkout in which I pay for what I won.
    #[serde(default)]
    pub checkout: Option<String>,
    /// Until when it has to be paid.
    #[serde(default)]
    pub pay_by: Option<String>,
    /// The order it became.
    #[serde(default)]
    pub order: Option<String>,
    /// An offer that I can take.
    #[serde(default)]
    pub offer: Option<Offer>,
    /// What the seller alone sees.
    #[serde(default)]
    pub selling: Option<Selling>,
    /// Whether I am asked to lower its price; in a list.
    #[serde(default)]
    pub asked: bool,
    /// Counts what happened in it.
    #[serde(default)]
    pub number: i64,
    /// The market's clock when it was asked.
    #[serde(default)]
    pub now: Option<String>,
}

impl Auction {
    /// Whether bids are taken at that moment of the market's clock.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.state == "open" && seconds_until(&self.ends_at, now) > 0
    }

    /// Whether I lead, or won.
    #[must_use]
    pub fn is_led_by_you(&self) -> bool {
        self.you.as_ref().is_some_and(|you| you.leads)
    }

    /// Whether I am asked to lower the price.
    #[must_use]
    pub fn asks(&self) -> bool {
        self.asked || self.selling.as_ref().is_some_and(|selling| selling.asked)
    }

    /// Whether it was won by me and waits to be paid.
    #[must_use]
    pub fn is_to_pay(&self) -> bool {
        self.state == "sold" && self.is_led_by_you() && self.checkout.is_some()
    }

    /// Whether its seller can still do something about that it was not sold.
    #[must_use]
    pub fn is_negotiable(&self, now: Timestamp) -> bool {
        let until = self.selling.as_ref().and_then(|selling| selling.negotiable_until.as_ref());
        self.state == "passed" && until.is_some_and(|until| seconds_until(until, now) > 0)
    }

    /// Whether an offer of the seller's stands.
    #[must_use]
    pub fn has_open_offer(&self, now: Timestamp) -> bool {
        let mut offers = self.selling.iter().flat_map(|selling| &selling.offers);
        offers.any(|offer| offer.is_open(now))
    }

    /// The offer I can take, while it stands.
    #[must_use]
    pub fn offered(&self, now: Timestamp) -> Option<&Offer> {
        self.offer.as_ref().filter(|offer| offer.is_open(now))
    }

    /// A bidder, by number: `Bidder 3`, or `you`.
    #[must_use]
    pub fn bidder(&self, number: i64) -> String {
        match &self.you {
            Some(you) if you.bidder == number => "you".to_owned(),
            _ => format!("Bidder {number}"),
        }
    }

    /// How it ended, in words.
    #[must_use]
    pub fn ended(&self) -> &'static str {
        match self.result.as_deref() {
            Some("sold") => "sold",
            Some("reserve_not_met") => "reserve not met",
            Some("no_bids") => "no bids",
            Some("canceled") => "called off",
            Some("not_paid") => "not paid",
            _ => "over",
        }
    }

    /// How many bids it has, in words.
    #[must_use]
    pub fn bids_in_words(&self) -> String {
        match self.bids {
            0 => "no bids".to_owned(),
            1 => "1 bid".to_owned(),
            bids => format!("{bids} bids"),
        }
    }
}

/// A bid in the history.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Bid {
    /// Its line in the log.
    pub number: i64,
    /// When.
    #[serde(default)]
    pub at: String,
    /// Whose, by their number.
    #[serde(alias = "by")]
    pub bidder: i64,
    /// The price after it.
    pub price: Money,
    /// Who led after it.
    pub leader: i64,
    /// Whether it no longer counts.
    #[serde(default)]
    pub removed: bool,
}

/// What a bid made of an auction, as everybody who follows it is told.
#[derive(Debug, Deserialize)]
struct Heard {
    minimum: Money,
    bids: i64,
    bidders: i64,
    reserve_met: Option<bool>,
    ends_at: String,
}

/// How I stand after a bid of mine.
#[derive(Debug, Deserialize)]
struct Taken {
    auction: String,
    #[serde(flatten)]
    you: YourBid,
    price: Money,
    minimum: Money,
    reserve_met: Option<bool>,
    ends_at: String,
    number: i64,
}

/// An auction that is looked at alone.
#[derive(Debug, Clone)]
pub struct Saleroom {
    /// The auction.
    pub auction: Auction,
    /// Its bids, by their numbers.
    pub bids: BTreeMap<i64, Bid>,
    /// Where the older ones begin, when there are some.
    pub next: Option<Value>,
    /// The first bid that is seen, from the newest.
    pub scroll: usize,
    /// The first line of the description that is seen.
    pub told: usize,
    /// How many follow it now, as far as was told.
    pub here: Option<i64>,
    /// Whether what happens in it is streamed.
    pub streams: bool,
    /// Whether I led before others bid more, while I looked.
    pub outbid: bool,
    loading: bool,
    is_stale: bool,
    asked_at: Duration,
}

impl Saleroom {
    fn new(auction: Auction, asked_at: Duration) -> Self {
        Self {
            auction,
            bids: BTreeMap::new(),
            next: None,
            scroll: 0,
            told: 0,
            here: None,
            streams: false,
            outbid: false,
            loading: false,
            is_stale: false,
            asked_at,
        }
    }

    /// Takes in what a bid made of it. True when how I stand has to be asked.
    fn hear(&mut self, bid: Bid, heard: Heard) -> bool {
        let auction = &mut self.auction;
        let (number, leader, by, price) = (bid.number, bid.leader, bid.bidder, bid.price);
        self.bids.insert(number, bid);
        if number < auction.number {
            return false;
        }
        let is_news = number > auction.number;
        (auction.number, auction.price, auction.leader) = (number, price, Some(leader));
        (auction.bids, auction.bidders) = (heard.bids, heard.bidders);
        (auction.reserve_met, auction.ends_at) = (heard.reserve_met, heard.ends_at);
        // It is gone with the first bid; with a reserve price, once that is met.
        auction.buy_now = auction.buy_now.filter(|_| heard.reserve_met == Some(false));
        match &mut auction.you {
            Some(you) if you.bidder == leader => {
                // The least that is taken from who leads is above their maximum, which only the market knows of another device.
                self.outbid = false;
                std::mem::replace(&mut you.leads, true) != you.leads || (is_news && by == leader)
            }
            you => {
                if let Some(you) = you {
                    self.outbid |= std::mem::replace(&mut you.leads, false);
                }
                auction.minimum = Some(heard.minimum);
                false
            }
        }
    }

    /// Takes in a page of bids.
    fn take_bids(&mut self, reply: &mut Value, more: bool) {
        let rows: Vec<Bid> = read(reply["rows"].take()).unwrap_or_default();
        let newest = self.bids.keys().next_back().copied();
        let has_gap = !more && rows.last().zip(newest).is_some_and(|(last, newest)| last.number > newest);
        if has_gap {
            self.bids.clear();
        }
        if more || self.bids.is_empty() {
            self.next = Some(reply["next"].take()).filter(|next| !next.is_null());
        }
        self.bids.extend(rows.into_iter().map(|bid| (bid.number, bid)));
        self.loading = false;
    }
}

/// What was asked about auctions.
#[derive(Debug, Clone)]
pub(crate) enum Wanted {
    List { generation: u64, more: bool },
    View { auction: String, show: bool },
    Bids { auction: String, more: bool },
    News(String, Value),
    Followed(String),
    Unfollowed,
    Act(&'static str),
}

/// How many seconds are left until a moment, begun ones counted; none after it.
pub(crate) fn seconds_until(until: &str, now: Timestamp) -> i64 {
    let until = until.parse::<Timestamp>().map_or(0, Timestamp::as_millisecond);
    ((until - now.as_millisecond()).max(0) + 999) / 1_000
}

/// The seconds that are left, as a clock counts them down: `2 d 03 h`, `3:04:05`, `04:05`.
pub(crate) fn countdown(seconds: i64) -> String {
    let (days, hours, minutes, rest) =
        (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    match (days, hours) {
        (0, 0) => format!("{minutes:02}:{rest:02}"),
        (0, hours) => format!("{hours}:{minutes:02}:{rest:02}"),
        (days, hours) => format!("{days} d {hours:02} h"),
    }
}

impl App {
    /// The rooms of auctions that are open, one above the other.
    fn salerooms(&mut self) -> impl Iterator<Item = &mut Saleroom> {
        self.above.iter_mut().filter_map(|above| match above {
            Above::Auction(room) => Some(room),
            _ => None,
        })
    }

    pub(crate) fn saleroom(&mut self, auction: &str) -> Option<&mut Saleroom> {
        self.salerooms().find(|room| room.auction.auction == auction)
    }

    /// Whether that auction is what is looked at.
    fn is_in_saleroom(&self, auction: &str) -> bool {
        matches!(self.above.last(), Some(Above::Auction(room)) if room.auction.auction == auction)
    }

    /// Goes to an auction.
    pub(crate) fn look_at_auction(&mut self, auction: &str) {
        self.ask_auction(auction, true);
    }

    fn ask_auction(&mut self, auction: &str, show: bool) {
        let wanted = Wanted::View { auction: auction.to_owned(), show };
        self.ask("auction", json!({ "auction": auction }), Purpose::Auction(wanted));
    }

    /// Asks for bids: the newest, or older ones.
    fn ask_bids(&mut self, auction: &str, after: Option<Value>) {
        let mut fields = json!({ "auction": auction, "limit": BIDS });
        let more = after.is_some();
        if let Some(after) = after {
            fields["after"] = after;
        }
        self.ask("bids", fields, Purpose::Auction(Wanted::Bids { auction: auction.to_owned(), more }));
    }

    /// Asks anew what an auction is that is looked at: once, however much happens meanwhile.
    pub(crate) fn renew_auction(&mut self, auction: &str) {
        let running = self.running;
        let Some(room) = self.saleroom(auction) else { return };
        room.asked_at = running;
        if std::mem::replace(&mut room.loading, true) {
            room.is_stale = true;
            return;
        }
        self.ask_auction(auction, false);
        self.ask_bids(auction, None);
    }

    /// Everything that was known of auctions may be wrong.
    pub(crate) fn renew_auctions(&mut self) {
        self.auctions.is_stale = true;
        let open: Vec<String> = self.salerooms().map(|room| room.auction.auction.clone()).collect();
        for auction in open {
            self.renew_auction(&auction);
        }
    }

    /// After drawing: what is looked at is followed, and nothing else; what is not streamed is asked for again.
    pub(crate) fn follow_auctions(&mut self) {
        let (running, may) = (self.running, self.me.is_some() && self.live);
        let mut open = Vec::new();
        let mut wanted = Vec::new();
        let mut stale = Vec::new();
        for room in self.salerooms() {
            let id = room.auction.auction.clone();
            if room.next.is_some() && !room.loading && room.scroll + BIDS / 2 >= room.bids.len() {
                room.loading = true;
                wanted.push((id.clone(), room.next.take()));
            }
            if room.auction.state == "open"
                && !room.streams
                && running.saturating_sub(room.asked_at) >= POLLED
            {
                stale.push(id.clone());
            }
            open.push(id);
        }
        for (auction, after) in wanted {
            self.ask_bids(&auction, after);
        }
        for auction in stale {
            self.renew_auction(&auction);
        }
        if may {
            let left = self.auctions.followed.iter().filter(|id| !open.contains(id));
            let (left, followed): (Vec<_>, _) = (left.cloned().collect(), &mut self.auctions.followed);
            followed.retain(|id| open.contains(id));
            open.retain(|id| !followed.contains(id));
            followed.extend(open.iter().cloned());
            for auction in left {
                self.ask("unfollow", json!({ "auction": auction }), Purpose::Auction(Wanted::Unfollowed));
            }
            for auction in open {
                let fields = json!({ "auction": auction });
                self.ask("follow", fields, Purpose::Auction(Wanted::Followed(auction)));
            }
        }
        self.follow_list();
    }

    /// Another connection begins: whether it is told what happens in an auction is to be asked again.
    pub(crate) fn follow_anew(&mut self) {
        self.auctions.followed.clear();
        self.salerooms().for_each(|room| (room.streams, room.here) = (false, None));
    }

    /// So many follow an auction.
    pub(crate) fn on_here(&mut self, here: &Value) {
        let auction = here["auction"].as_str().unwrap_or_default();
        let listeners = here["listeners"].as_i64();
        if let Some(room) = self.saleroom(auction) {
            room.here = listeners;
        }
    }

    pub(crate) fn auction_came(&mut self, wanted: Wanted, mut reply: Value) {
        match wanted {
            Wanted::List { generation, more } => self.auctions_came(generation, more, reply),
            Wanted::View { auction, show } => {
                let Some(fresh) = read::<Auction>(reply) else { return };
                self.know_auction(&fresh);
                if show {
                    let same = |above: &Above| matches!(above, Above::Auction(room) if room.auction.auction == auction);
                    let known = self.above.iter().position(same).map(|at| self.above.remove(at));
                    let fresh = || Above::Auction(Saleroom::new(fresh, self.running));
                    let room = known.unwrap_or_else(fresh);
                    self.above.push(room);
                    self.ask_bids(&auction, None);
                }
            }
            Wanted::Bids { auction, more } => {
                let Some(room) = self.saleroom(&auction) else { return };
                room.take_bids(&mut reply, more);
                if std::mem::take(&mut room.is_stale) {
                    self.renew_auction(&auction);
                }
            }
            Wanted::News(what, event) => {
                if let Some(fresh) = read::<Auction>(reply) {
                    self.know_auction(&fresh);
                    self.tell_auction(&what, &event, &fresh);
                }
            }
            Wanted::Followed(auction) => {
                if let Some(room) = self.saleroom(&auction) {
                    room.streams = true;
                    // What happened before it was followed was not told.
                    self.renew_auction(&auction);
                }
            }
            Wanted::Unfollowed => {}
            Wanted::Act(done) => {
                if let Some(fresh) = read::<Auction>(reply) {
                    self.know_auction(&fresh);
                    self.say(done);
                    if let Some(checkout) = fresh.checkout.filter(|_| fresh.state == "sold") {
                        self.pay_for_auction(&checkout);
                    }
                }
            }
        }
    }

    pub(crate) fn auction_refused(&mut self, wanted: &Wanted, no: &Value) {
        match wanted {
            Wanted::List { generation, .. } => self.auctions_refused(*generation, message(no)),
            Wanted::Bids { auction, .. } => {
                if let Some(room) = self.saleroom(auction) {
                    (room.loading, room.is_stale) = (false, false);
                }
            }
            // Where nothing is streamed, it is asked for again and again.
            Wanted::News(..)
            | Wanted::Followed(_)
            | Wanted::Unfollowed
            | Wanted::View { show: false, .. } => {}
            Wanted::View { .. } => self.say_bad(&message(no)),
            Wanted::Act(_) => {
                self.say_bad(&message(no));
                if let Some(Above::Auction(room)) = self.above.last() {
                    let auction = room.auction.auction.clone();
                    self.renew_auction(&auction);
                }
            }
        }
    }

    /// Takes in how an auction stands, unless something newer is known.
    pub(crate) fn know_auction(&mut self, fresh: &Auction) {
        self.set_time(fresh.now.as_deref());
        if let Some(room) = self.saleroom(&fresh.auction)
            && room.auction.number <= fresh.number
        {
            room.outbid &= !fresh.is_led_by_you();
            room.auction = fresh.clone();
        }
        for row in self.auctions.list.rows.iter_mut().filter(|row| row.auction == fresh.auction) {
            let asked = fresh.asks();
            *row = Auction { asked, ..fresh.clone() };
        }
        self.renew_bid();
    }

    /// Something happened in an auction.
    pub(crate) fn on_auction_event(&mut self, name: &str, event: &Value) {
        let text = |field: &str| event[field].as_str().unwrap_or_default();
        let auction = text("auction").to_owned();
        match name {
            "bid_placed" => {
                let (bid, heard) = (read::<Bid>(event.clone()), read::<Heard>(event.clone()));
                let (Some(bid), Some(heard)) = (bid, heard) else { return };
                if self.saleroom(&auction).is_some_and(|room| room.hear(bid, heard)) {
                    self.renew_auction(&auction);
                }
                self.renew_bid();
            }
            "bids_removed" | "price_lowered" => {
                let (price, minimum) = (read(event["price"].clone()), read(event["minimum"].clone()));
                if let (Some(room), Some(price)) = (self.saleroom(&auction), price) {
                    (room.auction.price, room.auction.minimum) = (price, minimum);
                    text("ends_at").clone_into(&mut room.auction.ends_at);
                }
                self.renew_auction(&auction);
            }
            "auction_ending_soon" => {
                if let Some(room) = self.saleroom(&auction) {
                    text("ends_at").clone_into(&mut room.auction.ends_at);
                }
            }
            "auction_note_added" | "maximum_raised" => self.renew_auction(&auction),
            "auction_opened" | "auction_closed" | "auction_finished" => {
                let (listing, seller) = (text("listing").to_owned(), text("seller").to_owned());
                self.auctions.is_stale = true;
                self.renew_auction(&auction);
                if name == "auction_opened" {
                    self.market.list.rows.retain(|row| row.listing != listing);
                }
                if self.knows_listing(&listing) {
                    self.ask("listing", json!({ "listing": listing }), Purpose::Listing { show: false });
                }
                if self.is_me(&seller) {
                    self.load_mine(false);
                }
            }
            name => {
                let what = if name == "auction_news" { text("news") } else { name };
                self.auctions.is_stale = true;
                self.renew_auction(&auction);
                let wanted = Wanted::News(what.to_owned(), event.clone());
                self.ask("auction", json!({ "auction": auction }), Purpose::Auction(wanted));
                if let Some(order) = event["order"].as_str() {
                    let fields = json!({ "order": order });
                    self.ask("order", fields, Purpose::Order { show: false, news: Some(name.to_owned()) });
                }
            }
        }
    }

    /// Says what one was told of an auction by name.
    fn tell_auction(&mut self, what: &str, event: &Value, auction: &Auction) {
        let title = text::cut(&auction.lot.title, 40);
        let price = text::money(&auction.price);
        let is = |field: &str| event[field].as_str().is_some_and(|id| self.is_me(id));
        let is_mine = self.is_me(&auction.lot.seller.id);
        let amount =
            read::<Money>(event["price"].clone()).as_ref().map_or_else(|| price.clone(), text::money);
        let pay_by = auction.pay_by.as_ref().map(|by| self.moment(by)).unwrap_or_default();
        let left = countdown(seconds_until(&auction.ends_at, self.now));
        let ended = event["state"].as_str().unwrap_or_default();
        let said = match what {
            "outbid" => format!("You were outbid on “{title}”: it is at {amount} now"),
            "ending_soon" => format!("“{title}” ends soon: {left} left, at {price}"),
            "price_lowered" => format!("The seller asks for less: “{title}” begins at {price} now"),
            "note_added" => format!("The seller added a note to “{title}”"),
            // Who won is told so.
            "closed" if auction.is_led_by_you() => return,
            "closed" => match auction.result.as_deref() {
                Some("sold") => format!("“{title}” is over: it went for {price}"),
                _ => format!("“{title}” is over: {}", auction.ended()),
            },
            "offered" => match &auction.offer {
                Some(offer) => {
                    format!("“{title}” is offered for {}: the first has it", text::money(&offer.price))
                }
                None => format!("“{title}” is offered to those who watch it"),
            },
            "auction_won" if is("buyer") => format!("You won “{title}” for {amount}. Pay by {pay_by}"),
            "auction_won" => format!("“{title}” is sold for {amount}. The winner has to pay by {pay_by}"),
            "settlement_reminded" => format!("“{title}” is still to be paid, by {pay_by}"),
            "winner_defaulted" if is_mine => format!("The winner of “{title}” did not pay"),
            "winner_defaulted" => format!("You did not pay “{title}” in time: it is no longer yours"),
            "auction_settled" if is_mine => format!("“{title}” is paid: its order says where it goes"),
            "negotiation_asked" => format!("Half of the time is gone: lower the price of “{title}”?"),
            "offer_made" if is("member") => {
                format!("“{title}” can be yours for {amount}: take it or leave it")
            }
            "offer_ended" if is_mine && ended == "accepted" => format!("Your offer of “{title}” was taken"),
            "offer_ended" if is_mine && ended == "declined" => {
                format!("Your offer of “{title}” was turned down")
            }
            "offer_ended" if is_mine && ended == "expired" => {
                format!("Nobody took your offer of “{title}” in time")
            }
            "offer_ended" if ended == "withdrawn" && is("member") => {
                format!("The offer of “{title}” was taken back")
            }
            _ => return,
        };
        // What the room says itself is not said twice.
        let seen = matches!(what, "outbid" | "ending_soon" | "price_lowered" | "note_added" | "closed");
        if seen && self.is_in_saleroom(&auction.auction) {
            return;
        }
        let at = event["at"].as_str().unwrap_or_default().to_owned();
        self.notice(&said, Some(auction.auction.clone()), &at);
    }

    /// Looks at the checkout in which what was won is paid.
    pub(crate) fn pay_for_auction(&mut self, checkout: &str) {
        let wanted = crate::cart::Wanted::Checkout { show: true };
        self.ask("checkout", json!({ "checkout": checkout }), Purpose::Cart(wanted));
    }

    /// A bid of mine was taken.
    fn bid_taken(&mut self, reply: Value) {
        let Some(taken) = read::<Taken>(reply) else { return };
        let (leads, price) = (taken.you.leads, text::money(&taken.price));
        let mut streams = false;
        if let Some(room) = self.saleroom(&taken.auction) {
            streams = room.streams;
            let auction = &mut room.auction;
            if taken.number >= auction.number {
                if leads {
                    auction.leader = Some(taken.you.bidder);
                }
                (auction.number, auction.price, auction.minimum) =
                    (taken.number, taken.price, Some(taken.minimum));
                (auction.reserve_met, auction.ends_at) = (taken.reserve_met, taken.ends_at);
                auction.buy_now = auction.buy_now.filter(|_| taken.reserve_met == Some(false));
                (room.outbid, auction.you) = (false, Some(taken.you));
            }
            auction.watching = true;
        }
        if leads {
            self.say(&format!("Your bid is in, and you lead at {price}"));
        } else {
            self.say_bad(&format!("Your bid is in, but somebody’s maximum is higher: it is at {price}"));
        }
        self.auctions.is_stale = true;
        if !streams {
            self.renew_auction(&taken.auction);
        }
    }

    /// A form about an auction was taken.
    pub(crate) fn auction_form_taken(&mut self, op: &str, reply: Value) {
        match op {
            "place_bid" => self.bid_taken(reply),
            "retract_bid" => {
                let auction = reply["auction"].as_str().unwrap_or_default().to_owned();
                self.say("It is put right");
                self.renew_auction(&auction);
            }
            "sell_at_fixed_price" => {
                if let Some(listing) = read::<Listing>(reply) {
                    self.say(&format!("“{}” is on sale", text::cut(&listing.title, 40)));
                    self.know_listing(&listing);
                    self.above.clear();
                    (self.tab, self.mine.at) = (Tab::Mine, 0);
                    self.load_mine(false);
                }
            }
            "open_auction" | "relist_auction" => {
                let Some(fresh) = read::<Auction>(reply) else { return };
                self.say(&format!("“{}” is up for auction", text::cut(&fresh.lot.title, 40)));
                self.above.clear();
                self.tab = Tab::Auctions;
                self.know_listing(&fresh.lot);
                self.load_mine(false);
                self.auctions.is_stale = true;
                self.look_at_auction(&fresh.auction);
            }
            _ => {
                let Some(fresh) = read::<Auction>(reply) else { return };
                self.know_auction(&fresh);
                self.say(match op {
                    "lower_price" => "The price is lowered, and those who watch are told",
                    "lower_reserve" => "The reserve price is changed",
                    "add_auction_note" => "The note is added, and who bids or watches is told",
                    "cancel_auction" => "It is called off, and who bid is told",
                    _ => "Offered: it stands for 24 hours",
                });
            }
        }
    }

    /// A bid was refused: the form keeps what was typed, and the least that is taken is known now.
    pub(crate) fn bid_refused(&mut self, no: &Value) {
        let Some(Aim::Auction { of, .. }) = self.form.as_ref().map(|form| &form.aim) else { return };
        let of = of.clone();
        let minimum = read::<Money>(no["minimum"].clone());
        if let (Some(minimum), Some(room)) = (minimum, self.saleroom(&of)) {
            room.auction.minimum = Some(minimum);
        }
        if no["code"] == "auction_over" {
            self.renew_auction(&of);
        }
        self.renew_bid();
    }

    /// Puts what is known by now into the form for a bid; what was typed in it stays.
    pub(crate) fn renew_bid(&mut self) {
        let is_bid = |form: &&Form| matches!(form.aim, Aim::Auction { op: "place_bid", .. });
        let Some(Aim::Auction { of, .. }) = self.form.as_ref().filter(is_bid).map(|form| &form.aim) else {
            return;
        };
        let of = of.clone();
        let now = self.now;
        let says = self.saleroom(&of).map(|room| crate::bid::says(&room.auction, now));
        if let (Some(form), Some(says)) = (&mut self.form, says) {
            form.says = says;
        }
    }

    /// What only members do; asks a visitor to sign in.
    pub(crate) fn is_member_or_asked(&mut self) -> bool {
        if self.me.is_none() {
            self.form = Some(log_in_form());
        }
        self.me.is_some()
    }

    /// A number that changes when a countdown on the screen does.
    pub(crate) fn ticks(&self) -> Option<i64> {
        match self.above.last() {
            Some(Above::Auction(room)) if room.auction.state == "open" => {
                // Behind its end one waits for the close.
                match seconds_until(&room.auction.ends_at, self.now) {
                    0 => Some(self.now.as_second()),
                    left => Some(-left),
                }
            }
            Some(_) => None,
            None if self.tab == Tab::Auctions => Some(self.now.as_second()),
            None => None,
        }
    }

    /// How long the countdown on the screen stays as it is.
    pub(crate) fn until_tick(&self) -> Option<Duration> {
        let now = self.now.as_millisecond();
        self.ticks()?;
        let past = match self.above.last() {
            Some(Above::Auction(room)) => {
                let ends = room.auction.ends_at.parse::<Timestamp>().map_or(0, Timestamp::as_millisecond);
                if ends <= now { now.rem_euclid(1_000) } else { (now - ends).rem_euclid(1_000) }
            }
            _ => now.rem_euclid(1_000),
        };
        u64::try_from(1_000 - past).ok().map(Duration::from_millis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_countdown_counts_begun_seconds_and_never_below_none() {
        let now: Timestamp = "2026-11-22T08:00:00.250Z".parse().unwrap();
        for (until, left) in [
            ("2026-11-22T08:00:01Z", "00:01"),
            ("2026-11-22T08:00:00.250Z", "00:00"),
            ("2026-11-22T07:00:00Z", "00:00"),
            ("2026-11-22T08:03:00.250Z", "03:00"),
            ("2026-11-22T09:00:00.250Z", "1:00:00"),
            ("2026-11-24T11:00:00Z", "2 d 03 h"),
            ("never", "00:00"),
        ] {
            assert_eq!(countdown(seconds_until(until, now)), left, "{until}");
        }
    }
}
