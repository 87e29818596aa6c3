//! Carts: gathering what a member wants to buy.

use auboutique_db::{Connection, cart as db, checkout, listing as shelf, pickup, store};
use auboutique_domain::cart::{self, CartLine, CartLineView, CartView, HeldByOthers, Offer, Problem};
use auboutique_domain::id::{ListingId, MemberId};
use auboutique_domain::listing::{self, Beside, Listing, ListingState};
use auboutique_domain::money::Money;
use auboutique_domain::store::{Store, USUAL_LIMIT};
use auboutique_domain::time::Moment;
use auboutique_domain::{Event, Refusal, Reply};

use crate::Outcome;
use crate::no::{No, Stop};
use crate::reader::View;
use crate::writer::Work;

/// What a listing offers a buyer now, with everything that decides whether they can have it.
pub(crate) struct Found {
    pub(crate) listing: Listing,
    pub(crate) beside: Beside,
    pub(crate) held: HeldByOthers,
    store: Option<Store>,
    now: Moment,
}

impl Found {
    /// What it offers.
    pub(crate) fn offer(&self) -> Offer<'_> {
        let limit = self.store.as_ref().map_or(USUAL_LIMIT, |store| store.limit);
        Offer { listing: &self.listing, held: self.held, limit }
    }

    /// Whether its store sells today, where it is collected.
    fn sells(&self, db: &mut Connection) -> Result<(), Stop> {
        let Some(store) = self.store.as_ref().filter(|store| store.away.is_some()) else { return Ok(()) };
        let point = pickup::find(db, self.listing.pickup_point)?;
        let zone = point.and_then(|point| auboutique_domain::time::zone(&point.time_zone));
        let today = self.now.timestamp().to_zoned(zone.unwrap_or(auboutique_domain::time::UTC)).date();
        Ok(store.sells(today)?)
    }

    /// Whether this buyer can have so many copies at that price.
    pub(crate) fn can_be_bought(
        &self,
        db: &mut Connection,
        buyer: MemberId,
        seen: Money,
        quantity: i64,
    ) -> Result<(), Stop> {
        self.offer().can_be_bought(buyer, seen, quantity)?;
        self.sells(db)
    }
}

/// Looks at a listing with a buyer's eyes.
pub(crate) fn look(
    db: &mut Connection,
    buyer: MemberId,
    id: ListingId,
    now: Moment,
) -> Result<Option<Found>, Stop> {
    let Some((listing, beside)) = shelf::find_with_seller(db, id)? else { return Ok(None) };
    let held = checkout::held_by_others(db, id, buyer, now)?;
    let store = match &listing.stocked {
        Some(stocked) => store::find(db, stocked.store)?,
        None => None,
    };
    Ok(Some(Found { listing, beside, held, store, now }))
}

/// A member puts copies into their cart, or says how many shall be there. What they cannot have now is refused: it would only
/// be refused later.
fn put(work: &mut Work<'_>, id: ListingId, quantity: i64, beside_those: bool) -> Outcome {
    let member = work.member()?;
    let quantity = listing::quantity(quantity)?;
    let before = db::find(work.db, member.id, id)?;
    // Whatever is not in the cart is not there in the same words: what is withdrawn is not for these eyes.
    if before.is_none() && !beside_those {
        return Err(Refusal::not_found("line").into());
    }
    let missing = || Refusal::not_found("listing");
    let found = look(work.db, member.id, id, work.now)?.ok_or_else(missing)?;
    if before.is_none() {
        cart::has_room(usize::try_from(db::count(work.db, member.id)?).unwrap_or(usize::MAX))?;
    }
    let there = before.as_ref().filter(|_| beside_those).map_or(0, |line| line.quantity);
    let wanted = listing::quantity(there.saturating_add(quantity))?;
    let price = found.listing.price.money();
    found.can_be_bought(work.db, member.id, price, wanted)?;
    // Of two that were put there in one moment the first comes first.
    let added_at = match before {
        Some(line) => line.added_at,
        None => Moment::from_micros(work.number()),
    };
    let line = CartLine { member: member.id, listing: id, quantity: wanted, seen: price, added_at };
    db::save(work.db, &line)?;
    changed(work, member.id)
}

/// Tells the member's other windows, and shows the cart.
fn changed(work: &mut Work<'_>, member: MemberId) -> Outcome {
    work.tell(Event::CartChanged { member });
    Ok(Reply::Cart(view(work.db, member, work.now)?))
}

pub(crate) fn add(work: &mut Work<'_>, id: ListingId, quantity: i64) -> Outcome {
    put(work, id, quantity, true)
}

pub(crate) fn change(work: &mut Work<'_>, id: ListingId, quantity: i64) -> Outcome {
    put(work, id, quantity, false)
}

/// A member puts copies there without being asked whether they can be had: a cart promises nothing.
pub(crate) fn gather(work: &mut Work<'_>, id: ListingId, copies: i64) -> Outcome {
    let member = work.member()?;
    let before = db::find(work.db, member.id, id)?;
    let found = look(work.db, member.id, id, work.now)?;
    let is_there = |found: &Found| matches!(found.listing.state(), ListingState::OnSale | ListingState::Sold);
    let found = found.filter(is_there).ok_or_else(|| Refusal::not_found("listing"))?;
    if found.listing.seller == member.id {
        return Err(Refusal::OwnListing.into());
    }
    if before.is_none() {
        cart::has_room(usize::try_from(db::count(work.db, member.id)?).unwrap_or(usize::MAX))?;
    }
    let there = before.as_ref().map_or(0, |line| line.quantity);
    let quantity = listing::quantity(there.saturating_add(copies))?;
    let added_at = match before {
        Some(line) => line.added_at,
        None => Moment::from_micros(work.number()),
    };
    let seen = found.listing.price.money();
    db::save(work.db, &CartLine { member: member.id, listing: id, quantity, seen, added_at })?;
    changed(work, member.id)
}

/// A member buys what a line says, at the price they saw; the line is gone with it.
pub(crate) fn buy_line(work: &mut Work<'_>, id: ListingId) -> Outcome {
    let member = work.member()?;
    let line = db::find(work.db, member.id, id)?.ok_or_else(|| Refusal::not_found("line"))?;
    let bought = crate::order::buy(work, id, line.seen, line.quantity)?;
    db::remove(work.db, member.id, id)?;
    work.tell(Event::CartChanged { member: member.id });
    Ok(bought)
}

pub(crate) fn remove(work: &mut Work<'_>, id: ListingId) -> Outcome {
    let member = work.member()?;
    if !db::remove(work.db, member.id, id)? {
        return Err(Refusal::not_found("line").into());
    }
    changed(work, member.id)
}

fn view(db: &mut Connection, member: MemberId, now: Moment) -> Result<CartView, Stop> {
    let mut lines = Vec::new();
    for line in auboutique_db::cart::of(db, member)? {
        let Some(found) = look(db, member, line.listing, now)? else { continue };
        let problem = match found.can_be_bought(db, member, line.seen, line.quantity) {
            Ok(()) => None,
            Err(Stop::Refused(refusal)) => Some(Problem::from(&refusal)),
            Err(stop) => return Err(stop),
        };
        let price = found.listing.price.money();
        let mut listing = found.listing;
        listing.description.clear();
        // What is withdrawn is not for these eyes any more: they keep the name of what they wanted.
        listing.pictures.truncate(usize::from(listing.state() != ListingState::Withdrawn));
        let total = Money::new(price.minor.saturating_mul(line.quantity), price.currency);
        let listing = listing.view(found.beside);
        lines.push(CartLineView { listing, quantity: line.quantity, seen: line.seen, total, problem });
    }
    let prices = lines.iter().map(|line| (line.listing.price, line.quantity));
    // A cart that costs more than an order may still has to be shown, so that it can be made smaller.
    let totals = cart::totals(prices).unwrap_or_default();
    Ok(CartView { lines, totals })
}

impl View<'_> {
    /// The asker's cart, at the prices of now.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`].
    pub fn cart(&mut self) -> Result<CartView, No> {
        let member = self.member()?;
        let found = view(self.db, member.id, self.now);
        self.settle(found)
    }

    /// How many lines the asker's cart has; 0 for a visitor.
    ///
    /// # Errors
    ///
    /// [`No::Busy`], [`No::Broken`].
    pub fn cart_count(&mut self) -> Result<i64, No> {
        let Some(member) = self.viewer.as_ref().map(|member| member.id) else { return Ok(0) };
        let count = db::count(self.db, member);
        self.settle(count.map_err(Stop::from))
    }
}
