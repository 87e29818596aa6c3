//! Orders: buying, canceling, the desk, and time.

use std::collections::BTreeMap;

use auboutique_db::order::OrderOfMembers;
use auboutique_db::{address, listing, member, order as db, pickup};
use auboutique_domain::checkout::ShippingAddress;
use auboutique_domain::id::{
    AuctionId, CheckoutId, ListingId, MemberId, MovementId, OrderId, PickupPointId, StoreId, StrikeId,
};
use auboutique_domain::ledger::{Account, StepError};
use auboutique_domain::listing::{Listing, Movement, PAGE, Page};
use auboutique_domain::member::{Member, Strike};
use auboutique_domain::money::{Currency, Money, Rate};
use auboutique_domain::order::{
    Action, Code, DeskView, Line, Means, Order, OrderView, Parties, Placement, Receipt, Side, State, Step,
};
use auboutique_domain::pickup::Calendar;
use auboutique_domain::time::Date;
use auboutique_domain::{Event, Refusal, Reply};

use crate::no::{No, Stop};
use crate::reader::View;
use crate::writer::Work;
use crate::{Outcome, credential, setting};

/// What one seller sells in one order.
pub(crate) struct Sale {
    pub(crate) seller: MemberId,
    pub(crate) store: Option<StoreId>,
    pub(crate) pickup_point: PickupPointId,
    pub(crate) ships: bool,
    pub(crate) lines: Vec<Sold>,
}

/// A line of it: the listing as it stands, how many copies of it others have set aside, and what is bought.
pub(crate) struct Sold {
    pub(crate) listing: Listing,
    pub(crate) held: i64,
    pub(crate) line: Line,
}

/// On which terms it is bought: as which order, by whom, by which checkout and of which auction, and from which account it is paid
/// at once, if it is.
pub(crate) struct Terms {
    pub(crate) order: OrderId,
    pub(crate) buyer: MemberId,
    pub(crate) checkout: Option<CheckoutId>,
    pub(crate) auction: Option<AuctionId>,
    pub(crate) pay: Option<(Account, Means, Currency)>,
    pub(crate) rate: Rate,
}

/// A member buys a thing, or so many copies of what a store has.
pub(crate) fn buy(work: &mut Work<'_>, id: ListingId, seen: Money, quantity: i64) -> Outcome {
    let buyer = work.member()?;
    let quantity = auboutique_domain::listing::quantity(quantity)?;
    crate::listing::may_trade_now(work, &buyer)?;
    let found = crate::cart::look(work.db, buyer.id, id, work.now)?;
    let found = found.ok_or_else(|| Refusal::not_found("listing"))?;
    if !auboutique_db::is_planted("check-then-act") {
        found.offer().can_be_bought(buyer.id, seen, quantity)?;
    }
    let (listing, beside, held) = (found.listing, found.beside, found.held.copies);
    let price = listing.price.money();
    let line = Line { listing: listing.id, title: listing.full_title(), quantity, price };
    let sale = Sale {
        seller: listing.seller,
        store: listing.stocked.as_ref().map(|stocked| stocked.store),
        pickup_point: listing.pickup_point,
        ships: false,
        lines: vec![Sold { listing, held, line }],
    };
    let order = work.id(OrderId::new);
    let terms =
        Terms { order, buyer: buyer.id, checkout: None, auction: None, pay: None, rate: Rate::default() };
    let (order, calendar) = place(work, sale, terms)?;
    let parties = Parties { buyer: buyer.card(), seller: beside.seller, store: beside.store };
    Ok(Reply::Order(order.view(Side::Buyer, parties, &calendar)))
}

/// Places an order: the one place where copies are promised. Of any number who ask at once the conditional write in
/// `listing::commit` lets as many through as there are copies.
pub(crate) fn place(work: &mut Work<'_>, sale: Sale, terms: Terms) -> Result<(Order, Calendar), Stop> {
    let Sale { seller, store, pickup_point, ships, lines: mut sold } = sale;
    let Terms { order: id, buyer, checkout, auction, pay, rate } = terms;
    let calendar = calendar_at(work.db, pickup_point, work.now)?;
    // What was won is the winner's, also while the store sells nothing.
    if let Some(store) = store.filter(|_| auction.is_none()) {
        let found = auboutique_db::store::find(work.db, store)?;
        let found = found.ok_or_else(|| Stop::Wrong(format!("{store} is sold from and is not there")))?;
        found.sells(calendar.day_of(work.now))?;
    }
    let settings = setting::find(work)?;
    let commission_basis_points = match auction {
        Some(_) => settings.auction_commission_basis_points,
        None => settings.commission_basis_points,
    };
    let placement = Placement {
        id,
        buyer,
        seller,
        store,
        lines: sold.iter().map(|sold| sold.line.clone()).collect(),
        checkout,
        auction,
        ships,
        commission_basis_points,
        codes: (work.random(), work.random()),
    };
    let (order, event) = Order::place(placement, &calendar, work.now)?;
    let (order, paid) = match pay {
        None => (order, None),
        Some((from, means, currency)) => {
            let receipt = Receipt::of(means, order.total, currency, rate)?;
            let Step { order, entries, event, .. } = order.settle(from, receipt, work.now)?;
            (order, Some((entries, event)))
        }
    };
    // The order's row first: the movements of stock refer to it.
    db::insert(work.db, &order)?;
    work.tell(event);
    // In the order of their ids, so that two nodes cannot wait for each other.
    sold.sort_by_key(|sold| sold.listing.id);
    for Sold { listing: offer, held, line } in &sold {
        let movement = work.id(MovementId::new);
        listing::commit(work.db, offer, *held, (order.id, line.quantity), movement, work.now)?;
        let available = offer.available() - line.quantity;
        if store.is_some() {
            work.tell(Event::StockChanged { listing: offer.id, seller, available });
        }
        if available == 0 {
            work.tell(Event::ListingSold { listing: offer.id, seller });
            crate::store::settle_of(work, offer)?;
        }
    }
    if order.is_booked() {
        pickup::book(work.db, &calendar.point, order.pickup_day)?;
    }
    if let Some((entries, event)) = paid {
        for entry in &entries {
            crate::ledger::post(work, entry)?;
        }
        event.into_iter().for_each(|event| work.tell(event));
    }
    Ok((order, calendar))
}

/// A pickup point with what decides its days from today on.
pub(crate) fn calendar(work: &mut Work<'_>, point: PickupPointId) -> Result<Calendar, Stop> {
    calendar_at(work.db, point, work.now)
}

/// The same, read by whoever has the database.
pub(crate) fn calendar_at(
    db: &mut auboutique_db::Connection,
    point: PickupPointId,
    now: auboutique_domain::Moment,
) -> Result<Calendar, Stop> {
    calendar_since(db, point, now, None)
}

/// The pickup point of an order with what decides its days from the pickup day on, which may lie a while back: deadlines
/// count open days from it, however long the desk has been closed since.
fn calendar_of(work: &mut Work<'_>, order: &Order) -> Result<Calendar, Stop> {
    calendar_since(work.db, order.pickup_point, work.now, Some(order.pickup_day))
}

fn calendar_since(
    db: &mut auboutique_db::Connection,
    point: PickupPointId,
    now: auboutique_domain::Moment,
    day: Option<Date>,
) -> Result<Calendar, Stop> {
    let point = pickup::find(db, point)?.ok_or_else(|| Refusal::not_found("pickup point"))?;
    let empty = Calendar { point, closures: [].into(), booked: [].into() };
    let today = empty.day_of(now);
    Ok(pickup::calendar(db, empty.point, day.map_or(today, |day| day.min(today)))?)
}

/// Saves everything that follows from a step.
pub(crate) fn apply(work: &mut Work<'_>, before: &Order, step: Step) -> Result<Order, Stop> {
    let Step { order, event, entries, movement, withdraw, strike } = step;
    db::save(work.db, &order, work.now)?;
    if let Some(event) = event {
        work.tell(event);
    }
    for entry in &entries {
        crate::ledger::post(work, entry)?;
    }
    if let Some(movement) = movement {
        move_stock(work, &order, movement, withdraw)?;
    }
    if let Some(strike) = strike {
        let id = work.id(StrikeId::new);
        member::insert_strike(work.db, id, strike, work.now)?;
        let Strike { member, order, reason } = strike;
        work.tell(Event::StrikeGiven { member, order: Some(order), auction: None, reason });
    }
    let booked = |order: &Order| order.is_booked().then_some(order.pickup_day);
    if booked(before) != booked(&order) {
        if booked(before).is_some() {
            pickup::release(work.db, before.pickup_point, before.pickup_day)?;
        }
        if let Some(day) = booked(&order) {
            let point = pickup::find(work.db, order.pickup_point)?
                .ok_or_else(|| Refusal::not_found("pickup point"))?;
            pickup::book(work.db, &point, day)?;
        }
    }
    Ok(order)
}

fn move_stock(work: &mut Work<'_>, order: &Order, movement: Movement, withdraw: bool) -> Result<(), Stop> {
    for line in &order.lines {
        let found: Option<Listing> = listing::find(work.db, line.listing)?;
        let found = found.ok_or_else(|| Stop::Wrong(format!("{} has no listing", order.id)))?;
        let (id, moved) = (work.id(MovementId::new), (order.id, line.quantity));
        match movement {
            Movement::Collect => listing::collect(work.db, &found, moved, id, work.now)?,
            Movement::Uncommit => {
                // What is left of a store's stock stays on its shelves, but for the lot of an auction.
                let withdraw = withdraw && (found.stocked.is_none() || order.auction.is_some());
                let withdrawn_at = if withdraw { Some(work.now) } else { found.withdrawn_at };
                listing::uncommit(work.db, &found, moved, withdrawn_at, id, work.now)?;
                let (seller, withdrawn) = (found.seller, withdrawn_at.is_some());
                if found.stocked.is_some() {
                    let available = found.available() + line.quantity;
                    work.tell(Event::StockChanged { listing: found.id, seller, available });
                }
                if found.sold_at.is_some() {
                    work.tell(Event::ListingReturned { listing: found.id, seller, withdrawn });
                    crate::store::settle_of(work, &found)?;
                }
            }
            Movement::Return => {
                let was = found.state();
                let (back, event) = found.move_in(line.quantity, work.now)?;
                let why = listing::Why::order(back.id, order.id);
                listing::move_in(work.db, &back, (movement, line.quantity), why, id, work.now)?;
                work.tell(event);
                if back.state() != was {
                    crate::store::settle_of(work, &back)?;
                }
            }
            Movement::Receive | Movement::Adjust | Movement::Commit | Movement::Hold | Movement::Release => {
                return Err(Stop::Wrong(format!("a step of {} that moves stock in", order.id)));
            }
        }
    }
    Ok(())
}

/// Does something to an order as one of its two members, and shows it to them as it became.
fn act(
    work: &mut Work<'_>,
    id: OrderId,
    step: impl FnOnce(Order, Side, &Work<'_>) -> Result<Step, StepError>,
) -> Outcome {
    let member = work.member()?;
    let missing = || Refusal::not_found("order");
    let OrderOfMembers { order, parties } = db::find_with_members(work.db, id)?.ok_or_else(missing)?;
    let side = side(work.db, &order, member.id)?.ok_or_else(missing)?;
    let step = step(order.clone(), side, work)?;
    let order = apply(work, &order, step)?;
    let calendar = calendar_of(work, &order)?;
    Ok(Reply::Order(order.view(side, parties, &calendar)))
}

/// An order as one side of it sees it.
pub(crate) fn shown(work: &mut Work<'_>, id: OrderId, side: Side) -> Result<OrderView, Stop> {
    let found = db::find_with_members(work.db, id)?;
    let OrderOfMembers { order, parties } = found.ok_or_else(|| Refusal::not_found("order"))?;
    let calendar = calendar_of(work, &order)?;
    Ok(order.view(side, parties, &calendar))
}

/// Which side of an order a member is on, if any: whoever acts for a store is on the side of its owner.
fn side(db: &mut auboutique_db::Connection, order: &Order, member: MemberId) -> Result<Option<Side>, Stop> {
    match (order.side_of(member), order.store) {
        (None, Some(store)) => {
            let served = auboutique_db::store::served(db, store, member)?;
            Ok(served.map(|_| Side::Seller))
        }
        (side, _) => Ok(side),
    }
}

/// What only the buyer may do is, for the seller, not there.
fn buyers_only(side: Side) -> Result<(), Refusal> {
    match side {
        Side::Buyer => Ok(()),
        Side::Seller => Err(Refusal::not_found("order")),
    }
}

pub(crate) fn cancel(work: &mut Work<'_>, id: OrderId) -> Outcome {
    act(work, id, |order, side, work| order.cancel(side, work.now))
}

pub(crate) fn request_cancel(work: &mut Work<'_>, id: OrderId) -> Outcome {
    act(work, id, |order, side, work| {
        buyers_only(side)?;
        order.request_cancel(work.now)
    })
}

pub(crate) fn confirm(work: &mut Work<'_>, id: OrderId) -> Outcome {
    act(work, id, |order, side, work| {
        buyers_only(side)?;
        order.confirm(work.now)
    })
}

pub(crate) fn request_return(work: &mut Work<'_>, id: OrderId, reason: &str) -> Outcome {
    act(work, id, |order, side, work| {
        buyers_only(side)?;
        order.request_return(reason, (work.random(), work.random()), work.now)
    })
}

/// What only the seller may do, or who acts for the store, is for the buyer not there.
fn sellers_only(side: Side) -> Result<(), Refusal> {
    match side {
        Side::Seller => Ok(()),
        Side::Buyer => Err(Refusal::not_found("order")),
    }
}

pub(crate) fn ship(work: &mut Work<'_>, id: OrderId, note: &str) -> Outcome {
    act(work, id, |order, side, work| {
        sellers_only(side)?;
        order.ship(note, work.now)
    })
}

pub(crate) fn settle_return(work: &mut Work<'_>, id: OrderId, restock: bool) -> Outcome {
    act(work, id, |order, side, work| {
        sellers_only(side)?;
        order.settle_return(restock, work.now)
    })
}

/// Money the seller gives back of their own will: whoever acts for a store does not give its owner's money away.
pub(crate) fn refund(work: &mut Work<'_>, id: OrderId, amount: Money) -> Outcome {
    let member = work.member()?;
    act(work, id, |order, side, work| {
        sellers_only(side)?;
        if order.seller != member.id {
            return Err(Refusal::not_found("order").into());
        }
        order.refund(amount, work.now)
    })
}

/// The order whose code is shown at a desk the member serves. A wrong code counts against the member.
fn at_desk(work: &mut Work<'_>, code: &Code) -> Result<Order, Stop> {
    let attendant = work.member()?;
    let points = pickup::served_by(work.db, attendant.id)?;
    if points.is_empty() {
        return Err(Refusal::not_found("desk").into());
    }
    let subject = credential::desk_subject(attendant.id);
    credential::may_try(work, &subject)?;
    for point in points {
        if let Some(order) = db::find_by_code(work.db, point, code)? {
            return Ok(order);
        }
    }
    work.count_if_refused(subject);
    Err(Refusal::not_found("code").into())
}

/// What the desk sees of an order when this code is shown.
fn desk_view(work: &mut Work<'_>, order: &Order, code: &Code) -> Result<DeskView, Stop> {
    let shown_by = if code.is_pickup() { Side::Buyer } else { Side::Seller };
    let who = match shown_by {
        Side::Buyer => order.buyer,
        Side::Seller => order.seller,
    };
    let person: Option<Member> = member::find(work.db, who)?;
    let next = match (shown_by, order.state) {
        (Side::Seller, State::Placed) => Some(Action::DropOff),
        (Side::Buyer, State::AtDesk) => Some(Action::Collect),
        (Side::Buyer, State::ReturnOpen) => Some(Action::TakeReturn),
        _ => None,
    };
    Ok(DeskView {
        order: order.id,
        state: order.state,
        shown_by,
        name: person.map(|person| person.name).unwrap_or_default(),
        lines: order.lines.clone(),
        due: if shown_by == Side::Buyer { order.due() } else { Money::new(0, order.total.currency) },
        pickup_day: order.pickup_day,
        next,
    })
}

pub(crate) fn show_code(work: &mut Work<'_>, code: &Code) -> Outcome {
    let order = at_desk(work, code)?;
    Ok(Reply::Desk(desk_view(work, &order, code)?))
}

/// Each code serves its own side: with the seller's nothing is handed out, with the buyer's nothing is taken in.
fn of_side(code: &Code, side: Side) -> Result<(), Refusal> {
    if code.is_pickup() == (side == Side::Buyer) { Ok(()) } else { Err(Refusal::not_found("code")) }
}

pub(crate) fn drop_off(work: &mut Work<'_>, code: &Code) -> Outcome {
    let order = at_desk(work, code)?;
    of_side(code, Side::Seller)?;
    let calendar = calendar_of(work, &order)?;
    let step = order.clone().drop_off(&calendar, work.now)?;
    let order = apply(work, &order, step)?;
    Ok(Reply::Desk(desk_view(work, &order, code)?))
}

pub(crate) fn take_payment(work: &mut Work<'_>, code: &Code, cash: Money) -> Outcome {
    let order = at_desk(work, code)?;
    of_side(code, Side::Buyer)?;
    let step = order.clone().pay(order.pickup_point, cash, work.now)?;
    let order = apply(work, &order, step)?;
    Ok(Reply::Desk(desk_view(work, &order, code)?))
}

pub(crate) fn collect(work: &mut Work<'_>, code: &Code, cash: Option<Money>) -> Outcome {
    let order = at_desk(work, code)?;
    of_side(code, Side::Buyer)?;
    let step = order.clone().collect(order.pickup_point, cash, work.now)?;
    let order = apply(work, &order, step)?;
    Ok(Reply::Desk(desk_view(work, &order, code)?))
}

pub(crate) fn take_return(work: &mut Work<'_>, code: &Code) -> Outcome {
    let order = at_desk(work, code)?;
    of_side(code, Side::Buyer)?;
    let step = order.clone().take_return(work.now)?;
    let order = apply(work, &order, step)?;
    Ok(Reply::Desk(desk_view(work, &order, code)?))
}

/// The moment an order was waiting for has come.
pub(crate) fn lapse(work: &mut Work<'_>, id: OrderId) -> Outcome {
    work.node()?;
    let order = db::find(work.db, id)?.ok_or_else(|| Refusal::not_found("order"))?;
    let calendar = calendar_of(work, &order)?;
    let handling = setting::find(work)?.handling_basis_points;
    let step = order.clone().lapse(&calendar, handling, work.now)?;
    apply(work, &order, step)?;
    Ok(Reply::Done)
}

/// Moves the orders of a day that was closed to the next day with room.
pub(crate) fn move_from(work: &mut Work<'_>, point: PickupPointId, day: Date) -> Result<(), Stop> {
    for order in db::on_day(work.db, point, day)? {
        // Read anew for each: every move fills a place.
        let calendar = calendar_of(work, &order)?;
        let step = order.clone().move_pickup(&calendar, work.now)?;
        apply(work, &order, step)?;
    }
    Ok(())
}

impl View<'_> {
    /// Orders as one side sees them. The calendar of a pickup point is read once, from the oldest pickup day on, and not
    /// once per order.
    pub(crate) fn order_views(
        &mut self,
        found: Vec<OrderOfMembers>,
        side: Side,
    ) -> Result<Vec<OrderView>, No> {
        let mut since: BTreeMap<PickupPointId, Date> = BTreeMap::new();
        for OrderOfMembers { order, .. } in &found {
            let oldest = since.entry(order.pickup_point).or_insert(order.pickup_day);
            *oldest = order.pickup_day.min(*oldest);
        }
        let mut calendars = BTreeMap::new();
        for (point, day) in since {
            let calendar = calendar_since(self.db, point, self.now, Some(day));
            calendars.insert(point, self.settle(calendar)?);
        }
        let view = |OrderOfMembers { order, parties }: OrderOfMembers| {
            let calendar = calendars.get(&order.pickup_point);
            let calendar = calendar.ok_or_else(|| Refusal::not_found("pickup point"))?;
            Ok(order.view(side, parties, calendar))
        };
        found.into_iter().map(view).collect()
    }

    /// One order, for its buyer and its seller.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`]; [`Refusal::NotFound`] when it is not theirs.
    pub fn order(&mut self, id: OrderId) -> Result<OrderView, No> {
        let member = self.member()?;
        let found = db::find_with_members(self.db, id);
        let found = self.settle(found.map_err(Stop::from))?;
        let found = found.ok_or_else(|| Refusal::not_found("order"))?;
        let side = side(self.db, &found.order, member.id);
        let side = self.settle(side)?.ok_or_else(|| Refusal::not_found("order"))?;
        let mut views = self.order_views(vec![found], side)?;
        Ok(views.pop().ok_or_else(|| Refusal::not_found("order"))?)
    }

    /// Where an order is shipped to, while that is known: for its buyer, its seller, and whoever acts for the store that sold it.
    /// An order is there once it is paid, so the seller learns nothing before.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`]; [`Refusal::NotFound`] when it is not theirs.
    pub fn shipping_address(&mut self, id: OrderId) -> Result<Option<ShippingAddress>, No> {
        self.order(id)?;
        let found = address::of_order(self.db, id);
        self.settle(found.map_err(Stop::from))
    }

    /// What the asker bought, or sold; newest first.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`]; [`Refusal::NotFound`] for a cursor that is none.
    pub fn orders(
        &mut self,
        side: Side,
        after: Option<&str>,
        limit: Option<i64>,
    ) -> Result<Page<OrderView>, No> {
        let member = self.member()?;
        let (before, limit) = cut(after, limit)?;
        let rows = match side {
            Side::Buyer => db::bought_by(self.db, member.id, &before, limit + 1),
            Side::Seller => db::sold_by(self.db, member.id, &before, limit + 1),
        };
        let rows = self.settle(rows.map_err(Stop::from))?;
        self.order_page(rows, side, limit)
    }

    /// A page out of one row more than it holds.
    pub(crate) fn order_page(
        &mut self,
        mut rows: Vec<OrderOfMembers>,
        side: Side,
        limit: i64,
    ) -> Result<Page<OrderView>, No> {
        let more = rows.len() > usize::try_from(limit).unwrap_or(0);
        rows.truncate(usize::try_from(limit).unwrap_or(0));
        let next = if more { rows.last().map(|found| found.order.id.to_string()) } else { None };
        Ok(Page { rows: self.order_views(rows, side)?, next })
    }
}

/// Before which order a page starts, and how long it is.
pub(crate) fn cut(after: Option<&str>, limit: Option<i64>) -> Result<(String, i64), Refusal> {
    // Ids sort by time; a tilde sorts after every one of them.
    let before = match after {
        None => "~".to_owned(),
        Some(cursor) => OrderId::parse(cursor).map_err(|_| Refusal::not_found("page"))?.to_string(),
    };
    Ok((before, limit.unwrap_or(PAGE.0).clamp(1, PAGE.1)))
}
