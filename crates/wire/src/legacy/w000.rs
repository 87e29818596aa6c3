//! The wire of system 000: a hand-shake in plain text, then JSON.
//!
//! ```text
//!  Welcome! ─▶ register name e-mail user hash ─▶ Account created. ─▶ user hash ─▶ login successful. ─▶ { … }{ … } …
//!     ▲   └──▶ log in user hash ──────────────────────────────────────────────────────▲
//!     └── anything else, or no ──┘
//! ```
//!
//! Nothing separates what the client sends in the hand-shake, so it is read by what it must look like: an address of the
//! university, and at the end a password's hash in 64 hexadecimal digits ([`HandShake`]). Where only silence tells that no
//! digit follows, the one who reads waits for it. What comes after is one JSON object per request ([`Requests`]).

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::list::{MOST, Room, cut, fitting};
use super::object::{self, Broken, FromObject};
use super::python;
use crate::json::Typed;

/// What the client reads before each choice.
pub const WELCOME: &str = "Welcome! Please type \"register\" to register or \"log in\" to log in ";
/// There is an account, and the client goes on to log in.
pub const REGISTERED: &str = "Account created. Please log in with your new account.";
/// The user name is another's.
pub const USERNAME_TAKEN: &str =
    "Username already exists, please try a different username, or log in with your account.";
/// The client goes on to the menu.
pub const LOGGED_IN: &str = "login successful.";
/// There is no such user, or the password is another.
pub const WRONG_CREDENTIALS: &str = "Invalid username or password, please try again or register!";

/// What the domain of every e-mail address is here.
const DOMAIN: &[u8] = b"@mail.aub.edu";
/// How many hexadecimal digits a hash has.
const HASH: usize = 64;
/// The most bytes a turn of the hand-shake may have.
const MOST_SAID: usize = 4 * 1_024;

/// What a client says in the hand-shake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// It wants an account.
    Register(Registration),
    /// It wants to log in.
    LogIn {
        /// As whom.
        user: String,
        /// The hash that serves as a password.
        hash: Typed,
    },
    /// Neither. It waits to be welcomed again.
    Neither,
}

/// Who wants an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// The name shown. Where it ends and the e-mail address begins may have been guessed.
    pub name: String,
    /// The e-mail address, if it is known for certain where it begins.
    pub email: Option<String>,
    /// The user name.
    pub user: String,
    /// The hash that serves as a password.
    pub hash: Typed,
}

/// How much silence tells that what came is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// A little: it looks whole.
    Short,
    /// More: it comes in small pieces.
    Long,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    Register,
    LogIn,
}

/// The hand-shake: bytes that came and are not understood yet, at most 4 KiB and what was pushed last.
#[derive(Debug, Default)]
pub struct HandShake {
    bytes: Vec<u8>,
    /// Where pieces began.
    pieces: Vec<usize>,
    choice: Option<Choice>,
    /// Too much was said: nothing is kept until there is silence.
    too_long: bool,
}

impl HandShake {
    /// A piece came.
    pub fn push(&mut self, piece: &[u8]) {
        if self.too_long {
            return;
        }
        self.pieces.push(self.bytes.len());
        self.bytes.extend_from_slice(piece);
    }

    /// The account was made: the client logs in without saying so.
    pub const fn expect_log_in(&mut self) {
        self.choice = Some(Choice::LogIn);
    }

    /// What is said for certain, whatever comes behind it.
    pub fn heard(&mut self) -> Option<Said> {
        self.choose();
        match self.hash() {
            Some(end) if end < self.bytes.len() => Some(self.take(end)),
            _ if self.bytes.len() > MOST_SAID => {
                *self = Self { too_long: true, ..Self::default() };
                None
            }
            _ => None,
        }
    }

    /// How much silence would make something of what came; nothing when more has to come, however long it takes: a person is
    /// typing.
    #[must_use]
    pub fn silence(&self) -> Option<Silence> {
        let begins = match self.choice {
            _ if self.too_long => return Some(Silence::Long),
            None if self.bytes.is_empty() => return None,
            None => 0,
            Some(_) => match self.hash() {
                Some(end) => end - HASH,
                None if self.is_no_choice() => return Some(Silence::Long),
                None => return None,
            },
        };
        let whole = self.pieces.last().is_none_or(|&piece| piece <= begins);
        Some(if whole { Silence::Short } else { Silence::Long })
    }

    /// What is said, if nothing comes behind it.
    pub fn after_silence(&mut self) -> Option<Said> {
        match self.choice {
            _ if self.too_long => Some(self.neither()),
            None if self.bytes.is_empty() => None,
            None => Some(self.neither()),
            Some(_) => match self.hash() {
                Some(end) => Some(self.take(end)),
                None => self.is_no_choice().then(|| self.neither()),
            },
        }
    }

    /// Whether what was taken for a choice only begins like one, as `registered` does. A client sends its choice alone or, in
    /// one piece with it, all the rest.
    fn is_no_choice(&self) -> bool {
        !self.bytes.is_empty() && self.pieces.is_empty()
    }

    /// What came behind the hand-shake.
    #[must_use]
    pub fn rest(self) -> Vec<u8> {
        self.bytes
    }

    fn choose(&mut self) {
        if self.choice.is_some() {
            return;
        }
        let blank = self.bytes.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.drop_first(blank);
        for (word, choice) in [("register", Choice::Register), ("log in", Choice::LogIn)] {
            let first = self.bytes.get(..word.len());
            if first.is_some_and(|first| first.eq_ignore_ascii_case(word.as_bytes())) {
                self.drop_first(word.len());
                self.choice = Some(choice);
            }
        }
    }

    /// Where the hash ends, once all that comes before it is there too.
    fn hash(&self) -> Option<usize> {
        let least = match self.choice? {
            // The address, and at least one letter of a user name.
            Choice::Register => self.domain()? + DOMAIN.len() + 1,
            Choice::LogIn => 0,
        };
        let mut digits = 0;
        for (at, byte) in self.bytes.iter().enumerate().skip(least) {
            digits = if matches!(byte, b'0'..=b'9' | b'a'..=b'f') { digits + 1 } else { 0 };
            let last = self.bytes.get(at + 1).is_none_or(|next| !matches!(next, b'0'..=b'9' | b'a'..=b'f'));
            if last && digits >= HASH {
                return Some(at + 1);
            }
        }
        None
    }

    fn domain(&self) -> Option<usize> {
        self.bytes.windows(DOMAIN.len()).position(|window| window.eq_ignore_ascii_case(DOMAIN))
    }

    /// Takes what is said, which ends with a hash there.
    fn take(&mut self, end: usize) -> Said {
        let text = |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned();
        let hash = Typed::from_wire(text(self.bytes.get(end - HASH..end)));
        let domain = if self.choice == Some(Choice::Register) { self.domain() } else { None };
        let said = match domain {
            None => {
                let user = text(self.bytes.get(..end - HASH));
                // The client does not say it here, but somebody else may.
                let user = user.trim().strip_prefix("log in").unwrap_or(user.trim()).to_owned();
                Said::LogIn { user, hash }
            }
            Some(domain) => {
                let user = text(self.bytes.get(domain + DOMAIN.len()..end - HASH)).trim().to_owned();
                let both = self.bytes.get(..domain).unwrap_or_default();
                let (at, certain) = self.address(both, &user);
                let (name, local) = both.split_at(at);
                let email = format!("{}@mail.aub.edu", text(Some(local)).trim());
                Said::Register(Registration {
                    name: text(Some(name)).trim().to_owned(),
                    email: certain.then_some(email),
                    user,
                    hash,
                })
            }
        };
        self.drop_first(end);
        self.choice = None;
        said
    }

    /// Where in name and address together the address begins, and whether that is certain. A piece began there, or else it is
    /// the user name, or else behind the last blank or capital letter: the client sends none in it.
    fn address(&self, both: &[u8], user: &str) -> (usize, bool) {
        let is_address = |from: &usize| {
            let local = both.get(*from..).unwrap_or_default();
            !local.is_empty()
                && !local.iter().any(|byte| byte.is_ascii_whitespace() || byte.is_ascii_uppercase())
        };
        let mut inside = self.pieces.iter().copied().filter(|&piece| 0 < piece && piece < both.len());
        if let (Some(piece), None) = (inside.next().filter(is_address), inside.next()) {
            return (piece, true);
        }
        if both.ends_with(user.as_bytes()) {
            // Most likely; but a user `an` may have the address `susan`.
            return (both.len() - user.len(), false);
        }
        let last = both.iter().rposition(|byte| byte.is_ascii_whitespace() || byte.is_ascii_uppercase());
        (last.map_or(0, |last| last + 1), false)
    }

    fn neither(&mut self) -> Said {
        *self = Self::default();
        Said::Neither
    }

    fn drop_first(&mut self, count: usize) {
        drop(self.bytes.drain(..count));
        self.pieces = self.pieces.iter().filter_map(|piece| piece.checked_sub(count)).collect();
    }
}

/// What a client that is logged in asks.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "action")]
#[expect(missing_docs, reason = "the fields are what their names say")]
pub enum Request {
    /// Everything that is on sale.
    #[serde(rename = "display_all")]
    DisplayAll,
    /// What a user has on sale.
    #[serde(rename = "display_user")]
    DisplayUser { username: String },
    /// What has that in its name.
    #[serde(rename = "show_matching")]
    ShowMatching { search_term: String },
    /// To buy a thing. The list it was chosen from comes along and says nothing.
    #[serde(rename = "buy")]
    Buy {
        #[serde(rename = "ID", deserialize_with = "text_or_number")]
        id: String,
    },
    /// To sell a thing. The image is a path on the client's machine.
    #[serde(rename = "add")]
    Add {
        name: String,
        #[serde(deserialize_with = "text_or_number")]
        price: String,
        description: String,
        #[serde(default)]
        image: String,
    },
    /// Who bought what the asker sold.
    #[serde(rename = "view")]
    View,
    /// Whether a user is here.
    #[serde(rename = "check")]
    Check { user: String },
    /// To say something to a user.
    #[serde(rename = "send")]
    Send { to_user: String, message: String },
    /// What was said to the asker.
    #[serde(rename = "get_msgs")]
    Messages,
    /// The end.
    #[serde(rename = "log_out")]
    LogOut,
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
    #[error("The request could not be read: it is not a JSON object, or too long.")]
    Broken(#[from] Broken),
    /// There is no such action.
    #[error("There is no such action.")]
    Action,
    /// A field is missing, or is of another type.
    #[error("The request could not be read: {0}.")]
    Field(String),
}

const ACTIONS: [&str; 10] = [
    "display_all",
    "display_user",
    "show_matching",
    "buy",
    "add",
    "view",
    "check",
    "send",
    "get_msgs",
    "log_out",
];

impl FromObject for Request {
    type Malformed = Malformed;

    fn from_object(object: Map<String, Value>) -> Result<Self, Malformed> {
        match object.get("action").and_then(Value::as_str) {
            Some(action) if ACTIONS.contains(&action) => serde_json::from_value(Value::Object(object))
                .map_err(|error| Malformed::Field(error.to_string())),
            _ => Err(Malformed::Action),
        }
    }
}

/// The requests of a client that is logged in, in whatever pieces they come.
pub type Requests = object::Requests<Request>;

/// Something on sale.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its number.
    pub id: i64,
    /// What it is.
    pub name: String,
    /// Who sells it.
    pub owner: String,
    /// What it costs.
    pub price: f64,
    /// What there is to know.
    pub description: String,
    /// What it looks like: a path.
    pub image: String,
}

/// Somebody bought something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purchase {
    /// Who.
    pub buyer: String,
    /// What.
    pub product: String,
    /// Its number.
    pub id: i64,
}

fn rows<R>(header: &str, rows: &[R], none: &str, row: impl Fn(&R) -> String) -> String {
    if rows.is_empty() {
        return none.to_owned();
    }
    let rows: String = rows.iter().map(row).collect();
    format!("{header}{rows}")
}

/// Everything on sale, as far as the last rows fit.
#[must_use]
pub fn display_all(listings: &[Row]) -> String {
    fitting(listings, |listings, room| {
        let content =
            rows("Product Listings:\n", listings, "No products for sale at the moment\n", |row: &Row| {
                format!(
                    "Item: {}, owner: {}, price: {}, description: {}, image: {}, ID: {}\n\n",
                    room.name(&row.name),
                    room.name(&row.owner),
                    python::float_repr(row.price),
                    room.text(&row.description),
                    room.text(&row.image),
                    row.id
                )
            });
        python::json(&json!({ "action": "display_all", "content": content }))
    })
}

/// What a user has on sale, as far as the last rows fit.
#[must_use]
pub fn display_user(user: &str, listings: &[Row]) -> String {
    fitting(listings, |listings, room| {
        let user = cut(user, 180);
        let header = format!("Product(s) of {user}:\n");
        let none = format!("{user} has no items for sale right now!");
        let content = rows(&header, listings, &none, |row: &Row| {
            format!(
                "Item: {}, price: {}, description: {}, image: {}, ID: {}\n\n",
                room.name(&row.name),
                python::float_repr(row.price),
                room.text(&row.description),
                room.text(&row.image),
                row.id
            )
        });
        python::json(&json!({ "action": "display_user", "content": content }))
    })
}

/// There is nobody of that name whose things could be shown.
#[must_use]
pub fn display_nobody() -> String {
    python::json(&json!({ "action": "display_user", "content": "Username does not exist!" }))
}

/// What was found, as far as the last rows fit, with the numbers as texts: the client compares them with what is typed.
#[must_use]
pub fn matching(listings: &[Row]) -> String {
    fitting(listings, |listings, room| {
        let none = "No products found matching your search.";
        let text = rows("Matching Products:\n", listings, none, |row: &Row| {
            format!("ID: {}, Item: {}, Owner: {}\n\n", row.id, room.name(&row.name), room.name(&row.owner))
        });
        let ids: Vec<String> = listings.iter().map(|row| row.id.to_string()).collect();
        python::json(&json!({ "action": "matching_prods", "message": text, "IDs": ids }))
    })
}

/// A text that the client shows.
#[must_use]
pub fn message(text: &str) -> String {
    let frame = python::json(&json!({ "action": "message", "message": "" })).len();
    python::json(&json!({ "action": "message", "message": cut(text, MOST - frame) }))
}

/// It was bought. The day is year, month and day.
#[must_use]
pub fn purchased(name: &str, day: &str) -> String {
    let name = cut(name, 800);
    message(&format!("Purchase confirmed! Please collect '{name}' from the AUB Post Offie on {day}."))
}

/// It was put on sale.
pub const ADDED: &str = "Product added successfully";
/// There is nobody of that name.
pub const NOBODY: &str = "User does not exist please make sure you spelled it correctly.";
/// Nobody talks to themselves.
pub const YOURSELF: &str = "Cannot send messages to yourself.";
/// Nothing was said that was not shown before.
pub const NO_MESSAGES: &str = "No new messages.";

/// Whether a user is here.
#[must_use]
pub fn online(user: &str, here: bool) -> String {
    message(&format!("{} is {}.", cut(user, 800), if here { "online" } else { "not online" }))
}

/// It was said.
#[must_use]
pub fn sent(user: &str) -> String {
    message(&format!("Message sent to {} successfully.", cut(user, 800)))
}

/// It was not said: there is nobody to hear it.
#[must_use]
pub fn not_sent(user: &str) -> String {
    message(&format!("{} is not online, message could not be sent.", cut(user, 800)))
}

/// Who bought what the asker sold, as far as the last rows fit.
#[must_use]
pub fn purchases(sold: &[Purchase]) -> String {
    fitting(sold, |sold, room: Room| {
        let none = "No purchases have been made for your products.";
        let text = rows("Purchases of your products :\n", sold, none, |row: &Purchase| {
            let (buyer, product) = (room.name(&row.buyer), room.name(&row.product));
            format!("Buyer: {buyer},\nProduct: {product},\nProduct ID: {}\n\n", row.id)
        });
        python::json(&json!({ "action": "message", "message": text }))
    })
}

/// Something was said to the client's user: what, it has to ask for.
#[must_use]
pub fn new_message() -> String {
    python::json(&json!({ "action": "new_message" }))
}

/// What was said, each with who said it: the reply, how many of them stand in it whole, and how many bytes of the next one
/// do. Of a single one that is too long, the beginning is shown.
#[must_use]
pub fn messages(said: &[(String, String)]) -> (String, usize, usize) {
    let wrap =
        |content: &str| python::json(&json!({ "action": "get_msgs", "new": true, "content": content }));
    let mut content = String::from("\nYour messages:\n");
    let row = |from: &str, text: &str| format!("From: {}, Message: {text}\n\n", cut(from, 180));
    for (whole, (from, text)) in said.iter().enumerate() {
        let before = content.len();
        content.push_str(&row(from, text));
        if wrap(&content).len() <= MOST {
            continue;
        }
        content.truncate(before);
        if whole > 0 {
            return (wrap(&content), whole, 0);
        }
        let frame = wrap(&format!("{content}{}", row(from, ""))).len();
        let part = python::json_prefix(text, MOST - frame);
        content.push_str(&row(from, text.get(..part).unwrap_or_default()));
        return (wrap(&content), 0, part);
    }
    (wrap(&content), said.len(), 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH_A: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn hash() -> Typed {
        Typed::from_wire(HASH_A.to_owned())
    }

    fn log_in(user: &str) -> Said {
        Said::LogIn { user: user.to_owned(), hash: hash() }
    }

    /// What is said in these pieces, silence behind them.
    fn said(pieces: &[&str]) -> Vec<Said> {
        let mut hand_shake = HandShake::default();
        let mut all = Vec::new();
        for piece in pieces {
            hand_shake.push(piece.as_bytes());
            while let Some(said) = hand_shake.heard() {
                all.push(said);
            }
        }
        all.extend(hand_shake.after_silence());
        all
    }

    fn registration(pieces: &[&str]) -> (String, Option<String>, String) {
        match said(pieces).as_slice() {
            [Said::Register(Registration { name, email, user, hash: typed })] => {
                assert_eq!(*typed, hash());
                (name.clone(), email.clone(), user.clone())
            }
            other => panic!("{pieces:?}: {other:?}"),
        }
    }

    #[test]
    fn a_registration_is_read_however_it_is_glued() {
        let alice = |name: &str, email: &str| (name.to_owned(), Some(email.to_owned()), "alice".to_owned());
        let blob = format!("registerAlice Doealice@mail.aub.edualice{HASH_A}");
        assert_eq!(registration(&[&blob]), ("Alice Doe".to_owned(), None, "alice".to_owned()));
        // Who is called Susan and has the user name `an` does not take the address of somebody else.
        let blob = format!("registerSusansusan@mail.aub.eduan{HASH_A}");
        assert_eq!(registration(&[&blob]).1, None);
        let rest = format!("alice{HASH_A}");
        assert_eq!(
            registration(&["register", "Alice Doe", "ad@mail.aub.edu", "alice", HASH_A]),
            alice("Alice Doe", "ad@mail.aub.edu")
        );
        assert_eq!(
            registration(&["registerAlice Doe", "ad@mail.aub.edu", &rest]),
            alice("Alice Doe", "ad@mail.aub.edu")
        );
        let guessed = registration(&[&format!("registerAlice Doead@mail.aub.edualice{HASH_A}")]);
        assert_eq!(guessed, ("Alice D".to_owned(), None, "alice".to_owned()));
        let lower = registration(&[&format!("registeralice doead@mail.aub.edualice{HASH_A}")]);
        assert_eq!(lower, ("alice".to_owned(), None, "alice".to_owned()));
    }

    #[test]
    fn a_user_name_of_hexadecimal_digits_is_not_taken_for_a_hash() {
        let bytes = format!("registerAbe Beeabe@mail.aub.eduabe{HASH_A}");
        let pieces: Vec<&str> = (0..bytes.len()).map(|at| &bytes[at..=at]).collect();
        let (_, _, user) = registration(&pieces);
        assert_eq!(user, "abe");
        assert_eq!(said(&["log in", "abe", HASH_A]), [log_in("abe")]);
    }

    #[test]
    fn silence_is_waited_for_only_where_it_tells_something() {
        let mut hand_shake = HandShake::default();
        let mut silence = |piece: &str| {
            hand_shake.push(piece.as_bytes());
            assert_eq!(hand_shake.heard(), None);
            hand_shake.silence()
        };
        assert_eq!(silence("log"), Some(Silence::Short));
        assert_eq!(silence(" i"), Some(Silence::Long));
        assert_eq!(silence("n"), None);
        assert_eq!(silence("alice"), None);
        assert_eq!(silence(&HASH_A[..60]), None);
        assert_eq!(silence(&HASH_A[60..]), Some(Silence::Long));
        let mut hand_shake = HandShake::default();
        hand_shake.push(format!("log inalice{HASH_A}").as_bytes());
        assert_eq!((hand_shake.heard(), hand_shake.silence()), (None, Some(Silence::Short)));
    }

    #[test]
    fn what_is_neither_is_said_once() {
        assert_eq!(said(&["help"]), [Said::Neither]);
        assert_eq!(said(&["reg"]), [Said::Neither]);
        assert_eq!(said(&["login", "x"]), [Said::Neither]);
        assert_eq!(said(&[]), []);
        assert_eq!(said(&["register", "nobody"]), []);
        for near in ["registered", "register ", "log in ", "log in please"] {
            assert_eq!(said(&[near]), [Said::Neither], "{near:?}");
        }
        assert_eq!(said(&["register", &"x".repeat(MOST_SAID + 1)]), [Said::Neither]);
    }

    #[test]
    fn what_follows_is_kept() {
        let mut hand_shake = HandShake::default();
        hand_shake.push(format!("log inalice{HASH_A}{{\"action\":\"view\"}}").as_bytes());
        assert_eq!(hand_shake.heard(), Some(log_in("alice")));
        assert_eq!(hand_shake.rest(), b"{\"action\":\"view\"}");
        let two = format!("log inalice{HASH_A}log inbob{HASH_A}");
        assert_eq!(said(&[&two]), [log_in("alice"), log_in("bob")]);
    }

    #[test]
    fn after_an_account_was_made_the_client_logs_in_without_saying_so() {
        for glued in ["", "log in"] {
            let mut hand_shake = HandShake::default();
            hand_shake.expect_log_in();
            hand_shake.push(format!("{glued}alice{HASH_A}").as_bytes());
            assert_eq!(hand_shake.heard(), None);
            assert_eq!(hand_shake.after_silence(), Some(log_in("alice")));
        }
    }

    #[test]
    fn requests_are_read() {
        let read = |text: &str| Request::from_object(serde_json::from_str(text).unwrap());
        assert_eq!(read(r#"{"action": "view", "more": 1}"#), Ok(Request::View));
        assert_eq!(
            read(r#"{"action": "buy", "prod_list": "Matching Products:\n", "ID": "7"}"#),
            Ok(Request::Buy { id: "7".to_owned() })
        );
        assert_eq!(
            read(r#"{"action": "add", "name": "Lamp", "price": 12.0, "description": "", "image": "a.png"}"#),
            Ok(Request::Add {
                name: "Lamp".to_owned(),
                price: "12.0".to_owned(),
                description: String::new(),
                image: "a.png".to_owned()
            })
        );
        for bad in ["{}", r#"{"action": 1}"#, r#"{"action": "dance"}"#, r#"{"action": ["view"]}"#] {
            assert_eq!(read(bad), Err(Malformed::Action), "{bad}");
        }
        for bad in [
            r#"{"action": "check"}"#,
            r#"{"action": "check", "user": 1}"#,
            r#"{"action": "check", "user": null}"#,
            r#"{"action": "add", "name": "Lamp", "price": [], "description": "", "image": ""}"#,
            r#"{"action": "buy", "ID": {}}"#,
        ] {
            assert!(matches!(read(bad), Err(Malformed::Field(_))), "{bad}");
        }
    }

    fn lamp(id: i64) -> Row {
        Row {
            id,
            name: "Lamp".to_owned(),
            owner: "alice".to_owned(),
            price: 12.5,
            description: "Bright".to_owned(),
            image: "lamp.png".to_owned(),
        }
    }

    #[test]
    fn replies_are_what_the_older_server_said() {
        assert_eq!(WELCOME.len(), 66);
        let cases = [
            (
                display_all(&[lamp(1)]),
                r#"{"action": "display_all", "content": "Product Listings:\nItem: Lamp, owner: alice, price: 12.5, description: Bright, image: lamp.png, ID: 1\n\n"}"#,
            ),
            (
                display_all(&[]),
                r#"{"action": "display_all", "content": "No products for sale at the moment\n"}"#,
            ),
            (
                display_user("alice", &[lamp(1)]),
                r#"{"action": "display_user", "content": "Product(s) of alice:\nItem: Lamp, price: 12.5, description: Bright, image: lamp.png, ID: 1\n\n"}"#,
            ),
            (
                display_user("bob", &[]),
                r#"{"action": "display_user", "content": "bob has no items for sale right now!"}"#,
            ),
            (display_nobody(), r#"{"action": "display_user", "content": "Username does not exist!"}"#),
            (
                matching(&[lamp(1), lamp(2)]),
                r#"{"action": "matching_prods", "message": "Matching Products:\nID: 1, Item: Lamp, Owner: alice\n\nID: 2, Item: Lamp, Owner: alice\n\n", "IDs": ["1", "2"]}"#,
            ),
            (
                matching(&[]),
                r#"{"action": "matching_prods", "message": "No products found matching your search.", "IDs": []}"#,
            ),
            (
                purchased("Lamp", "2026-11-29"),
                r#"{"action": "message", "message": "Purchase confirmed! Please collect 'Lamp' from the AUB Post Offie on 2026-11-29."}"#,
            ),
            (online("bob", true), r#"{"action": "message", "message": "bob is online."}"#),
            (online("bob", false), r#"{"action": "message", "message": "bob is not online."}"#),
            (sent("bob"), r#"{"action": "message", "message": "Message sent to bob successfully."}"#),
            (
                not_sent("bob"),
                r#"{"action": "message", "message": "bob is not online, message could not be sent."}"#,
            ),
            (
                purchases(&[Purchase { buyer: "bob".to_owned(), product: "Lamp".to_owned(), id: 1 }]),
                r#"{"action": "message", "message": "Purchases of your products :\nBuyer: bob,\nProduct: Lamp,\nProduct ID: 1\n\n"}"#,
            ),
            (
                purchases(&[]),
                r#"{"action": "message", "message": "No purchases have been made for your products."}"#,
            ),
            (new_message(), r#"{"action": "new_message"}"#),
            (
                messages(&[("bob".to_owned(), "hi".to_owned()), ("eve".to_owned(), "été".to_owned())]).0,
                r#"{"action": "get_msgs", "new": true, "content": "\nYour messages:\nFrom: bob, Message: hi\n\nFrom: eve, Message: \u00e9t\u00e9\n\n"}"#,
            ),
        ];
        for (reply, expected) in cases {
            assert_eq!(reply, expected);
        }
    }

    #[test]
    fn no_reply_is_longer_than_the_client_reads_at_once() {
        let long = "é\"😀".repeat(500);
        let row = |id| Row {
            id,
            name: long.clone(),
            owner: long.clone(),
            price: f64::MAX,
            description: long.clone(),
            image: long.clone(),
        };
        let listings: Vec<Row> = (0..60).map(row).collect();
        let sold: Vec<Purchase> = (0..60)
            .map(|id| Purchase { buyer: long.clone(), product: long.clone(), id: i64::MAX - id })
            .collect();
        for reply in [
            display_all(&listings),
            display_user(&long, &listings),
            display_user(&long, &[]),
            matching(&listings),
            purchases(&sold),
            message(&long),
            purchased(&long, "2026-11-29"),
            online(&long, false),
            sent(&long),
            not_sent(&long),
            messages(&[(long.clone(), long.clone())]).0,
        ] {
            assert!(reply.len() <= MOST, "{} bytes: {reply}", reply.len());
            assert!(reply.len() > 90, "{reply}");
            serde_json::from_str::<Value>(&reply).unwrap();
        }
    }

    #[test]
    fn a_long_message_is_read_in_parts_and_nothing_of_it_is_lost() {
        let text = "all of it, été 😀 ".repeat(200);
        let mut said = vec![
            ("bob".to_owned(), "first".to_owned()),
            ("eve".to_owned(), text.clone()),
            ("bob".to_owned(), "last".to_owned()),
        ];
        let mut read = String::new();
        while !said.is_empty() {
            let (reply, whole, part) = messages(&said);
            let content =
                serde_json::from_str::<Value>(&reply).unwrap()["content"].as_str().unwrap().to_owned();
            for row in content.strip_prefix("\nYour messages:\n").unwrap().split_terminator("\n\n") {
                read.push_str(row.split_once(", Message: ").unwrap().1);
            }
            assert!(whole > 0 || part > 0);
            said.drain(..whole);
            if let Some((_, text)) = said.first_mut() {
                text.drain(..part);
            }
        }
        assert_eq!(read, format!("first{text}last"));
    }
}
