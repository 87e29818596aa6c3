//! Conversations over the JSON API: starting, saying, reading, blocking.

use auboutique_domain::Command;
use auboutique_domain::conversation::{ConversationView, Message, MessagePage, MessageText, Partner};
use auboutique_domain::id::{ConversationId, ListingId, MessageId, OrderId};
use auboutique_domain::listing::Page;
use auboutique_domain::member::{MemberCard, Username};
use auboutique_market::View;
use axum::Json as Body;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, OneOfBuilder};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Site;
use super::asker::Asker;
use super::input::{Json, Limit, Named, Number, Paging, Path, Query};
use super::problem::Problem;
use super::reply::{Created, Done, Rows};

/// The routes of conversations.
pub fn routes() -> OpenApiRouter<Site> {
    OpenApiRouter::new()
        .routes(routes!(conversations, start_conversation))
        .routes(routes!(conversation))
        .routes(routes!(messages, send_message))
        .routes(routes!(typing))
        .routes(routes!(mark_delivered))
        .routes(routes!(mark_read))
        .routes(routes!(blocks))
        .routes(routes!(block, unblock))
}

/// With whom, or about what, to talk: an object with exactly one of the three fields.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Start {
    Username(String),
    Listing(ListingId),
    Order(OrderId),
}

impl ToSchema for Start {}

impl PartialSchema for Start {
    fn schema() -> RefOr<Schema> {
        let one = |name: &str, about: &str, schema: RefOr<Schema>| {
            ObjectBuilder::new()
                .description(Some(about))
                .property(name, schema)
                .required(name)
                .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)))
        };
        let listing = Ref::from_schema_name(ListingId::name()).into();
        let order = Ref::from_schema_name(OrderId::name()).into();
        OneOfBuilder::new()
            .description(Some("With whom, or about what, to talk."))
            .item(one("username", "With a member, about nothing in particular.", String::schema()))
            .item(one("listing", "With the seller of a listing, about it.", listing))
            .item(one("order", "With the other side of an order, about it.", order))
            .into()
    }
}

/// Something to say.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewMessage {
    /// What is said, line breaks and tabs among it.
    #[schema(min_length = 1, max_length = 4_000)]
    text: String,
    /// The id of the message, made by the client: sent again under the same id it is answered again and shown once.
    message: Option<MessageId>,
}

/// How far.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Mark {
    /// Everything up to the message of that number. Marks only go forward.
    #[schema(value_type = i64, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    number: Number,
}

/// Which conversation.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct Which {
    /// The conversation.
    #[param(value_type = ConversationId)]
    conversation: Named<ConversationId>,
}

/// Which messages.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Between {
    /// Give the page that ends before the message of that number.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    before: Option<Number>,
    /// Give the page that begins after the message of that number.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    after: Option<Number>,
    /// How many messages the page has at most; 20 when it is left out.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100)]
    limit: Option<Limit>,
}

/// Which member.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct Whom {
    /// The member's username.
    #[param(value_type = Username)]
    username: Named<Username>,
}

/// Starts a conversation, or finds the one there is: two members have one about one thing.
///
/// For members. The other sees it from its first message on.
#[utoipa::path(post, path = "/conversations", tag = "Conversations",
    request_body = Start,
    responses(
        (status = OK, description = "The conversation", body = ConversationView),
        (status = NOT_FOUND, description = "`not_found` (`member`, `listing`, `order`)"),
        (status = CONFLICT, description = "`conversation_blocked`"),
        (status = UNPROCESSABLE_ENTITY, description = "`yourself`, `username_invalid`, `username_reserved`"),
        (status = TOO_MANY_REQUESTS, description = "`stranger_limit`"),
    ))]
async fn start_conversation(
    State(site): State<Site>,
    asker: Asker,
    Json(start): Json<Start>,
) -> Result<Done, Problem> {
    let partner = match start {
        Start::Username(username) => Partner::Member(Username::parse(&username)?),
        Start::Listing(listing) => Partner::Seller(listing),
        Start::Order(order) => Partner::OtherSide(order),
    };
    Ok(Done(site.market.run(asker.caller(), Command::StartConversation { partner }).await?))
}

/// The asker's conversations, latest talk first.
///
/// For members.
#[utoipa::path(get, path = "/conversations", tag = "Conversations", params(Paging),
    responses(
        (status = OK, description = "A page of conversations", body = Page<ConversationView>),
        (status = NOT_FOUND, description = "`not_found` (`page`)"),
    ))]
async fn conversations(
    State(site): State<Site>,
    asker: Asker,
    Query(Paging { after, limit }): Query<Paging>,
) -> Result<Body<Page<ConversationView>>, Problem> {
    let page = move |view: &mut View<'_>| view.conversations(after.as_deref(), limit.map(Into::into));
    Ok(Body(site.market.ask(asker.caller(), page).await?))
}

/// One conversation.
///
/// For its two participants.
#[utoipa::path(get, path = "/conversations/{conversation}", tag = "Conversations", params(Which),
    responses(
        (status = OK, description = "The conversation", body = ConversationView),
        (status = NOT_FOUND, description = "`not_found` (`conversation`)"),
    ))]
async fn conversation(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { conversation: Named(conversation) }): Path<Which>,
) -> Result<Body<ConversationView>, Problem> {
    Ok(Body(site.market.ask(asker.caller(), move |view| view.conversation(conversation)).await?))
}

/// What was said, oldest first: the newest page, the one before a number, or the one after.
///
/// For the two participants. `next` is the number to give as `before`, or as `after` when that was given.
#[utoipa::path(get, path = "/conversations/{conversation}/messages", tag = "Conversations", params(Which, Between),
    responses(
        (status = OK, description = "A page of messages", body = MessagePage),
        (status = NOT_FOUND, description = "`not_found` (`conversation`)"),
    ))]
async fn messages(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { conversation: Named(conversation) }): Path<Which>,
    Query(Between { before, after, limit }): Query<Between>,
) -> Result<Body<MessagePage>, Problem> {
    let between = (before.map(Into::into), after.map(Into::into));
    let page = move |view: &mut View<'_>| view.messages(conversation, between, limit.map(Into::into));
    Ok(Body(site.market.ask(asker.caller(), page).await?))
}

/// Says something.
///
/// For the two participants. The answer comes when it is durable.
#[utoipa::path(post, path = "/conversations/{conversation}/messages", tag = "Conversations", params(Which),
    request_body = NewMessage,
    responses(
        (status = CREATED, description = "The message", body = Message),
        (status = NOT_FOUND, description = "`not_found` (`conversation`)"),
        (status = CONFLICT, description = "`message_id_used`, `conversation_blocked`"),
        (status = UNPROCESSABLE_ENTITY, description = "`text_length`, `text_unprintable`, `card_number`"),
        (status = TOO_MANY_REQUESTS, description = "`too_many_messages`, `stranger_limit`"),
    ))]
async fn send_message(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { conversation: Named(conversation) }): Path<Which>,
    Json(NewMessage { text, message }): Json<NewMessage>,
) -> Result<Created, Problem> {
    let text = MessageText::parse(&text)?;
    let command = Command::SendMessage { conversation, message, text };
    Ok(Created(site.market.run(asker.caller(), command).await?))
}

/// Lets the other see that something is being written.
///
/// For the two participants. It is not kept, told to who listens at the moment only, and not at all while the asker hides
/// whether they are here.
#[utoipa::path(post, path = "/conversations/{conversation}/typing", tag = "Conversations", params(Which),
    responses(
        (status = NO_CONTENT, description = "Told, or not worth telling"),
        (status = NOT_FOUND, description = "`not_found` (`conversation`)"),
        (status = CONFLICT, description = "`conversation_blocked`"),
    ))]
async fn typing(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { conversation: Named(conversation) }): Path<Which>,
) -> Result<StatusCode, Problem> {
    let asked = site.market.ask(asker.caller(), move |view| view.typing(conversation));
    let (recipient, who, told) = asked.await?;
    if told {
        site.live.tell_typing(conversation, recipient, &who);
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Notes that everything up to a number has reached the asker.
///
/// For the two participants.
#[utoipa::path(put, path = "/conversations/{conversation}/delivered", tag = "Conversations", params(Which),
    request_body = Mark,
    responses(
        (status = OK, description = "The conversation as it is now", body = ConversationView),
        (status = NOT_FOUND, description = "`not_found` (`conversation`)"),
    ))]
async fn mark_delivered(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { conversation: Named(conversation) }): Path<Which>,
    Json(Mark { number }): Json<Mark>,
) -> Result<Done, Problem> {
    let command = Command::MarkDelivered { conversation, number: number.into() };
    Ok(Done(site.market.run(asker.caller(), command).await?))
}

/// Notes that the asker has read everything up to a number; so it has reached them.
///
/// For the two participants.
#[utoipa::path(put, path = "/conversations/{conversation}/read", tag = "Conversations", params(Which),
    request_body = Mark,
    responses(
        (status = OK, description = "The conversation as it is now", body = ConversationView),
        (status = NOT_FOUND, description = "`not_found` (`conversation`)"),
    ))]
async fn mark_read(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { conversation: Named(conversation) }): Path<Which>,
    Json(Mark { number }): Json<Mark>,
) -> Result<Done, Problem> {
    let command = Command::MarkRead { conversation, number: number.into() };
    Ok(Done(site.market.run(asker.caller(), command).await?))
}

/// Whom the asker blocks, the latest first, 500 at most.
///
/// For members. Nobody is told who blocks them.
#[utoipa::path(get, path = "/blocks", tag = "Conversations",
    responses((status = OK, description = "Their cards", body = Rows<MemberCard>)))]
async fn blocks(State(site): State<Site>, asker: Asker) -> Result<Body<Rows<MemberCard>>, Problem> {
    let rows = site.market.ask(asker.caller(), |view| view.blocks()).await?;
    Ok(Body(Rows { rows }))
}

/// Blocks a member: the two no longer write to each other.
///
/// For members. They see the asker as away, and are not told how far the asker reads.
#[utoipa::path(put, path = "/blocks/{username}", tag = "Conversations", params(Whom),
    responses(
        (status = OK, description = "The member's card", body = MemberCard),
        (status = NOT_FOUND, description = "`not_found` (`member`)"),
        (status = UNPROCESSABLE_ENTITY, description = "`yourself`"),
    ))]
async fn block(
    State(site): State<Site>,
    asker: Asker,
    Path(Whom { username: Named(username) }): Path<Whom>,
) -> Result<Done, Problem> {
    Ok(Done(site.market.run(asker.caller(), Command::BlockMember { username }).await?))
}

/// Hears a member again.
///
/// For members.
#[utoipa::path(delete, path = "/blocks/{username}", tag = "Conversations", params(Whom),
    responses(
        (status = OK, description = "The member's card", body = MemberCard),
        (status = NOT_FOUND, description = "`not_found` (`member`)"),
    ))]
async fn unblock(
    State(site): State<Site>,
    asker: Asker,
    Path(Whom { username: Named(username) }): Path<Whom>,
) -> Result<Done, Problem> {
    Ok(Done(site.market.run(asker.caller(), Command::UnblockMember { username }).await?))
}
