//! Carts over the JSON API: gathering what shall be bought together.

use auboutique_domain::Command;
use auboutique_domain::cart::CartView;
use auboutique_domain::id::ListingId;
use auboutique_domain::listing::quantity as quantity_of;
use axum::Json as Body;
use axum::extract::State;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Site;
use super::asker::Asker;
use super::input::{Json, Named, Path};
use super::problem::Problem;
use super::reply::Done;

/// The routes of carts.
pub fn routes() -> OpenApiRouter<Site> {
    OpenApiRouter::new().routes(routes!(cart, add_to_cart)).routes(routes!(change_cart, remove_from_cart))
}

/// Which line.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct Which {
    /// The listing the line is of.
    #[param(value_type = ListingId)]
    listing: Named<ListingId>,
}

/// What to put into the cart.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewLine {
    /// The listing.
    listing: ListingId,
    /// How many copies, beside those that are there; 1 when it is left out.
    #[schema(minimum = 1, maximum = 1_000_000)]
    quantity: Option<i64>,
}

/// How many copies there shall be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Quantity {
    /// So many in all.
    #[schema(minimum = 1, maximum = 1_000_000)]
    quantity: i64,
}

/// The asker's cart, at the prices of now.
///
/// For members. A cart promises nothing: a line that cannot be bought as it stands says why.
#[utoipa::path(get, path = "/cart", tag = "Cart",
    responses((status = OK, description = "The cart", body = CartView)))]
async fn cart(State(site): State<Site>, asker: Asker) -> Result<Body<CartView>, Problem> {
    Ok(Body(site.market.ask(asker.caller(), |view| view.cart()).await?))
}

/// Puts copies into the cart, beside those that are there.
///
/// For members. What cannot be bought now is refused.
#[utoipa::path(post, path = "/cart", tag = "Cart",
    request_body = NewLine,
    responses(
        (status = OK, description = "The cart as it is now", body = CartView),
        (status = NOT_FOUND, description = "`not_found` (`listing`)"),
        (status = CONFLICT, description = "`listing_sold`, `listing_withdrawn`, `own_listing`, `stock_short`, `held`, \
            `quantity_limit`, `store_away`, `cart_full`"),
        (status = UNPROCESSABLE_ENTITY, description = "`quantity_out_of_range`"),
    ))]
async fn add_to_cart(
    State(site): State<Site>,
    asker: Asker,
    Json(NewLine { listing, quantity }): Json<NewLine>,
) -> Result<Done, Problem> {
    let quantity = quantity_of(quantity.unwrap_or(1))?;
    Ok(Done(site.market.run(asker.caller(), Command::AddToCart { listing, quantity }).await?))
}

/// Says how many copies of a line there shall be, having seen the price as it is now.
///
/// For members. A line whose price has changed is put right by it.
#[utoipa::path(put, path = "/cart/{listing}", tag = "Cart", params(Which),
    request_body = Quantity,
    responses(
        (status = OK, description = "The cart as it is now", body = CartView),
        (status = NOT_FOUND, description = "`not_found` (`line`)"),
        (status = CONFLICT, description = "`listing_sold`, `listing_withdrawn`, `own_listing`, `stock_short`, `held`, \
            `quantity_limit`, `store_away`"),
        (status = UNPROCESSABLE_ENTITY, description = "`quantity_out_of_range`"),
    ))]
async fn change_cart(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { listing: Named(listing) }): Path<Which>,
    Json(Quantity { quantity }): Json<Quantity>,
) -> Result<Done, Problem> {
    let quantity = quantity_of(quantity)?;
    Ok(Done(site.market.run(asker.caller(), Command::ChangeCart { listing, quantity }).await?))
}

/// Takes a line out of the cart.
///
/// For members.
#[utoipa::path(delete, path = "/cart/{listing}", tag = "Cart", params(Which),
    responses(
        (status = OK, description = "The cart as it is now", body = CartView),
        (status = NOT_FOUND, description = "`not_found` (`line`)"),
    ))]
async fn remove_from_cart(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { listing: Named(listing) }): Path<Which>,
) -> Result<Done, Problem> {
    Ok(Done(site.market.run(asker.caller(), Command::RemoveFromCart { listing }).await?))
}
