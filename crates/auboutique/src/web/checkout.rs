//! A checkout: what is set aside for the buyer and until when, the ways to pay, and what became of it.

use askama::Template;
use auboutique_domain::checkout::{
    CheckoutView, Delivery, DeliveryChoice, ParcelView, PayBy, ShippingAddress, State,
};
use auboutique_domain::id::{CheckoutId, PickupPointId};
use auboutique_domain::money::{Currency, Money, sums};
use auboutique_domain::order::{Means, OrderView};
use auboutique_domain::payment::{self, PaymentView};
use auboutique_domain::pickup::PickupPoint;
use auboutique_domain::{Command, Refusal, picture};
use auboutique_market::No;
use axum::extract::Path;
use axum::response::Response;

use super::error::Failed;
use super::form::{Form, Sent, Typed, Wrong};
use super::order::{Row, cover, tone};
use super::visit::{Shell, Visit};
use crate::http::problem::Problem;

/// One way to pay: with what, in which currency, and what it takes.
struct Way {
    means: Means,
    cost: Money,
    /// What the wallet has of it.
    there: Money,
}

impl Way {
    /// What the form calls it.
    fn name(&self) -> String {
        format!("{}-{}", self.means.name(), self.cost.currency.code())
    }

    /// Whether the wallet has enough.
    const fn suffices(&self) -> bool {
        self.there.minor >= self.cost.minor
    }
}

/// A parcel, with what its lines look like.
struct Parcel {
    parcel: ParcelView,
    covers: Vec<Option<picture::PictureView>>,
}

#[derive(Template)]
#[template(path = "checkout.html")]
struct Page {
    shell: Shell,
    checkout: CheckoutView,
    parcels: Vec<Parcel>,
    /// The orders it became.
    orders: Vec<Row>,
    /// Where the lot of an auction can be collected, and where it shall be shipped to.
    points: Vec<PickupPoint>,
    address: Option<ShippingAddress>,
    /// Whether somebody takes cards.
    cards: bool,
    sent: Sent,
}

impl Page {
    /// Whether it holds the lot of an auction.
    fn is_won(&self) -> bool {
        self.checkout.auction.is_some()
    }

    /// Whether the seller sends it.
    fn ships(&self) -> bool {
        self.checkout.delivery == Some(Delivery::Shipment)
    }

    /// Whether it is paid as soon as a way is chosen: what was won is not, before it is known how it reaches the buyer.
    fn can_be_paid(&self) -> bool {
        !self.is_won() || self.checkout.delivery.is_some()
    }

    /// Marks the pickup point that was chosen.
    fn collected_at(&self, point: &PickupPoint) -> &'static str {
        if self.checkout.delivery == Some(Delivery::Pickup(point.id)) { " selected" } else { "" }
    }

    /// What stands in a field of the address.
    fn to(&self, field: &str) -> String {
        let known = self.address.as_ref().map(|to| if field == "name" { to.name() } else { to.address() });
        self.sent.value("deliver", field, known.unwrap_or_default())
    }

    /// The payment of which the provider still has something to say.
    fn open_payment(&self) -> Option<&PaymentView> {
        self.checkout.payment.as_ref().filter(|payment| payment.state.is_open())
    }

    /// Whether the money came too late to buy anything.
    fn was_refunded(&self) -> bool {
        self.checkout.payment.as_ref().is_some_and(|payment| payment.state == payment::State::Refunded)
    }

    /// How many seconds the copies are still set aside.
    fn left(&self) -> i64 {
        (self.checkout.expires_at.since(self.shell.now).micros() / 1_000_000).max(0)
    }

    /// Whether it has prices in more than one currency: then a rate decides what a wallet or a card pays.
    fn mixes(&self) -> bool {
        self.checkout.totals.len() > 1
    }

    /// Whether paying in that currency takes the rate.
    fn converts(&self, way: &Way) -> bool {
        self.checkout.totals.iter().any(|total| total.currency != way.cost.currency)
    }

    fn ways(&self, means: Means) -> Vec<Way> {
        let there = |currency| {
            let found = self.checkout.wallet.iter().find(|sum| sum.currency == currency);
            found.copied().unwrap_or(Money::new(0, currency))
        };
        let costs = self.checkout.costs.iter();
        costs.map(|&cost| Way { means, cost, there: there(cost.currency) }).collect()
    }

    fn wallet(&self) -> Vec<Way> {
        self.ways(Means::Wallet)
    }

    fn card(&self) -> Vec<Way> {
        self.ways(Means::Card)
    }

    /// Marks the way to pay that was chosen, at first the one that always works, if there is one.
    fn chosen(&self, name: &str) -> &'static str {
        let short = |way: &str| self.wallet().iter().any(|wallet| wallet.name() == way && !wallet.suffices());
        let typed = self.sent.typed.some("pay").filter(|way| !short(way));
        let first = if self.is_won() { "" } else { "cash" };
        if typed.unwrap_or(first) == name { " checked" } else { "" }
    }

    /// Whether anything of the wallet is of use.
    fn wallet_suffices(&self) -> bool {
        self.wallet().iter().any(Way::suffices)
    }

    /// The ids of what the page is about: the payment and the orders too.
    fn about(&self) -> String {
        let payment = self.checkout.payment.as_ref().map(|payment| format!(" {}", payment.payment));
        let orders = self.checkout.orders.iter().map(|order| format!(" {order}"));
        let wallet = (self.checkout.state == State::Held).then(|| " wallet_topped_up".to_owned());
        payment.into_iter().chain(orders).chain(wallet).collect()
    }

    /// What is still to be paid at the desk for all orders together, per currency.
    fn due(&self) -> Vec<Money> {
        let dues = self.orders.iter().map(|row| row.order.due).filter(|due| due.minor > 0);
        sums(dues).unwrap_or_default()
    }

    fn total_of(line: &auboutique_domain::order::Line) -> Money {
        Money::new(line.price.minor.saturating_mul(line.quantity), line.price.currency)
    }
}

/// The checkout an address names.
fn named(visit: &Visit, id: &str) -> Result<CheckoutId, Failed> {
    visit.me()?;
    CheckoutId::parse(id).map_err(|_| visit.fail(Problem::from(Refusal::not_found("checkout"))))
}

async fn page(visit: &Visit, id: CheckoutId, sent: Sent) -> Result<Page, Failed> {
    let (checkout, parcels, orders, cart, points, address) = visit
        .ask(move |view| {
            let checkout = view.checkout(id)?;
            let mut parcels = Vec::new();
            for parcel in checkout.parcels.clone() {
                let seen = parcel.lines.iter().map(|line| view.listing(line.listing).ok());
                let covers = seen.map(|listing| listing?.pictures.first().copied()).collect();
                parcels.push(Parcel { parcel, covers });
            }
            let mut orders = Vec::new();
            for order in &checkout.orders {
                let order: OrderView = view.order(*order)?;
                orders.push(Row { cover: cover(view, &order), order });
            }
            let (mut points, mut address) = (Vec::new(), None);
            if checkout.auction.is_some() && checkout.state == State::Held {
                points.extend(view.pickup_points()?.into_iter().map(|shown| shown.point));
                points.retain(|point| point.closed_at.is_none());
                address = view.checkout_address(id)?;
            }
            Ok((checkout, parcels, orders, view.cart_count()?, points, address))
        })
        .await?;
    let mut shell = visit.shell.clone();
    shell.cart = cart;
    let cards = visit.site.cards.is_some();
    Ok(Page { shell, checkout, parcels, orders, points, address, cards, sent })
}

/// Shows a checkout to its buyer, before it is paid and for ever after.
///
/// # Errors
///
/// When it is not theirs.
pub async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response, Failed> {
    let page = page(&visit, named(&visit, &id)?, Sent::default()).await?;
    visit.page(&page)
}

/// How the buyer wants to pay.
fn chosen(checkout: CheckoutId, typed: &Typed) -> Result<Command, Refusal> {
    let (means, currency) = typed.get("pay").split_once('-').unwrap_or((typed.get("pay"), ""));
    Ok(match means {
        "wallet" => Command::PlaceOrders { checkout, pay: PayBy::Wallet(Currency::parse(currency)?) },
        "card" => Command::StartPayment { checkout, currency: Currency::parse(currency)? },
        "cash" => Command::PlaceOrders { checkout, pay: PayBy::Cash },
        _ => return Err(Refusal::not_found("way to pay")),
    })
}

/// How it shall reach the buyer.
fn delivery(typed: &Typed) -> Result<DeliveryChoice, Refusal> {
    if typed.is("how", "pickup") {
        let point = PickupPointId::parse(typed.get("pickup_point"));
        return point.map(DeliveryChoice::Pickup).map_err(|_| Refusal::not_found("pickup point"));
    }
    ShippingAddress::new(typed.get("name"), typed.get("address")).map(DeliveryChoice::Shipment)
}

/// Pays as was chosen, says how it shall be delivered, or leaves it.
///
/// # Errors
///
/// The page again, as it is now, with the reason.
pub async fn act(
    Path((id, verb)): Path<(String, String)>,
    Form(visit, mut typed): Form,
) -> Result<Response, Failed> {
    let checkout = named(&visit, &id)?;
    let command = match verb.as_str() {
        // Nothing is bought in a way that was not chosen.
        "pay" if typed.some("pay").is_none() => return Ok(visit.go(&format!("/checkout/{checkout}"))),
        "pay" => {
            // Another way to pay is another wish, though the form is the same.
            let key = format!("{}-{}", typed.get("key"), typed.get("pay"));
            if typed.some("key").is_some() {
                typed.set("key", &key);
            }
            chosen(checkout, &typed)
        }
        "deliver" => delivery(&typed).map(|delivery| Command::ChooseDelivery { checkout, delivery }),
        "leave" => Ok(Command::CancelCheckout { checkout }),
        _ => return Err(visit.fail(Problem::no_route())),
    };
    let outcome = match command {
        Ok(command) => visit.run_once(&typed, command).await,
        Err(refusal) => Err(refusal.into()),
    };
    match outcome {
        Ok(_) if verb == "leave" => Ok(visit.go("/cart?done=left")),
        Ok(_) => Ok(visit.go(&format!("/checkout/{checkout}"))),
        Err(no @ (No::Refused(Refusal::NotFound { .. }) | No::Broken(_))) => Err(visit.fail(no)),
        Err(no) => {
            let problem = Problem::from(no);
            let wrong = Wrong::because(&visit.shell, &problem);
            let page = page(&visit, checkout, Sent { form: verb, typed, wrong }).await?;
            visit.page_with(problem.status(), &page)
        }
    }
}
