//! The wire of system 001: requests in JSON, replies in bare text.
//!
//! The client takes whatever it reads at once for the reply to what it asked, unless it begins like a message that was
//! pushed ([`push`]). Lists are JSON arrays, and stay so when something is wrong: the client reads nothing else there.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::list::{MOST, Room, fitting};
use super::object::{self, Broken, FromObject};
use super::python;
use crate::json::Typed;

/// There is an account.
pub const REGISTERED: &str = "Registration successful";
/// The user name is another's.
pub const USERNAME_TAKEN: &str = "Username already taken";
/// The e-mail address is another's.
pub const EMAIL_TAKEN: &str = "Database error: UNIQUE constraint failed: users.email";
/// The client goes on to the menu.
pub const LOGGED_IN: &str = "Login successful";
/// There is no such user, or the password is another.
pub const WRONG_CREDENTIALS: &str = "Invalid credentials";
/// It is on sale.
pub const ADDED: &str = "Product added successfully";
/// Nothing of that name was ever on sale.
pub const NO_PRODUCT: &str = "This product does not exist.";
/// All there was of that name is sold.
pub const SOLD: &str = "This product has already been purchased.";
/// There is no such command, or it cannot be read.
pub const INVALID: &str = "Invalid command";
/// What stands before what was said while the user was away.
pub const PENDING: &str = "\n\nYou have pending messages:\n";
/// A list without rows.
pub const NOTHING: &str = "[]";

/// What a client asks.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are what their names say")]
pub enum Request {
    /// An account.
    Register { name: String, email: String, username: String, password: Typed },
    /// To act as a user.
    #[serde(rename = "login")]
    LogIn { username: String, password: Typed },
    /// To sell a thing. Whose it is said to be does not count.
    AddProduct {
        name: String,
        #[serde(default)]
        description: String,
        #[serde(deserialize_with = "text_or_number")]
        price: String,
    },
    /// Who bought what the asker sold.
    #[serde(rename = "view_buyers")]
    Buyers,
    /// Everything on sale.
    #[serde(rename = "view_products")]
    Products,
    /// What a user sells and sold.
    #[serde(rename = "view_products_by_owner")]
    ProductsOf { owner: String },
    /// To buy a thing of that name.
    #[serde(rename = "buy_product")]
    Buy { product: String },
    /// Whether a user is here.
    #[serde(rename = "check_online_status")]
    IsOnline { owner: String },
    /// To say something to a user.
    #[serde(rename = "send_message")]
    Send { owner: String, message: String },
    /// The end.
    Quit,
}

fn text_or_number<'de, D: serde::Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    match Value::deserialize(from)? {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(serde::de::Error::custom("neither a text nor a number")),
    }
}

/// What cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// It is not an object.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// There is no such command.
    #[error("there is no such command")]
    Command,
    /// A field is missing, or is of another type.
    #[error("{problem}")]
    Field {
        /// The command asks for a list.
        list: bool,
        /// What is wrong.
        problem: String,
    },
}

impl Malformed {
    /// What the client can read there.
    #[must_use]
    pub const fn reply(&self) -> &'static str {
        match self {
            Self::Field { list: true, .. } => NOTHING,
            _ => INVALID,
        }
    }
}

/// The commands, and whether they ask for a list.
const COMMANDS: [(&str, bool); 10] = [
    ("register", false),
    ("login", false),
    ("add_product", false),
    ("view_buyers", true),
    ("view_products", true),
    ("view_products_by_owner", true),
    ("buy_product", false),
    ("check_online_status", false),
    ("send_message", false),
    ("quit", false),
];

impl FromObject for Request {
    type Malformed = Malformed;

    fn from_object(object: Map<String, Value>) -> Result<Self, Malformed> {
        let command = object.get("command").and_then(Value::as_str);
        let known = COMMANDS.iter().find(|(name, _)| Some(*name) == command);
        let &(_, list) = known.ok_or(Malformed::Command)?;
        serde_json::from_value(Value::Object(object))
            .map_err(|error| Malformed::Field { list, problem: error.to_string() })
    }
}

/// The requests of a client, in whatever pieces they come.
pub type Requests = object::Requests<Request>;

/// Something that is or was on sale.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its number.
    pub id: i64,
    /// What it is.
    pub name: String,
    /// What there is to know.
    pub description: String,
    /// What it costs.
    pub price: f64,
    /// Who sells it.
    pub owner: String,
    /// Who bought it, if it is sold.
    pub buyer: Option<String>,
}

/// Somebody bought something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buyer {
    /// What.
    pub product: String,
    /// The name the buyer shows.
    pub name: String,
    /// The buyer's user name.
    pub username: String,
    /// The buyer's e-mail address.
    pub email: String,
}

/// What is or was on sale, as far as the last rows fit.
#[must_use]
pub fn products(listings: &[Row]) -> String {
    fitting(listings, |listings, room: Room| {
        let row = |row: &Row| {
            let buyer = row.buyer.as_deref().map(|buyer| room.name(buyer));
            json!([
                row.id,
                room.name(&row.name),
                room.text(&row.description),
                row.price,
                room.name(&row.owner),
                buyer
            ])
        };
        python::json(&Value::Array(listings.iter().map(row).collect()))
    })
}

/// Who bought what the asker sold, as far as the last rows fit.
#[must_use]
pub fn buyers(sold: &[Buyer]) -> String {
    fitting(sold, |sold, room: Room| {
        let row = |row: &Buyer| {
            json!([
                room.name(&row.product),
                room.name(&row.name),
                room.name(&row.username),
                room.name(&row.email)
            ])
        };
        python::json(&Value::Array(sold.iter().map(row).collect()))
    })
}

/// The text, or its beginning and three dots, in so many bytes.
fn cut(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    format!("{}...", &text[..text.floor_char_boundary(most.saturating_sub(3))])
}

/// It was not done, for that reason: the client shows it.
#[must_use]
pub fn error(why: &str) -> String {
    cut(&format!("Database error: {why}"), MOST)
}

/// It was bought. The day is year, month and day.
#[must_use]
pub fn purchased(day: &str) -> String {
    format!(
        "Product purchased successfully.\nPick up your item on {day} any time after 8:00 AM from AUB Post Office."
    )
}

/// A name as it was asked for. In several lines it would pass for a message that is pushed.
fn echoed(user: &str) -> String {
    cut(user, 900).replace(['\n', '\r'], " ")
}

/// Whether a user is here; nothing when there is none of that name.
#[must_use]
pub fn online(user: &str, here: Option<bool>) -> String {
    let user = echoed(user);
    match here {
        Some(true) => format!("{user} is online"),
        Some(false) => format!("{user} is offline"),
        None => format!("{user} doesn't exist"),
    }
}

/// The recipient has the message.
#[must_use]
pub fn sent(user: &str) -> String {
    format!("Message to {} sent.", echoed(user))
}

/// The recipient will have it.
#[must_use]
pub fn queued(user: &str) -> String {
    format!("Message to {} queued for delivery.", cut(user, 900))
}

/// There is no such recipient.
#[must_use]
pub fn nobody(user: &str) -> String {
    format!("User {} does not exist.", cut(user, 900))
}

/// A text that the client only shows. What begins like a pushed message would not be taken for a reply.
#[must_use]
pub fn text(text: &str) -> String {
    cut(text.trim_start(), MOST)
}

/// What somebody said, as it is pushed: in several parts when it is too long for one.
#[must_use]
pub fn push(sender: &str, message: &str) -> Vec<String> {
    let head = format!("\nNew message from {}:\n", cut(sender, 180));
    let mut rest = message;
    let mut parts = Vec::new();
    while parts.is_empty() || !rest.is_empty() {
        let (part, after) = rest.split_at(rest.floor_char_boundary(MOST - head.len()));
        parts.push(format!("{head}{part}"));
        rest = after;
    }
    parts
}

/// The reply to a log-in, with what was said while the user was away, each with who said it; and how many of them stand in
/// it. The others are to be pushed.
#[must_use]
pub fn logged_in(said: &[(String, String)]) -> (String, usize) {
    let mut reply = LOGGED_IN.to_owned();
    for (count, (sender, message)) in said.iter().enumerate() {
        let before = if count == 0 { PENDING } else { "\n" };
        let row = format!("{before}Message from {}: \n {message}", cut(sender, 180));
        if reply.len() + row.len() > MOST {
            return (reply, count);
        }
        reply.push_str(&row);
    }
    (reply, said.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_read() {
        let read = |text: &str| Request::from_object(serde_json::from_str(text).unwrap());
        let typed = |text: &str| Typed::from_wire(text.to_owned());
        let owned = str::to_owned;
        assert_eq!(
            read(
                r#"{"command": "register", "name": "A", "email": "a@b.c", "username": "a", "password": "p"}"#
            ),
            Ok(Request::Register {
                name: owned("A"),
                email: owned("a@b.c"),
                username: owned("a"),
                password: typed("p")
            })
        );
        assert_eq!(
            read(r#"{"command": "login", "username": "a", "password": "p"}"#),
            Ok(Request::LogIn { username: owned("a"), password: typed("p") })
        );
        assert_eq!(
            read(
                r#"{"command": "add_product", "name": "Lamp", "description": "d", "price": "12.5", "owner": "a"}"#
            ),
            Ok(Request::AddProduct { name: owned("Lamp"), description: owned("d"), price: owned("12.5") })
        );
        assert_eq!(read(r#"{"command": "view_buyers"}"#), Ok(Request::Buyers));
        assert_eq!(read(r#"{"command": "view_products"}"#), Ok(Request::Products));
        assert_eq!(
            read(r#"{"command": "view_products_by_owner", "owner": "a"}"#),
            Ok(Request::ProductsOf { owner: owned("a") })
        );
        assert_eq!(
            read(r#"{"command": "buy_product", "product": "Lamp"}"#),
            Ok(Request::Buy { product: owned("Lamp") })
        );
        assert_eq!(
            read(r#"{"command": "check_online_status", "owner": "a"}"#),
            Ok(Request::IsOnline { owner: owned("a") })
        );
        assert_eq!(
            read(r#"{"command": "send_message", "owner": "a", "message": "m"}"#),
            Ok(Request::Send { owner: owned("a"), message: owned("m") })
        );
        assert_eq!(read(r#"{"command": "quit"}"#), Ok(Request::Quit));
    }

    #[test]
    fn what_cannot_be_read_is_answered_with_what_the_client_can_read() {
        let reply =
            |text: &str| Request::from_object(serde_json::from_str(text).unwrap()).unwrap_err().reply();
        for bad in ["{}", r#"{"command": 1}"#, r#"{"command": "dance"}"#, r#"{"command": "login"}"#] {
            assert_eq!(reply(bad), INVALID, "{bad}");
        }
        assert_eq!(reply(r#"{"command": "view_products_by_owner"}"#), NOTHING);
        assert_eq!(reply(r#"{"command": "view_products_by_owner", "owner": [1]}"#), NOTHING);
        let mut requests = Requests::default();
        requests.push(b"{\"command\": nonsense}");
        assert_eq!(requests.next_request(), Some(Err(Malformed::Broken(Broken::NotJson))));
    }

    #[test]
    fn replies_are_what_the_older_server_said() {
        let lamp = Row {
            id: 12,
            name: "Lamp".to_owned(),
            description: "été".to_owned(),
            price: 12.0,
            owner: "alice".to_owned(),
            buyer: None,
        };
        let sold = Row { id: 15, buyer: Some("bob".to_owned()), ..lamp.clone() };
        assert_eq!(
            products(&[lamp, sold]),
            r#"[[12, "Lamp", "\u00e9t\u00e9", 12.0, "alice", null], [15, "Lamp", "\u00e9t\u00e9", 12.0, "alice", "bob"]]"#
        );
        assert_eq!(products(&[]), "[]");
        let buyer = Buyer {
            product: "Lamp".to_owned(),
            name: "Bob".to_owned(),
            username: "bob".to_owned(),
            email: "bob@mail.aub.edu".to_owned(),
        };
        assert_eq!(buyers(&[buyer]), r#"[["Lamp", "Bob", "bob", "bob@mail.aub.edu"]]"#);
        assert_eq!(
            purchased("2026-11-24"),
            "Product purchased successfully.\nPick up your item on 2026-11-24 any time after 8:00 AM from AUB Post Office."
        );
        assert_eq!(online("bob", Some(true)), "bob is online");
        assert_eq!(online("bob", Some(false)), "bob is offline");
        assert_eq!(online("bob", None), "bob doesn't exist");
        assert_eq!(sent("bob"), "Message to bob sent.");
        assert_eq!(queued("bob"), "Message to bob queued for delivery.");
        assert_eq!(nobody("bob"), "User bob does not exist.");
        assert_eq!(push("bob", "hi"), ["\nNew message from bob:\nhi"]);
        let said = |from: &str, text: &str| (from.to_owned(), text.to_owned());
        assert_eq!(logged_in(&[]), ("Login successful".to_owned(), 0));
        assert_eq!(
            logged_in(&[said("bob", "hi"), said("eve", "ho")]).0,
            "Login successful\n\nYou have pending messages:\nMessage from bob: \n hi\nMessage from eve: \n ho"
        );
    }

    #[test]
    fn no_reply_is_longer_than_the_client_reads_at_once() {
        let long = "é\"😀".repeat(500);
        let row = |id| Row {
            id,
            name: long.clone(),
            description: long.clone(),
            price: f64::MAX,
            owner: long.clone(),
            buyer: Some(long.clone()),
        };
        let listings: Vec<Row> = (0..60).map(row).collect();
        let buyer = |_| Buyer {
            product: long.clone(),
            name: long.clone(),
            username: long.clone(),
            email: long.clone(),
        };
        let sold: Vec<Buyer> = (0..60).map(buyer).collect();
        for list in [products(&listings), buyers(&sold)] {
            assert!(list.len() <= MOST, "{} bytes: {list}", list.len());
            assert_ne!(serde_json::from_str::<Value>(&list).unwrap(), json!([]));
        }
        let said = |length: usize| ("bob".to_owned(), "x".repeat(length));
        let (reply, count) = logged_in(&[said(500), said(400), said(400)]);
        assert!(reply.len() <= MOST && count == 2);
        assert_eq!(logged_in(&[said(5_000)]), ("Login successful".to_owned(), 0));
        for reply in
            [error(&long), online(&long, None), sent(&long), queued(&long), nobody(&long), text(&long)]
        {
            assert!(reply.len() <= MOST, "{} bytes: {reply}", reply.len());
        }
    }

    #[test]
    fn a_long_message_is_pushed_in_parts_that_are_all_known_as_such() {
        let message = "all of it, été 😀 ".repeat(200);
        let parts = push("bob", &message);
        assert!(parts.len() > 3 && parts.iter().all(|part| part.len() <= MOST));
        let read: String =
            parts.iter().map(|part| part.strip_prefix("\nNew message from bob:\n").unwrap()).collect();
        assert_eq!(read, message);
        assert_eq!(push("bob", ""), ["\nNew message from bob:\n"]);
    }
}
