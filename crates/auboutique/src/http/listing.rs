//! Listings over the JSON API: offering, changing, finding.

use auboutique_domain::id::{ListingId, PickupPointId, PictureId};
use auboutique_domain::listing::{
    Browse, Category, Condition, ListingChanges, ListingDraft, ListingState, ListingView, OwnListing, Page,
    PriceRange, Sort,
};
use auboutique_domain::member::Username;
use auboutique_domain::money::{Currency, Money, Price};
use auboutique_domain::text::Search;
use auboutique_domain::{Command, Refusal};
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json as Body};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Site;
use super::asker::Asker;
use super::input::{Bound, Json, Limit, Named, Paging, Path, Query};
use super::kept::Offers;
use super::problem::Problem;
use super::reply::{Created, Done, Public};

/// The routes of listings.
pub fn routes() -> OpenApiRouter<Site> {
    OpenApiRouter::new()
        .routes(routes!(categories))
        .routes(routes!(listings, add_listing))
        .routes(routes!(search))
        .routes(routes!(listing, edit_listing))
        .routes(routes!(withdraw_listing))
        .routes(routes!(publish_listing))
        .routes(routes!(listings_of))
        .routes(routes!(my_listings))
}

/// The shelves and conditions there are.
#[derive(Serialize, ToSchema)]
struct Categories {
    /// Every category, in the order they are shown.
    #[schema(value_type = Vec<Category>)]
    categories: &'static [Category],
    /// Every condition, best first.
    #[schema(value_type = Vec<Condition>)]
    conditions: &'static [Condition],
    /// The categories in which a listing may come without a picture.
    without_picture: Vec<Category>,
}

impl Categories {
    fn all() -> Self {
        let (categories, conditions) = (Category::ALL, Condition::ALL);
        let without_picture =
            categories.iter().copied().filter(|category| !category.needs_picture()).collect();
        Self { categories, conditions, without_picture }
    }
}

/// Which of what is on sale.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Browsing {
    /// Only what stands on this shelf.
    #[param(value_type = Option<Category>)]
    category: Option<String>,
    /// Only what is this worn.
    #[param(value_type = Option<Condition>)]
    condition: Option<String>,
    /// Only at prices in this currency. Bounds and an order by price need it.
    currency: Option<Currency>,
    /// Only from this price on, in minor units.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 1_000_000_000_000_i64)]
    least: Option<Bound>,
    /// Only up to this price, in minor units.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 1_000_000_000_000_i64)]
    most: Option<Bound>,
    /// In which order.
    #[param(value_type = Option<Sort>)]
    sort: Option<String>,
    /// Where the page begins: what stood in `next` on the page before.
    after: Option<String>,
    /// How many rows the page has at most; 20 when it is left out.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100)]
    limit: Option<Limit>,
}

/// What is looked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Searching {
    /// 1 to 8 words; the last one counts as the start of a word.
    #[param(min_length = 1)]
    text: String,
    /// Only what stands on this shelf.
    #[param(value_type = Option<Category>)]
    category: Option<String>,
    /// Only what is this worn.
    #[param(value_type = Option<Condition>)]
    condition: Option<String>,
    /// Only at prices in this currency. Bounds and an order by price need it.
    currency: Option<Currency>,
    /// Only from this price on, in minor units.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 1_000_000_000_000_i64)]
    least: Option<Bound>,
    /// Only up to this price, in minor units.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 1_000_000_000_000_i64)]
    most: Option<Bound>,
    /// In which order. By price, the newest 1,000 that have the words are put in order.
    #[param(value_type = Option<Sort>)]
    sort: Option<String>,
    /// Where the page begins: what stood in `next` on the page before.
    after: Option<String>,
    /// How many rows the page has at most; 20 when it is left out.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100)]
    limit: Option<Limit>,
}

type Asked = (Option<String>, Option<String>, Option<String>);
type Prices = (Option<Currency>, Option<Bound>, Option<Bound>);

fn browse(
    search: Option<Search>,
    (category, condition, sort): Asked,
    (currency, least, most): Prices,
) -> Result<Browse, Refusal> {
    let browse = Browse {
        search,
        category: self::category(category)?,
        condition: condition.map(|name| Condition::parse(&name)).transpose()?,
        price: PriceRange::asked(currency, least.map(Into::into), most.map(Into::into))?,
        sort: sort.map(|name| Sort::parse(&name)).transpose()?.unwrap_or_default(),
    };
    browse.check()?;
    Ok(browse)
}

fn category(name: Option<String>) -> Result<Option<Category>, Refusal> {
    name.map(|name| Category::parse(&name)).transpose()
}

/// Which listing.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct Which {
    /// The listing.
    #[param(value_type = ListingId)]
    listing: Named<ListingId>,
}

/// Whose.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct Whose {
    /// The member's username.
    #[param(value_type = Username)]
    username: Named<Username>,
}

/// A thing to offer: one copy, sold once.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewListing {
    /// What it is, in a line.
    #[schema(min_length = 3, max_length = 120)]
    title: String,
    /// What there is to know, in several lines if need be.
    #[schema(max_length = 4_000)]
    description: Option<String>,
    /// What one copy costs.
    #[schema(value_type = Price)]
    price: Money,
    /// Its shelf.
    #[schema(value_type = Category)]
    category: String,
    /// How worn it is.
    #[schema(value_type = Condition)]
    condition: String,
    /// Where it is collected; the market's first pickup point that is open when it is left out.
    pickup_point: Option<PickupPointId>,
    /// What it looks like: pictures the asker brought, the cover first. Some categories do without.
    #[schema(max_items = 8)]
    pictures: Option<Vec<PictureId>>,
}

impl NewListing {
    fn draft(self) -> Result<ListingDraft, Refusal> {
        let Self { title, description, price, category, condition, pickup_point, pictures } = self;
        let description = description.unwrap_or_default();
        let (category, condition) = (Category::parse(&category)?, Condition::parse(&condition)?);
        let price = Price::try_from(price)?;
        ListingDraft::new(&title, &description, price, category, condition, pickup_point)?
            .with_pictures(pictures.unwrap_or_default())
    }
}

/// What to change of a listing. What is left out, or `null`, stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Changes {
    /// What it is, in a line.
    #[schema(min_length = 3, max_length = 120)]
    title: Option<String>,
    /// What there is to know.
    #[schema(max_length = 4_000)]
    description: Option<String>,
    /// What one copy costs.
    #[schema(value_type = Option<Price>)]
    price: Option<Money>,
    /// Its shelf.
    #[schema(value_type = Option<Category>)]
    category: Option<String>,
    /// How worn it is.
    #[schema(value_type = Option<Condition>)]
    condition: Option<String>,
    /// Where it is collected.
    pickup_point: Option<PickupPointId>,
    /// All its pictures anew, the cover first: what is not in the list is taken off.
    #[schema(max_items = 8)]
    pictures: Option<Vec<PictureId>>,
}

impl Changes {
    fn changes(self) -> Result<ListingChanges, Refusal> {
        let Self { title, description, price, category, condition, pickup_point, pictures } = self;
        let changes = ListingChanges::default().texts(title.as_deref(), description.as_deref())?;
        let mut changes = changes.pictures(pictures)?;
        changes.price = price.map(Price::try_from).transpose()?;
        changes.category = self::category(category)?;
        changes.condition = condition.map(|name| Condition::parse(&name)).transpose()?;
        changes.pickup_point = pickup_point;
        Ok(changes)
    }
}

/// The shelves and conditions there are.
///
/// For everybody.
#[utoipa::path(get, path = "/categories", tag = "Listings", security((), ("bearer" = []), ("cookie" = [])),
    responses((status = OK, description = "Their names, in the order to show them", body = Categories)))]
async fn categories(State(site): State<Site>, asker: Asker) -> Result<Public<Categories>, Problem> {
    Ok(Public(site.market.ask(asker.caller(), |_| Ok(Categories::all())).await?))
}

/// What is on sale: the newest first, or by price.
///
/// For everybody.
#[utoipa::path(get, path = "/listings", tag = "Listings", security((), ("bearer" = []), ("cookie" = [])),
    params(Browsing),
    responses(
        (status = OK, description = "A page of listings", body = Page<ListingView>),
        (status = NOT_FOUND, description = "`not_found` (`page`)"),
        (status = UNPROCESSABLE_ENTITY, description = "`category_unknown`, `condition_unknown`, `sort_unknown`, \
            `currency_needed`, `price_range_invalid`"),
    ))]
async fn listings(
    State(site): State<Site>,
    asker: Asker,
    Query(asked): Query<Browsing>,
) -> Result<Public<Page<ListingView>>, Problem> {
    let Browsing { category, condition, currency, least, most, sort, after, limit } = asked;
    let browse = browse(None, (category, condition, sort), (currency, least, most))?;
    let page = move |view: &mut auboutique_market::View<'_>| {
        view.browse(&browse, after.as_deref(), limit.map(Into::into))
    };
    Ok(Public(site.market.ask(asker.caller(), page).await?))
}

/// What is on sale and has all these words in title or description, newest first.
///
/// For everybody. The last word counts as the start of a word, so that one can search as people type. Case, accents and
/// the forms of Arabic letters do not matter.
#[utoipa::path(get, path = "/listings/search", tag = "Listings",
    security((), ("bearer" = []), ("cookie" = [])), params(Searching),
    responses(
        (status = OK, description = "A page of listings", body = Page<ListingView>),
        (status = NOT_FOUND, description = "`not_found` (`page`)"),
        (status = UNPROCESSABLE_ENTITY, description = "`search_empty`, `category_unknown`, `condition_unknown`, \
            `sort_unknown`, `currency_needed`, `price_range_invalid`"),
    ))]
async fn search(
    State(site): State<Site>,
    asker: Asker,
    Query(asked): Query<Searching>,
) -> Result<Public<Page<ListingView>>, Problem> {
    let Searching { text, category, condition, currency, least, most, sort, after, limit } = asked;
    let search = Search::parse(&text)?;
    let browse = browse(Some(search), (category, condition, sort), (currency, least, most))?;
    let page = move |view: &mut auboutique_market::View<'_>| {
        view.browse(&browse, after.as_deref(), limit.map(Into::into))
    };
    Ok(Public(site.market.ask(asker.caller(), page).await?))
}

/// One listing.
///
/// For everybody; a withdrawn one for its owner and for moderators.
#[utoipa::path(get, path = "/listings/{listing}", tag = "Listings",
    security((), ("bearer" = []), ("cookie" = [])), params(Which),
    responses(
        (status = OK, description = "The listing", body = ListingView),
        (status = NOT_FOUND, description = "`not_found` (`listing`)"),
    ))]
async fn listing(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { listing: Named(listing) }): Path<Which>,
) -> Result<Response, Problem> {
    let listing = site.market.ask(asker.caller(), move |view| view.listing(listing)).await?;
    Ok(match listing.state {
        ListingState::OnSale | ListingState::Sold | ListingState::AtAuction => {
            (Extension(Offers(listing.seller.id)), Public(listing)).into_response()
        }
        ListingState::Withdrawn => Body(listing).into_response(),
    })
}

/// Offers a thing.
///
/// For members.
#[utoipa::path(post, path = "/listings", tag = "Listings",
    request_body = NewListing,
    responses(
        (status = CREATED, description = "The listing; its address is in `Location`", body = ListingView),
        (status = FORBIDDEN, description = "`struck_out`"),
        (status = NOT_FOUND, description = "`not_found` (`pickup point`, `picture`)"),
        (status = CONFLICT, description = "`too_many_listings`, `pickup_point_closed`"),
        (status = UNPROCESSABLE_ENTITY, description = "`text_length`, `text_unprintable`, `card_number`, `price_out_of_range`, \
            `category_unknown`, `condition_unknown`, `picture_needed`, `too_many_pictures`"),
    ))]
async fn add_listing(
    State(site): State<Site>,
    asker: Asker,
    Json(listing): Json<NewListing>,
) -> Result<Created, Problem> {
    let draft = listing.draft()?;
    Ok(Created(site.market.run(asker.caller(), Command::AddListing { draft }).await?))
}

/// Changes what is given, until the listing is sold.
///
/// For its owner.
#[utoipa::path(patch, path = "/listings/{listing}", tag = "Listings", params(Which),
    request_body = Changes,
    responses(
        (status = OK, description = "The listing as it is now", body = ListingView),
        (status = FORBIDDEN, description = "`not_yours`"),
        (status = NOT_FOUND, description = "`not_found` (`listing`, `pickup point`, `picture`)"),
        (status = CONFLICT, description = "`listing_sold`, `pickup_point_closed`"),
        (status = UNPROCESSABLE_ENTITY, description = "`text_length`, `text_unprintable`, `card_number`, `price_out_of_range`, \
            `category_unknown`, `condition_unknown`, `picture_needed`, `too_many_pictures`"),
    ))]
async fn edit_listing(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { listing: Named(listing) }): Path<Which>,
    Json(changes): Json<Changes>,
) -> Result<Done, Problem> {
    let changes = changes.changes()?;
    Ok(Done(site.market.run(asker.caller(), Command::EditListing { listing, changes }).await?))
}

/// Takes a listing away.
///
/// For its owner and for moderators.
#[utoipa::path(post, path = "/listings/{listing}/withdraw", tag = "Listings", params(Which),
    responses(
        (status = OK, description = "The listing as it is now", body = ListingView),
        (status = FORBIDDEN, description = "`not_yours`"),
        (status = NOT_FOUND, description = "`not_found` (`listing`)"),
        (status = CONFLICT, description = "`listing_sold`, `listing_withdrawn`"),
    ))]
async fn withdraw_listing(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { listing: Named(listing) }): Path<Which>,
) -> Result<Done, Problem> {
    Ok(Done(site.market.run(asker.caller(), Command::WithdrawListing { listing }).await?))
}

/// Puts a withdrawn listing back on sale, where it stood.
///
/// For its owner.
#[utoipa::path(post, path = "/listings/{listing}/publish", tag = "Listings", params(Which),
    responses(
        (status = OK, description = "The listing as it is now", body = ListingView),
        (status = FORBIDDEN, description = "`not_yours`, `struck_out`"),
        (status = NOT_FOUND, description = "`not_found` (`listing`)"),
        (status = CONFLICT, description = "`listing_sold`, `listing_published`, `too_many_listings`, \
            `pickup_point_closed`"),
    ))]
async fn publish_listing(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { listing: Named(listing) }): Path<Which>,
) -> Result<Done, Problem> {
    Ok(Done(site.market.run(asker.caller(), Command::PublishListing { listing }).await?))
}

/// What a member has on sale or has sold, newest first.
///
/// For everybody.
#[utoipa::path(get, path = "/members/{username}/listings", tag = "Listings",
    security((), ("bearer" = []), ("cookie" = [])), params(Whose, Paging),
    responses(
        (status = OK, description = "A page of listings", body = Page<ListingView>),
        (status = NOT_FOUND, description = "`not_found` (`member`, `page`)"),
    ))]
async fn listings_of(
    State(site): State<Site>,
    asker: Asker,
    Path(Whose { username: Named(username) }): Path<Whose>,
    Query(Paging { after, limit }): Query<Paging>,
) -> Result<Public<Page<ListingView>>, Problem> {
    let page = move |view: &mut auboutique_market::View<'_>| {
        view.listings_of(username.as_str(), after.as_deref(), limit.map(Into::into))
    };
    Ok(Public(site.market.ask(asker.caller(), page).await?))
}

/// All the asker's own listings with their buyers, newest first.
///
/// For members.
#[utoipa::path(get, path = "/me/listings", tag = "Listings", params(Paging),
    responses(
        (status = OK, description = "A page of own listings", body = Page<OwnListing>),
        (status = NOT_FOUND, description = "`not_found` (`page`)"),
    ))]
async fn my_listings(
    State(site): State<Site>,
    asker: Asker,
    Query(Paging { after, limit }): Query<Paging>,
) -> Result<Body<Page<OwnListing>>, Problem> {
    let page = move |view: &mut auboutique_market::View<'_>| {
        view.own_listings(after.as_deref(), limit.map(Into::into))
    };
    Ok(Body(site.market.ask(asker.caller(), page).await?))
}
