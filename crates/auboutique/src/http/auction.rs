//! Auctions over the JSON API: putting something up, bidding, watching, and what follows the end.

use std::borrow::Cow;

use auboutique_domain::Command;
use auboutique_domain::auction::{
    self, AuctionRow, AuctionView, BidRow, BidView, BrowseAuctions, Note, Which as List,
};
use auboutique_domain::id::{AuctionId, ListingId, OfferId, PickupPointId, PictureId};
use auboutique_domain::listing::{Category, ListingView, Page};
use auboutique_domain::money::{Money, Price};
use auboutique_domain::time::Moment;
use auboutique_market::View;
use auboutique_wire::json::Change;
use auboutique_wire::json::auction::{Asked, Offered, reserve};
use axum::Json as Body;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{AdditionalProperties, Array, ObjectBuilder, OneOfBuilder, Type};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Site;
use super::asker::Asker;
use super::input::{Json, Limit, Named, Paging, Path, Query};
use super::problem::Problem;
use super::reply::{Created, Done, text};

/// The routes of auctions and of the offers that follow them.
pub fn routes() -> OpenApiRouter<Site> {
    OpenApiRouter::new()
        .routes(routes!(auctions, open_auction))
        .routes(routes!(auction))
        .routes(routes!(bids, place_bid))
        .routes(routes!(bid_log))
        .routes(routes!(take_buy_now))
        .routes(routes!(retract_bid))
        .routes(routes!(watch, unwatch))
        .routes(routes!(lower_price))
        .routes(routes!(keep_price))
        .routes(routes!(lower_reserve))
        .routes(routes!(add_auction_note))
        .routes(routes!(cancel_auction))
        .routes(routes!(accept_leading_bid))
        .routes(routes!(counter_offer))
        .routes(routes!(offer_to_watchers))
        .routes(routes!(relist_auction))
        .routes(routes!(sell_at_fixed_price))
        .routes(routes!(answer_offer))
        .routes(routes!(second_chances, want_second_chances))
}

/// Which auction.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct Which {
    /// The auction.
    #[param(value_type = AuctionId)]
    auction: Named<AuctionId>,
}

/// Which offer.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct Offer {
    /// The offer.
    #[param(value_type = OfferId)]
    offer: Named<OfferId>,
}

/// Which auctions, and which page of them.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Browsing {
    /// Which: those that run, when it is left out. For visitors those that run, and those that are over.
    which: Option<List>,
    /// Only this shelf; of those that run.
    #[param(value_type = Option<Category>)]
    category: Option<String>,
    /// Where the page begins: what stood in `next` on the page before.
    after: Option<String>,
    /// How many rows the page has at most; 20 when it is left out.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100)]
    limit: Option<Limit>,
}

/// Something to put up: a listing that is there, or something that is described; and the terms.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewAuction {
    listing: Option<ListingId>,
    title: Option<String>,
    description: Option<String>,
    price: Option<Money>,
    category: Option<String>,
    condition: Option<String>,
    pickup_point: Option<PickupPointId>,
    pictures: Option<Vec<PictureId>>,
    starting_price: Money,
    reserve: Option<Money>,
    buy_now: Option<Money>,
    increment: Option<Money>,
    duration_seconds: Option<i64>,
    ends_at: Option<Moment>,
}

/// The terms on which a lot is put up again.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Terms {
    starting_price: Money,
    reserve: Option<Money>,
    buy_now: Option<Money>,
    increment: Option<Money>,
    duration_seconds: Option<i64>,
    ends_at: Option<Moment>,
}

impl From<Terms> for Asked {
    fn from(terms: Terms) -> Self {
        let Terms { starting_price, reserve, buy_now, increment, duration_seconds, ends_at } = terms;
        Self { starting_price, reserve, buy_now, increment, duration_seconds, ends_at }
    }
}

impl NewAuction {
    fn command(self) -> Result<Command, Problem> {
        let Self { listing, title, description, price, category, condition, pickup_point, pictures, .. } =
            self;
        let Self { starting_price, reserve, buy_now, increment, duration_seconds, ends_at, .. } = self;
        let asked = Asked { starting_price, reserve, buy_now, increment, duration_seconds, ends_at };
        let offered =
            Offered { listing, title, description, price, category, condition, pickup_point, pictures };
        let lot = offered.lot(&asked)?;
        Ok(Command::OpenAuction { lot, draft: asked.draft()? })
    }
}

/// A property of a schema: its name, what it is, and whether it has to be there.
type Property = (&'static str, RefOr<Schema>, bool);

fn reference(name: &str, about: &str) -> RefOr<Schema> {
    let mut reference = Ref::from_schema_name(name);
    about.clone_into(&mut reference.description);
    RefOr::Ref(reference)
}

/// An object of exactly these.
fn exactly(about: &str, properties: Vec<Property>) -> ObjectBuilder {
    let object = ObjectBuilder::new().description(Some(about));
    let object = properties.into_iter().fold(object, |object, (name, schema, required)| {
        let object = object.property(name, schema);
        if required { object.required(name) } else { object }
    });
    object.additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)))
}

/// The terms, in the two ways to say when bidding ends.
fn terms() -> [Vec<Property>; 2] {
    let price = |about: &str| reference("Price", about);
    let common = || {
        vec![
            ("starting_price", price("The least the first bid may be."), true),
            ("reserve", price("The secret least the seller accepts."), false),
            ("buy_now", price("What ends it at once: 1.3 times the starting price, or more."), false),
            ("increment", price("By how much bids exceed the price, where that is more than usual."), false),
        ]
    };
    let seconds = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .description(Some("How long bidding lasts, in seconds."))
        .minimum(Some(auction::DURATION.0.micros() / 1_000_000))
        .maximum(Some(auction::DURATION.1.micros() / 1_000_000));
    let mut after = common();
    after.push(("duration_seconds", seconds.into(), true));
    let mut at = common();
    at.push(("ends_at", reference("Moment", "When bidding ends."), true));
    [after, at]
}

/// What is put up, in the two ways to say it.
fn lots() -> [Vec<Property>; 2] {
    let text = |about: &str, least: Option<usize>, most: usize| {
        let text = ObjectBuilder::new().schema_type(Type::String).description(Some(about));
        text.min_length(least).max_length(Some(most)).into()
    };
    let pictures = Array::new(reference("PictureId", "A picture the seller brought."));
    let mut pictures = pictures;
    pictures.max_items = Some(8);
    pictures.description =
        Some("What it looks like, the cover first. Some categories do without.".to_owned());
    [
        vec![("listing", reference("ListingId", "A listing of the seller's, as it is described."), true)],
        vec![
            ("title", text("What it is, in a line.", Some(3), 120), true),
            ("description", text("What there is to know, in several lines if need be.", None, 4_000), false),
            ("price", reference("Price", "What it would cost at a fixed price."), false),
            ("category", reference("Category", "Its shelf."), true),
            ("condition", reference("Condition", "How worn it is."), true),
            ("pickup_point", reference("PickupPointId", "Where it is collected."), false),
            ("pictures", Schema::Array(pictures).into(), false),
        ],
    ]
}

impl PartialSchema for Terms {
    /// An end or a duration, and not both, which no list of fields can say.
    fn schema() -> RefOr<Schema> {
        let [after, at] = terms();
        OneOfBuilder::new()
            .description(Some("The terms on which a lot is put up again."))
            .item(exactly("With a duration.", after))
            .item(exactly("With a moment of its end.", at))
            .into()
    }
}

impl ToSchema for Terms {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("AuctionTerms")
    }
}

impl PartialSchema for NewAuction {
    /// A listing or a description, an end or a duration.
    fn schema() -> RefOr<Schema> {
        let about =
            "Something to put up: a listing that is there, or something that is described; and the terms.";
        let mut ways = OneOfBuilder::new().description(Some(about));
        for lot in lots() {
            for terms in terms() {
                let about = "A lot, and the terms of its auction.";
                ways = ways.item(exactly(about, lot.iter().cloned().chain(terms).collect()));
            }
        }
        ways.into()
    }
}

impl ToSchema for NewAuction {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("NewAuction")
    }
}

/// A bid.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewBid {
    /// The most the server may bid: it bids as little as is needed.
    #[schema(value_type = Price)]
    maximum: Money,
}

/// A price somebody saw, or asks for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AuctionPrice {
    /// How much.
    #[schema(value_type = Price)]
    price: Money,
}

/// What is bid instead.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Retraction {
    /// Less than the bid that is taken back. It has to be there unless the seller changed the description since.
    #[schema(value_type = Option<Price>)]
    corrected: Option<Money>,
}

/// Another reserve price, or none.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Reserve {
    /// Less than it was; `null` for none.
    #[serde(default)]
    #[schema(value_type = Option<Price>, required = true)]
    reserve: Change<Money>,
}

/// Something the seller adds.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Addition {
    /// What it says, in several lines if need be.
    #[schema(min_length = 3, max_length = 1_000)]
    text: String,
}

/// Why an auction is called off.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CallingOff {
    /// A line. It can be left out by a seller while nobody has bid.
    #[schema(max_length = 200)]
    reason: Option<String>,
}

/// What becomes of an offer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OfferAnswer {
    /// Whether it is taken.
    accept: bool,
}

/// Whether a member hears of second chances. It is what it comes to as well.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SecondChances {
    /// Whether they do.
    wanted: bool,
}

/// Auctions: those that run, those that are over, or the asker's.
///
/// For everybody; those the asker bids in, watches or sells, for members.
#[utoipa::path(get, path = "/auctions", tag = "Auctions", security((), ("bearer" = []), ("cookie" = [])),
    params(Browsing),
    responses(
        (status = OK, description = "A page of auctions", body = Page<AuctionRow>),
        (status = NOT_FOUND, description = "`not_found` (`page`)"),
        (status = UNPROCESSABLE_ENTITY, description = "`category_unknown`"),
    ))]
async fn auctions(
    State(site): State<Site>,
    asker: Asker,
    Query(Browsing { which, category, after, limit }): Query<Browsing>,
) -> Result<Body<Page<AuctionRow>>, Problem> {
    let category = category.map(|name| Category::parse(&name)).transpose()?;
    let asked = BrowseAuctions { which: which.unwrap_or_default(), category };
    let page = move |view: &mut View<'_>| view.auctions(&asked, after.as_deref(), limit.map(Into::into));
    Ok(Body(site.market.ask(asker.caller(), page).await?))
}

/// Puts something up for auction.
///
/// For members: something new, or a listing of theirs that was withdrawn or not sold. It is described, or named by `listing`;
/// bidding lasts `duration_seconds`, or until `ends_at`.
#[utoipa::path(post, path = "/auctions", tag = "Auctions",
    request_body = NewAuction,
    responses(
        (status = CREATED, description = "The auction; its address is in `Location`", body = AuctionView),
        (status = FORBIDDEN, description = "`not_yours`, `struck_out`"),
        (status = NOT_FOUND, description = "`not_found` (`listing`, `pickup point`, `picture`)"),
        (status = CONFLICT, description = "`listing_sold`, `at_auction`, `not_single`, `too_many_auctions`, \
            `too_many_listings`, `pickup_point_closed`, `held`"),
        (status = UNPROCESSABLE_ENTITY, description = "`price_out_of_range`, `not_cash_unit`, `auction_currency`, \
            `reserve_too_low`, `buy_now_too_low`, `duration_invalid`, `text_length`, `text_unprintable`, `card_number`, \
            `category_unknown`, `condition_unknown`, `picture_needed`, `too_many_pictures`"),
    ))]
async fn open_auction(
    State(site): State<Site>,
    asker: Asker,
    Json(auction): Json<NewAuction>,
) -> Result<Created, Problem> {
    Ok(Created(site.market.run(asker.caller(), auction.command()?).await?))
}

/// One auction.
///
/// For everybody. Whoever bids in it sees how they stand, its seller what is asked of them.
#[utoipa::path(get, path = "/auctions/{auction}", tag = "Auctions",
    security((), ("bearer" = []), ("cookie" = [])), params(Which),
    responses(
        (status = OK, description = "The auction", body = AuctionView),
        (status = NOT_FOUND, description = "`not_found` (`auction`)"),
    ))]
async fn auction(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { auction: Named(auction) }): Path<Which>,
) -> Result<Body<AuctionView>, Problem> {
    Ok(Body(site.market.ask(asker.caller(), move |view| view.auction(auction)).await?))
}

/// The bids in an auction, newest first.
///
/// For everybody. Bidders stand in it by their numbers, and what they allow the server to bid does not.
#[utoipa::path(get, path = "/auctions/{auction}/bids", tag = "Auctions",
    security((), ("bearer" = []), ("cookie" = [])), params(Which, Paging),
    responses(
        (status = OK, description = "A page of bids", body = Page<BidRow>),
        (status = NOT_FOUND, description = "`not_found` (`auction`, `page`)"),
    ))]
async fn bids(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { auction: Named(auction) }): Path<Which>,
    Query(Paging { after, limit }): Query<Paging>,
) -> Result<Body<Page<BidRow>>, Problem> {
    let page = move |view: &mut View<'_>| view.bids(auction, after.as_deref(), limit.map(Into::into));
    Ok(Body(site.market.ask(asker.caller(), page).await?))
}

/// Bids in an auction: the most the server may bid for the asker.
///
/// For members but its seller and who belongs to them. A bid that is too low is told the least that is taken. Send an
/// `Idempotency-Key`: then asking again is answered again.
#[utoipa::path(post, path = "/auctions/{auction}/bids", tag = "Auctions", params(Which),
    request_body = NewBid,
    responses(
        (status = CREATED, description = "How the bidder stands now", body = BidView),
        (status = FORBIDDEN, description = "`bidder_linked`, `bidder_blocked`, `struck_out`"),
        (status = NOT_FOUND, description = "`not_found` (`auction`)"),
        (status = CONFLICT, description = "`auction_over`, `own_auction`, `too_many_auctions`, `bid_too_low`"),
        (status = UNPROCESSABLE_ENTITY, description = "`auction_currency`, `price_out_of_range`, `not_cash_unit`, \
            `bid_too_high`"),
        (status = TOO_MANY_REQUESTS, description = "`too_many_bids`"),
    ))]
async fn place_bid(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { auction: Named(auction) }): Path<Which>,
    Json(NewBid { maximum }): Json<NewBid>,
) -> Result<Created, Problem> {
    Ok(Created(site.market.run(asker.caller(), Command::PlaceBid { auction, maximum }).await?))
}

/// The bid log of an auction that is over, as a text to keep.
///
/// For everybody. `auboutique replay FILE` runs it again and says who won, and at which price.
#[utoipa::path(get, path = "/auctions/{auction}/log", tag = "Auctions",
    security((), ("bearer" = []), ("cookie" = [])), params(Which),
    responses(
        (status = OK, description = "The log", body = String, content_type = "text/plain"),
        (status = NOT_FOUND, description = "`not_found` (`auction`)"),
        (status = CONFLICT, description = "`auction_still_open`"),
    ))]
async fn bid_log(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { auction: Named(auction) }): Path<Which>,
) -> Result<Response, Problem> {
    let log = site.market.ask(asker.caller(), move |view| view.bid_log(auction)).await?;
    Ok(text(&format!("{auction}.txt"), log))
}

/// Takes it at the buy-now price: the auction is over in the same moment.
///
/// For members but its seller and who belongs to them. If the price is another than the asker saw, nothing is done.
#[utoipa::path(post, path = "/auctions/{auction}/take_buy_now", tag = "Auctions", params(Which),
    request_body = AuctionPrice,
    responses(
        (status = OK, description = "The auction as it is now", body = AuctionView),
        (status = FORBIDDEN, description = "`bidder_linked`, `bidder_blocked`, `struck_out`"),
        (status = NOT_FOUND, description = "`not_found` (`auction`)"),
        (status = CONFLICT, description = "`auction_over`, `own_auction`, `too_many_auctions`, `buy_now_gone`, `price_changed`"),
        (status = UNPROCESSABLE_ENTITY, description = "`bid_too_high`"),
        (status = TOO_MANY_REQUESTS, description = "`too_many_bids`"),
    ))]
async fn take_buy_now(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { auction: Named(auction) }): Path<Which>,
    Json(AuctionPrice { price }): Json<AuctionPrice>,
) -> Result<Done, Problem> {
    Ok(Done(site.market.run(asker.caller(), Command::TakeBuyNow { auction, price }).await?))
}

/// Takes the asker's latest bid back.
///
/// For who bid it: a typing error within ten minutes, more than an hour before the end, with a lower bid in the same breath; or
/// any bid made before the seller changed the description.
#[utoipa::path(post, path = "/auctions/{auction}/retract_bid", tag = "Auctions", params(Which),
    request_body = Retraction,
    responses(
        (status = OK, description = "How the bidder stands now", body = BidView),
        (status = FORBIDDEN, description = "`bidder_linked`, `bidder_blocked`, `struck_out`"),
        (status = NOT_FOUND, description = "`not_found` (`auction`)"),
        (status = CONFLICT, description = "`auction_over`, `retraction_refused`, `own_auction`, `bid_too_low`"),
        (status = UNPROCESSABLE_ENTITY, description = "`auction_currency`, `price_out_of_range`, `not_cash_unit`, \
            `bid_too_high`"),
        (status = TOO_MANY_REQUESTS, description = "`too_many_bids`"),
    ))]
async fn retract_bid(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { auction: Named(auction) }): Path<Which>,
    Json(Retraction { corrected }): Json<Retraction>,
) -> Result<Done, Problem> {
    Ok(Done(site.market.run(asker.caller(), Command::RetractBid { auction, corrected }).await?))
}

/// Watches an auction: what matters in it is told by name, wherever the asker is.
///
/// For members.
#[utoipa::path(put, path = "/auctions/{auction}/watch", tag = "Auctions", params(Which),
    responses(
        (status = OK, description = "The auction as it is now", body = AuctionView),
        (status = NOT_FOUND, description = "`not_found` (`auction`)"),
        (status = CONFLICT, description = "`too_many_watched`"),
    ))]
async fn watch(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { auction: Named(auction) }): Path<Which>,
) -> Result<Done, Problem> {
    Ok(Done(site.market.run(asker.caller(), Command::WatchAuction { auction }).await?))
}

/// Watches it no longer.
///
/// For members.
#[utoipa::path(delete, path = "/auctions/{auction}/watch", tag = "Auctions", params(Which),
    responses(
        (status = OK, description = "The auction as it is now", body = AuctionView),
        (status = NOT_FOUND, description = "`not_found` (`auction`)"),
    ))]
async fn unwatch(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { auction: Named(auction) }): Path<Which>,
) -> Result<Done, Problem> {
    Ok(Done(site.market.run(asker.caller(), Command::UnwatchAuction { auction }).await?))
}

/// Asks for less, before the first bid.
///
/// For its seller. Those who watch are told.
#[utoipa::path(post, path = "/auctions/{auction}/lower_price", tag = "Auctions", params(Which),
    request_body = AuctionPrice,
    responses(
        (status = OK, description = "The auction as it is now", body = AuctionView),
        (status = FORBIDDEN, description = "`not_your_auction`"),
        (status = NOT_FOUND, description = "`not_found` (`auction`)"),
        (status = CONFLICT, description = "`auction_over`, `auction_has_bids`, `price_not_lower`"),
        (status = UNPROCESSABLE_ENTITY, description = "`auction_currency`, `price_out_of_range`, `not_cash_unit`"),
    ))]
async fn lower_price(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { auction: Named(auction) }): Path<Which>,
    Json(AuctionPrice { price }): Json<AuctionPrice>,
) -> Result<Done, Problem> {
    Ok(Done(site.market.run(asker.caller(), Command::LowerPrice { auction, price }).await?))
}

/// Leaves the price as it is, having been asked to lower it.
///
/// For its seller.
#[utoipa::path(post, path = "/auctions/{auction}/keep_price", tag = "Auctions", params(Which),
    responses(
        (status = OK, description = "The auction as it is now", body = AuctionView),
        (status = FORBIDDEN, description = "`not_your_auction`"),
        (status = NOT_FOUND, description = "`not_found` (`auction`)"),
        (status = CONFLICT, description = "`auction_over`, `not_asked`"),
    ))]
async fn keep_price(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { auction: Named(auction) }): Path<Which>,
) -> Result<Done, Problem> {
    Ok(Done(site.market.run(asker.caller(), Command::KeepPrice { auction }).await?))
}

/// Asks for a lower reserve price, or for none.
///
/// For its seller, until an hour before the scheduled end.
#[utoipa::path(post, path = "/auctions/{auction}/lower_reserve", tag = "Auctions", params(Which),
    request_body = Reserve,
    responses(
        (status = OK, description = "The auction as it is now", body = AuctionView),
        (status = FORBIDDEN, description = "`not_your_auction`"),
        (status = NOT_FOUND, description = "`not_found` (`auction`)"),
        (status = CONFLICT, description = "`auction_over`, `reserve_fixed`, `price_not_lower`"),
        (status = UNPROCESSABLE_ENTITY, description = "`auction_currency`, `price_out_of_range`, `not_cash_unit`, \
            `reserve_too_low`"),
    ))]
async fn lower_reserve(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { auction: Named(auction) }): Path<Which>,
    Json(Reserve { reserve: change }): Json<Reserve>,
) -> Result<Done, Problem> {
    let reserve = reserve(change)?;
    Ok(Done(site.market.run(asker.caller(), Command::LowerReserve { auction, reserve }).await?))
}

/// Adds something to the description, with its date.
///
/// For its seller: what was said before the first bid stays.
#[utoipa::path(post, path = "/auctions/{auction}/notes", tag = "Auctions", params(Which),
    request_body = Addition,
    responses(
        (status = OK, description = "The auction as it is now", body = AuctionView),
        (status = FORBIDDEN, description = "`not_your_auction`"),
        (status = NOT_FOUND, description = "`not_found` (`auction`)"),
        (status = CONFLICT, description = "`auction_over`, `too_many_notes`"),
        (status = UNPROCESSABLE_ENTITY, description = "`text_length`, `text_unprintable`, `card_number`"),
    ))]
async fn add_auction_note(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { auction: Named(auction) }): Path<Which>,
    Json(Addition { text }): Json<Addition>,
) -> Result<Done, Problem> {
    let text = Note::text(&text)?;
    Ok(Done(site.market.run(asker.caller(), Command::AddAuctionNote { auction, text }).await?))
}

/// Calls an auction off.
///
/// For its seller while nobody has bid, or with more than 12 hours left and a reason; for moderators any time, with a reason.
#[utoipa::path(post, path = "/auctions/{auction}/cancel", tag = "Auctions", params(Which),
    request_body = CallingOff,
    responses(
        (status = OK, description = "The auction as it is now", body = AuctionView),
        (status = FORBIDDEN, description = "`not_your_auction`"),
        (status = NOT_FOUND, description = "`not_found` (`auction`)"),
        (status = CONFLICT, description = "`auction_over`, `cancel_too_late`"),
        (status = UNPROCESSABLE_ENTITY, description = "`text_length`, `text_unprintable`, `card_number`"),
    ))]
async fn cancel_auction(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { auction: Named(auction) }): Path<Which>,
    Json(CallingOff { reason }): Json<CallingOff>,
) -> Result<Done, Problem> {
    let reason = reason.unwrap_or_default();
    Ok(Done(site.market.run(asker.caller(), Command::CancelAuction { auction, reason }).await?))
}

/// Takes the leading bid although the reserve price was not met: the bidder is asked whether they still want it.
///
/// For its seller, within 48 hours of the end.
#[utoipa::path(post, path = "/auctions/{auction}/accept_leading_bid", tag = "Auctions", params(Which),
    responses(
        (status = OK, description = "The auction as it is now", body = AuctionView),
        (status = FORBIDDEN, description = "`not_your_auction`"),
        (status = NOT_FOUND, description = "`not_found` (`auction`)"),
        (status = CONFLICT, description = "`not_negotiable`"),
    ))]
async fn accept_leading_bid(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { auction: Named(auction) }): Path<Which>,
) -> Result<Done, Problem> {
    Ok(Done(site.market.run(asker.caller(), Command::AcceptLeadingBid { auction }).await?))
}

/// Asks the leading bidder for something between their price and the reserve price, which was not met.
///
/// For its seller, once, within 48 hours of the end.
#[utoipa::path(post, path = "/auctions/{auction}/counter_offer", tag = "Auctions", params(Which),
    request_body = AuctionPrice,
    responses(
        (status = OK, description = "The auction as it is now", body = AuctionView),
        (status = FORBIDDEN, description = "`not_your_auction`"),
        (status = NOT_FOUND, description = "`not_found` (`auction`)"),
        (status = CONFLICT, description = "`not_negotiable`, `counter_invalid`"),
        (status = UNPROCESSABLE_ENTITY, description = "`auction_currency`, `price_out_of_range`, `not_cash_unit`"),
    ))]
async fn counter_offer(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { auction: Named(auction) }): Path<Which>,
    Json(AuctionPrice { price }): Json<AuctionPrice>,
) -> Result<Done, Problem> {
    Ok(Done(site.market.run(asker.caller(), Command::CounterOffer { auction, price }).await?))
}

/// Offers what nobody bid for to those who watch it: the first who takes it has it.
///
/// For its seller, within 72 hours of the end.
#[utoipa::path(post, path = "/auctions/{auction}/offer_to_watchers", tag = "Auctions", params(Which),
    request_body = AuctionPrice,
    responses(
        (status = OK, description = "The auction as it is now", body = AuctionView),
        (status = FORBIDDEN, description = "`not_your_auction`"),
        (status = NOT_FOUND, description = "`not_found` (`auction`)"),
        (status = CONFLICT, description = "`not_negotiable`"),
        (status = UNPROCESSABLE_ENTITY, description = "`auction_currency`, `price_out_of_range`, `not_cash_unit`"),
    ))]
async fn offer_to_watchers(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { auction: Named(auction) }): Path<Which>,
    Json(AuctionPrice { price }): Json<AuctionPrice>,
) -> Result<Done, Problem> {
    Ok(Done(site.market.run(asker.caller(), Command::OfferToWatchers { auction, price }).await?))
}

/// Puts a lot up again that was not sold, for no more than before.
///
/// For its seller, three times at most. It is another auction.
#[utoipa::path(post, path = "/auctions/{auction}/relist", tag = "Auctions", params(Which),
    request_body = Terms,
    responses(
        (status = CREATED, description = "The new auction; its address is in `Location`", body = AuctionView),
        (status = FORBIDDEN, description = "`not_your_auction`, `struck_out`"),
        (status = NOT_FOUND, description = "`not_found` (`auction`)"),
        (status = CONFLICT, description = "`not_negotiable`, `too_many_relists`, `price_not_lower`, `too_many_auctions`"),
        (status = UNPROCESSABLE_ENTITY, description = "`price_out_of_range`, `not_cash_unit`, `auction_currency`, \
            `reserve_too_low`, `buy_now_too_low`, `duration_invalid`"),
    ))]
async fn relist_auction(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { auction: Named(auction) }): Path<Which>,
    Json(terms): Json<Terms>,
) -> Result<Created, Problem> {
    let draft = Asked::from(terms).draft()?;
    Ok(Created(site.market.run(asker.caller(), Command::RelistAuction { auction, draft }).await?))
}

/// Sells a lot at a fixed price that was not sold.
///
/// For its seller. It is a listing like every other from then on.
#[utoipa::path(post, path = "/auctions/{auction}/sell_at_fixed_price", tag = "Auctions", params(Which),
    request_body = AuctionPrice,
    responses(
        (status = OK, description = "The listing", body = ListingView),
        (status = FORBIDDEN, description = "`not_your_auction`, `struck_out`"),
        (status = NOT_FOUND, description = "`not_found` (`auction`)"),
        (status = CONFLICT, description = "`not_negotiable`, `too_many_listings`, `pickup_point_closed`"),
        (status = UNPROCESSABLE_ENTITY, description = "`price_out_of_range`"),
    ))]
async fn sell_at_fixed_price(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { auction: Named(auction) }): Path<Which>,
    Json(AuctionPrice { price }): Json<AuctionPrice>,
) -> Result<Done, Problem> {
    let price = Price::try_from(price)?;
    Ok(Done(site.market.run(asker.caller(), Command::SellAtFixedPrice { auction, price }).await?))
}

/// Takes an offer that follows an auction, or turns it down.
///
/// For whom it is made to. Who takes it has to pay, as if they had won.
#[utoipa::path(post, path = "/offers/{offer}/answer", tag = "Auctions", params(Offer),
    request_body = OfferAnswer,
    responses(
        (status = OK, description = "The auction as it is now", body = AuctionView),
        (status = FORBIDDEN, description = "`struck_out`"),
        (status = NOT_FOUND, description = "`not_found` (`offer`)"),
        (status = CONFLICT, description = "`offer_over`"),
    ))]
async fn answer_offer(
    State(site): State<Site>,
    asker: Asker,
    Path(Offer { offer: Named(offer) }): Path<Offer>,
    Json(OfferAnswer { accept }): Json<OfferAnswer>,
) -> Result<Done, Problem> {
    Ok(Done(site.market.run(asker.caller(), Command::AnswerOffer { offer, accept }).await?))
}

/// Whether the asker hears of second chances.
///
/// For members.
#[utoipa::path(get, path = "/me/second_chances", tag = "Auctions",
    responses((status = OK, description = "Whether they do", body = SecondChances)))]
async fn second_chances(State(site): State<Site>, asker: Asker) -> Result<Body<SecondChances>, Problem> {
    let wanted = site.market.ask(asker.caller(), |view| view.wants_second_chances()).await?;
    Ok(Body(SecondChances { wanted }))
}

/// Says whether the asker wants to hear of second chances.
///
/// For members. Who does not is passed over when a winner does not pay.
#[utoipa::path(put, path = "/me/second_chances", tag = "Auctions",
    request_body = SecondChances,
    responses((status = NO_CONTENT, description = "It is kept")))]
async fn want_second_chances(
    State(site): State<Site>,
    asker: Asker,
    Json(SecondChances { wanted }): Json<SecondChances>,
) -> Result<Done, Problem> {
    Ok(Done(site.market.run(asker.caller(), Command::WantSecondChances { wanted }).await?))
}
