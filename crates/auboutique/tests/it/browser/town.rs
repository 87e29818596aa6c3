//! A small market with something on every page, and every page there is.

#![expect(clippy::unwrap_used, reason = "what a test stands on fails by panicking, as the test does")]

use auboutique_domain::auction::{AuctionDraft, Ends, Lot};
use auboutique_domain::id::{AuctionId, MemberId};
use auboutique_domain::listing::{Category, Condition, ListingDraft};
use auboutique_domain::member::{Role, Username};
use auboutique_domain::time::Span;
use auboutique_domain::{Command, Currency, Money, Price, Reply};
use auboutique_market::env::ManualEnv;
use auboutique_market::{Caller, Market};
use serde_json::{Value, json};

use super::Browser;
use crate::stage::{Person, Stage, Wire, joins, png, usd};

/// What people write in a town.
pub(crate) struct Words {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) description: &'static str,
    pub(crate) message: &'static str,
}

/// What people write on most days.
pub(crate) const PLAIN: Words = Words {
    name: "Nour Khalil",
    title: "Stewart, Calculus, 7th edition",
    description: "Pencil marks in chapter 5, otherwise clean.\nComes with the solutions.",
    message: "Is it still there? I could take it on Thursday.",
};

// ---- what happened in auctions before ----

/// Auctions take their time: what is over or half over when a test begins was put up days before.
pub(crate) struct Past {
    pub(crate) seller: Person,
    pub(crate) bidder: Person,
    /// Nobody bid in half of the time.
    pub(crate) asked: AuctionId,
    /// The reserve price was not met.
    pub(crate) passed: AuctionId,
    /// The bidder has to pay for it.
    pub(crate) won: AuctionId,
}

impl Past {
    /// A stage after it.
    pub(crate) fn stage(words: &Words) -> (Stage, Self) {
        let mut lived = None;
        let stage = Stage::on_sqlite_after(2, |market, env| lived = Some(live(market, env, words)));
        let (people, [asked, passed, won]) = lived.unwrap();
        let [seller, bidder] = people.map(|(id, username)| stage.again(id, &username));
        (stage, Self { seller, bidder, asked, passed, won })
    }
}

fn live(market: &Market, env: &ManualEnv, words: &Words) -> ([(MemberId, Username); 2], [AuctionId; 3]) {
    let people = ["salim", "dalal"].map(|name| joins(market, name));
    let [sells, bids] = people
        .each_ref()
        .map(|(id, _)| Caller::member(market.start_session_at_console(*id).unwrap().0.session));
    let terms = [(72, 4_000, None), (40, 1_000, Some(9_000)), (30, 1_500, None)];
    let auctions = terms.map(|(hours, cents, reserve)| {
        let ends = Ends::After(Span::hours(hours));
        let draft = AuctionDraft::new(dollars(cents), reserve.map(dollars), None, None, ends).unwrap();
        put_up(market, &sells, words, draft)
    });
    for (auction, cents) in auctions.into_iter().zip([0, 2_000, 3_000]).skip(1) {
        let command = Command::PlaceBid { auction, maximum: dollars(cents) };
        market.run_now(bids.clone(), command).unwrap();
    }
    for _ in 0..4 {
        env.advance(Span::hours(11));
        market.tick().unwrap();
    }
    (people, auctions)
}

fn dollars(cents: i64) -> Money {
    Money::new(cents, Currency::Usd)
}

/// Somebody puts up what these words describe.
fn put_up(market: &Market, seller: &Caller, words: &Words, draft: AuctionDraft) -> AuctionId {
    let pictures = [(640, 480), (480, 640)]
        .map(|(width, height)| market.add_picture_now(seller.clone(), png(width, height)).unwrap().picture);
    let price = Price::new(2_000, Currency::Usd).unwrap();
    let (category, condition) = (Category::Books, Condition::Good);
    let lot = ListingDraft::new(words.title, words.description, price, category, condition, None).unwrap();
    let lot = Lot::New(lot.with_pictures(pictures.to_vec()).unwrap());
    match market.run_now(seller.clone(), Command::OpenAuction { lot, draft }).unwrap() {
        Reply::Auction(view) => view.auction,
        other => panic!("{other:?}"),
    }
}

/// A market with something on every page.
pub(crate) struct Town {
    past: Past,
    /// The buyer was outbid in it; nobody has bid on it; the buyer took it at once.
    auctions: [AuctionId; 3],
    seller: Person,
    buyer: Person,
    desk: Person,
    moderator: Person,
    operator: Person,
    newcomer: Person,
    /// On sale, with pictures; without one; sold; off the market.
    listings: [String; 4],
    /// The orders of the buyer, from the seller, with the state each is in.
    orders: Vec<(&'static str, String)>,
    /// An order of the store that came back and is not looked at yet.
    returned: String,
    talk: String,
    /// What a buyer shows at the desk.
    code: String,
    /// A store with something on its shelves: its handle, and a product in two variants.
    store: String,
    mug: String,
    /// The checkouts of the buyer: one that became orders, one that was left.
    checkouts: [String; 2],
    /// Orders of the store: one that can be given back, one that is being given back.
    returns: [String; 2],
}

impl Town {
    /// Plays what has to happen for it.
    pub(crate) fn with(words: &Words) -> (Stage, Self) {
        let (stage, past) = Past::stage(words);
        let town = Self::after(past, &stage, words);
        (stage, town)
    }

    fn after(past: Past, stage: &Stage, words: &Words) -> Self {
        let seller = stage.member("nour");
        let buyer = stage.member("karim");
        let desk = stage.attendant("maya");
        let mut sells = stage.connect(&seller);
        let mut buys = stage.connect(&buyer);
        let mut serves = stage.connect(&desk);
        for wire in [&mut sells, &mut buys] {
            wire.does("change_name", json!({ "name": words.name }));
        }
        let pictures = [(640, 480), (480, 640)].map(|(width, height)| {
            let caller = Caller::member(seller.session);
            stage.market.add_picture_now(caller, png(width, height)).unwrap().picture
        });
        let offer = |pictures: &[auboutique_domain::id::PictureId]| {
            json!({
                "title": words.title, "description": words.description, "price": usd(1_250), "category": "books",
                "condition": "like_new", "pictures": pictures,
            })
        };
        let mut lists = |pictures| {
            let listing = sells.does("add_listing", offer(pictures));
            listing["listing"].as_str().unwrap().to_owned()
        };
        let (shown, bare) = (lists(&pictures), lists(&[]));
        let (withdrawn, other) = (lists(&[]), lists(&[]));
        let mut orders = Vec::new();
        let mut sold = String::new();
        let mut code = String::new();
        for state in ["placed", "at_desk", "collected", "completed", "canceled"] {
            sold = lists(&[]);
            let order = buys.buys(&sold, 1_250);
            orders.push((state, order["order"].as_str().unwrap().to_owned()));
        }
        sells.does("withdraw_listing", json!({ "listing": withdrawn }));
        for (state, order) in &orders {
            let order = json!({ "order": order });
            match *state {
                "placed" => continue,
                "canceled" => {
                    buys.does("cancel_order", order);
                    continue;
                }
                _ => {}
            }
            serves.does("drop_off", json!({ "code": code_of(&mut sells, &order) }));
            if *state == "at_desk" {
                code = code_of(&mut buys, &order);
                continue;
            }
            let shown = code_of(&mut buys, &order);
            serves.does("collect", json!({ "code": shown, "cash": usd(1_250) }));
            if *state == "completed" {
                buys.does("confirm_order", order);
            }
        }
        // What was canceled is on sale again; what the buyer keeps is shown as sold.
        let sold_for_good = buys.does("order", json!({ "order": orders[0].1 }));
        sold_for_good["lines"][0]["listing"].as_str().unwrap().clone_into(&mut sold);
        let talk = buys.does("start_conversation", json!({ "listing": shown }));
        let talk = talk["conversation"].as_str().unwrap().to_owned();
        let said = json!({ "conversation": talk, "text": words.message });
        buys.does("send_message", said.clone());
        sells.does("send_message", said.clone());
        buys.does("send_message", said);
        buys.does("block", json!({ "username": "maya" }));
        let (store, mug) = open_store(stage, &mut sells, words);
        let returned = comes_back([&mut sells, &mut buys, &mut serves], &mug, words);
        buys.does("buy", json!({ "listing": mug, "price": usd(900), "quantity": 2 }));
        serves.does("top_up", json!({ "username": "karim", "cash": usd(6_000) }));
        buys.does("request_payout", json!({ "purse": "wallet", "amount": usd(1_500) }));
        let returns = ["returnable", "return_open"].map(|state| {
            let order = buys.does("buy", json!({ "listing": mug, "price": usd(900) }))["order"].clone();
            let named = json!({ "order": order });
            serves.does("drop_off", json!({ "code": code_of(&mut sells, &named) }));
            serves.does("collect", json!({ "code": code_of(&mut buys, &named), "cash": usd(900) }));
            buys.does("confirm_order", named);
            if state == "return_open" {
                let reason = words.title.chars().take(60).collect::<String>();
                buys.does("request_return", json!({ "order": order, "reason": reason }));
            }
            order.as_str().unwrap().to_owned()
        });
        let placed = checks_out(&mut buys, &[&mug, &other]);
        buys.does("place_orders", json!({ "checkout": placed, "pay": "cash" }));
        let left = checks_out(&mut buys, &[&mug, &shown, &bare]);
        buys.does("cancel_checkout", json!({ "checkout": left }));
        // He looks at what it costs now: of one thing the price changed.
        sells.does("edit_listing", json!({ "listing": bare, "price": usd(1_100) }));
        let checkouts = [placed, left].map(|checkout| checkout.as_str().unwrap().to_owned());
        let auctions = trade_at_auction(stage, [&seller, &buyer, &past.bidder], words);
        Self {
            past,
            auctions,
            store,
            mug,
            checkouts,
            returns,
            moderator: stage.member_with(Role::Moderator, "ziad"),
            operator: stage.member_with(Role::Operator, "rana"),
            newcomer: stage.member("newcomer"),
            seller,
            buyer,
            desk,
            listings: [shown, bare, sold, withdrawn],
            orders,
            talk,
            code,
            returned,
        }
    }
}

/// The seller puts things up, and others bid, take and watch.
fn trade_at_auction(stage: &Stage, [seller, buyer, other]: [&Person; 3], words: &Words) -> [AuctionId; 3] {
    let [sells, buys, bids] = [seller, buyer, other].map(|person| Caller::member(person.session));
    let terms = [(9_000, Some(12_000), Some(20_000)), (1_000, None, None), (1_000, None, Some(2_000))];
    let auctions = terms.map(|(cents, reserve, buy_now)| {
        let ends = Ends::After(Span::hours(5));
        let (reserve, buy_now) = (reserve.map(dollars), buy_now.map(dollars));
        let draft = AuctionDraft::new(dollars(cents), reserve, buy_now, None, ends).unwrap();
        put_up(&stage.market, &sells, words, draft)
    });
    let does = |caller: &Caller, command| stage.market.run_now(caller.clone(), command).unwrap();
    let [auction, bare, taken] = auctions;
    does(&bids, Command::PlaceBid { auction, maximum: dollars(10_000) });
    does(&buys, Command::PlaceBid { auction, maximum: dollars(11_000) });
    does(&bids, Command::PlaceBid { auction, maximum: dollars(11_500) });
    does(&sells, Command::AddAuctionNote { auction, text: words.message.to_owned() });
    does(&buys, Command::WatchAuction { auction: bare });
    does(&buys, Command::TakeBuyNow { auction: taken, price: dollars(2_000) });
    auctions
}

/// The seller opens a store, names somebody staff, invites somebody else and has a product in two variants.
fn open_store(stage: &Stage, owner: &mut Wire, words: &Words) -> (String, String) {
    let code = stage.console().does("create_invitation", json!({}))["code"].clone();
    let name: String = words.name.chars().take(60).collect();
    let store = owner.does(
        "open_store",
        json!({ "code": code, "name": name, "description": words.description, "email": "club@aub.edu" }),
    );
    let id = store["store"].clone();
    stage.member("helper");
    owner.does("appoint_staff", json!({ "username": "helper" }));
    for _ in 0..2 {
        owner.does("create_invitation", json!({}));
    }
    let variants = json!([
        { "label": "Cedar green, which is dark", "sku": "MUG-1", "price": usd(900), "copies": 12, "low_stock": 20 },
        { "label": "White", "price": usd(850), "copies": 0 },
    ]);
    let product = json!({
        "store": id, "title": words.title, "description": words.description, "category": "books",
        "variants": variants,
    });
    owner.does("add_product", product);
    let shelf = owner.does("store_listings", json!({ "store": store["handle"] }));
    let mug = shelf["rows"][0]["listing"].as_str().unwrap().to_owned();
    (store["handle"].as_str().unwrap().to_owned(), mug)
}

/// Puts these things into the cart and has all of it set aside; answers with the checkout.
fn checks_out(buys: &mut Wire, listings: &[&String]) -> Value {
    for listing in listings {
        buys.does("add_to_cart", json!({ "listing": listing }));
    }
    let totals = buys.does("cart", json!({}))["totals"].clone();
    buys.does("prepare_checkout", json!({ "totals": totals }))["checkout"].clone()
}

/// A store sells twice, has a part of that paid out, and what was sold last comes back.
fn comes_back([sells, buys, serves]: [&mut Wire; 3], mug: &str, words: &Words) -> String {
    let mut last = Value::Null;
    for _ in 0..2 {
        let order = buys.does("buy", json!({ "listing": mug, "price": usd(900) }))["order"].clone();
        last = json!({ "order": order });
        serves.does("drop_off", json!({ "code": code_of(sells, &last) }));
        serves.does("collect", json!({ "code": code_of(buys, &last), "cash": usd(900) }));
        buys.does("confirm_order", last.clone());
    }
    sells.does("request_payout", json!({ "purse": "store", "amount": usd(400) }));
    let reason: String = words.message.lines().next().unwrap_or_default().chars().take(200).collect();
    buys.does("request_return", json!({ "order": last["order"], "reason": reason }));
    serves.does("take_return", json!({ "code": code_of(buys, &last) }));
    last["order"].as_str().unwrap().to_owned()
}

pub(super) fn code_of(wire: &mut Wire, order: &Value) -> String {
    wire.does("order", order.clone())["pickup"]["code"].as_str().unwrap().to_owned()
}

// ---- every page ----

/// A page as somebody sees it.
pub(crate) struct Sight {
    /// What it is called, as a file name.
    pub(crate) name: String,
    pub(crate) path: String,
    who: Option<Person>,
    /// What they do there before it is looked at.
    deed: Option<Deed>,
}

type Deed = Box<dyn Fn(&Browser)>;

impl Sight {
    /// Goes there and does what is to be done.
    pub(crate) fn is_seen_by(&self, browser: &Browser) {
        // A page that is still open would ask on as somebody else.
        browser.leaves();
        match &self.who {
            Some(person) => browser.is_of(person),
            None => browser.is_of_nobody(),
        }
        browser.goes(&self.path);
        if let Some(deed) = &self.deed {
            deed(browser);
        }
    }
}

/// Pages being put together.
#[derive(Default)]
struct Sights(Vec<Sight>);

impl Sights {
    fn add(&mut self, who: Option<&Person>, name: &str, path: &str) -> &mut Sight {
        let (name, path) = (name.to_owned(), path.to_owned());
        self.0.push(Sight { name, path, who: who.cloned(), deed: None });
        self.0.last_mut().unwrap()
    }
}

impl Sight {
    fn after(&mut self, deed: impl Fn(&Browser) + 'static) {
        self.deed = Some(Box::new(deed));
    }
}

/// What a market that has nothing yet shows.
pub(crate) fn empty_sights() -> Vec<Sight> {
    let mut sights = Sights::default();
    sights.add(None, "home-empty", "/");
    sights.add(None, "browse-empty", "/browse");
    sights.0
}

impl Town {
    /// Every page, as those see it who can, with the forms refused and what opens opened.
    pub(crate) fn sights(&self) -> Vec<Sight> {
        let mut sights = Sights::default();
        self.of_everybody(&mut sights);
        self.of_the_newcomer(&mut sights);
        self.of_the_bidders(&mut sights);
        self.of_the_auctioneers(&mut sights);
        self.of_the_buyer(&mut sights);
        self.of_the_seller(&mut sights);
        self.of_the_house(&mut sights);
        sights.0
    }

    fn of_everybody(&self, sights: &mut Sights) {
        let [shown, bare, sold, _] = self.listings.each_ref().map(|listing| format!("/listings/{listing}"));
        sights.add(None, "home", "/");
        sights.add(None, "browse", "/browse");
        sights.add(None, "browse-words", "/browse?text=a");
        sights.add(None, "browse-nothing", "/browse?text=zzzzzz");
        sights.add(
            None,
            "browse-narrowed",
            "/browse?category=books&condition=like_new&currency=USD&sort=cheapest",
        );
        sights.add(None, "browse-wrong", "/browse?currency=USD&least=song");
        sights.add(None, "listing", &shown);
        sights.add(None, "listing-viewer", &shown).after(|browser| {
            browser.clicks(".stage [data-view]");
            browser.sees("dialog.viewer[open]");
        });
        sights.add(None, "listing-bare", &bare);
        sights.add(None, "listing-sold", &sold);
        sights.add(None, "listing-variants", &format!("/listings/{}", self.mug));
        let [auction, bare, taken] = self.auctions.map(|auction| format!("/auctions/{auction}"));
        sights.add(None, "auctions", "/auctions");
        sights.add(None, "auctions-none", "/auctions?category=plants");
        sights.add(None, "auctions-over", "/auctions?show=over");
        sights.add(None, "auction", &auction);
        sights.add(None, "auction-bare", &bare);
        sights.add(None, "auction-sold", &taken);
        sights.add(None, "stores", "/stores");
        sights.add(None, "store", &format!("/stores/{}", self.store));
        sights.add(None, "member", "/members/nour");
        sights.add(None, "login", "/login");
        sights.add(None, "login-wrong", "/login").after(|browser| {
            browser.types("#login", "nobody");
            browser.types("#password", "a wrong password\n");
            browser.sees("[role=alert]");
        });
        sights.add(None, "signup", "/signup");
        sights.add(None, "signup-wrong", "/signup").after(|browser| {
            browser.types("#name", "Nobody");
            browser.types("#username", "admin");
            browser.types("#email", "nobody@mail.aub.edu");
            browser.types("#password", "heron over the corniche\n");
            browser.sees(".wrong");
        });
        sights.add(None, "older-claim", "/older");
        sights.add(None, "older-claim-wrong", "/older").after(|browser| {
            browser.types("#name-claim", "nobody");
            browser.types("#older-claim", "secret");
            browser.types("#email", "nobody@mail.aub.edu");
            browser.types("#password", "heron over the corniche\n");
            browser.sees("#wrong-claim");
        });
        sights.add(None, "nothing-there", "/nowhere");
    }

    fn of_the_newcomer(&self, sights: &mut Sights) {
        let who = Some(&self.newcomer);
        sights.add(who, "orders-empty", "/orders");
        sights.add(who, "selling-empty", "/selling");
        sights.add(who, "auctions-own-empty", "/my/auctions");
        sights.add(who, "auctions-selling-empty", "/my/auctions?show=selling");
        sights.add(who, "messages-empty", "/messages");
        sights.add(who, "events-empty", "/events");
        sights.add(who, "cart-empty", "/cart");
        sights.add(who, "wallet-empty", "/wallet");
        sights.add(who, "member-empty", "/members/newcomer");
        sights.add(who, "desk-not-theirs", "/desk");
        sights.add(who, "store-open", "/store");
        sights.add(who, "store-open-wrong", "/store").after(|browser| {
            browser.types("#code", "AAAA-AAAA");
            browser.types("#name", "A club");
            browser.types("#email", "club@aub.edu");
            browser.clicks("main form button");
            browser.sees("#wrong-code");
        });
        sights.add(who, "sell", "/sell");
        sights.add(who, "sell-wrong", "/sell").after(|browser| {
            browser.types("#title", "A lamp");
            browser.types("#price", "a song");
            browser.clicks("input[name=category][value=furniture]");
            browser.clicks("#sell button.main");
            browser.sees("#wrong-price");
        });
    }

    fn of_the_bidders(&self, sights: &mut Sights) {
        let [auction, bare, taken] = self.auctions.map(|auction| format!("/auctions/{auction}"));
        let who = Some(&self.buyer);
        sights.add(who, "auction-outbid", &auction);
        sights.add(who, "auction-bid-wrong", &auction).after(|browser| {
            browser.types_anew("#amount", "1\n");
            browser.sees("#wrong-bid");
        });
        sights.add(who, "auction-watched", &bare);
        sights.add(who, "auction-taking", &auction).after(|browser| {
            browser.clicks("[popovertarget=take]");
            browser.sees("#take");
        });
        sights.add(who, "auction-to-pay", &taken);
        sights.add(who, "auctions-bidding", "/my/auctions");
        sights.add(who, "auctions-watched", "/my/auctions?show=watched");
        let who = Some(&self.past.bidder);
        sights.add(who, "auction-leading", &auction);
        sights.add(who, "auction-won", &format!("/auctions/{}", self.past.won));
        sights.add(who, "auction-news", "/events");
    }

    /// Whoever sells at auction, with everything opened that can be.
    fn of_the_auctioneers(&self, sights: &mut Sights) {
        let open = |browser: &Browser| {
            browser
                .script("document.querySelectorAll('#seller details').forEach((part) => part.open = true)");
        };
        let who = Some(&self.seller);
        let [auction, bare, taken] = self.auctions.map(|auction| format!("/auctions/{auction}"));
        sights.add(who, "auction-own", &auction).after(open);
        sights.add(who, "auction-own-bare", &bare).after(open);
        sights.add(who, "auction-own-sold", &taken);
        sights.add(who, "auctions-selling", "/my/auctions?show=selling");
        let put_up = format!("/listings/{}/auction", self.listings[3]);
        sights.add(who, "put-up", &put_up);
        sights.add(who, "put-up-wrong", &put_up).after(|browser| {
            browser.types("#price", "a song\n");
            browser.sees("#wrong-price");
        });
        sights.add(who, "sell-auction", "/sell").after(|browser| {
            browser.clicks("input[name=way][value=auction]");
            browser.clicks(".more-terms summary");
            browser.sees("#reserve");
        });
        let who = Some(&self.past.seller);
        sights.add(who, "auction-asked", &format!("/auctions/{}", self.past.asked)).after(open);
        sights.add(who, "auction-passed", &format!("/auctions/{}", self.past.passed)).after(open);
        sights.add(who, "auction-counter-wrong", &format!("/auctions/{}", self.past.passed)).after(
            |browser| {
                browser.clicks(".deed:has(#amount-counter) summary");
                browser.types("#amount-counter", "1\n");
                browser.sees("#wrong-counter");
            },
        );
    }

    fn of_the_buyer(&self, sights: &mut Sights) {
        let who = Some(&self.buyer);
        let shown = format!("/listings/{}", self.listings[0]);
        sights.add(who, "home-member", "/");
        sights.add(who, "listing-member", &shown);
        sights.add(who, "listing-buying", &shown).after(|browser| {
            browser.clicks("[popovertarget=buy]");
            browser.sees("#buy");
        });
        let mug = format!("/listings/{}", self.mug);
        sights.add(who, "listing-buying-several", &mug).after(|browser| {
            browser.clicks("[popovertarget=buy]");
            browser.sees("#quantity");
        });
        sights.add(who, "orders", "/orders");
        for (state, order) in &self.orders {
            sights.add(who, &format!("order-{state}-buyer"), &format!("/orders/{order}"));
        }
        sights.add(who, "order-canceling", &format!("/orders/{}", self.orders[0].1)).after(|browser| {
            browser.clicks("[popovertarget=cancel]");
            browser.sees("#cancel");
        });
        for (state, order) in ["returnable", "return-open"].into_iter().zip(&self.returns) {
            sights.add(who, &format!("order-{state}-buyer"), &format!("/orders/{order}"));
        }
        sights.add(who, "order-giving-back", &format!("/orders/{}", self.returns[0])).after(|browser| {
            browser.clicks("#give-back summary");
            browser.sees("#reason");
        });
        for (state, checkout) in ["placed", "left"].into_iter().zip(&self.checkouts) {
            sights.add(who, &format!("checkout-{state}"), &format!("/checkout/{checkout}"));
        }
        sights.add(who, "cart", "/cart");
        sights.add(who, "cart-wrong", "/cart").after(|browser| {
            browser.types_anew("[data-quantity]", "500\n");
            browser.sees("#cart .wrong");
        });
        sights.add(who, "checkout-held", "/cart").after(|browser| {
            browser.clicks("form[action='/cart/checkout'] button");
            browser.sees("#pay");
        });
        sights.add(who, "cart-held", "/cart");
        sights.add(who, "wallet", "/wallet");
        sights.add(who, "wallet-sales", "/wallet?purse=sales");
        sights.add(who, "wallet-wrong", "/wallet").after(|browser| {
            browser.types("#amount", "a song\n");
            browser.sees("#wrong-payout");
        });
        sights.add(who, "messages", "/messages");
        sights.add(who, "talk-buyer", &format!("/messages/{}", self.talk));
        sights.add(who, "member-other", "/members/nour");
        sights.add(who, "member-blocked", "/members/maya");
        sights.add(who, "activity", "/events");
        sights.add(who, "account", "/account");
        sights.add(who, "older", "/older").after(|browser| {
            browser.types("#name-add", "someone who came along");
            browser.types("#older-add", "an older password\n");
            browser.sees("form[action='/older/remove']");
        });
        sights.add(who, "account-wrong", "/account").after(|browser| {
            browser.types_anew("#username", "admin");
            browser.clicks("form[action='/account/username'] button");
            browser.sees(".wrong");
        });
    }

    fn of_the_seller(&self, sights: &mut Sights) {
        let who = Some(&self.seller);
        let [shown, _, sold, withdrawn] =
            self.listings.each_ref().map(|listing| format!("/listings/{listing}"));
        sights.add(who, "listing-own", &shown);
        sights.add(who, "listing-own-sold", &sold);
        sights.add(who, "listing-own-withdrawn", &withdrawn);
        sights.add(who, "store-room", "/store");
        sights.add(who, "store-invited", "/store").after(|browser| {
            browser.clicks("form[action='/store/invite'] button");
            browser.sees("#invitation-code");
        });
        sights.add(who, "store-wrong", "/store").after(|browser| {
            browser.types("#username", "nobody_at_all\n");
            browser.sees("#wrong-appoint");
        });
        sights.add(who, "stock", "/store/stock");
        sights.add(who, "stock-wrong", "/store/stock").after(|browser| {
            browser.types("form[action='/store/stock/restock'] [name=copies]", "none\n");
            browser.sees("#stock .wrong");
        });
        sights.add(who, "store-orders", "/store/orders");
        sights.add(who, "store-money", "/store/money");
        sights.add(who, "store-money-year", "/store/money?period=year");
        sights.add(who, "store-money-wrong", "/store/money?from=2026-11-02&until=2026-11-01");
        sights.add(who, "store-payout-wrong", "/store/money").after(|browser| {
            browser.types_anew("#amount-USD", "a song\n");
            browser.sees("#wrong-payout-USD");
        });
        sights.add(who, "store-details-wrong", "/store").after(|browser| {
            browser.types_anew("#limit", "none\n");
            browser.sees("#wrong-limit");
        });
        sights.add(who, "order-returned-seller", &format!("/orders/{}", self.returned));
        sights.add(who, "order-refund-wrong", &format!("/orders/{}", self.orders[3].1)).after(|browser| {
            browser.clicks("#refund summary");
            browser.types("#amount", "5000\n");
            browser.sees("#wrong-refund");
        });
        sights.add(who, "product", "/store/add");
        sights.add(who, "edit", &format!("{shown}/edit"));
        sights.add(who, "selling", "/selling");
        sights.add(who, "wallet-store", "/wallet?purse=store");
        sights.add(who, "order-return-open-seller", &format!("/orders/{}", self.returns[1]));
        for (state, order) in &self.orders {
            sights.add(who, &format!("order-{state}-seller"), &format!("/orders/{order}"));
        }
        sights.add(who, "talk-seller", &format!("/messages/{}", self.talk));
    }

    fn of_the_house(&self, sights: &mut Sights) {
        sights.add(Some(&self.moderator), "listing-moderator", &format!("/listings/{}", self.listings[0]));
        let who = Some(&self.operator);
        sights.add(who, "operator", "/operator");
        sights.add(who, "operator-wrong", "/operator").after(|browser| {
            browser.clicks("main details summary");
            browser.types("input[id^=appoint]", "nobody_at_all\n");
            browser.sees(".wrong");
        });
        let who = Some(&self.desk);
        sights.add(who, "desk", "/desk");
        let code = self.code.clone();
        sights.add(who, "desk-shown", "/desk").after(move |browser| {
            browser.types("#code", &format!("{code}\n"));
            browser.sees("#shown");
        });
        sights.add(who, "desk-wrong", "/desk").after(|browser| {
            browser.types("#code", "A00000\n");
            browser.sees("#wrong-code");
        });
        sights.add(who, "desk-top-up-wrong", "/desk").after(|browser| {
            browser.types("#username", "nobody_at_all");
            browser.types("#cash", "20\n");
            browser.sees("#wrong-username");
        });
    }
}
