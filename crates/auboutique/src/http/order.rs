//! Orders over the JSON API: buying, canceling, saying that all is well; paying, giving back, refunding.

use auboutique_domain::Command;
use auboutique_domain::checkout::ShippingAddress;
use auboutique_domain::id::{ListingId, OrderId};
use auboutique_domain::listing::{Page, quantity as quantity_of};
use auboutique_domain::money::{Currency, Money, Price};
use auboutique_domain::order::{OrderView, Side};
use auboutique_market::View;
use axum::Json as Body;
use axum::extract::State;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Site;
use super::asker::Asker;
use super::input::{Json, Named, Paging, Path, Query};
use super::problem::Problem;
use super::reply::{Created, Done};

/// The routes of orders.
pub fn routes() -> OpenApiRouter<Site> {
    OpenApiRouter::new()
        .routes(routes!(buy))
        .routes(routes!(order))
        .routes(routes!(shipping_address))
        .routes(routes!(ship_order))
        .routes(routes!(cancel_order))
        .routes(routes!(request_cancel))
        .routes(routes!(confirm_order))
        .routes(routes!(pay_order))
        .routes(routes!(request_return))
        .routes(routes!(settle_return))
        .routes(routes!(refund_order))
        .routes(routes!(my_orders))
        .routes(routes!(my_sales))
}

/// What to buy, at which price.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Purchase {
    /// The listing.
    listing: ListingId,
    /// The price the buyer saw: if it has changed since, nothing is bought.
    #[schema(value_type = Price)]
    price: Money,
    /// How many copies; 1 when it is left out. A member has one of each thing, a store has more.
    #[schema(minimum = 1, maximum = 1_000_000)]
    quantity: Option<i64>,
}

/// Which order.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct Which {
    /// The order.
    #[param(value_type = OrderId)]
    order: Named<OrderId>,
}

/// Which currency of the wallet pays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FromWallet {
    /// The currency: where it is not the order's, the total is paid at the market's rate of now.
    currency: Currency,
}

/// What is said of a shipment.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Sending {
    /// A line for the buyer, such as the number it can be followed by; may be left out.
    #[schema(max_length = 200)]
    note: Option<String>,
}

/// Why goods shall go back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Complaint {
    /// A line for the store.
    #[schema(min_length = 3, max_length = 200)]
    reason: String,
}

/// What a store does with goods that came back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Inspection {
    /// Whether they go into the stock again; otherwise they are written off.
    restock: bool,
}

/// Money to give back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Refund {
    /// How much, in the order's currency.
    #[schema(value_type = Price)]
    amount: Money,
}

/// Buys a listing, or several copies of one.
///
/// For members. The pickup is on the second open day of the pickup point after the order, or the next with room. The buyer
/// pays in cash at the desk. Send an `Idempotency-Key`: the answer under it is remembered for ever.
#[utoipa::path(post, path = "/orders", tag = "Orders",
    request_body = Purchase,
    responses(
        (status = CREATED, description = "The order; its address is in `Location`", body = OrderView),
        (status = FORBIDDEN, description = "`struck_out`"),
        (status = NOT_FOUND, description = "`not_found` (`listing`)"),
        (status = CONFLICT, description = "`listing_sold`, `listing_withdrawn`, `own_listing`, `price_changed`, \
            `stock_short`, `held`, `quantity_limit`, `store_away`, `pickup_point_closed`, `pickup_point_full`"),
        (status = UNPROCESSABLE_ENTITY, description = "`quantity_out_of_range`, `total_out_of_range`"),
    ))]
async fn buy(
    State(site): State<Site>,
    asker: Asker,
    Json(Purchase { listing, price, quantity }): Json<Purchase>,
) -> Result<Created, Problem> {
    let quantity = quantity_of(quantity.unwrap_or(1))?;
    Ok(Created(site.market.run(asker.caller(), Command::BuyListing { listing, price, quantity }).await?))
}

/// One order.
///
/// For its buyer and its seller, or whoever acts for the store that sold it. Each sees their own code for the desk.
#[utoipa::path(get, path = "/orders/{order}", tag = "Orders", params(Which),
    responses(
        (status = OK, description = "The order", body = OrderView),
        (status = NOT_FOUND, description = "`not_found` (`order`)"),
    ))]
async fn order(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { order: Named(order) }): Path<Which>,
) -> Result<Body<OrderView>, Problem> {
    Ok(Body(site.market.ask(asker.caller(), move |view| view.order(order)).await?))
}

/// Where an order is shipped to, or `null`.
///
/// For its buyer and its seller, or whoever acts for the store that sold it, until 90 days after the order ended.
#[utoipa::path(get, path = "/orders/{order}/address", tag = "Orders", params(Which),
    responses(
        (status = OK, description = "The address, or `null`", body = Option<ShippingAddress>),
        (status = NOT_FOUND, description = "`not_found` (`order`)"),
    ))]
async fn shipping_address(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { order: Named(order) }): Path<Which>,
) -> Result<Body<Option<ShippingAddress>>, Problem> {
    Ok(Body(site.market.ask(asker.caller(), move |view| view.shipping_address(order)).await?))
}

/// Says that an order was sent off.
///
/// For its seller, or whoever acts for the store, within 7 days after it was paid.
#[utoipa::path(post, path = "/orders/{order}/ship", tag = "Orders", params(Which),
    request_body = Sending,
    responses(
        (status = OK, description = "The order as it is now", body = OrderView),
        (status = NOT_FOUND, description = "`not_found` (`order`)"),
        (status = CONFLICT, description = "`order_state`"),
        (status = UNPROCESSABLE_ENTITY, description = "`text_length`, `text_unprintable`, `card_number`"),
    ))]
async fn ship_order(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { order: Named(order) }): Path<Which>,
    Json(Sending { note }): Json<Sending>,
) -> Result<Done, Problem> {
    let note = note.unwrap_or_default();
    Ok(Done(site.market.run(asker.caller(), Command::ShipOrder { order, note }).await?))
}

/// Calls an order off before its drop-off, or before it is sent.
///
/// For its buyer, for 30 minutes, but never what was won in an auction: then the listing is on sale again. For its seller any time: when the buyer asked for it
/// the listing is on sale again, and otherwise it is withdrawn and the seller gets a strike.
#[utoipa::path(post, path = "/orders/{order}/cancel", tag = "Orders", params(Which),
    responses(
        (status = OK, description = "The order as it is now", body = OrderView),
        (status = NOT_FOUND, description = "`not_found` (`order`)"),
        (status = CONFLICT, description = "`order_state`, `cancel_needs_consent`"),
    ))]
async fn cancel_order(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { order: Named(order) }): Path<Which>,
) -> Result<Done, Problem> {
    Ok(Done(site.market.run(asker.caller(), Command::CancelOrder { order }).await?))
}

/// Asks the seller to cancel.
///
/// For the buyer.
#[utoipa::path(post, path = "/orders/{order}/request_cancel", tag = "Orders", params(Which),
    responses(
        (status = OK, description = "The order as it is now", body = OrderView),
        (status = NOT_FOUND, description = "`not_found` (`order`)"),
        (status = CONFLICT, description = "`order_state`"),
    ))]
async fn request_cancel(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { order: Named(order) }): Path<Which>,
) -> Result<Done, Problem> {
    Ok(Done(site.market.run(asker.caller(), Command::RequestCancel { order }).await?))
}

/// Says that all is well, and the seller is credited.
///
/// For the buyer. Without it that happens 48 hours after the collection, or 14 days after a shipment was sent.
#[utoipa::path(post, path = "/orders/{order}/confirm", tag = "Orders", params(Which),
    responses(
        (status = OK, description = "The order as it is now", body = OrderView),
        (status = NOT_FOUND, description = "`not_found` (`order`)"),
        (status = CONFLICT, description = "`order_state`"),
    ))]
async fn confirm_order(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { order: Named(order) }): Path<Which>,
) -> Result<Done, Problem> {
    Ok(Done(site.market.run(asker.caller(), Command::ConfirmOrder { order }).await?))
}

/// Pays an order from the wallet that is to be paid at the desk.
///
/// For the buyer.
#[utoipa::path(post, path = "/orders/{order}/pay", tag = "Orders", params(Which),
    request_body = FromWallet,
    responses(
        (status = OK, description = "The order as it is now", body = OrderView),
        (status = NOT_FOUND, description = "`not_found` (`order`)"),
        (status = CONFLICT, description = "`order_state`, `cash_due`, `balance_short`"),
        (status = UNPROCESSABLE_ENTITY, description = "`total_out_of_range`"),
    ))]
async fn pay_order(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { order: Named(order) }): Path<Which>,
    Json(FromWallet { currency }): Json<FromWallet>,
) -> Result<Done, Problem> {
    Ok(Done(site.market.run(asker.caller(), Command::PayOrder { order, currency }).await?))
}

/// Says that goods of a store shall go back.
///
/// For the buyer, once, within 7 days after the order was completed; then there are 7 days to bring them to the desk.
#[utoipa::path(post, path = "/orders/{order}/request_return", tag = "Orders", params(Which),
    request_body = Complaint,
    responses(
        (status = OK, description = "The order as it is now, with another code", body = OrderView),
        (status = NOT_FOUND, description = "`not_found` (`order`)"),
        (status = CONFLICT, description = "`order_state`, `return_over`"),
        (status = UNPROCESSABLE_ENTITY, description = "`text_length`, `text_unprintable`, `card_number`"),
    ))]
async fn request_return(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { order: Named(order) }): Path<Which>,
    Json(Complaint { reason }): Json<Complaint>,
) -> Result<Done, Problem> {
    Ok(Done(site.market.run(asker.caller(), Command::RequestReturn { order, reason }).await?))
}

/// Says what becomes of goods that came back; the buyer has all the money.
///
/// For whoever acts for the store. Without it that happens after 48 hours.
#[utoipa::path(post, path = "/orders/{order}/settle_return", tag = "Orders", params(Which),
    request_body = Inspection,
    responses(
        (status = OK, description = "The order as it is now", body = OrderView),
        (status = NOT_FOUND, description = "`not_found` (`order`)"),
        (status = CONFLICT, description = "`order_state`"),
    ))]
async fn settle_return(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { order: Named(order) }): Path<Which>,
    Json(Inspection { restock }): Json<Inspection>,
) -> Result<Done, Problem> {
    Ok(Done(site.market.run(asker.caller(), Command::SettleReturn { order, restock }).await?))
}

/// Gives a part of the money of a completed order back, or all of it.
///
/// For the seller; of a store, for its owner.
#[utoipa::path(post, path = "/orders/{order}/refund", tag = "Orders", params(Which),
    request_body = Refund,
    responses(
        (status = OK, description = "The order as it is now", body = OrderView),
        (status = NOT_FOUND, description = "`not_found` (`order`)"),
        (status = CONFLICT, description = "`order_state`, `refund_too_large`"),
        (status = UNPROCESSABLE_ENTITY, description = "`amount_out_of_range`"),
    ))]
async fn refund_order(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { order: Named(order) }): Path<Which>,
    Json(Refund { amount }): Json<Refund>,
) -> Result<Done, Problem> {
    Ok(Done(site.market.run(asker.caller(), Command::RefundOrder { order, amount }).await?))
}

/// What the asker bought, newest first.
///
/// For members.
#[utoipa::path(get, path = "/me/orders", tag = "Orders", params(Paging),
    responses(
        (status = OK, description = "A page of orders", body = Page<OrderView>),
        (status = NOT_FOUND, description = "`not_found` (`page`)"),
    ))]
async fn my_orders(
    State(site): State<Site>,
    asker: Asker,
    Query(paging): Query<Paging>,
) -> Result<Body<Page<OrderView>>, Problem> {
    orders(site, asker, Side::Buyer, paging).await
}

/// What the asker sold, newest first.
///
/// For members.
#[utoipa::path(get, path = "/me/sales", tag = "Orders", params(Paging),
    responses(
        (status = OK, description = "A page of orders", body = Page<OrderView>),
        (status = NOT_FOUND, description = "`not_found` (`page`)"),
    ))]
async fn my_sales(
    State(site): State<Site>,
    asker: Asker,
    Query(paging): Query<Paging>,
) -> Result<Body<Page<OrderView>>, Problem> {
    orders(site, asker, Side::Seller, paging).await
}

async fn orders(
    site: Site,
    asker: Asker,
    side: Side,
    Paging { after, limit }: Paging,
) -> Result<Body<Page<OrderView>>, Problem> {
    let page = move |view: &mut View<'_>| view.orders(side, after.as_deref(), limit.map(Into::into));
    Ok(Body(site.market.ask(asker.caller(), page).await?))
}
