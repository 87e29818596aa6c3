//! The AUBoutique protocol: UTF-8 JSON, one object per line.
//!
//! A request carries `id` and `op`, its parameters beside them, and `key` when asking twice shall be the same as asking
//! once. A response echoes `id` and carries exactly one of `reply`, `refused`, `busy` and `broken`. For people who write
//! clients the protocol is described in `docs/wires/json.md`.

pub mod auction;

use std::collections::BTreeMap;

use auboutique_domain::auction::{BrowseAuctions, Note, Which};
use auboutique_domain::checkout::{DeliveryChoice, PayBy, ShippingAddress};
use auboutique_domain::conversation::{Message, MessageText, Partner};
use auboutique_domain::id::{
    AuctionId, CheckoutId, ConversationId, EntryId, InvitationId, ListingId, MessageId, OfferId, OrderId,
    PaymentId, PayoutId, PickupPointId, PictureId, SessionId, StoreId, UploadId,
};
use auboutique_domain::legacy::LegacyWire;
use auboutique_domain::listing::{
    self, Browse, Category, Condition, ListingChanges, ListingDraft, PriceRange, Sort, VariantChanges,
    VariantDraft,
};
use auboutique_domain::member::{Email, MemberCard, Role, Username, display_name};
use auboutique_domain::money::{Currency, Money, Price};
use auboutique_domain::order::{Code, Means};
use auboutique_domain::payout::{self, Purse};
use auboutique_domain::pickup::PickupPointDraft;
use auboutique_domain::picture::{Extent, Size};
use auboutique_domain::presence::PresenceView;
use auboutique_domain::statement::Period;
use auboutique_domain::store::{Away, InvitationCode, StoreChanges, StoreDraft, StoreName};
use auboutique_domain::text::Search;
use auboutique_domain::{Command, Event, Moment, Refusal, Reply, time};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The longest line either side may send, in bytes, without its line end.
pub const MAX_FRAME: usize = 64 * 1_024;
/// The longest piece of a picture in one line, in bytes before they are written as base 64. A multiple of three, so that
/// pieces can be joined as text.
pub const MAX_CHUNK: usize = 45_000;
/// The versions of the protocol this code speaks.
pub const VERSIONS: &[i64] = &[1];
/// The port a market listens on when nobody says otherwise.
pub const DEFAULT_PORT: u16 = 7_351;

// ---- frames ----

/// Cuts a stream of bytes into lines. It keeps at most [`MAX_FRAME`] bytes and a return: the rest of a longer line is
/// thrown away as it comes, and the line is reported as too long once.
#[derive(Debug, Default)]
pub struct Lines {
    kept: Vec<u8>,
    start: usize,
    scanned: usize,
    skipping: bool,
}

/// What came out of the stream.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    /// A line, without its end.
    Line(Vec<u8>),
    /// A line longer than [`MAX_FRAME`]; what it said is gone.
    TooLong,
}

impl Lines {
    /// Takes in bytes that came.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.start > 0 {
            self.kept.drain(..self.start);
            self.scanned -= self.start;
            self.start = 0;
        }
        self.kept.extend_from_slice(bytes);
        if self.line_end().is_none() && (self.skipping || self.kept.len() > MAX_FRAME + 1) {
            // The line is too long already: none of it needs to be kept until its end.
            self.kept.clear();
            (self.scanned, self.skipping) = (0, true);
        }
    }

    /// Where the first line ends, if it does.
    fn line_end(&mut self) -> Option<usize> {
        let end =
            self.kept[self.scanned..].iter().position(|&byte| byte == b'\n').map(|at| self.scanned + at);
        self.scanned = end.unwrap_or(self.kept.len());
        end
    }

    /// The next whole frame, if there is one.
    pub fn next_frame(&mut self) -> Option<Frame> {
        loop {
            let end = self.line_end()?;
            let line = &self.kept[self.start..end];
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let frame = if self.skipping || line.len() > MAX_FRAME {
                Some(Frame::TooLong)
            } else if line.iter().all(u8::is_ascii_whitespace) {
                // Blank lines between requests come from people at a keyboard. They are nothing.
                None
            } else {
                Some(Frame::Line(line.to_vec()))
            };
            self.skipping = false;
            self.start = end + 1;
            self.scanned = self.start;
            if frame.is_some() {
                return frame;
            }
        }
    }

    /// Whether a frame has begun and not ended.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.skipping || self.kept.len() > self.start
    }
}

// ---- requests ----

/// What a client calls a request, to find its response: a number or a string, echoed as it came; `null` when there was
/// none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Id(Value);

impl Id {
    /// The id a client of ours uses.
    #[must_use]
    pub fn number(number: u64) -> Self {
        Self(Value::from(number))
    }

    fn parse(value: Option<Value>) -> Result<Self, Malformed> {
        match value {
            None | Some(Value::Null) => Ok(Self::default()),
            Some(Value::String(text)) if text.len() <= 100 => Ok(Self(Value::String(text))),
            Some(Value::Number(number)) if number.is_i64() || number.is_u64() => Ok(Self(number.into())),
            Some(_) => Err(Malformed::BadField {
                field: "id".to_owned(),
                problem: "an id is a whole number or a string of at most 100 bytes".to_owned(),
            }),
        }
    }
}

/// A request, read and checked.
#[derive(Debug)]
pub struct Request {
    /// What the client calls it.
    pub id: Id,
    /// The idempotency key, as it came.
    pub key: Option<String>,
    /// What is asked.
    pub op: Op,
}

/// What is asked: of the market, or of the connection.
#[derive(Debug, PartialEq)]
#[expect(
    missing_docs,
    reason = "the fields are the parameters of the operations, described in docs/wires/json.md"
)]
pub enum Op {
    /// Agree on a version of the protocol.
    Hello { versions: Vec<i64> },
    /// Is anybody there?
    Ping,
    /// Join, and sign this connection in.
    Register { name: String, username: String, email: String, password: Typed, device: Option<String> },
    /// Sign this connection in.
    LogIn { login: String, password: Typed, device: Option<String> },
    /// Sign this connection in again by a token.
    Resume { token: Typed },
    /// End this connection's session.
    LogOut,
    /// Another password.
    ChangePassword { current: Typed, new: Typed },
    /// Another address.
    ChangeEmail { current: Typed, email: String },
    /// Another secret for a name on a legacy wire.
    SetLegacyPassword { wire: LegacyWire, name: String, password: Typed },
    /// The other participant may see that something is being written.
    Typing { conversation: ConversationId },
    /// Tell what happens from now on, or from that event on, and what happens in these auctions.
    Listen { after: Option<i64>, auctions: Vec<AuctionId> },
    /// Tell what happens in that auction too.
    Follow { auction: AuctionId },
    /// Do so no longer.
    Unfollow { auction: AuctionId },
    /// A picture of so many bytes will come.
    StartUpload { bytes: i64 },
    /// A piece of it.
    SendChunk { upload: UploadId, offset: i64, data: Vec<u8> },
    /// All of it is there.
    FinishUpload { upload: UploadId },
    /// A piece of a picture is asked for.
    Picture { picture: PictureId, size: Size, offset: i64 },
    /// Something changes.
    Command(Command),
    /// Something is shown.
    Query(Query),
}

/// A secret somebody typed. It never prints.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Typed(String);

impl Typed {
    /// What was typed on another wire.
    pub(crate) const fn from_wire(secret: String) -> Self {
        Self(secret)
    }

    /// The secret itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Typed {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Typed(…)")
    }
}

/// What a field of a change says where nothing is a value too: `null` takes away what is there; left out, it stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Change<T> {
    /// The field was left out.
    #[default]
    Stays,
    /// It becomes this, or nothing.
    Becomes(Option<T>),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Change<T> {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Option::deserialize(from).map(Self::Becomes)
    }
}

impl<T> From<Change<T>> for Option<Option<T>> {
    fn from(change: Change<T>) -> Self {
        match change {
            Change::Stays => None,
            Change::Becomes(value) => Some(value),
        }
    }
}

/// A variant of a product as a store describes it.
#[derive(Debug, Deserialize)]
struct Variant {
    label: Option<String>,
    sku: Option<String>,
    price: Money,
    copies: i64,
    low_stock: Option<i64>,
}

impl Variant {
    fn draft(self) -> Result<VariantDraft, Refusal> {
        let Self { label, sku, price, copies, low_stock } = self;
        let (label, sku) = (label.unwrap_or_default(), sku.unwrap_or_default());
        VariantDraft::new(&label, &sku, Price::try_from(price)?, copies, low_stock.unwrap_or(0))
    }
}

/// A request to see something.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the fields are the parameters of the operations, described in docs/wires/json.md"
)]
pub enum Query {
    /// The asker's own account.
    Me,
    /// The asker's live sessions.
    Sessions,
    /// What everybody may see of a member.
    Member { username: String },
    /// The shelves and conditions there are.
    Categories,
    /// Where things can be collected.
    PickupPoints,
    /// What is on sale and is looked for.
    Browse { browse: Browse, after: Option<String>, limit: Option<i64> },
    /// What one member has on sale or has sold.
    ListingsOf { username: String, after: Option<String>, limit: Option<i64> },
    /// One listing.
    Listing { listing: ListingId },
    /// The asker's own listings with their buyers.
    MyListings { after: Option<String>, limit: Option<i64> },
    /// What the asker bought.
    MyOrders { after: Option<String>, limit: Option<i64> },
    /// What the asker sold.
    MySales { after: Option<String>, limit: Option<i64> },
    /// One order of the asker.
    Order { order: OrderId },
    /// Where an order is shipped to.
    ShippingAddress { order: OrderId },
    /// What happened to the asker.
    Events { before: Option<i64>, limit: Option<i64> },
    /// Who of these members is here.
    Presence { usernames: Vec<String> },
    /// The asker's conversations.
    Conversations { after: Option<String>, limit: Option<i64> },
    /// One of them.
    Conversation { conversation: ConversationId },
    /// What was said in it.
    Messages { conversation: ConversationId, before: Option<i64>, after: Option<i64>, limit: Option<i64> },
    /// Whom the asker blocks.
    Blocks,
    /// The settings, for operators.
    Settings,
    /// All stores.
    Stores { after: Option<String>, limit: Option<i64> },
    /// One store, by its handle or its id.
    Store { store: String },
    /// What it shows on its shelves.
    StoreListings { store: String, after: Option<String>, limit: Option<i64> },
    /// The variants of a product.
    Variants { product: ListingId, after: Option<String>, limit: Option<i64> },
    /// The stores the asker acts for.
    MyStores,
    /// Everything such a store has, with its stock.
    StoreStock { store: StoreId, after: Option<String>, limit: Option<i64> },
    /// What it sold.
    StoreOrders { store: StoreId, after: Option<String>, limit: Option<i64> },
    /// What the asker, or the store, still has to hand over.
    ToHandOver { store: Option<StoreId>, after: Option<String>, limit: Option<i64> },
    /// Who acts for a store beside its owner.
    Staff { store: StoreId },
    /// The invitations the asker made.
    Invitations { after: Option<String>, limit: Option<i64> },
    /// The asker's cart.
    Cart,
    /// One of the asker's checkouts; without an id the one that holds its copies.
    Checkout { checkout: Option<CheckoutId> },
    /// Where one of the asker's checkouts shall be shipped to.
    CheckoutAddress { checkout: CheckoutId },
    /// One of the asker's card payments.
    Payment { payment: PaymentId },
    /// The asker's money.
    Wallet,
    /// What happened to it in a period.
    Statement { purse: Purse, period: Period, after: Option<EntryId>, limit: Option<i64> },
    /// What a store earned in a period.
    Profit { store: StoreId, period: Period, after: Option<EntryId>, limit: Option<i64> },
    /// The asker's payouts.
    Payouts { after: Option<String>, limit: Option<i64> },
    /// Payouts that wait to be handed over, for operators.
    OpenPayouts { after: Option<String>, limit: Option<i64> },
    /// One auction.
    Auction { auction: AuctionId },
    /// Some of them.
    Auctions { asked: BrowseAuctions, after: Option<String>, limit: Option<i64> },
    /// The bids in one.
    Bids { auction: AuctionId, after: Option<String>, limit: Option<i64> },
    /// The bid log of one that is over, from behind so many lines on.
    BidLog { auction: AuctionId, after: usize },
    /// Whether the asker hears of second chances.
    SecondChances,
}

/// Why bytes are not a request. Nothing was changed, and the connection goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Malformed {
    /// The line is not a JSON object.
    #[error(
        "This line is not a JSON object: {problem}. Send one object per line, such as {{\"id\":1,\"op\":\"ping\"}}."
    )]
    NotJson {
        /// What is wrong with it, and where.
        problem: String,
    },
    /// The line is longer than a frame may be.
    #[error("This line is longer than {most_bytes} bytes. Send less at once.")]
    FrameTooLong {
        /// The most a line may have.
        most_bytes: usize,
    },
    /// There is no such operation.
    #[error("There is no operation {op:?}.{}", did_you_mean.as_ref().map(|near| format!(" Did you mean {near:?}?")).unwrap_or_default())]
    UnknownOp {
        /// What was asked.
        op: String,
        /// The operation whose name is nearest.
        did_you_mean: Option<String>,
    },
    /// A parameter is missing, of the wrong type or out of range.
    #[error("The field {field:?} cannot be read: {problem}.")]
    BadField {
        /// Which parameter.
        field: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The client and the server have no version in common.
    #[error("This server speaks version 1 of the protocol.")]
    VersionUnsupported {
        /// The versions the server speaks.
        versions: Vec<i64>,
    },
}

/// Why a line is not a request that can be run: it is malformed, or a value in it is one the rules never allow.
#[derive(Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// The bytes are wrong.
    Malformed(Malformed),
    /// A value is.
    Refused(Refusal),
}

impl From<Malformed> for Unreadable {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}
impl From<Refusal> for Unreadable {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Any JSON value in which the keys of every object are unique: of two values for one key nobody can say which was meant.
struct Unambiguous(Value);

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Unique).map(Self)
    }
}

struct Unique;

impl<'de> Visitor<'de> for Unique {
    type Value = Value;

    fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::from(value))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }
    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(Unambiguous(item)) = items.next_element()? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            if object.contains_key(&name) {
                return Err(serde::de::Error::custom(format!("the field {name:?} stands there twice")));
            }
            let Unambiguous(value) = fields.next_value()?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

/// Reads a request from a line.
///
/// # Errors
///
/// Why it is none, with the id to answer under as far as it could be read.
pub fn decode(line: &[u8]) -> Result<Request, (Id, Unreadable)> {
    let not_json = |problem: String| (Id::default(), Malformed::NotJson { problem }.into());
    let text = std::str::from_utf8(line)
        .map_err(|error| not_json(format!("it is not UTF-8 from byte {} on", error.valid_up_to() + 1)))?;
    let Unambiguous(value) = serde_json::from_str(text).map_err(|error| not_json(error.to_string()))?;
    let Value::Object(mut fields) = value else {
        return Err(not_json("it is another JSON value".to_owned()));
    };
    let id = Id::parse(fields.remove("id")).map_err(|malformed| (Id::default(), malformed.into()))?;
    let op = request(fields).map_err(|unreadable| (id.clone(), unreadable));
    op.map(|(key, op)| Request { id, key, op })
}

/// Reads parameters from the body of an HTTP request, as strictly as from a line: one JSON object, every field once.
///
/// # Errors
///
/// Why it cannot be read, with the field as far as it is one.
pub fn body<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T, Malformed> {
    let not_json = |problem: String| Malformed::NotJson { problem };
    let text = std::str::from_utf8(bytes)
        .map_err(|error| not_json(format!("it is not UTF-8 from byte {} on", error.valid_up_to() + 1)))?;
    let Unambiguous(value) = serde_json::from_str(text).map_err(|error| not_json(error.to_string()))?;
    match value {
        Value::Object(fields) => parameters(fields),
        _ => Err(not_json("it is another JSON value".to_owned())),
    }
}

fn request(mut fields: Map<String, Value>) -> Result<(Option<String>, Op), Unreadable> {
    let bad = |field: &str, problem: &str| Malformed::BadField {
        field: field.to_owned(),
        problem: problem.to_owned(),
    };
    let key = match fields.remove("key") {
        None | Some(Value::Null) => None,
        Some(Value::String(key)) => Some(key),
        Some(_) => return Err(bad("key", "a key is a string").into()),
    };
    let op = match fields.remove("op") {
        Some(Value::String(op)) => op,
        Some(_) => return Err(bad("op", "the name of an operation is a string").into()),
        None => return Err(bad("op", "it is missing: it names the operation").into()),
    };
    Ok((key, read(&op, fields)?))
}

fn parameters<T: for<'de> Deserialize<'de>>(fields: Map<String, Value>) -> Result<T, Malformed> {
    serde_path_to_error::deserialize(Value::Object(fields)).map_err(bad_field)
}

/// What is wrong with which field, when parameters of any sort cannot be read.
#[must_use]
pub fn bad_field<E: std::fmt::Display>(error: serde_path_to_error::Error<E>) -> Malformed {
    let path = error.path().to_string();
    let problem = error.into_inner().to_string();
    // A missing field is named in the message, as is one that is not known; the path is that of the object around it.
    let named = |prefix: &str| problem.strip_prefix(prefix).and_then(|rest| rest.split('`').next());
    let (name, problem) = match (named("missing field `"), named("unknown field `")) {
        (Some(name), _) => (Some(name), "it is missing".to_owned()),
        (None, Some(name)) => (Some(name), "there is no such field here".to_owned()),
        (None, None) => (None, problem.clone()),
    };
    let field = match (name, path.as_str()) {
        (Some(name), "." | "") => name.to_owned(),
        (Some(name), path) if path == name || path.ends_with(&format!(".{name}")) => path.to_owned(),
        (Some(name), path) => format!("{path}.{name}"),
        (None, path) => path.to_owned(),
    };
    Malformed::BadField { field, problem }
}

macro_rules! ops {
    ($($name:literal { $($(#[$meta:meta])? $field:ident : $kind:ty),* $(,)? } => $make:expr;)*) => {
        /// The name of every operation.
        pub const OPS: &[&str] = &[$($name),*];

        fn read(op: &str, fields: Map<String, Value>) -> Result<Op, Unreadable> {
            match op {
                $($name => {
                    #[derive(Deserialize)]
                    struct Parameters { $($(#[$meta])? $field: $kind),* }
                    let Parameters { $($field),* } = parameters(fields)?;
                    $make
                })*
                other => Err(Malformed::UnknownOp {
                    op: other.chars().take(40).collect(),
                    did_you_mean: nearest(other),
                }
                .into()),
            }
        }
    };
}

fn command(command: Command) -> Result<Op, Unreadable> {
    Ok(Op::Command(command))
}
fn query(query: Query) -> Result<Op, Unreadable> {
    Ok(Op::Query(query))
}
fn category(name: Option<String>) -> Result<Option<Category>, Refusal> {
    name.map(|name| Category::parse(&name)).transpose()
}
/// What is looked for beside words: shelf and condition, prices, and in which order.
fn browse(
    search: Option<Search>,
    (category, condition): (Option<String>, Option<String>),
    (currency, least, most): (Option<Currency>, Option<i64>, Option<i64>),
    sort: Option<String>,
) -> Result<Browse, Refusal> {
    let browse = Browse {
        search,
        category: self::category(category)?,
        condition: condition.map(|name| Condition::parse(&name)).transpose()?,
        price: PriceRange::asked(currency, least, most)?,
        sort: sort.map(|name| Sort::parse(&name)).transpose()?.unwrap_or_default(),
    };
    browse.check()?;
    Ok(browse)
}
/// A member is named as on a page: whatever the case, whatever blanks around.
fn name(username: &str) -> Result<Username, Refusal> {
    Username::parse(username)
}
/// With whom or about what to talk: one of the three, and no more.
fn partner(
    username: Option<String>,
    listing: Option<ListingId>,
    order: Option<OrderId>,
) -> Result<Partner, Unreadable> {
    match (username, listing, order) {
        (Some(username), None, None) => Ok(Partner::Member(name(&username)?)),
        (None, Some(listing), None) => Ok(Partner::Seller(listing)),
        (None, None, Some(order)) => Ok(Partner::OtherSide(order)),
        _ => Err(Malformed::BadField {
            field: "username".to_owned(),
            problem: "give exactly one of username, listing and order".to_owned(),
        }
        .into()),
    }
}
/// Bytes as they stand in a line: base 64, of one piece at most.
fn chunk(data: &str) -> Result<Vec<u8>, Malformed> {
    let bad = |problem: String| Malformed::BadField { field: "data".to_owned(), problem };
    let bytes = data_encoding::BASE64.decode(data.as_bytes()).map_err(|error| bad(format!("{error}")))?;
    if bytes.len() > MAX_CHUNK {
        return Err(bad(format!("a piece has at most {MAX_CHUNK} bytes")));
    }
    Ok(bytes)
}
/// How a checkout is paid without a provider. A wallet has two currencies, and one of them pays.
///
/// # Errors
///
/// What is wrong with which of the two fields.
pub fn pay_by(means: Means, currency: Option<Currency>) -> Result<PayBy, Malformed> {
    let bad = |field: &str, problem: &str| {
        Err(Malformed::BadField { field: field.to_owned(), problem: problem.to_owned() })
    };
    match (means, currency) {
        (Means::Cash, None) => Ok(PayBy::Cash),
        (Means::Cash, Some(_)) => bad("currency", "cash is paid in the currency of each order: leave it out"),
        (Means::Wallet, Some(currency)) => Ok(PayBy::Wallet(currency)),
        (Means::Wallet, None) => bad("currency", "say which currency of the wallet pays: USD or LBP"),
        (Means::Card, _) => bad("pay", "a card is paid with by start_payment"),
    }
}
/// How the lot of an auction shall reach its winner: collected at a pickup point, or shipped to a name and an address.
///
/// # Errors
///
/// What is wrong with which of the three fields; what [`ShippingAddress::new`] says.
pub fn delivery(
    pickup_point: Option<PickupPointId>,
    name: Option<&str>,
    address: Option<&str>,
) -> Result<DeliveryChoice, Unreadable> {
    match (pickup_point, name, address) {
        (Some(point), None, None) => Ok(DeliveryChoice::Pickup(point)),
        (None, Some(name), Some(address)) => {
            Ok(DeliveryChoice::Shipment(ShippingAddress::new(name, address)?))
        }
        _ => Err(Malformed::BadField {
            field: "pickup_point".to_owned(),
            problem: "give a pickup_point, or a name and an address to ship it to".to_owned(),
        }
        .into()),
    }
}
/// The days of a statement, as they are written.
///
/// # Errors
///
/// [`Refusal::PeriodInvalid`], for what is no day too.
pub fn period(from: &str, until: &str) -> Result<Period, Refusal> {
    let read = |text: &str| time::parse_day(text).map_err(|_| Period::invalid());
    Period::new(read(from)?, read(until)?)
}
fn day(text: &str) -> Result<time::Date, Refusal> {
    time::parse_day(text).map_err(|_| Refusal::DayInvalid)
}

ops! {
    // The connection.
    "hello" { versions: Option<Vec<i64>> } => Ok(Op::Hello { versions: versions.unwrap_or_else(|| VERSIONS.to_vec()) });
    "ping" {} => Ok(Op::Ping);

    // Members and sessions.
    "register" { name: String, username: String, email: String, password: Typed, device: Option<String> } =>
        Ok(Op::Register { name, username, email, password, device });
    "log_in" { login: String, password: Typed, device: Option<String> } => Ok(Op::LogIn { login, password, device });
    "resume" { token: Typed } => Ok(Op::Resume { token });
    "log_out" {} => Ok(Op::LogOut);
    "me" {} => query(Query::Me);
    "sessions" {} => query(Query::Sessions);
    "end_session" { session: SessionId } => command(Command::EndSession { session });
    "change_name" { name: String } => command(Command::ChangeName { name: display_name(&name)? });
    "change_username" { username: String } => command(Command::ChangeUsername { username: Username::parse(&username)? });
    "change_email" { current_password: Typed, email: String } =>
        Ok(Op::ChangeEmail { current: current_password, email });
    "change_password" { current_password: Typed, new_password: Typed } =>
        Ok(Op::ChangePassword { current: current_password, new: new_password });
    "member" { username: String } => query(Query::Member { username });

    // Listings.
    "categories" {} => query(Query::Categories);
    "listings" {
        category: Option<String>, condition: Option<String>, currency: Option<Currency>, least: Option<i64>,
        most: Option<i64>, sort: Option<String>, after: Option<String>, limit: Option<i64>,
    } => {
        let browse = browse(None, (category, condition), (currency, least, most), sort)?;
        query(Query::Browse { browse, after, limit })
    };
    "search" {
        text: String, category: Option<String>, condition: Option<String>, currency: Option<Currency>,
        least: Option<i64>, most: Option<i64>, sort: Option<String>, after: Option<String>, limit: Option<i64>,
    } => {
        let search = Search::parse(&text)?;
        let browse = browse(Some(search), (category, condition), (currency, least, most), sort)?;
        query(Query::Browse { browse, after, limit })
    };
    "listings_of" { username: String, after: Option<String>, limit: Option<i64> } =>
        query(Query::ListingsOf { username, after, limit });
    "listing" { listing: ListingId } => query(Query::Listing { listing });
    "my_listings" { after: Option<String>, limit: Option<i64> } => query(Query::MyListings { after, limit });
    "add_listing" {
        title: String, description: Option<String>, price: Money, category: String, condition: String,
        pickup_point: Option<PickupPointId>, pictures: Option<Vec<PictureId>>,
    } => command(Command::AddListing { draft: ListingDraft::new(
        &title, &description.unwrap_or_default(), Price::try_from(price)?, Category::parse(&category)?,
        Condition::parse(&condition)?, pickup_point,
    )?.with_pictures(pictures.unwrap_or_default())? });
    "edit_listing" {
        listing: ListingId, title: Option<String>, description: Option<String>, price: Option<Money>,
        category: Option<String>, condition: Option<String>, pickup_point: Option<PickupPointId>,
        pictures: Option<Vec<PictureId>>,
    } => {
        let mut changes = ListingChanges::default().texts(title.as_deref(), description.as_deref())?.pictures(pictures)?;
        changes.price = price.map(Price::try_from).transpose()?;
        changes.category = self::category(category)?;
        changes.condition = condition.map(|name| Condition::parse(&name)).transpose()?;
        changes.pickup_point = pickup_point;
        command(Command::EditListing { listing, changes })
    };
    "withdraw_listing" { listing: ListingId } => command(Command::WithdrawListing { listing });
    "publish_listing" { listing: ListingId } => command(Command::PublishListing { listing });

    // Stores.
    "create_invitation" {} => command(Command::CreateInvitation);
    "revoke_invitation" { invitation: InvitationId } => command(Command::RevokeInvitation { invitation });
    "invitations" { after: Option<String>, limit: Option<i64> } => query(Query::Invitations { after, limit });
    "open_store" { code: Typed, name: String, description: Option<String>, email: String } =>
        command(Command::OpenStore {
            code: InvitationCode::typed(code.reveal()),
            draft: StoreDraft::new(&name, &description.unwrap_or_default(), &email)?,
        });
    "edit_store" {
        name: Option<String>, description: Option<String>, email: Option<String>,
        #[serde(default)] picture: Change<PictureId>, #[serde(default)] away: Change<Away>, limit: Option<i64>,
    } => {
        let mut changes = StoreChanges::default().describe(description.as_deref())?.limit(limit)?;
        changes.name = name.map(|name| StoreName::parse(&name)).transpose()?;
        changes.email = email.map(|email| Email::parse(&email)).transpose()?;
        (changes.picture, changes.away) = (picture.into(), away.into());
        command(Command::EditStore { changes })
    };
    "stores" { after: Option<String>, limit: Option<i64> } => query(Query::Stores { after, limit });
    "store" { store: String } => query(Query::Store { store });
    "store_listings" { store: String, after: Option<String>, limit: Option<i64> } =>
        query(Query::StoreListings { store, after, limit });
    "my_stores" {} => query(Query::MyStores);
    "appoint_staff" { username: String } => command(Command::AppointStaff { username: name(&username)? });
    "dismiss_staff" { store: StoreId, username: String } =>
        command(Command::DismissStaff { store, username: name(&username)? });
    "staff" { store: StoreId } => query(Query::Staff { store });
    "add_product" {
        store: StoreId, title: String, description: Option<String>, category: String, condition: Option<String>,
        pickup_point: Option<PickupPointId>, pictures: Option<Vec<PictureId>>, variants: Vec<Variant>,
    } => {
        let condition = condition.map_or(Ok(Condition::New), |name| Condition::parse(&name))?;
        let variants = variants.into_iter().map(Variant::draft).collect::<Result<Vec<_>, _>>()?;
        listing::check_variants(&variants)?;
        // Each variant has a price of its own; the draft carries what they share.
        let price = variants.first().map(VariantDraft::price).ok_or(Refusal::VariantCount { most: listing::MOST_VARIANTS })?;
        let draft = ListingDraft::new(
            &title, &description.unwrap_or_default(), price, Category::parse(&category)?, condition, pickup_point,
        )?.with_pictures(pictures.unwrap_or_default())?;
        command(Command::AddProduct { store, draft, variants })
    };
    "add_variant" {
        product: ListingId, label: Option<String>, sku: Option<String>, price: Money, copies: i64,
        low_stock: Option<i64>,
    } => command(Command::AddVariant {
        product, draft: Variant { label, sku, price, copies, low_stock }.draft()?,
    });
    "edit_variant" {
        listing: ListingId, label: Option<String>, sku: Option<String>, low_stock: Option<i64>,
    } => command(Command::EditVariant {
        listing, changes: VariantChanges::new(label.as_deref(), sku.as_deref(), low_stock)?,
    });
    "variants" { product: ListingId, after: Option<String>, limit: Option<i64> } =>
        query(Query::Variants { product, after, limit });
    "restock" { listing: ListingId, copies: i64 } =>
        command(Command::Restock { listing, copies: listing::quantity(copies)? });
    "adjust_stock" { listing: ListingId, copies: i64, reason: String } =>
        command(Command::AdjustStock { listing, copies, reason: listing::reason(&reason)? });
    "store_stock" { store: StoreId, after: Option<String>, limit: Option<i64> } =>
        query(Query::StoreStock { store, after, limit });
    "store_orders" { store: StoreId, after: Option<String>, limit: Option<i64> } =>
        query(Query::StoreOrders { store, after, limit });
    "to_hand_over" { store: Option<StoreId>, after: Option<String>, limit: Option<i64> } =>
        query(Query::ToHandOver { store, after, limit });

    // Pictures.
    "start_upload" { bytes: i64 } => Ok(Op::StartUpload { bytes });
    "send_chunk" { upload: UploadId, offset: i64, data: String } =>
        Ok(Op::SendChunk { upload, offset, data: chunk(&data)? });
    "finish_upload" { upload: UploadId } => Ok(Op::FinishUpload { upload });
    "picture" { picture: PictureId, size: Size, offset: Option<i64> } =>
        Ok(Op::Picture { picture, size, offset: offset.unwrap_or(0) });

    // Auctions.
    "auctions" { which: Option<Which>, category: Option<String>, after: Option<String>, limit: Option<i64> } => {
        let asked = BrowseAuctions { which: which.unwrap_or_default(), category: self::category(category)? };
        query(Query::Auctions { asked, after, limit })
    };
    "auction" { auction: AuctionId } => query(Query::Auction { auction });
    "bids" { auction: AuctionId, after: Option<String>, limit: Option<i64> } =>
        query(Query::Bids { auction, after, limit });
    "bid_log" { auction: AuctionId, after: Option<u32> } =>
        query(Query::BidLog { auction, after: usize::try_from(after.unwrap_or(0)).unwrap_or(usize::MAX) });
    "open_auction" {
        listing: Option<ListingId>, title: Option<String>, description: Option<String>, price: Option<Money>,
        category: Option<String>, condition: Option<String>, pickup_point: Option<PickupPointId>,
        pictures: Option<Vec<PictureId>>, starting_price: Money, reserve: Option<Money>, buy_now: Option<Money>,
        increment: Option<Money>, duration_seconds: Option<i64>, ends_at: Option<Moment>,
    } => {
        let asked = auction::Asked { starting_price, reserve, buy_now, increment, duration_seconds, ends_at };
        let offered = auction::Offered {
            listing, title, description, price, category, condition, pickup_point, pictures,
        };
        command(Command::OpenAuction { lot: offered.lot(&asked)?, draft: asked.draft()? })
    };
    "place_bid" { auction: AuctionId, maximum: Money } => command(Command::PlaceBid { auction, maximum });
    "take_buy_now" { auction: AuctionId, price: Money } => command(Command::TakeBuyNow { auction, price });
    "retract_bid" { auction: AuctionId, corrected: Option<Money> } =>
        command(Command::RetractBid { auction, corrected });
    "watch" { auction: AuctionId } => command(Command::WatchAuction { auction });
    "unwatch" { auction: AuctionId } => command(Command::UnwatchAuction { auction });
    "lower_price" { auction: AuctionId, price: Money } => command(Command::LowerPrice { auction, price });
    "keep_price" { auction: AuctionId } => command(Command::KeepPrice { auction });
    "lower_reserve" { auction: AuctionId, #[serde(default)] reserve: Change<Money> } =>
        command(Command::LowerReserve { auction, reserve: self::auction::reserve(reserve)? });
    "add_auction_note" { auction: AuctionId, text: String } =>
        command(Command::AddAuctionNote { auction, text: Note::text(&text)? });
    "cancel_auction" { auction: AuctionId, reason: Option<String> } =>
        command(Command::CancelAuction { auction, reason: reason.unwrap_or_default() });
    "accept_leading_bid" { auction: AuctionId } => command(Command::AcceptLeadingBid { auction });
    "counter_offer" { auction: AuctionId, price: Money } => command(Command::CounterOffer { auction, price });
    "offer_to_watchers" { auction: AuctionId, price: Money } => command(Command::OfferToWatchers { auction, price });
    "relist_auction" {
        auction: AuctionId, starting_price: Money, reserve: Option<Money>, buy_now: Option<Money>,
        increment: Option<Money>, duration_seconds: Option<i64>, ends_at: Option<Moment>,
    } => {
        let asked = auction::Asked { starting_price, reserve, buy_now, increment, duration_seconds, ends_at };
        command(Command::RelistAuction { auction, draft: asked.draft()? })
    };
    "sell_at_fixed_price" { auction: AuctionId, price: Money } =>
        command(Command::SellAtFixedPrice { auction, price: Price::try_from(price)? });
    "answer_offer" { offer: OfferId, accept: bool } => command(Command::AnswerOffer { offer, accept });
    "second_chances" {} => query(Query::SecondChances);
    "want_second_chances" { wanted: bool } => command(Command::WantSecondChances { wanted });

    // Live events and presence.
    "listen" { after: Option<i64>, auctions: Option<Vec<AuctionId>> } =>
        Ok(Op::Listen { after, auctions: auction::followed(auctions.unwrap_or_default(), "auctions")? });
    "follow" { auction: AuctionId } => Ok(Op::Follow { auction });
    "unfollow" { auction: AuctionId } => Ok(Op::Unfollow { auction });
    "events" { before: Option<i64>, limit: Option<i64> } => query(Query::Events { before, limit });
    "presence" { usernames: Vec<String> } => query(Query::Presence { usernames });
    "hide_presence" { hidden: bool } => command(Command::HidePresence { hidden });

    // Conversations.
    "start_conversation" { username: Option<String>, listing: Option<ListingId>, order: Option<OrderId> } =>
        command(Command::StartConversation { partner: partner(username, listing, order)? });
    "send_message" { conversation: ConversationId, text: String, message: Option<MessageId> } =>
        command(Command::SendMessage { conversation, message, text: MessageText::parse(&text)? });
    "typing" { conversation: ConversationId } => Ok(Op::Typing { conversation });
    "conversations" { after: Option<String>, limit: Option<i64> } => query(Query::Conversations { after, limit });
    "conversation" { conversation: ConversationId } => query(Query::Conversation { conversation });
    "messages" { conversation: ConversationId, before: Option<i64>, after: Option<i64>, limit: Option<i64> } =>
        query(Query::Messages { conversation, before, after, limit });
    "mark_delivered" { conversation: ConversationId, number: i64 } =>
        command(Command::MarkDelivered { conversation, number });
    "mark_read" { conversation: ConversationId, number: i64 } => command(Command::MarkRead { conversation, number });
    "block" { username: String } => command(Command::BlockMember { username: name(&username)? });
    "unblock" { username: String } => command(Command::UnblockMember { username: name(&username)? });
    "blocks" {} => query(Query::Blocks);

    // The cart, and checking out.
    "cart" {} => query(Query::Cart);
    "add_to_cart" { listing: ListingId, quantity: Option<i64> } =>
        command(Command::AddToCart { listing, quantity: listing::quantity(quantity.unwrap_or(1))? });
    "change_cart" { listing: ListingId, quantity: i64 } =>
        command(Command::ChangeCart { listing, quantity: listing::quantity(quantity)? });
    "remove_from_cart" { listing: ListingId } => command(Command::RemoveFromCart { listing });
    "prepare_checkout" { totals: Vec<Money> } => command(Command::PrepareCheckout { totals });
    "checkout" { checkout: Option<CheckoutId> } => query(Query::Checkout { checkout });
    "choose_delivery" {
        checkout: CheckoutId, pickup_point: Option<PickupPointId>, name: Option<String>, address: Option<String>,
    } => command(Command::ChooseDelivery {
        checkout,
        delivery: delivery(pickup_point, name.as_deref(), address.as_deref())?,
    });
    "checkout_address" { checkout: CheckoutId } => query(Query::CheckoutAddress { checkout });
    "cancel_checkout" { checkout: CheckoutId } => command(Command::CancelCheckout { checkout });
    "place_orders" { checkout: CheckoutId, pay: Means, currency: Option<Currency> } =>
        command(Command::PlaceOrders { checkout, pay: pay_by(pay, currency)? });
    "start_payment" { checkout: CheckoutId, currency: Currency } =>
        command(Command::StartPayment { checkout, currency });
    "payment" { payment: PaymentId } => query(Query::Payment { payment });

    // Money.
    "wallet" {} => query(Query::Wallet);
    "statement" { purse: Purse, from: String, until: String, after: Option<EntryId>, limit: Option<i64> } =>
        query(Query::Statement { purse, period: period(&from, &until)?, after, limit });
    "profit" { store: StoreId, from: String, until: String, after: Option<EntryId>, limit: Option<i64> } =>
        query(Query::Profit { store, period: period(&from, &until)?, after, limit });
    "pay_order" { order: OrderId, currency: Currency } => command(Command::PayOrder { order, currency });
    "request_payout" { purse: Purse, amount: Money } => command(Command::RequestPayout { purse, amount });
    "payouts" { after: Option<String>, limit: Option<i64> } => query(Query::Payouts { after, limit });
    "open_payouts" { after: Option<String>, limit: Option<i64> } => query(Query::OpenPayouts { after, limit });
    "confirm_payout" { payout: PayoutId, note: Option<String> } =>
        command(Command::ConfirmPayout { payout, note: payout::note(&note.unwrap_or_default())? });
    "void_payout" { payout: PayoutId, note: Option<String> } =>
        command(Command::VoidPayout { payout, note: payout::note(&note.unwrap_or_default())? });

    // Orders.
    "buy" { listing: ListingId, price: Money, quantity: Option<i64> } =>
        command(Command::BuyListing { listing, price, quantity: listing::quantity(quantity.unwrap_or(1))? });
    "my_orders" { after: Option<String>, limit: Option<i64> } => query(Query::MyOrders { after, limit });
    "my_sales" { after: Option<String>, limit: Option<i64> } => query(Query::MySales { after, limit });
    "order" { order: OrderId } => query(Query::Order { order });
    "shipping_address" { order: OrderId } => query(Query::ShippingAddress { order });
    "ship_order" { order: OrderId, note: Option<String> } =>
        command(Command::ShipOrder { order, note: note.unwrap_or_default() });
    "cancel_order" { order: OrderId } => command(Command::CancelOrder { order });
    "request_cancel" { order: OrderId } => command(Command::RequestCancel { order });
    "confirm_order" { order: OrderId } => command(Command::ConfirmOrder { order });
    "request_return" { order: OrderId, reason: String } => command(Command::RequestReturn { order, reason });
    "settle_return" { order: OrderId, restock: bool } => command(Command::SettleReturn { order, restock });
    "refund_order" { order: OrderId, amount: Money } => command(Command::RefundOrder { order, amount });

    // The desk.
    "show_code" { code: String } => command(Command::ShowCode { code: Code::parse(&code)? });
    "drop_off" { code: String } => command(Command::DropOff { code: Code::parse(&code)? });
    "take_payment" { code: String, cash: Money } => command(Command::TakePayment { code: Code::parse(&code)?, cash });
    "collect" { code: String, cash: Option<Money> } => command(Command::Collect { code: Code::parse(&code)?, cash });
    "take_return" { code: String } => command(Command::TakeReturn { code: Code::parse(&code)? });
    "top_up" { username: String, cash: Money } => command(Command::TopUp { username: name(&username)?, cash });

    // Pickup points and the house.
    "pickup_points" {} => query(Query::PickupPoints);
    "add_pickup_point" {
        name: String, address: String, time_zone: String, opening: BTreeMap<String, String>, daily_capacity: i64,
    } => command(Command::AddPickupPoint {
        draft: PickupPointDraft::new(&name, &address, &time_zone, &opening, daily_capacity)?,
    });
    "change_pickup_point" {
        pickup_point: PickupPointId, name: String, address: String, time_zone: String,
        opening: BTreeMap<String, String>, daily_capacity: i64,
    } => command(Command::ChangePickupPoint {
        pickup_point, draft: PickupPointDraft::new(&name, &address, &time_zone, &opening, daily_capacity)?,
    });
    "close_pickup_point" { pickup_point: PickupPointId } => command(Command::ClosePickupPoint { pickup_point });
    "close_day" { pickup_point: PickupPointId, day: String } =>
        command(Command::CloseDay { pickup_point, day: self::day(&day)? });
    "open_day" { pickup_point: PickupPointId, day: String } =>
        command(Command::OpenDay { pickup_point, day: self::day(&day)? });
    "appoint_attendant" { pickup_point: PickupPointId, username: String } =>
        command(Command::AppointAttendant { pickup_point, username: name(&username)? });
    "dismiss_attendant" { pickup_point: PickupPointId, username: String } =>
        command(Command::DismissAttendant { pickup_point, username: name(&username)? });
    "change_role" { username: String, role: Role } =>
        command(Command::ChangeRole { username: name(&username)?, role });
    "settings" {} => query(Query::Settings);
    "set_legacy_password" { wire: LegacyWire, name: String, password: Typed } =>
        Ok(Op::SetLegacyPassword { wire, name, password });
    "change_setting" { name: String, value: String } => command(Command::ChangeSetting { name, value });
}

/// The operation whose name differs by the fewest letters, if by few.
fn nearest(op: &str) -> Option<String> {
    if op.len() > 40 {
        return None;
    }
    let distance = |known: &str| {
        let (a, b): (Vec<char>, Vec<char>) = (op.chars().collect(), known.chars().collect());
        let mut row: Vec<usize> = (0..=b.len()).collect();
        for (i, left) in a.iter().enumerate() {
            let mut corner = row[0];
            row[0] = i + 1;
            for (j, right) in b.iter().enumerate() {
                let cost = if left.eq_ignore_ascii_case(right) { corner } else { corner + 1 };
                corner = row[j + 1];
                row[j + 1] = cost.min(row[j] + 1).min(corner + 1);
            }
        }
        row[b.len()]
    };
    let (near, known) = OPS.iter().map(|known| (distance(known), known)).min()?;
    (near <= 3).then(|| (*known).to_owned())
}

// ---- responses ----

/// No, in the three ways a wire knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The bytes were no request.
    Malformed(Malformed),
    /// The rules said no.
    Refused(Refusal),
    /// Not now.
    Busy {
        /// The stable code.
        code: String,
        /// A sentence.
        message: String,
        /// After how many milliseconds asking again makes sense.
        retry_after_ms: i64,
    },
    /// Something is wrong with the market itself.
    Broken {
        /// The name under which the log has it.
        incident: String,
        /// A sentence.
        message: String,
    },
}

impl From<Unreadable> for Failure {
    fn from(unreadable: Unreadable) -> Self {
        match unreadable {
            Unreadable::Malformed(malformed) => Self::Malformed(malformed),
            Unreadable::Refused(refusal) => Self::Refused(refusal),
        }
    }
}

fn line(value: &Value) -> Vec<u8> {
    let mut line = value.to_string().into_bytes();
    line.push(b'\n');
    line
}

/// The line with which a server greets.
#[must_use]
pub fn greeting(server: &str, now: auboutique_domain::Moment) -> Vec<u8> {
    line(&json!({ "hello": {
        "protocol": "auboutique", "versions": VERSIONS, "server": server, "max_frame_bytes": MAX_FRAME, "time": now,
    } }))
}

/// The line that answers a request with a yes.
#[must_use]
pub fn reply<T: Serialize>(id: &Id, value: &T) -> Vec<u8> {
    match serde_json::to_string(value) {
        Ok(value) => format!("{{\"id\":{},\"reply\":{value}}}\n", id.0).into_bytes(),
        // No reply of ours has a key that is not a string, which is all that can fail.
        Err(error) => {
            failure(id, &Failure::Broken { incident: "encoding".to_owned(), message: error.to_string() })
        }
    }
}

/// What stands in `reply` for what a command came to.
///
/// # Errors
///
/// None in practice: every reply can be written as JSON.
pub fn reply_value(reply: &Reply) -> Result<Value, serde_json::Error> {
    match reply {
        Reply::Done => Ok(json!({})),
        Reply::Account(value) => serde_json::to_value(value),
        Reply::Identity(value) => serde_json::to_value(value),
        Reply::Member(value) => serde_json::to_value(value),
        Reply::Session(value) => serde_json::to_value(value),
        Reply::Hidden(hidden) => Ok(json!({ "hidden": hidden })),
        Reply::Conversation(value) => serde_json::to_value(value),
        Reply::Message(value) => serde_json::to_value(value),
        Reply::Picture(value) => serde_json::to_value(value),
        Reply::Listing(value) => serde_json::to_value(value),
        Reply::Stock(value) => serde_json::to_value(value),
        Reply::Store(value) => serde_json::to_value(value),
        Reply::Invitation(value) => serde_json::to_value(value),
        // The code stands in the first answer alone: what is remembered of it has none.
        Reply::NewInvitation(value) => serde_json::to_value(&value.invitation).map(|mut invitation| {
            invitation["code"] = json!(value.code.as_ref().map(InvitationCode::reveal));
            invitation
        }),
        Reply::Auction(value) => serde_json::to_value(value),
        Reply::Bid(value) => serde_json::to_value(value),
        Reply::Cart(value) => serde_json::to_value(value),
        Reply::Checkout(value) => serde_json::to_value(value),
        Reply::Orders(value) => Ok(json!({ "rows": value })),
        Reply::Payment(value) => serde_json::to_value(value),
        Reply::Payout(value) => serde_json::to_value(value),
        Reply::Balance(value) => Ok(json!({ "wallet": value })),
        Reply::Order(value) => serde_json::to_value(value),
        Reply::Desk(value) => serde_json::to_value(value),
        Reply::PickupPoint(value) => serde_json::to_value(value),
        Reply::Settings(value) => serde_json::to_value(value),
        Reply::Forgotten(count) => Ok(json!({ "forgotten": count })),
    }
}

/// The line that tells a listener of an event.
#[must_use]
pub fn event(seq: i64, at: Moment, event: &Event, message: Option<&Message>) -> Vec<u8> {
    line(&json!({ "event": event_value(seq, at, event, message) }))
}

/// An event as an object: its number, its moment, its name and its fields. A message that was sent stands in it whole, in
/// place of its id.
#[must_use]
pub fn event_value(seq: i64, at: Moment, event: &Event, message: Option<&Message>) -> Value {
    let mut fields = Map::new();
    fields.insert("seq".to_owned(), Value::from(seq));
    fields.insert("at".to_owned(), serde_json::to_value(at).unwrap_or_default());
    if let Ok(Value::Object(own)) = serde_json::to_value(event) {
        fields.extend(own);
    }
    if let Some(message) = message {
        fields.insert("message".to_owned(), serde_json::to_value(message).unwrap_or_default());
    }
    Value::Object(fields)
}

/// The line that tells a listener that somebody came or went.
#[must_use]
pub fn presence(view: &PresenceView) -> Vec<u8> {
    line(&json!({ "presence": view }))
}

/// The line that tells a listener that a member types in a conversation of theirs.
#[must_use]
pub fn typing(conversation: ConversationId, member: &MemberCard) -> Vec<u8> {
    line(&json!({ "typing": { "conversation": conversation, "member": member } }))
}

/// The last line to a listener: why the stream ends, and where to go on.
#[must_use]
pub fn end(code: &str, message: &str, cursor: i64) -> Vec<u8> {
    line(&json!({ "end": { "code": code, "message": message, "cursor": cursor } }))
}

/// A piece of a picture as a reply's value.
#[must_use]
pub fn piece(extent: Extent, offset: i64, bytes: &[u8]) -> Value {
    let Extent { width, height, bytes: total } = extent;
    let next = offset.saturating_add(i64::try_from(bytes.len()).unwrap_or(i64::MAX));
    json!({
        "media_type": "image/webp", "width": width, "height": height, "bytes": total, "offset": offset,
        "data": data_encoding::BASE64.encode(bytes), "next": (next < total).then_some(next),
    })
}

/// How many characters a text in a refusal has at most.
const MOST_SAID: usize = 500;

fn with_message<T: Serialize + std::fmt::Display>(no: &T) -> Value {
    let mut value = serde_json::to_value(no).unwrap_or_default();
    if let Some(fields) = value.as_object_mut() {
        fields.insert("message".to_owned(), Value::String(no.to_string()));
        // What is wrong often repeats what was said, which may be as long as a line; an answer has to fit into one too.
        for said in fields.values_mut() {
            if let Value::String(text) = said
                && let Some((end, _)) = text.char_indices().nth(MOST_SAID)
            {
                text.truncate(end);
                text.push('…');
            }
        }
    }
    value
}

impl Failure {
    /// What is said of it, the same on every wire: `code`, `message`, and the fields that belong to the code.
    #[must_use]
    pub fn fields(&self) -> Map<String, Value> {
        let said = match self {
            Self::Malformed(malformed) => with_message(malformed),
            Self::Refused(refusal) => with_message(refusal),
            Self::Busy { code, message, retry_after_ms } => {
                json!({ "code": code, "message": message, "retry_after_ms": retry_after_ms })
            }
            Self::Broken { incident, message } => {
                json!({ "code": "broken", "incident": incident, "message": message })
            }
        };
        match said {
            Value::Object(fields) => fields,
            _ => Map::new(),
        }
    }
}

/// The line that answers a request with a no.
#[must_use]
pub fn failure(id: &Id, failure: &Failure) -> Vec<u8> {
    let kind = match failure {
        Failure::Malformed(_) | Failure::Refused(_) => "refused",
        Failure::Busy { .. } => "busy",
        Failure::Broken { .. } => "broken",
    };
    line(&json!({ "id": id.0, kind: failure.fields() }))
}

/// A line of a server, as a client reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerLine {
    /// The greeting.
    Hello(Value),
    /// The answer to the request of that id.
    Response {
        /// What the client called the request.
        id: Id,
        /// What came of it.
        outcome: Outcome,
    },
    /// Something happened that this listener may see: `seq`, `at`, `event` and the event's own fields.
    Event(Value),
    /// Somebody this listener talks with came or went.
    Presence(Value),
    /// Somebody this listener talks with types.
    Typing(Value),
    /// How many follow an auction this listener follows.
    Here(Value),
    /// The server ends the connection, and says from which cursor to go on.
    End(Value),
}

/// What came of a request, as a client reads it. The values are what stands behind the key of the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Yes.
    Reply(Value),
    /// The rules said no.
    Refused(Value),
    /// Not now.
    Busy(Value),
    /// Something is wrong over there.
    Broken(Value),
}

/// Reads a line of a server. Fields a newer server may add are ignored.
///
/// # Errors
///
/// A sentence, when the line is none of this protocol.
pub fn decode_server_line(line: &[u8]) -> Result<ServerLine, String> {
    let mut fields: Map<String, Value> =
        serde_json::from_slice(line).map_err(|error| format!("the server sent no JSON object: {error}"))?;
    if let Some(hello) = fields.remove("hello") {
        return Ok(ServerLine::Hello(hello));
    }
    // Lines nobody asked for: between answers, and without an id.
    if !fields.contains_key("id") {
        let told = fields
            .remove("event")
            .map(ServerLine::Event)
            .or_else(|| fields.remove("presence").map(ServerLine::Presence))
            .or_else(|| fields.remove("typing").map(ServerLine::Typing))
            .or_else(|| fields.remove("here").map(ServerLine::Here))
            .or_else(|| fields.remove("end").map(ServerLine::End));
        if let Some(told) = told {
            return Ok(told);
        }
    }
    let id = Id::parse(fields.remove("id")).map_err(|malformed| malformed.to_string())?;
    let mut taken = |name: &str| fields.remove(name);
    let outcome = taken("reply")
        .map(Outcome::Reply)
        .or_else(|| taken("refused").map(Outcome::Refused))
        .or_else(|| taken("busy").map(Outcome::Busy))
        .or_else(|| taken("broken").map(Outcome::Broken))
        .ok_or("the server sent a line without an answer in it")?;
    Ok(ServerLine::Response { id, outcome })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(line: &str) -> Malformed {
        match decode(line.as_bytes()) {
            Err((_, Unreadable::Malformed(malformed))) => malformed,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn every_operation_is_read_by_its_name() {
        for op in OPS {
            let line = json!({ "id": 1, "op": op }).to_string();
            assert!(
                !matches!(
                    decode(line.as_bytes()),
                    Err((_, Unreadable::Malformed(Malformed::UnknownOp { .. })))
                ),
                "{op}"
            );
        }
    }

    #[test]
    fn a_request_carries_its_id_its_key_and_its_parameters_and_ignores_the_rest() {
        let request =
            decode(br#"{"id":"a","op":"search","text":"calculus","key":"k1","colour":"red"}"#).unwrap();
        assert_eq!(request.id, Id(Value::from("a")));
        assert_eq!(request.key.as_deref(), Some("k1"));
        let browse = Browse::words(Search::parse("calculus").unwrap());
        assert_eq!(request.op, Op::Query(Query::Browse { browse, after: None, limit: None }));
    }

    #[test]
    fn prices_are_looked_for_in_a_currency_and_in_whole_units() {
        let listings = |fields: &str| decode(format!(r#"{{"op":"listings",{fields}}}"#).as_bytes());
        let request = listings(
            r#""category":"books","condition":"good","currency":"LBP","least":5,"most":9,"sort":"dearest""#,
        );
        let price = Some(PriceRange { currency: Currency::Lbp, least: Some(5), most: Some(9) });
        let browse = Browse {
            search: None,
            category: Some(Category::Books),
            condition: Some(Condition::Good),
            price,
            sort: Sort::Dearest,
        };
        assert_eq!(request.unwrap().op, Op::Query(Query::Browse { browse, after: None, limit: None }));
        let refused = |fields: &str| match listings(fields) {
            Err((_, Unreadable::Refused(refusal))) => refusal.code(),
            other => panic!("{fields}: {other:?}"),
        };
        assert_eq!(refused(r#""sort":"cheapest""#), "currency_needed");
        assert_eq!(refused(r#""least":5"#), "currency_needed");
        assert_eq!(refused(r#""currency":"USD","least":9,"most":5"#), "price_range_invalid");
        assert_eq!(refused(r#""currency":"USD","most":-1"#), "price_range_invalid");
        assert_eq!(refused(r#""sort":"nearest""#), "sort_unknown");
        assert_eq!(refused(r#""condition":"wet""#), "condition_unknown");
        for fields in
            [r#""currency":"EUR""#, r#""currency":"USD","least":1.5"#, r#""currency":"USD","most":"9""#]
        {
            assert!(
                matches!(listings(fields), Err((_, Unreadable::Malformed(Malformed::BadField { .. })))),
                "{fields}"
            );
        }
    }

    #[test]
    fn a_price_that_is_not_a_whole_number_in_range_is_refused_with_its_reason() {
        let add = |price: &str| {
            decode(format!(
                r#"{{"id":1,"op":"add_listing","title":"Lamp","category":"furniture","condition":"good","price":{price}}}"#
            ).as_bytes())
        };
        assert!(add(r#"{"minor":1250,"currency":"USD"}"#).is_ok());
        for minor in
            ["1e3", "1250.0", "12.5", "9223372036854775808", "1e400", "\"1250\"", "null", "[]", "true", "{}"]
        {
            let read = add(&format!(r#"{{"minor":{minor},"currency":"USD"}}"#));
            let (_, unreadable) = read.unwrap_err();
            assert!(matches!(unreadable, Unreadable::Malformed(_)), "{minor}: {unreadable:?}");
        }
        for minor in ["0", "-1", "-9223372036854775808", "1000000000001", "9223372036854775807"] {
            let (_, unreadable) = add(&format!(r#"{{"minor":{minor},"currency":"USD"}}"#)).unwrap_err();
            assert!(matches!(unreadable, Unreadable::Refused(Refusal::PriceOutOfRange { .. })), "{minor}");
        }
        for price in ["NaN", "Infinity", "٥"] {
            assert!(
                matches!(add(price), Err((_, Unreadable::Malformed(Malformed::NotJson { .. })))),
                "{price}"
            );
        }
        assert!(add(r#"{"minor":5,"currency":"EUR"}"#).is_err());
        assert!(add(r#"{"minor":5,"minor":6,"currency":"USD"}"#).is_err());
    }

    #[test]
    fn what_is_wrong_is_named_by_its_field() {
        assert!(matches!(problem(r#"{"id":1,"op":"log_in","login":"rana"}"#),
            Malformed::BadField { field, problem } if field == "password" && problem == "it is missing"));
        assert!(
            matches!(problem(r#"{"id":1,"op":"buy","listing":"lst_1","price":{"minor":1,"currency":"USD"}}"#),
            Malformed::BadField { field, .. } if field == "listing")
        );
        assert!(matches!(problem(r#"{"id":1,"op":"listings","limit":"5"}"#),
            Malformed::BadField { field, .. } if field == "limit"));
        assert!(matches!(problem(r#"{"id":1}"#), Malformed::BadField { field, .. } if field == "op"));
        assert!(
            matches!(problem(r#"{"id":[1],"op":"ping"}"#), Malformed::BadField { field, .. } if field == "id")
        );
        assert!(
            matches!(problem(r#"{"id":1,"op":"ping","key":7}"#), Malformed::BadField { field, .. } if field == "key")
        );
        assert!(matches!(problem(r#"{"id":1,"id":2,"op":"ping"}"#), Malformed::NotJson { .. }));
    }

    #[test]
    fn a_mistyped_operation_is_told_its_nearest() {
        assert_eq!(
            problem(r#"{"id":1,"op":"serach"}"#),
            Malformed::UnknownOp { op: "serach".to_owned(), did_you_mean: Some("search".to_owned()) }
        );
        assert!(matches!(
            problem(r#"{"id":1,"op":"frobnicate"}"#),
            Malformed::UnknownOp { did_you_mean: None, .. }
        ));
    }

    #[test]
    fn lines_come_out_whole_however_the_bytes_come_in() {
        let stream = b"{\"a\":1}\r\n\n  \n{\"b\":2}\n{\"c\"";
        for size in 1..stream.len() {
            let mut lines = Lines::default();
            let mut found = Vec::new();
            for piece in stream.chunks(size) {
                lines.push(piece);
                while let Some(frame) = lines.next_frame() {
                    found.push(frame);
                }
            }
            assert_eq!(found, [Frame::Line(b"{\"a\":1}".to_vec()), Frame::Line(b"{\"b\":2}".to_vec())]);
            assert!(lines.is_partial());
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_reported_once_and_the_next_one_is_read() {
        let mut lines = Lines::default();
        for _ in 0..200 {
            lines.push(&[b'x'; 1_024]);
            assert_eq!(lines.next_frame(), None);
            assert!(lines.kept.len() <= MAX_FRAME + 1_024);
        }
        lines.push(b"\n{}\n");
        assert_eq!(lines.next_frame(), Some(Frame::TooLong));
        assert_eq!(lines.next_frame(), Some(Frame::Line(b"{}".to_vec())));
        let mut exact = vec![b'x'; MAX_FRAME];
        exact.push(b'\n');
        lines.push(&exact);
        assert_eq!(lines.next_frame(), Some(Frame::Line(vec![b'x'; MAX_FRAME])));
        // Its line end may be of two bytes, and come in two pieces.
        exact[MAX_FRAME] = b'\r';
        lines.push(&exact);
        lines.push(b"\n");
        assert_eq!(lines.next_frame(), Some(Frame::Line(vec![b'x'; MAX_FRAME])));
    }

    #[test]
    fn secrets_of_a_request_do_not_print() {
        let request = decode(br#"{"id":1,"op":"log_in","login":"rana","password":"hunter2"}"#).unwrap();
        assert!(!format!("{request:?}").contains("hunter2"));
        let open =
            r#"{"op":"open_store","code":"J7QX-M2RT-94KD-VVEH","name":"Cedar","email":"cedar@aub.edu"}"#;
        let request = decode(open.as_bytes()).unwrap();
        assert!(!format!("{request:?}").contains("J7QX"));
        let Op::Command(command) = request.op else { panic!("{request:?}") };
        assert!(!serde_json::to_string(&command).unwrap().contains("J7QX"));
    }

    #[test]
    fn null_takes_away_what_is_left_out_stays() {
        let read = |fields: &str| decode(format!(r#"{{"op":"edit_store"{fields}}}"#).as_bytes()).unwrap().op;
        let changes = |fields: &str| match read(fields) {
            Op::Command(Command::EditStore { changes }) => (changes.picture, changes.away),
            other => panic!("{other:?}"),
        };
        assert_eq!(changes(""), (None, None));
        assert_eq!(changes(r#","picture":null,"away":null"#), (Some(None), Some(None)));
        let away = changes(r#","away":{"from":"2026-12-24","until":"2026-12-26"}"#).1.flatten().unwrap();
        assert_eq!(
            (away.from.to_string(), away.until.to_string()),
            ("2026-12-24".to_owned(), "2026-12-26".to_owned())
        );
    }

    #[test]
    fn a_number_of_copies_is_whole_and_in_range() {
        let check = |op: &str, expected: Option<&str>| {
            let line = format!(r#"{{"listing":"lst_01jd9y3t8qf1vaz0w6k2m4n8pr",{op}}}"#);
            let code = match decode(line.as_bytes()) {
                Ok(_) => None,
                Err((_, Unreadable::Refused(refusal))) => Some(refusal.code()),
                Err((_, Unreadable::Malformed(_))) => Some("bad_field".to_owned()),
            };
            assert_eq!(code.as_deref(), expected, "{line}");
        };
        for copies in ["0", "-1", "1000001", "-9223372036854775808"] {
            check(&format!(r#""op":"restock","copies":{copies}"#), Some("quantity_out_of_range"));
            let buy = format!(r#""op":"buy","price":{{"minor":5,"currency":"USD"}},"quantity":{copies}"#);
            check(&buy, Some("quantity_out_of_range"));
            for op in ["add_to_cart", "change_cart"] {
                check(&format!(r#""op":"{op}","quantity":{copies}"#), Some("quantity_out_of_range"));
            }
        }
        for copies in ["1.5", "\"3\"", "1e3", "9223372036854775808", "null"] {
            check(&format!(r#""op":"restock","copies":{copies}"#), Some("bad_field"));
            check(&format!(r#""op":"change_cart","quantity":{copies}"#), Some("bad_field"));
        }
        for copies in ["1", "5", "1000000"] {
            check(&format!(r#""op":"add_to_cart","quantity":{copies}"#), None);
            check(&format!(r#""op":"change_cart","quantity":{copies}"#), None);
        }
        // One copy is what is meant when nobody says how many shall be added; how many there shall be has to be said.
        check(r#""op":"add_to_cart""#, None);
        check(r#""op":"change_cart""#, Some("bad_field"));
        check(r#""op":"restock","copies":1000000"#, None);
        check(r#""op":"adjust_stock","copies":-3,"reason":"counted again""#, None);
        check(r#""op":"adjust_stock","copies":-3,"reason":" ""#, Some("text_length"));
    }

    #[test]
    fn a_delivery_is_a_pickup_point_or_a_name_with_an_address_and_never_half_of_it() {
        let point = PickupPointId::NONE;
        let read = |name, address, point| delivery(point, name, address);
        assert_eq!(read(None, None, Some(point)), Ok(DeliveryChoice::Pickup(point)));
        let to = ShippingAddress::new("Nora", "Bliss Street 5").unwrap();
        let shipped = read(Some("Nora"), Some("Bliss Street 5"), None);
        assert_eq!(shipped, Ok(DeliveryChoice::Shipment(to)));
        for (name, address, point) in [
            (None, None, None),
            (Some("Nora"), None, None),
            (None, Some("Bliss Street 5"), None),
            (Some("Nora"), Some("Bliss Street 5"), Some(point)),
        ] {
            let said = read(name, address, point);
            assert!(matches!(said, Err(Unreadable::Malformed(Malformed::BadField { .. }))), "{said:?}");
        }
        let short = read(Some("Nora"), Some("Bliss"), None);
        assert!(matches!(short, Err(Unreadable::Refused(Refusal::TextLength { .. }))), "{short:?}");
    }

    #[test]
    fn totals_are_read_as_they_stand_and_compared_by_the_rules() {
        let read =
            |totals: &str| decode(format!(r#"{{"op":"prepare_checkout","totals":{totals}}}"#).as_bytes());
        let (usd, lbp) = (Money::new(5, Currency::Usd), Money::new(-1, Currency::Lbp));
        let (five, less) = (r#"{"minor":5,"currency":"USD"}"#, r#"{"minor":-1,"currency":"LBP"}"#);
        for (line, totals) in [
            ("[]".to_owned(), vec![]),
            (format!("[{five}]"), vec![usd]),
            (format!("[{five},{five}]"), vec![usd, usd]),
            (format!("[{less},{five}]"), vec![lbp, usd]),
        ] {
            assert_eq!(read(&line).unwrap().op, Op::Command(Command::PrepareCheckout { totals }), "{line}");
        }
        for minor in ["1.5", "\"5\"", "9223372036854775808", "1e3", "null"] {
            let line = format!(r#"[{{"minor":{minor},"currency":"USD"}}]"#);
            let said = problem(&format!(r#"{{"op":"prepare_checkout","totals":{line}}}"#));
            assert!(
                matches!(&said, Malformed::BadField { field, .. } if field == "totals[0].minor"),
                "{line}: {said:?}"
            );
        }
        for totals in ["null", "5", five, "[5]", r#"[{"minor":5,"currency":"EUR"}]"#, r#"[{"minor":5}]"#] {
            assert!(matches!(read(totals), Err((_, Unreadable::Malformed(_)))), "{totals}");
        }
    }

    #[test]
    fn cash_names_no_currency_a_wallet_names_one_and_a_card_is_paid_with_elsewhere() {
        let id = "chk_01jd9y3t8qf1vaz0w6k2m4n8pr";
        let read = |fields: &str| {
            let line = format!(r#"{{"op":"place_orders","checkout":"{id}",{fields}}}"#);
            match decode(line.as_bytes()) {
                Ok(Request { op: Op::Command(Command::PlaceOrders { pay, .. }), .. }) => Ok(pay),
                Err((_, Unreadable::Malformed(Malformed::BadField { field, .. }))) => Err(field),
                other => panic!("{line}: {other:?}"),
            }
        };
        assert_eq!(read(r#""pay":"cash""#), Ok(PayBy::Cash));
        assert_eq!(read(r#""pay":"wallet","currency":"LBP""#), Ok(PayBy::Wallet(Currency::Lbp)));
        for (fields, field) in [
            (r#""pay":"cash","currency":"USD""#, "currency"),
            (r#""pay":"wallet""#, "currency"),
            (r#""pay":"card""#, "pay"),
            (r#""pay":"beans""#, "pay"),
        ] {
            assert_eq!(read(fields), Err(field.to_owned()), "{fields}");
        }
    }

    #[test]
    fn a_period_is_two_days_in_their_order() {
        let check = |from: &str, until: &str, good: bool| {
            assert_eq!(period(from, until).is_ok(), good, "{from} {until}");
        };
        check("2026-11-22", "2026-11-22", true);
        check("2026-01-01", "2035-12-31", true);
        check("2026-01-01", "2036-12-31", false);
        check("2026-11-23", "2026-11-22", false);
        check("2026-02-30", "2026-03-01", false);
        check("today", "2026-03-01", false);
        check("2026-03-01T00:00:00Z", "2026-03-02", false);
    }

    #[test]
    fn a_client_reads_what_a_server_writes() {
        let id = Id::number(7);
        let refused = failure(&id, &Failure::Refused(Refusal::ListingSold));
        let read = decode_server_line(&refused).unwrap();
        let expected = json!({ "code": "listing_sold", "message": "This listing is sold." });
        assert_eq!(read, ServerLine::Response { id: id.clone(), outcome: Outcome::Refused(expected) });
        let yes = reply(&id, &json!({ "a": 1 }));
        assert_eq!(yes, b"{\"id\":7,\"reply\":{\"a\":1}}\n");
        assert!(matches!(
            decode_server_line(&greeting("x", auboutique_domain::Moment::from_micros(0))),
            Ok(ServerLine::Hello(_))
        ));
    }

    #[test]
    fn what_nobody_asked_for_is_told_from_answers() {
        let check = |line: &str, expected: ServerLine| {
            assert_eq!(decode_server_line(line.as_bytes()), Ok(expected), "{line}");
        };
        check(
            r#"{"event":{"seq":7,"event":"order_placed"}}"#,
            ServerLine::Event(json!({ "seq": 7, "event": "order_placed" })),
        );
        check(r#"{"presence":{"online":true}}"#, ServerLine::Presence(json!({ "online": true })));
        check(
            r#"{"typing":{"conversation":"cnv_1"}}"#,
            ServerLine::Typing(json!({ "conversation": "cnv_1" })),
        );
        check(r#"{"here":{"listeners":7}}"#, ServerLine::Here(json!({ "listeners": 7 })));
        check(
            r#"{"end":{"code":"too_slow","cursor":7}}"#,
            ServerLine::End(json!({ "code": "too_slow", "cursor": 7 })),
        );
        // A line with an id is an answer, whatever else a newer server puts beside it.
        check(
            r#"{"id":1,"reply":{},"event":{}}"#,
            ServerLine::Response { id: Id::number(1), outcome: Outcome::Reply(json!({})) },
        );
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_a_request_or_a_reason(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
            let mut lines = Lines::default();
            lines.push(&bytes);
            lines.push(b"\n");
            while let Some(frame) = lines.next_frame() {
                if let Frame::Line(line) = frame {
                    drop(decode(&line));
                    drop(decode_server_line(&line));
                }
            }
        }
    }
}
