//! What datagrams ask for, and what is answered.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use auboutique_domain::auction::{AuctionDraft, AuctionView, Ends};
use auboutique_domain::bid::cash_unit;
use auboutique_domain::id::AuctionId;
use auboutique_domain::legacy::{IdentityChanges, IdentityDraft, LegacyName};
use auboutique_domain::listing::{Category, Condition, ListingDraft};
use auboutique_domain::money::{Currency, Money, Price};
use auboutique_domain::time::Span;
use auboutique_domain::{Command, Refusal, Reply};
use auboutique_market::{Caller, No, Password, Source};
use auboutique_wire::legacy::w004::{Answer, Ask, Pin, Request, Role};
use tokio::time::timeout;

use super::person::{Contact, Person};
use super::{LOTS, Lot, Ticket, WIRE, Wire};
use crate::legacy::shelf;

/// How long a bid's answer waits until it was told to those who subscribed.
const TOLD_WITHIN: Duration = Duration::from_secs(1);
/// What is said to who is nobody here.
const STRANGER: &str = "User not registered";
const TAKEN: &str = "User name is already taken";
const UNKNOWN: &str = "User not found";

/// A name as it is asked for when somebody registers.
struct Newcomer {
    name: String,
    contact: Contact,
    secret: Option<Password>,
}

/// Whole seconds until then; none once it is over.
pub(super) fn seconds(left: Span) -> i64 {
    left.micros().div_euclid(1_000_000).max(0)
}

/// A price as a multiple of what can be paid, no less.
fn payable_up(price: Money) -> Option<Money> {
    let unit = cash_unit(price.currency);
    Some(Money::new(price.minor.checked_add(unit - 1)?.div_euclid(unit) * unit, price.currency))
}

/// An amount as a multiple of what can be paid, no more, in the currency of the auction. Amounts on this wire stand for what the
/// auction is in: of pounds there are no cents.
fn payable_down(amount: Money, currency: Currency) -> Money {
    let minor = match currency {
        Currency::Usd => amount.minor,
        Currency::Lbp => amount.minor.div_euclid(100),
    };
    let unit = cash_unit(currency);
    Money::new(minor.div_euclid(unit) * unit, currency)
}

fn secret(pin: Option<Pin>) -> Option<Password> {
    pin.map(|pin| Password::typed(pin.reveal()))
}

impl Wire {
    /// Answers a datagram that could be read.
    pub(super) async fn answer(self: &Arc<Self>, from: SocketAddr, Request { number, ask }: Request) {
        let (mut behind, mut back) = (None, None);
        let answers = match ask {
            Ask::Register { name, role, udp_port, tcp_port, pin } => {
                let role = role.name().to_owned();
                let contact = Contact { role, ip: from.ip(), udp: udp_port, tcp: tcp_port, gone: false };
                let answer = self.register(from, Newcomer { name, contact, secret: secret(pin) }).await;
                // Who left may come back in this way, and so does who took the name on the pages.
                back = self.state().people.at(from).filter(|_| answer == Answer::Registered);
                vec![answer]
            }
            Ask::LogIn { name, tcp_port, pin } => {
                match self.log_in(from, &name, tcp_port, secret(pin)).await {
                    Ok(person) => {
                        let role = person.contact.role();
                        back = Some(person);
                        vec![Answer::LogInSuccess(role)]
                    }
                    Err(No::Refused(Refusal::NotFound { .. } | Refusal::WrongCredentials)) => {
                        vec![Answer::LogInFailed(UNKNOWN.to_owned())]
                    }
                    Err(no) => vec![Answer::LogInFailed(no.to_string())],
                }
            }
            Ask::DeRegister { name } => {
                self.de_register(from, &name).await;
                Vec::new()
            }
            Ask::List { item, description, price, minutes, seller } => {
                vec![match self.who(from, seller.as_deref()).await {
                    Some(person) => self.list(&person, &item, &description, price, minutes).await,
                    None => Answer::ListDenied(STRANGER.to_owned()),
                }]
            }
            Ask::Subscribe { item, client } => match self.who(from, client.as_deref()).await {
                Some(person) => self.subscribe(&person, item).await,
                None => vec![Answer::SubscriptionDenied(STRANGER.to_owned())],
            },
            Ask::DeSubscribe { item, client } => {
                if let Some(person) = self.who(from, client.as_deref()).await {
                    self.de_subscribe(&person, item).await;
                }
                Vec::new()
            }
            Ask::Bid { item, amount } => {
                let person = self.state().people.at(from);
                vec![match person {
                    Some(person) => match self.bid(&person, item, amount, &number).await {
                        Ok(outbid) => {
                            behind = outbid;
                            Answer::BidAccepted
                        }
                        Err(why) => Answer::BidRejected(why),
                    },
                    None => Answer::BidRejected("User_not_registered".to_owned()),
                }]
            }
            Ask::Accept { item, price } => {
                self.negotiate(from, item, Some(price)).await;
                Vec::new()
            }
            Ask::Refuse { item } => {
                self.negotiate(from, item, None).await;
                Vec::new()
            }
        };
        for answer in answers {
            self.post.reply(from, &answer.encode(&number)).await;
        }
        if let Some(bytes) = behind {
            self.post.send(from, &bytes).await;
        }
        if let Some(person) = back {
            self.close_again(&person).await;
        }
    }

    // ---- people ----

    /// Registers somebody. The same registration again has the same effect and the same answer: clients lose answers.
    async fn register(&self, from: SocketAddr, newcomer: Newcomer) -> Answer {
        let denied = |why: &str| Answer::RegisterDenied(why.to_owned());
        match self.try_register(from, newcomer).await {
            Ok(()) => Answer::Registered,
            Err(No::Refused(Refusal::UsernameTaken | Refusal::WrongCredentials)) => denied(TAKEN),
            Err(no) => denied(&no.to_string()),
        }
    }

    async fn try_register(&self, from: SocketAddr, newcomer: Newcomer) -> Result<(), No> {
        let Newcomer { name, contact, secret } = newcomer;
        let market = &self.legacy.market;
        let source = Source::address(from.ip());
        let asked = name.clone();
        let known = market.ask(Caller::VISITOR, move |view| view.identity(WIRE, &asked)).await?;
        match known.as_ref().map(Contact::of) {
            None => {
                let draft = IdentityDraft {
                    name: LegacyName::parse(&name)?,
                    shown: name.clone(),
                    email: None,
                    contact: Some(contact.text()),
                    source: String::new(),
                };
                market.join_over(WIRE, draft, secret.as_ref(), &source).await?;
            }
            // Who left comes back, who is here says it again, and a PIN is looked at. Nobody else gets the name. Who took it
            // on the pages has a PIN and has never said where they are.
            Some(Some(before)) if before.gone || before == contact => {}
            Some(_) if secret.is_some() => {}
            Some(_) => return Err(Refusal::UsernameTaken.into()),
        }
        let (session, identity) = market.log_in_over(WIRE, &name, secret.as_ref(), &source).await?;
        let changes = IdentityChanges { contact: Some(contact.text()), ..IdentityChanges::default() };
        let identity = if Contact::of(&identity).as_ref() == Some(&contact) {
            identity
        } else {
            let caller = Caller::member(session);
            market.change_identity(caller, WIRE, changes, None, &source).await?
        };
        self.is_here(from, &identity, session).await;
        Ok(())
    }

    async fn is_here(
        &self,
        from: SocketAddr,
        identity: &auboutique_domain::legacy::Identity,
        session: auboutique_domain::id::SessionId,
    ) -> Option<Person> {
        let (person, before) = {
            let mut state = self.state();
            let person = state.people.meet(identity);
            let before = state.people.have_session(identity.member, session);
            state.people.sign_in(from, identity.member);
            (person, before)
        };
        self.end_session(before).await;
        person.map(|person| Person { session: Some(session), ..person })
    }

    /// Somebody is back: what they are told goes where this came from.
    async fn log_in(
        &self,
        from: SocketAddr,
        name: &str,
        tcp: Option<u16>,
        secret: Option<Password>,
    ) -> Result<Person, No> {
        let market = &self.legacy.market;
        let source = Source::address(from.ip());
        let here = self.state().people.at(from).filter(|person| person.name == name && secret.is_none());
        let is_there = |person: &Person| {
            person.contact.datagrams() == from && tcp.is_none_or(|tcp| tcp == person.contact.tcp)
        };
        if let Some(person) = here.filter(is_there) {
            return Ok(person);
        }
        let (session, identity) = market.log_in_over(WIRE, name, secret.as_ref(), &source).await?;
        let before = Contact::of(&identity);
        if before.as_ref().is_some_and(|before| before.gone) {
            self.end_session(Some(session)).await;
            return Err(Refusal::not_found("member").into());
        }
        let contact = Contact {
            role: before.as_ref().map_or_else(|| Role::Buyer.name().to_owned(), |before| before.role.clone()),
            ip: from.ip(),
            udp: from.port(),
            tcp: tcp.or(before.as_ref().map(|before| before.tcp)).unwrap_or_default(),
            gone: false,
        };
        let identity = if before.as_ref() == Some(&contact) {
            identity
        } else {
            let changes = IdentityChanges { contact: Some(contact.text()), ..IdentityChanges::default() };
            market.change_identity(Caller::member(session), WIRE, changes, None, &source).await?
        };
        let person = self.is_here(from, &identity, session).await;
        person.ok_or_else(|| Refusal::not_found("member").into())
    }

    /// Whom a datagram is from: who signed in from there, or who says so and may from there.
    async fn who(&self, from: SocketAddr, claimed: Option<&str>) -> Option<Person> {
        let known = self.state().people.at(from);
        match (known, claimed) {
            (Some(person), _) => Some(person),
            (None, Some(name)) => self.log_in(from, name, None, None).await.ok(),
            (None, None) => None,
        }
    }

    /// Somebody leaves. Only they can: it is asked from where they are, or where they took the name.
    async fn de_register(&self, from: SocketAddr, name: &str) {
        let known = self.state().people.at(from).filter(|person| person.name.eq_ignore_ascii_case(name));
        let person = match known {
            Some(person) => person,
            None => match self.log_in(from, name, None, None).await {
                Ok(person) => person,
                Err(_) => return,
            },
        };
        let watched: Vec<AuctionId> = {
            let mut state = self.state();
            let lots = state.lots.iter_mut();
            lots.filter_map(|(id, lot)| lot.subscribers.remove(&person.member).then_some(*id)).collect()
        };
        for auction in watched {
            drop(self.act(&person, Command::UnwatchAuction { auction }).await);
        }
        let contact = Contact { gone: true, ..person.contact.clone() };
        let changes = IdentityChanges { contact: Some(contact.text()), ..IdentityChanges::default() };
        if let Err(no) =
            self.act(&person, Command::ChangeIdentity { wire: WIRE, changes, secret: None }).await
        {
            tracing::warn!(%no, "somebody who left is still here");
        }
        let session = self.state().people.sign_out(person.member);
        self.end_session(session).await;
    }

    // ---- auctions ----

    async fn list(
        &self,
        person: &Person,
        item: &str,
        description: &str,
        price: Money,
        minutes: i64,
    ) -> Answer {
        let put_up = || {
            let price = payable_up(price).ok_or(Refusal::PriceUnreadable)?;
            let span = minutes.checked_mul(Span::minutes(1).micros()).map(Span::from_micros);
            let draft = AuctionDraft::new(
                price,
                None,
                None,
                None,
                Ends::After(span.ok_or(Refusal::DurationInvalid)?),
            )?;
            let title = item.replace('_', " ");
            let price = Price::new(price.minor, price.currency)?;
            let (title, description) = (shelf::title(&title), description.replace('_', " "));
            // The wire says nothing of either.
            let (category, condition) = (Category::Other, Condition::Good);
            let lot = ListingDraft::new(&title, &description, price, category, condition, None)?;
            Ok(Command::PutUpNamed { name: item.to_owned(), lot, draft })
        };
        let listed = match put_up() {
            Ok(command) => self.act(person, command).await.map(drop),
            Err(refusal) => Err(No::Refused(refusal)),
        };
        match listed {
            Ok(()) => Answer::ItemListed,
            Err(No::Refused(Refusal::LotNameTaken)) => {
                Answer::ListDenied("item name already exists".to_owned())
            }
            Err(no) => Answer::ListDenied(no.to_string()),
        }
    }

    async fn find(&self, item: String) -> Result<Option<AuctionId>, No> {
        if let Some(auction) = self.state().names.get(&item) {
            return Ok(Some(*auction));
        }
        let (name, log) = (item.clone(), self.legacy.market.log());
        let head = *log.borrow();
        let found = self.legacy.market.ask(Caller::VISITOR, move |view| view.auction_named(&name)).await?;
        // Another may have been put up meanwhile.
        if let Some(auction) = found.filter(|_| *log.borrow() == head) {
            let mut state = self.state();
            if state.names.len() >= LOTS {
                state.names.clear();
            }
            state.names.insert(item, auction);
        }
        Ok(found)
    }

    /// Looks an auction up, unless it is known.
    pub(super) async fn know(&self, auction: AuctionId) -> Result<(), No> {
        if self.state().lots.contains_key(&auction) {
            return Ok(());
        }
        let room = self.legacy.market.room(WIRE, auction).await?;
        let mut state = self.state();
        let mut subscribers = HashSet::new();
        for identity in &room.watchers {
            if state.people.meet(identity).is_some() {
                subscribers.insert(identity.member);
            }
        }
        if state.lots.len() >= LOTS {
            state.lots.clear();
        }
        let (name, currency, starting_price) = (room.name, room.currency, room.starting_price);
        let lot = Lot { name, currency, starting_price, subscribers, bidders: HashMap::new() };
        state.lots.entry(auction).or_insert(lot);
        Ok(())
    }

    async fn subscribe(&self, person: &Person, item: String) -> Vec<Answer> {
        match self.try_subscribe(person, &item).await {
            Ok(Some(view)) => {
                let mut description = view.lot.description.clone();
                if description.trim().is_empty() {
                    description.clone_from(&view.lot.title);
                }
                if view.price.currency == Currency::Lbp {
                    description.push_str(" (LBP)");
                }
                let seconds = view.closed_at.map_or_else(|| seconds(view.ends_at.since(view.now)), |_| 0);
                let price = view.price;
                vec![Answer::AuctionAnnounce { item, description, price, seconds }, Answer::Subscribed]
            }
            Ok(None) => vec![Answer::SubscriptionDenied("item does not exist".to_owned())],
            Err(no) => vec![Answer::SubscriptionDenied(no.to_string())],
        }
    }

    async fn try_subscribe(&self, person: &Person, item: &str) -> Result<Option<AuctionView>, No> {
        let Some(auction) = self.find(item.to_owned()).await? else { return Ok(None) };
        let reply = self.act(person, Command::WatchAuction { auction }).await?;
        self.know(auction).await?;
        if let Some(lot) = self.state().lots.get_mut(&auction) {
            lot.subscribers.insert(person.member);
        }
        match reply {
            Reply::Auction(view) => Ok(Some(*view)),
            _ => Ok(None),
        }
    }

    async fn de_subscribe(&self, person: &Person, item: String) {
        let Ok(Some(auction)) = self.find(item).await else { return };
        if let Some(lot) = self.state().lots.get_mut(&auction) {
            lot.subscribers.remove(&person.member);
        }
        if let Err(no) = self.act(person, Command::UnwatchAuction { auction }).await {
            tracing::debug!(%no, "somebody still watches an auction");
        }
    }

    /// Bids. What the bidder is told behind the answer comes back; or why the bid is none.
    async fn bid(
        &self,
        person: &Person,
        item: String,
        amount: Money,
        number: &str,
    ) -> Result<Option<Vec<u8>>, String> {
        let rejected = |no: No| match no {
            No::Refused(Refusal::NotFound { .. }) => "Item_not_found".to_owned(),
            No::Refused(Refusal::AuctionOver) => "Auction_ended".to_owned(),
            No::Refused(Refusal::BidTooLow { .. }) => "Bid_too_low".to_owned(),
            No::Refused(
                Refusal::BidTooHigh { .. } | Refusal::NotCashUnit { .. } | Refusal::PriceOutOfRange { .. },
            ) => "Invalid_bid_amount".to_owned(),
            no => no.to_string(),
        };
        let found = self.find(item).await.map_err(rejected)?;
        let auction = found.ok_or_else(|| "Item_not_found".to_owned())?;
        self.know(auction).await.map_err(rejected)?;
        let (currency, start) = match self.state().lots.get(&auction) {
            Some(lot) => (lot.currency, lot.starting_price),
            None => return Err("Auction_ended".to_owned()),
        };
        let maximum = payable_down(amount, currency);
        // Who bids first says more than what bidding starts at, here; elsewhere as much is enough.
        if start.is_some_and(|start| maximum.minor <= start.minor) {
            return Err("Bid_too_low".to_owned());
        }
        if maximum.minor <= 0 {
            return Err("Invalid_bid_amount".to_owned());
        }
        let ticket = self.ticket();
        let view = match self.act(person, Command::PlaceBid { auction, maximum }).await {
            Ok(Reply::Bid(view)) => view,
            Ok(_) => return Ok(None),
            Err(no) => return Err(rejected(no)),
        };
        let line = (auction, view.number);
        let others_subscribed = {
            let mut state = self.state();
            let others = state.lots.get_mut(&auction).is_some_and(|lot| {
                lot.bidders.insert(view.you.bidder, (person.member, person.name.clone()));
                lot.subscribers.iter().any(|member| *member != person.member)
            });
            if others {
                state.own_bids.insert(line, number.to_owned());
            }
            others
        };
        drop(ticket);
        // Those who subscribed are told first. Where nobody has, there is nothing to wait for.
        if others_subscribed {
            let head = *self.legacy.market.log().borrow();
            let mut told = self.told.subscribe();
            drop(timeout(TOLD_WITHIN, told.wait_for(|told| *told >= head)).await);
            self.state().own_bids.remove(&line);
        }
        if view.you.leads {
            return Ok(None);
        }
        // The bid counts whether or not it can be said who leads.
        Ok(self.who_leads(auction, number).await.unwrap_or_default())
    }

    fn ticket(&self) -> Ticket<'_> {
        let mut state = self.state();
        state.last_ticket += 1;
        let number = state.last_ticket;
        state.under_way.insert(number);
        drop(state);
        Ticket(self, number)
    }

    /// A seller who was asked to lower the price answers. Only they can, and nobody is told why not: the wire has no words for it.
    async fn negotiate(&self, from: SocketAddr, item: String, price: Option<Money>) {
        let Some(person) = self.state().people.at(from) else { return };
        let Ok(Some(auction)) = self.find(item).await else { return };
        let command = match price.map(payable_up) {
            Some(Some(price)) => Command::LowerPrice { auction, price },
            Some(None) => return,
            None => Command::KeepPrice { auction },
        };
        if let Err(no) = self.act(&person, command).await {
            tracing::debug!(%no, "a seller's answer came to nothing");
        }
    }
}
