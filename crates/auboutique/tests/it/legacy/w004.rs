//! Auctions over datagrams: clients as there are of system 004 play their whole menu, and every way a sale can be closed.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed, and says where")]

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::process::{Child, ChildStdin, Command as Process, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use auboutique::legacy::{Options, System};
use auboutique::serve::{Doors, Running};
use auboutique_domain::auction::{AuctionDraft, Ends, Lot, State as Auction};
use auboutique_domain::checkout::{DeliveryChoice, ShippingAddress};
use auboutique_domain::id::{AuctionId, MemberId};
use auboutique_domain::legacy::{IdentityDraft, LegacyName, LegacyWire};
use auboutique_domain::listing::{Category, Condition, ListingDraft};
use auboutique_domain::order::{OrderView, State};
use auboutique_domain::payment::Saying;
use auboutique_domain::time::{Moment, Span};
use auboutique_domain::{Command, Currency, Money, Price, Reply};
use auboutique_market::env::{ManualEnv, SystemEnv};
use auboutique_market::{Caller, Env, Location, Market, Password};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::process::Site;
use crate::stage::{Database, Person, Stage};

/// How long anything may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long nothing has to come for a test to say that nothing comes.
const SILENCE: Duration = Duration::from_millis(400);
/// The number of a card that approves, of one that is declined, of one whose capture fails, and of one whose capture is done
/// and not answered.
const CARD: &str = "4242424242424242";
const POOR: &str = "4000000000009995";
const EMPTIED: &str = "4000000000000341";
const UNANSWERED: &str = "4000000000001000";
/// What the sandbox knows stands in this file.
const SANDBOX: &str = "sandbox.jsonl";

const fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::Usd)
}

/// A market with the wire, whose clock is set by hand.
pub(crate) struct House {
    pub(crate) stage: Stage,
    clock: Arc<ManualEnv>,
    at: SocketAddr,
}

impl House {
    fn open() -> Self {
        Self::open_with(Options::default())
    }

    /// The same on each database.
    fn each() -> [Self; 2] {
        let now = SystemEnv::new().now();
        Database::BOTH.map(|database| Self::begin(database, Options::default(), now))
    }

    fn open_with(options: Options) -> Self {
        Self::begin(Database::Sqlite, options, SystemEnv::new().now())
    }

    /// Opens on that database at that moment.
    pub(crate) fn begin(database: Database, options: Options, now: Moment) -> Self {
        let clock = Arc::new(ManualEnv::new(now, 4_004));
        let env: Arc<dyn Env> = Arc::<ManualEnv>::clone(&clock);
        let options = Options { wires: vec![(System::S004, 0)], ..options };
        let stage = Stage::with_wires(database, options, env, Some(SANDBOX));
        let at = stage.older(System::S004);
        Self { stage, clock, at }
    }

    pub(crate) fn passes(&self, span: Span) {
        self.clock.advance(span);
        self.stage.market.tick().unwrap();
    }

    fn client(&self) -> Program {
        self.client_with(&["--no-race"])
    }

    fn client_with(&self, arguments: &[&str]) -> Program {
        let server = self.at.to_string();
        let program = Program::start("client_004.py", &[&["--server", &server], arguments].concat());
        program.hears(|line| line["ready"] == true);
        program
    }

    /// A buyer or a seller who is registered.
    pub(crate) fn somebody(&self, name: &str, role: &str) -> Program {
        let mut client = self.client();
        client.does(&format!("register|{name}|{role}"));
        assert_eq!(client.reply(), format!("REGISTERED {}", client.number));
        client
    }

    /// Something is put up for some minutes at 10.00, and somebody bids 20.00.
    fn sold_lot(&self) -> (Program, Program) {
        let mut seller = self.somebody("sam", "seller");
        let mut buyer = self.somebody("bob", "buyer");
        seller.does("list|Lamp|green|10|5");
        assert_eq!(seller.reply(), "ITEM_LISTED 2");
        buyer.does("bid|Lamp|20");
        assert_eq!(buyer.reply(), "BID_ACCEPTED 2");
        (seller, buyer)
    }

    pub(crate) fn auction(&self, item: &str) -> AuctionId {
        let item = item.to_owned();
        let found = self.stage.market.ask_now(Caller::VISITOR, move |view| view.auction_named(&item));
        found.unwrap().unwrap()
    }

    /// Sam puts up a lamp at 10.00 and bob bids for it, over bare sockets; bidding is over.
    fn lamp(&self) -> (Plain, Plain, AuctionId) {
        let (mut seller, mut buyer) = (Plain::open(self), Plain::open(self));
        puts_up_and_bids(&mut seller, &mut buyer);
        let auction = self.auction("Lamp");
        self.passes(Span::minutes(6));
        (seller, buyer, auction)
    }

    /// The member who has that name on the wire, as a caller.
    fn member_of(&self, name: &str) -> Caller {
        let name = name.to_owned();
        let found = self
            .stage
            .market
            .ask_now(Caller::VISITOR, move |view| view.identity(LegacyWire::Auction004, &name));
        self.caller(found.unwrap().unwrap().member)
    }

    fn caller(&self, member: MemberId) -> Caller {
        Caller::member(self.stage.market.start_session_at_console(member).unwrap().0.session)
    }

    /// What an auction became, as its seller sees it.
    fn order_of(&self, auction: AuctionId, seller: &Caller) -> Option<OrderView> {
        let read = self.stage.market.ask_now(seller.clone(), move |view| {
            view.auction(auction)?.order.map(|order| view.order(order)).transpose()
        });
        read.unwrap()
    }

    /// The winner pays on the pages, with a card, and wants it sent.
    fn pays_on_the_pages(&self, auction: AuctionId, buyer: &Caller) {
        let market = &self.stage.market;
        let shown = market.ask_now(buyer.clone(), move |view| view.auction(auction)).unwrap();
        let checkout = shown.checkout.unwrap();
        let to = ShippingAddress::new("Bob Buyer", "Bliss Street 5, Beirut").unwrap();
        let choose = Command::ChooseDelivery { checkout, delivery: DeliveryChoice::Shipment(to) };
        market.run_now(buyer.clone(), choose).unwrap();
        let start = Command::StartPayment { checkout, currency: Currency::Usd };
        let Ok(Reply::Payment(payment)) = market.run_now(buyer.clone(), start) else {
            panic!("it was not begun")
        };
        for saying in [Saying::Authorized, Saying::Captured(usd(50))] {
            let noted = market.note_payment(payment.payment, payment.amount, saying);
            self.stage.runtime.block_on(noted).unwrap();
        }
    }

    /// A member takes a name for the wire, and a PIN, on the pages.
    fn takes_a_name(&self, person: &Person, name: &str, pin: &str) {
        let draft = IdentityDraft {
            name: LegacyName::parse(name).unwrap(),
            shown: name.to_owned(),
            email: None,
            contact: None,
            source: "192.0.2.7".to_owned(),
        };
        let (caller, pin) = (Caller::member(person.session), Password::typed(pin));
        let taken = self.stage.market.add_identity(caller, LegacyWire::Auction004, draft, &pin);
        self.stage.runtime.block_on(taken).unwrap();
    }

    /// A card's number stands nowhere in the folder of the market.
    fn knows_no_card(&self) {
        fn read(folder: &Path) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    read(&path);
                } else if let Ok(bytes) = fs::read(&path) {
                    for number in [CARD, POOR, EMPTIED, UNANSWERED] {
                        let found = bytes.windows(number.len()).any(|window| window == number.as_bytes());
                        assert!(!found, "a card stands in {}", path.display());
                    }
                }
            }
        }
        read(self.stage.folder.path());
    }
}

/// A client program that does what it is told, and what it prints.
pub(crate) struct Program {
    child: Child,
    orders: Option<ChildStdin>,
    lines: Receiver<Value>,
    /// What it did last.
    heard: Vec<Value>,
    /// What came beside that, and nobody asked for yet.
    beside: RefCell<VecDeque<Value>>,
    /// How many requests it has sent.
    number: u32,
}

impl Program {
    fn start(name: &str, arguments: &[&str]) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/legacy").join(name);
        let mut child = Process::new("python3")
            .arg("-u")
            .arg(path)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 is needed for this test");
        let (orders, prints) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        let (tell, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in prints.lines().map_while(Result::ok) {
                let line = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
                if tell.send(line).is_err() {
                    break;
                }
            }
        });
        Self { child, orders, lines, heard: Vec::new(), beside: RefCell::default(), number: 0 }
    }

    /// Does one thing, and waits until it is done.
    pub(crate) fn does(&mut self, order: &str) {
        let verb = order.split('|').next().unwrap();
        if !matches!(verb, "answer" | "say" | "silence" | "hangup" | "wait" | "raw" | "hex") {
            self.number += 1;
        }
        writeln!(self.orders.as_mut().unwrap(), "{order}").unwrap();
        self.heard.clear();
        loop {
            let line = self.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("{order} is not done"));
            let done = line["done"] == verb;
            if line["notice"].is_string() || line["dialogue"].is_string() {
                self.beside.borrow_mut().push_back(line);
            } else {
                self.heard.push(line);
            }
            if done {
                return;
            }
        }
    }

    /// The answers to what it did last.
    fn replies(&self) -> Vec<String> {
        self.heard.iter().filter_map(|line| line["reply"].as_str()).map(str::to_owned).collect()
    }

    /// The answer to what it did last.
    pub(crate) fn reply(&self) -> String {
        self.replies().join(" / ")
    }

    /// Waits for a line.
    pub(crate) fn hears(&self, is: impl Fn(&Value) -> bool) -> Value {
        loop {
            let early = self.beside.borrow_mut().pop_front();
            let line = early.unwrap_or_else(|| self.lines.recv_timeout(PATIENCE).expect("it was not heard"));
            if is(&line) {
                return line;
            }
        }
    }

    /// The next notice.
    fn notice(&self) -> String {
        self.hears(|line| line["notice"].is_string())["notice"].as_str().unwrap().to_owned()
    }

    /// Nothing more comes.
    fn hears_nothing(&self) {
        assert_eq!(self.beside.borrow().front(), None);
        match self.lines.recv_timeout(SILENCE) {
            Err(RecvTimeoutError::Timeout) => {}
            other => panic!("{other:?}"),
        }
    }

    /// The messages of the next dialogue, until its end.
    pub(crate) fn dialogue(&self) -> Vec<String> {
        let mut messages = Vec::new();
        loop {
            let line = self.hears(|line| line["dialogue"].is_string());
            if line["end"] == true {
                return messages;
            }
            messages.push(line["dialogue"].as_str().unwrap().to_owned());
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.orders.take());
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A socket that says what it is told.
struct Plain {
    socket: UdpSocket,
    at: SocketAddr,
    number: u32,
    ports: (u16, TcpListener),
}

impl Plain {
    fn open(house: &House) -> Self {
        Self::at(house.at)
    }

    fn at(at: SocketAddr) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let udp = socket.local_addr().unwrap().port();
        Self { socket, at, number: 0, ports: (udp, listener) }
    }

    fn says(&self, bytes: &[u8]) {
        self.socket.send_to(bytes, self.at).unwrap();
    }

    fn hears(&self) -> String {
        let mut bytes = [0; 2_048];
        let (length, _) = self.socket.recv_from(&mut bytes).expect("nothing came");
        assert!(length <= 1_024, "longer than a client reads");
        String::from_utf8(bytes[..length].to_vec()).unwrap()
    }

    fn hears_nothing(&self) {
        self.socket.set_read_timeout(Some(SILENCE)).unwrap();
        let mut bytes = [0; 2_048];
        let came = self.socket.recv_from(&mut bytes);
        assert!(came.is_err(), "{:?}", String::from_utf8_lossy(&bytes[..came.unwrap().0]));
        self.socket.set_read_timeout(Some(PATIENCE)).unwrap();
    }

    /// Asks, and waits for one answer; what is told beside it is passed over.
    fn asks(&mut self, name: &str, rest: &str) -> String {
        self.number += 1;
        self.says(format!("{name} {} {rest}", self.number).as_bytes());
        self.answer()
    }

    fn answer(&self) -> String {
        loop {
            let heard = self.hears();
            if !heard.starts_with("BID_UPDATE") {
                return heard;
            }
        }
    }

    fn registers(&mut self, name: &str, role: &str) -> String {
        let (udp, tcp) = (self.ports.0, self.port());
        self.asks("REGISTER", &format!("{name} {role} 10.9.8.7 {udp} {tcp}"))
    }

    /// Where it waits to be spoken to.
    fn port(&self) -> u16 {
        self.ports.1.local_addr().unwrap().port()
    }

    /// Signs in again, waiting where it waits.
    fn is_back(&mut self, name: &str) {
        let answer = self.asks("LOGIN", &format!("{name} {}", self.port()));
        assert!(answer.starts_with("LOGIN_SUCCESS"), "{answer}");
    }

    /// Somebody who connects, if there is one.
    fn takes_if(&self) -> Option<Talk> {
        self.ports.1.set_nonblocking(true).unwrap();
        let (stream, _) = self.ports.1.accept().ok()?;
        stream.set_nonblocking(false).unwrap();
        Some(Talk::on(stream))
    }

    /// The market connects.
    fn takes(&self) -> Talk {
        until(|| self.takes_if())
    }

    /// It does not.
    fn is_left_alone(&self) {
        for _ in 0..20 {
            assert!(self.takes_if().is_none(), "somebody connects");
            std::thread::park_timeout(Duration::from_millis(50));
        }
    }
}

/// A connection from the market, read as a client does: one `recv` for one message. Whoever drops it hangs up.
struct Talk {
    stream: TcpStream,
    heard: Receiver<Option<String>>,
}

impl Talk {
    fn on(stream: TcpStream) -> Self {
        let (mut reads, (tell, heard)) = (stream.try_clone().unwrap(), mpsc::channel());
        std::thread::spawn(move || {
            let mut bytes = [0; 1_024];
            loop {
                let length = reads.read(&mut bytes).unwrap_or(0);
                let message = (length > 0).then(|| String::from_utf8(bytes[..length].to_vec()).unwrap());
                let is_over = message.is_none();
                if tell.send(message).is_err() || is_over {
                    return;
                }
            }
        });
        Self { stream, heard }
    }

    /// The next message; nothing when the market closed it.
    fn hears(&mut self) -> Option<String> {
        self.heard.recv_timeout(PATIENCE).expect("nothing is said")
    }

    /// The next message but for its number.
    fn says_what(&mut self) -> String {
        let message = self.hears().expect("it was closed");
        let words: Vec<&str> = message.split(' ').collect();
        [&words[..1], &words[2..]].concat().join(" ")
    }

    fn says(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).unwrap();
    }

    /// The other side is greeted and asked.
    fn is_asked(&mut self, greeting: &str) {
        assert_eq!(self.says_what(), greeting);
        assert_eq!(self.says_what(), "INFORM_Req Lamp 10.0");
    }

    fn answers(&mut self, name: &str) {
        self.says(&format!("INFORM_Res 1 {name} {CARD} 12/27 Bliss Street 5 Beirut"));
    }

    /// The last word, behind which the market hangs up.
    fn ends(mut self) -> String {
        let last = self.says_what();
        assert_eq!(self.hears(), None);
        last
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        drop(self.stream.shutdown(std::net::Shutdown::Both));
    }
}

const WINNER: &str = "WINNER Lamp 10.0 sam";
const SOLD: &str = "SOLD Lamp 10.0 bob";
const SHIPPING: &str = "Shipping_Info Bob Bliss Street 5 Beirut";

fn puts_up_and_bids(seller: &mut Plain, buyer: &mut Plain) {
    assert_eq!(seller.registers("sam", "seller"), "REGISTERED 1");
    assert_eq!(seller.asks("LIST_ITEM", "Lamp green 10 5"), "ITEM_LISTED 2");
    assert_eq!(buyer.registers("bob", "buyer"), "REGISTERED 1");
    assert_eq!(buyer.asks("BID", "Lamp 20"), "BID_ACCEPTED 2");
}

// ---- the menu ----

#[test]
fn a_client_completes_its_whole_menu() {
    for house in House::each() {
        completes_its_menu(&house);
    }
}

fn completes_its_menu(house: &House) {
    let mut seller = house.somebody("sam", "seller");
    seller.does("register|sam|seller");
    assert_eq!(seller.reply(), "REGISTERED 2", "registering again has the same effect");
    let mut other = house.client();
    other.does("register|SAM|seller");
    assert_eq!(other.reply(), "REGISTER-DENIED 1 User name is already taken");
    other.does("login|nobody_here");
    assert_eq!(other.reply(), "LOGIN-FAILED 2 User not found");

    seller.does("list|Desk Lamp|a green one|10|1");
    assert_eq!(seller.reply(), "ITEM_LISTED 3");
    for (order, answer) in [
        ("list|Desk Lamp|another|10|1", "LIST-DENIED 4 item name already exists"),
        ("list|Chair|old|0|1", "LIST-DENIED 5 start price must be positive"),
        ("list|Chair|old|10|0", "LIST-DENIED 6 duration must be postive"),
        ("list|Chair|old|ten|1", "LIST-DENIED 7 invalid price or duration format"),
    ] {
        seller.does(order);
        assert_eq!(seller.reply(), answer, "{order}");
    }

    let mut alice = house.somebody("alice", "buyer");
    let mut bob = house.somebody("bob", "buyer");
    alice.does("subscribe|Desk Lamp");
    assert_eq!(alice.replies(), ["AUCTION_ANNOUNCE 2 Desk_Lamp a_green_one 10.0 60", "SUBSCRIBED 2"]);
    alice.does("subscribe|Piano");
    assert_eq!(alice.reply(), "SUBSCRIPTION-DENIED 3 item does not exist");

    for (order, answer) in [
        ("bid|Desk Lamp|20", "BID_REJECTED 2 Invalid format"),
        ("bid|Piano|20", "BID_REJECTED 3 Item_not_found"),
        ("bid|Desk_Lamp|10", "BID_REJECTED 4 Bid_too_low"),
        ("bid|Desk_Lamp|nan", "BID_REJECTED 5 Invalid_bid_amount"),
        ("bid|Desk_Lamp|20", "BID_ACCEPTED 6"),
    ] {
        bob.does(order);
        assert_eq!(bob.reply(), answer, "{order}");
    }
    // The price is what the leader has to pay now; a late bid leaves others three minutes.
    assert_eq!(alice.notice(), "BID_UPDATE 6 Desk_Lamp 10.0 bob 180");
    alice.does("bid|Desk_Lamp|15");
    assert_eq!(alice.reply(), "BID_ACCEPTED 4");
    assert_eq!(alice.notice(), "BID_UPDATE 4 Desk_Lamp 16.0 bob 180", "who is outbid at once is told");
    alice.does("bid|Desk_Lamp|16.5");
    assert_eq!(alice.reply(), "BID_REJECTED 5 Bid_too_low");
    bob.hears_nothing();

    alice.does("desubscribe|Desk Lamp");
    let mut late = house.client();
    late.does("login|bob");
    assert_eq!(late.reply(), "LOGIN_SUCCESS 1 role=buyer");
    late.does("bid|Desk_Lamp|40.0");
    assert_eq!(late.reply(), "BID_ACCEPTED 2");
    alice.hears_nothing();

    alice.does("deregister");
    alice.does("login|alice");
    assert_eq!(alice.reply(), "LOGIN-FAILED 8 User not found");
    alice.does("register|alice|seller");
    assert_eq!(alice.reply(), "REGISTERED 9");
    alice.does("login|alice");
    assert_eq!(alice.reply(), "LOGIN_SUCCESS 10 role=seller");

    house.passes(Span::minutes(10));
    let mut ended = house.somebody("dora", "buyer");
    ended.does("bid|Desk_Lamp|90");
    assert_eq!(ended.reply(), "BID_REJECTED 2 Auction_ended");
    seller.does("list|Desk Lamp|again|10|1");
    assert_eq!(seller.reply(), "LIST-DENIED 8 item name already exists");
    house.stage.is_clean();
}

#[test]
fn a_client_that_eats_its_own_replies_is_registered_all_the_same() {
    let house = House::open_with(Options { repeat: 3, ..Options::default() });
    let mut client = house.client_with(&[]);
    client.does("register|rana|buyer");
    client.does("login|rana");
    let mut plain = Plain::open(&house);
    assert_eq!(plain.asks("LOGIN", "rana"), "LOGIN_SUCCESS 1 role=buyer");
    assert_eq!(
        (plain.hears(), plain.hears()),
        ("LOGIN_SUCCESS 1 role=buyer".into(), "LOGIN_SUCCESS 1 role=buyer".into())
    );
}

#[test]
fn a_name_with_a_pin_is_acted_under_with_it_alone() {
    let house = House::open();
    let mut client = house.client_with(&["--no-race", "--pin", "4711-secret"]);
    client.does("register|pia|buyer");
    assert_eq!(client.reply(), "REGISTERED 1");
    let mut plain = Plain::open(&house);
    assert_eq!(plain.asks("LOGIN", "pia"), "LOGIN-FAILED 1 User not found");
    assert_eq!(plain.asks("LOGIN", "pia 7001 4712-secret"), "LOGIN-FAILED 2 User not found");
    assert_eq!(plain.asks("LOGIN", "pia 7001 4711-secret"), "LOGIN_SUCCESS 3 role=buyer");
}

#[test]
fn bids_made_elsewhere_are_told_and_lots_of_elsewhere_are_found_by_their_titles() {
    let house = House::open();
    let (seller, bidder) = (house.stage.member("sonia"), house.stage.member("basil"));
    let price = Price::new(1_000, Currency::Usd).unwrap();
    let lot = ListingDraft::new("An old globe", "", price, Category::Books, Condition::Good, None).unwrap();
    let draft = AuctionDraft::new(usd(1_000), None, None, None, Ends::After(Span::minutes(60))).unwrap();
    let open = Command::OpenAuction { lot: Lot::New(lot), draft };
    let Ok(Reply::Auction(opened)) = house.stage.market.run_now(Caller::member(seller.session), open) else {
        panic!("it was not put up")
    };
    let mut alice = house.somebody("alice", "buyer");
    alice.does("subscribe|An old globe");
    assert_eq!(alice.replies(), ["AUCTION_ANNOUNCE 2 An_old_globe An_old_globe 10.0 3600", "SUBSCRIBED 2"]);
    let bid = Command::PlaceBid { auction: opened.auction, maximum: usd(3_000) };
    house.stage.market.run_now(Caller::member(bidder.session), bid).unwrap();
    assert_eq!(alice.notice(), "BID_UPDATE 0 An_old_globe 10.0 bidder_1 3600");
    alice.does("bid|An_old_globe|30.5");
    assert_eq!(alice.reply(), "BID_ACCEPTED 3");
    house.stage.is_clean();
}

#[test]
fn a_seller_who_is_asked_for_less_lowers_the_price_and_subscribers_hear_of_it() {
    let house = House::open_with(Options { negotiate: true, ..Options::default() });
    let server = house.at.to_string();
    let seller = Program::start("negotiator_004.py", &[&server, "sam", "Lamp", "10", "5", "8.0"]);
    seller.hears(|line| line["got"] == "ITEM_LISTED 2");
    let mut alice = house.somebody("alice", "buyer");
    alice.does("subscribe|Lamp");
    house.passes(Span::seconds(151));
    seller.hears(|line| line["got"] == "NEGOTIATE_REQ 1 Lamp 10.0 149");
    assert_eq!(alice.notice(), "PRICE_ADJUSTMENT 2 Lamp 8.0 149");
    alice.does("bid|Lamp|9");
    assert_eq!(alice.reply(), "BID_ACCEPTED 3");
}

#[test]
fn sixteen_who_bid_at_once_are_all_answered_and_told_of_every_bid() {
    for house in House::each() {
        sixteen_bid(&house);
    }
}

fn sixteen_bid(house: &House) {
    let mut seller = Plain::open(house);
    assert_eq!(seller.registers("sam", "seller"), "REGISTERED 1");
    assert_eq!(seller.asks("LIST_ITEM", "Lamp green 10 60 sam"), "ITEM_LISTED 2");
    let runs: Vec<_> = (0..16)
        .map(|number| {
            let mut plain = Plain::open(house);
            std::thread::spawn(move || {
                assert_eq!(plain.registers(&format!("bidder{number}"), "buyer"), "REGISTERED 1");
                assert!(plain.asks("SUBSCRIBE", "Lamp").starts_with("AUCTION_ANNOUNCE"));
                assert_eq!(plain.answer(), "SUBSCRIBED 2");
                let mut accepted = 0;
                for round in 0..10 {
                    let answer = plain.asks("BID", &format!("Lamp {}", 11 + round * 16 + number));
                    assert!(
                        answer.starts_with("BID_ACCEPTED") || answer.ends_with("Bid_too_low"),
                        "{answer}"
                    );
                    accepted += i64::from(answer.starts_with("BID_ACCEPTED"));
                }
                accepted
            })
        })
        .collect();
    let accepted: i64 = runs.into_iter().map(|run| run.join().unwrap()).sum();
    let auction = house.auction("Lamp");
    let shown = house.stage.market.ask_now(Caller::VISITOR, move |view| view.auction(auction)).unwrap();
    assert!(accepted >= shown.bids && shown.bids > 0, "{accepted} of {}", shown.bids);
    assert!(shown.leader.is_some());
    house.stage.is_clean();
}

#[test]
fn what_people_registered_and_subscribed_to_outlasts_the_process() {
    let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (site, wire, at) = (Site::on_sqlite(), format!("004={port}"), ([127, 0, 0, 1], port).into());
    let (mut sam, mut alice, mut bob) = (Plain::at(at), Plain::at(at), Plain::at(at));
    let mut server = site.start_with(&["--legacy", &wire]);
    assert_eq!(sam.registers("sam", "seller"), "REGISTERED 1");
    assert_eq!(sam.asks("LIST_ITEM", "Lamp green 10 60 sam"), "ITEM_LISTED 2");
    for person in [("alice", &mut alice), ("bob", &mut bob)] {
        assert_eq!(person.1.registers(person.0, "buyer"), "REGISTERED 1");
    }
    assert!(alice.asks("SUBSCRIBE", "Lamp alice").starts_with("AUCTION_ANNOUNCE 2 Lamp green 10.0 "));
    assert_eq!(alice.hears(), "SUBSCRIBED 2");
    server.kill();
    let _server = site.start_with(&["--legacy", &wire]);
    assert_eq!(bob.asks("BID", "Lamp 20"), "BID_REJECTED 2 User_not_registered");
    assert_eq!(bob.asks("LOGIN", "bob"), "LOGIN_SUCCESS 3 role=buyer");
    assert_eq!(bob.asks("BID", "Lamp 20"), "BID_ACCEPTED 4");
    let told = alice.hears();
    assert!(told.starts_with("BID_UPDATE 4 Lamp 10.0 bob "), "{told}");
    assert_eq!(sam.asks("LIST_ITEM", "Lamp green 10 60 sam"), "LIST-DENIED 3 item name already exists");
}

// ---- what ended the original ----

#[test]
fn no_datagram_ends_anything() {
    let house = House::open();
    let mut plain = Plain::open(&house);
    for datagram in ["REGISTER", "LOGIN", "LIST_ITEM"] {
        plain.says(datagram.as_bytes());
        assert!(plain.hears().ends_with("0 Invalid format"), "{datagram}");
    }
    for datagram in
        [&b"\xff\xfe\x00"[..], b"BID 1 Lamp \xff", b"", b"DE-SUBSCRIBE 1 Lamp", b"hello", &[b'A'; 9_000]]
    {
        plain.says(datagram);
    }
    plain.hears_nothing();
    assert_eq!(plain.registers("sam", "seller"), "REGISTERED 1");
    assert_eq!(plain.asks("LIST_ITEM", "Lamp green 10 5"), "ITEM_LISTED 2", "six fields are enough");
    assert_eq!(plain.asks("LIST_ITEM", "a b 10 5 sam more"), "LIST-DENIED 3 Invalid format");
    assert!(plain.asks("SUBSCRIBE", "Lamp").starts_with("AUCTION_ANNOUNCE 4 Lamp green 10.0 "));
    assert_eq!(plain.hears(), "SUBSCRIBED 4");
    let mut bidder = Plain::open(&house);
    assert_eq!(bidder.asks("BID", "Lamp 20"), "BID_REJECTED 1 User_not_registered");
    assert_eq!(bidder.registers("bob", "buyer"), "REGISTERED 2");
    for amount in ["nan", "inf", "-inf", "1e400", "-20", "0", "twenty"] {
        let answer = bidder.asks("BID", &format!("Lamp {amount}"));
        assert_eq!(answer, format!("BID_REJECTED {} Invalid_bid_amount", bidder.number), "{amount}");
    }
    assert_eq!(bidder.asks("BID", "Lamp 20.37"), format!("BID_ACCEPTED {}", bidder.number));
    assert_eq!(plain.hears(), format!("BID_UPDATE {} Lamp 10.0 bob 300", bidder.number));
    house.stage.is_clean();
}

#[test]
fn nobody_acts_under_a_name_that_was_taken_elsewhere() {
    let house = House::open();
    let mut plain = Plain::open(&house);
    assert_eq!(plain.registers("sam", "seller"), "REGISTERED 1");
    // Another machine of the same network would have another address; here the whole of loopback is at hand.
    let mut thief = Plain::open(&house);
    thief.socket = UdpSocket::bind("127.0.0.2:0").unwrap();
    thief.socket.set_read_timeout(Some(PATIENCE)).unwrap();
    assert_eq!(thief.asks("LOGIN", "sam"), "LOGIN-FAILED 1 User not found");
    assert_eq!(thief.asks("LIST_ITEM", "Lamp green 10 5 sam"), "LIST-DENIED 2 User not registered");
    thief.says(b"DE-REGISTER 3 sam");
    assert_eq!(plain.asks("LOGIN", "sam"), "LOGIN_SUCCESS 2 role=seller");
    house.stage.member("webster");
    assert_eq!(thief.registers("webster", "buyer"), "REGISTER-DENIED 3 User name is already taken");
}

// ---- the closing dialogue ----

#[test]
fn a_sale_is_closed_when_both_have_answered_and_the_card_was_charged() {
    // The seller answers first, which with the older server meant that nobody ever told them where to send it.
    let each = |seller_first| House::each().map(|house| (house, seller_first));
    for (house, seller_first) in [true, false].into_iter().flat_map(each) {
        let (mut seller, mut buyer) = house.sold_lot();
        seller.does(&format!("answer|Sam Seller|{CARD}|11/29|Hamra Street 1"));
        let answer = format!("answer|Bob B. Buyer|{CARD}|12/27|Bliss Street 5 Beirut");
        let auction = house.auction("Lamp");
        if !seller_first {
            buyer.does(&answer);
        }
        house.passes(Span::minutes(6));
        if seller_first {
            seller.hears(|line| {
                line["dialogue"] == "SOLD 1 Lamp 10.0 bob" || line["dialogue"] == "SOLD 2 Lamp 10.0 bob"
            });
            buyer.does(&answer);
        }
        let told = buyer.dialogue();
        let told: Vec<&str> = told.iter().map(String::as_str).collect();
        assert!(
            matches!(told.as_slice(), ["WINNER 1 Lamp 10.0 sam" | "WINNER 2 Lamp 10.0 sam", asked]
                if asked.starts_with("INFORM_Req ") && asked.ends_with(" Lamp 10.0")),
            "{told:?}"
        );
        let shipping = seller.dialogue().pop().unwrap();
        let (words, address) = (shipping.split(' ').collect::<Vec<_>>(), "Bliss Street 5 Beirut");
        assert_eq!(
            (words[0], words[2], words[3..].join(" ").as_str()),
            ("Shipping_Info", "Bob_B._Buyer", address)
        );

        // It counts as sent, and in the end the seller has nine tenths.
        let market = &house.stage.market;
        let seller =
            market.ask_now(Caller::VISITOR, move |view| view.auction(auction)).unwrap().lot.seller.id;
        let (session, _) = market.start_session_at_console(seller).unwrap();
        let seller = Caller::member(session.session);
        let total = until(|| {
            let order = market.ask_now(seller.clone(), move |view| {
                view.auction(auction)?.order.map(|order| view.order(order)).transpose()
            });
            order.unwrap().filter(|order| order.state == State::Shipped).map(|order| order.total)
        });
        assert_eq!(total, usd(1_000));
        house.passes(Span::days(15));
        let wallet = market.ask_now(seller, |view| view.wallet()).unwrap();
        assert_eq!(wallet.sales.first(), Some(&usd(900)));
        house.knows_no_card();
        house.stage.is_clean();
    }
}

/// Looks again and again until there is something.
pub(crate) fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..600 {
        if let Some(found) = look() {
            return found;
        }
        std::thread::park_timeout(Duration::from_millis(50));
    }
    panic!("it never was")
}

/// What the two are told when a sale comes to nothing.
fn canceled(seller_does: &[&str], buyer_does: &[&str]) -> (String, String) {
    let house = House::open();
    let (mut seller, mut buyer) = house.sold_lot();
    for order in seller_does {
        seller.does(order);
    }
    for order in buyer_does {
        buyer.does(order);
    }
    house.passes(Span::minutes(6));
    let last = |messages: Vec<String>| messages.last().cloned().unwrap();
    let why = |message: String| message.splitn(3, ' ').last().unwrap().to_owned();
    let (seller, buyer) = (last(seller.dialogue()), last(buyer.dialogue()));
    for message in [&seller, &buyer] {
        assert!(message.starts_with("CANCEL ") || message.starts_with("INFORM_Req "), "{message}");
    }
    house.knows_no_card();
    house.stage.is_clean();
    (why(seller), why(buyer))
}

#[test]
fn a_declined_card_cancels_the_sale_for_both() {
    let seller = format!("answer|Sam|{CARD}|11/29|Hamra Street 1");
    let buyer = format!("answer|Bob|{POOR}|12/27|Bliss Street 5");
    let why = "The card was declined: not enough money".to_owned();
    assert_eq!(canceled(&[&seller], &[&buyer]), (why.clone(), why));
    let buyer = format!("answer|Bob|{EMPTIED}|12/27|Bliss Street 5");
    let why = "The card was declined: the bank no longer keeps the money".to_owned();
    assert_eq!(canceled(&[&seller], &[&buyer]), (why.clone(), why));
}

#[test]
fn a_charge_without_an_answer_is_asked_about_and_made_once() {
    for house in House::each() {
        let (mut seller, mut buyer) = house.sold_lot();
        seller.does(&format!("answer|Sam|{CARD}|11/29|Hamra Street 1"));
        buyer.does(&format!("answer|Bob|{UNANSWERED}|12/27|Bliss Street 5"));
        let auction = house.auction("Lamp");
        house.passes(Span::minutes(6));
        let shipping = seller.dialogue().pop().unwrap();
        assert!(shipping.starts_with("Shipping_Info "), "{shipping}");
        let bob = house.member_of("bob");
        let paid = house.order_of(auction, &bob).unwrap();
        assert_eq!((paid.total, paid.paid_at.is_some()), (usd(1_000), true));
        let known = fs::read_to_string(house.stage.folder.path().join(SANDBOX)).unwrap();
        assert_eq!(known.matches(r#""standing":"captured""#).count(), 1, "{known}");
        house.knows_no_card();
        house.stage.is_clean();
    }
}

#[test]
fn an_answer_that_is_none_cancels_the_sale_for_both_after_it_was_asked_for_again() {
    let seller = format!("answer|Sam|{CARD}|11/29|Hamra Street 1");
    let why = "Invalid response format".to_owned();
    let nonsense = ["say|INFORM_Res 1 Bob", "say|five"];
    assert_eq!(canceled(&[&seller], &nonsense), (why.clone(), why));
}

#[test]
fn who_hangs_up_cancels_the_sale_for_the_other() {
    let buyer = format!("answer|Bob|{CARD}|12/27|Bliss Street 5");
    let (_, told) = canceled(&["hangup"], &[&buyer]);
    assert_eq!(told, "The other side hung up");
}

#[test]
fn a_seller_without_a_bid_is_told_so() {
    let house = House::open();
    let mut seller = house.somebody("sam", "seller");
    seller.does("list|Lamp|green|10|1");
    house.passes(Span::minutes(2));
    assert_eq!(seller.dialogue(), ["NON_OFFER 1 Lamp"]);
}

#[test]
fn a_sale_that_could_not_be_closed_is_closed_when_the_winner_is_back() {
    let house = House::open();
    let (mut seller, mut buyer) = house.sold_lot();
    let (answers, hangs_up) = (format!("answer|Sam|{CARD}|11/29|Hamra Street 1"), "hangup");
    seller.does(&answers);
    buyer.does(hangs_up);
    house.passes(Span::minutes(6));
    assert!(seller.dialogue().last().unwrap().starts_with("CANCEL "));
    // Signing in again and again is no way to pester the other.
    house.passes(Span::minutes(2));
    seller.does(&answers);
    buyer.does(&format!("answer|Bob|{CARD}|12/27|Bliss Street 5"));
    loop {
        buyer.does("login|bob");
        match seller.lines.recv_timeout(Duration::from_secs(1)) {
            Ok(line) if line["dialogue"].is_string() => break,
            _ => house.passes(Span::minutes(2)),
        }
    }
    assert!(seller.dialogue().last().unwrap().starts_with("Shipping_Info "));
    house.stage.is_clean();
}

#[test]
fn a_sale_is_closed_when_both_sides_come_back_one_after_the_other_to_other_ports() {
    let house = House::open();
    let (mut seller, mut buyer) = house.sold_lot();
    seller.does(&format!("answer|Sam|{CARD}|11/29|Hamra Street 1"));
    buyer.does("hangup");
    house.passes(Span::minutes(6));
    assert!(seller.dialogue().last().unwrap().starts_with("CANCEL "));
    drop((seller, buyer));
    // The first to come back has a dialogue beside one with the other's old port, and the other comes while it goes on.
    house.passes(Span::minutes(2));
    let (mut seller, mut buyer) = (house.client(), house.client());
    for (client, name) in [(&mut buyer, "bob"), (&mut seller, "sam")] {
        client.does(&format!("login|{name}"));
        assert!(client.reply().starts_with("LOGIN_SUCCESS "), "{}", client.reply());
    }
    for _ in 0..3 {
        seller.does(&format!("answer|Sam|{CARD}|11/29|Hamra Street 1"));
        buyer.does(&format!("answer|Bob|{CARD}|12/27|Bliss Street 5"));
    }
    let (auction, (_, sam)) = (house.auction("Lamp"), super::play::elsewhere(&house.stage, "sam"));
    until(|| {
        house.passes(Span::minutes(1));
        let shown = house.stage.market.ask_now(Caller::member(sam), move |view| view.auction(auction));
        shown.unwrap().order
    });
    until(|| seller.dialogue().last().filter(|last| last.starts_with("Shipping_Info ")).cloned());
    house.stage.is_clean();
}

#[test]
fn a_seller_who_leaves_after_answering_stops_the_charge_and_is_asked_again_later() {
    for house in House::each() {
        let (mut seller, mut buyer, auction) = house.lamp();
        let (mut to_seller, mut to_buyer) = (seller.takes(), buyer.takes());
        to_seller.is_asked(SOLD);
        to_buyer.is_asked(WINNER);
        to_seller.answers("Sam");
        drop(to_seller);
        assert_eq!(to_buyer.ends(), "CANCEL The other side hung up");
        let sam = house.member_of("sam");
        assert_eq!(house.order_of(auction, &sam), None);
        // Who signs in at once pesters nobody; a minute later it begins anew.
        buyer.is_back("bob");
        seller.is_back("sam");
        seller.is_left_alone();
        house.passes(Span::minutes(2));
        buyer.is_back("bob");
        let (mut to_seller, mut to_buyer) = (seller.takes(), buyer.takes());
        to_seller.is_asked(SOLD);
        to_seller.answers("Sam");
        to_buyer.is_asked(WINNER);
        to_buyer.answers("Bob");
        assert_eq!(to_seller.ends(), SHIPPING);
        until(|| house.order_of(auction, &sam).filter(|order| order.state == State::Shipped));
        house.stage.is_clean();
    }
}

#[test]
fn a_buyer_who_leaves_after_answering_stops_the_charge() {
    let house = House::open();
    let (seller, buyer, auction) = house.lamp();
    let (mut to_seller, mut to_buyer) = (seller.takes(), buyer.takes());
    to_buyer.is_asked(WINNER);
    to_seller.is_asked(SOLD);
    to_buyer.answers("Bob");
    drop(to_buyer);
    assert_eq!(to_seller.ends(), "CANCEL The other side hung up");
    assert_eq!(house.order_of(auction, &house.member_of("sam")), None);
    house.knows_no_card();
}

#[test]
fn what_drips_in_does_not_keep_a_sale_open() {
    let house =
        House::open_with(Options { answer_within: Duration::from_millis(1_500), ..Options::default() });
    let (seller, buyer, _) = house.lamp();
    let (mut to_seller, mut to_buyer) = (seller.takes(), buyer.takes());
    to_seller.is_asked(SOLD);
    to_seller.answers("Sam");
    to_buyer.is_asked(WINNER);
    // As long as that is not the end, something comes every 50 ms.
    let told = (0..600).find_map(|_| {
        to_buyer.says("I");
        to_buyer.heard.recv_timeout(Duration::from_millis(50)).ok()
    });
    let told = told.expect("it goes on for ever").unwrap();
    assert!(told.starts_with("CANCEL ") && told.ends_with(" Connection timeout"), "{told}");
    assert_eq!(to_seller.ends(), "CANCEL Connection timeout");
}

#[test]
fn who_does_not_answer_in_time_cancels_the_sale_for_both() {
    let house =
        House::open_with(Options { answer_within: Duration::from_millis(1_500), ..Options::default() });
    let (seller, buyer, auction) = house.lamp();
    let (mut to_seller, mut to_buyer) = (seller.takes(), buyer.takes());
    to_buyer.is_asked(WINNER);
    to_seller.is_asked(SOLD);
    for side in [to_seller, to_buyer] {
        assert_eq!(side.ends(), "CANCEL Connection timeout");
    }
    assert_eq!(house.order_of(auction, &house.member_of("sam")), None);
}

#[test]
fn where_nobody_waits_it_is_tried_three_times_and_the_lot_stays_set_aside() {
    let house = House::open();
    let (seller, mut buyer) = (Plain::open(&house), Plain::open(&house));
    let (mut seller, nobody) = (seller, TcpListener::bind("127.0.0.1:0").unwrap());
    let closed = nobody.local_addr().unwrap().port();
    drop(nobody);
    assert_eq!(seller.registers("sam", "seller"), "REGISTERED 1");
    assert_eq!(seller.asks("LIST_ITEM", "Lamp green 10 5"), "ITEM_LISTED 2");
    let joins = format!("bob buyer 127.0.0.1 {} {closed}", buyer.ports.0);
    assert_eq!(buyer.asks("REGISTER", &joins), "REGISTERED 1");
    assert_eq!(buyer.asks("BID", "Lamp 20"), "BID_ACCEPTED 2");
    house.passes(Span::minutes(6));
    let mut to_seller = seller.takes();
    to_seller.is_asked(SOLD);
    assert_eq!(to_seller.ends(), "CANCEL Connection timeout");
    let auction = house.auction("Lamp");
    let shown = house.stage.market.ask_now(Caller::VISITOR, move |view| view.auction(auction)).unwrap();
    assert!(shown.state == Auction::Sold && shown.pay_by.is_some());
    // They come back and wait elsewhere.
    house.passes(Span::minutes(2));
    buyer.is_back("bob");
    buyer.takes().is_asked(WINNER);
}

#[test]
fn a_sale_to_somebody_who_left_is_canceled_without_asking() {
    let house = House::open();
    let (mut seller, mut buyer) = (Plain::open(&house), Plain::open(&house));
    puts_up_and_bids(&mut seller, &mut buyer);
    buyer.says(b"DE-REGISTER 3 bob");
    assert_eq!(buyer.asks("LOGIN", "bob"), "LOGIN-FAILED 3 User not found");
    house.passes(Span::minutes(6));
    let mut to_seller = seller.takes();
    assert_eq!(to_seller.says_what(), SOLD);
    assert_eq!(to_seller.ends(), "CANCEL The buyer is no longer here");
}

#[test]
fn who_never_used_their_name_pays_on_the_pages() {
    let house = House::open();
    let basil = house.stage.member("basil");
    house.takes_a_name(&basil, "basil4", "4711");
    let mut seller = Plain::open(&house);
    assert_eq!(seller.registers("sam", "seller"), "REGISTERED 1");
    assert_eq!(seller.asks("LIST_ITEM", "Lamp green 10 5"), "ITEM_LISTED 2");
    let auction = house.auction("Lamp");
    let bid = Command::PlaceBid { auction, maximum: usd(2_000) };
    house.stage.market.run_now(Caller::member(basil.session), bid).unwrap();
    house.passes(Span::minutes(6));
    assert_eq!(seller.takes().ends(), "SOLD Lamp 10.0 basil4");
    // When they have paid, the seller is told where to, and it counts as sent.
    house.pays_on_the_pages(auction, &Caller::member(basil.session));
    let mut told = seller.takes();
    assert_eq!(told.says_what(), "SOLD Lamp 10.0 basil4");
    assert_eq!(told.ends(), "Shipping_Info Bob_Buyer Bliss Street 5, Beirut");
    let sam = house.member_of("sam");
    until(|| house.order_of(auction, &sam).filter(|order| order.state == State::Shipped));
}

#[test]
fn what_was_paid_on_the_pages_is_neither_canceled_nor_charged_again_and_its_seller_is_told_where_to() {
    for house in House::each() {
        let (mut seller, mut buyer, auction) = house.lamp();
        let (mut to_seller, to_buyer) = (seller.takes(), buyer.takes());
        drop(to_buyer);
        assert_eq!(to_seller.says_what(), SOLD);
        assert!(to_seller.ends().starts_with("CANCEL "));
        let (sam, bob) = (house.member_of("sam"), house.member_of("bob"));
        house.pays_on_the_pages(auction, &bob);
        // The seller hangs up before it is said: it does not count as sent.
        let mut told = until(|| {
            house.passes(Span::seconds(1));
            seller.takes_if()
        });
        assert_eq!(told.says_what(), SOLD);
        drop(told);
        let mut told = until(|| {
            seller.is_back("sam");
            seller.takes_if()
        });
        assert_eq!(house.order_of(auction, &sam).unwrap().state, State::Placed);
        assert_eq!(told.says_what(), SOLD);
        assert_eq!(told.ends(), "Shipping_Info Bob_Buyer Bliss Street 5, Beirut");
        until(|| house.order_of(auction, &sam).filter(|order| order.state == State::Shipped));
        house.passes(Span::minutes(2));
        buyer.is_back("bob");
        seller.is_back("sam");
        buyer.is_left_alone();
        seller.is_left_alone();
        house.stage.is_clean();
    }
}

/// A market in that place with the wire, where nobody takes cards.
fn opens(runtime: &Runtime, location: &Location, clock: &Arc<ManualEnv>) -> (Running, SocketAddr) {
    let env: Arc<dyn Env> = Arc::<ManualEnv>::clone(clock);
    let market = Market::open(&auboutique_market::Options::new(location.clone()), env).unwrap();
    let legacy = Options { wires: vec![(System::S004, 0)], ..Options::default() };
    let running = runtime.block_on(Running::start(market, Doors { legacy, ..Doors::default() })).unwrap();
    let at = running.legacy[0].1;
    (running, at)
}

#[test]
fn an_auction_that_ends_while_there_is_no_market_is_closed_afterwards_and_who_cannot_pay_is_not_asked() {
    let (folder, now) = (TempDir::new().unwrap(), SystemEnv::new().now());
    let (location, clock) =
        (Location::Sqlite(folder.path().join("market.db")), Arc::new(ManualEnv::new(now, 4)));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (running, at) = opens(&runtime, &location, &clock);
    let (mut seller, mut buyer) = (Plain::at(at), Plain::at(at));
    puts_up_and_bids(&mut seller, &mut buyer);
    runtime.block_on(running.close());
    clock.advance(Span::minutes(6));
    // The second time it has ended before: nobody has to sign in for it.
    for _ in 0..2 {
        let (running, _) = opens(&runtime, &location, &clock);
        let (mut to_seller, mut to_buyer) = (seller.takes(), buyer.takes());
        assert_eq!((to_seller.says_what(), to_buyer.says_what()), (SOLD.into(), WINNER.into()));
        let canceled = "CANCEL Cards are not taken here".to_owned();
        assert_eq!((to_seller.ends(), to_buyer.ends()), (canceled.clone(), canceled));
        runtime.block_on(running.close());
    }
}

#[test]
fn the_market_connects_to_where_a_datagram_came_from_and_to_no_port_of_the_system() {
    let house = House::open();
    let mut seller = Plain::open(&house);
    seller.socket = UdpSocket::bind("127.0.0.2:0").unwrap();
    seller.socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let elsewhere = std::mem::replace(&mut seller.ports.1, TcpListener::bind("127.0.0.2:0").unwrap());
    // At the same port of another address somebody else waits.
    let same_port = TcpListener::bind(("127.0.0.1", seller.port()));
    drop(elsewhere);
    for port in ["1023", "80", "0"] {
        let joins = format!("sam seller 127.0.0.1 {} {port}", seller.ports.0);
        assert!(seller.asks("REGISTER", &joins).ends_with("Invalid format"), "{port}");
        assert!(seller.asks("LOGIN", &format!("sam {port}")).ends_with("Invalid format"), "{port}");
    }
    let (udp, tcp) = (seller.ports.0, seller.port());
    assert_eq!(seller.asks("REGISTER", &format!("sam seller 127.0.0.1 {udp} {tcp}")), "REGISTERED 7");
    assert_eq!(seller.asks("LIST_ITEM", "Lamp green 10 1"), "ITEM_LISTED 8");
    house.passes(Span::minutes(2));
    assert_eq!(seller.takes().ends(), "NON_OFFER Lamp");
    if let Ok(other) = same_port {
        other.set_nonblocking(true).unwrap();
        assert!(other.accept().is_err(), "what somebody wrote is not where they are");
    }
}

// ---- names, notices and sockets ----

#[test]
fn a_name_that_was_taken_on_the_pages_is_registered_with_its_pin() {
    let house = House::open();
    let pia = house.stage.member("piapages");
    house.takes_a_name(&pia, "pia", "4711-secret");
    let mut plain = Plain::open(&house);
    let (udp, tcp) = (plain.ports.0, plain.port());
    let registers =
        |plain: &mut Plain, pin| plain.asks("REGISTER", &format!("pia buyer 127.0.0.1 {udp} {tcp}{pin}"));
    assert_eq!(registers(&mut plain, ""), "REGISTER-DENIED 1 User name is already taken");
    assert_eq!(registers(&mut plain, " 4712-secret"), "REGISTER-DENIED 2 User name is already taken");
    assert_eq!(registers(&mut plain, " 4711-secret"), "REGISTERED 3");
    let mut seller = Plain::open(&house);
    assert_eq!(seller.registers("sam", "seller"), "REGISTERED 1");
    assert_eq!(seller.asks("LIST_ITEM", "Lamp green 10 5"), "ITEM_LISTED 2");
    assert_eq!(plain.asks("BID", "Lamp 20"), "BID_ACCEPTED 4");
    house.passes(Span::minutes(6));
    assert_eq!(plain.takes().says_what(), WINNER);
}

#[test]
fn who_subscribes_twice_is_told_once_and_who_leaves_off_in_three_fields_is_not_told() {
    let house = House::open();
    let (mut seller, mut alice, mut bob) = (Plain::open(&house), Plain::open(&house), Plain::open(&house));
    assert_eq!(seller.registers("sam", "seller"), "REGISTERED 1");
    assert_eq!(seller.asks("LIST_ITEM", "Lamp green 10 60"), "ITEM_LISTED 2");
    assert_eq!(alice.registers("alice", "buyer"), "REGISTERED 1");
    for number in [2, 3] {
        assert!(alice.asks("SUBSCRIBE", "Lamp").starts_with("AUCTION_ANNOUNCE"));
        assert_eq!(alice.hears(), format!("SUBSCRIBED {number}"));
    }
    assert_eq!(bob.registers("bob", "buyer"), "REGISTERED 1");
    assert_eq!(bob.asks("BID", "Lamp 20"), "BID_ACCEPTED 2");
    assert_eq!(alice.hears(), "BID_UPDATE 2 Lamp 10.0 bob 3600");
    alice.hears_nothing();
    alice.says(b"DE-SUBSCRIBE 4 Lamp");
    assert_eq!(alice.asks("LOGIN", "alice"), "LOGIN_SUCCESS 4 role=buyer");
    let mut carl = Plain::open(&house);
    assert_eq!(carl.registers("carl", "buyer"), "REGISTERED 1");
    assert_eq!(carl.asks("BID", "Lamp 15"), "BID_ACCEPTED 2");
    assert_eq!(carl.hears(), "BID_UPDATE 2 Lamp 16.0 bob 3600", "who is outbid at once is told");
    alice.hears_nothing();
}

#[test]
fn notices_go_where_somebody_logged_in_from_last() {
    let house = House::open();
    let (mut seller, mut alice, mut bob) = (Plain::open(&house), Plain::open(&house), Plain::open(&house));
    assert_eq!(seller.registers("sam", "seller"), "REGISTERED 1");
    assert_eq!(seller.asks("LIST_ITEM", "Lamp green 10 60"), "ITEM_LISTED 2");
    // She wants to be told at another socket of hers than the one she speaks from.
    let other = Plain::open(&house);
    alice.ports.0 = other.ports.0;
    assert_eq!(alice.registers("alice", "buyer"), "REGISTERED 1");
    assert!(alice.asks("SUBSCRIBE", "Lamp").starts_with("AUCTION_ANNOUNCE"));
    assert_eq!(alice.hears(), "SUBSCRIBED 2");
    assert_eq!(bob.registers("bob", "buyer"), "REGISTERED 1");
    assert_eq!(bob.asks("BID", "Lamp 20"), "BID_ACCEPTED 2");
    assert_eq!(other.hears(), "BID_UPDATE 2 Lamp 10.0 bob 3600");
    alice.is_back("alice");
    let mut carl = Plain::open(&house);
    assert_eq!(carl.registers("carl", "buyer"), "REGISTERED 1");
    assert_eq!(carl.asks("BID", "Lamp 15"), "BID_ACCEPTED 2");
    assert_eq!(alice.hears(), "BID_UPDATE 2 Lamp 16.0 bob 3600");
    other.hears_nothing();
}

#[test]
fn only_the_seller_lowers_the_price_and_a_refusal_leaves_it() {
    let house = House::open_with(Options { negotiate: true, ..Options::default() });
    let (mut seller, mut alice) = (Plain::open(&house), Plain::open(&house));
    assert_eq!(seller.registers("sam", "seller"), "REGISTERED 1");
    assert_eq!(seller.asks("LIST_ITEM", "Lamp green 10 10"), "ITEM_LISTED 2");
    assert_eq!(alice.registers("alice", "buyer"), "REGISTERED 1");
    assert!(alice.asks("SUBSCRIBE", "Lamp").starts_with("AUCTION_ANNOUNCE"));
    assert_eq!(alice.hears(), "SUBSCRIBED 2");
    house.passes(Span::seconds(301));
    assert_eq!(seller.hears(), "NEGOTIATE_REQ 1 Lamp 10.0 299");
    let price = || {
        let auction = house.auction("Lamp");
        house.stage.market.ask_now(Caller::VISITOR, move |view| view.auction(auction)).unwrap().price
    };
    // What one socket sends is taken in its order: an answer to what follows says that it was.
    alice.says(b"ACCEPT 3 Lamp 8");
    alice.is_back("alice");
    assert_eq!(price(), usd(1_000));
    let sam = house.member_of("sam");
    let is_asked = || {
        let auction = house.auction("Lamp");
        let shown = house.stage.market.ask_now(sam.clone(), move |view| view.auction(auction)).unwrap();
        shown.selling.unwrap().asked
    };
    assert!(is_asked());
    seller.says(b"REFUSE 3 Lamp REJECT");
    seller.is_back("sam");
    assert_eq!((price(), is_asked()), (usd(1_000), false));
    alice.hears_nothing();
}

#[test]
fn letters_that_look_the_same_are_the_same_lot() {
    let house = House::open();
    let mut seller = Plain::open(&house);
    assert_eq!(seller.registers("sam", "seller"), "REGISTERED 1");
    assert_eq!(seller.asks("LIST_ITEM", "Cafe\u{301} green 10 5"), "ITEM_LISTED 2");
    for name in ["Cafe\u{301}", "Caf\u{e9}"] {
        let answer = seller.asks("SUBSCRIBE", name);
        assert!(answer.starts_with("AUCTION_ANNOUNCE"), "{answer}");
        assert!(seller.hears().starts_with("SUBSCRIBED"));
    }
}

#[test]
fn many_sockets_that_are_silent_keep_no_other_out() {
    let house = House::open();
    for number in 0..4_200 {
        let socket = UdpSocket::bind(format!("127.1.{}.{}:0", number / 250, 1 + number % 250)).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.send_to(b"LOGIN", house.at).unwrap();
        let mut bytes = [0; 100];
        let length = socket.recv(&mut bytes).unwrap_or_else(|error| panic!("socket {number}: {error}"));
        assert_eq!(&bytes[..length], b"LOGIN-FAILED 0 Invalid format");
    }
}
