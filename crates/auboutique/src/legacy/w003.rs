//! System 003: pickles over TCP, from those who buy and from stores.
//!
//! One connection may be signed in as one of each. The shipped program opens a connection for every request; how a session
//! reaches its next one is told in [`login`].

mod login;
mod merchant;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use auboutique_domain::id::{ListingId, SessionId};
use auboutique_domain::legacy::{IdentityChanges, IdentityDraft, LegacyName, LegacyWire};
use auboutique_domain::listing::ListingView;
use auboutique_domain::member::{Email, Secret};
use auboutique_domain::money::sums;
use auboutique_domain::{Command, Currency, Money, Refusal};
use auboutique_market::{Caller, Market, No, Password, Source, View};
use auboutique_wire::legacy::pickle::Reader;
use auboutique_wire::legacy::w003::{Answer, Extra, ItemRow, MerchantRow, ProductRow, Reply, Request, Verb};
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use self::login::{Logins, Role};
use super::connection::{CONNECTIONS, IDLE, OF_EACH, TYPING, ask_whether_there};
use super::pace::Paced;
use super::{Legacy, shelf};
use crate::tcp;

/// How many bytes are read at once.
const PIECE: usize = 4_096;
/// How long the rest of a request may be on its way.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many rows of a table are looked for: more have no room in a reply.
const MOST_ROWS: i64 = 128;

/// Serves the wire until the market closes.
pub(super) async fn serve(listener: TcpListener, legacy: Legacy, closing: watch::Receiver<bool>) {
    if let Err(no) = legacy.market.open_house_store().await {
        tracing::warn!(%no, "the store of the house could not be opened: no store can be invited over system 003");
    }
    let logins = Arc::new(Logins::new(legacy.options.sticky));
    let connections = AtomicU64::new(0);
    let (gap, closed) = (legacy.options.gap, closing.clone());
    let welcome = move |stream, peer: SocketAddr| {
        let person = Person {
            market: legacy.market.clone(),
            logins: Arc::clone(&logins),
            source: Source::address(peer.ip()),
            peer,
            connection: connections.fetch_add(1, Ordering::Relaxed),
            asked: 0,
        };
        person.converse(stream, gap, closed.clone())
    };
    tcp::accept_of_each(listener, "003", (CONNECTIONS, OF_EACH), closing, welcome).await;
}

/// What comes of a request: what is said, and what stands beside it.
type Said = Result<(Answer, Option<Extra>), No>;

/// Says something with nothing beside it.
#[expect(clippy::unnecessary_wraps, reason = "it is what every answer is")]
const fn say(answer: Answer) -> Said {
    Ok((answer, None))
}

/// Whoever is at the other end of a connection.
struct Person {
    market: Market,
    logins: Arc<Logins>,
    source: Source,
    peer: SocketAddr,
    connection: u64,
    /// How often they asked for something.
    asked: u64,
}

impl Person {
    async fn converse(mut self, stream: TcpStream, gap: Duration, mut closing: watch::Receiver<bool>) {
        ask_whether_there(&stream);
        let (mut input, output) = stream.into_split();
        let mut output = Paced::new(output, gap);
        let (mut reader, mut piece) = (Reader::default(), vec![0; PIECE]);
        loop {
            match reader.next_pickle() {
                Ok(Some(value)) => {
                    let Request { id, verb } = Request::decode(&value);
                    if verb == Verb::Disconnect {
                        break;
                    }
                    self.asked += 1;
                    self.logins.asked(self.connection, self.asked);
                    let (answer, extra) = match self.answer(verb).await {
                        Ok(said) => said,
                        Err(no) => (in_words(no), None),
                    };
                    if output.reply(&Reply { id, answer, extra }.encode()).await.is_err() {
                        break;
                    }
                    continue;
                }
                Ok(None) => {}
                Err(refused) => {
                    // Where the next one would begin is not known, and who asked is neither.
                    tracing::debug!(%refused, peer = %self.peer, "a pickle was refused");
                    break;
                }
            }
            let patience = match reader.is_within() {
                true => PATIENCE,
                false if self.is_signed_in() => IDLE,
                false => TYPING,
            };
            let read = tokio::select! {
                read = tokio::time::timeout(patience, input.read(&mut piece)) => read,
                _ = closing.wait_for(|closing| *closing) => break,
            };
            let Ok(Ok(bytes @ 1..)) = read else { break };
            output.heard();
            reader.feed(piece.get(..bytes).unwrap_or_default());
        }
        let ended = self.logins.closed(self.connection);
        self.end(ended).await;
    }

    /// Whether somebody is signed in on this very connection.
    fn is_signed_in(&self) -> bool {
        [Role::Client, Role::Merchant]
            .into_iter()
            .any(|role| self.logins.own(role, self.connection).is_some())
    }

    /// Ends sessions that nobody has any more.
    async fn end(&self, sessions: Vec<SessionId>) {
        for session in sessions {
            // It may have ended by itself.
            let ended = self.market.run(Caller::member(session), Command::EndSession { session }).await;
            if let Err(no) = ended {
                tracing::debug!(%no, "a session was over already");
            }
        }
    }

    /// As whom they ask in a role: by this connection's own log-in, or by what stands for it.
    async fn caller(&self, role: Role) -> Result<Caller, Refusal> {
        let (found, ended) =
            self.logins.find(role, self.connection, self.peer.ip(), self.asked, || self.market.now()).await;
        self.end(ended).await;
        found.map(Caller::member).ok_or(Refusal::SignInNeeded)
    }

    async fn answer(&self, verb: Verb) -> Said {
        match verb {
            Verb::ClientCreate { username, email, password } => {
                self.create(&username, &email, &password).await
            }
            Verb::ClientLogIn { login, password } => self.log_in(Role::Client, &login, &password).await,
            Verb::ClientLogOut => self.log_out(Role::Client).await,
            Verb::SetClientUsername(name) => self.set_username(&name).await,
            Verb::SetClientEmail(email) => {
                let caller = self.caller(Role::Client).await?;
                let changes = IdentityChanges { email: Some(email), ..IdentityChanges::default() };
                let wire = LegacyWire::Client003;
                self.market.change_identity(caller, wire, changes, None, &self.source).await?;
                say(Answer::EmailSet)
            }
            Verb::SetClientPassword { new, old } => self.set_password(Role::Client, &new, &old).await,
            Verb::ClientAddItem { product, quantity } => self.add_item(product, quantity).await,
            Verb::ClientRemoveItem { product } => self.remove_item(product).await,
            Verb::ClientGetItems => self.items().await,
            Verb::ClientGetPrice => self.price().await,
            Verb::ClientCheckOut => self.check_out().await,
            Verb::ListMerchant => self.list_merchants().await,
            Verb::ListProduct { storename } => self.list_products(storename).await,
            Verb::MerchantCreateInvitation => {
                let code = self.market.invite_over(self.caller(Role::Merchant).await?).await?;
                Ok((Answer::InvitationMade, Some(Extra::Text(code))))
            }
            Verb::MerchantCreate { storename, description, email, password, inviter, code } => {
                let texts = [&storename, &description, &email, &inviter].map(String::as_str);
                self.open_store(texts, &password, &code).await
            }
            Verb::MerchantLogIn { login, password } => self.log_in(Role::Merchant, &login, &password).await,
            Verb::MerchantLogOut => self.log_out(Role::Merchant).await,
            Verb::SetMerchantStorename(name) => self.set_storename(&name).await,
            Verb::SetMerchantEmail(email) => {
                let caller = self.caller(Role::Merchant).await?;
                self.market.change_store_email_over(caller, &email).await?;
                say(Answer::EmailSet)
            }
            Verb::SetMerchantDescription(description) => self.set_description(&description).await,
            Verb::SetMerchantPassword { new, old } => self.set_password(Role::Merchant, &new, &old).await,
            Verb::MerchantAddProduct { name, price, description } => {
                self.add_product(&name, &price, &description).await
            }
            Verb::MerchantDelProduct { product } => self.delete_product(product).await,
            Verb::MerchantRestockProduct { product, quantity } => self.restock(product, quantity).await,
            Verb::MerchantGetProfit => self.profit().await,
            Verb::Disconnect | Verb::Undefined => say(Answer::Undefined),
        }
    }

    // ---- those who buy ----

    async fn create(&self, username: &str, email: &str, password: &Secret) -> Said {
        // What cannot be an address is kept all the same: nobody writes to it.
        let (email, contact) = match Email::parse(email) {
            Ok(_) => (Some(email.to_owned()), None),
            Err(_) => (None, Some(email.to_owned())),
        };
        let name = LegacyName::parse(username)?;
        let source = self.source.name().to_owned();
        let draft = IdentityDraft { shown: name.as_str().to_owned(), name, email, contact, source };
        let password = Password::typed(password.reveal());
        let wire = LegacyWire::Client003;
        match self.market.join_over(wire, draft, Some(&password), &self.source).await {
            Ok(_) => say(Answer::ClientCreated),
            Err(No::Refused(Refusal::UsernameTaken)) => say(Answer::UsernameOccupied),
            Err(no) => Err(no),
        }
    }

    async fn log_in(&self, role: Role, login: &str, password: &Secret) -> Said {
        let wire = role.wire();
        let (before, wrong, done) = match role {
            Role::Client => {
                (Answer::ClientLoggedInBefore, Answer::ClientPasswordWrong, Answer::ClientLoggedIn)
            }
            Role::Merchant => {
                (Answer::MerchantLoggedInBefore, Answer::MerchantPasswordWrong, Answer::MerchantLoggedIn)
            }
        };
        if self.logins.own(role, self.connection).is_some() {
            return say(before);
        }
        let typed = login.to_owned();
        let find = move |view: &mut View<'_>| {
            let found = match view.identity(wire, &typed)? {
                None => view.identity_by_email(wire, &typed)?,
                found => found,
            };
            Ok(found.map(|identity| identity.name))
        };
        let Some(name) = self.market.ask(Caller::VISITOR, find).await? else {
            return say(Answer::NotLoggedIn);
        };
        let password = Password::typed(password.reveal());
        match self.market.log_in_over(wire, name.as_str(), Some(&password), &self.source).await {
            Ok((session, identity)) => {
                let who = (self.connection, self.peer.ip(), self.asked);
                let ended = self.logins.begin(role, identity.member, session, who, self.market.now());
                self.end(ended).await;
                say(done)
            }
            Err(No::Refused(Refusal::WrongCredentials)) => say(wrong),
            Err(No::Refused(Refusal::NotFound { .. })) => say(Answer::NotLoggedIn),
            Err(no) => Err(no),
        }
    }

    async fn log_out(&self, role: Role) -> Said {
        self.caller(role).await?;
        let ended = self.logins.take(role, self.connection, self.peer.ip());
        if ended.is_empty() {
            return say(Answer::NotLoggedIn);
        }
        self.end(ended).await;
        say(Answer::LoggedOut)
    }

    async fn set_username(&self, name: &str) -> Said {
        let caller = self.caller(Role::Client).await?;
        let changes = IdentityChanges { name: Some(LegacyName::parse(name)?), ..IdentityChanges::default() };
        let wire = LegacyWire::Client003;
        match self.market.change_identity(caller, wire, changes, None, &self.source).await {
            Ok(_) => say(Answer::UsernameSet),
            Err(No::Refused(Refusal::UsernameTaken)) => say(Answer::UsernameOccupied),
            Err(no) => Err(no),
        }
    }

    async fn set_password(&self, role: Role, new: &Secret, old: &Secret) -> Said {
        let caller = self.caller(role).await?;
        let (old, new) = (Password::typed(old.reveal()), Password::typed(new.reveal()));
        let changes = IdentityChanges::default();
        let changed =
            self.market.change_identity(caller, role.wire(), changes, Some((&old, &new)), &self.source).await;
        match (changed, role) {
            (Ok(_), _) => say(Answer::PasswordSet),
            (Err(No::Refused(Refusal::WrongCredentials)), Role::Client) => say(Answer::ClientPasswordWrong),
            (Err(No::Refused(Refusal::WrongCredentials)), Role::Merchant) => {
                say(Answer::MerchantPasswordWrong)
            }
            (Err(no), _) => Err(no),
        }
    }

    /// The listing of that number, if everybody may see it.
    async fn offered(&self, product: Option<i64>) -> Result<Option<ListingId>, No> {
        let Some(number) = product else { return Ok(None) };
        let find = move |view: &mut View<'_>| {
            let Some(listing) = view.listing_by_number(number)? else { return Ok(None) };
            Ok(view.is_offered(listing)?.then_some(listing))
        };
        self.market.ask(Caller::VISITOR, find).await
    }

    /// Whether somebody is logged in is asked last here.
    async fn add_item(&self, product: Option<i64>, quantity: Option<i64>) -> Said {
        let Some(copies @ 1..) = quantity else { return say(Answer::QuantityNotPositive) };
        let Some(listing) = self.offered(product).await? else { return say(Answer::ProductNotFound) };
        let caller = self.caller(Role::Client).await?;
        match self.market.run(caller, Command::GatherInCart { listing, copies }).await {
            Ok(_) => say(Answer::ItemAdded),
            Err(No::Refused(Refusal::NotFound { .. })) => say(Answer::ProductNotFound),
            Err(no) => Err(no),
        }
    }

    async fn remove_item(&self, product: Option<i64>) -> Said {
        let number = product.unwrap_or_default();
        let find = move |view: &mut View<'_>| view.listing_by_number(number);
        let Some(listing) = self.market.ask(Caller::VISITOR, find).await? else {
            return say(Answer::ItemNotInCart);
        };
        let caller = self.caller(Role::Client).await?;
        match self.market.run(caller, Command::RemoveFromCart { listing }).await {
            Ok(_) => say(Answer::ItemRemoved),
            Err(No::Refused(Refusal::NotFound { .. })) => say(Answer::ItemNotInCart),
            Err(no) => Err(no),
        }
    }

    /// What is in the cart, with the prices of now. Whoever is shown them has seen them: the checkout asks for no others.
    async fn cart(&self) -> Result<(Caller, Vec<(ItemRow, Line)>), No> {
        let caller = self.caller(Role::Client).await?;
        let read = |view: &mut View<'_>| {
            let mut lines = Vec::new();
            for line in view.cart()?.lines {
                let storename = match &line.listing.store {
                    Some(store) => store.name.clone(),
                    None => view.name_over(LegacyWire::Client003, &line.listing.seller)?,
                };
                let row = ItemRow {
                    storename,
                    product: view.listing_number(line.listing.listing)?,
                    name: called(&line.listing),
                    price: line.listing.price,
                    quantity: line.quantity,
                };
                let seen = line.seen == line.listing.price;
                lines.push((row, Line { listing: line.listing.listing, total: line.total, seen }));
            }
            Ok(lines)
        };
        let lines = self.market.ask(caller.clone(), read).await?;
        Ok((caller, lines))
    }

    async fn shown_cart(&self) -> Result<Vec<(ItemRow, Line)>, No> {
        let (caller, lines) = self.cart().await?;
        for (_, line) in lines.iter().filter(|(_, line)| !line.seen) {
            let command = Command::GatherInCart { listing: line.listing, copies: 0 };
            match self.market.run(caller.clone(), command).await {
                // What was taken away meanwhile is told at the checkout.
                Ok(_) | Err(No::Refused(Refusal::NotFound { .. })) => {}
                Err(no) => return Err(no),
            }
        }
        Ok(lines)
    }

    async fn items(&self) -> Said {
        let rows = self.shown_cart().await?.into_iter().map(|(row, _)| row).collect();
        Ok((Answer::Items, Some(Extra::Items(rows))))
    }

    /// The wire has one number for it: of a cart in two currencies it is that of the dollars.
    async fn price(&self) -> Said {
        let totals = self.shown_cart().await?.into_iter().map(|(_, line)| line.total);
        let totals = sums(totals).ok_or(Refusal::TotalOutOfRange)?;
        let total = totals.first().map_or(Extra::Int(0), |total| Extra::Amount(*total));
        Ok((Answer::CartPrice, Some(total)))
    }

    /// Line by line, as the older server did it: what was bought before the first that cannot be had stays bought.
    async fn check_out(&self) -> Said {
        let (caller, lines) = self.cart().await?;
        for (row, line) in lines {
            let bought = self.market.run(caller.clone(), Command::BuyLine { listing: line.listing }).await;
            match bought {
                Ok(_) => {}
                Err(No::Refused(refusal)) if is_shortage(&refusal) => {
                    return say(Answer::Shortage { product: row.name, merchant: row.storename });
                }
                Err(no) => return Err(no),
            }
        }
        say(Answer::CheckedOut)
    }

    // ---- everybody ----

    async fn list_merchants(&self) -> Said {
        let stores = self.market.ask(Caller::VISITOR, |view| view.newest_stores(MOST_ROWS)).await?;
        let row = |store: auboutique_domain::store::StoreView| MerchantRow {
            storename: store.name,
            description: store.description,
            email: store.email.as_str().to_owned(),
        };
        Ok((Answer::Merchants, Some(Extra::Merchants(stores.into_iter().map(row).collect()))))
    }

    async fn list_products(&self, storename: String) -> Said {
        let read = move |view: &mut View<'_>| {
            let (store, listings) = view.newest_products(&storename, MOST_ROWS)?;
            let mut rows = Vec::new();
            for listing in listings {
                rows.push(ProductRow {
                    product: view.listing_number(listing.listing)?,
                    storename: store.name.clone(),
                    name: called(&listing),
                    description: listing.description,
                    price: listing.price,
                    stock: listing.available,
                });
            }
            Ok(rows)
        };
        match self.market.ask(Caller::VISITOR, read).await {
            Ok(rows) => Ok((Answer::Products, Some(Extra::Products(rows)))),
            Err(No::Refused(Refusal::NotFound { .. })) => say(Answer::StoreNotFound),
            Err(no) => Err(no),
        }
    }
}

/// A line of a cart, as far as its row does not say it.
struct Line {
    listing: ListingId,
    total: Money,
    /// Whether its price is the one its buyer saw.
    seen: bool,
}

/// What a listing is called on this wire.
fn called(listing: &ListingView) -> String {
    let title = shelf::called(&listing.title);
    match listing.variant.as_str() {
        "" => title.to_owned(),
        variant => format!("{title} ({variant})"),
    }
}

/// Whether something cannot be had, or not so much of it.
const fn is_shortage(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::StockShort { .. }
            | Refusal::ListingSold
            | Refusal::ListingWithdrawn
            | Refusal::Held { .. }
            | Refusal::QuantityLimit { .. }
            | Refusal::StoreAway { .. }
            | Refusal::AtAuction { .. }
            | Refusal::NotFound { .. }
    )
}

/// A no in the words of this wire, where it has none of its own for it.
fn in_words(no: No) -> Answer {
    match no {
        No::Refused(Refusal::SignInNeeded | Refusal::SessionEnded) => Answer::NotLoggedIn,
        // The shipped program takes any reply to a log-in with `200` in it for a yes.
        No::Refused(Refusal::TooManyTries { wait_seconds }) => {
            let minutes = wait_seconds.max(1).unsigned_abs().div_ceil(60);
            Answer::BadRequest(format!("Too many tries. Wait {minutes} minutes and try again."))
        }
        No::Refused(refusal) => Answer::BadRequest(refusal.to_string()),
        No::Busy(_) | No::Broken(_) => Answer::Unavailable(no.to_string()),
    }
}

/// Dollars, for what is none.
const NOTHING: Money = Money::new(0, Currency::Usd);
