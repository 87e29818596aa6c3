//! The stores of the demo: how one after the other comes into being, and how they trade for four weeks.
//!
//! What happens is written down in an agenda, and done when its moment has come: a store opens, a product is put on its
//! shelves, somebody buys. A purchase writes down what follows from it (it is dropped off, collected, confirmed), and what
//! lies after the end of the story stays undone. So there are always things to be prepared and things that wait at the desk,
//! whatever day it is.

mod shelves;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use anyhow::{Context as _, anyhow};
use auboutique_domain::checkout::PayBy;
use auboutique_domain::conversation::Partner;
use auboutique_domain::id::{ListingId, OrderId, StoreId};
use auboutique_domain::listing::{Category, ListingDraft, VariantDraft};
use auboutique_domain::member::Username;
use auboutique_domain::money::{Currency, Money, Rate};
use auboutique_domain::order::OrderView;
use auboutique_domain::store::{Away, StoreChanges, StoreDraft};
use auboutique_domain::time::{Date, Moment, Span, UTC, Weekday, zone};
use auboutique_domain::{Command, Price, Reply};
use auboutique_market::{Caller, Env as _};
use jiff::ToSpan as _;

use super::campus::Dice;
use super::{DAYS, Draw, Story, Wanted, drawings, talk};
use shelves::{CORRECTIONS, Product, RESTOCKS, STORES, WITHDRAWN};

/// Where the campus is.
const CAMPUS: &str = "Asia/Beirut";
/// How many purchases there are on a day, and how many in the last two days up to the end of the story.
const PURCHASES: (i64, i64) = (7, 20);
/// How often people buy in each of the stores, of a hundred times.
const LIKED: [usize; STORES.len()] = [38, 16, 13, 15, 10, 8];
/// What is not collected in the end, and what is not even dropped off: by the number of the purchase.
const NOT_COLLECTED: [i64; 3] = [40, 85, 120];
const NOT_DROPPED_OFF: i64 = 60;

/// What is to be done when its moment has come.
enum Deed {
    /// The store of that number opens.
    Open(usize),
    /// A product is put on the shelves of the store of that number.
    Shelve(usize, &'static Product),
    /// So many copies of that SKU come in.
    Restock(&'static str, i64),
    /// A count is put right.
    Correct(&'static str, i64, &'static str),
    /// That SKU is taken off the shelves.
    Withdraw(&'static str),
    /// The store of that number announces its closed days.
    Leave(usize),
    /// The purchase of that number; the last ones are made at Karim's more often than not.
    Buy(i64),
    /// Something becomes of an order.
    Continue(Bought, Next),
}

/// What becomes of an order.
#[derive(Clone, Copy)]
enum Next {
    DropOff,
    Collect,
    Confirm,
    Cancel,
    AskToCancel,
}

/// An order of somebody at a store, and what is to be paid at the desk.
#[derive(Clone, Copy)]
struct Bought {
    order: OrderId,
    due: Money,
    buyer: usize,
    owner: usize,
}

/// A store that is open.
struct Opened {
    store: StoreId,
    owner: usize,
}

/// A variant that is on the shelves.
struct Variant {
    sku: &'static str,
    store: usize,
    listing: ListingId,
    price: Price,
    /// How many can still be bought, as far as the story needs to know: never more than there are.
    left: i64,
}

/// Everything the stores do.
pub(super) struct Trade {
    agenda: BTreeMap<(Moment, usize), Deed>,
    /// How many deeds were written down so far: those of one moment are done in that order.
    written: usize,
    end: Moment,
    // Dice of its own, so that what the stores do changes nothing for everybody else.
    dice: Dice,
    drawings: crossbeam_channel::IntoIter<Vec<u8>>,
    desk: Caller,
    opened: Vec<Opened>,
    variants: Vec<Variant>,
}

impl Trade {
    /// Writes down what the stores will do until the end, and begins to draw what they sell.
    pub(super) fn plan((seed, end): (u64, Moment), desk: Caller, draw: Draw) -> anyhow::Result<Self> {
        let begin = end.minus(Span::days(DAYS));
        let (_, nothing) = crossbeam_channel::bounded(0);
        let mut trade = Self {
            agenda: BTreeMap::new(),
            written: 0,
            end,
            dice: Dice(seed.wrapping_add(1)),
            drawings: nothing.into_iter(),
            desk,
            opened: Vec::new(),
            variants: Vec::new(),
        };
        for (number, store) in STORES.iter().enumerate() {
            let opens = begin.plus(Span::minutes(90 + 9 * 60 * whole(number)));
            trade.note(opens, Deed::Open(number));
            // Two thirds are there from the start; the others come in as time goes by.
            let (first, later) = store.products.split_at(store.products.len() * 2 / 3);
            for (place, product) in first.iter().enumerate() {
                let at = opens.plus(Span::minutes(9 + 7 * whole(place)));
                trade.note(at, Deed::Shelve(number, product));
            }
            let rest = end.since(opens).micros() / whole(later.len() + 1);
            for (place, product) in later.iter().enumerate() {
                let at = Moment::from_micros(opens.micros() + rest * whole(place + 1));
                trade.note(at.plus(Span::minutes(11 * whole(number))), Deed::Shelve(number, product));
            }
        }
        for &(day, sku, copies) in RESTOCKS {
            trade.note(begin.plus(Span::days(day)), Deed::Restock(sku, copies));
        }
        for &(day, sku, copies, reason) in CORRECTIONS {
            trade.note(begin.plus(Span::days(day)), Deed::Correct(sku, copies, reason));
        }
        trade.note(begin.plus(Span::days(WITHDRAWN.0)), Deed::Withdraw(WITHDRAWN.1));
        trade.note(end.minus(Span::hours(50)), Deed::Leave(STORES.len() - 1));
        trade.plan_purchases();
        trade.drawings = drawings(trade.wanted_drawings(), seed.wrapping_add(1_000), draw)?;
        Ok(trade)
    }

    /// People buy between eight in the morning and eleven at night, from the day on which there is something in every store;
    /// in the last two days whenever they think of it.
    fn plan_purchases(&mut self) {
        let (daily, last) = PURCHASES;
        let mut number = 0;
        for ago in (2..DAYS - 2).rev() {
            for _ in 0..daily {
                let hour = 8 + self.dice.below(15);
                let minute = self.dice.below(60);
                let day = day_of(self.end).saturating_sub(ago.days());
                self.note(moment(day, whole(hour) * 60 + whole(minute)), Deed::Buy(number));
                number += 1;
            }
        }
        for place in 1..=last {
            let at = self.end.minus(Span::minutes(140 * place - whole(self.dice.below(120))));
            self.note(at, Deed::Buy(number + last - place));
        }
    }

    /// The words in the picture book and the light, in the order in which the pictures are needed.
    fn wanted_drawings(&self) -> Vec<(&'static str, Category)> {
        let looks = |deed: &Deed| match deed {
            Deed::Open(number) => Some(STORES[*number].looks),
            Deed::Shelve(_, product) => Some((product.looks, product.category)),
            _ => None,
        };
        self.agenda.values().filter_map(looks).collect()
    }

    fn note(&mut self, at: Moment, deed: Deed) {
        self.agenda.insert((at, self.written), deed);
        self.written += 1;
    }

    /// Does everything whose moment has come by then.
    pub(super) fn go_on(&mut self, story: &Story<'_>, until: Moment) -> anyhow::Result<()> {
        while let Some(next) = self.agenda.first_entry().filter(|next| next.key().0 <= until) {
            let ((at, _), deed) = next.remove_entry();
            story.wait_until(at)?;
            self.act(story, deed)?;
        }
        Ok(())
    }

    fn act(&mut self, story: &Story<'_>, deed: Deed) -> anyhow::Result<()> {
        match deed {
            Deed::Open(number) => self.open(story, number),
            Deed::Shelve(number, product) => self.shelve(story, number, product),
            Deed::Restock(sku, copies) => {
                let (owner, variant) = self.find(sku)?;
                variant.left += copies;
                let command = Command::Restock { listing: variant.listing, copies };
                story.run(story.caller(owner), command).map(drop)
            }
            Deed::Correct(sku, copies, reason) => {
                let (owner, variant) = self.find(sku)?;
                variant.left += copies;
                let reason = reason.to_owned();
                let command = Command::AdjustStock { listing: variant.listing, copies, reason };
                story.run(story.caller(owner), command).map(drop)
            }
            Deed::Withdraw(sku) => {
                let (owner, variant) = self.find(sku)?;
                variant.left = 0;
                let command = Command::WithdrawListing { listing: variant.listing };
                story.run(story.caller(owner), command).map(drop)
            }
            Deed::Leave(number) => {
                let from = day_of(self.end).saturating_add(6.days());
                let mut changes = StoreChanges::default();
                changes.away = Some(Some(Away { from, until: from.saturating_add(5.days()) }));
                let owner = story.caller(self.opened[number].owner);
                story.run(owner, Command::EditStore { changes }).map(drop)
            }
            Deed::Buy(number) => self.buy(story, number),
            Deed::Continue(bought, next) => self.follow(story, bought, next),
        }
    }

    fn find(&mut self, sku: &str) -> anyhow::Result<(usize, &mut Variant)> {
        let variant = self.variants.iter_mut().find(|variant| variant.sku == sku);
        let variant = variant.with_context(|| format!("nothing has the SKU {sku} yet"))?;
        Ok((self.opened[variant.store].owner, variant))
    }

    /// The owner of the store before invites, the operator when there is none.
    fn open(&mut self, story: &Story<'_>, number: usize) -> anyhow::Result<()> {
        let plan = &STORES[number];
        let inviter = match self.opened.last() {
            Some(before) => story.caller(before.owner),
            None => &story.people.last().context("nobody joined")?.caller,
        };
        let Reply::NewInvitation(invitation) = story.run(inviter, Command::CreateInvitation)? else {
            return Err(anyhow!("the demo's story stopped: nobody invited {}", plan.owner));
        };
        let code = invitation.code.context("the invitation has no code")?;
        story.env.advance(Span::minutes(6));
        let (owner, caller) = story.named(plan.owner)?;
        let draft = StoreDraft::new(plan.name, plan.description, plan.email)?;
        let Reply::Store(store) = story.run(caller, Command::OpenStore { code, draft })? else {
            return Err(anyhow!("the demo's story stopped: {} did not open", plan.name));
        };
        let mut changes = StoreChanges::default();
        changes.picture = Some(Some(story.add_picture(caller, self.drawings.next())?));
        story.run(caller, Command::EditStore { changes })?;
        for username in plan.staff {
            story.run(caller, Command::AppointStaff { username: Username::parse(username)? })?;
        }
        // Whoever opened the last one has invited somebody who is still thinking about it.
        if number + 1 == STORES.len() {
            story.run(caller, Command::CreateInvitation)?;
        }
        self.opened.push(Opened { store: store.store, owner });
        Ok(())
    }

    fn shelve(&mut self, story: &Story<'_>, number: usize, product: &'static Product) -> anyhow::Result<()> {
        let Opened { store, owner } = self.opened[number];
        let caller = story.caller(owner);
        let picture = story.add_picture(caller, self.drawings.next())?;
        let (draft, variants) = drafts(product)?;
        let draft = draft.with_pictures(vec![picture])?;
        let Reply::Stock(first) = story.run(caller, Command::AddProduct { store, draft, variants })? else {
            return Err(anyhow!("the demo's story stopped: {} is on no shelf", product.title));
        };
        let named = first.listing.listing;
        let added =
            story.market.ask_now(caller.clone(), move |view| view.variants(named, None, Some(100)))?;
        for (variant, row) in product.variants.iter().zip(added.rows) {
            self.variants.push(Variant {
                sku: variant.sku,
                store: number,
                listing: row.listing,
                price: Price::new(variant.minor, variant.currency)?,
                left: variant.copies,
            });
        }
        Ok(())
    }

    /// Somebody finds something in one of the stores.
    fn buy(&mut self, story: &Story<'_>, number: i64) -> anyhow::Result<()> {
        let is_late = self.end.since(story.env.now()).micros() < Span::hours(48).micros();
        let store = match number {
            // The club forgets nothing.
            NOT_DROPPED_OFF => 4,
            _ if is_late && number % 2 == 0 => 0,
            _ => self.liked(),
        };
        let Some(line) = self.find_something(store, None) else { return Ok(()) };
        let owner = self.opened[store].owner;
        let buyer = self.buyer(number, owner);
        let mut lines = vec![line];
        // Every fourth takes something of another store with it, and sometimes of a third; not whoever will not come for it,
        // since each order that is left lying counts against them.
        if number % 4 == 1 && !NOT_COLLECTED.contains(&number) {
            for _ in 0..1 + self.dice.below(2) {
                let other = self.liked();
                let elsewhere =
                    other != store && self.opened.get(other).is_some_and(|open| open.owner != buyer);
                let more = if elsewhere { self.find_something(other, Some(&lines)) } else { None };
                lines.extend(more);
            }
        }
        if number % 24 == 9 {
            let said = talk::about_store(number / 24);
            story.talk(story.caller(buyer), story.caller(owner), Partner::Seller(line.listing), said)?;
        }
        let pay = self.pay(story, buyer, &lines, number)?;
        for order in story.buy(buyer, &lines, pay)? {
            let store = order.store.as_ref().map(|card| card.store);
            let seller = self.opened.iter().find(|open| Some(open.store) == store);
            let owner = seller.map_or(owner, |open| open.owner);
            let bought = Bought { order: order.order, due: order.due, buyer, owner };
            self.plan_order(&order, bought, number, is_late);
        }
        Ok(())
    }

    /// Something that is left in a store, and is not among those that were found before.
    fn find_something(&mut self, store: usize, before: Option<&[Wanted]>) -> Option<Wanted> {
        let copies = [1, 1, 1, 1, 1, 1, 2, 2, 2, 3][self.dice.below(10)];
        let is_new = |listing| before.is_none_or(|before| before.iter().all(|line| line.listing != listing));
        let found: Vec<usize> = (0..self.variants.len())
            .filter(|&place| {
                let variant = &self.variants[place];
                variant.store == store && variant.left >= copies && is_new(variant.listing)
            })
            .collect();
        if found.is_empty() {
            return None;
        }
        let variant = &mut self.variants[found[self.dice.below(found.len())]];
        variant.left -= copies;
        Some(Wanted { listing: variant.listing, price: variant.price, copies })
    }

    /// Of those who check out several things some bring cash to the desk first, a little more than they need, and pay from
    /// their wallet.
    fn pay(&self, story: &Story<'_>, buyer: usize, lines: &[Wanted], number: i64) -> anyhow::Result<PayBy> {
        if lines.len() < 2 || number % 8 != 1 {
            return Ok(PayBy::Cash);
        }
        let cost = |line: &Wanted| {
            let Money { minor, currency } = line.price.money();
            Rate::default().convert(Money::new(minor * line.copies, currency), Currency::Usd)
        };
        let costs: Option<Vec<Money>> = lines.iter().map(cost).collect();
        let cost: i64 = costs.context("a cart costs too much")?.iter().map(|cost| cost.minor).sum();
        let cash = Money::new((cost / 500 + 2) * 500, Currency::Usd);
        let username = story.people[buyer].username.clone();
        story.run(&self.desk, Command::TopUp { username, cash })?;
        Ok(PayBy::Wallet(Currency::Usd))
    }

    fn liked(&mut self) -> usize {
        let mut rest = self.dice.below(LIKED.iter().sum());
        for (store, share) in LIKED.into_iter().enumerate() {
            match rest.checked_sub(share) {
                Some(less) => rest = less,
                None => return store,
            }
        }
        0
    }

    /// Who buys: Rana now and then, and whoever forgets does so once.
    fn buyer(&mut self, number: i64, owner: usize) -> usize {
        let forgetful = NOT_COLLECTED.iter().position(|&forgotten| forgotten == number);
        let chosen = match forgetful {
            Some(place) => 22 + 5 * place,
            None if number % 14 == 3 => 0,
            None => self.dice.below(60),
        };
        if chosen == owner { (chosen + 1) % 60 } else { chosen }
    }

    /// Writes down what follows from a purchase, on the days on which the desk is open.
    fn plan_order(&mut self, order: &OrderView, bought: Bought, number: i64, is_late: bool) {
        let placed = order.placed_at;
        if number % 31 == 17 {
            let minutes = 4 + whole(self.dice.below(12));
            return self.note(placed.plus(Span::minutes(minutes)), Deed::Continue(bought, Next::Cancel));
        }
        if is_late && number % 9 == 4 {
            return self.note(placed.plus(Span::minutes(45)), Deed::Continue(bought, Next::AskToCancel));
        }
        if number == NOT_DROPPED_OFF {
            return;
        }
        let (day, noise) = (order.pickup.day, whole(self.dice.below(100)));
        // Whoever can brings it the afternoon before; the others when the desk opens.
        let before = day.saturating_sub(if day.weekday() == Weekday::Monday { 3.days() } else { 1.days() });
        let early = moment(before, 12 * 60 + 2 * noise);
        let dropped_off = if early > placed { early } else { moment(day, 8 * 60 + noise) };
        self.note(dropped_off, Deed::Continue(bought, Next::DropOff));
        if NOT_COLLECTED.contains(&number) {
            return;
        }
        let is_next_day_open =
            !matches!(day.weekday(), Weekday::Friday | Weekday::Saturday | Weekday::Sunday);
        let day = if noise < 25 && is_next_day_open { day.saturating_add(1.days()) } else { day };
        let collected = moment(day, 10 * 60 + 4 * noise);
        self.note(collected, Deed::Continue(bought, Next::Collect));
        // Half of them say that all is well; of the others nothing is heard.
        if noise % 2 == 0 {
            let confirmed = collected.plus(Span::minutes(40 + 11 * noise));
            self.note(confirmed, Deed::Continue(bought, Next::Confirm));
        }
    }

    fn follow(&self, story: &Story<'_>, bought: Bought, next: Next) -> anyhow::Result<()> {
        let Bought { order, due, .. } = bought;
        let (buyer, seller) = (story.caller(bought.buyer), story.caller(bought.owner));
        match next {
            Next::DropOff => {
                let code = story.code(order, seller)?;
                story.run(&self.desk, Command::DropOff { code })
            }
            Next::Collect => {
                let code = story.code(order, buyer)?;
                story.run(&self.desk, Command::Collect { code, cash: (due.minor > 0).then_some(due) })
            }
            Next::Confirm => story.run(buyer, Command::ConfirmOrder { order }),
            Next::Cancel => story.run(buyer, Command::CancelOrder { order }),
            Next::AskToCancel => story.run(buyer, Command::RequestCancel { order }),
        }
        .map(drop)
    }
}

/// What a store says of a product and of its forms.
fn drafts(product: &Product) -> anyhow::Result<(ListingDraft, Vec<VariantDraft>)> {
    let mut variants = Vec::new();
    for variant in product.variants {
        let price = Price::new(variant.minor, variant.currency)?;
        let made = VariantDraft::new(variant.label, variant.sku, price, variant.copies, variant.low_stock)?;
        variants.push(made);
    }
    let price = variants.first().context("a product comes in no form")?.price();
    let (category, condition) = (product.category, product.condition);
    let draft = ListingDraft::new(product.title, product.description, price, category, condition, None)?;
    Ok((draft, variants))
}

/// Numbers of things are small.
fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(0)
}

/// The day it is on the campus.
fn day_of(moment: Moment) -> Date {
    moment.timestamp().to_zoned(zone(CAMPUS).unwrap_or(UTC)).date()
}

/// So many minutes after midnight of that day on the campus.
fn moment(day: Date, minutes: i64) -> Moment {
    let local = day.to_datetime(jiff::civil::Time::midnight()).saturating_add(minutes.minutes());
    let zoned = local.to_zoned(zone(CAMPUS).unwrap_or(UTC));
    zoned.map_or(Moment::from_micros(0), |zoned| Moment::from_micros(zoned.timestamp().as_microsecond()))
}
