//! Datagrams of the auctions' clients as they are and as they should never be, and every way a closing dialogue can go.

use auboutique_domain::{Currency, Money};
use auboutique_wire::legacy::w004::dialogue::{
    ANSWER_WITHIN, About, Dialogue, Input, Particulars, Step, Verdict, particulars,
};
use auboutique_wire::legacy::w004::{
    Answer, Ask, LONGEST, Malformed, Notice, Request, Role, amount, decode, single,
};
use proptest::prelude::*;

const fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::Usd)
}

fn ask(datagram: &str) -> Ask {
    let Request { number, ask } =
        decode(datagram.as_bytes()).unwrap_or_else(|no| panic!("{datagram}: {no:?}"));
    assert_eq!(number, "7", "{datagram}");
    ask
}

/// What the sender of a datagram is told that cannot be read; nothing if that is nothing.
fn told(datagram: &[u8]) -> Option<String> {
    match decode(datagram) {
        Err(Malformed::Silent) => None,
        Err(Malformed::Answered { number, answer }) => Some(text(answer.encode(&number))),
        Ok(request) => panic!("{request:?}"),
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("it is UTF-8")
}

fn own(text: &str) -> String {
    text.to_owned()
}

#[test]
fn every_message_is_read_in_each_of_its_forms() {
    let registers = |pin| match ask(&format!("REGISTER 7 alice buyer 127.0.1.1 6001 7001{pin}")) {
        Ask::Register { name, role: Role::Buyer, udp_port: 6001, tcp_port: 7001, pin } => {
            assert_eq!(name, "alice");
            pin.map(|pin| pin.reveal().to_owned())
        }
        other => panic!("{other:?}"),
    };
    assert_eq!((registers(""), registers(" 4711")), (None, Some(own("4711"))));
    assert_eq!(ask("LOGIN 7 alice"), Ask::LogIn { name: own("alice"), tcp_port: None, pin: None });
    assert_eq!(ask("LOGIN 7 alice 7002"), Ask::LogIn { name: own("alice"), tcp_port: Some(7002), pin: None });
    assert!(
        matches!(ask("LOGIN 7 alice 7002 4711"), Ask::LogIn { pin: Some(pin), .. } if pin.reveal() == "4711")
    );
    assert_eq!(ask("DE-REGISTER 7 alice"), Ask::DeRegister { name: own("alice") });
    let listed = |seller| Ask::List {
        item: own("Lamp"),
        description: own("green"),
        price: usd(1_050),
        minutes: 5,
        seller,
    };
    assert_eq!(ask("LIST_ITEM 7 Lamp green 10.5 5"), listed(None));
    assert_eq!(ask("LIST_ITEM 7 Lamp green 10.5 5 bob"), listed(Some(own("bob"))));
    let (item, client) = (own("Lamp"), Some(own("alice")));
    assert_eq!(ask("SUBSCRIBE 7 Lamp"), Ask::Subscribe { item: item.clone(), client: None });
    assert_eq!(ask("SUBSCRIBE 7 Lamp alice"), Ask::Subscribe { item: item.clone(), client: client.clone() });
    assert_eq!(ask("DE-SUBSCRIBE 7 Lamp"), Ask::DeSubscribe { item: item.clone(), client: None });
    assert_eq!(ask("DE-SUBSCRIBE 7 Lamp alice"), Ask::DeSubscribe { item: item.clone(), client });
    assert_eq!(ask("BID 7 Lamp 20"), Ask::Bid { item: item.clone(), amount: usd(2_000) });
    assert_eq!(ask("ACCEPT 7 Lamp 4.0"), Ask::Accept { item: item.clone(), price: usd(400) });
    assert_eq!(ask("REFUSE 7 Lamp REJECT"), Ask::Refuse { item: item.clone() });
    assert_eq!(ask("REFUSE 7 Lamp\n"), Ask::Refuse { item });
    assert!(matches!(ask("BIDDING 7 Lamp 20"), Ask::Bid { .. }), "names are matched by their beginning");
}

#[test]
fn what_cannot_be_read_is_answered_as_it_always_was_or_not_at_all() {
    for (datagram, answer) in [
        ("REGISTER 7 alice buyer 127.0.0.1 6001", Some("REGISTER-DENIED 7 Invalid format")),
        ("REGISTER 7 alice thief 127.0.0.1 6001 7001", Some("REGISTER-DENIED 7 Invalid format")),
        ("REGISTER 7 alice buyer 127.0.0.1 6001 80", Some("REGISTER-DENIED 7 Invalid format")),
        ("REGISTER 7 alice buyer 127.0.0.1 6001 65536", Some("REGISTER-DENIED 7 Invalid format")),
        ("LOGIN 7", Some("LOGIN-FAILED 7 Invalid format")),
        ("LIST_ITEM 7 Lamp green 10", Some("LIST-DENIED 7 Invalid format")),
        ("LIST_ITEM 7 Lamp green 10 5 bob more", Some("LIST-DENIED 7 Invalid format")),
        ("LIST_ITEM 7 Lamp green ten 5 bob", Some("LIST-DENIED 7 invalid price or duration format")),
        ("LIST_ITEM 7 Lamp green nan 5 bob", Some("LIST-DENIED 7 invalid price or duration format")),
        ("LIST_ITEM 7 Lamp green inf 5 bob", Some("LIST-DENIED 7 invalid price or duration format")),
        ("LIST_ITEM 7 Lamp green 1e400 5 bob", Some("LIST-DENIED 7 invalid price or duration format")),
        ("LIST_ITEM 7 Lamp green 10 5.5 bob", Some("LIST-DENIED 7 invalid price or duration format")),
        ("LIST_ITEM 7 Lamp green 0 5 bob", Some("LIST-DENIED 7 start price must be positive")),
        ("LIST_ITEM 7 Lamp green -1 5 bob", Some("LIST-DENIED 7 start price must be positive")),
        ("LIST_ITEM 7 Lamp green 10 0 bob", Some("LIST-DENIED 7 duration must be postive")),
        ("SUBSCRIBE 7", Some("SUBSCRIPTION-DENIED 7 Invalid format")),
        ("BID 7 Desk Lamp 20", Some("BID_REJECTED 7 Invalid format")),
        ("BID 7 Lamp nan", Some("BID_REJECTED 7 Invalid_bid_amount")),
        ("BID 7 Lamp inf", Some("BID_REJECTED 7 Invalid_bid_amount")),
        ("BID 7 Lamp -inf", Some("BID_REJECTED 7 Invalid_bid_amount")),
        ("BID 7 Lamp 1e400", Some("BID_REJECTED 7 Invalid_bid_amount")),
        ("BID 7 Lamp -20", Some("BID_REJECTED 7 Invalid_bid_amount")),
        ("BID 7 Lamp 0", Some("BID_REJECTED 7 Invalid_bid_amount")),
        ("BID 7 Lamp .", Some("BID_REJECTED 7 Invalid_bid_amount")),
        ("REGISTER", Some("REGISTER-DENIED 0 Invalid format")),
        ("LOGIN", Some("LOGIN-FAILED 0 Invalid format")),
        ("LIST_ITEM", Some("LIST-DENIED 0 Invalid format")),
        ("DE-REGISTER 7", None),
        ("DE-SUBSCRIBE 7", None),
        ("ACCEPT 7 Lamp", None),
        ("REFUSE 7", None),
        ("register 7 alice", None),
        ("PRIVMSG 7 alice hello", None),
        ("REGISTER 123456789012345678901 alice", None),
        ("", None),
        (" \t\r\n ", None),
    ] {
        assert_eq!(told(datagram.as_bytes()).as_deref(), answer, "{datagram}");
    }
    assert_eq!(told(b"BID 7 Lamp \xff"), None);
    assert_eq!(told(b"\xff\xfe"), None);
}

#[test]
fn an_amount_that_cannot_be_paid_is_bid_as_far_as_it_can_be_and_asked_for_in_full() {
    for (written, bid, asked) in [
        ("20", 2_000, 2_000),
        ("20.0", 2_000, 2_000),
        ("+20.5", 2_050, 2_050),
        (".5", 50, 50),
        ("5.", 500, 500),
        ("2e1", 2_000, 2_000),
        ("2.055E+1", 2_055, 2_055),
        ("2000e-2", 2_000, 2_000),
        ("20.009", 2_000, 2_001),
        ("0.99", 99, 99),
        ("12345678.90", 1_234_567_890, 1_234_567_890),
    ] {
        let bids =
            matches!(ask(&format!("BID 7 x {written}")), Ask::Bid { amount, .. } if amount == usd(bid));
        assert!(bids, "{written}");
        let asks = matches!(ask(&format!("LIST_ITEM 7 x y {written} 1")), Ask::List { price, .. } if price == usd(asked));
        assert!(asks, "{written}");
    }
}

#[test]
fn amounts_are_written_as_python_writes_floats() {
    for (minor, written) in
        [(2_000, "20.0"), (1_250, "12.5"), (99, "0.99"), (5, "0.05"), (150_000, "1500.0"), (10, "0.1")]
    {
        assert_eq!(amount(usd(minor)), written);
    }
    assert_eq!(amount(Money::new(350_000, Currency::Lbp)), "350000.0");
}

#[test]
fn every_answer_and_notice_stands_on_the_wire_as_it_always_did() {
    let item = || own("Lamp");
    let announce = Answer::AuctionAnnounce {
        item: item(),
        description: own("green one"),
        price: usd(1_050),
        seconds: 60,
    };
    for (answer, written) in [
        (Answer::Registered, "REGISTERED 3"),
        (
            Answer::RegisterDenied(own("User name is already taken")),
            "REGISTER-DENIED 3 User name is already taken",
        ),
        (Answer::LogInSuccess(Role::Seller), "LOGIN_SUCCESS 3 role=seller"),
        (Answer::LogInFailed(own("User not found")), "LOGIN-FAILED 3 User not found"),
        (Answer::ItemListed, "ITEM_LISTED 3"),
        (Answer::ListDenied(own("item name already exists")), "LIST-DENIED 3 item name already exists"),
        (announce, "AUCTION_ANNOUNCE 3 Lamp green_one 10.5 60"),
        (Answer::Subscribed, "SUBSCRIBED 3"),
        (Answer::SubscriptionDenied(own("item does not exist")), "SUBSCRIPTION-DENIED 3 item does not exist"),
        (Answer::BidAccepted, "BID_ACCEPTED 3"),
        (Answer::BidRejected(own("Bid_too_low")), "BID_REJECTED 3 Bid_too_low"),
    ] {
        assert_eq!(text(answer.encode("3")), written);
        // What a server says is no request, though it may begin like one: two of them would talk for ever.
        assert_eq!(decode(written.as_bytes()), Err(Malformed::Silent), "{written}");
    }
    let (price, seconds) = (usd(2_000), -1);
    for (notice, written) in [
        (
            Notice::BidUpdate { item: item(), price, bidder: own("bob"), seconds: 57 },
            "BID_UPDATE 3 Lamp 20.0 bob 57",
        ),
        (Notice::NegotiateReq { item: item(), price, seconds }, "NEGOTIATE_REQ 3 Lamp 20.0 0"),
        (Notice::PriceAdjustment { item: item(), price, seconds }, "PRICE_ADJUSTMENT 3 Lamp 20.0 0"),
    ] {
        assert_eq!(text(notice.encode("3")), written);
        assert_eq!(decode(written.as_bytes()), Err(Malformed::Silent), "{written}");
    }
}

#[test]
fn a_long_description_is_cut_so_that_what_stands_behind_it_is_still_there() {
    let description = "é".repeat(4_000);
    let announce = Answer::AuctionAnnounce { item: own("Lamp"), description, price: usd(1_000), seconds: 60 };
    let bytes = announce.encode("3");
    assert!(bytes.len() <= LONGEST, "{}", bytes.len());
    assert!(text(bytes).ends_with("é 10.0 60"));
}

// ---- what is answered in the dialogue ----

fn read(message: &str) -> Option<(String, String, String, String)> {
    let Particulars { name, card, address } = particulars(message.as_bytes())?;
    Some((name, own(card.number()), own(card.expiry()), address))
}

#[test]
fn the_card_is_found_by_its_look_so_that_it_is_never_taken_for_an_address() {
    let card = own("4242424242424242");
    for (message, name, address) in [
        ("INFORM_Res 2 Alice 4242424242424242 12/27 Bliss Street 5", "Alice", "Bliss Street 5"),
        ("INFORM_Res 2 Alice B. Doe 4242424242424242 12/27 Bliss Street", "Alice B. Doe", "Bliss Street"),
        ("INFORM_Res 2 Alice 4242 4242 4242 4242 12/27 Beirut", "Alice", "Beirut"),
        ("INFORM_Res 2 Alice 4242-4242-4242-4242 12/27 Beirut 12/34", "Alice", "Beirut 12/34"),
        ("INFORM_Res 2 Henry 8 4242 4242 4242 4242 12/27 Beirut", "Henry 8", "Beirut"),
        ("INFORM_Res 2 Apollo 11 4242424242424242 12/27 Beirut", "Apollo 11", "Beirut"),
    ] {
        let expected = (own(name), card.clone(), own("12/27"), own(address));
        assert_eq!(read(message), Some(expected), "{message}");
    }
    for message in [
        "",
        "INFORM_Res",
        "INFORM_Res 2",
        "INFORM_Res 2 Alice 4242424242424242 12/27",
        "INFORM_Res 2 4242424242424242 12/27 Beirut",
        "INFORM_Res 2 Alice 42424242 12/27 Beirut",
        "INFORM_Res 2 Alice 42424242424242424242 12/27 Beirut",
        "INFORM_Res 2 Alice 4242424242424242 1227 Beirut",
        "INFORM_Req 2 Alice 4242424242424242 12/27 Beirut",
        "hello",
    ] {
        assert_eq!(read(message), None, "{message}");
    }
    assert_eq!(particulars(b"INFORM_Res 2 \xff 4242424242424242 12/27 Beirut"), None);
    // A number that was mistyped is still taken for one, all of it.
    let (name, number, _, _) = read("INFORM_Res 2 Alice 4242 4242 4242 4241 12/27 Beirut").unwrap();
    assert_eq!((name.as_str(), number.as_str()), ("Alice", "4242424242424241"));
}

#[test]
fn a_card_cannot_be_printed() {
    let message = b"INFORM_Res 2 Alice 4242424242424242 12/27 Beirut";
    let read = particulars(message).unwrap();
    let mut asked = Stage::won().asked();
    asked.on(Input::Received(message));
    let paid = Verdict::Paid { name: own("Alice"), address: own("Beirut") };
    for printed in [
        format!("{read:?}"),
        format!("{:?}", read.card),
        format!("{:?}", Step::Answered(read.clone())),
        format!("{:?}", Step::Send(message.to_vec())),
        format!("{:?}", Step::Tell(message.to_vec())),
        format!("{:?}", Input::Received(message)),
        format!("{:?}", Input::Told(paid.clone())),
        format!("{paid:?}"),
        format!("{:?}", asked.dialogue),
    ] {
        let bytes = format!("{:?}", b"4242").replace(['[', ']'], "");
        let shown = ["4242", "Beirut", &bytes].into_iter().any(|part| printed.contains(part));
        assert!(!shown, "{printed}");
    }
}

// ---- the dialogue ----

/// A dialogue and what it numbers its messages by.
struct Stage {
    dialogue: Dialogue,
    last: u64,
}

impl Stage {
    fn new(about: About) -> Self {
        Self { dialogue: Dialogue::new(about), last: 0 }
    }

    fn won() -> Self {
        Self::new(About::Won { item: own("Lamp"), price: usd(2_000), seller: own("bob") })
    }

    fn sold(ask: bool) -> Self {
        Self::new(About::Sold { item: own("Lamp"), price: usd(2_000), buyer: own("alice"), ask })
    }

    fn on(&mut self, input: Input<'_>) -> Vec<Step> {
        let last = &mut self.last;
        self.dialogue.on(input, &mut || {
            *last += 1;
            *last
        })
    }

    /// Until they are asked.
    fn asked(mut self) -> Self {
        self.on(Input::Connected);
        self.on(Input::Waited);
        self
    }

    /// Until they have answered.
    fn answered(self) -> Self {
        let mut stage = self.asked();
        stage.on(Input::Received(ANSWER));
        stage.on(Input::Waited);
        stage
    }
}

const ANSWER: &[u8] = b"INFORM_Res 2 Alice Doe 4242424242424242 12/27 Bliss Street 5";

fn send(text: &str) -> Step {
    Step::Send(text.as_bytes().to_vec())
}

fn tell(text: &str) -> Step {
    Step::Tell(text.as_bytes().to_vec())
}

fn paid() -> Verdict {
    Verdict::Paid { name: own("Alice Doe"), address: own("Bliss\nStreet 5") }
}

#[test]
fn a_winner_is_greeted_asked_and_let_go_when_they_have_paid() {
    let mut stage = Stage::won();
    assert_eq!(stage.on(Input::Connected), [send("WINNER 1 Lamp 20.0 bob"), Step::Wait(1_000)]);
    assert_eq!(stage.on(Input::Waited), [send("INFORM_Req 2 Lamp 20.0"), Step::Within(ANSWER_WITHIN)]);
    let (begin, end) = ANSWER.split_at(20);
    assert_eq!(stage.on(Input::Received(begin)), [Step::Wait(200)], "the rest may still come");
    assert_eq!(stage.on(Input::Received(end)), [Step::Wait(200)]);
    let answered = Step::Answered(particulars(ANSWER).unwrap());
    assert_eq!(stage.on(Input::Waited), [answered, Step::Rest]);
    assert_eq!(stage.on(Input::Told(paid())), [Step::Wait(500)]);
    assert_eq!(stage.on(Input::Waited), [Step::Wait(1_000)]);
    assert_eq!(stage.on(Input::Waited), [Step::Close]);
    assert!(stage.dialogue.is_over());
}

#[test]
fn a_seller_is_told_where_to_send_it_whoever_answered_first() {
    let mut stage = Stage::sold(true);
    assert_eq!(stage.on(Input::Connected), [send("SOLD 1 Lamp 20.0 alice"), Step::Wait(500)]);
    assert_eq!(stage.on(Input::Waited), [send("INFORM_Req 2 Lamp 20.0"), Step::Within(ANSWER_WITHIN)]);
    let mut stage = Stage::sold(true).answered();
    assert_eq!(stage.on(Input::Told(paid())), [Step::Wait(500)]);
    let shipping = tell("Shipping_Info 2 Alice_Doe Bliss Street 5");
    assert_eq!(stage.on(Input::Waited), [shipping, Step::Wait(1_000)]);
    assert_eq!(stage.on(Input::Waited), [Step::Close]);
}

#[test]
fn what_cannot_be_read_is_asked_for_again_once() {
    let mut stage = Stage::won().asked();
    stage.on(Input::Received(b"INFORM_Res 2 Alice"));
    assert_eq!(stage.on(Input::Waited), [Step::Wait(500)], "one `recv` is one message");
    assert_eq!(stage.on(Input::Waited), [send("INFORM_Req 3 Lamp 20.0"), Step::Within(ANSWER_WITHIN)]);
    stage.on(Input::Received(b"5"));
    assert_eq!(stage.on(Input::Waited), [Step::Failed("Invalid response format"), Step::Wait(500)]);
    assert_eq!(stage.on(Input::Waited), [tell("CANCEL 3 Invalid response format"), Step::Wait(1_000)]);
    assert_eq!(stage.on(Input::Waited), [Step::Close]);
}

#[test]
fn who_does_not_answer_or_hangs_up_ends_the_sale() {
    let mut silent = Stage::won().asked();
    assert_eq!(silent.on(Input::Late), [Step::Failed("Connection timeout"), Step::Wait(500)]);
    assert_eq!(silent.on(Input::Waited), [tell("CANCEL 2 Connection timeout"), Step::Wait(1_000)]);
    let stages =
        [Stage::won(), Stage::won().asked(), Stage::sold(true).asked(), Stage::sold(true).answered()];
    for mut stage in stages {
        assert_eq!(stage.on(Input::HungUp), [Step::Failed("The other side hung up"), Step::Close]);
        assert!(stage.dialogue.is_over());
        assert_eq!(stage.on(Input::Connected), []);
    }
    let mut stage = Stage::won().asked();
    stage.on(Input::Received(ANSWER));
    assert_eq!(stage.on(Input::HungUp), [Step::Failed("The other side hung up"), Step::Close]);
    let mut stage = Stage::sold(true).answered();
    stage.on(Input::Told(paid()));
    assert_eq!(stage.on(Input::HungUp), [Step::Close], "what is decided stays so");
}

#[test]
fn what_drips_in_does_not_outlast_the_time_there_is_for_an_answer() {
    let mut stage = Stage::new(About::Won { item: own("Lamp"), price: usd(2_000), seller: own("bob") });
    stage.dialogue = stage.dialogue.answered_within(700);
    stage.on(Input::Connected);
    assert_eq!(stage.on(Input::Waited), [send("INFORM_Req 2 Lamp 20.0"), Step::Within(700)]);
    for piece in ["I", "N", "F"] {
        assert_eq!(stage.on(Input::Received(piece.as_bytes())), [Step::Wait(200)]);
    }
    assert_eq!(stage.on(Input::Late), [Step::Failed("Connection timeout"), Step::Wait(500)]);
    let mut stage = Stage::won().asked();
    stage.on(Input::Received(ANSWER));
    let answered = Step::Answered(particulars(ANSWER).unwrap());
    assert_eq!(stage.on(Input::Late), [answered, Step::Rest], "who answered in the last moment has answered");
}

#[test]
fn the_other_side_is_told_of_a_cancelation_wherever_their_dialogue_is() {
    let no = || Input::Told(Verdict::Canceled(own("Invalid response format")));
    let cancel = |number| tell(&format!("CANCEL {number} Invalid response format"));
    let mut early = Stage::sold(true);
    assert_eq!(early.on(no()), []);
    early.on(Input::Connected);
    assert_eq!(early.on(Input::Waited), [cancel(1), Step::Wait(1_000)]);
    for mut stage in [Stage::sold(true).asked(), Stage::sold(true).answered()] {
        assert_eq!(stage.on(no()), [Step::Wait(500)]);
        assert_eq!(stage.on(Input::Waited), [cancel(2), Step::Wait(1_000)]);
        assert_eq!(stage.on(Input::Waited), [Step::Close]);
    }
}

#[test]
fn a_seller_without_a_bid_or_whose_buyer_pays_elsewhere_is_asked_nothing() {
    let mut stage = Stage::new(About::NoOffer { item: own("Lamp") });
    assert_eq!(stage.on(Input::Connected), [send("NON_OFFER 1 Lamp"), Step::Wait(1_000)]);
    assert_eq!(stage.on(Input::Waited), [Step::Close]);
    let mut stage = Stage::sold(false);
    assert_eq!(stage.on(Input::Connected), [send("SOLD 1 Lamp 20.0 alice"), Step::Wait(500)]);
    assert_eq!(stage.on(Input::Waited), [Step::Wait(1_000)]);
    assert_eq!(stage.on(Input::Waited), [Step::Close]);
}

#[test]
fn a_seller_can_be_told_later_where_to_send_it() {
    let mut stage = Stage::sold(false);
    assert_eq!(stage.on(Input::Told(paid())), []);
    assert_eq!(stage.on(Input::Connected), [send("SOLD 1 Lamp 20.0 alice"), Step::Wait(500)]);
    let shipping = tell("Shipping_Info 1 Alice_Doe Bliss Street 5");
    assert_eq!(stage.on(Input::Waited), [shipping, Step::Wait(1_000)]);
    assert_eq!(stage.on(Input::Waited), [Step::Close]);
}

// ---- anything at all ----

fn input() -> impl Strategy<Value = (u8, Vec<u8>)> {
    (0..7_u8, prop_oneof![prop::collection::vec(any::<u8>(), 0..40), Just(ANSWER.to_vec())])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_datagram_is_too_strange_to_be_read_and_no_answer_is_longer_than_a_client_reads(
        bytes in prop::collection::vec(any::<u8>(), 0..200)
    ) {
        if let Err(Malformed::Answered { number, answer }) = decode(&bytes) {
            prop_assert!(answer.encode(&number).len() <= LONGEST);
        }
    }

    #[test]
    fn no_words_are_too_strange_to_be_read(
        words in prop::collection::vec(
            prop_oneof![
                prop::sample::select(vec![
                    "REGISTER", "LOGIN", "LIST_ITEM", "SUBSCRIBE", "DE-SUBSCRIBE", "BID", "ACCEPT", "REFUSE",
                    "buyer", "nan", "inf", "1e400", "-1", "0e999999999", "1e-999999999", "6001", "7",
                ]).prop_map(str::to_owned),
                "[ -~]{0,8}",
            ],
            0..9,
        )
    ) {
        if let Ok(Request { number, ask }) = decode(words.join(" ").as_bytes()) {
            prop_assert!(number.len() <= 20);
            if let Ask::Bid { amount, .. } = ask {
                prop_assert!(amount.minor > 0);
            }
        }
    }

    #[test]
    fn an_amount_is_read_as_it_was_written(minor in 1..1_000_000_000_000_i64) {
        let bid = ask(&format!("BID 7 x {}", amount(usd(minor))));
        prop_assert_eq!(bid, Ask::Bid { item: own("x"), amount: usd(minor) });
    }

    #[test]
    fn whatever_stands_in_an_answer_no_card_is_shown(
        name in "[A-Za-z]{1,8}( [A-Za-z]{1,8}){0,3}",
        card in "[0-9]{12,19}",
        address in "[A-Za-z]{1,8}( [A-Za-z]{1,8}){0,5}",
    ) {
        let message = format!("INFORM_Res 2 {name} {card} 05/27 {address}");
        let read = read(&message).unwrap();
        prop_assert_eq!(read, (name, card, own("05/27"), address));
    }

    #[test]
    fn a_dialogue_ends_whatever_happens_and_says_nothing_twice(
        inputs in prop::collection::vec(input(), 0..30),
        about in 0..3_u8,
    ) {
        let mut stage = match about {
            0 => Stage::won(),
            1 => Stage::sold(true),
            _ => Stage::new(About::NoOffer { item: own("Lamp") }),
        };
        let (mut closed, mut said, mut answers, mut failures) = (false, Vec::new(), 0, 0);
        for (kind, bytes) in inputs {
            let steps = stage.on(match kind {
                0 => Input::Connected,
                1 | 2 => Input::Waited,
                3 => Input::Received(&bytes),
                4 => Input::HungUp,
                5 => Input::Late,
                _ => Input::Told(paid()),
            });
            prop_assert!(!closed || steps.is_empty(), "{steps:?} after the end");
            for step in steps {
                match step {
                    Step::Send(bytes) | Step::Tell(bytes) => {
                        prop_assert!(bytes.len() <= LONGEST);
                        said.push(bytes);
                    }
                    Step::Answered(_) => {
                        prop_assert_eq!(failures, 0, "who failed does not answer");
                        answers += 1;
                    }
                    Step::Failed(_) => failures += 1,
                    Step::Close => closed = true,
                    Step::Wait(_) | Step::Within(_) | Step::Rest => {}
                }
            }
        }
        let before = said.len();
        said.dedup();
        prop_assert_eq!(said.len(), before);
        prop_assert!(answers <= 1 && failures <= 1);
    }

    #[test]
    fn a_field_is_one_field(text in ".{0,60}", most in 1..50_usize) {
        let field = single(&text, most);
        prop_assert_eq!(field.split_whitespace().count(), 1);
        prop_assert!(field.len() <= most.max(1));
    }
}
