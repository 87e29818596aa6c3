//! Checkouts over the JSON API: setting a cart aside, turning it into orders, and paying it by card.

use std::borrow::Cow;

use auboutique_domain::checkout::{CheckoutView, ShippingAddress};
use auboutique_domain::id::{CheckoutId, PaymentId, PickupPointId};
use auboutique_domain::money::{Currency, Money};
use auboutique_domain::order::{Means, OrderView};
use auboutique_domain::payment::PaymentView;
use auboutique_domain::{Command, Refusal};
use auboutique_wire::json::{delivery, pay_by};
use axum::Json as Body;
use axum::extract::State;
use serde::Deserialize;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, OneOfBuilder, Type};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Site;
use super::asker::Asker;
use super::input::{Json, Name as _, Named, Path};
use super::problem::Problem;
use super::reply::{Created, Done, Rows};

/// What stands in an address for the checkout that holds the asker's copies.
const OPEN: &str = "open";

/// The routes of checkouts and their payments.
pub fn routes() -> OpenApiRouter<Site> {
    OpenApiRouter::new()
        .routes(routes!(prepare_checkout))
        .routes(routes!(checkout))
        .routes(routes!(choose_delivery))
        .routes(routes!(checkout_address))
        .routes(routes!(cancel_checkout))
        .routes(routes!(place_orders))
        .routes(routes!(start_payment))
        .routes(routes!(payment))
}

/// Which checkout, to look at it.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct Shown {
    /// The checkout's id, or `open` for the one that holds the asker's copies.
    checkout: String,
}

/// Which checkout.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct Which {
    /// The checkout.
    #[param(value_type = CheckoutId)]
    checkout: Named<CheckoutId>,
}

/// Which payment.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct Paid {
    /// The payment.
    #[param(value_type = PaymentId)]
    payment: Named<PaymentId>,
}

/// What the buyer saw.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Seen {
    /// What the cart costs, one total per currency, in any order: if it costs something else by now, nothing is set aside.
    #[schema(example = json!([{ "minor": 2_150, "currency": "USD" }]))]
    totals: Vec<Money>,
}

/// How the orders are paid.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Placing {
    pay: Means,
    currency: Option<Currency>,
}

impl PartialSchema for Placing {
    /// The means decides whether there is a currency, which no list of fields can say.
    fn schema() -> RefOr<Schema> {
        let by = |means: Means, about: &str| {
            let pay = ObjectBuilder::new().schema_type(Type::String).enum_values(Some([means.name()]));
            ObjectBuilder::new()
                .description(Some(about))
                .property("pay", pay.description(Some("With what.")))
                .required("pay")
                .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)))
        };
        let nothing = ObjectBuilder::new().schema_type(Type::Null);
        let cash = by(Means::Cash, "At the desk, each order in its currency.");
        let wallet = by(Means::Wallet, "Now, at the checkout's rate where an order has the other currency.");
        let currency = Ref::from_schema_name(Currency::name());
        OneOfBuilder::new()
            .description(Some("How the orders are paid. A card is paid with by `start_payment`."))
            .item(cash.property("currency", nothing.description(Some("Left out."))))
            .item(wallet.property("currency", currency).required("currency"))
            .into()
    }
}

impl ToSchema for Placing {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Placing")
    }
}

/// How it shall reach the winner: collected at a pickup point, or shipped to a name and an address.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    pickup_point: Option<PickupPointId>,
    name: Option<String>,
    address: Option<String>,
}

impl ToSchema for Wish {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Wish")
    }
}

impl PartialSchema for Wish {
    /// Either of the two, and nothing beside it.
    fn schema() -> RefOr<Schema> {
        let closed = AdditionalProperties::<Schema>::FreeForm(false);
        let text = |about: &str, least, most| {
            let text = ObjectBuilder::new().schema_type(Type::String).description(Some(about));
            text.min_length(Some(least)).max_length(Some(most))
        };
        let collected = ObjectBuilder::new()
            .description(Some("It is collected there."))
            .property("pickup_point", Ref::from_schema_name("PickupPointId"))
            .required("pickup_point")
            .additional_properties(Some(closed.clone()));
        let shipped = ObjectBuilder::new()
            .description(Some("It is shipped."))
            .property("name", text("Who it is for.", 1, 80))
            .property("address", text("Where to, in lines.", 10, 500))
            .required("name")
            .required("address")
            .additional_properties(Some(closed));
        let about = "How it shall reach the winner: collected at a pickup point, or shipped to a name and an address.";
        OneOfBuilder::new().description(Some(about)).item(collected).item(shipped).into()
    }
}

/// In which currency the card is charged.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Charge {
    /// The currency: everything in another one is paid at the checkout's rate.
    currency: Currency,
}

/// Sets everything in the cart aside.
///
/// For members. The copies are the asker's for 10 minutes; asked again for the same cart it is the same checkout, for longer, but
/// never past 20 minutes. Another cart is another checkout, and the one before is canceled.
#[utoipa::path(post, path = "/checkouts", tag = "Checkout",
    request_body = Seen,
    responses(
        (status = CREATED, description = "The checkout; its address is in `Location`", body = CheckoutView),
        (status = FORBIDDEN, description = "`struck_out`"),
        (status = CONFLICT, description = "`cart_empty`, `line_unavailable`, `total_changed`"),
        (status = UNPROCESSABLE_ENTITY, description = "`total_out_of_range`"),
        (status = TOO_MANY_REQUESTS, description = "`too_many_checkouts`"),
    ))]
async fn prepare_checkout(
    State(site): State<Site>,
    asker: Asker,
    Json(Seen { totals }): Json<Seen>,
) -> Result<Created, Problem> {
    Ok(Created(site.market.run(asker.caller(), Command::PrepareCheckout { totals }).await?))
}

/// One checkout.
///
/// For its buyer.
#[utoipa::path(get, path = "/checkouts/{checkout}", tag = "Checkout", params(Shown),
    responses(
        (status = OK, description = "The checkout", body = CheckoutView),
        (status = NOT_FOUND, description = "`not_found` (`checkout`)"),
    ))]
async fn checkout(
    State(site): State<Site>,
    asker: Asker,
    Path(Shown { checkout }): Path<Shown>,
) -> Result<Body<CheckoutView>, Problem> {
    if checkout == OPEN {
        let open = site.market.ask(asker.caller(), |view| view.open_checkout()).await?;
        return Ok(Body(open.ok_or_else(|| Refusal::not_found("checkout"))?));
    }
    let checkout = CheckoutId::named(&checkout);
    Ok(Body(site.market.ask(asker.caller(), move |view| view.checkout(checkout)).await?))
}

/// Says how the lot of an auction shall reach its winner.
///
/// For its buyer, until it is paid; said again it is so from now on. What was in a cart is collected where its listing says.
#[utoipa::path(put, path = "/checkouts/{checkout}/delivery", tag = "Checkout", params(Which),
    request_body = Wish,
    responses(
        (status = OK, description = "The checkout as it is now", body = CheckoutView),
        (status = NOT_FOUND, description = "`not_found` (`checkout`, `pickup point`)"),
        (status = CONFLICT, description = "`delivery_fixed`, `checkout_over`, `pickup_point_closed`"),
        (status = UNPROCESSABLE_ENTITY, description = "`text_length`, `text_unprintable`, `card_number`"),
    ))]
async fn choose_delivery(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { checkout: Named(checkout) }): Path<Which>,
    Json(Wish { pickup_point, name, address }): Json<Wish>,
) -> Result<Done, Problem> {
    let delivery = delivery(pickup_point, name.as_deref(), address.as_deref())?;
    Ok(Done(site.market.run(asker.caller(), Command::ChooseDelivery { checkout, delivery }).await?))
}

/// Where a checkout shall be shipped to, or `null`.
///
/// For its buyer, while it is known: it is erased when the checkout ends without an order.
#[utoipa::path(get, path = "/checkouts/{checkout}/address", tag = "Checkout", params(Which),
    responses(
        (status = OK, description = "The address, or `null`", body = Option<ShippingAddress>),
        (status = NOT_FOUND, description = "`not_found` (`checkout`)"),
    ))]
async fn checkout_address(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { checkout: Named(checkout) }): Path<Which>,
) -> Result<Body<Option<ShippingAddress>>, Problem> {
    Ok(Body(site.market.ask(asker.caller(), move |view| view.checkout_address(checkout)).await?))
}

/// Leaves a checkout: the copies are for everybody again.
///
/// For its buyer. What was in the cart is still there. One that was left already is answered as it is.
#[utoipa::path(post, path = "/checkouts/{checkout}/cancel", tag = "Checkout", params(Which),
    responses(
        (status = OK, description = "The checkout as it is now", body = CheckoutView),
        (status = NOT_FOUND, description = "`not_found` (`checkout`)"),
        (status = CONFLICT, description = "`checkout_over`"),
    ))]
async fn cancel_checkout(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { checkout: Named(checkout) }): Path<Which>,
) -> Result<Done, Problem> {
    Ok(Done(site.market.run(asker.caller(), Command::CancelCheckout { checkout }).await?))
}

/// Turns a checkout into orders, all or none of them.
///
/// For its buyer. What was won in an auction is not paid in cash. One order per seller, and more where currencies or pickup points differ. Asked again it answers with the
/// orders that are there.
#[utoipa::path(post, path = "/checkouts/{checkout}/orders", tag = "Checkout", params(Which),
    request_body = Placing,
    responses(
        (status = CREATED, description = "The orders", body = Rows<OrderView>),
        (status = FORBIDDEN, description = "`struck_out`"),
        (status = NOT_FOUND, description = "`not_found` (`checkout`)"),
        (status = CONFLICT, description = "`checkout_over`, `pay_first`, `delivery_needed`, `balance_short`, `listing_sold`, `listing_withdrawn`, \
            `stock_short`, `quantity_limit`, `store_away`, `pickup_point_closed`, `pickup_point_full`"),
        (status = UNPROCESSABLE_ENTITY, description = "`total_out_of_range`"),
    ))]
async fn place_orders(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { checkout: Named(checkout) }): Path<Which>,
    Json(Placing { pay, currency }): Json<Placing>,
) -> Result<Created, Problem> {
    let pay = pay_by(pay, currency)?;
    Ok(Created(site.market.run(asker.caller(), Command::PlaceOrders { checkout, pay }).await?))
}

/// Begins to pay a checkout by card.
///
/// For its buyer. The copies are set aside for 15 minutes from now, at most 35 after the checkout began; the lot of an auction at
/// most 15 longer than its 48 hours. A payment that was begun before in this currency and is not
/// over is the same one; in another currency the one before is let go. Paid in time it becomes the orders; paid too late it goes into
/// the wallet.
#[utoipa::path(post, path = "/checkouts/{checkout}/payments", tag = "Checkout", params(Which),
    request_body = Charge,
    responses(
        (status = CREATED, description = "The payment; its address is in `Location`", body = PaymentView),
        (status = FORBIDDEN, description = "`struck_out`"),
        (status = NOT_FOUND, description = "`not_found` (`checkout`)"),
        (status = CONFLICT, description = "`cards_off`, `checkout_over`, `delivery_needed`"),
        (status = UNPROCESSABLE_ENTITY, description = "`total_out_of_range`"),
    ))]
async fn start_payment(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { checkout: Named(checkout) }): Path<Which>,
    Json(Charge { currency }): Json<Charge>,
) -> Result<Created, Problem> {
    let command = Command::StartPayment { checkout, currency };
    Ok(Created(site.market.run(asker.caller(), command).await?))
}

/// One card payment.
///
/// For its buyer.
#[utoipa::path(get, path = "/payments/{payment}", tag = "Checkout", params(Paid),
    responses(
        (status = OK, description = "The payment", body = PaymentView),
        (status = NOT_FOUND, description = "`not_found` (`payment`)"),
    ))]
async fn payment(
    State(site): State<Site>,
    asker: Asker,
    Path(Paid { payment: Named(payment) }): Path<Paid>,
) -> Result<Body<PaymentView>, Problem> {
    Ok(Body(site.market.ask(asker.caller(), move |view| view.payment(payment)).await?))
}
