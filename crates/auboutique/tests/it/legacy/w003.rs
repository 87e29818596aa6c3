//! System 003: its client plays its whole menu, and no pickle hurts.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and so do the functions it stands on")]

use std::env;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Barrier;
use std::thread;

use auboutique::legacy::{self, System};
use auboutique_domain::{Currency, Money};
use auboutique_market::env::SystemEnv;
use auboutique_wire::legacy::pickle::{Reader, Value, Writer};
use auboutique_wire::legacy::w003::{Answer, Extra, ItemRow, MerchantRow, ProductRow, Reply};
use serde_json::json;

use super::play::{PATIENCE, QUIET};
use crate::stage::Stage;

/// What the operator made the password of the store of the house.
pub(crate) const PASSWORD: &str = "a lighthouse in the fog";
const NOT_LOGGED_IN: &str = "401 Unauthorized: You have not logged in or your login has timed out";
const UNDEFINED: &str = "400 Bad Request: You are trying to call an undefined method";

/// A stage on which the store of the house has a password.
fn stage() -> Stage {
    let stage = Stage::with_older_wires();
    name_the_house(&stage);
    stage
}

/// The operator gives the store of the house its password.
pub(crate) fn name_the_house(stage: &Stage) {
    let said = json!({ "wire": "003-merchant", "name": "Cybermarket", "password": PASSWORD });
    let reply = stage.console().ask("set_legacy_password", said);
    assert_eq!(reply["reply"]["name"], "Cybermarket", "{reply}");
}

/// Where pandas is installed.
fn pandas() -> PathBuf {
    let below_cargo = || Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("pandas");
    env::var_os("AUBOUTIQUE_PANDAS").map_or_else(below_cargo, PathBuf::from)
}

/// Runs the client program, which ends with an error at the first reply that is not what it expects.
fn plays(arguments: &[&str], input: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/legacy/client_003.py");
    let python = pandas().join("bin").join("python");
    let mut command = Command::new(&python);
    command.arg("-B").arg(path).args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| {
        panic!("pandas is not in {}: {error}. Run `cargo xtask test`, which installs it", pandas().display())
    });
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let out = child.wait_with_output().unwrap();
    let (said, errors) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(out.status.success() && said.trim_end().ends_with("done"), "{said}\n{errors}");
}

fn plays_at(stage: &Stage, mode: &str) {
    plays(&[mode, &stage.older(System::S003).port().to_string(), PASSWORD], "");
    stage.is_clean();
}

/// A client that reads only texts and numbers.
pub(crate) struct Client {
    stream: TcpStream,
    reader: Reader,
}

fn pickle(parts: &[&str]) -> Vec<u8> {
    let mut out = Writer::default();
    out.tuple(|out| parts.iter().for_each(|part| out.text(part)));
    out.finish()
}

impl Client {
    pub(crate) fn open(at: SocketAddr) -> Self {
        let stream = TcpStream::connect(at).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, reader: Reader::default() }
    }

    fn sends(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// What was said next, behind its id; nothing when the server closed the connection.
    fn hears(&mut self) -> Option<String> {
        let reply = self.hears_all()?;
        let Value::Text(text) = &reply[0] else { panic!("{reply:?}") };
        Some(text.clone())
    }

    /// The same with what stands beside it.
    fn hears_all(&mut self) -> Option<Vec<Value>> {
        self.stream.set_read_timeout(Some(PATIENCE)).unwrap();
        loop {
            if let Some(reply) = self.reader.next_pickle().unwrap() {
                let Value::List(reply) = reply else { panic!("{reply:?}") };
                return Some(reply);
            }
            let mut bytes = [0; 2_048];
            match self.stream.read(&mut bytes) {
                Ok(0) => return None,
                Ok(count) => self.reader.feed(&bytes[..count]),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// The text of the reply, without the id.
    pub(crate) fn asks(&mut self, parts: &[&str]) -> String {
        let [verb, arguments @ ..] = parts else { panic!("nothing is asked") };
        self.sends(&pickle(&[&[*verb, "7"], arguments].concat()));
        let reply = self.hears().expect("the server closed the connection");
        reply.strip_prefix("7 ").expect("the id comes back").to_owned()
    }

    /// The text that stands beside the reply.
    pub(crate) fn extra(&mut self, parts: &[&str]) -> String {
        let [verb, arguments @ ..] = parts else { panic!("nothing is asked") };
        self.sends(&pickle(&[&[*verb, "7"], arguments].concat()));
        match self.hears_all().as_deref() {
            Some([_, Value::Text(text)]) => text.clone(),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn does(&mut self, parts: &[&str]) {
        let reply = self.asks(parts);
        assert!(reply.starts_with("20"), "{parts:?}: {reply}");
    }
}

/// Opens a store with one product, of which there are so many copies. The number of the product comes with its owner.
fn store(stage: &Stage, copies: i64) -> (Client, String) {
    let at = stage.older(System::S003);
    let mut house = Client::open(at);
    house.does(&["MERCHANT_LOGIN", "Cybermarket", PASSWORD]);
    house.does(&["MERCHANT_ADD_PRODUCT", "A lamp", "12.50", "Bright"]);
    let read = |view: &mut auboutique_market::View<'_>| {
        let listing = view.newest_products("Cybermarket", 1)?.1[0].listing;
        view.listing_number(listing)
    };
    let number = stage.market.ask_now(auboutique_market::Caller::VISITOR, read).unwrap().to_string();
    house.does(&["MERCHANT_RESTOCK_PRODUCT", &number, &copies.to_string()]);
    (house, number)
}

#[test]
fn the_client_of_003_plays_its_whole_menu_over_connections_that_stay() {
    for stage in Stage::each_with_older_wires() {
        name_the_house(&stage);
        plays_at(&stage, "persistent");
    }
}

#[test]
fn the_window_of_003_does_all_it_can_with_a_connection_for_each_request() {
    plays_at(&stage(), "window");
}

#[test]
fn without_the_switch_a_log_in_is_that_of_its_connection_alone() {
    let options = legacy::Options { sticky: false, ..legacy::Options::default() };
    let stage = Stage::with_older_wires_as(options, std::sync::Arc::new(SystemEnv::new()));
    name_the_house(&stage);
    let at = stage.older(System::S003);
    let mut house = Client::open(at);
    house.does(&["MERCHANT_LOGIN", "Cybermarket", PASSWORD]);
    drop(house);
    assert_eq!(Client::open(at).asks(&["MERCHANT_GET_PROFIT"]), NOT_LOGGED_IN);
    assert_eq!(Client::open(at).asks(&["MERCHANT_LOGOUT"]), NOT_LOGGED_IN);
}

#[test]
fn nobody_logs_in_as_the_store_of_the_house_before_the_operator_gave_it_a_password() {
    let stage = Stage::with_older_wires();
    let mut client = Client::open(stage.older(System::S003));
    let wrong = "403 Forbidden: The password of the merchant is incorrect";
    for password in ["123456", "", "None", PASSWORD] {
        assert_eq!(client.asks(&["MERCHANT_LOGIN", "Cybermarket", password]), wrong);
    }
    let weak = json!({ "wire": "003-merchant", "name": "Cybermarket", "password": "123456" });
    let refused = stage.console().ask("set_legacy_password", weak);
    assert_eq!(refused["refused"]["code"], "password_length", "{refused}");
    name_the_house(&stage);
    assert_eq!(client.asks(&["MERCHANT_LOGIN", "Cybermarket", "123456"]), wrong);
    client.does(&["MERCHANT_LOGIN", "cybermarket@cybermarket.com", PASSWORD]);
    // It may be called something else, and again what it was; no other may be called so.
    client.does(&["SET_MERCHANT_STORENAME", "Harbor"]);
    client.does(&["SET_MERCHANT_STORENAME", "Cybermarket"]);
    stage.is_clean();
}

#[test]
fn of_sixteen_who_buy_the_last_copy_at_once_one_does() {
    for stage in Stage::each_with_older_wires() {
        name_the_house(&stage);
        sixteen_buyers(&stage);
    }
}

fn sixteen_buyers(stage: &Stage) {
    let at = stage.older(System::S003);
    let (mut house, lamp) = store(stage, 1);
    let line = Barrier::new(16);
    let replies: Vec<String> = thread::scope(|scope| {
        let buy = |number: usize| {
            let (line, lamp) = (&line, &lamp);
            scope.spawn(move || {
                let name = format!("buyer_{number}");
                let mut client = Client::open(at);
                client.does(&["CLIENT_CREATE", &name, "nobody@example.org", "secret"]);
                client.does(&["CLIENT_LOGIN", &name, "secret"]);
                client.does(&["CLIENT_ADD_ITEM", lamp, "1"]);
                line.wait();
                client.asks(&["CLIENT_CHECKOUT_ITEM"])
            })
        };
        let buyers: Vec<_> = (0..16).map(buy).collect();
        buyers.into_iter().map(|buyer| buyer.join().unwrap()).collect()
    });
    let bought = replies.iter().filter(|reply| *reply == "200 OK: Order has been checked out").count();
    let short = "400 Bad Request: Inventory shortage for product A lamp from merchant Cybermarket, checkout was not fully executed and this item is still in your cart";
    assert_eq!((bought, replies.iter().filter(|reply| *reply == short).count()), (1, 15), "{replies:?}");
    assert_eq!(house.asks(&["MERCHANT_GET_PROFIT"]), "200 OK: Your total profit has been obtained");
    stage.is_clean();
}

#[test]
fn what_is_typed_as_an_address_is_a_line_and_no_card() {
    for stage in Stage::each_with_older_wires() {
        let mut client = Client::open(stage.older(System::S003));
        for bad in
            ["x".repeat(300), "two\nlines".to_owned(), "nul\0".to_owned(), "4242 4242 4242 4242".to_owned()]
        {
            let created = client.asks(&["CLIENT_CREATE", "nour", &bad, "secret"]);
            assert!(created.starts_with("400 Bad Request: "), "{bad:?}: {created}");
            // Nobody is found by it either, and the database does not mind.
            assert_eq!(client.asks(&["CLIENT_LOGIN", &bad, "secret"]), NOT_LOGGED_IN);
        }
        client.does(&["CLIENT_CREATE", "nour", "no address", "secret"]);
        client.does(&["CLIENT_LOGIN", "nour", "secret"]);
        let set = client.asks(&["SET_CLIENT_EMAIL", "4242-4242-4242-4242"]);
        assert!(set.starts_with("400 Bad Request: "), "{set}");
        stage.is_clean();
    }
}

#[test]
fn nobody_takes_things_out_of_the_cart_of_another() {
    let stage = stage();
    let at = stage.older(System::S003);
    let (_house, lamp) = store(&stage, 3);
    let [mut nour, mut omar] = ["nour", "omar"].map(|name| {
        let mut client = Client::open(at);
        client.does(&["CLIENT_CREATE", name, "nobody@example.org", "secret"]);
        client.does(&["CLIENT_LOGIN", name, "secret"]);
        client
    });
    nour.does(&["CLIENT_ADD_ITEM", &lamp, "1"]);
    let not_there = "404 Not Found: This product is not in your shopping cart";
    assert_eq!(omar.asks(&["CLIENT_REMOVE_ITEM", &lamp]), not_there);
    nour.does(&["CLIENT_REMOVE_ITEM", &lamp]);
    stage.is_clean();
}

#[test]
fn a_verb_without_what_belongs_to_it_changes_nothing() {
    let stage = stage();
    let (mut house, lamp) = store(&stage, 1);
    house.does(&["CLIENT_CREATE", "nour", "nobody@example.org", "secret"]);
    house.does(&["CLIENT_LOGIN", "nour", "secret"]);
    let before = stage.state();
    for verb in [
        "CLIENT_CREATE",
        "CLIENT_LOGIN",
        "SET_CLIENT_USERNAME",
        "SET_CLIENT_EMAIL",
        "SET_CLIENT_PASSWORD",
        "CLIENT_ADD_ITEM",
        "CLIENT_REMOVE_ITEM",
        "LIST_PRODUCT",
        "MERCHANT_CREATE",
        "MERCHANT_LOGIN",
        "SET_MERCHANT_STORENAME",
        "SET_MERCHANT_EMAIL",
        "SET_MERCHANT_DESCRIPTION",
        "SET_MERCHANT_PASSWORD",
        "MERCHANT_ADD_PRODUCT",
        "MERCHANT_DEL_PRODUCT",
        "MERCHANT_RESTOCK_PRODUCT",
    ] {
        let reply = house.asks(&[verb]);
        assert!(reply.starts_with('4'), "{verb}: {reply}");
    }
    assert_eq!(stage.state(), before);
    assert_eq!(
        house.asks(&["MERCHANT_RESTOCK_PRODUCT", &lamp, "1"]),
        "200 OK: This product has been restock"
    );
}

#[test]
fn what_was_called_off_earned_nothing_and_can_be_bought_again() {
    let stage = stage();
    let (house, lamp) = store(&stage, 1);
    let mut client = Client::open(stage.older(System::S003));
    client.does(&["CLIENT_CREATE", "nour", "nour@example.org", "secret"]);
    client.does(&["CLIENT_LOGIN", "nour", "secret"]);
    client.does(&["CLIENT_ADD_ITEM", &lamp, "1"]);
    client.does(&["CLIENT_CHECKOUT_ITEM"]);
    let sold = || {
        let owner = super::play::elsewhere(&stage, "cybermarket_003_merchant").1;
        let caller = auboutique_market::Caller::member(owner);
        stage.market.ask_now(caller, |view| view.sold_for()).unwrap()
    };
    assert_eq!(sold(), [Money::new(1_250, Currency::Usd)]);
    let buyer = super::play::elsewhere(&stage, "nour").1;
    let order = super::play::bought(&stage, buyer).remove(0).order;
    let caller = auboutique_market::Caller::member(buyer);
    stage.market.run_now(caller, auboutique_domain::Command::CancelOrder { order }).unwrap();
    assert_eq!(sold(), []);
    client.does(&["CLIENT_ADD_ITEM", &lamp, "1"]);
    client.does(&["CLIENT_CHECKOUT_ITEM"]);
    drop(house);
    stage.is_clean();
}

#[test]
fn a_price_that_changed_is_not_paid_before_it_was_seen() {
    let stage = stage();
    let (_house, lamp) = store(&stage, 3);
    let mut client = Client::open(stage.older(System::S003));
    client.does(&["CLIENT_CREATE", "nour", "nour@example.org", "secret"]);
    client.does(&["CLIENT_LOGIN", "nour", "secret"]);
    client.does(&["CLIENT_ADD_ITEM", &lamp, "1"]);
    let owner =
        auboutique_market::Caller::member(super::play::elsewhere(&stage, "cybermarket_003_merchant").1);
    let number = lamp.parse().unwrap();
    let read = move |view: &mut auboutique_market::View<'_>| view.listing_by_number(number);
    let listing = stage.market.ask_now(owner.clone(), read).unwrap().unwrap();
    let price = Some(auboutique_domain::Price::new(2_000, Currency::Usd).unwrap());
    let mut changes = auboutique_domain::listing::ListingChanges::default();
    changes.price = price;
    stage.market.run_now(owner, auboutique_domain::Command::EditListing { listing, changes }).unwrap();
    let changed = "400 Bad Request: The price is now 20.00 USD. Look again and buy at the new price if you still want it.";
    assert_eq!(client.asks(&["CLIENT_CHECKOUT_ITEM"]), changed);
    client.does(&["CLIENT_GET_PRICE"]);
    client.does(&["CLIENT_CHECKOUT_ITEM"]);
    stage.is_clean();
}

#[test]
fn pickles_come_in_pieces_and_several_at_once() {
    let stage = stage();
    let mut client = Client::open(stage.older(System::S003));
    for byte in pickle(&["CLIENT_GET_ITEMS", "1"]) {
        client.sends(&[byte]);
    }
    assert_eq!(client.hears().unwrap(), format!("1 {NOT_LOGGED_IN}"));
    let two = [pickle(&["CLIENT_GET_ITEMS", "2"]), pickle(&["NOTHING", "3"]), pickle(&["DISCONNECT", "4"])];
    client.sends(&two.concat());
    assert_eq!(client.hears().unwrap(), format!("2 {NOT_LOGGED_IN}"));
    assert_eq!(client.hears().unwrap(), format!("3 {UNDEFINED}"));
    assert_eq!(client.hears(), None);
    // A request that is longer than what the older server read at once.
    let long = "x".repeat(20_000);
    let mut client = Client::open(stage.older(System::S003));
    assert!(
        client.asks(&["CLIENT_CREATE", &long, "", ""]).starts_with("400 Bad Request: The name must have")
    );
    assert_eq!(client.asks(&["CLIENT_GET_ITEMS", &long]), NOT_LOGGED_IN);
}

#[test]
fn no_pickle_hurts_anybody() {
    let stage = stage();
    let at = stage.older(System::S003);
    let mut bystander = Client::open(at);
    let mut long = b"\x80\x04(X\xff\xff\xff\x7f".to_vec();
    long.extend([b'a'; 1_000]);
    let closes: [&[u8]; 10] = [
        b"cos\nsystem\n(S'touch /tmp/here'\ntR.",
        b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R.",
        b"\x80\x02}b.",
        b"\x80\x02c__main__\nX\n)\x81.",
        b"\x80\x02Pmine\n.",
        b"\x80\x05\x97.",
        b"GET / HTTP/1.1\r\n\r\n",
        &long,
        &[b'('].repeat(10_000),
        &[&b"N"[..], &b"\x85".repeat(1_000), b"."].concat(),
    ];
    for bad in closes {
        let mut client = Client::open(at);
        client.sends(bad);
        assert_eq!(client.hears(), None, "{bad:?}");
        assert_eq!(bystander.asks(&["CLIENT_GET_ITEMS"]), NOT_LOGGED_IN);
    }
    // What is a pickle, and no request.
    let answered: [&[u8]; 6] = [b"N.", b"K\x07.", b").", b"].", b"}.", b"(l(t\x86."];
    let mut client = Client::open(at);
    for odd in answered {
        client.sends(odd);
        assert_eq!(client.hears().unwrap(), format!("None {UNDEFINED}"), "{odd:?}");
    }
    // Half a pickle keeps nobody waiting, and says nothing.
    let mut half = Client::open(at);
    half.sends(&pickle(&["LIST_MERCHANT", "1"])[..10]);
    assert_eq!(bystander.asks(&["CLIENT_GET_ITEMS"]), NOT_LOGGED_IN);
    half.stream.set_read_timeout(Some(QUIET)).unwrap();
    assert!(half.stream.read(&mut [0; 10]).is_err());
    stage.is_clean();
}

/// A line for the client program: a reply, and what pandas should read in it.
fn line(extra: Extra, columns: &[&str], rows: &serde_json::Value) -> String {
    let reply = Reply { id: "1795301023".to_owned(), answer: Answer::Products, extra: Some(extra) };
    let hex: String = reply.encode().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}\n", json!({ "reply": hex, "columns": columns, "rows": rows }))
}

#[test]
fn pandas_reads_every_table_as_the_older_servers_own() {
    let merchant = |name: &str| MerchantRow {
        storename: name.to_owned(),
        description: "Old\nbooks é".to_owned(),
        email: "a@b.c".to_owned(),
    };
    let product = |number: i64| ProductRow {
        product: number,
        storename: "Corner".to_owned(),
        name: format!("Book {number}"),
        description: String::new(),
        price: Money::new(1_250, Currency::Usd),
        stock: 70_000,
    };
    let item = |price: Money| ItemRow {
        storename: "Corner".to_owned(),
        product: 1_795_301_023_000_000,
        name: "Book".to_owned(),
        price,
        quantity: 2,
    };
    let merchants = ["storename", "description", "email"];
    let products = ["product_id", "storename", "productname", "description", "price", "stock"];
    let items = ["storename", "product_id", "productname", "price", "quantity"];
    let row = |number: i64| json!([number, "Corner", format!("Book {number}"), "", 12.5, 70_000]);
    let many: Vec<i64> = (1..=25).collect();
    let lines = [
        line(Extra::Merchants(vec![]), &merchants, &json!([])),
        line(Extra::Products(vec![]), &products, &json!([])),
        line(Extra::Items(vec![]), &items, &json!([])),
        line(Extra::Merchants(vec![merchant("A")]), &merchants, &json!([["A", "Old\nbooks é", "a@b.c"]])),
        line(
            Extra::Merchants(vec![merchant("A"), merchant("B")]),
            &merchants,
            &json!([["A", "Old\nbooks é", "a@b.c"], ["B", "Old\nbooks é", "a@b.c"]]),
        ),
        line(Extra::Products(vec![product(1)]), &products, &json!([row(1)])),
        line(
            Extra::Products(many.iter().map(|&number| product(number)).collect()),
            &products,
            &many.iter().map(|&number| row(number)).collect(),
        ),
        line(
            Extra::Items(vec![item(Money::new(300, Currency::Usd)), item(Money::new(90_000, Currency::Lbp))]),
            &items,
            &json!([
                ["Corner", 1_795_301_023_000_000_i64, "Book", 3.0, 2],
                ["Corner", 1_795_301_023_000_000_i64, "Book (LBP)", 90_000.0, 2]
            ]),
        ),
    ];
    plays(&["tables"], &lines.concat());
}
