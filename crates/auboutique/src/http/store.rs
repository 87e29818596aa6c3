//! Stores over the JSON API: invitations, shopfronts, staff, products with their variants, stock, and what was earned.

use auboutique_domain::id::{EntryId, InvitationId, ListingId, PickupPointId, PictureId, StoreId};
use auboutique_domain::listing::{
    self, Category, Condition, ListingDraft, ListingState, ListingView, Page, StockView, VariantChanges,
    VariantDraft,
};
use auboutique_domain::member::{Email, MemberCard, Username};
use auboutique_domain::money::{Money, Price};
use auboutique_domain::order::OrderView;
use auboutique_domain::statement::ProfitView;
use auboutique_domain::store::{
    Away, InvitationCode, InvitationView, StoreCard, StoreChanges, StoreDraft, StoreName, StoreView,
};
use auboutique_domain::{Command, Refusal};
use auboutique_market::View;
use auboutique_wire::csv;
use auboutique_wire::json::{Change, Typed, period};
use axum::Json as Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Site;
use super::asker::Asker;
use super::input::{As, Json, Limit, Named, Paging, Path, Query};
use super::problem::Problem;
use super::reply::{Created, Done, Public, Rows, sheet};
use crate::connection::lines_from;

/// The routes of stores.
pub fn routes() -> OpenApiRouter<Site> {
    OpenApiRouter::new()
        .routes(routes!(create_invitation))
        .routes(routes!(invitations))
        .routes(routes!(revoke_invitation))
        .routes(routes!(stores, open_store))
        .routes(routes!(store))
        .routes(routes!(edit_store))
        .routes(routes!(store_listings))
        .routes(routes!(my_stores))
        .routes(routes!(staff))
        .routes(routes!(appoint_staff))
        .routes(routes!(dismiss_staff))
        .routes(routes!(add_product))
        .routes(routes!(variants, add_variant))
        .routes(routes!(edit_variant))
        .routes(routes!(restock))
        .routes(routes!(adjust_stock))
        .routes(routes!(store_stock))
        .routes(routes!(store_orders))
        .routes(routes!(to_hand_over))
        .routes(routes!(profit))
}

/// Which store, for everybody.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct Shown {
    /// The store's handle, or its id.
    store: String,
}

/// Which store, for whoever acts for it.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct Which {
    /// The store.
    #[param(value_type = StoreId)]
    store: Named<StoreId>,
}

/// Which invitation.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct Invited {
    /// The invitation.
    #[param(value_type = InvitationId)]
    invitation: Named<InvitationId>,
}

/// Whom the owner makes staff.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct Whom {
    /// The member's username.
    #[param(value_type = Username)]
    username: Named<Username>,
}

/// Who acts for which store.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct OfStaff {
    /// The store.
    #[param(value_type = StoreId)]
    store: Named<StoreId>,
    /// The member's username.
    #[param(value_type = Username)]
    username: Named<Username>,
}

/// Which product.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct Product {
    /// The product, named by its first variant.
    #[param(value_type = ListingId)]
    product: Named<ListingId>,
}

/// Which variant.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct OfProduct {
    /// The variant's listing.
    #[param(value_type = ListingId)]
    listing: Named<ListingId>,
}

/// Of which store, and which page.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct HandingOver {
    /// Only what this store sold, for whoever acts for it; without it, all the asker sold.
    store: Option<StoreId>,
    /// Where the page begins: what stood in `next` on the page before.
    after: Option<String>,
    /// How many rows the page has at most; 20 when it is left out.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100)]
    limit: Option<Limit>,
}

/// Of which days, and which page.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Days {
    /// The first day, where things are collected.
    #[param(format = Date)]
    from: String,
    /// The last day.
    #[param(format = Date)]
    until: String,
    /// Where the page begins: what stood in `next` on the page before. A sheet has no pages.
    after: Option<EntryId>,
    /// How many lines the page has at most; 20 when it is left out.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100)]
    limit: Option<Limit>,
}

/// A page of what a store earned: the sums are those of all the lines.
#[derive(Serialize, ToSchema)]
struct Profit {
    #[serde(flatten)]
    profit: ProfitView,
    /// Where the next page begins; `null` on the last.
    #[schema(required = true)]
    next: Option<EntryId>,
}

/// A store to open.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewStore {
    /// The code of the invitation, as it was given: in any case, with dashes or without.
    #[schema(value_type = String)]
    code: Typed,
    /// What it is called.
    #[schema(min_length = 2, max_length = 60)]
    name: String,
    /// What there is to know.
    #[schema(max_length = 2_000)]
    description: Option<String>,
    /// Where mail reaches it; everybody sees it.
    #[schema(value_type = Email)]
    email: String,
}

/// What to change of the asker's store. What is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StoreEdit {
    /// What it is called.
    #[schema(min_length = 2, max_length = 60)]
    name: Option<String>,
    /// What there is to know.
    #[schema(max_length = 2_000)]
    description: Option<String>,
    /// Where mail reaches it.
    #[schema(value_type = Option<Email>)]
    email: Option<String>,
    /// What it looks like: a picture the asker brought. `null` takes it away.
    #[serde(default)]
    #[schema(value_type = Option<PictureId>)]
    picture: Change<PictureId>,
    /// The days it is closed, both included. `null` opens it.
    #[serde(default)]
    #[schema(value_type = Option<Away>)]
    away: Change<Away>,
    /// The most copies of one thing it sells one buyer at once.
    #[schema(minimum = 1, maximum = 1_000_000)]
    limit: Option<i64>,
}

impl StoreEdit {
    fn changes(self) -> Result<StoreChanges, Refusal> {
        let Self { name, description, email, picture, away, limit } = self;
        let mut changes = StoreChanges::default().describe(description.as_deref())?.limit(limit)?;
        changes.name = name.map(|name| StoreName::parse(&name)).transpose()?;
        changes.email = email.map(|email| Email::parse(&email)).transpose()?;
        (changes.picture, changes.away) = (picture.into(), away.into());
        Ok(changes)
    }
}

/// A variant of a product.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewVariant {
    /// What makes it differ, such as `M, black`; left out when it is the only one.
    #[schema(max_length = 40)]
    label: Option<String>,
    /// The store's own code for it; no two of a store are the same.
    #[schema(max_length = 40)]
    sku: Option<String>,
    /// What one copy costs.
    #[schema(value_type = Price)]
    price: Money,
    /// How many copies there are.
    #[schema(minimum = 0, maximum = 1_000_000)]
    copies: i64,
    /// At how many copies the store wants to be warned; 0, or left out, for none.
    #[schema(minimum = 0, maximum = 1_000_000)]
    low_stock: Option<i64>,
}

impl NewVariant {
    fn draft(self) -> Result<VariantDraft, Refusal> {
        let Self { label, sku, price, copies, low_stock } = self;
        let (label, sku) = (label.unwrap_or_default(), sku.unwrap_or_default());
        VariantDraft::new(&label, &sku, Price::try_from(price)?, copies, low_stock.unwrap_or(0))
    }
}

/// A product for the shelves of a store.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewProduct {
    /// What it is, in a line.
    #[schema(min_length = 3, max_length = 120)]
    title: String,
    /// What there is to know, in several lines if need be.
    #[schema(max_length = 4_000)]
    description: Option<String>,
    /// Its shelf.
    #[schema(value_type = Category)]
    category: String,
    /// How worn it is; `new` when it is left out.
    #[schema(value_type = Option<Condition>)]
    condition: Option<String>,
    /// Where it is collected; the market's first pickup point that is open when it is left out.
    pickup_point: Option<PickupPointId>,
    /// What it looks like: pictures the asker brought, the cover first. Some categories do without.
    #[schema(max_items = 8)]
    pictures: Option<Vec<PictureId>>,
    /// The forms it comes in; the first one names the product.
    #[schema(min_items = 1, max_items = 50)]
    variants: Vec<NewVariant>,
}

impl NewProduct {
    fn draft(self) -> Result<(ListingDraft, Vec<VariantDraft>), Refusal> {
        let Self { title, description, category, condition, pickup_point, pictures, variants } = self;
        let variants = variants.into_iter().map(NewVariant::draft).collect::<Result<Vec<_>, _>>()?;
        listing::check_variants(&variants)?;
        let (category, description) = (Category::parse(&category)?, description.unwrap_or_default());
        let condition = condition.map_or(Ok(Condition::New), |name| Condition::parse(&name))?;
        // Each variant has a price of its own; the draft carries what they share.
        let price = variants.first().map(VariantDraft::price);
        let price = price.ok_or(Refusal::VariantCount { most: listing::MOST_VARIANTS })?;
        let draft = ListingDraft::new(&title, &description, price, category, condition, pickup_point)?;
        Ok((draft.with_pictures(pictures.unwrap_or_default())?, variants))
    }
}

/// What to change of a variant. What is left out, or `null`, stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct VariantEdit {
    /// What makes it differ.
    #[schema(max_length = 40)]
    label: Option<String>,
    /// The store's own code for it.
    #[schema(max_length = 40)]
    sku: Option<String>,
    /// At how many copies the store wants to be warned; 0 for none.
    #[schema(minimum = 0, maximum = 1_000_000)]
    low_stock: Option<i64>,
}

/// How many copies come in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Copies {
    /// So many.
    #[schema(minimum = 1, maximum = 1_000_000)]
    copies: i64,
}

/// How a count is put right.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Recount {
    /// So many copies more than was thought, or fewer: never 0.
    #[schema(minimum = -1_000_000, maximum = 1_000_000)]
    copies: i64,
    /// Why: it is kept with the movement.
    #[schema(min_length = 3, max_length = 200)]
    reason: String,
}

/// An invitation that was just made, as who made it sees it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only says in the OpenAPI document what the answer looks like")]
struct NewInvitation {
    /// The invitation.
    invitation: InvitationId,
    /// Where it is in its life.
    state: auboutique_domain::store::InvitationState,
    /// When it was made.
    made_at: auboutique_domain::Moment,
    /// Until when it opens a store.
    expires_at: auboutique_domain::Moment,
    /// When it was used: not yet.
    #[schema(required = true)]
    used_at: Option<auboutique_domain::Moment>,
    /// The store it opened: none yet.
    #[schema(required = true)]
    store: Option<StoreCard>,
    /// Its code, shown this once: asked again under the same key, it is `null`.
    #[schema(required = true)]
    code: Option<String>,
}

/// Lets somebody open a store.
///
/// For owners of a store, and for operators. The answer has the code, which is kept nowhere: pass it on. It opens one store
/// within 30 days.
#[utoipa::path(post, path = "/me/invitations", tag = "Stores",
    responses(
        (status = CREATED, description = "The invitation with its code", body = NewInvitation),
        (status = NOT_FOUND, description = "`not_found` (`store`)"),
        (status = CONFLICT, description = "`too_many_invitations`"),
    ))]
async fn create_invitation(State(site): State<Site>, asker: Asker) -> Result<Created, Problem> {
    Ok(Created(site.market.run(asker.caller(), Command::CreateInvitation).await?))
}

/// The invitations the asker made, newest first.
///
/// For members. Their codes are not kept.
#[utoipa::path(get, path = "/me/invitations", tag = "Stores", params(Paging),
    responses(
        (status = OK, description = "A page of invitations", body = Page<InvitationView>),
        (status = NOT_FOUND, description = "`not_found` (`page`)"),
    ))]
async fn invitations(
    State(site): State<Site>,
    asker: Asker,
    Query(Paging { after, limit }): Query<Paging>,
) -> Result<Body<Page<InvitationView>>, Problem> {
    let page = move |view: &mut View<'_>| view.invitations(after.as_deref(), limit.map(Into::into));
    Ok(Body(site.market.ask(asker.caller(), page).await?))
}

/// Takes an invitation back.
///
/// For whoever made it.
#[utoipa::path(post, path = "/me/invitations/{invitation}/revoke", tag = "Stores", params(Invited),
    responses(
        (status = OK, description = "The invitation as it is now", body = InvitationView),
        (status = NOT_FOUND, description = "`not_found` (`store`, `invitation`)"),
        (status = CONFLICT, description = "`invitation_over`"),
    ))]
async fn revoke_invitation(
    State(site): State<Site>,
    asker: Asker,
    Path(Invited { invitation: Named(invitation) }): Path<Invited>,
) -> Result<Done, Problem> {
    Ok(Done(site.market.run(asker.caller(), Command::RevokeInvitation { invitation }).await?))
}

/// All stores, by their names.
///
/// For everybody.
#[utoipa::path(get, path = "/stores", tag = "Stores", security((), ("bearer" = []), ("cookie" = [])),
    params(Paging),
    responses((status = OK, description = "A page of stores", body = Page<StoreView>)))]
async fn stores(
    State(site): State<Site>,
    asker: Asker,
    Query(Paging { after, limit }): Query<Paging>,
) -> Result<Public<Page<StoreView>>, Problem> {
    let page = move |view: &mut View<'_>| view.stores(after.as_deref(), limit.map(Into::into));
    Ok(Public(site.market.ask(asker.caller(), page).await?))
}

/// Opens a store with an invitation.
///
/// For members who have none. A code that was used, taken back, has expired or never was is refused in the same words, and
/// after ten of them in a quarter of an hour none is looked at.
#[utoipa::path(post, path = "/stores", tag = "Stores",
    request_body = NewStore,
    responses(
        (status = CREATED, description = "The store; its address is in `Location`", body = StoreView),
        (status = FORBIDDEN, description = "`struck_out`"),
        (status = CONFLICT, description = "`store_owned`, `store_name_taken`"),
        (status = UNPROCESSABLE_ENTITY, description = "`invitation_invalid`, `store_name_invalid`, `text_length`, \
            `text_unprintable`, `card_number`, `email_invalid`"),
        (status = TOO_MANY_REQUESTS, description = "`too_many_tries`"),
    ))]
async fn open_store(
    State(site): State<Site>,
    asker: Asker,
    Json(NewStore { code, name, description, email }): Json<NewStore>,
) -> Result<Created, Problem> {
    let draft = StoreDraft::new(&name, &description.unwrap_or_default(), &email)?;
    let command = Command::OpenStore { code: InvitationCode::typed(code.reveal()), draft };
    Ok(Created(site.market.run(asker.caller(), command).await?))
}

/// One store.
///
/// For everybody.
#[utoipa::path(get, path = "/stores/{store}", tag = "Stores",
    security((), ("bearer" = []), ("cookie" = [])), params(Shown),
    responses(
        (status = OK, description = "The store", body = StoreView),
        (status = NOT_FOUND, description = "`not_found` (`store`)"),
    ))]
async fn store(
    State(site): State<Site>,
    asker: Asker,
    Path(Shown { store }): Path<Shown>,
) -> Result<Public<StoreView>, Problem> {
    Ok(Public(site.market.ask(asker.caller(), move |view| view.store(&store)).await?))
}

/// Changes what is given of the asker's store.
///
/// For its owner.
#[utoipa::path(patch, path = "/me/store", tag = "Stores",
    request_body = StoreEdit,
    responses(
        (status = OK, description = "The store as it is now", body = StoreView),
        (status = NOT_FOUND, description = "`not_found` (`store`, `picture`)"),
        (status = CONFLICT, description = "`store_name_taken`"),
        (status = UNPROCESSABLE_ENTITY, description = "`store_name_invalid`, `text_length`, `text_unprintable`, `card_number`, \
            `email_invalid`, `day_invalid`, `quantity_out_of_range`"),
    ))]
async fn edit_store(
    State(site): State<Site>,
    asker: Asker,
    Json(changes): Json<StoreEdit>,
) -> Result<Done, Problem> {
    let changes = changes.changes()?;
    Ok(Done(site.market.run(asker.caller(), Command::EditStore { changes }).await?))
}

/// What a store shows on its shelves, newest first.
///
/// For everybody. Of each product the variant that stands for it.
#[utoipa::path(get, path = "/stores/{store}/listings", tag = "Stores",
    security((), ("bearer" = []), ("cookie" = [])), params(Shown, Paging),
    responses(
        (status = OK, description = "A page of listings", body = Page<ListingView>),
        (status = NOT_FOUND, description = "`not_found` (`store`, `page`)"),
    ))]
async fn store_listings(
    State(site): State<Site>,
    asker: Asker,
    Path(Shown { store }): Path<Shown>,
    Query(Paging { after, limit }): Query<Paging>,
) -> Result<Public<Page<ListingView>>, Problem> {
    let page =
        move |view: &mut View<'_>| view.store_listings(&store, after.as_deref(), limit.map(Into::into));
    Ok(Public(site.market.ask(asker.caller(), page).await?))
}

/// The stores the asker acts for, their own among them.
///
/// For members.
#[utoipa::path(get, path = "/me/stores", tag = "Stores",
    responses((status = OK, description = "The stores", body = Rows<StoreCard>)))]
async fn my_stores(State(site): State<Site>, asker: Asker) -> Result<Body<Rows<StoreCard>>, Problem> {
    Ok(Body(Rows { rows: site.market.ask(asker.caller(), |view| view.my_stores()).await? }))
}

/// Who acts for a store beside its owner.
///
/// For whoever acts for it.
#[utoipa::path(get, path = "/stores/{store}/staff", tag = "Stores", params(Which),
    responses(
        (status = OK, description = "The members", body = Rows<MemberCard>),
        (status = NOT_FOUND, description = "`not_found` (`store`)"),
    ))]
async fn staff(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { store: Named(store) }): Path<Which>,
) -> Result<Body<Rows<MemberCard>>, Problem> {
    Ok(Body(Rows { rows: site.market.ask(asker.caller(), move |view| view.staff(store)).await? }))
}

/// Lets a member act for the asker's store.
///
/// For its owner. Staff look after products, stock and orders; they invite nobody, and change nothing about the store.
#[utoipa::path(put, path = "/me/store/staff/{username}", tag = "Stores", params(Whom),
    responses(
        (status = OK, description = "The member's card", body = MemberCard),
        (status = NOT_FOUND, description = "`not_found` (`store`, `member`)"),
        (status = CONFLICT, description = "`too_much_staff`"),
        (status = UNPROCESSABLE_ENTITY, description = "`yourself`"),
    ))]
async fn appoint_staff(
    State(site): State<Site>,
    asker: Asker,
    Path(Whom { username: Named(username) }): Path<Whom>,
) -> Result<Done, Problem> {
    Ok(Done(site.market.run(asker.caller(), Command::AppointStaff { username }).await?))
}

/// Lets a member act for a store no more.
///
/// For its owner, and for the member themself.
#[utoipa::path(delete, path = "/stores/{store}/staff/{username}", tag = "Stores", params(OfStaff),
    responses(
        (status = OK, description = "The member's card", body = MemberCard),
        (status = NOT_FOUND, description = "`not_found` (`store`, `member`, `member of staff`)"),
    ))]
async fn dismiss_staff(
    State(site): State<Site>,
    asker: Asker,
    Path(OfStaff { store: Named(store), username: Named(username) }): Path<OfStaff>,
) -> Result<Done, Problem> {
    Ok(Done(site.market.run(asker.caller(), Command::DismissStaff { store, username }).await?))
}

/// Puts a product on the shelves.
///
/// For whoever acts for the store. The answer is its first variant, which names the product.
#[utoipa::path(post, path = "/stores/{store}/products", tag = "Stores", params(Which),
    request_body = NewProduct,
    responses(
        (status = CREATED, description = "The first variant; its address is in `Location`", body = StockView),
        (status = FORBIDDEN, description = "`struck_out`"),
        (status = NOT_FOUND, description = "`not_found` (`store`, `pickup point`, `picture`)"),
        (status = CONFLICT, description = "`variant_taken`, `sku_taken`, `too_many_listings`, `pickup_point_closed`"),
        (status = UNPROCESSABLE_ENTITY, description = "`variant_count`, `quantity_out_of_range`, `text_length`, \
            `text_unprintable`, `card_number`, `price_out_of_range`, `category_unknown`, `condition_unknown`, `picture_needed`, \
            `too_many_pictures`"),
    ))]
async fn add_product(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { store: Named(store) }): Path<Which>,
    Json(product): Json<NewProduct>,
) -> Result<Created, Problem> {
    let (draft, variants) = product.draft()?;
    Ok(Created(site.market.run(asker.caller(), Command::AddProduct { store, draft, variants }).await?))
}

/// The variants of a product, in the order in which they were added.
///
/// For everybody; withdrawn ones for whoever acts for the store and for moderators.
#[utoipa::path(get, path = "/products/{product}/variants", tag = "Stores",
    security((), ("bearer" = []), ("cookie" = [])), params(Product, Paging),
    responses(
        (status = OK, description = "A page of listings", body = Page<ListingView>),
        (status = NOT_FOUND, description = "`not_found` (`listing`, `page`)"),
    ))]
async fn variants(
    State(site): State<Site>,
    asker: Asker,
    Path(Product { product: Named(product) }): Path<Product>,
    Query(Paging { after, limit }): Query<Paging>,
) -> Result<Response, Problem> {
    let page = move |view: &mut View<'_>| view.variants(product, after.as_deref(), limit.map(Into::into));
    let page = site.market.ask(asker.caller(), page).await?;
    let for_some = page.rows.iter().any(|variant| variant.state == ListingState::Withdrawn);
    Ok(if for_some { Body(page).into_response() } else { Public(page).into_response() })
}

/// Adds a variant to a product.
///
/// For whoever acts for the store.
#[utoipa::path(post, path = "/products/{product}/variants", tag = "Stores", params(Product),
    request_body = NewVariant,
    responses(
        (status = CREATED, description = "The variant; its address is in `Location`", body = StockView),
        (status = FORBIDDEN, description = "`not_yours`, `struck_out`"),
        (status = NOT_FOUND, description = "`not_found` (`listing`)"),
        (status = CONFLICT, description = "`not_stock`, `variant_taken`, `sku_taken`, `too_many_listings`"),
        (status = UNPROCESSABLE_ENTITY, description = "`variant_count`, `quantity_out_of_range`, `text_length`, \
            `text_unprintable`, `card_number`, `price_out_of_range`"),
    ))]
async fn add_variant(
    State(site): State<Site>,
    asker: Asker,
    Path(Product { product: Named(product) }): Path<Product>,
    Json(variant): Json<NewVariant>,
) -> Result<Created, Problem> {
    let draft = variant.draft()?;
    Ok(Created(site.market.run(asker.caller(), Command::AddVariant { product, draft }).await?))
}

/// Changes what a variant is called, its SKU, and when its store is warned.
///
/// For whoever acts for the store. Its price is changed by `edit_listing`, like all else.
#[utoipa::path(patch, path = "/listings/{listing}/variant", tag = "Stores", params(OfProduct),
    request_body = VariantEdit,
    responses(
        (status = OK, description = "The variant as it is now", body = StockView),
        (status = FORBIDDEN, description = "`not_yours`"),
        (status = NOT_FOUND, description = "`not_found` (`listing`)"),
        (status = CONFLICT, description = "`not_stock`, `variant_taken`, `sku_taken`"),
        (status = UNPROCESSABLE_ENTITY, description = "`quantity_out_of_range`, `text_length`, `text_unprintable`, `card_number`"),
    ))]
async fn edit_variant(
    State(site): State<Site>,
    asker: Asker,
    Path(OfProduct { listing: Named(listing) }): Path<OfProduct>,
    Json(VariantEdit { label, sku, low_stock }): Json<VariantEdit>,
) -> Result<Done, Problem> {
    let changes = VariantChanges::new(label.as_deref(), sku.as_deref(), low_stock)?;
    Ok(Done(site.market.run(asker.caller(), Command::EditVariant { listing, changes }).await?))
}

/// Takes in more copies.
///
/// For whoever acts for the store.
#[utoipa::path(post, path = "/listings/{listing}/restock", tag = "Stores", params(OfProduct),
    request_body = Copies,
    responses(
        (status = OK, description = "The variant with its stock as it is now", body = StockView),
        (status = FORBIDDEN, description = "`not_yours`"),
        (status = NOT_FOUND, description = "`not_found` (`listing`)"),
        (status = CONFLICT, description = "`not_stock`"),
        (status = UNPROCESSABLE_ENTITY, description = "`quantity_out_of_range`"),
    ))]
async fn restock(
    State(site): State<Site>,
    asker: Asker,
    Path(OfProduct { listing: Named(listing) }): Path<OfProduct>,
    Json(Copies { copies }): Json<Copies>,
) -> Result<Done, Problem> {
    let copies = listing::quantity(copies)?;
    Ok(Done(site.market.run(asker.caller(), Command::Restock { listing, copies }).await?))
}

/// Puts a count right, with a reason.
///
/// For whoever acts for the store. What is promised to orders stays.
#[utoipa::path(post, path = "/listings/{listing}/adjust_stock", tag = "Stores", params(OfProduct),
    request_body = Recount,
    responses(
        (status = OK, description = "The variant with its stock as it is now", body = StockView),
        (status = FORBIDDEN, description = "`not_yours`"),
        (status = NOT_FOUND, description = "`not_found` (`listing`)"),
        (status = CONFLICT, description = "`not_stock`, `stock_short`"),
        (status = UNPROCESSABLE_ENTITY, description = "`quantity_out_of_range`, `text_length`, `text_unprintable`, `card_number`"),
    ))]
async fn adjust_stock(
    State(site): State<Site>,
    asker: Asker,
    Path(OfProduct { listing: Named(listing) }): Path<OfProduct>,
    Json(Recount { copies, reason }): Json<Recount>,
) -> Result<Done, Problem> {
    let command = Command::AdjustStock { listing, copies, reason: listing::reason(&reason)? };
    Ok(Done(site.market.run(asker.caller(), command).await?))
}

/// Everything a store has, every variant with its stock, newest first.
///
/// For whoever acts for it.
#[utoipa::path(get, path = "/stores/{store}/stock", tag = "Stores", params(Which, Paging),
    responses(
        (status = OK, description = "A page of variants", body = Page<StockView>),
        (status = NOT_FOUND, description = "`not_found` (`store`, `page`)"),
    ))]
async fn store_stock(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { store: Named(store) }): Path<Which>,
    Query(Paging { after, limit }): Query<Paging>,
) -> Result<Body<Page<StockView>>, Problem> {
    let page = move |view: &mut View<'_>| view.stock(store, after.as_deref(), limit.map(Into::into));
    Ok(Body(site.market.ask(asker.caller(), page).await?))
}

/// What a store sold, newest first.
///
/// For whoever acts for it, with the code for the desk.
#[utoipa::path(get, path = "/stores/{store}/orders", tag = "Stores", params(Which, Paging),
    responses(
        (status = OK, description = "A page of orders", body = Page<OrderView>),
        (status = NOT_FOUND, description = "`not_found` (`store`, `page`)"),
    ))]
async fn store_orders(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { store: Named(store) }): Path<Which>,
    Query(Paging { after, limit }): Query<Paging>,
) -> Result<Body<Page<OrderView>>, Problem> {
    let page = move |view: &mut View<'_>| view.store_orders(store, after.as_deref(), limit.map(Into::into));
    Ok(Body(site.market.ask(asker.caller(), page).await?))
}

/// What is still to be handed over at the desk, the next pickup day first.
///
/// For members: what they sold themselves, or what a store they act for did.
#[utoipa::path(get, path = "/me/to_hand_over", tag = "Stores", params(HandingOver),
    responses(
        (status = OK, description = "A page of orders", body = Page<OrderView>),
        (status = NOT_FOUND, description = "`not_found` (`store`, `page`)"),
    ))]
async fn to_hand_over(
    State(site): State<Site>,
    asker: Asker,
    Query(HandingOver { store, after, limit }): Query<HandingOver>,
) -> Result<Body<Page<OrderView>>, Problem> {
    let page = move |view: &mut View<'_>| view.to_hand_over(store, after.as_deref(), limit.map(Into::into));
    Ok(Body(site.market.ask(asker.caller(), page).await?))
}

/// What a store earned in a period: the sum of the lines of the ledger that stand with it.
///
/// For whoever acts for it. With `Accept: text/csv` it is a sheet of all lines, which ends in their sums, per currency.
#[utoipa::path(get, path = "/stores/{store}/profit", tag = "Stores", params(Which, Days),
    responses(
        (status = OK, description = "What it earned", content((Profit = "application/json"), (String = "text/csv"))),
        (status = NOT_FOUND, description = "`not_found` (`store`)"),
        (status = UNPROCESSABLE_ENTITY, description = "`period_invalid`"),
    ))]
async fn profit(
    State(site): State<Site>,
    asker: Asker,
    form: As,
    Path(Which { store: Named(store) }): Path<Which>,
    Query(Days { from, until, after, limit }): Query<Days>,
) -> Result<Response, Problem> {
    let period = period(&from, &until)?;
    let mut profit = site.market.ask(asker.caller(), move |view| view.profit(store, period)).await?;
    Ok(match form {
        As::Sheet => sheet(&format!("profit-{from}-{until}.csv"), csv::write_profit(&profit)),
        As::Json => {
            let lines = std::mem::take(&mut profit.lines);
            let next;
            (profit.lines, next) = lines_from(lines, after, limit.map(Into::into));
            Body(Profit { profit, next }).into_response()
        }
    })
}
