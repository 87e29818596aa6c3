//! A market set up for one test: an empty database of its own, a clock that is moved by hand, randomness from a seed.
//!
//! The market opens on Monday, 23 November 2026, at nine in the morning in Beirut. The verbs panic when the market says
//! no; where a no is what the test is about, it asks for the refusal.

use std::future::Future;
use std::sync::Arc;

use auboutique_domain::conversation::{ConversationView, Message, MessageText, Partner};
use auboutique_domain::id::{ConversationId, ListingId, MemberId, OrderId, PickupPointId, SessionId};
use auboutique_domain::listing::{Category, Condition, ListingDraft, ListingState, ListingView};
use auboutique_domain::member::{Email, Role, Secret, Username};
use auboutique_domain::order::{Code, DeskView, OrderView, State};
use auboutique_domain::pickup::{PickupPoint, PickupPointDraft};
use auboutique_domain::picture::PictureView;
use auboutique_domain::time::{Date, Moment, Span, parse_day};
use auboutique_domain::verdict::{Finding, Verdict};
use auboutique_domain::{Command, Currency, Money, Price, Refusal, Reply};
use auboutique_market::env::ManualEnv;
use auboutique_market::{
    Answer, Caller, DbError, Key, Location, Market, No, Options, Password, SignIn, Source, Token, Told, View,
};
use auboutique_testbed::postgres;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// When every market here opens.
pub(crate) const OPENING: &str = "2026-11-23T07:00:00Z";

/// A password nobody guesses, for tests that sign in with one.
pub(crate) const PASSWORD: &str = "a heron over the corniche";

/// A member, signed in.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) id: MemberId,
    pub(crate) username: Username,
    pub(crate) session: SessionId,
}

impl Person {
    pub(crate) fn caller(&self) -> Caller {
        Caller::member(self.session)
    }
}

/// A market on an empty database.
pub(crate) struct Stage {
    market: Option<Market>,
    pub(crate) env: Arc<ManualEnv>,
    pub(crate) location: Location,
    cards: bool,
    runtime: Runtime,
    folder: TempDir,
}

impl Stage {
    pub(crate) fn on_sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        let location = Location::Sqlite(folder.path().join("market.sqlite"));
        Self::set_up(folder, location)
    }

    pub(crate) fn on_postgres() -> Self {
        Self::set_up(TempDir::new().unwrap(), Location::Postgres(postgres::database_url()))
    }

    fn set_up(folder: TempDir, location: Location) -> Self {
        // What the market notes about an incident stands beside the panic of the test that met it.
        let filter = tracing_subscriber::EnvFilter::new("auboutique_market=debug,auboutique_db=debug");
        drop(
            tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_test_writer().try_init(),
        );
        let env = Arc::new(ManualEnv::new(at(OPENING), 4711));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut stage = Self { market: None, env, location, cards: false, runtime, folder };
        stage.open();
        stage
    }

    // ---- the market itself ----

    pub(crate) fn market(&self) -> &Market {
        self.market.as_ref().unwrap()
    }

    /// Opens the market on what is in the database.
    pub(crate) fn open(&mut self) {
        self.market = Some(self.try_to_open(&self.location).unwrap());
    }

    /// Opens another market at that place, with this stage's clock.
    pub(crate) fn try_to_open(&self, location: &Location) -> Result<Market, DbError> {
        let env = Arc::clone(&self.env);
        Market::open(&Options::new(location.clone()).with_cards(self.cards), env)
    }

    /// Opens the market anew, as one that takes cards.
    pub(crate) fn takes_cards(&mut self) {
        self.cards = true;
        self.close();
        self.open();
    }

    /// Closes the market; its database stays.
    pub(crate) fn close(&mut self) {
        self.market = None;
    }

    /// An empty database of the same kind.
    pub(crate) fn empty_database(&self) -> Location {
        match &self.location {
            Location::Sqlite(_) => Location::Sqlite(self.file("other.sqlite")),
            Location::Postgres(_) => Location::Postgres(postgres::database_url()),
        }
    }

    /// A place for another SQLite file.
    pub(crate) fn file(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn is_on_postgres(&self) -> bool {
        matches!(self.location, Location::Postgres(_))
    }

    /// Waits for something asynchronous.
    pub(crate) fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    // ---- time ----

    pub(crate) fn now(&self) -> Moment {
        self.market().now()
    }

    /// Lets time pass, and does what falls due by then. Returns how many things did.
    pub(crate) fn pass(&self, span: Span) -> usize {
        self.env.advance(span);
        self.market().tick().unwrap()
    }

    /// Lets time pass until that moment, and does what falls due by then.
    pub(crate) fn pass_until(&self, moment: &str) -> usize {
        let moment = at(moment);
        assert!(moment >= self.market().now(), "time does not go back");
        self.env.set(moment);
        self.market().tick().unwrap()
    }

    // ---- members ----

    /// Somebody joins and is signed in.
    pub(crate) fn member(&self, name: &str) -> Person {
        let command = Command::Register {
            name: name.to_owned(),
            username: Username::parse(name).unwrap(),
            email: Email::parse(&format!("{name}@mail.aub.edu")).unwrap(),
            password: Secret::new("nobody signs in with this".to_owned()),
        };
        match self.market().run_now(Caller::VISITOR, command).unwrap() {
            Reply::Account(account) => self.signed_in(account.id, account.username),
            other => panic!("{other:?}"),
        }
    }

    fn signed_in(&self, id: MemberId, username: Username) -> Person {
        let (session, _) = self.market().start_session_at_console(id).unwrap();
        Person { id, username, session: session.session }
    }

    /// The same member on another device.
    pub(crate) fn again(&self, person: &Person) -> Person {
        self.signed_in(person.id, person.username.clone())
    }

    /// Somebody joins and is given a role by whoever runs the program.
    pub(crate) fn member_with(&self, role: Role, name: &str) -> Person {
        let person = self.member(name);
        self.at_console(Command::ChangeRole { username: person.username.clone(), role });
        person
    }

    pub(crate) fn operator(&self, name: &str) -> Person {
        self.member_with(Role::Operator, name)
    }

    /// Somebody joins with the password of these tests, hashed as for people.
    pub(crate) fn member_with_password(&self, name: &str) -> MemberId {
        let email = format!("{name}@mail.aub.edu");
        let names = (name, name, email.as_str());
        let account = self.wait(self.market().register(None, names, &Password::typed(PASSWORD)));
        account.unwrap().id
    }

    pub(crate) fn log_in(&self, login: &str, password: &str) -> Result<SignIn, No> {
        let (password, source) = (Password::typed(password), Source::console());
        self.wait(self.market().log_in(login, &password, &source, "a test"))
    }

    /// Somebody joins with a password and logs in with it.
    pub(crate) fn member_logged_in(&self, name: &str) -> (Person, Token) {
        let id = self.member_with_password(name);
        let SignIn { session, token, account } = self.log_in(name, PASSWORD).unwrap();
        (Person { id, username: account.username, session: session.session }, token)
    }

    // ---- asking ----

    pub(crate) fn run(&self, caller: Caller, command: Command) -> Answer {
        self.market().run_now(caller, command)
    }

    /// The member asks, and it is done.
    pub(crate) fn does(&self, person: &Person, command: Command) -> Reply {
        self.run(person.caller(), command).unwrap()
    }

    /// Whoever runs the program asks, and it is done.
    pub(crate) fn at_console(&self, command: Command) -> Reply {
        self.run(Caller::CONSOLE, command).unwrap()
    }

    /// The member asks, and the rules say no.
    pub(crate) fn refusal(&self, person: &Person, command: Command) -> Refusal {
        refused(self.run(person.caller(), command))
    }

    /// A visitor asks, and the rules say no.
    pub(crate) fn refusal_to_visitor(&self, command: Command) -> Refusal {
        refused(self.run(Caller::VISITOR, command))
    }

    pub(crate) fn ask<T: Send + 'static>(
        &self,
        caller: Caller,
        read: impl FnOnce(&mut View<'_>) -> Result<T, No> + Send + 'static,
    ) -> Result<T, No> {
        self.market().ask_now(caller, read)
    }

    /// What the member sees.
    pub(crate) fn sees<T: Send + 'static>(
        &self,
        person: &Person,
        read: impl FnOnce(&mut View<'_>) -> Result<T, No> + Send + 'static,
    ) -> T {
        self.ask(person.caller(), read).unwrap()
    }

    // ---- listings ----

    pub(crate) fn lists(&self, seller: &Person, title: &str, price: Price) -> ListingId {
        self.lists_in(seller, Category::Books, title, price)
    }

    pub(crate) fn lists_in(
        &self,
        seller: &Person,
        category: Category,
        title: &str,
        price: Price,
    ) -> ListingId {
        let draft = ListingDraft::new(title, "", price, category, Condition::Good, None).unwrap();
        match self.does(seller, Command::AddListing { draft }) {
            Reply::Listing(listing) => listing.listing,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn listing(&self, listing: ListingId) -> Result<ListingView, No> {
        self.ask(Caller::VISITOR, move |view| view.listing(listing))
    }

    pub(crate) fn state_of(&self, listing: ListingId) -> ListingState {
        self.listing(listing).unwrap().state
    }

    // ---- pictures ----

    /// Brings a picture of one color, different for every number.
    pub(crate) fn brings_picture(&self, person: &Person, number: u8) -> PictureView {
        self.market().add_picture_now(person.caller(), png(number)).unwrap()
    }

    // ---- conversations ----

    /// The conversation of these two about nothing.
    pub(crate) fn talks_to(&self, person: &Person, other: &Person) -> ConversationId {
        let partner = Partner::Member(other.username.clone());
        conversation_in(self.does(person, Command::StartConversation { partner })).conversation
    }

    pub(crate) fn says(&self, person: &Person, conversation: ConversationId, text: &str) -> Message {
        match self.does(person, saying(conversation, text)) {
            Reply::Message(message) => message,
            other => panic!("{other:?}"),
        }
    }

    /// What the member is told of the log after that number.
    pub(crate) fn told(&self, person: &Person, cursor: i64) -> Vec<Told> {
        self.sees(person, move |view| view.events_after(cursor, &[], 500)).told
    }

    // ---- orders ----

    /// The command by which a buyer takes what is shown at the price that is shown.
    pub(crate) fn buying(&self, listing: ListingId) -> Command {
        Command::BuyListing { listing, price: self.listing(listing).unwrap().price, quantity: 1 }
    }

    pub(crate) fn buys(&self, buyer: &Person, listing: ListingId) -> OrderView {
        order_in(self.does(buyer, self.buying(listing)))
    }

    pub(crate) fn order(&self, person: &Person, order: OrderId) -> OrderView {
        self.sees(person, move |view| view.order(order))
    }

    pub(crate) fn state(&self, person: &Person, order: OrderId) -> State {
        self.order(person, order).state
    }

    /// The code this member shows at the desk.
    pub(crate) fn code(&self, person: &Person, order: OrderId) -> Code {
        self.order(person, order).pickup.code.unwrap()
    }

    pub(crate) fn cancels(&self, person: &Person, order: OrderId) -> OrderView {
        order_in(self.does(person, Command::CancelOrder { order }))
    }

    // ---- the desk ----

    /// The pickup point a market has from the start.
    pub(crate) fn point(&self) -> PickupPoint {
        self.ask(Caller::VISITOR, |view| view.pickup_points()).unwrap().remove(0).point
    }

    /// Somebody joins and serves the desk.
    pub(crate) fn attendant(&self, name: &str) -> Person {
        self.attendant_at(self.point().id, name)
    }

    pub(crate) fn attendant_at(&self, pickup_point: PickupPointId, name: &str) -> Person {
        let person = self.member(name);
        self.at_console(Command::AppointAttendant { pickup_point, username: person.username.clone() });
        person
    }

    pub(crate) fn drops_off(&self, desk: &Person, seller: &Person, order: OrderId) -> DeskView {
        let code = self.code(seller, order);
        desk_in(self.does(desk, Command::DropOff { code }))
    }

    /// The buyer pays ahead.
    pub(crate) fn pays(&self, desk: &Person, buyer: &Person, order: OrderId) -> DeskView {
        let (code, cash) = (self.code(buyer, order), self.order(buyer, order).due);
        desk_in(self.does(desk, Command::TakePayment { code, cash }))
    }

    /// The buyer collects and pays what is due.
    pub(crate) fn collects(&self, desk: &Person, buyer: &Person, order: OrderId) -> DeskView {
        let (code, due) = (self.code(buyer, order), self.order(buyer, order).due);
        let cash = (due.minor > 0).then_some(due);
        desk_in(self.does(desk, Command::Collect { code, cash }))
    }

    /// The point is the same but for how many orders it hands over on a day.
    pub(crate) fn capacity(&self, daily_capacity: i64) {
        let PickupPoint { id, name, address, time_zone, opening, .. } = self.point();
        let draft = PickupPointDraft::new(&name, &address, &time_zone, &opening.into(), daily_capacity);
        self.at_console(Command::ChangePickupPoint { pickup_point: id, draft: draft.unwrap() });
    }

    // ---- the books ----

    pub(crate) fn verdict(&self) -> Verdict {
        auboutique_market::verify(&self.location).unwrap()
    }

    pub(crate) fn findings(&self) -> Vec<Finding> {
        self.verdict().findings
    }

    /// Panics with the first finding if anything disagrees with its log.
    pub(crate) fn is_clean(&self) {
        assert_eq!(self.findings(), []);
    }

    /// What the account holds in cents of USD: debits less credits.
    pub(crate) fn balance(&self, account: &str) -> i64 {
        let sql = format!("SELECT balance FROM accounts WHERE name = '{account}' AND currency = 'USD'");
        self.sql(&sql).parse().unwrap_or(0)
    }

    /// How many events of that name there are.
    pub(crate) fn events(&self, name: &str) -> usize {
        self.count(&format!("events WHERE event = '{name}'"))
    }

    pub(crate) fn count(&self, rows: &str) -> usize {
        self.sql(&format!("SELECT COUNT(*) FROM {rows}")).parse().unwrap()
    }

    /// Looks into the database from outside, or tampers with it: a line per row, `|` between columns.
    pub(crate) fn sql(&self, text: &str) -> String {
        sql_at(&self.location, text)
    }

    /// Tries a statement from outside that the database shall refuse; returns what it says.
    pub(crate) fn refused_by_database(&self, text: &str) -> String {
        match &self.location {
            Location::Sqlite(file) => {
                rusqlite::Connection::open(file).unwrap().execute_batch(text).unwrap_err().to_string()
            }
            Location::Postgres(url) => postgres::sql(
                url,
                &format!(
                    "CREATE FUNCTION pg_temp.attempt() RETURNS text LANGUAGE plpgsql AS
                     $f$ BEGIN {text}; RETURN 'it was done'; EXCEPTION WHEN OTHERS THEN RETURN SQLERRM; END $f$;
                     SELECT pg_temp.attempt()"
                ),
            ),
        }
    }

    /// Tears down what keeps a table append-only, as somebody with the database's own rights could.
    pub(crate) fn unlock(&self, table: &str) {
        self.sql(&if self.is_on_postgres() {
            format!("DROP TRIGGER {table}_append_only ON {table}")
        } else {
            format!("DROP TRIGGER {table}_no_UPDATE; DROP TRIGGER {table}_no_DELETE")
        });
    }
}

/// Runs SQL at that place from outside the market.
pub(crate) fn sql_at(location: &Location, text: &str) -> String {
    match location {
        Location::Postgres(url) => postgres::sql(url, text),
        Location::Sqlite(file) => {
            let database = rusqlite::Connection::open(file).unwrap();
            if !text.starts_with("SELECT") {
                database.execute_batch(text).unwrap();
                return String::new();
            }
            let mut statement = database.prepare(text).unwrap();
            let columns = statement.column_count();
            let row = |row: &rusqlite::Row<'_>| {
                let text = |place| match row.get_ref(place).unwrap() {
                    rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                    rusqlite::types::ValueRef::Text(text) => String::from_utf8(text.to_vec()).unwrap(),
                    _ => String::new(),
                };
                Ok((0..columns).map(text).collect::<Vec<_>>().join("|"))
            };
            let rows = statement.query_map([], row).unwrap();
            rows.collect::<Result<Vec<_>, _>>().unwrap().join("\n")
        }
    }
}

/// A picture of 12 × 9 pixels as somebody may send it: a PNG, written by hand.
pub(crate) fn png(number: u8) -> Vec<u8> {
    let mut rows = Vec::new();
    for _ in 0..9 {
        rows.push(0);
        rows.extend([number, 255 - number, number / 2].repeat(12));
    }
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = [12_u32.to_be_bytes(), 9_u32.to_be_bytes()].concat();
    header.extend([8, 2, 0, 0, 0]);
    // One stored block: this is no test of compression.
    let length = u16::try_from(rows.len()).unwrap();
    let mut data = vec![0x78, 0x01, 1];
    data.extend(length.to_le_bytes());
    data.extend((!length).to_le_bytes());
    data.extend(&rows);
    let (mut a, mut b) = (1_u32, 0_u32);
    for &byte in &rows {
        a = (a + u32::from(byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    data.extend(((b << 16) | a).to_be_bytes());
    for (kind, content) in [(b"IHDR", header), (b"IDAT", data), (b"IEND", Vec::new())] {
        file.extend(u32::try_from(content.len()).unwrap().to_be_bytes());
        let chunk = [kind.as_slice(), &content].concat();
        file.extend(&chunk);
        file.extend(crc32(&chunk).to_be_bytes());
    }
    file
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(
            crc ^ u32::from(byte),
            |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 },
        )
    })
}

// ---- words ----

pub(crate) fn saying(conversation: ConversationId, text: &str) -> Command {
    Command::SendMessage { conversation, message: None, text: MessageText::parse(text).unwrap() }
}

pub(crate) fn conversation_in(reply: Reply) -> ConversationView {
    match reply {
        Reply::Conversation(conversation) => conversation,
        other => panic!("{other:?}"),
    }
}

/// A moment as the logs write it.
pub(crate) fn at(text: &str) -> Moment {
    serde_json::from_value(text.into()).unwrap()
}

pub(crate) fn day(text: &str) -> Date {
    parse_day(text).unwrap()
}

/// A price in cents.
pub(crate) fn usd(cents: i64) -> Price {
    Price::new(cents, Currency::Usd).unwrap()
}

/// An amount in cents.
pub(crate) fn cents(cents: i64) -> Money {
    Money::new(cents, Currency::Usd)
}

pub(crate) fn key(text: &str) -> Option<Key> {
    Some(Key::parse(text).unwrap())
}

/// The refusal that came back.
pub(crate) fn refused<T: std::fmt::Debug>(answer: Result<T, No>) -> Refusal {
    match answer {
        Err(No::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

pub(crate) fn order_in(reply: Reply) -> OrderView {
    match reply {
        Reply::Order(order) => order,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn desk_in(reply: Reply) -> DeskView {
    match reply {
        Reply::Desk(desk) => desk,
        other => panic!("{other:?}"),
    }
}
