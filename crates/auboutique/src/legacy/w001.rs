//! The loop of system 001: one reply to each request, and what others say is pushed between.

use std::io;
use std::net::SocketAddr;

use auboutique_domain::legacy::{IdentityDraft, LegacyName, LegacyWire};
use auboutique_domain::listing::{ListingState, PAGE};
use auboutique_domain::member::{Email, display_name};
use auboutique_domain::order::Side;
use auboutique_domain::{Command, Refusal, Reply};
use auboutique_market::{Caller, No, Password, View};
use auboutique_wire::legacy::w001::{self as wire, Buyer, Request, Requests, Row};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::Legacy;
use super::connection::{CONNECTIONS, Connection, GIVE_UP, IDLE, OF_EACH, TYPING, closed};
use super::session::{Said, Session};
use super::shelf::{self, Names, Offered};
use crate::tcp;

const WIRE: LegacyWire = LegacyWire::Bare001;

/// Serves the wire until the market closes.
pub async fn serve(listener: TcpListener, legacy: Legacy, closing: watch::Receiver<bool>) {
    let closed = closing.clone();
    let welcome = move |stream, peer| welcome(stream, peer, legacy.clone(), closed.clone());
    tcp::accept_of_each(listener, "001", (CONNECTIONS, OF_EACH), closing, welcome).await;
}

async fn welcome(stream: TcpStream, peer: SocketAddr, legacy: Legacy, closing: watch::Receiver<bool>) {
    let connection = Connection::new(stream, peer, legacy.market.now(), legacy.options.gap);
    let mut client = Client { connection, legacy, session: None, joined: None };
    if let Err(error) = client.serve(closing).await {
        tracing::debug!(%error, "a connection of 001 broke");
    }
    client.leave().await;
}

/// Waits until the member, if there is one, may hear something.
async fn woken(session: Option<&Session>) {
    match session {
        Some(session) => session.woken().await,
        None => std::future::pending().await,
    }
}

struct Client {
    connection: Connection,
    legacy: Legacy,
    session: Option<Session>,
    /// Who joined on this connection acts as what they are from then on, though nobody sees them here.
    joined: Option<(String, Password)>,
}

/// What is replied, and what is said behind it.
struct Answer {
    reply: String,
    behind: Vec<Said>,
}

impl From<String> for Answer {
    fn from(reply: String) -> Self {
        Self { reply, behind: Vec::new() }
    }
}

impl From<&str> for Answer {
    fn from(reply: &str) -> Self {
        reply.to_owned().into()
    }
}

impl Client {
    async fn serve(&mut self, mut closing: watch::Receiver<bool>) -> io::Result<()> {
        let mut requests = Requests::default();
        loop {
            while let Some(request) = requests.next_request() {
                self.connection.admit(self.legacy.market.now()).await;
                let Answer { reply, behind } = match request {
                    Ok(Request::Quit) => return Ok(()),
                    Ok(request) => self.answer(request).await,
                    Err(malformed) => malformed.reply().into(),
                };
                self.connection.out.reply(reply.as_bytes()).await?;
                self.tell(behind).await?;
            }
            let patience = if self.session.is_some() { IDLE } else { TYPING };
            tokio::select! {
                read = timeout(patience, self.connection.read()) => match read {
                    Ok(piece) => match piece? {
                        Some(piece) => requests.push(piece),
                        None => return Ok(()),
                    },
                    Err(_) => return Ok(()),
                },
                () = woken(self.session.as_ref()) => {
                    let Some(session) = self.session.as_mut() else { continue };
                    let Ok(said) = session.hear().await else { return Ok(()) };
                    self.tell(said).await?;
                }
                () = sleep(GIVE_UP), if requests.is_within() => {
                    if requests.give_up().is_some() {
                        self.connection.out.reply(wire::INVALID.as_bytes()).await?;
                    }
                }
                () = closed(&mut closing) => return Ok(()),
            }
        }
    }

    /// Tells the member what others said.
    async fn tell(&mut self, said: Vec<Said>) -> io::Result<()> {
        for said in said {
            for part in wire::push(&said.from, &said.text) {
                self.connection.out.push(part.as_bytes()).await?;
            }
            if let Some(session) = &mut self.session {
                session.has_read(&[said]).await;
            }
        }
        Ok(())
    }

    async fn leave(&mut self) {
        if let Some(session) = self.session.take() {
            session.end().await;
        }
    }

    async fn answer(&mut self, request: Request) -> Answer {
        let is_list = matches!(request, Request::Buyers | Request::Products | Request::ProductsOf { .. });
        let adds = matches!(request, Request::AddProduct { .. } | Request::Register { .. });
        match self.try_answer(request).await {
            Ok(answer) => answer,
            Err(_) if is_list => wire::NOTHING.into(),
            Err(No::Refused(Refusal::SignInNeeded | Refusal::SessionEnded)) => wire::WRONG_CREDENTIALS.into(),
            Err(no) if adds => wire::error(&no.to_string()).into(),
            Err(no) => wire::text(&no.to_string()).into(),
        }
    }

    async fn try_answer(&mut self, request: Request) -> Result<Answer, No> {
        let session = match request {
            Request::Register { name, email, username, password } => {
                let password = Password::typed(password.reveal());
                return self.join(&name, &email, username, password).await;
            }
            Request::LogIn { username, password } => {
                return self.log_in(&username, &Password::typed(password.reveal())).await;
            }
            Request::Products => {
                let listings =
                    self.legacy.market.ask(Caller::VISITOR, |view| shelf::newest(view, WIRE)).await?;
                return Ok(wire::products(&rows(listings, &[])).into());
            }
            Request::ProductsOf { owner } => return self.products_of(owner).await,
            _ => self.session().await?,
        };
        Ok(match request {
            Request::AddProduct { name, description, price } => {
                let draft = shelf::draft(&name, &price, &description)?;
                session.run(Command::AddListing { draft }).await?;
                wire::ADDED.into()
            }
            Request::Buyers => wire::buyers(&session.ask(buyers).await?).into(),
            Request::Buy { product } => buy(session, &product).await?.into(),
            Request::IsOnline { owner } => {
                let here = session.find(&owner).await?.map(|(_, here)| here);
                wire::online(&owner, here).into()
            }
            Request::Send { owner, message } => match session.find(&owner).await? {
                None => wire::nobody(&owner).into(),
                Some((card, here)) => {
                    session.say(&card, &message).await?;
                    if here { wire::sent(&owner) } else { wire::queued(&owner) }.into()
                }
            },
            _ => wire::INVALID.into(),
        })
    }

    async fn join(
        &mut self,
        name: &str,
        email: &str,
        username: String,
        password: Password,
    ) -> Result<Answer, No> {
        let draft = IdentityDraft {
            name: LegacyName::parse(&username)?,
            shown: display_name(name).unwrap_or_else(|_| username.clone()),
            // These programs ask for an address and take anything; what is none is nobody's.
            email: Email::parse(email).is_ok().then(|| email.trim().to_lowercase()),
            contact: None,
            source: String::new(),
        };
        let joined =
            self.legacy.market.join_over(WIRE, draft, Some(&password), &self.connection.source).await;
        match joined {
            Ok(_) => {
                self.leave().await;
                self.joined = Some((username, password));
                Ok(wire::REGISTERED.into())
            }
            Err(No::Refused(Refusal::UsernameTaken)) => Ok(wire::USERNAME_TAKEN.into()),
            Err(No::Refused(Refusal::EmailTaken)) => Ok(wire::EMAIL_TAKEN.into()),
            Err(no) => Err(no),
        }
    }

    async fn log_in(&mut self, username: &str, password: &Password) -> Result<Answer, No> {
        let market = &self.legacy.market;
        let signed_in = market.log_in_over(WIRE, username, Some(password), &self.connection.source).await;
        let signed_in = match signed_in {
            Err(No::Refused(Refusal::WrongCredentials | Refusal::NotFound { .. })) => {
                return Ok(wire::WRONG_CREDENTIALS.into());
            }
            signed_in => signed_in?,
        };
        let mut session = Session::unseen(&self.legacy, WIRE, signed_in).arrive().await?;
        self.leave().await;
        self.joined = None;
        let mut said = session.unread().await.unwrap_or_default();
        let texts: Vec<_> = said.iter().map(|said| (said.from.clone(), said.text.clone())).collect();
        let (reply, shown) = wire::logged_in(&texts);
        let behind = said.split_off(shown);
        session.has_read(&said).await;
        self.session = Some(session);
        Ok(Answer { reply, behind })
    }

    /// The session of who signed in, or joined, on this connection.
    async fn session(&mut self) -> Result<&Session, No> {
        if self.session.is_none()
            && let Some((username, password)) = &self.joined
        {
            let source = &self.connection.source;
            let signed_in = self.legacy.market.log_in_over(WIRE, username, Some(password), source).await?;
            self.session = Some(Session::unseen(&self.legacy, WIRE, signed_in));
            self.joined = None;
        }
        self.session.as_ref().ok_or_else(|| Refusal::SignInNeeded.into())
    }

    async fn products_of(&mut self, owner: String) -> Result<Answer, No> {
        let of = move |view: &mut View<'_>| {
            let Some(seller) = view.member_over(WIRE, &owner)? else { return Ok(Vec::new()) };
            shelf::of(view, WIRE, &seller, true)
        };
        let (listings, buyers) = match self.session().await {
            Ok(session) => session.ask(move |view| Ok((of(view)?, known_buyers(view)?))).await?,
            Err(_) => (self.legacy.market.ask(Caller::VISITOR, of).await?, Vec::new()),
        };
        Ok(wire::products(&rows(listings, &buyers)).into())
    }
}

/// Who bought what, as far as the asker knows: of what they sold, and of what they bought themself.
fn known_buyers(view: &mut View<'_>) -> Result<Vec<(i64, String)>, No> {
    let mut names = Names::on(WIRE);
    let mut buyers = Vec::new();
    for side in [Side::Seller, Side::Buyer] {
        for order in view.orders(side, None, Some(PAGE.1))?.rows {
            if !order.state.is_sale() {
                continue;
            }
            let buyer = names.of(view, &order.buyer)?;
            for line in order.lines {
                buyers.push((view.listing_number(line.listing)?, buyer.clone()));
            }
        }
    }
    Ok(buyers)
}

/// Who bought it is between buyer and seller: others see that somebody did.
fn rows(listings: Vec<Offered>, buyers: &[(i64, String)]) -> Vec<Row> {
    let row = |offered: Offered| {
        let is_sold = !offered.is_on_sale();
        let Offered { number, name, seller, price, listing } = offered;
        let known = buyers.iter().find(|(sold, _)| *sold == number);
        let buyer = is_sold.then(|| known.map(|(_, buyer)| buyer.clone()).unwrap_or_default());
        Row { id: number, name, description: listing.description, price, owner: seller, buyer }
    };
    listings.into_iter().map(row).collect()
}

/// Who bought what the asker sold, the oldest first. An address is told only if it was given to this wire.
fn buyers(view: &mut View<'_>) -> Result<Vec<Buyer>, No> {
    let mut names = Names::on(WIRE);
    let mut buyers = Vec::new();
    for order in view.orders(Side::Seller, None, Some(PAGE.1))?.rows.into_iter().rev() {
        if !order.state.is_sale() {
            continue;
        }
        let username = names.of(view, &order.buyer)?;
        let identity = view.identity_of(WIRE, order.buyer.id)?;
        let email = identity.and_then(|identity| identity.email).unwrap_or_default();
        for line in order.lines {
            let (name, username, email) = (order.buyer.name.clone(), username.clone(), email.clone());
            let product = shelf::called(&line.title).to_owned();
            buyers.push(Buyer { product, name, username, email });
        }
    }
    Ok(buyers)
}

/// Buys the oldest thing of that name that is still to be had. When somebody was faster, there may be another one.
async fn buy(session: &Session, product: &str) -> Result<String, No> {
    let name = product.to_owned();
    let found = session.ask(move |view| shelf::named(view, &name)).await?;
    if found.is_empty() {
        return Ok(wire::NO_PRODUCT.to_owned());
    }
    let mut why = None;
    for listing in found.iter().filter(|listing| listing.state == ListingState::OnSale) {
        let command = Command::BuyListing { listing: listing.listing, price: listing.price, quantity: 1 };
        match session.run(command).await {
            Ok(Reply::Order(order)) => return Ok(wire::purchased(&order.pickup.day.to_string())),
            Ok(_) => break,
            Err(No::Refused(Refusal::ListingSold | Refusal::StockShort { .. } | Refusal::Held { .. })) => {}
            // Something about this one alone: there may be another of that name.
            Err(
                no @ No::Refused(
                    Refusal::OwnListing
                    | Refusal::StoreAway { .. }
                    | Refusal::QuantityLimit { .. }
                    | Refusal::PriceChanged { .. }
                    | Refusal::ListingWithdrawn
                    | Refusal::AtAuction { .. }
                    | Refusal::PickupPointClosed
                    | Refusal::PickupPointFull { .. }
                    | Refusal::NotFound { .. },
                ),
            ) => why = Some(no),
            Err(no) => return Err(no),
        }
    }
    why.map_or_else(|| Ok(wire::SOLD.to_owned()), Err)
}
