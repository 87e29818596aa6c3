//! The wire of system 003: requests and replies are pickles.
//!
//! A request is a tuple or a list `(verb, id, arguments …)`. A reply is a list of a text, which begins with the id, and of
//! what was asked for, if anything was: a number, a text, or a table. Clients take one reply with one `recv` of
//! [`MOST_REPLY`] bytes, so no reply is longer: texts in a table are shortened, then its oldest rows are left out.
//!
//! Clients read tables with pandas. Its own pickles hold the insides of one version of it; here a table is what the
//! constructor `DataFrame(rows, None, columns)` makes, which is the same to the last type of a column, and half as long.

use std::borrow::Cow;

use auboutique_domain::member::Secret;
use auboutique_domain::{Currency, Money};

use super::pickle::{Value, Writer};
use super::python::float_repr;

/// The most bytes of a reply: what a client takes with one `recv`.
pub const MOST_REPLY: usize = 2_048;
/// The most bytes of the id that is sent back, and of the text behind it.
const MOST_TEXT: usize = 900;
/// The most letters of a text in a table that has no room for all of it.
const SHORTENED: usize = 40;
/// More rows than this have no room in a reply whatever is in them.
const MOST_ROWS: usize = 128;

/// What a client asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// What the client calls its request; the reply begins with it.
    pub id: String,
    /// What it wants.
    pub verb: Verb,
}

/// Everything a client can want. Numbers that are none are nothing: whether that matters is asked after whether somebody
/// is logged in.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the fields are what the wire calls them")]
pub enum Verb {
    /// A client joins.
    ClientCreate { username: String, email: String, password: Secret },
    /// A client logs in by username or e-mail.
    ClientLogIn { login: String, password: Secret },
    /// A client logs out.
    ClientLogOut,
    /// A client takes another name.
    SetClientUsername(String),
    /// A client's mail goes elsewhere.
    SetClientEmail(String),
    /// A client takes another password.
    SetClientPassword { new: Secret, old: Secret },
    /// So many copies more into the cart.
    ClientAddItem { product: Option<i64>, quantity: Option<i64> },
    /// A line out of the cart.
    ClientRemoveItem { product: Option<i64> },
    /// What is in the cart.
    ClientGetItems,
    /// What the cart costs.
    ClientGetPrice,
    /// Buys what is in the cart.
    ClientCheckOut,
    /// All stores.
    ListMerchant,
    /// What a store sells.
    ListProduct { storename: String },
    /// A store invites another.
    MerchantCreateInvitation,
    /// A store opens.
    MerchantCreate {
        storename: String,
        description: String,
        email: String,
        password: Secret,
        inviter: String,
        code: Secret,
    },
    /// A store logs in by name or e-mail.
    MerchantLogIn { login: String, password: Secret },
    /// A store logs out.
    MerchantLogOut,
    /// A store takes another name.
    SetMerchantStorename(String),
    /// A store's mail goes elsewhere.
    SetMerchantEmail(String),
    /// A store says something else of itself.
    SetMerchantDescription(String),
    /// A store takes another password.
    SetMerchantPassword { new: Secret, old: Secret },
    /// Another product, of which there are no copies yet. What is no number is an empty price.
    MerchantAddProduct { name: String, price: String, description: String },
    /// A product is taken away.
    MerchantDelProduct { product: Option<i64> },
    /// So many copies more, or fewer.
    MerchantRestockProduct { product: Option<i64>, quantity: Option<i64> },
    /// What the store earned.
    MerchantGetProfit,
    /// The client goes. It waits for no reply.
    Disconnect,
    /// Nothing that can be asked for.
    Undefined,
}

impl Request {
    /// Reads what a pickle says. Whatever it is, it is a request that has an answer.
    #[must_use]
    pub fn decode(value: &Value) -> Self {
        let (Value::Tuple(parts) | Value::List(parts)) = value else {
            return Self { id: spelled(&Value::None), verb: Verb::Undefined };
        };
        let mut parts = parts.iter();
        let (verb, id) = (parts.next(), parts.next());
        let mut id = id.map_or_else(|| spelled(&Value::None), spelled);
        id.truncate(id.floor_char_boundary(MOST_TEXT));
        let verb = match verb {
            Some(Value::Text(verb)) => Verb::read(verb, &Arguments(parts.as_slice())),
            _ => None,
        };
        Self { id, verb: verb.unwrap_or(Verb::Undefined) }
    }
}

impl Verb {
    /// Nothing when there is no such verb, or an argument is missing. More arguments than needed are left alone.
    fn read(verb: &str, arguments: &Arguments<'_>) -> Option<Self> {
        let (text, secret) = (|place| arguments.text(place), |place| arguments.secret(place));
        Some(match verb {
            "CLIENT_CREATE" => {
                Self::ClientCreate { username: text(0)?, email: text(1)?, password: secret(2)? }
            }
            "CLIENT_LOGIN" => Self::ClientLogIn { login: text(0)?, password: secret(1)? },
            "CLIENT_LOGOUT" => Self::ClientLogOut,
            "SET_CLIENT_USERNAME" => Self::SetClientUsername(text(0)?),
            "SET_CLIENT_EMAIL" => Self::SetClientEmail(text(0)?),
            "SET_CLIENT_PASSWORD" => Self::SetClientPassword { new: secret(0)?, old: secret(1)? },
            "CLIENT_ADD_ITEM" => {
                Self::ClientAddItem { product: arguments.name(0)?, quantity: arguments.count(1)? }
            }
            "CLIENT_REMOVE_ITEM" => Self::ClientRemoveItem { product: arguments.name(0)? },
            "CLIENT_GET_ITEMS" => Self::ClientGetItems,
            "CLIENT_GET_PRICE" => Self::ClientGetPrice,
            "CLIENT_CHECKOUT_ITEM" => Self::ClientCheckOut,
            "LIST_MERCHANT" => Self::ListMerchant,
            "LIST_PRODUCT" => Self::ListProduct { storename: text(0)? },
            "MERCHANT_CREATE_IVITATION" => Self::MerchantCreateInvitation,
            "MERCHANT_CREATE" => Self::MerchantCreate {
                storename: text(0)?,
                description: text(1)?,
                email: text(2)?,
                password: secret(3)?,
                inviter: text(4)?,
                code: secret(5)?,
            },
            "MERCHANT_LOGIN" => Self::MerchantLogIn { login: text(0)?, password: secret(1)? },
            "MERCHANT_LOGOUT" => Self::MerchantLogOut,
            "SET_MERCHANT_STORENAME" => Self::SetMerchantStorename(text(0)?),
            "SET_MERCHANT_EMAIL" => Self::SetMerchantEmail(text(0)?),
            "SET_MERCHANT_DESCRIPTION" => Self::SetMerchantDescription(text(0)?),
            "SET_MERCHANT_PASSWORD" => Self::SetMerchantPassword { new: secret(0)?, old: secret(1)? },
            "MERCHANT_ADD_PRODUCT" => Self::MerchantAddProduct {
                name: text(0)?,
                price: arguments.amount(1)?,
                description: text(2)?,
            },
            "MERCHANT_DEL_PRODUCT" => Self::MerchantDelProduct { product: arguments.name(0)? },
            "MERCHANT_RESTOCK_PRODUCT" => {
                Self::MerchantRestockProduct { product: arguments.name(0)?, quantity: arguments.count(1)? }
            }
            "MERCHANT_GET_PROFIT" => Self::MerchantGetProfit,
            "DISCONNECT" => Self::Disconnect,
            _ => return None,
        })
    }
}

/// What stands behind the verb and the id. Older servers gave it to `int()` or to a column of SQLite, so numbers may come as
/// texts and texts as numbers.
struct Arguments<'a>(&'a [Value]);

impl Arguments<'_> {
    fn get(&self, place: usize) -> Option<&Value> {
        self.0.get(place)
    }

    /// A text; nothing for what has no spelling, such as a list.
    fn text(&self, place: usize) -> Option<String> {
        match self.get(place)? {
            Value::Bool(value) => Some(u8::from(*value).to_string()),
            value @ (Value::Text(_) | Value::Int(_) | Value::Float(_)) => Some(spelled(value)),
            Value::None | Value::Tuple(_) | Value::List(_) | Value::Dict(_) => None,
        }
    }

    fn secret(&self, place: usize) -> Option<Secret> {
        self.text(place).map(Secret::new)
    }

    /// The number of a product, which is a whole one; nothing inside when it is not, nothing at all when it is missing.
    #[expect(clippy::option_option, reason = "what is missing is another mistake than what is no number")]
    fn name(&self, place: usize) -> Option<Option<i64>> {
        Some(match self.get(place)? {
            Value::Float(number) => float_repr(*number).strip_suffix(".0").and_then(whole),
            other => number(other),
        })
    }

    /// How many; of a number with a fraction the whole part.
    #[expect(clippy::option_option, reason = "as above")]
    fn count(&self, place: usize) -> Option<Option<i64>> {
        Some(match self.get(place)? {
            Value::Float(number) => format!("{:.0}", number.trunc()).parse().ok(),
            other => number(other),
        })
    }

    /// An amount, as it is spelled.
    fn amount(&self, place: usize) -> Option<String> {
        Some(match self.get(place)? {
            value @ (Value::Text(_) | Value::Int(_) | Value::Float(_)) => spelled(value),
            _ => String::new(),
        })
    }
}

fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Int(number) => i64::try_from(*number).ok(),
        Value::Bool(value) => Some(i64::from(*value)),
        Value::Text(text) => whole(text),
        _ => None,
    }
}

fn whole(text: &str) -> Option<i64> {
    text.trim().parse().ok()
}

/// A value as `str()` of Python spells it. What is made of others has no short spelling and is nothing.
fn spelled(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => float_repr(*number),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::None | Value::Tuple(_) | Value::List(_) | Value::Dict(_) => "None".to_owned(),
    }
}

/// What is said behind the id of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the text beside it")]
pub enum Answer {
    NotLoggedIn,
    Undefined,
    UsernameOccupied,
    ClientCreated,
    ClientLoggedInBefore,
    ClientPasswordWrong,
    ClientLoggedIn,
    LoggedOut,
    UsernameSet,
    EmailSet,
    PasswordSet,
    QuantityNotPositive,
    ProductNotFound,
    ItemAdded,
    ItemNotInCart,
    ItemRemoved,
    Items,
    CartPrice,
    CheckedOut,
    Shortage {
        product: String,
        merchant: String,
    },
    Merchants,
    Products,
    StoreNotFound,
    InvitationMade,
    InvitationWrong,
    StorenameOccupied,
    MerchantCreated,
    MerchantLoggedInBefore,
    MerchantPasswordWrong,
    MerchantLoggedIn,
    StorenameSet,
    DescriptionSet,
    ProductAdded,
    ProductDeleted,
    ProductNotDeleted,
    Restocked,
    NotOfThisStore,
    Profit,
    /// What no text of the older server says: a sentence of ours.
    BadRequest(String),
    /// A sentence of ours about something that will pass.
    Unavailable(String),
}

impl Answer {
    /// The text, as the older server's catalogue has it.
    #[must_use]
    pub fn text(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::NotLoggedIn => "401 Unauthorized: You have not logged in or your login has timed out",
            Self::Undefined => "400 Bad Request: You are trying to call an undefined method",
            Self::UsernameOccupied => "409 Conflict: This username is occupied",
            Self::ClientCreated | Self::MerchantCreated => "201 Created",
            Self::ClientLoggedInBefore => {
                "400 Bad Request: The user has been logged in, please do not log in again"
            }
            Self::ClientPasswordWrong => "403 Forbidden: The password of the user is incorrect",
            Self::ClientLoggedIn => "200 OK: This user is logged in",
            Self::LoggedOut => "200 OK: You have successfully logged out",
            Self::UsernameSet => "200 OK: Username has been set",
            Self::EmailSet => "200 OK: Email has been set",
            Self::PasswordSet => "200 OK: New password has been set",
            Self::QuantityNotPositive => {
                "400 Bad Request: The quantity of added products should be a positive integer"
            }
            Self::ProductNotFound => "404 Not Found: The product you are trying to add cannot be found",
            Self::ItemAdded => "200 OK: This product has been added to the shopping cart",
            Self::ItemNotInCart => "404 Not Found: This product is not in your shopping cart",
            Self::ItemRemoved => "200 OK: This product has been removed from the shopping cart",
            Self::Items => "200 OK: Obtained order list",
            Self::CartPrice => "200 OK: Order price obtained",
            Self::CheckedOut => "200 OK: Order has been checked out",
            Self::Merchants => "200 OK",
            Self::Products => "200 OK: Product list has been obtained",
            Self::StoreNotFound => "404 Not Found: No store with this name found",
            Self::InvitationMade => "200 OK: Invitation code has been generated",
            Self::InvitationWrong => {
                "406 Not Acceptable: Your invitation code cannot be verified. This invitation code may be wrong or has \
                 already been used. Please contact other merchants to request the invitation code."
            }
            // The second blank is theirs.
            Self::StorenameOccupied => "409 Conflict:  This storename is occupied",
            Self::MerchantLoggedInBefore => {
                "400 Bad Request: The merchant has been logged in, please do not log in again"
            }
            Self::MerchantPasswordWrong => "403 Forbidden: The password of the merchant is incorrect",
            Self::MerchantLoggedIn => "200 OK: This merchant is logged in",
            Self::StorenameSet => "200 OK: Storename has been set",
            Self::DescriptionSet => "200 OK: Description has been set",
            Self::ProductAdded => "200 OK: This product has been added to the product list",
            Self::ProductDeleted => "200 OK: This product has been deleted from the product list",
            Self::ProductNotDeleted => "404 Not Found: This product is not in your product list",
            Self::Restocked => "200 OK: This product has been restock",
            Self::NotOfThisStore => "400 Bad Request: You are restocking an item that is not from this store",
            Self::Profit => "200 OK: Your total profit has been obtained",
            Self::Shortage { product, merchant } => {
                return Cow::Owned(format!(
                    "400 Bad Request: Inventory shortage for product {product} from merchant {merchant}, checkout was \
                     not fully executed and this item is still in your cart"
                ));
            }
            Self::BadRequest(sentence) => return Cow::Owned(format!("400 Bad Request: {sentence}")),
            Self::Unavailable(sentence) => {
                return Cow::Owned(format!("503 Service Unavailable: {sentence}"));
            }
        })
    }
}

/// What stands beside the text of a reply.
#[derive(Debug, Clone, PartialEq)]
pub enum Extra {
    /// A number without a fraction.
    Int(i64),
    /// An amount.
    Amount(Money),
    /// A text.
    Text(String),
    /// A table of stores, the oldest first.
    Merchants(Vec<MerchantRow>),
    /// A table of what a store sells, the oldest first.
    Products(Vec<ProductRow>),
    /// A table of what is in a cart, in the order it was put there.
    Items(Vec<ItemRow>),
}

/// A store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MerchantRow {
    /// What it is called.
    pub storename: String,
    /// What it says of itself.
    pub description: String,
    /// Where mail reaches it.
    pub email: String,
}

/// Something a store sells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductRow {
    /// Its number on this wire.
    pub product: i64,
    /// What the store is called.
    pub storename: String,
    /// What it is called.
    pub name: String,
    /// What there is to know.
    pub description: String,
    /// What a copy costs.
    pub price: Money,
    /// How many copies there are.
    pub stock: i64,
}

/// A line of a cart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemRow {
    /// What the store is called.
    pub storename: String,
    /// The number of the product on this wire.
    pub product: i64,
    /// What it is called.
    pub name: String,
    /// What a copy costs.
    pub price: Money,
    /// How many.
    pub quantity: i64,
}

/// A cell of a table.
enum Cell {
    Text(String),
    /// The name of a store: clients ask with it, so it is never shortened, and it stands in many rows.
    Store(String),
    Int(i64),
    Amount(Money),
}

/// The answer to a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// What the client called its request.
    pub id: String,
    /// What is said.
    pub answer: Answer,
    /// What stands beside it.
    pub extra: Option<Extra>,
}

impl Reply {
    /// The pickle, of [`MOST_REPLY`] bytes at most.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut said = self.answer.text().into_owned();
        said.truncate(said.floor_char_boundary(MOST_TEXT));
        let text = format!("{} {said}", self.id);
        let (columns, rows): (&[&str], _) = match &self.extra {
            None => return pickled(&text, |_| {}),
            Some(Extra::Int(number)) => return pickled(&text, |out| out.int(*number)),
            Some(Extra::Amount(money)) => return pickled(&text, |out| out.float(float(*money))),
            Some(Extra::Text(beside)) => return pickled(&text, |out| out.text(beside)),
            Some(Extra::Merchants(rows)) => (&["storename", "description", "email"], merchants(rows)),
            Some(Extra::Products(rows)) => {
                (&["product_id", "storename", "productname", "description", "price", "stock"], products(rows))
            }
            Some(Extra::Items(rows)) => {
                (&["storename", "product_id", "productname", "price", "quantity"], items(rows))
            }
        };
        let mut shown = rows.get(rows.len().saturating_sub(MOST_ROWS)..).unwrap_or_default();
        let mut most_letters = usize::MAX;
        loop {
            let pickle = pickled(&text, |out| table(out, columns, shown, most_letters));
            match shown {
                _ if pickle.len() <= MOST_REPLY => return pickle,
                _ if most_letters > SHORTENED => most_letters = SHORTENED,
                // The newest rows stay.
                [_, newer @ ..] => shown = newer,
                [] => return pickled(&text, |_| {}),
            }
        }
    }
}

fn pickled(text: &str, beside: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut out = Writer::default();
    out.list(|out| {
        out.text(text);
        beside(out);
    });
    out.finish()
}

/// `DataFrame(rows, None, columns)`.
fn table(out: &mut Writer, columns: &[&str], rows: &[Vec<Cell>], most_letters: usize) {
    out.made_by("pandas.core.frame", "DataFrame", |out| {
        out.list(|out| {
            for row in rows {
                out.list(|out| row.iter().for_each(|cell| cell.write(out, most_letters)));
            }
        });
        out.none();
        out.list(|out| {
            for column in columns {
                out.text(column);
            }
        });
    });
}

impl Cell {
    fn write(&self, out: &mut Writer, most_letters: usize) {
        match self {
            Self::Text(text) => out.text(&shortened(text, most_letters)),
            Self::Store(name) => out.repeated_text(name),
            Self::Int(number) => out.int(*number),
            Self::Amount(money) => out.float(float(*money)),
        }
    }
}

fn shortened(text: &str, most_letters: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most_letters) {
        Some((end, _)) => Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default().trim_end())),
        None => Cow::Borrowed(text),
    }
}

fn merchants(rows: &[MerchantRow]) -> Vec<Vec<Cell>> {
    let cells = |row: &MerchantRow| {
        let MerchantRow { storename, description, email } = row.clone();
        vec![Cell::Store(storename), Cell::Text(description), Cell::Text(email)]
    };
    rows.iter().map(cells).collect()
}

fn products(rows: &[ProductRow]) -> Vec<Vec<Cell>> {
    let cells = |row: &ProductRow| {
        vec![
            Cell::Int(row.product),
            Cell::Store(row.storename.clone()),
            Cell::Text(named(&row.name, row.price)),
            Cell::Text(row.description.clone()),
            Cell::Amount(row.price),
            Cell::Int(row.stock),
        ]
    };
    rows.iter().map(cells).collect()
}

fn items(rows: &[ItemRow]) -> Vec<Vec<Cell>> {
    let cells = |row: &ItemRow| {
        vec![
            Cell::Store(row.storename.clone()),
            Cell::Int(row.product),
            Cell::Text(named(&row.name, row.price)),
            Cell::Amount(row.price),
            Cell::Int(row.quantity),
        ]
    };
    rows.iter().map(cells).collect()
}

/// What costs pounds says so in its name: amounts on this wire have no currency, and are taken for dollars.
fn named(name: &str, price: Money) -> String {
    match price.currency {
        Currency::Usd => name.to_owned(),
        Currency::Lbp => format!("{name} (LBP)"),
    }
}

/// An amount as this wire has it. It is shown and never calculated with.
fn float(money: Money) -> f64 {
    let text = match money.currency {
        Currency::Usd => {
            let sign = if money.minor < 0 { "-" } else { "" };
            let minor = money.minor.unsigned_abs();
            format!("{sign}{}.{:02}", minor / 100, minor % 100)
        }
        Currency::Lbp => money.minor.to_string(),
    };
    text.parse().unwrap_or_default()
}
