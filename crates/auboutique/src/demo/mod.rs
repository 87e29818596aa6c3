//! The demo: a believable campus with a past.
//!
//! It is played through the same door as everything, under a clock that starts four weeks ago: people join, offer
//! things, buy, drop off, collect, change their minds or forget. What is left standing at the end is the market a visitor
//! finds. The same seed makes the same campus. What the stores on it do is in `store.rs`, what is put up for auction in
//! `auction.rs`.

mod auction;
mod campus;
mod drawing;
mod store;
mod talk;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use auboutique_domain::checkout::PayBy;
use auboutique_domain::conversation::{MessageText, Partner};
use auboutique_domain::id::{ListingId, OrderId, PictureId};
use auboutique_domain::listing::{Category, ListingDraft};
use auboutique_domain::member::{Email, Role, Secret, Username};
use auboutique_domain::order::{Code, OrderView};
use auboutique_domain::time::{Moment, Span};
use auboutique_domain::{Command, Price, Reply};
use auboutique_market::env::{ManualEnv, random};
use auboutique_market::{Caller, Env, Market, No, Options, Password};

pub use auction::Bots;

/// How far back the demo's past reaches.
// Less than a session lasts, because everybody stays signed in for the whole story.
const DAYS: i64 = 28;
/// What everybody on the demo campus types to log in.
pub const PASSWORD: &str = "cedar-by-the-sea";

/// Fills an empty market with the demo, or finds that it is filled. Returns what to tell the person who started it.
///
/// # Errors
///
/// When the market has members who are not the demo's.
pub fn fill(options: &Options, seed: u64, now: Moment) -> anyhow::Result<String> {
    let env = Arc::new(ManualEnv::new(now.minus(Span::days(DAYS)), seed));
    let market = Market::open(options, env.clone() as Arc<dyn Env>)?;
    let known = market
        .ask_now(Caller::CONSOLE, |view| Ok((view.member_card("rana").is_ok(), view.count_members()?)))?;
    match known {
        (false, 0) => Story::tell(market.clone(), &env, (seed, now), drawing::draw)?,
        (true, _) => {}
        (false, _) => anyhow::bail!(
            "--demo fills an empty market, and this one has members. Choose another folder with --data"
        ),
    }
    market.close();
    Ok(format!(
        "This is a demo. Log in as rana (a student), karim (a seller), maya (the desk) or ziad (the operator);\n\
         everybody's password is {PASSWORD}"
    ))
}

/// Somebody on the campus, signed in.
struct Person {
    username: Username,
    caller: Caller,
}

/// What draws a thing, in the light of its shelf, with colors of the number's choice.
type Draw = fn(&str, Category, u64) -> Vec<u8>;

/// What happens to a sale in the end.
#[derive(Clone, Copy)]
enum Fate {
    Waits,
    AtDesk,
    Collected,
    Canceled,
    Forgotten,
}

struct Story<'a> {
    market: Market,
    env: &'a ManualEnv,
    people: Vec<Person>,
    /// Who forgot something once: three times would keep them from buying and selling.
    forgot: RefCell<BTreeSet<usize>>,
}

impl<'a> Story<'a> {
    /// Tells the whole story up to that moment.
    fn tell(
        market: Market,
        env: &'a ManualEnv,
        (seed, now): (u64, Moment),
        draw: Draw,
    ) -> anyhow::Result<()> {
        let mut story = Self { market, env, people: Vec::new(), forgot: RefCell::default() };
        story.people_join()?;
        let desk = story.open_the_desk()?;
        let mut stores = store::Trade::plan((seed, now), desk.clone(), draw)?;
        let mut room = auction::Room::plan((seed, now), draw)?;
        let offers = campus::offers(seed);
        let mut listings = Vec::new();
        // The last tenth is published today, so that the newest really are new.
        let pause = Span::days(DAYS).micros() / i64::try_from(offers.len()).unwrap_or(1);
        let wanted = offers.iter().map(|offer| (offer.title, offer.category)).collect();
        let drawings = drawings(wanted, seed, draw)?;
        for ((place, offer), drawing) in (0_i64..).zip(&offers).zip(drawings) {
            let noise = i64::from(story.dice(1_000)) * pause / 1_000;
            let at = now.minus(Span::days(DAYS)).plus(Span::hours(1));
            let at =
                Moment::from_micros((at.micros() + place * pause + noise).min(now.micros() - 60_000_000));
            stores.go_on(&story, at)?;
            room.go_on(&story, at)?;
            story.wait_until(at)?;
            listings.push(story.publish(offer, drawing)?);
            // Most things find a buyer after a while; the newest have had no time to.
            if place % 3 == 2 {
                let sold = usize::try_from(place / 3).unwrap_or(0);
                story.sell(&listings[sold], &desk, place)?;
            }
        }
        stores.go_on(&story, now)?;
        room.go_on(&story, now)?;
        story.env.set(now);
        story.tick()
    }

    /// Time passes, unless it is later already; whatever waited for that moment happens.
    fn wait_until(&self, moment: Moment) -> anyhow::Result<()> {
        if moment > self.env.now() {
            self.env.set(moment);
        }
        self.tick()
    }

    fn caller(&self, person: usize) -> &Caller {
        &self.people[person].caller
    }

    /// The person with that username: which one, and as whom they ask.
    fn named(&self, username: &str) -> anyhow::Result<(usize, &Caller)> {
        let found = self.people.iter().position(|person| person.username.as_str() == username);
        let place = found.with_context(|| format!("nobody is called {username}"))?;
        Ok((place, self.caller(place)))
    }

    fn dice(&self, sides: u16) -> u16 {
        u16::from_be_bytes(random(self.env)) % sides
    }

    fn run(&self, caller: &Caller, command: Command) -> anyhow::Result<Reply> {
        self.market
            .run_now(caller.clone(), command)
            .map_err(|no: No| anyhow!("the demo's story stopped: {no}"))
    }

    fn tick(&self) -> anyhow::Result<()> {
        self.market.tick().map(drop).map_err(|no| anyhow!("the demo's time stopped: {no}"))
    }

    fn people_join(&mut self) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let hash: Secret = runtime.block_on(self.market.hash_for_demo(&Password::typed(PASSWORD)))?;
        let students = campus::people()
            .into_iter()
            .map(|person| (person.name, person.username.to_owned(), person.email));
        let house = [("Maya Nassar", "maya"), ("Ziad Khoury", "ziad")]
            .map(|(name, username)| (name, username.to_owned(), format!("{username}@aub.edu.lb")));
        for (name, username, email) in students.chain(house) {
            let command = Command::Register {
                name: name.to_owned(),
                username: Username::parse(&username)?,
                email: Email::parse(&email)?,
                password: hash.clone(),
            };
            let Reply::Account(account) = self.run(&Caller::VISITOR, command)? else {
                return Err(anyhow!("the demo's story stopped: {username} did not join"));
            };
            let (session, _) = self.market.start_session_at_console(account.id)?;
            self.people.push(Person { username: account.username, caller: Caller::member(session.session) });
            self.env.advance(Span::seconds(40));
        }
        Ok(())
    }

    /// Maya serves the desk of the post office, and Ziad runs the market.
    fn open_the_desk(&self) -> anyhow::Result<Caller> {
        let points = self.market.ask_now(Caller::CONSOLE, |view| view.pickup_points())?;
        let pickup_point = points.first().context("the market has no pickup point")?.point.id;
        let [.., maya, ziad] = self.people.as_slice() else { return Err(anyhow!("nobody joined")) };
        let username = maya.username.clone();
        self.run(&Caller::CONSOLE, Command::AppointAttendant { pickup_point, username })?;
        let username = ziad.username.clone();
        self.run(&Caller::CONSOLE, Command::ChangeRole { username, role: Role::Operator })?;
        Ok(maya.caller.clone())
    }

    fn publish(&self, offer: &campus::Offer, drawing: Vec<u8>) -> anyhow::Result<Offered> {
        let seller = &self.people[offer.seller].caller;
        let picture = self.add_picture(seller, Some(drawing))?;
        let price = Price::new(offer.minor, offer.currency)?;
        let draft =
            ListingDraft::new(offer.title, offer.description, price, offer.category, offer.condition, None)?
                .with_pictures(vec![picture])?;
        match self.run(seller, Command::AddListing { draft })? {
            Reply::Listing(view) => Ok(Offered { listing: view.listing, price, seller: offer.seller }),
            other => Err(anyhow!("an offer became {other:?}")),
        }
    }

    fn add_picture(&self, caller: &Caller, drawing: Option<Vec<u8>>) -> anyhow::Result<PictureId> {
        let drawing = drawing.context("a drawing of the demo is missing")?;
        let picture = self.market.add_picture_now(caller.clone(), drawing);
        let picture = picture.map_err(|no| anyhow!("a drawing of the demo cannot be shown: {no}"))?;
        Ok(picture.picture)
    }

    /// Somebody buys all of that at the prices they saw. Every purchase of the demo comes through here: one thing is bought as
    /// it stands there, several go into the cart and become an order with each of their sellers.
    fn buy(&self, buyer: usize, lines: &[Wanted], pay: PayBy) -> anyhow::Result<Vec<OrderView>> {
        let caller = self.caller(buyer);
        if let [Wanted { listing, price, copies }] = *lines {
            let command = Command::BuyListing { listing, price: price.money(), quantity: copies };
            return match self.run(caller, command)? {
                Reply::Order(order) => Ok(vec![order]),
                other => Err(anyhow!("a purchase became {other:?}")),
            };
        }
        let mut totals = Vec::new();
        for &Wanted { listing, copies, .. } in lines {
            self.env.advance(Span::seconds(35));
            match self.run(caller, Command::AddToCart { listing, quantity: copies })? {
                Reply::Cart(cart) => totals = cart.totals,
                other => return Err(anyhow!("a cart became {other:?}")),
            }
        }
        self.env.advance(Span::seconds(50));
        let checkout = match self.run(caller, Command::PrepareCheckout { totals })? {
            Reply::Checkout(checkout) => checkout.checkout,
            other => return Err(anyhow!("a checkout became {other:?}")),
        };
        match self.run(caller, Command::PlaceOrders { checkout, pay })? {
            Reply::Orders(orders) => Ok(orders),
            other => Err(anyhow!("a checkout became {other:?}")),
        }
    }

    fn sell(&self, offered: &Offered, desk: &Caller, place: i64) -> anyhow::Result<()> {
        let mut buyer = usize::from(self.dice(60));
        if buyer == offered.seller {
            buyer = (buyer + 1) % 60;
        }
        let caller = &self.people[buyer].caller;
        let seller = &self.people[offered.seller].caller;
        // Some ask before they buy, and some who wait for their order ask after it.
        if place % 4 == 1 {
            self.talk(caller, seller, Partner::Seller(offered.listing), talk::about_listing(place))?;
        }
        let line = Wanted { listing: offered.listing, price: offered.price, copies: 1 };
        let orders = self.buy(buyer, &[line], PayBy::Cash)?;
        let order = orders.first().context("a purchase became no order")?;
        let fate = match (place, self.dice(20)) {
            (180.., _) => Fate::Waits,
            (165.., _) => Fate::AtDesk,
            (_, 0) => Fate::Canceled,
            (_, 1) if self.forgot.borrow_mut().insert(offered.seller) => Fate::Forgotten,
            _ => Fate::Collected,
        };
        if place >= 165 {
            self.talk(caller, seller, Partner::OtherSide(order.order), talk::about_order(place))?;
        }
        self.live(order, fate, caller, seller, desk)
    }

    /// Buyer and seller talk in turns; the last thing said is not read yet.
    fn talk(&self, buyer: &Caller, seller: &Caller, partner: Partner, said: &[&str]) -> anyhow::Result<()> {
        let Reply::Conversation(view) = self.run(buyer, Command::StartConversation { partner })? else {
            return Err(anyhow!("the demo's story stopped: a conversation did not start"));
        };
        let conversation = view.conversation;
        for (place, text) in (1_i64..).zip(said) {
            let (speaker, listener) = if place % 2 == 1 { (buyer, seller) } else { (seller, buyer) };
            self.env.advance(Span::seconds(20 + i64::from(self.dice(90))));
            let text = MessageText::parse(text)?;
            self.run(speaker, Command::SendMessage { conversation, message: None, text })?;
            if usize::try_from(place).unwrap_or(0) < said.len() {
                self.run(listener, Command::MarkRead { conversation, number: place })?;
            }
        }
        Ok(())
    }

    fn live(
        &self,
        order: &OrderView,
        fate: Fate,
        buyer: &Caller,
        seller: &Caller,
        desk: &Caller,
    ) -> anyhow::Result<()> {
        let id: OrderId = order.order;
        match fate {
            Fate::Waits | Fate::Forgotten => return Ok(()),
            Fate::Canceled => return self.run(buyer, Command::CancelOrder { order: id }).map(drop),
            Fate::AtDesk | Fate::Collected => {}
        }
        self.run(desk, Command::DropOff { code: self.code(id, seller)? })?;
        if matches!(fate, Fate::Collected) {
            let collect = Command::Collect { code: self.code(id, buyer)?, cash: Some(order.total) };
            self.run(desk, collect)?;
        }
        Ok(())
    }

    /// The code this member shows at the desk.
    fn code(&self, order: OrderId, of: &Caller) -> anyhow::Result<Code> {
        let view = self.market.ask_now(of.clone(), move |view| view.order(order))?;
        view.pickup.code.context("the order has no code any more")
    }
}

/// The drawing of everything that is wanted, in that order: what it is of, and the light it stands in. Drawn ahead on a
/// thread of its own, while the story goes on.
fn drawings(
    wanted: Vec<(&'static str, Category)>,
    seed: u64,
    draw: Draw,
) -> anyhow::Result<crossbeam_channel::IntoIter<Vec<u8>>> {
    let (done, drawings) = crossbeam_channel::bounded(8);
    let draw_all = move || {
        for (number, (title, category)) in (seed..).zip(wanted) {
            // A story that stopped needs no more of them.
            if done.send(draw(title, category, number)).is_err() {
                return;
            }
        }
    };
    std::thread::Builder::new().name("drawing".to_owned()).spawn(draw_all).context("cannot draw the demo")?;
    Ok(drawings.into_iter())
}

/// A line of what somebody buys.
#[derive(Clone, Copy)]
struct Wanted {
    listing: ListingId,
    price: Price,
    copies: i64,
}

struct Offered {
    listing: ListingId,
    price: Price,
    seller: usize,
}
