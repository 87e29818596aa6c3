//! A second opinion: a random market against a model that keeps the books in the simplest possible way.
//!
//! Dice choose who asks for what: well-meant, mistaken, too late, twice, or all at once. The market answers, and the
//! [`Model`], a handful of vectors that knows none of the code under test, says what the answer should have been. The
//! two must agree word for word after every step, and every now and then on everything that can be read.
//!
//! A run is its seed: `cargo xtask sim 7 --steps 500` plays the same 500 steps again, on both databases. Without a seed
//! a few fixed ones are played.

#![expect(clippy::unwrap_used, reason = "a run that cannot go on has failed, and says where")]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Debug;
use std::sync::Arc;

use auboutique_domain::conversation::{ConversationView, Message, MessageText, Partner, Subject};
use auboutique_domain::id::{
    ConversationId, ListingId, MemberId, MessageId, OrderId, PickupPointId, SessionId,
};
use auboutique_domain::listing::{
    Browse, Category, Condition, ListingChanges, ListingDraft, ListingState, ListingView, OwnListing, Page,
    PickupPointName, PriceRange, Sort,
};
use auboutique_domain::member::{Account, Email, MemberCard, Role, Secret, SessionView, Username};
use auboutique_domain::order::{
    Action, Code, DeskView, Fulfillment, Line, Means, OrderView, PickupView, Receipt, Side, State,
};
use auboutique_domain::pickup::{PickupPoint, PickupPointDraft};
use auboutique_domain::setting::Settings;
use auboutique_domain::text::Search;
use auboutique_domain::time::{Date, Span, zone};
use auboutique_domain::{Command, Currency, Moment, Money, Price, Refusal, Reply};
use auboutique_market::env::{Env as _, ManualEnv};
use auboutique_market::{Answer, Busy, Caller, Key, Location, Market, No, Options, View, Who, verify};
use auboutique_testbed::postgres;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

#[test]
fn a_random_market_agrees_with_a_plain_model_on_sqlite() {
    let mut met = BTreeSet::new();
    for (seed, steps) in runs(4_000) {
        let folder = tempfile::tempdir().unwrap();
        met.append(&mut play(&Location::Sqlite(folder.path().join("market.db")), seed, steps));
    }
    if !is_asked_for() {
        let absent: Vec<_> = WORTH_MEETING.iter().filter(|name| !met.contains(**name)).collect();
        assert!(absent.is_empty(), "the dice are loaded: the usual runs never meet {absent:?}");
    }
}

#[test]
fn a_random_market_agrees_with_a_plain_model_on_postgres() {
    for (seed, steps) in runs(800) {
        play(&Location::Postgres(postgres::database_url()), seed, steps);
    }
}

/// What the usual runs have to meet, so that their agreement means something: every way an order ends, and the refusals
/// that are not met by merely asking for nonsense.
const WORTH_MEETING: [&str; 21] = [
    "completed",
    "canceled",
    "no_drop_off",
    "no_pickup",
    "cancel_needs_consent",
    "cash_due",
    "conversation_blocked",
    "key_reused",
    "listing_sold",
    "listing_withdrawn",
    "message_id_used",
    "not_yours",
    "order_state",
    "pickup_point_closed",
    "pickup_point_full",
    "price_changed",
    "session_ended",
    "stranger_limit",
    "struck_out",
    "too_many_messages",
    "too_many_tries",
];

/// Whether somebody asks for a run of their own.
fn is_asked_for() -> bool {
    ["AUBOUTIQUE_SEED", "AUBOUTIQUE_STEPS"].iter().any(|name| std::env::var_os(name).is_some())
}

/// The seeds to play and the steps for each: one seed if the environment names it, otherwise four that share the steps.
fn runs(steps: u64) -> Vec<(u64, u64)> {
    let number = |name| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let steps_asked = number("AUBOUTIQUE_STEPS");
    match number("AUBOUTIQUE_SEED") {
        Some(seed) => vec![(seed, steps_asked.unwrap_or(steps))],
        None => (1..=4).map(|seed| (seed, steps_asked.unwrap_or(steps) / 4)).collect(),
    }
}

/// How often everything that can be read is compared.
const LOOK_EVERY: u64 = 50;
/// How many steps a failing run tells of.
const TRAIL: usize = 10;
/// The most members, so that they meet again and again.
const MEMBERS: usize = 12;

// ---- what is asked ----

/// A request in plain values: what the model reads, and what becomes a command of the market.
#[derive(Debug, Clone, PartialEq)]
struct Request {
    who: Who,
    key: Option<String>,
    ask: Ask,
}

#[derive(Debug, Clone, PartialEq)]
enum Ask {
    Register { username: String, email: String },
    StartSession { member: MemberId, token: u64 },
    ResumeSession { session: SessionId },
    EndSession { session: SessionId },
    Add { title: String, price: Money, category: Category, point: Option<PickupPointId> },
    Reprice { listing: ListingId, price: Money },
    Retitle { listing: ListingId, title: String },
    Move { listing: ListingId, point: PickupPointId },
    Withdraw { listing: ListingId },
    Publish { listing: ListingId },
    Buy { listing: ListingId, price: Money },
    Cancel { order: OrderId },
    RequestCancel { order: OrderId },
    Confirm { order: OrderId },
    ShowCode { code: String },
    DropOff { code: String },
    Pay { code: String, cash: Money },
    Collect { code: String, cash: Option<Money> },
    CloseDay { point: PickupPointId, day: Date },
    OpenDay { point: PickupPointId, day: Date },
    ClosePoint { point: PickupPointId },
    Appoint { point: PickupPointId, username: String },
    Dismiss { point: PickupPointId, username: String },
    ChangeRole { username: String, role: Role },
    Commission { basis_points: i64 },
    Talk { with: With },
    Say { talk: ConversationId, message: Option<MessageId>, text: String },
    Delivered { talk: ConversationId, number: i64 },
    Read { talk: ConversationId, number: i64 },
    Block { username: String },
    Unblock { username: String },
    Lapse { order: OrderId },
    Forget,
}

/// With whom, or about what, to talk.
#[derive(Debug, Clone, PartialEq)]
enum With {
    Member(String),
    Seller(ListingId),
    OtherSide(OrderId),
}

impl Request {
    fn caller(&self) -> Caller {
        Caller { who: self.who, key: self.key.as_deref().map(|key| Key::parse(key).unwrap()) }
    }
}

impl Ask {
    fn command(&self) -> Command {
        let price = |money: &Money| Price::new(money.minor, money.currency).unwrap();
        let code = |text: &str| Code::parse(text).unwrap();
        let username = |text: &str| Username::parse(text).unwrap();
        match self.clone() {
            Self::Register { username: handle, email } => Command::Register {
                name: shown_name(&handle),
                username: username(&handle),
                email: Email::parse(&email).unwrap(),
                password: Secret::new("a hash".to_owned()),
            },
            Self::StartSession { member, token } => Command::StartSession {
                member,
                token: Secret::new(token.to_string()),
                device: "dice".to_owned(),
                forgive: Vec::new(),
            },
            Self::ResumeSession { session } => Command::ResumeSession { session },
            Self::EndSession { session } => Command::EndSession { session },
            Self::Add { title, price: asked, category, point } => Command::AddListing {
                draft: ListingDraft::new(&title, "", price(&asked), category, Condition::Good, point)
                    .unwrap(),
            },
            Self::Reprice { listing, price: asked } => {
                let mut changes = ListingChanges::default();
                changes.price = Some(price(&asked));
                Command::EditListing { listing, changes }
            }
            Self::Retitle { listing, title } => Command::EditListing {
                listing,
                changes: ListingChanges::default().texts(Some(&title), None).unwrap(),
            },
            Self::Move { listing, point } => {
                let mut changes = ListingChanges::default();
                changes.pickup_point = Some(point);
                Command::EditListing { listing, changes }
            }
            Self::Withdraw { listing } => Command::WithdrawListing { listing },
            Self::Publish { listing } => Command::PublishListing { listing },
            Self::Buy { listing, price } => Command::BuyListing { listing, price, quantity: 1 },
            Self::Cancel { order } => Command::CancelOrder { order },
            Self::RequestCancel { order } => Command::RequestCancel { order },
            Self::Confirm { order } => Command::ConfirmOrder { order },
            Self::ShowCode { code: shown } => Command::ShowCode { code: code(&shown) },
            Self::DropOff { code: shown } => Command::DropOff { code: code(&shown) },
            Self::Pay { code: shown, cash } => Command::TakePayment { code: code(&shown), cash },
            Self::Collect { code: shown, cash } => Command::Collect { code: code(&shown), cash },
            Self::CloseDay { point, day } => Command::CloseDay { pickup_point: point, day },
            Self::OpenDay { point, day } => Command::OpenDay { pickup_point: point, day },
            Self::ClosePoint { point } => Command::ClosePickupPoint { pickup_point: point },
            Self::Appoint { point, username: name } => {
                Command::AppointAttendant { pickup_point: point, username: username(&name) }
            }
            Self::Dismiss { point, username: name } => {
                Command::DismissAttendant { pickup_point: point, username: username(&name) }
            }
            Self::ChangeRole { username: name, role } => {
                Command::ChangeRole { username: username(&name), role }
            }
            Self::Commission { basis_points } => Command::ChangeSetting {
                name: "commission_basis_points".to_owned(),
                value: basis_points.to_string(),
            },
            Self::Talk { with } => Command::StartConversation {
                partner: match with {
                    With::Member(name) => Partner::Member(username(&name)),
                    With::Seller(listing) => Partner::Seller(listing),
                    With::OtherSide(order) => Partner::OtherSide(order),
                },
            },
            Self::Say { talk, message, text } => {
                let text = MessageText::parse(&text).unwrap();
                Command::SendMessage { conversation: talk, message, text }
            }
            Self::Delivered { talk, number } => Command::MarkDelivered { conversation: talk, number },
            Self::Read { talk, number } => Command::MarkRead { conversation: talk, number },
            Self::Block { username: name } => Command::BlockMember { username: username(&name) },
            Self::Unblock { username: name } => Command::UnblockMember { username: username(&name) },
            Self::Lapse { order } => Command::LapseOrder { order },
            Self::Forget => Command::Forget,
        }
    }
}

fn shown_name(username: &str) -> String {
    username.to_uppercase()
}

// ---- the model ----

/// Everything the market should know, kept as plainly as can be: things are found by walking over all of them.
#[derive(Debug, Clone, Default)]
struct Model {
    now: Option<Moment>,
    members: Vec<Person>,
    sessions: Vec<Session>,
    points: Vec<Point>,
    things: Vec<Thing>,
    deals: Vec<Deal>,
    talks: Vec<Talk>,
    /// Who blocks whom.
    blocks: BTreeSet<(usize, usize)>,
    /// How often a talk moved to the top of a list.
    moves: u64,
    remembered: Vec<Remembered>,
    /// Account and currency to debits less credits.
    books: BTreeMap<(String, &'static str), i64>,
    entries: i64,
    /// How many events there are.
    facts: i64,
    commission: i64,
}

#[derive(Debug, Clone)]
struct Person {
    id: MemberId,
    username: String,
    email: String,
    role: Role,
    registered_at: Moment,
    strikes: Vec<Moment>,
    /// Since when wrong codes are counted, and how many there were.
    wrong_codes: Option<(Moment, i64)>,
}

#[derive(Debug, Clone)]
struct Session {
    id: SessionId,
    member: usize,
    started_at: Moment,
    seen_at: Moment,
    expires_at: Moment,
    ended_at: Option<Moment>,
}

#[derive(Debug, Clone)]
struct Point {
    kept: PickupPoint,
    /// The hours of the days from Monday on, from and to full hours.
    week: [Option<(i8, i8)>; 7],
    closures: BTreeSet<Date>,
    attendants: BTreeSet<usize>,
}

#[derive(Debug, Clone)]
struct Thing {
    id: ListingId,
    seller: usize,
    title: String,
    price: Money,
    category: Category,
    point: usize,
    published_at: Moment,
    withdrawn: bool,
    /// The deal it is sold in, while it is.
    deal: Option<usize>,
}

#[derive(Debug, Clone)]
struct Deal {
    id: OrderId,
    thing: usize,
    buyer: usize,
    seller: usize,
    title: String,
    price: Money,
    commission: i64,
    point: usize,
    day: Date,
    pickup_code: String,
    /// Known once the seller looked.
    drop_off_code: Option<String>,
    state: State,
    placed_at: Moment,
    dropped_off_at: Option<Moment>,
    paid_at: Option<Moment>,
    asked_at: Option<Moment>,
    changed_at: Moment,
    due_at: Option<Moment>,
}

#[derive(Debug, Clone)]
struct Talk {
    id: ConversationId,
    about: With,
    /// Who started it, and the other.
    two: [usize; 2],
    started_at: Moment,
    said: Vec<Message>,
    /// How far messages have reached each of the two, and how far they have read.
    delivered: [i64; 2],
    read: [i64; 2],
    /// Where it stands in the list of each, where it does.
    places: [Option<u64>; 2],
}

impl Talk {
    fn side(&self, member: usize) -> Option<usize> {
        let side = self.two.iter().position(|&one| one == member)?;
        self.places[side].map(|_| side)
    }
    fn last(&self) -> i64 {
        i64::try_from(self.said.len()).unwrap()
    }
}

#[derive(Debug, Clone)]
struct Remembered {
    asker: String,
    key: String,
    ask: Ask,
    answer: Answer,
    expires_at: Option<Moment>,
}

impl Deal {
    /// Whether the desk still waits for it.
    fn is_open(&self) -> bool {
        matches!(self.state, State::Placed | State::AtDesk)
    }
    fn unpaid(&self) -> Money {
        Money::new(if self.paid_at.is_some() { 0 } else { self.price.minor }, self.price.currency)
    }
}

impl Model {
    fn now(&self) -> Moment {
        self.now.unwrap()
    }

    /// What the market should have answered, and what follows from it. Ids and codes are the market's to choose: the
    /// model takes them from what was answered, where it says something new came to be.
    fn answer(&mut self, request: &Request, given: &Answer) -> Answer {
        let member = match request.who {
            Who::Member(session) => match self.live_session(session) {
                Some(session) => Some(session.member),
                None => return Err(No::Refused(Refusal::SessionEnded)),
            },
            _ => None,
        };
        let Some(key) = request.key.clone() else {
            return self.carry_out(request.who, member, &request.ask, given);
        };
        let asker = match (member, request.who) {
            (Some(member), _) => member.to_string(),
            (None, who) => format!("{who:?}"),
        };
        let before = self.remembered.iter().find(|known| known.asker == asker && known.key == key);
        if let Some(known) = before {
            let same = known.ask == request.ask;
            return if same { known.answer.clone() } else { Err(No::Refused(Refusal::KeyReused)) };
        }
        let answer = self.carry_out(request.who, member, &request.ask, given);
        // What a visitor was refused is not kept, and what was not done cannot be.
        let refused = matches!(answer, Err(No::Refused(_)));
        let passes = matches!(
            answer,
            Err(No::Refused(Refusal::TooManyMessages { .. } | Refusal::StrangerLimit { .. }))
        );
        if passes || matches!(answer, Err(No::Busy(_))) || (refused && request.who == Who::Visitor) {
            return answer;
        }
        let for_ever = answer.is_ok() && matches!(request.ask, Ask::Buy { .. });
        let expires_at = (!for_ever).then(|| self.now().plus(Span::hours(48)));
        let ask = request.ask.clone();
        self.remembered.push(Remembered { asker, key, ask, answer: answer.clone(), expires_at });
        answer
    }

    fn carry_out(&mut self, who: Who, member: Option<usize>, ask: &Ask, given: &Answer) -> Answer {
        let lasts = |id| self.sessions.iter().any(|known| known.id == id && known.ended_at.is_none());
        match *ask {
            // The node asks for this only right after it saw the session alive; it is not a question of the rules.
            Ask::ResumeSession { session }
                if matches!(who, Who::Console | Who::Timekeeper) && !lasts(session) =>
            {
                Err(No::Busy(Busy::Contended))
            }
            _ => self.judge(who, member, ask, given).map_err(No::Refused),
        }
    }

    fn judge(
        &mut self,
        who: Who,
        member: Option<usize>,
        ask: &Ask,
        given: &Answer,
    ) -> Result<Reply, Refusal> {
        let now = self.now();
        let signed_in = member.ok_or(Refusal::SignInNeeded);
        let operator = match (who, member) {
            (Who::Console, _) => Ok(()),
            (_, Some(_)) => Err(Refusal::RoleNeeded { role: Role::Operator }),
            _ => Err(Refusal::SignInNeeded),
        };
        let house = match who {
            Who::Visitor | Who::Member(_) => Err(Refusal::RoleNeeded { role: Role::Operator }),
            _ => Ok(()),
        };
        match ask {
            Ask::Register { username, email } => {
                if self.members.iter().any(|person| person.username == *username) {
                    return Err(Refusal::UsernameTaken);
                }
                if self.members.iter().any(|person| person.email == *email) {
                    return Err(Refusal::EmailTaken);
                }
                let id = match given {
                    Ok(Reply::Account(account)) => account.id,
                    _ => MemberId::new(now, [0; 10]),
                };
                self.facts += 1;
                self.members.push(Person {
                    id,
                    username: username.clone(),
                    email: email.clone(),
                    role: Role::Member,
                    registered_at: now,
                    strikes: Vec::new(),
                    wrong_codes: None,
                });
                Ok(Reply::Account(self.account(self.members.len() - 1)))
            }
            Ask::StartSession { member, .. } => {
                house?;
                let member = self.members.iter().position(|person| person.id == *member);
                let member = member.ok_or(Refusal::WrongCredentials)?;
                let id = match given {
                    Ok(Reply::Session(view)) => view.session,
                    _ => SessionId::new(now, [0; 10]),
                };
                let expires_at = now.plus(Span::days(30));
                let session =
                    Session { id, member, started_at: now, seen_at: now, expires_at, ended_at: None };
                self.facts += 1;
                self.sessions.push(session.clone());
                Ok(Reply::Session(session_view(&session, id)))
            }
            Ask::ResumeSession { session } => {
                house?;
                let session = self.sessions.iter_mut().find(|known| known.id == *session).unwrap();
                session.seen_at = now;
                session.expires_at = now.plus(Span::days(30));
                Ok(Reply::Done)
            }
            Ask::EndSession { session } => {
                let member = signed_in?;
                let own = self.live_session(*session).is_some_and(|session| session.member == member);
                if !own {
                    return Err(missing("session"));
                }
                let session = self.sessions.iter_mut().find(|known| known.id == *session).unwrap();
                session.ended_at = Some(now);
                self.facts += 1;
                Ok(Reply::Done)
            }

            Ask::Add { title, price, category, point } => {
                let seller = signed_in?;
                self.not_struck_out(seller)?;
                let point = match point {
                    Some(id) => self.open_point(*id)?,
                    None => {
                        let first = self.points.iter().position(|point| point.kept.closed_at.is_none());
                        first.ok_or_else(|| missing("pickup point"))?
                    }
                };
                if !matches!(category, Category::Books | Category::Study | Category::Other) {
                    return Err(Refusal::PictureNeeded);
                }
                let id = match given {
                    Ok(Reply::Listing(view)) => view.listing,
                    _ => ListingId::new(now, [0; 10]),
                };
                self.facts += 1;
                self.things.push(Thing {
                    id,
                    seller,
                    title: title.clone(),
                    price: *price,
                    category: *category,
                    point,
                    published_at: now,
                    withdrawn: false,
                    deal: None,
                });
                Ok(Reply::Listing(self.listing_view(self.things.len() - 1)))
            }
            Ask::Reprice { listing, price } => {
                let thing = self.thing_to_edit(signed_in?, *listing)?;
                self.things[thing].price = *price;
                self.facts += 1;
                Ok(Reply::Listing(self.listing_view(thing)))
            }
            Ask::Retitle { listing, title } => {
                let thing = self.thing_to_edit(signed_in?, *listing)?;
                self.things[thing].title.clone_from(title);
                self.facts += 1;
                Ok(Reply::Listing(self.listing_view(thing)))
            }
            Ask::Move { listing, point } => {
                let thing = self.thing_to_edit(signed_in?, *listing)?;
                self.things[thing].point = self.open_point(*point)?;
                self.facts += 1;
                Ok(Reply::Listing(self.listing_view(thing)))
            }
            Ask::Withdraw { listing } => {
                let member = signed_in?;
                let thing = self.thing(*listing)?;
                if self.members[member].role == Role::Member {
                    self.owns(member, thing)?;
                }
                match self.listing_state(thing) {
                    ListingState::Sold => Err(Refusal::ListingSold),
                    ListingState::Withdrawn => Err(Refusal::ListingWithdrawn),
                    ListingState::AtAuction => panic!("nothing is put up here"),
                    ListingState::OnSale => {
                        self.things[thing].withdrawn = true;
                        self.facts += 1;
                        Ok(Reply::Listing(self.listing_view(thing)))
                    }
                }
            }
            Ask::Publish { listing } => {
                let member = signed_in?;
                let thing = self.thing(*listing)?;
                self.owns(member, thing)?;
                match self.listing_state(thing) {
                    ListingState::Sold => return Err(Refusal::ListingSold),
                    ListingState::OnSale => return Err(Refusal::ListingPublished),
                    ListingState::AtAuction => panic!("nothing is put up here"),
                    ListingState::Withdrawn => {}
                }
                self.not_struck_out(member)?;
                self.open_point(self.points[self.things[thing].point].kept.id)?;
                self.things[thing].withdrawn = false;
                self.facts += 1;
                Ok(Reply::Listing(self.listing_view(thing)))
            }

            Ask::Talk { with } => self.talk(signed_in?, with, given),
            Ask::Say { talk, message, text } => self.say(signed_in?, *talk, *message, text, given),
            Ask::Delivered { talk, number } => self.mark(signed_in?, *talk, *number, false),
            Ask::Read { talk, number } => self.mark(signed_in?, *talk, *number, true),
            Ask::Block { username } => {
                let (member, other) = self.two(signed_in?, username)?;
                self.facts += i64::from(self.blocks.insert((member, other)));
                Ok(Reply::Member(self.card(other)))
            }
            Ask::Unblock { username } => {
                let member = signed_in?;
                let other = self.members.iter().position(|person| person.username == *username);
                let other = other.ok_or_else(|| missing("member"))?;
                self.facts += i64::from(self.blocks.remove(&(member, other)));
                Ok(Reply::Member(self.card(other)))
            }

            Ask::Buy { listing, price } => self.buy(signed_in?, *listing, *price, given),
            Ask::Cancel { order } => {
                let (deal, side) = self.deal_of(signed_in?, *order)?;
                self.in_state(deal, State::Placed, Action::Cancel)?;
                let alone = self.deals[deal].placed_at.plus(Span::minutes(30));
                if side == Side::Buyer && now > alone {
                    return Err(Refusal::CancelNeedsConsent { minutes: 30 });
                }
                let unasked = side == Side::Seller && self.deals[deal].asked_at.is_none();
                self.fall_through(deal, State::Canceled, unasked.then_some(Side::Seller));
                Ok(Reply::Order(self.order_view(deal, side)))
            }
            Ask::RequestCancel { order } => {
                let deal = self.deal_of_buyer(signed_in?, *order)?;
                self.in_state(deal, State::Placed, Action::RequestCancel)?;
                if self.deals[deal].asked_at.is_none() {
                    self.deals[deal].asked_at = Some(now);
                    self.facts += 1;
                }
                Ok(Reply::Order(self.order_view(deal, Side::Buyer)))
            }
            Ask::Confirm { order } => {
                let deal = self.deal_of_buyer(signed_in?, *order)?;
                self.in_state(deal, State::Collected, Action::Confirm)?;
                self.complete(deal);
                Ok(Reply::Order(self.order_view(deal, Side::Buyer)))
            }

            Ask::ShowCode { code } => {
                let deal = self.deal_at_desk(signed_in, code)?;
                Ok(Reply::Desk(self.desk_view(deal, side_of_code(code))))
            }
            Ask::DropOff { code } => {
                let deal = self.deal_at_desk(signed_in, code)?;
                if side_of_code(code) != Side::Seller {
                    return Err(missing("code"));
                }
                self.in_state(deal, State::Placed, Action::DropOff)?;
                let it = &mut self.deals[deal];
                it.dropped_off_at = Some(now);
                it.asked_at = None;
                it.state = State::AtDesk;
                it.changed_at = now;
                self.deals[deal].due_at = Some(self.next_reminder(deal));
                self.facts += 1;
                Ok(Reply::Desk(self.desk_view(deal, Side::Seller)))
            }
            Ask::Pay { code, cash } => {
                let deal = self.deal_at_desk(signed_in, code)?;
                if side_of_code(code) != Side::Buyer {
                    return Err(missing("code"));
                }
                let due = self.deals[deal].unpaid();
                if due.minor == 0 || *cash != due {
                    return Err(Refusal::CashDue { due });
                }
                self.take_cash(deal);
                self.facts += 1;
                Ok(Reply::Desk(self.desk_view(deal, Side::Buyer)))
            }
            Ask::Collect { code, cash } => {
                let deal = self.deal_at_desk(signed_in, code)?;
                if side_of_code(code) != Side::Buyer {
                    return Err(missing("code"));
                }
                self.in_state(deal, State::AtDesk, Action::Collect)?;
                let due = self.deals[deal].unpaid();
                if cash.unwrap_or(Money::new(0, due.currency)) != due {
                    return Err(Refusal::CashDue { due });
                }
                if due.minor > 0 {
                    self.take_cash(deal);
                }
                let it = &mut self.deals[deal];
                it.state = State::Collected;
                it.changed_at = now;
                it.due_at = Some(now.plus(Span::hours(48)));
                self.facts += 1;
                Ok(Reply::Desk(self.desk_view(deal, Side::Buyer)))
            }

            Ask::CloseDay { point, day } => {
                operator?;
                let point = self.point(*point)?;
                if *day < self.day_of(point, now) {
                    return Err(Refusal::DayInvalid);
                }
                let before = self.clone();
                let closed = self.close_day(point, *day);
                if closed.is_err() {
                    *self = before;
                }
                closed.map(|()| Reply::Done)
            }
            Ask::OpenDay { point, day } => {
                operator?;
                let point = self.point(*point)?;
                if *day < self.day_of(point, now) {
                    return Err(Refusal::DayInvalid);
                }
                if self.points[point].closures.remove(day) {
                    self.facts += 1;
                }
                Ok(Reply::Done)
            }
            Ask::ClosePoint { point } => {
                operator?;
                let point = self.point(*point)?;
                let kept = &mut self.points[point].kept;
                if kept.closed_at.is_some() {
                    return Err(Refusal::PickupPointClosed);
                }
                kept.closed_at = Some(now);
                self.facts += 1;
                // The reply has the row as it was read: the version counts on behind it.
                let reply = Reply::PickupPoint(kept.clone());
                kept.version += 1;
                Ok(reply)
            }
            Ask::Appoint { point, username } => {
                operator?;
                let point = self.point(*point)?;
                let member = self.member(username)?;
                if self.points[point].attendants.insert(member) {
                    self.facts += 1;
                }
                Ok(Reply::Member(self.card(member)))
            }
            Ask::Dismiss { point, username } => {
                operator?;
                let member = self.member(username)?;
                let point = self.point(*point)?;
                if !self.points[point].attendants.remove(&member) {
                    return Err(missing("attendant"));
                }
                self.facts += 1;
                Ok(Reply::Member(self.card(member)))
            }
            Ask::ChangeRole { username, role } => {
                operator?;
                let member = self.member(username)?;
                self.members[member].role = *role;
                self.facts += 1;
                Ok(Reply::Member(self.card(member)))
            }
            Ask::Commission { basis_points } => {
                operator?;
                self.commission = *basis_points;
                self.facts += 1;
                let settings = Settings { commission_basis_points: *basis_points, ..Settings::default() };
                Ok(Reply::Settings(settings))
            }

            Ask::Lapse { order } => {
                house?;
                let deal = self.deals.iter().position(|deal| deal.id == *order);
                let deal = deal.ok_or_else(|| missing("order"))?;
                let state = self.deals[deal].state;
                if self.deals[deal].due_at.is_none_or(|due| due > now) {
                    return Err(Refusal::OrderState { state, action: Action::MissPickup });
                }
                self.lapse(deal);
                Ok(Reply::Done)
            }
            Ask::Forget => {
                house?;
                Ok(Reply::Forgotten(self.forget()))
            }
        }
    }

    // Finding.

    fn live_session(&self, id: SessionId) -> Option<&Session> {
        let session = self.sessions.iter().find(|session| session.id == id)?;
        (session.ended_at.is_none() && self.now() < session.expires_at).then_some(session)
    }
    fn member(&self, username: &str) -> Result<usize, Refusal> {
        self.members.iter().position(|person| person.username == username).ok_or_else(|| missing("member"))
    }
    fn point(&self, id: PickupPointId) -> Result<usize, Refusal> {
        self.points.iter().position(|point| point.kept.id == id).ok_or_else(|| missing("pickup point"))
    }
    fn open_point(&self, id: PickupPointId) -> Result<usize, Refusal> {
        let point = self.point(id)?;
        if self.points[point].kept.closed_at.is_some() {
            return Err(Refusal::PickupPointClosed);
        }
        Ok(point)
    }
    fn thing(&self, id: ListingId) -> Result<usize, Refusal> {
        self.things.iter().position(|thing| thing.id == id).ok_or_else(|| missing("listing"))
    }
    fn listing_state(&self, thing: usize) -> ListingState {
        match &self.things[thing] {
            Thing { deal: Some(_), .. } => ListingState::Sold,
            Thing { withdrawn: true, .. } => ListingState::Withdrawn,
            _ => ListingState::OnSale,
        }
    }
    fn sees(&self, viewer: Option<usize>, thing: usize) -> bool {
        self.listing_state(thing) != ListingState::Withdrawn
            || viewer.is_some_and(|viewer| {
                self.things[thing].seller == viewer || self.members[viewer].role > Role::Member
            })
    }
    fn owns(&self, member: usize, thing: usize) -> Result<(), Refusal> {
        if self.things[thing].seller == member {
            Ok(())
        } else if self.sees(Some(member), thing) {
            Err(Refusal::NotYours)
        } else {
            Err(missing("listing"))
        }
    }
    fn thing_to_edit(&self, member: usize, id: ListingId) -> Result<usize, Refusal> {
        let thing = self.thing(id)?;
        self.owns(member, thing)?;
        if self.things[thing].deal.is_some() { Err(Refusal::ListingSold) } else { Ok(thing) }
    }
    fn deal_of(&self, member: usize, id: OrderId) -> Result<(usize, Side), Refusal> {
        let found = self.deals.iter().position(|deal| deal.id == id).ok_or_else(|| missing("order"))?;
        if self.deals[found].buyer == member {
            Ok((found, Side::Buyer))
        } else if self.deals[found].seller == member {
            Ok((found, Side::Seller))
        } else {
            Err(missing("order"))
        }
    }
    fn deal_of_buyer(&self, member: usize, id: OrderId) -> Result<usize, Refusal> {
        match self.deal_of(member, id)? {
            (deal, Side::Buyer) => Ok(deal),
            (_, Side::Seller) => Err(missing("order")),
        }
    }
    fn in_state(&self, deal: usize, wanted: State, action: Action) -> Result<(), Refusal> {
        let state = self.deals[deal].state;
        if state == wanted { Ok(()) } else { Err(Refusal::OrderState { state, action }) }
    }

    /// The order a code belongs to, for a member who serves its desk. Thirty wrong ones in a quarter of an hour are
    /// enough.
    fn deal_at_desk(&mut self, member: Result<usize, Refusal>, code: &str) -> Result<usize, Refusal> {
        let (member, now) = (member?, self.now());
        if !self.points.iter().any(|point| point.attendants.contains(&member)) {
            return Err(missing("desk"));
        }
        let quarter = Span::minutes(15);
        let counted = self.members[member].wrong_codes.filter(|(since, _)| now < since.plus(quarter));
        if let Some((since, count)) = counted
            && count >= 30
        {
            let micros = since.plus(quarter).since(now).micros();
            return Err(Refusal::TooManyTries { wait_seconds: (micros + 999_999) / 1_000_000 });
        }
        let found = self.deals.iter().position(|deal| {
            deal.is_open()
                && self.points[deal.point].attendants.contains(&member)
                && (deal.pickup_code == code || deal.drop_off_code.as_deref() == Some(code))
        });
        if found.is_none() {
            let (since, count) = counted.unwrap_or((now, 0));
            self.members[member].wrong_codes = Some((since, count + 1));
        }
        found.ok_or_else(|| missing("code"))
    }

    fn not_struck_out(&self, member: usize) -> Result<(), Refusal> {
        let now = self.now();
        let strikes = &self.members[member].strikes;
        let live: Vec<Moment> = strikes.iter().copied().filter(|at| now < at.plus(Span::days(180))).collect();
        let Some(until) = live.iter().max().map(|last| last.plus(Span::days(30))) else { return Ok(()) };
        if live.len() >= 3 && now < until {
            return Err(Refusal::StruckOut { strikes: live.len(), until });
        }
        Ok(())
    }

    // Days: walked over one by one.

    fn day_of(&self, point: usize, moment: Moment) -> Date {
        moment.timestamp().to_zoned(zone(&self.points[point].kept.time_zone).unwrap()).date()
    }
    fn hours(&self, point: usize, day: Date) -> Option<(i8, i8)> {
        let point = &self.points[point];
        if point.closures.contains(&day) {
            return None;
        }
        point.week[usize::try_from(day.weekday().to_monday_zero_offset()).unwrap()]
    }
    fn moment_of(&self, point: usize, day: Date, hour: i8) -> Moment {
        let zone = zone(&self.points[point].kept.time_zone).unwrap();
        let local = if hour == 24 { day.tomorrow().unwrap().at(0, 0, 0, 0) } else { day.at(hour, 0, 0, 0) };
        Moment::from_micros(local.to_zoned(zone).unwrap().timestamp().as_microsecond())
    }
    fn opening_of(&self, point: usize, day: Date) -> Moment {
        self.moment_of(point, day, self.hours(point, day).map_or(0, |(opens, _)| opens))
    }
    /// When the door closes on the so-many-th open day after that one; ninety days on when there are not so many.
    fn closing_after(&self, point: usize, day: Date, count: usize) -> Moment {
        let (mut each, mut open) = (day, 0);
        for _ in 0..90 {
            each = each.tomorrow().unwrap();
            open += usize::from(self.hours(point, each).is_some());
            if open == count {
                break;
            }
        }
        self.moment_of(point, each, self.hours(point, each).map_or(24, |(_, closes)| closes))
    }
    fn has_room(&self, point: usize, day: Date) -> bool {
        let booked =
            self.deals.iter().filter(|deal| deal.is_open() && deal.point == point && deal.day == day);
        i64::try_from(booked.count()).unwrap() < self.points[point].kept.daily_capacity
    }
    /// The first open day with room after that one, from the so-many-th open day on.
    fn day_with_room(&self, point: usize, after: Date, from: usize) -> Result<Date, Refusal> {
        let (mut each, mut open) = (after, 0);
        for _ in 0..90 {
            each = each.tomorrow().unwrap();
            open += usize::from(self.hours(point, each).is_some());
            if self.hours(point, each).is_some() && open >= from && self.has_room(point, each) {
                return Ok(each);
            }
        }
        Err(Refusal::PickupPointFull { days: 90 })
    }
    fn drop_off_deadline(&self, deal: usize) -> Moment {
        let deal = &self.deals[deal];
        self.closing_after(deal.point, deal.day, 2)
    }
    fn kept_until(&self, deal: usize) -> Moment {
        let deal = &self.deals[deal];
        let dropped_off = self.day_of(deal.point, deal.dropped_off_at.unwrap());
        self.closing_after(deal.point, deal.day.max(dropped_off), 3)
    }
    fn next_reminder(&self, deal: usize) -> Moment {
        let (deadline, deal) = (self.kept_until(deal), &self.deals[deal]);
        let days = [deal.day.yesterday().unwrap(), deal.day, deal.day.tomorrow().unwrap()];
        let mut moments = days.map(|day| self.opening_of(deal.point, day)).into_iter();
        moments.find(|&moment| self.now() < moment && moment < deadline).unwrap_or(deadline)
    }

    // What happens to deals.

    fn buy(
        &mut self,
        buyer: usize,
        listing: ListingId,
        seen: Money,
        given: &Answer,
    ) -> Result<Reply, Refusal> {
        let now = self.now();
        self.not_struck_out(buyer)?;
        let thing = self.thing(listing)?;
        let Thing { seller, price, point, ref title, .. } = self.things[thing];
        match self.listing_state(thing) {
            ListingState::Sold => return Err(Refusal::ListingSold),
            ListingState::Withdrawn if seller == buyer => return Err(Refusal::ListingWithdrawn),
            ListingState::Withdrawn => return Err(missing("listing")),
            ListingState::AtAuction => panic!("nothing is put up here"),
            ListingState::OnSale => {}
        }
        if seller == buyer {
            return Err(Refusal::OwnListing);
        }
        if seen != price {
            return Err(Refusal::PriceChanged { price });
        }
        self.open_point(self.points[point].kept.id)?;
        let day = self.day_with_room(point, self.day_of(point, now), 2)?;
        let (id, pickup_code) = match given {
            Ok(Reply::Order(view)) => (view.order, view.pickup.code.as_ref().map(Code::as_str)),
            _ => (OrderId::new(now, [0; 10]), None),
        };
        self.deals.push(Deal {
            id,
            thing,
            buyer,
            seller,
            title: title.clone(),
            price,
            // To the nearest unit, a half up.
            commission: (price.minor * self.commission + 5_000) / 10_000,
            point,
            day,
            pickup_code: pickup_code.unwrap_or_default().to_owned(),
            drop_off_code: None,
            state: State::Placed,
            placed_at: now,
            dropped_off_at: None,
            paid_at: None,
            asked_at: None,
            changed_at: now,
            due_at: None,
        });
        let deal = self.deals.len() - 1;
        self.deals[deal].due_at = Some(self.drop_off_deadline(deal));
        self.things[thing].deal = Some(deal);
        self.facts += 2;
        Ok(Reply::Order(self.order_view(deal, Side::Buyer)))
    }

    fn take_cash(&mut self, deal: usize) {
        let (now, it) = (self.now(), &mut self.deals[deal]);
        it.paid_at = Some(now);
        let (id, point, price) = (it.id, it.point, it.price);
        let cash_box = format!("cash_box:{}", self.points[point].kept.id);
        self.post(price.currency, &[(cash_box, price.minor), (format!("escrow:{id}"), -price.minor)]);
    }

    fn complete(&mut self, deal: usize) {
        let (now, it) = (self.now(), &mut self.deals[deal]);
        it.state = State::Completed;
        it.changed_at = now;
        it.due_at = None;
        let (id, price, commission) = (it.id, it.price, it.commission);
        let seller = format!("seller:{}", self.members[it.seller].id);
        self.facts += 1;
        self.post(
            price.currency,
            &[
                (format!("escrow:{id}"), price.minor),
                (seller, commission - price.minor),
                ("rev_commission".to_owned(), -commission),
            ],
        );
    }

    /// A deal comes to nothing. Whoever is to blame is struck, and then the thing is not on sale again by itself.
    fn fall_through(&mut self, deal: usize, state: State, to_blame: Option<Side>) {
        let (now, it) = (self.now(), &mut self.deals[deal]);
        it.state = state;
        it.changed_at = now;
        it.due_at = None;
        let (id, thing, price) = (it.id, it.thing, it.price);
        let (buyer, seller, paid) = (it.buyer, it.seller, it.paid_at.is_some());
        self.things[thing].deal = None;
        self.facts += 2;
        if let Some(side) = to_blame {
            self.things[thing].withdrawn = true;
            let member = if side == Side::Buyer { buyer } else { seller };
            self.members[member].strikes.push(now);
            self.facts += 1;
        }
        if paid {
            let wallet = format!("wallet:{}", self.members[buyer].id);
            self.post(price.currency, &[(format!("escrow:{id}"), price.minor), (wallet, -price.minor)]);
        }
    }

    fn post(&mut self, currency: Currency, postings: &[(String, i64)]) {
        for (account, amount) in postings.iter().filter(|(_, amount)| *amount != 0) {
            *self.books.entry((account.clone(), currency.code())).or_default() += amount;
        }
        self.entries += 1;
        self.facts += 1;
    }

    fn close_day(&mut self, point: usize, day: Date) -> Result<(), Refusal> {
        if !self.points[point].closures.insert(day) {
            return Ok(());
        }
        self.facts += 1;
        let mut moving: Vec<usize> = (0..self.deals.len())
            .filter(|&deal| {
                let deal = &self.deals[deal];
                deal.is_open() && deal.point == point && deal.day == day
            })
            .collect();
        moving.sort_by_key(|&deal| self.deals[deal].id);
        for deal in moving {
            self.deals[deal].day = self.day_with_room(point, day, 1)?;
            let due = match self.deals[deal].state {
                State::AtDesk => self.next_reminder(deal),
                _ => self.drop_off_deadline(deal),
            };
            self.deals[deal].due_at = Some(due);
            self.facts += 1;
        }
        Ok(())
    }

    fn lapse(&mut self, deal: usize) {
        match self.deals[deal].state {
            State::Placed if self.now() < self.drop_off_deadline(deal) => {
                self.deals[deal].due_at = Some(self.drop_off_deadline(deal));
            }
            State::Placed => self.fall_through(deal, State::NoDropOff, Some(Side::Seller)),
            State::AtDesk if self.now() < self.kept_until(deal) => {
                self.deals[deal].due_at = Some(self.next_reminder(deal));
                self.facts += 1;
            }
            State::AtDesk => self.fall_through(deal, State::NoPickup, Some(Side::Buyer)),
            State::Collected => self.complete(deal),
            over => panic!("the model lets an order lapse that is {over:?}"),
        }
    }

    /// Everything whose moment has come happens. Says how many things those were.
    fn tick(&mut self) -> usize {
        let now = self.now();
        let due: Vec<usize> = (0..self.deals.len())
            .filter(|&deal| self.deals[deal].due_at.is_some_and(|due| due <= now))
            .collect();
        for &deal in &due {
            self.lapse(deal);
        }
        due.len()
    }

    fn forget(&mut self) -> i64 {
        let now = self.now();
        let rows = |model: &Self| {
            let counted = model.members.iter().filter(|person| person.wrong_codes.is_some()).count();
            model.sessions.len() + model.remembered.len() + counted
        };
        let before = rows(self);
        let over = |end: Moment| end.plus(Span::days(1)) <= now;
        self.sessions.retain(|session| !over(session.expires_at) && !session.ended_at.is_some_and(over));
        self.remembered.retain(|known| known.expires_at.is_none_or(|expires_at| now < expires_at));
        for person in &mut self.members {
            person.wrong_codes = person.wrong_codes.filter(|(since, _)| now < since.plus(Span::minutes(15)));
        }
        i64::try_from(before - rows(self)).unwrap()
    }

    // Talking.

    fn two(&self, member: usize, username: &str) -> Result<(usize, usize), Refusal> {
        let other = self.members.iter().position(|person| person.username == username);
        let other = other.ok_or_else(|| missing("member"))?;
        if other == member { Err(Refusal::Yourself) } else { Ok((member, other)) }
    }

    fn blocked(&self, one: usize, other: usize) -> bool {
        self.blocks.contains(&(one, other)) || self.blocks.contains(&(other, one))
    }

    /// Whether the other has ever written to the member, or the two have ever traded.
    fn acquainted(&self, member: usize, other: usize) -> bool {
        let id = self.members[other].id;
        let written = |talk: &Talk| talk.two.contains(&member) && talk.said.iter().any(|it| it.sender == id);
        let traded =
            |deal: &Deal| [(deal.buyer, deal.seller), (deal.seller, deal.buyer)].contains(&(member, other));
        self.talks.iter().any(written) || self.deals.iter().any(traded)
    }

    const LIMIT: Refusal = Refusal::StrangerLimit { messages: 5, conversations: 20 };

    fn talk(&mut self, member: usize, with: &With, given: &Answer) -> Result<Reply, Refusal> {
        let now = self.now();
        let other = match with {
            With::Member(username) => self.members.iter().position(|person| person.username == *username),
            With::Seller(listing) => {
                let thing = self.things.iter().position(|thing| thing.id == *listing);
                let seen = thing.filter(|&thing| self.sees(Some(member), thing));
                Some(self.things[seen.ok_or_else(|| missing("listing"))?].seller)
            }
            With::OtherSide(order) => {
                let deal = self.deals.iter().find(|deal| deal.id == *order);
                let deal = deal.filter(|deal| [deal.buyer, deal.seller].contains(&member));
                let deal = deal.ok_or_else(|| missing("order"))?;
                Some(if deal.buyer == member { deal.seller } else { deal.buyer })
            }
        };
        let other = other.ok_or_else(|| missing("member"))?;
        if other == member {
            return Err(Refusal::Yourself);
        }
        // About nothing it is the same talk, whoever of the two names the other.
        let nothing = |with: &With| matches!(with, With::Member(_));
        let known = self.talks.iter().position(|talk| {
            talk.two.contains(&member)
                && talk.two.contains(&other)
                && (talk.about == *with || (nothing(&talk.about) && nothing(with)))
        });
        if let Some(known) = known {
            if self.talks[known].side(member).is_none() {
                self.moves += 1;
                self.talks[known].places[1] = Some(self.moves);
                self.facts += 1;
            }
            return Ok(Reply::Conversation(self.talk_view(known, member)));
        }
        if self.blocked(member, other) {
            return Err(Refusal::ConversationBlocked);
        }
        let strangers = self.talks.iter().filter(|talk| {
            let theirs = self.members[talk.two[1]].id;
            talk.two[0] == member
                && talk.started_at > now.minus(Span::days(1))
                && talk.said.iter().all(|said| said.sender != theirs)
        });
        if !self.acquainted(member, other) && strangers.count() >= 20 {
            return Err(Self::LIMIT);
        }
        let id = match given {
            Ok(Reply::Conversation(view)) => view.conversation,
            _ => ConversationId::new(now, [0; 10]),
        };
        self.moves += 1;
        self.facts += 1;
        self.talks.push(Talk {
            id,
            about: with.clone(),
            two: [member, other],
            started_at: now,
            said: Vec::new(),
            delivered: [0; 2],
            read: [0; 2],
            places: [Some(self.moves), None],
        });
        Ok(Reply::Conversation(self.talk_view(self.talks.len() - 1, member)))
    }

    fn talk_of(&self, member: usize, id: ConversationId) -> Result<(usize, usize), Refusal> {
        let talk = self.talks.iter().position(|talk| talk.id == id).ok_or_else(|| missing("conversation"))?;
        let side = self.talks[talk].side(member).ok_or_else(|| missing("conversation"))?;
        Ok((talk, side))
    }

    fn say(
        &mut self,
        member: usize,
        id: ConversationId,
        message: Option<MessageId>,
        text: &str,
        given: &Answer,
    ) -> Result<Reply, Refusal> {
        let (now, me) = (self.now(), self.members[member].id);
        let (talk, side) = self.talk_of(member, id)?;
        let everything = || self.talks.iter().flat_map(|talk| &talk.said);
        if let Some(known) = everything().find(|said| Some(said.message) == message) {
            let same = (known.sender, known.conversation, known.text.as_str()) == (me, id, text);
            return if same { Ok(Reply::Message(known.clone())) } else { Err(Refusal::MessageIdUsed) };
        }
        let other = self.talks[talk].two[1 - side];
        if self.blocked(member, other) {
            return Err(Refusal::ConversationBlocked);
        }
        let mut lately: Vec<Moment> = everything()
            .filter(|said| said.sender == me && said.sent_at > now.minus(Span::seconds(60)))
            .map(|said| said.sent_at)
            .collect();
        lately.sort_unstable();
        if let Some(&since) = lately.iter().rev().nth(59) {
            let wait_seconds = since.plus(Span::seconds(60)).since(now).seconds_up().max(1);
            return Err(Refusal::TooManyMessages { wait_seconds });
        }
        let sent_here = self.talks[talk].said.iter().filter(|said| said.sender == me).count();
        if sent_here >= 5 && !self.acquainted(member, other) {
            return Err(Self::LIMIT);
        }
        let named = match given {
            Ok(Reply::Message(said)) => said.message,
            _ => MessageId::new(now, [0; 10]),
        };
        self.moves += 1;
        self.facts += 1;
        let talk = &mut self.talks[talk];
        talk.places = [Some(self.moves); 2];
        let said = Message {
            message: message.unwrap_or(named),
            conversation: id,
            number: talk.last() + 1,
            sender: me,
            sent_at: now,
            text: text.to_owned(),
        };
        talk.said.push(said.clone());
        Ok(Reply::Message(said))
    }

    fn mark(&mut self, member: usize, id: ConversationId, number: i64, read: bool) -> Result<Reply, Refusal> {
        let (place, side) = self.talk_of(member, id)?;
        let talk = &mut self.talks[place];
        let number = number.min(talk.last());
        let mark = if read { &mut talk.read[side] } else { &mut talk.delivered[side] };
        if number > *mark {
            *mark = number;
            talk.delivered[side] = talk.delivered[side].max(talk.read[side]);
            self.facts += 1;
        }
        Ok(Reply::Conversation(self.talk_view(place, member)))
    }

    fn talk_view(&self, talk: usize, member: usize) -> ConversationView {
        let talk = &self.talks[talk];
        let side = usize::from(talk.two[1] == member);
        let other = talk.two[1 - side];
        let theirs = self.members[other].id;
        let about = match &talk.about {
            With::Member(_) => None,
            With::Seller(id) => {
                let thing = self.things.iter().position(|thing| thing.id == *id).unwrap();
                let hidden = self.listing_state(thing) == ListingState::Withdrawn
                    && self.things[thing].seller != member;
                let title = if hidden { String::new() } else { self.things[thing].title.clone() };
                Some(Subject { listing: Some(*id), order: None, title })
            }
            With::OtherSide(id) => {
                let title = self.deals.iter().find(|deal| deal.id == *id).unwrap().title.clone();
                Some(Subject { listing: None, order: Some(*id), title })
            }
        };
        let unread = talk.said.iter().filter(|it| it.sender == theirs && it.number > talk.read[side]);
        ConversationView {
            conversation: talk.id,
            with: self.card(other),
            online: false,
            last_seen_at: None,
            about,
            started_at: talk.started_at,
            last: talk.said.last().cloned(),
            unread: i64::try_from(unread.count()).unwrap(),
            read: talk.read[side],
            their_delivered: talk.delivered[1 - side],
            their_read: talk.read[1 - side],
            blocked: self.blocks.contains(&(member, other)),
        }
    }

    /// A member's talks, latest first.
    fn talks_of(&self, member: usize) -> Vec<ConversationView> {
        let mut places: Vec<(u64, usize)> = (0..self.talks.len())
            .filter_map(|talk| {
                let side = self.talks[talk].side(member)?;
                Some((self.talks[talk].places[side]?, talk))
            })
            .collect();
        places.sort_unstable_by(|a, b| b.cmp(a));
        places.into_iter().map(|(_, talk)| self.talk_view(talk, member)).collect()
    }

    // What is seen.

    fn card(&self, member: usize) -> MemberCard {
        let Person { id, username, .. } = &self.members[member];
        MemberCard { id: *id, username: Username::parse(username).unwrap(), name: shown_name(username) }
    }
    fn account(&self, member: usize) -> Account {
        let Person { id, username, email, role, registered_at, .. } = &self.members[member];
        Account {
            id: *id,
            username: Username::parse(username).unwrap(),
            name: shown_name(username),
            email: Email::parse(email).unwrap(),
            role: *role,
            registered_at: *registered_at,
        }
    }
    fn listing_view(&self, thing: usize) -> ListingView {
        let it = &self.things[thing];
        let point = &self.points[it.point].kept;
        ListingView {
            listing: it.id,
            title: it.title.clone(),
            description: String::new(),
            price: it.price,
            category: it.category,
            condition: Condition::Good,
            state: self.listing_state(thing),
            published_at: it.published_at,
            seller: self.card(it.seller),
            pickup_point: PickupPointName { id: point.id, name: point.name.clone() },
            pictures: Vec::new(),
            available: i64::from(self.listing_state(thing) == ListingState::OnSale),
            store: None,
            product: None,
            variant: String::new(),
            auction: None,
        }
    }
    /// The listings that pass, newest first.
    fn listings(&self, passes: impl Fn(usize) -> bool) -> Vec<ListingView> {
        (0..self.things.len())
            .rev()
            .filter(|&thing| passes(thing))
            .map(|thing| self.listing_view(thing))
            .collect()
    }
    fn on_sale(&self, passes: impl Fn(&Thing) -> bool) -> Vec<ListingView> {
        self.listings(|thing| {
            self.listing_state(thing) == ListingState::OnSale && passes(&self.things[thing])
        })
    }
    fn own_listings(&self, member: usize) -> Vec<OwnListing> {
        let own = (0..self.things.len()).rev().filter(|&thing| self.things[thing].seller == member);
        own.map(|thing| OwnListing {
            listing: self.listing_view(thing),
            order: self.things[thing].deal.map(|deal| self.deals[deal].id),
            buyer: self.things[thing].deal.map(|deal| self.card(self.deals[deal].buyer)),
        })
        .collect()
    }
    fn orders(&self, member: usize, side: Side) -> Vec<OrderView> {
        let mut found: Vec<usize> = (0..self.deals.len())
            .filter(|&deal| {
                let Deal { buyer, seller, .. } = self.deals[deal];
                member == if side == Side::Buyer { buyer } else { seller }
            })
            .collect();
        found.sort_by_key(|&deal| std::cmp::Reverse(self.deals[deal].id));
        found.into_iter().map(|deal| self.order_view(deal, side)).collect()
    }
    fn order_view(&self, deal: usize, side: Side) -> OrderView {
        let it = &self.deals[deal];
        let point = &self.points[it.point].kept;
        let hours = self.hours(it.point, it.day).map(|(from, to)| format!("{from:02}:00-{to:02}:00"));
        let code = match side {
            Side::Buyer => Some(&it.pickup_code),
            Side::Seller => it.drop_off_code.as_ref(),
        };
        OrderView {
            order: it.id,
            state: it.state,
            you_are: side,
            buyer: self.card(it.buyer),
            seller: self.card(it.seller),
            store: None,
            lines: vec![self.line(deal)],
            total: it.price,
            due: it.unpaid(),
            auction: None,
            fulfillment: Fulfillment::default(),
            pickup: PickupView {
                point: point.id,
                name: point.name.clone(),
                address: point.address.clone(),
                day: it.day,
                hours,
                time_zone: point.time_zone.clone(),
                code: code.filter(|_| it.is_open()).map(|code| Code::parse(code).unwrap()),
                until: match it.state {
                    State::Placed => it.due_at,
                    State::AtDesk => Some(self.kept_until(deal)),
                    _ => None,
                },
            },
            placed_at: it.placed_at,
            paid_at: it.paid_at,
            cancel_requested_at: it.asked_at,
            checkout: None,
            receipt: it.paid_at.map(|_| Receipt { means: Means::Cash, paid: it.price, rate: None }),
            refunded: Money::new(0, it.price.currency),
            return_request: None,
            return_until: None,
            changed_at: it.changed_at,
        }
    }
    fn line(&self, deal: usize) -> Line {
        let it = &self.deals[deal];
        Line { listing: self.things[it.thing].id, title: it.title.clone(), quantity: 1, price: it.price }
    }
    fn desk_view(&self, deal: usize, shown_by: Side) -> DeskView {
        let it = &self.deals[deal];
        let (who, due) = match shown_by {
            Side::Buyer => (it.buyer, it.unpaid()),
            Side::Seller => (it.seller, Money::new(0, it.price.currency)),
        };
        DeskView {
            order: it.id,
            state: it.state,
            shown_by,
            name: shown_name(&self.members[who].username),
            lines: vec![self.line(deal)],
            due,
            pickup_day: it.day,
            next: match (shown_by, it.state) {
                (Side::Seller, State::Placed) => Some(Action::DropOff),
                (Side::Buyer, State::AtDesk) => Some(Action::Collect),
                _ => None,
            },
        }
    }
    fn sessions(&self, member: usize, current: SessionId) -> Vec<SessionView> {
        let mut live: Vec<&Session> = self
            .sessions
            .iter()
            .filter(|session| session.member == member && self.live_session(session.id).is_some())
            .collect();
        live.sort_by_key(|session| std::cmp::Reverse((session.started_at, session.id)));
        live.into_iter().map(|session| session_view(session, current)).collect()
    }
}

fn missing(what: &str) -> Refusal {
    Refusal::NotFound { what: what.to_owned() }
}

fn side_of_code(code: &str) -> Side {
    if code.starts_with(|first: char| first.is_ascii_digit()) { Side::Buyer } else { Side::Seller }
}

fn session_view(session: &Session, current: SessionId) -> SessionView {
    SessionView {
        session: session.id,
        started_at: session.started_at,
        expires_at: session.expires_at,
        last_seen_at: session.seen_at,
        device: "dice".to_owned(),
        current: session.id == current,
    }
}

// ---- the dice ----

struct Dice(ChaCha8Rng);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.0.next_u64() % u64::try_from(bound).unwrap()).unwrap()
    }
    fn between(&mut self, least: i64, most: i64) -> i64 {
        least + i64::try_from(self.below(usize::try_from(most - least + 1).unwrap())).unwrap()
    }
    fn in_hundred(&mut self, count: usize) -> bool {
        self.below(100) < count
    }
    fn pick<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        (!from.is_empty()).then(|| from[self.below(from.len())].clone())
    }
}

const WORDS: [&str; 8] = ["novel", "lamp", "desk", "kettle", "racket", "violin", "notes", "fern"];
const COLORS: [&str; 4] = ["blue", "brown", "black", "nova"];

/// Who asks for what next, drawn with what the model knows, so that most of it makes sense.
impl Simulation {
    fn draw(&mut self) -> Request {
        // Asked again word for word, or under a key that stands for something else.
        if self.dice.in_hundred(7)
            && let Some(before) = self.dice.pick(&self.keyed)
        {
            let (who, key) = (before.who, before.key.clone());
            return if self.dice.in_hundred(70) { before } else { Request { who, key, ..self.draw_fresh() } };
        }
        let mut request = self.draw_fresh();
        // A token is a secret and no part of what a key remembers; sessions are started without one.
        if self.dice.in_hundred(30) && !matches!(request.ask, Ask::StartSession { .. }) {
            request.key = Some(format!("key-{}", self.keyed.len()));
            self.keyed.push(request.clone());
        }
        request
    }

    fn draw_fresh(&mut self) -> Request {
        let (mut who, ask) = match self.deal_at_last_moment() {
            Some(Deal { id: order, buyer, .. }) if self.dice.in_hundred(40) => {
                self.by(buyer, Ask::Cancel { order })
            }
            _ => self.draw_ask(),
        };
        // Now and then it is somebody else who asks.
        if self.dice.in_hundred(5) {
            let sessions: Vec<SessionId> = self.model.sessions.iter().map(|session| session.id).collect();
            who = match self.dice.pick(&sessions) {
                Some(session) if self.dice.in_hundred(80) => Who::Member(session),
                _ => self.dice.pick(&[Who::Visitor, Who::Console, Who::Timekeeper]).unwrap(),
            };
        }
        Request { who, key: None, ask }
    }

    /// A deal whose buyer's half hour is over now, give or take a microsecond.
    fn deal_at_last_moment(&self) -> Option<Deal> {
        let now = self.model.now().micros();
        let alone = |deal: &Deal| deal.placed_at.plus(Span::minutes(30)).micros();
        let mut placed = self.model.deals.iter().filter(|deal| deal.state == State::Placed);
        placed.find(|deal| (alone(deal) - now).abs() <= 1).cloned()
    }

    /// The member asks, signing in first when no session of theirs is left.
    fn by(&mut self, member: usize, ask: Ask) -> (Who, Ask) {
        let live = self.model.sessions.iter().filter(|session| session.member == member);
        let live: Vec<SessionId> =
            live.map(|session| session.id).filter(|&id| self.model.live_session(id).is_some()).collect();
        match self.dice.pick(&live) {
            Some(session) => (Who::Member(session), ask),
            None => self.sign_in(member),
        }
    }

    fn sign_in(&mut self, member: usize) -> (Who, Ask) {
        self.tokens += 1;
        let member = self.model.members[member].id;
        (Who::Console, Ask::StartSession { member, token: self.tokens })
    }

    fn draw_ask(&mut self) -> (Who, Ask) {
        let members = self.model.members.len();
        if members < 3 || (members < MEMBERS && self.dice.in_hundred(10)) {
            return (Who::Visitor, self.draw_registration());
        }
        let member = self.dice.below(members);
        let point = self.dice.below(self.model.points.len());
        let point_id = self.model.points[point].kept.id;
        let username = self.model.members[member].username.clone();
        match self.dice.below(1_000) {
            0..130 => self.draw_offer(member),
            130..290 => {
                // Mostly something on sale; now and then whatever there is.
                let any = self.dice.in_hundred(15);
                let on_sale = (0..self.model.things.len())
                    .filter(|&thing| any || self.model.listing_state(thing) == ListingState::OnSale)
                    .collect::<Vec<_>>();
                let Some(thing) = self.dice.pick(&on_sale) else { return self.draw_offer(member) };
                let Thing { id: listing, price, .. } = self.model.things[thing];
                let price = if self.dice.in_hundred(90) { price } else { self.draw_price() };
                self.by(member, Ask::Buy { listing, price })
            }
            290..440 => {
                let Some((thing, listing)) = self.draw_thing() else { return self.draw_offer(member) };
                // Mostly its owner; others try it too.
                let owner = self.model.things[thing].seller;
                let member = if self.dice.in_hundred(85) { owner } else { member };
                let ask = match self.dice.below(10) {
                    0..3 => Ask::Reprice { listing, price: self.draw_price() },
                    3 => Ask::Retitle { listing, title: self.draw_title() },
                    4 => Ask::Move { listing, point: point_id },
                    5..7 => Ask::Withdraw { listing },
                    _ => Ask::Publish { listing },
                };
                self.by(member, ask)
            }
            440..570 => {
                let Some(deal) = self.draw_deal() else { return self.draw_offer(member) };
                let Deal { id: order, buyer, seller, state, .. } = self.model.deals[deal];
                let ask = match (state, self.dice.below(10)) {
                    (State::Collected, 0..6) => Ask::Confirm { order },
                    (_, 0..4) => Ask::Cancel { order },
                    (_, 4..7) => Ask::RequestCancel { order },
                    _ => Ask::Confirm { order },
                };
                let party = match (&ask, self.dice.below(20)) {
                    (_, 0) => member,
                    (Ask::Cancel { .. }, 1..8) | (_, 1) => seller,
                    _ => buyer,
                };
                self.by(party, ask)
            }
            570..780 => self.draw_desk(member),
            780..870 => self.draw_talk(member),
            870..890 => {
                let day = self.draw_day(point);
                let ask = if self.dice.in_hundred(60) {
                    Ask::CloseDay { point: point_id, day }
                } else {
                    let closed: Vec<Date> = self.model.points[point].closures.iter().copied().collect();
                    Ask::OpenDay { point: point_id, day: self.dice.pick(&closed).unwrap_or(day) }
                };
                (Who::Console, ask)
            }
            890..905 => {
                let ask = if self.dice.in_hundred(65) {
                    Ask::Appoint { point: point_id, username }
                } else {
                    Ask::Dismiss { point: point_id, username }
                };
                (Who::Console, ask)
            }
            905..912 => {
                let role = self.dice.pick(&[Role::Member, Role::Member, Role::Moderator]).unwrap();
                (Who::Console, Ask::ChangeRole { username, role })
            }
            912..920 => {
                let basis_points = self.dice.pick(&[0, 1, 250, 500, 3_333, 5_000]).unwrap();
                (Who::Console, Ask::Commission { basis_points })
            }
            920..940 => match self.draw_deal() {
                Some(deal) => (Who::Timekeeper, Ask::Lapse { order: self.model.deals[deal].id }),
                None => (Who::Timekeeper, Ask::Forget),
            },
            940..948 => (Who::Timekeeper, Ask::Forget),
            948..950 => (Who::Console, Ask::ClosePoint { point: self.model.points[1].kept.id }),
            950..965 => self.sign_in(member),
            965..980 => {
                let live: Vec<SessionId> = self.model.sessions.iter().map(|session| session.id).collect();
                let live: Vec<SessionId> =
                    live.into_iter().filter(|&id| self.model.live_session(id).is_some()).collect();
                match self.dice.pick(&live) {
                    Some(session) if self.dice.in_hundred(50) => {
                        (Who::Console, Ask::ResumeSession { session })
                    }
                    Some(session) => {
                        let member = self.model.live_session(session).unwrap().member;
                        self.by(member, Ask::EndSession { session })
                    }
                    None => self.sign_in(member),
                }
            }
            980..990 => (Who::Visitor, self.draw_registration()),
            _ => self.draw_desk(member),
        }
    }

    fn draw_offer(&mut self, member: usize) -> (Who, Ask) {
        let points: Vec<PickupPointId> = self.model.points.iter().map(|point| point.kept.id).collect();
        let (title, price) = (self.draw_title(), self.draw_price());
        // Nobody here has a picture, so the first three are where most is offered.
        let shelves = [Category::Books, Category::Study, Category::Other, Category::Kitchen];
        let count = if self.dice.in_hundred(95) { 3 } else { 4 };
        let category = self.dice.pick(&shelves[..count]).unwrap();
        let point = if self.dice.in_hundred(60) { self.dice.pick(&points) } else { None };
        self.by(member, Ask::Add { title, price, category, point })
    }

    fn draw_talk(&mut self, member: usize) -> (Who, Ask) {
        let other = self.dice.below(self.model.members.len());
        let username = self.model.members[other].username.clone();
        let with = match self.dice.below(10) {
            0..4 => Some(With::Member(username.clone())),
            4..7 => self.draw_thing().map(|(_, listing)| With::Seller(listing)),
            _ => self.draw_deal().map(|deal| With::OtherSide(self.model.deals[deal].id)),
        };
        let begin = |simulation: &mut Self, with: With| {
            // Mostly somebody the order concerns.
            let party = match &with {
                With::OtherSide(order) if simulation.dice.in_hundred(90) => {
                    let deal = simulation.model.deals.iter().find(|deal| deal.id == *order).unwrap();
                    if simulation.dice.in_hundred(50) { deal.buyer } else { deal.seller }
                }
                _ => member,
            };
            simulation.by(party, Ask::Talk { with })
        };
        let talks: Vec<usize> = (0..self.model.talks.len()).collect();
        match (self.dice.below(20), self.dice.pick(&talks), with) {
            (0, _, _) => self.by(member, Ask::Block { username }),
            (1, _, _) => {
                // Mostly somebody who is blocked.
                let blocks: Vec<(usize, usize)> = self.model.blocks.iter().copied().collect();
                let (member, other) = self.dice.pick(&blocks).unwrap_or((member, other));
                let username = self.model.members[other].username.clone();
                self.by(member, Ask::Unblock { username })
            }
            (2..6, _, Some(with)) => begin(self, with),
            (_, None, _) => self.by(member, Ask::Talk { with: With::Member(username) }),
            (kind, Some(place), _) => {
                let Talk { id: talk, two, ref said, .. } = self.model.talks[place];
                let last = i64::try_from(said.len()).unwrap();
                let known: Vec<Message> = said.clone();
                let party = if self.dice.in_hundred(95) { two[self.dice.below(2)] } else { member };
                let ask = match kind {
                    6..9 => Ask::Read { talk, number: self.dice.between(0, last + 1) },
                    9..11 => Ask::Delivered { talk, number: self.dice.between(0, last + 1) },
                    // Sent again as after a lost answer, or under a name that stands for something else.
                    11..13 if !known.is_empty() => {
                        let known = self.dice.pick(&known).unwrap();
                        let text = if kind == 11 { known.text } else { "something else".to_owned() };
                        Ask::Say { talk, message: Some(known.message), text }
                    }
                    _ => self.draw_saying(talk),
                };
                self.by(party, ask)
            }
        }
    }

    fn draw_saying(&mut self, talk: ConversationId) -> Ask {
        let named = self.dice.in_hundred(50);
        let random: [u8; 10] = std::array::from_fn(|_| u8::try_from(self.dice.below(256)).unwrap());
        let message = named.then(|| MessageId::new(self.model.now(), random));
        Ask::Say { talk, message, text: format!("{} ?\nمرحبا", self.draw_title()) }
    }

    fn draw_registration(&mut self) -> Ask {
        let mut name = || format!("member_{}", self.dice.below(3 * MEMBERS));
        Ask::Register { username: name(), email: format!("{}@mail.aub.edu", name()) }
    }

    fn draw_title(&mut self) -> String {
        let (color, word) = (self.dice.pick(&COLORS).unwrap(), self.dice.pick(&WORDS).unwrap());
        format!("{color} {word} {}", self.dice.below(100))
    }

    fn draw_price(&mut self) -> Money {
        match self.dice.below(10) {
            0 => Money::new(1, Currency::Usd),
            1 => Money::new(1_000_000_000_000, Currency::Lbp),
            2..5 => Money::new(self.dice.between(1, 90) * 50_000, Currency::Lbp),
            _ => Money::new(self.dice.between(1, 9_999), Currency::Usd),
        }
    }

    fn draw_thing(&mut self) -> Option<(usize, ListingId)> {
        // Withdrawn ones a little more often, so that they come back.
        let mut things: Vec<usize> = (0..self.model.things.len()).collect();
        if self.dice.in_hundred(40) {
            things.retain(|&thing| self.model.listing_state(thing) == ListingState::Withdrawn);
        } else if self.dice.in_hundred(70) {
            things.retain(|&thing| self.model.listing_state(thing) == ListingState::OnSale);
        }
        let thing = self.dice.pick(&things)?;
        Some((thing, self.model.things[thing].id))
    }

    fn draw_deal(&mut self) -> Option<usize> {
        // Mostly one that is not over yet.
        let any = self.dice.in_hundred(15);
        let deals: Vec<usize> = (0..self.model.deals.len())
            .filter(|&deal| any || self.model.deals[deal].due_at.is_some())
            .collect();
        self.dice.pick(&deals)
    }

    fn draw_day(&mut self, point: usize) -> Date {
        let mut day = self.model.day_of(point, self.model.now());
        let ahead = self.dice.between(-1, 10);
        if ahead < 0 {
            return day.yesterday().unwrap();
        }
        for _ in 0..ahead {
            day = day.tomorrow().unwrap();
        }
        day
    }

    fn draw_code(&mut self) -> String {
        let random = self.dice.0.next_u64().to_be_bytes();
        let random: [u8; 6] = random[..6].try_into().unwrap();
        let code = if self.dice.in_hundred(50) { Code::pickup(random) } else { Code::drop_off(random) };
        code.as_str().to_owned()
    }

    fn draw_desk(&mut self, member: usize) -> (Who, Ask) {
        let Some(deal) = self.draw_deal() else { return self.draw_offer(member) };
        let deal = self.model.deals[deal].clone();
        // Mostly somebody who serves that desk.
        let here: Vec<usize> = self.model.points[deal.point].attendants.iter().copied().collect();
        let Some(attendant) = self.dice.pick(&here) else {
            let username = self.model.members[member].username.clone();
            return (Who::Console, Ask::Appoint { point: self.model.points[deal.point].kept.id, username });
        };
        let attendant = if self.dice.in_hundred(4) { member } else { attendant };
        let mut pickup = deal.pickup_code.clone();
        let Some(mut drop_off) = deal.drop_off_code.clone() else { return self.sign_in(deal.seller) };
        if self.dice.in_hundred(5) {
            std::mem::swap(&mut pickup, &mut drop_off);
        }
        if self.dice.in_hundred(5) {
            pickup = self.draw_code();
        }
        let due = deal.unpaid();
        let cash = match self.dice.below(10) {
            0 => Money::new(due.minor + 1, due.currency),
            1 => Money::new(0, Currency::Lbp),
            _ => due,
        };
        let ask = match (deal.state, self.dice.below(12)) {
            (_, 0) => Ask::ShowCode { code: if self.dice.in_hundred(50) { pickup } else { drop_off } },
            (_, 1..3) => Ask::Pay { code: pickup, cash },
            (State::Placed, 3..10) => Ask::DropOff { code: drop_off },
            (State::Placed, _) => Ask::Collect { code: pickup, cash: Some(cash) },
            (State::AtDesk, 3..5) => Ask::Collect { code: pickup, cash: None },
            (State::AtDesk, 5..10) => Ask::Collect { code: pickup, cash: Some(cash) },
            _ => Ask::DropOff { code: drop_off },
        };
        self.by(attendant, ask)
    }

    /// Several things at once. Half of the time everybody wants the same.
    fn draw_burst(&mut self) -> Vec<Request> {
        let count = 2 + self.dice.below(11);
        if self.dice.in_hundred(50) {
            return (0..count).map(|_| self.draw()).collect();
        }
        let on_sale = self.model.things.iter().filter(|thing| thing.deal.is_none() && !thing.withdrawn);
        let on_sale: Vec<Thing> = on_sale.cloned().collect();
        let Some(thing) = self.dice.pick(&on_sale) else { return vec![self.draw()] };
        let Thing { id: listing, price, seller, .. } = thing;
        (0..count)
            .map(|_| {
                let (member, ask) = match self.dice.below(8) {
                    0 => (seller, Ask::Reprice { listing, price: self.draw_price() }),
                    1 => (seller, Ask::Withdraw { listing }),
                    _ => (self.dice.below(self.model.members.len()), Ask::Buy { listing, price }),
                };
                let (who, ask) = self.by(member, ask);
                Request { who, key: None, ask }
            })
            .collect()
    }

    /// Somebody empties an attic.
    fn draw_attic(&mut self) -> Vec<Request> {
        let member = self.dice.below(self.model.members.len().max(1));
        if member == self.model.members.len() {
            return vec![self.draw()];
        }
        (0..12)
            .map(|_| {
                let (title, price) = (self.draw_title(), self.draw_price());
                let (who, ask) =
                    self.by(member, Ask::Add { title, price, category: Category::Other, point: None });
                Request { who, key: None, ask }
            })
            .collect()
    }

    /// The moment it becomes: some time later, or exactly when something is due, or a microsecond beside that.
    fn draw_moment(&mut self) -> Moment {
        let now = self.model.now();
        if self.dice.in_hundred(35) {
            let mut moments: Vec<Moment> = Vec::new();
            for deal in &self.model.deals {
                moments.extend(deal.due_at);
                moments.extend(deal.is_open().then(|| deal.placed_at.plus(Span::minutes(30))));
            }
            for person in &self.model.members {
                moments.extend(person.strikes.last().map(|at| at.plus(Span::days(30))));
                moments.extend(person.wrong_codes.map(|(since, _)| since.plus(Span::minutes(15))));
            }
            if self.dice.in_hundred(5) {
                moments.extend(self.model.sessions.iter().map(|session| session.expires_at));
            }
            // What comes soon comes first, mostly.
            let far = if self.dice.in_hundred(4) { Span::days(40) } else { Span::days(2) };
            moments.retain(|&moment| now < moment && moment < now.plus(far));
            if let Some(moment) = self.dice.pick(&moments) {
                return Moment::from_micros(moment.micros() + self.dice.between(-1, 1)).max(now);
            }
        }
        now.plus(match self.dice.below(10) {
            0..3 => Span::seconds(self.dice.between(1, 120)),
            3..6 => Span::minutes(self.dice.between(1, 60)),
            6..9 => Span::hours(self.dice.between(1, 12)),
            _ if self.dice.in_hundred(95) => Span::hours(self.dice.between(12, 48)),
            _ => Span::days(self.dice.between(10, 40)),
        })
    }
}

// ---- the run ----

struct Simulation {
    seed: u64,
    step: u64,
    location: Location,
    env: Arc<ManualEnv>,
    market: Option<Market>,
    runtime: tokio::runtime::Runtime,
    model: Model,
    dice: Dice,
    /// What was asked under a key, to be asked again.
    keyed: Vec<Request>,
    tokens: u64,
    trail: VecDeque<String>,
    /// The codes of all refusals so far.
    refusals: BTreeSet<String>,
}

/// Plays a run, and tells which refusals and states of orders it met.
fn play(location: &Location, seed: u64, steps: u64) -> BTreeSet<String> {
    let mut simulation = Simulation::start(location, seed);
    for step in 1..=steps {
        simulation.step = step;
        simulation.advance_one_step();
        if step % LOOK_EVERY == 0 {
            simulation.compare_everything();
        }
    }
    simulation.compare_everything();
    simulation.note("closed for good");
    simulation.market = None;
    simulation.compare_the_books();
    let states = simulation.model.deals.iter().map(|deal| deal.state.name().to_owned());
    simulation.refusals.extend(states);
    simulation.refusals
}

impl Simulation {
    /// A market with two desks: the campus post office, and a small one with other hours.
    fn start(location: &Location, seed: u64) -> Self {
        // A Monday three weeks before the clocks change in Beirut.
        let start = "2026-03-09T07:00:00.000000Z";
        let start: Moment = serde_json::from_value(serde_json::json!(start)).unwrap();
        let mut simulation = Self {
            seed,
            step: 0,
            location: location.clone(),
            env: Arc::new(ManualEnv::new(start, seed)),
            market: None,
            runtime: tokio::runtime::Builder::new_current_thread().build().unwrap(),
            model: Model { now: Some(start), facts: 2, ..Model::default() },
            dice: Dice(ChaCha8Rng::seed_from_u64(seed)),
            keyed: Vec::new(),
            tokens: 0,
            trail: VecDeque::new(),
            refusals: BTreeSet::new(),
        };
        simulation.open();
        // Points are told apart by when they came.
        simulation.env.advance(Span::seconds(1));
        simulation.model.now = Some(simulation.env.now());
        let every_day = ["mon", "tue", "wed", "thu", "fri", "sat"];
        let opening = every_day.map(|day| (day.to_owned(), "10:00-24:00".to_owned())).into_iter().collect();
        let draft = PickupPointDraft::new("Library", "Jafet Library", "Asia/Beirut", &opening, 2).unwrap();
        let added = simulation.market().run_now(Caller::CONSOLE, Command::AddPickupPoint { draft });
        assert!(matches!(added, Ok(Reply::PickupPoint(_))), "{added:?}");
        let points = simulation.ask(Who::Console, |view| view.pickup_points()).unwrap();
        let (day, late) = (Some((8, 17)), Some((10, 24)));
        let weeks = [[day, day, day, day, day, None, None], [late, late, late, late, late, late, None]];
        for (desk, week) in points.into_iter().zip(weeks) {
            let (closures, attendants) = (BTreeSet::new(), BTreeSet::new());
            simulation.model.points.push(Point { kept: desk.point, week, closures, attendants });
        }
        simulation
    }

    fn open(&mut self) {
        let env = Arc::clone(&self.env);
        self.market = Some(Market::open(&Options::new(self.location.clone()), env).unwrap());
    }

    fn market(&self) -> &Market {
        self.market.as_ref().unwrap()
    }

    fn advance_one_step(&mut self) {
        match self.dice.below(100) {
            0..16 => self.pass_time(),
            16..26 => {
                let burst = self.draw_burst();
                self.ask_at_once(burst);
            }
            26 => {
                // What waits when the market closes is still answered.
                let burst = if self.dice.in_hundred(40) { self.draw_attic() } else { self.draw_burst() };
                let waiting = self.send(&burst);
                self.market().close();
                self.hear(burst, waiting);
                self.reopen();
                if self.dice.in_hundred(40) {
                    let burst = self.draw_attic();
                    self.ask_at_once(burst);
                }
            }
            27 if self.dice.in_hundred(25) => self.try_many_codes(),
            28 if self.dice.in_hundred(15) => self.close_for_long(),
            29 if self.dice.in_hundred(25) => self.chatter(),
            _ => {
                let request = self.draw();
                self.note(format!("{request:?}"));
                let answer = self.market().run_now(request.caller(), request.ask.command());
                self.compare_answer(&request, answer);
            }
        }
        self.learn_codes();
        let events = *self.market().log().borrow();
        self.same("the number of events", &events, &self.model.facts);
    }

    fn pass_time(&mut self) {
        let moment = self.draw_moment();
        self.env.advance(moment.since(self.model.now()));
        self.model.now = Some(self.env.now());
        // The timekeeper may be late.
        if self.dice.in_hundred(92) {
            self.note(format!("it is {moment}, and time does what is due"));
            let done = self.market().tick();
            let expected = self.model.tick();
            self.same("how many things were due", &done, &Ok(expected));
        } else {
            self.note(format!("it is {moment}"));
        }
    }

    /// Queues all before the first is waited for, so that they share commits.
    fn ask_at_once(&mut self, burst: Vec<Request>) {
        let waiting = self.send(&burst);
        self.hear(burst, waiting);
    }

    fn send(&self, burst: &[Request]) -> Vec<impl Future<Output = Answer> + use<>> {
        let run = |request: &Request| self.market().run(request.caller(), request.ask.command());
        burst.iter().map(run).collect()
    }

    fn hear(&mut self, burst: Vec<Request>, waiting: Vec<impl Future<Output = Answer>>) {
        for (place, (request, answer)) in burst.into_iter().zip(waiting).enumerate() {
            self.note(format!("at once, {place}: {request:?}"));
            let answer = self.runtime.block_on(answer);
            self.compare_answer(&request, answer);
        }
    }

    fn reopen(&mut self) {
        self.note("closed and opened again");
        let late = self.market().run_now(Caller::TIMEKEEPER, Command::Forget);
        self.same("the answer of a closed market", &late, &Err(No::Busy(Busy::Closing)));
        self.market = None;
        self.open();
    }

    /// An attendant who guesses.
    fn try_many_codes(&mut self) {
        let attendants: Vec<usize> =
            self.model.points.iter().flat_map(|point| point.attendants.iter().copied()).collect();
        let Some(attendant) = self.dice.pick(&attendants) else { return };
        let burst = (0..35).map(|_| {
            let code = self.draw_code();
            let (who, ask) = self.by(attendant, Ask::ShowCode { code });
            Request { who, key: None, ask }
        });
        let burst = burst.collect();
        self.ask_at_once(burst);
    }

    /// Somebody who does not stop talking.
    fn chatter(&mut self) {
        let Some(talk) = self.dice.pick(&self.model.talks.clone()) else { return };
        let speaker = talk.two[self.dice.below(2)];
        let burst = (0..70).map(|_| {
            let ask = self.draw_saying(talk.id);
            let (who, ask) = self.by(speaker, ask);
            Request { who, key: None, ask }
        });
        let burst = burst.collect();
        self.ask_at_once(burst);
    }

    /// A desk that stays closed for a summer, or for good.
    fn close_for_long(&mut self) {
        let point = self.dice.below(self.model.points.len());
        let mut day = self.draw_day(point);
        let mut burst = Vec::new();
        for _ in 0..self.dice.pick(&[20, 40, 95]).unwrap() {
            let ask = Ask::CloseDay { point: self.model.points[point].kept.id, day };
            burst.push(Request { who: Who::Console, key: None, ask });
            day = day.tomorrow().unwrap();
        }
        self.ask_at_once(burst);
    }

    /// Sellers look at what they sold, and so at the codes to drop it off with.
    fn learn_codes(&mut self) {
        for deal in 0..self.model.deals.len() {
            let Deal { id, seller, .. } = self.model.deals[deal];
            if self.model.deals[deal].drop_off_code.is_some() || !self.model.deals[deal].is_open() {
                continue;
            }
            let Some(who) = self.live_caller(seller) else { continue };
            let view = self.ask(who, move |view| view.order(id)).unwrap();
            self.model.deals[deal].drop_off_code = view.pickup.code.map(|code| code.as_str().to_owned());
        }
    }

    fn live_caller(&self, member: usize) -> Option<Who> {
        let mut sessions = self.model.sessions.iter().filter(|session| session.member == member);
        let live = sessions.find(|session| self.model.live_session(session.id).is_some())?;
        Some(Who::Member(live.id))
    }

    fn ask<T, F>(&self, who: Who, read: F) -> Result<T, No>
    where
        T: Send + 'static,
        F: FnOnce(&mut View<'_>) -> Result<T, No> + Send + 'static,
    {
        self.market().ask_now(Caller { who, key: None }, read)
    }

    // Comparing.

    fn compare_answer(&mut self, request: &Request, answer: Answer) {
        let expected = self.model.answer(request, &answer);
        self.same(&format!("the answer to {request:?}"), &answer, &expected);
        if let Err(No::Refused(refusal)) = answer {
            self.refusals.insert(refusal.code());
        }
    }

    fn compare_everything(&mut self) {
        self.note("everybody looks at everything");
        let category = self.dice.pick(Category::ALL).unwrap();
        let limit = self.dice.between(1, 100);
        let (visitor, model) = (Who::Visitor, &self.model);

        let newest =
            self.pages(visitor, move |view, after| view.browse(&Browse::default(), after, Some(limit)));
        self.same_rows("what is on sale", &newest, &model.on_sale(|_| true));
        let browse = Browse::shelf(Some(category));
        let shelf = self.pages(visitor, move |view, after| view.browse(&browse, after, Some(limit)));
        self.same_rows("a shelf", &shelf, &model.on_sale(|thing| thing.category == category));
        for text in ["nov", "blue lamp", "desk b", "brown desk 1"] {
            let browse = Browse::words(Search::parse(text).unwrap());
            let found = self.pages(visitor, move |view, after| view.browse(&browse, after, Some(limit)));
            self.same_rows(text, &found, &model.on_sale(|thing| has_words(&thing.title, text)));
        }
        self.compare_sorted(category, limit);
        for thing in 0..model.things.len() {
            let id = model.things[thing].id;
            let seen = self.ask(visitor, move |view| view.listing(id));
            let expected = if model.sees(None, thing) {
                Ok(model.listing_view(thing))
            } else {
                Err(No::Refused(missing("listing")))
            };
            self.same("a listing", &seen, &expected);
        }
        for member in 0..model.members.len() {
            self.compare_what_one_sees(member, limit);
        }

        let desks = self.ask(Who::Console, |view| view.pickup_points()).unwrap();
        self.same("the number of desks", &desks.len(), &model.points.len());
        for desk in desks {
            let point = model.points.iter().position(|point| point.kept.id == desk.point.id).unwrap();
            let today = model.day_of(point, model.now());
            let expected = &model.points[point];
            let ahead = expected.closures.iter().copied().filter(|&day| today <= day).collect();
            self.same("a desk", &desk.point, &expected.kept);
            self.same("its closures", &desk.closures, &ahead);
            let mut cards: Vec<MemberCard> =
                expected.attendants.iter().map(|&member| model.card(member)).collect();
            cards.sort_by_key(|card| card.username.clone());
            self.same("its attendants", &desk.attendants, &Some(cards));
        }
        self.same("verify", &verify(&self.location).unwrap().findings, &Vec::new());
    }

    /// What is on sale in the order of its prices, with each of the things that can be asked of it, and with all of them.
    fn compare_sorted(&self, category: Category, limit: i64) {
        let range = |least, most| Some(PriceRange { currency: Currency::Usd, least, most });
        for (words, shelf, condition, price) in [
            (None, None, None, range(None, None)),
            (None, Some(category), None, range(Some(500), None)),
            (None, None, Some(Condition::Good), range(None, Some(3_000))),
            (Some("desk b"), None, None, range(None, None)),
            (Some("blue lamp"), Some(category), Some(Condition::Good), range(Some(200), Some(3_000))),
        ] {
            let passes = |thing: &ListingView| {
                words.is_none_or(|words| has_words(&thing.title, words))
                    && shelf.is_none_or(|shelf| thing.category == shelf)
                    && condition.is_none_or(|condition| thing.condition == condition)
                    && price.is_none_or(|PriceRange { currency, least, most }| {
                        thing.price.currency == currency
                            && least.is_none_or(|least| thing.price.minor >= least)
                            && most.is_none_or(|most| thing.price.minor <= most)
                    })
            };
            let mut expected = self.model.on_sale(|_| true);
            expected.retain(passes);
            for sort in Sort::ALL.iter().copied() {
                let search = words.map(|words| Search::parse(words).unwrap());
                let browse = Browse { search, category: shelf, condition, price, sort };
                let what = format!("{browse:?}");
                let found =
                    self.pages(Who::Visitor, move |view, after| view.browse(&browse, after, Some(limit)));
                match sort {
                    Sort::Newest => {}
                    // The newest come first in the model: those of one price stay so, or are turned around.
                    Sort::Dearest => expected.sort_by_key(|thing| -thing.price.minor),
                    Sort::Cheapest => {
                        expected.reverse();
                        expected.sort_by_key(|thing| thing.price.minor);
                    }
                }
                self.same_rows(&what, &found, &expected);
                if sort == Sort::Cheapest {
                    expected = self.model.on_sale(|_| true);
                    expected.retain(passes);
                }
            }
        }
    }

    fn compare_what_one_sees(&self, member: usize, limit: i64) {
        let model = &self.model;
        let username = model.members[member].username.clone();
        let shown =
            self.pages(Who::Visitor, move |view, after| view.listings_of(&username, after, Some(limit)));
        let expected = model.listings(|thing| {
            model.things[thing].seller == member && model.listing_state(thing) != ListingState::Withdrawn
        });
        self.same_rows("a member's listings", &shown, &expected);

        let Some(who) = self.live_caller(member) else { return };
        let Who::Member(session) = who else { unreachable!("a member asks") };
        let account = self.ask(who, |view| view.account());
        self.same("an account", &account, &Ok(model.account(member)));
        let own = self.pages(who, move |view, after| view.own_listings(after, Some(limit)));
        self.same_rows("a member's own listings", &own, &model.own_listings(member));
        for side in [Side::Buyer, Side::Seller] {
            let orders = self.pages(who, move |view, after| view.orders(side, after, Some(limit)));
            self.same_rows("orders", &orders, &model.orders(member, side));
        }
        let talks = self.pages(who, move |view, after| view.conversations(after, Some(limit)));
        self.same_rows("conversations", &talks, &model.talks_of(member));
        for talk in model.talks.iter().filter(|talk| talk.side(member).is_some()) {
            let id = talk.id;
            let newest = self.ask(who, move |view| view.messages(id, (None, None), Some(limit))).unwrap();
            let start = talk.said.len().saturating_sub(usize::try_from(limit).unwrap());
            self.same_rows("the newest messages", &newest.rows, &talk.said[start..]);
            let oldest = self.ask(who, move |view| view.messages(id, (None, Some(0)), Some(limit))).unwrap();
            let end = talk.said.len().min(usize::try_from(limit).unwrap());
            self.same_rows("the oldest messages", &oldest.rows, &talk.said[..end]);
        }
        let sessions = self.ask(who, |view| view.sessions()).unwrap();
        self.same_rows("sessions", &sessions, &model.sessions(member, session));
    }

    /// What is on disk, looked at from outside: nothing to be found by `verify`, and every balance as the model has it.
    fn compare_the_books(&self) {
        let verdict = verify(&self.location).unwrap();
        self.same("what verify finds", &verdict.findings, &Vec::new());
        let count = |vector: usize| i64::try_from(vector).unwrap();
        let counted = [
            ("listings".to_owned(), count(self.model.things.len())),
            // Nobody here puts anything up.
            ("auctions".to_owned(), 0),
            ("messages".to_owned(), self.model.talks.iter().map(Talk::last).sum()),
            // Nobody here shows anything.
            ("pictures on listings".to_owned(), 0),
            ("events".to_owned(), self.model.facts),
            ("orders".to_owned(), count(self.model.deals.len())),
            ("entries".to_owned(), self.model.entries),
        ];
        self.same_rows("what verify counts", &verdict.checked, &counted);
        let books = self.model.books.iter();
        let books = books.map(|((account, currency), balance)| format!("{account}|{currency}|{balance}"));
        let mut balances = balances(&self.location);
        balances.sort_unstable();
        let mut expected: Vec<String> = books.collect();
        expected.sort_unstable();
        self.same_rows("the balances", &balances, &expected);
    }

    /// A list, page after page.
    fn pages<T, F>(&self, who: Who, page: F) -> Vec<T>
    where
        T: Send + 'static,
        F: Fn(&mut View<'_>, Option<&str>) -> Result<Page<T>, No> + Send + Sync + 'static,
    {
        let page = Arc::new(page);
        let (mut rows, mut after) = (Vec::new(), None::<String>);
        loop {
            let page = Arc::clone(&page);
            match self.ask(who, move |view| page(view, after.as_deref())) {
                Ok(mut found) => {
                    rows.append(&mut found.rows);
                    after = found.next;
                }
                Err(no) => self.fail(&format!("a page cannot be read: {no:?}")),
            }
            if after.is_none() {
                return rows;
            }
        }
    }

    fn same_rows<T: PartialEq + Debug>(&self, what: &str, market: &[T], model: &[T]) {
        for (place, (market, model)) in market.iter().zip(model).enumerate() {
            self.same(&format!("{what}, row {place}"), market, model);
        }
        self.same(&format!("{what}, how many"), &market.len(), &model.len());
    }

    fn same<T: PartialEq + Debug>(&self, what: &str, market: &T, model: &T) {
        if market != model {
            self.fail(&format!("{what}:\nthe market says {market:#?}\nthe model says {model:#?}"));
        }
    }

    fn fail(&self, what: &str) -> ! {
        let Self { seed, step, location, trail, .. } = self;
        let trail = trail.iter().map(String::as_str).collect::<Vec<_>>().join("\n  ");
        panic!(
            "{what}\n\nseed {seed}, step {step}, on {location:?}; the last steps were\n  {trail}\n\n\
             play it again: cargo xtask sim {seed} --steps {step}\n"
        );
    }

    fn note(&mut self, line: impl Into<String>) {
        let line = format!("{:>5}  {}", self.step, line.into());
        self.trail.push_back(line);
        while self.trail.len() > TRAIL {
            self.trail.pop_front();
        }
    }
}

/// Whether all these words stand in the title, the last one as the start of a word.
fn has_words(title: &str, words: &str) -> bool {
    let title: Vec<&str> = title.split(' ').collect();
    let (first, last) = words.rsplit_once(' ').unwrap_or(("", words));
    first.split(' ').filter(|word| !word.is_empty()).all(|word| title.contains(&word))
        && title.iter().any(|word| word.starts_with(last))
}

/// Every account as it stands in the database: name, currency, balance.
fn balances(location: &Location) -> Vec<String> {
    let sql = "SELECT name || '|' || currency || '|' || balance FROM accounts";
    match location {
        Location::Postgres(url) => postgres::sql(url, sql).lines().map(str::to_owned).collect(),
        Location::Sqlite(file) => {
            let database = rusqlite::Connection::open(file).unwrap();
            let mut rows = database.prepare(sql).unwrap();
            rows.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
        }
    }
}
