//! Checkouts: setting aside what is in a cart, and turning it into orders. The third step, paying by card, is in
//! `payment.rs`.

use auboutique_db::{
    Connection, address, cart, checkout as db, listing as shelf, member as members, order as orders, payment,
    pickup, store,
};
use auboutique_domain::checkout::{
    Checkout, CheckoutView, DeliveryChoice, Hold, IN_VAIN, MOST_IN_VAIN, Parcel, ParcelView, PayBy,
    ShippingAddress, State,
};
use auboutique_domain::id::{AuctionId, CheckoutId, MemberId, MovementId, OrderId};
use auboutique_domain::ledger::Account;
use auboutique_domain::listing::PickupPointName;
use auboutique_domain::money::{Currency, Money, sums};
use auboutique_domain::order::{self, Line, Means, Side};
use auboutique_domain::time::Moment;
use auboutique_domain::{Event, Refusal, Reply};

use crate::cart::{Found, look};
use crate::no::{No, Stop};
use crate::order::{Sale, Sold, Terms, calendar_at, place as place_order, shown};
use crate::reader::View;
use crate::writer::Work;
use crate::{Outcome, ledger, setting};

/// Sets everything in the asker's cart aside. Asked again for the same cart it is the same checkout, for longer; another cart
/// is another checkout, and the one before is left.
pub(crate) fn prepare(work: &mut Work<'_>, seen: &[Money]) -> Outcome {
    let buyer = work.member()?;
    crate::listing::may_trade_now(work, &buyer)?;
    let mut wanted: Vec<(Found, i64)> = Vec::new();
    for line in cart::of(work.db, buyer.id)? {
        let found = look(work.db, buyer.id, line.listing, work.now)?;
        let found = found.ok_or_else(|| Stop::Wrong(format!("a cart line without {}", line.listing)))?;
        let price = found.listing.price.money();
        if let Err(Stop::Refused(refusal)) = found.can_be_bought(work.db, buyer.id, price, line.quantity) {
            return Err(Refusal::LineUnavailable {
                listing: line.listing,
                title: found.listing.full_title(),
                problem: refusal.to_string(),
            }
            .into());
        }
        wanted.push((found, line.quantity));
    }
    let offers: Vec<_> = wanted.iter().map(|(found, quantity)| (found.offer(), *quantity)).collect();
    let rate = setting::find(work)?.lbp_per_usd;
    let id = work.id(CheckoutId::new);
    let (fresh, event) = Checkout::prepare(id, buyer.id, &offers, seen, rate, work.now)?;
    if let Some(before) = db::open_of(work.db, buyer.id)? {
        if before.is_held(work.now) && before.holds == fresh.holds {
            let longer = before.extended(work.now);
            db::save(work.db, &longer)?;
            return Ok(Reply::Checkout(view(work.db, longer, work.now)?));
        }
        leave(work, before)?;
    }
    not_in_vain(work, buyer.id)?;
    db::insert(work.db, &fresh)?;
    // In the order of their ids, so that two nodes cannot wait for each other.
    let mut rows: Vec<&(Found, i64)> = wanted.iter().collect();
    rows.sort_by_key(|(found, _)| found.listing.id);
    for (found, quantity) in rows {
        let movement = work.id(MovementId::new);
        let held = found.held.copies;
        shelf::set_aside(work.db, &found.listing, held, (id, *quantity), movement, work.now)?;
    }
    work.tell(event);
    Ok(Reply::Checkout(view(work.db, fresh, work.now)?))
}

/// Whether so little was set aside for the buyer in vain that another checkout may.
fn not_in_vain(work: &mut Work<'_>, buyer: MemberId) -> Result<(), Stop> {
    let (micros, first) = db::in_vain(work.db, buyer, work.now.minus(IN_VAIN))?;
    match first {
        Some(first) if micros >= MOST_IN_VAIN.micros() => {
            let wait_seconds = first.plus(IN_VAIN).since(work.now).seconds_up();
            Err(Refusal::TooManyCheckouts { wait_seconds }.into())
        }
        _ => Ok(()),
    }
}

/// Ends a checkout that became nothing: left, or out of time.
fn leave(work: &mut Work<'_>, checkout: Checkout) -> Result<Checkout, Stop> {
    let now = work.now;
    let end = if now < checkout.expires_at { checkout.cancel(now) } else { checkout.lapse(now) }?;
    came_to_nothing(work, end)
}

/// Saves a checkout that ended without an order, and everything that follows from it: what it held is for everybody again, and
/// where it should have been shipped to is nobody's business any more.
fn came_to_nothing(work: &mut Work<'_>, (ended, event): (Checkout, Event)) -> Result<Checkout, Stop> {
    db::save(work.db, &ended)?;
    let_go(work, &ended)?;
    address::erase(work.db, ended.id, work.now)?;
    work.tell(event);
    if let Some(auction) = ended.auction {
        // Whether they left it or let the time pass: its winner did not pay.
        crate::auction::defaulted(work, auction, ended.buyer)?;
    }
    Ok(ended)
}

/// The winner of an auction has its lot set aside. The listing stays withdrawn: it is nobody else's to buy.
pub(crate) fn award(
    work: &mut Work<'_>,
    winner: MemberId,
    hold: Hold,
    auction: AuctionId,
) -> Result<Checkout, Stop> {
    let lot = shelf::find(work.db, hold.line.listing)?.ok_or_else(|| Refusal::not_found("listing"))?;
    let rate = setting::find(work)?.lbp_per_usd;
    let (id, movement) = (work.id(CheckoutId::new), work.id(MovementId::new));
    let (checkout, event) = Checkout::award(id, winner, hold, auction, rate, work.now);
    db::insert(work.db, &checkout)?;
    for Hold { line, .. } in &checkout.holds {
        shelf::set_lot_aside(work.db, &lot, (id, line.quantity), movement, work.now)?;
    }
    work.tell(event);
    Ok(checkout)
}

/// The winner of an auction says how the lot shall reach them.
pub(crate) fn choose_delivery(work: &mut Work<'_>, id: CheckoutId, choice: &DeliveryChoice) -> Outcome {
    let checkout = own(work, id)?;
    let (checkout, event) = checkout.choose_delivery(choice.delivery(), work.now)?;
    match choice {
        DeliveryChoice::Pickup(point) => {
            crate::listing::open_point(work, Some(*point))?;
            address::erase(work.db, id, work.now)?;
        }
        DeliveryChoice::Shipment(to) => address::write(work.db, id, to, work.now)?,
    }
    db::save(work.db, &checkout)?;
    work.tell(event);
    Ok(Reply::Checkout(view(work.db, checkout, work.now)?))
}

fn let_go(work: &mut Work<'_>, checkout: &Checkout) -> Result<(), Stop> {
    for Hold { line, .. } in &checkout.holds {
        let movement = work.id(MovementId::new);
        shelf::let_go(work.db, line.listing, (checkout.id, line.quantity), movement, work.now)?;
    }
    Ok(())
}

/// The asker's checkout of that id.
fn own(work: &mut Work<'_>, id: CheckoutId) -> Result<Checkout, Stop> {
    let buyer = work.member()?;
    let found = db::find(work.db, id)?.filter(|found| found.buyer == buyer.id);
    Ok(found.ok_or_else(|| Refusal::not_found("checkout"))?)
}

pub(crate) fn cancel(work: &mut Work<'_>, id: CheckoutId) -> Outcome {
    let checkout = own(work, id)?;
    if checkout.state == State::Placed {
        return Err(Refusal::CheckoutOver.into());
    }
    // Leaving what is left already changes nothing.
    let left = if checkout.state == State::Held { leave(work, checkout)? } else { checkout };
    Ok(Reply::Checkout(view(work.db, left, work.now)?))
}

/// The timekeeper: the time of a checkout is over.
pub(crate) fn lapse(work: &mut Work<'_>, id: CheckoutId) -> Outcome {
    work.node()?;
    let checkout = db::find(work.db, id)?.ok_or_else(|| Refusal::not_found("checkout"))?;
    // Says no when it ended, or was extended, since it was found due.
    let end = checkout.lapse(work.now)?;
    came_to_nothing(work, end)?;
    Ok(Reply::Done)
}

/// Whether the asker may buy now. Whoever won an auction is bound to pay what they bid, whatever happened since.
pub(crate) fn may_pay(work: &mut Work<'_>, checkout: &Checkout) -> Result<(), Stop> {
    let buyer = work.member()?;
    match checkout.auction {
        Some(_) => Ok(()),
        None => crate::listing::may_trade_now(work, &buyer),
    }
}

/// Turns a checkout into orders. Asked again it answers with the orders that are there.
pub(crate) fn place(work: &mut Work<'_>, id: CheckoutId, pay: PayBy) -> Outcome {
    let checkout = own(work, id)?;
    let orders = match checkout.state {
        State::Placed => orders::of_checkout(work.db, id)?,
        _ => {
            may_pay(work, &checkout)?;
            let checkout = checkout.held(work.now)?;
            checkout.can_be_paid_with(pay.means())?;
            let pay = match pay {
                PayBy::Cash => None,
                PayBy::Wallet(currency) => {
                    let account = Account::Wallet(checkout.buyer);
                    let available = ledger::owed(work.db, account, currency)?;
                    if checkout.cost_in(currency)?.minor > available.minor {
                        return Err(Refusal::BalanceShort { available }.into());
                    }
                    Some((account, Means::Wallet, currency))
                }
            };
            place_all(work, checkout, pay)?
        }
    };
    let mut views = Vec::with_capacity(orders.len());
    for order in orders {
        views.push(shown(work, order, Side::Buyer)?);
    }
    Ok(Reply::Orders(views))
}

/// Makes the orders of a checkout that holds its copies, all of them, and pays them from that account if it says so.
pub(crate) fn place_all(
    work: &mut Work<'_>,
    checkout: Checkout,
    pay: Option<(Account, Means, Currency)>,
) -> Result<Vec<OrderId>, Stop> {
    let parcels = checkout.parcels();
    let (id, buyer, rate) = (checkout.id, checkout.buyer, checkout.rate);
    // Orders of one moment are told apart by chance alone. Whoever asks for those of a checkout gets them by their ids: in the
    // order of the cart, like the first answer.
    let mut placed: Vec<OrderId> = parcels.iter().map(|_| work.id(OrderId::new)).collect();
    placed.sort();
    let auction = checkout.auction;
    for (parcel, &order) in parcels.into_iter().zip(&placed) {
        let ships = parcel.ships;
        let sale = sale_of(work, (buyer, auction), parcel)?;
        let terms = Terms { order, buyer, checkout: Some(id), auction, pay, rate };
        place_order(work, sale, terms)?;
        if ships {
            address::ship_to(work.db, id, order)?;
        }
    }
    let_go(work, &checkout)?;
    for Hold { line, .. } in &checkout.holds {
        cart::remove(work.db, buyer, line.listing)?;
    }
    let (checkout, event) = checkout.placed(placed.clone(), work.now);
    db::save(work.db, &checkout)?;
    work.tell(event);
    match (auction, placed.first()) {
        (Some(auction), Some(order)) => crate::auction::settled(work, auction, *order)?,
        _ => work.tell(Event::CartChanged { member: buyer }),
    }
    Ok(placed)
}

/// What a parcel takes from the shelves, as they stand now and at the prices that were agreed to.
fn sale_of(
    work: &mut Work<'_>,
    (buyer, auction): (MemberId, Option<AuctionId>),
    parcel: Parcel,
) -> Result<Sale, Stop> {
    let Parcel { seller, store, pickup_point, ships, lines } = parcel;
    let mut sold = Vec::with_capacity(lines.len());
    for line in lines {
        if auction.is_some() {
            sold.push(take_the_lot(work, buyer, line)?);
            continue;
        }
        let found = look(work.db, buyer, line.listing, work.now)?;
        let found = found.ok_or_else(|| Refusal::not_found("listing"))?;
        // The price is the agreed one: what the seller asks since is for others.
        found.can_be_bought(work.db, buyer, found.listing.price.money(), line.quantity)?;
        sold.push(Sold { listing: found.listing, held: found.held.copies, line });
    }
    Ok(Sale { seller, store, pickup_point, ships, lines: sold })
}

/// The lot of an auction, for the winner it is held for: it is withdrawn from everybody else, and costs what was bid.
fn take_the_lot(work: &mut Work<'_>, winner: MemberId, line: Line) -> Result<Sold, Stop> {
    let lot = shelf::find(work.db, line.listing)?.ok_or_else(|| Refusal::not_found("listing"))?;
    let held = db::held_by_others(work.db, line.listing, winner, work.now)?.copies;
    let listing = shelf::release_lot(work.db, lot)?;
    Ok(Sold { listing, held, line })
}

// ---- what is shown ----

fn parcel_view(db: &mut Connection, parcel: Parcel, now: Moment) -> Result<ParcelView, Stop> {
    let missing = |what: &str| Stop::Wrong(format!("a checkout without its {what}"));
    let seller = members::find(db, parcel.seller)?.ok_or_else(|| missing("seller"))?.card();
    let store = match parcel.store {
        Some(id) => Some(store::find(db, id)?.ok_or_else(|| missing("store"))?.card()),
        None => None,
    };
    let point = pickup::find(db, parcel.pickup_point)?.ok_or_else(|| missing("pickup point"))?;
    let calendar = calendar_at(db, parcel.pickup_point, now)?;
    let pickup_day = if parcel.ships { None } else { calendar.pickup_day(now).ok() };
    let total = order::total(&parcel.lines)?;
    let pickup_point = PickupPointName { id: point.id, name: point.name };
    Ok(ParcelView { seller, store, pickup_point, pickup_day, lines: parcel.lines, total })
}

pub(crate) fn view(db: &mut Connection, checkout: Checkout, now: Moment) -> Result<CheckoutView, Stop> {
    let held = checkout.is_held(now);
    let mut parcels = Vec::new();
    for parcel in checkout.parcels() {
        parcels.push(parcel_view(db, parcel, now)?);
    }
    let totals = sums(parcels.iter().map(|parcel| parcel.total)).ok_or(Refusal::TotalOutOfRange)?;
    let costs: Vec<Money> =
        Currency::ALL.iter().filter_map(|&currency| checkout.cost_in(currency).ok()).collect();
    let payment = match payment::last_of(db, checkout.id)? {
        Some(payment) => {
            let hope = crate::payment::hope(db, &payment, now)?;
            Some(payment.view(hope, now))
        }
        None => None,
    };
    let orders = orders::of_checkout(db, checkout.id)?;
    // Whether its time is over is asked of the clock, whoever tidies up.
    let state = match checkout.state {
        State::Held if !held => State::Expired,
        state => state,
    };
    Ok(CheckoutView {
        checkout: checkout.id,
        state,
        expires_at: checkout.expires_at,
        auction: checkout.auction,
        delivery: checkout.delivery,
        parcels,
        totals,
        costs,
        rate: checkout.rate,
        wallet: ledger::purse(db, Account::Wallet(checkout.buyer))?,
        payment,
        orders,
    })
}

impl View<'_> {
    /// One of the asker's checkouts.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`]; [`Refusal::NotFound`] when it is not theirs.
    pub fn checkout(&mut self, id: CheckoutId) -> Result<CheckoutView, No> {
        let member = self.member()?;
        let found = db::find(self.db, id);
        let found = self.settle(found.map_err(Stop::from))?.filter(|found| found.buyer == member.id);
        let found = found.ok_or_else(|| Refusal::not_found("checkout"))?;
        let shown = view(self.db, found, self.now);
        self.settle(shown)
    }

    /// Where one of the asker's checkouts shall be shipped to, while that is known.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`]; [`Refusal::NotFound`] when it is not theirs.
    pub fn checkout_address(&mut self, id: CheckoutId) -> Result<Option<ShippingAddress>, No> {
        self.checkout(id)?;
        let found = address::of_checkout(self.db, id);
        self.settle(found.map_err(Stop::from))
    }

    /// The asker's checkout that holds what was in the cart, if there is one.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`].
    pub fn open_checkout(&mut self) -> Result<Option<CheckoutView>, No> {
        let member = self.member()?;
        let found = db::open_of(self.db, member.id);
        let found = self.settle(found.map_err(Stop::from))?.filter(|found| found.is_held(self.now));
        let Some(found) = found else { return Ok(None) };
        let shown = view(self.db, found, self.now);
        self.settle(shown).map(Some)
    }
}
