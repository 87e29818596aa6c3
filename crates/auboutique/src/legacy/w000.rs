//! The loop of system 000: a hand-shake in plain text, then one reply to each request.
//!
//! The client reads in a thread that cannot go on while a prompt waits. So it takes one notice of a message between two
//! requests, and none while its user chooses from what was found; what is owed is said behind the next reply.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use auboutique_domain::legacy::{IdentityDraft, LegacyName, LegacyWire};
use auboutique_domain::listing::{ListingDraft, PAGE};
use auboutique_domain::member::display_name;
use auboutique_domain::order::Side;
use auboutique_domain::{Command, Refusal, Reply};
use auboutique_market::{No, Password, View};
use auboutique_wire::legacy::w000::{self as wire, HandShake, Registration, Request, Requests, Row, Silence};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::Legacy;
use super::connection::{CONNECTIONS, Connection, GIVE_UP, IDLE, OF_EACH, TYPING, closed};
use super::session::{Said, Session};
use super::shelf::{self, Names, Offered};
use crate::tcp;

const WIRE: LegacyWire = LegacyWire::Text000;
/// After how much silence a turn of the hand-shake that looks whole is whole, and one that came in small pieces.
const SILENCE: (Duration, Duration) = (Duration::from_millis(40), Duration::from_millis(500));
/// How long after a text of the hand-shake the next message comes: a client that took both at once would wait for ever, and
/// its machine may be busy.
const CALM: Duration = Duration::from_millis(100);
/// How many turns the hand-shake has at most.
const TURNS: usize = 50;
/// What stands before the path of a picture, in a description: other wires have no place for it.
const IMAGE: &str = "\n\nImage: ";

/// Serves the wire until the market closes.
pub async fn serve(listener: TcpListener, legacy: Legacy, closing: watch::Receiver<bool>) {
    let closed = closing.clone();
    let welcome = move |stream, peer| welcome(stream, peer, legacy.clone(), closed.clone());
    tcp::accept_of_each(listener, "000", (CONNECTIONS, OF_EACH), closing, welcome).await;
}

async fn welcome(stream: TcpStream, peer: SocketAddr, legacy: Legacy, closing: watch::Receiver<bool>) {
    let connection = Connection::new(stream, peer, legacy.market.now(), legacy.options.gap);
    let client = Client { connection, legacy, closing };
    if let Err(error) = client.serve().await {
        tracing::debug!(%error, "a connection of 000 broke");
    }
}

struct Client {
    connection: Connection,
    legacy: Legacy,
    closing: watch::Receiver<bool>,
}

impl Client {
    async fn serve(mut self) -> io::Result<()> {
        let Some((session, behind)) = self.enter().await? else { return Ok(()) };
        let mut menu = Menu { session, requests: Requests::default(), rest: None, owed: false, told: false };
        menu.requests.push(&behind);
        let served = self.serve_member(&mut menu).await;
        menu.session.end().await;
        served
    }

    async fn reply(&mut self, text: &str) -> io::Result<()> {
        self.connection.out.reply(text.as_bytes()).await
    }

    // ---- the hand-shake ----

    /// Who signed in, and what came behind that; nothing when nobody did.
    async fn enter(&mut self) -> io::Result<Option<(Session, Vec<u8>)>> {
        let mut hand_shake = HandShake::default();
        self.reply(wire::WELCOME).await?;
        for _ in 0..TURNS {
            let Some(said) = self.hear(&mut hand_shake).await? else { return Ok(None) };
            match said {
                wire::Said::Neither => {}
                wire::Said::Register(registration) => match self.join(registration).await {
                    Ok(()) => {
                        self.reply(wire::REGISTERED).await?;
                        hand_shake.expect_log_in();
                        continue;
                    }
                    Err(no) => {
                        self.reply(&why_not_joined(&no)).await?;
                        sleep(CALM).await;
                    }
                },
                wire::Said::LogIn { user, hash } => {
                    let hash = Password::typed(hash.reveal());
                    match self.log_in(&user, &hash).await {
                        Ok(session) => {
                            self.reply(wire::LOGGED_IN).await?;
                            sleep(CALM).await;
                            return Ok(Some((session, hand_shake.rest())));
                        }
                        Err(no) => {
                            self.reply(&why_not_signed_in(&no)).await?;
                            sleep(CALM).await;
                        }
                    }
                }
            }
            self.reply(wire::WELCOME).await?;
        }
        Ok(None)
    }

    /// What is said next; nothing at the end, and when nothing is typed for too long.
    async fn hear(&mut self, hand_shake: &mut HandShake) -> io::Result<Option<wire::Said>> {
        loop {
            if let Some(said) = hand_shake.heard() {
                return Ok(Some(said));
            }
            let patience = match hand_shake.silence() {
                Some(Silence::Short) => SILENCE.0,
                Some(Silence::Long) => SILENCE.1,
                None => TYPING,
            };
            tokio::select! {
                read = timeout(patience, self.connection.read()) => match read {
                    Ok(piece) => match piece? {
                        Some(piece) => hand_shake.push(piece),
                        None => return Ok(None),
                    },
                    Err(_) => return Ok(hand_shake.after_silence()),
                },
                () = closed(&mut self.closing) => return Ok(None),
            }
        }
    }

    async fn join(&self, registration: Registration) -> Result<(), No> {
        let Registration { name, email, user, hash } = registration;
        let draft = IdentityDraft {
            name: LegacyName::parse(&user)?,
            shown: display_name(&name).unwrap_or(user),
            email,
            contact: None,
            source: String::new(),
        };
        let hash = Password::typed(hash.reveal());
        self.legacy.market.join_over(WIRE, draft, Some(&hash), &self.connection.source).await.map(drop)
    }

    async fn log_in(&self, user: &str, hash: &Password) -> Result<Session, No> {
        let signed_in =
            self.legacy.market.log_in_over(WIRE, user, Some(hash), &self.connection.source).await?;
        Session::unseen(&self.legacy, WIRE, signed_in).arrive().await
    }

    // ---- the menu ----

    async fn serve_member(&mut self, menu: &mut Menu) -> io::Result<()> {
        let list = menu.answer(Request::DisplayAll).await;
        let Some(list) = list else { return Ok(()) };
        self.reply(&list).await?;
        if menu.session.unread().await.is_ok_and(|unread| !unread.is_empty()) {
            self.tell(menu).await?;
        }
        loop {
            while let Some(request) = menu.requests.next_request() {
                self.connection.admit(self.legacy.market.now()).await;
                menu.told = false;
                let (reply, chooses) = match request {
                    Ok(Request::LogOut) => return Ok(()),
                    Ok(request) => {
                        let searches = matches!(request, Request::ShowMatching { .. });
                        let Some(reply) = menu.answer(request).await else { return Ok(()) };
                        let chooses = searches && !reply.ends_with("\"IDs\": []}");
                        (reply, chooses)
                    }
                    Err(malformed) => (wire::message(&malformed.to_string()), false),
                };
                self.reply(&reply).await?;
                if chooses {
                    // Its user chooses: until the next request it takes no notice.
                    menu.told = true;
                } else if std::mem::take(&mut menu.owed) {
                    self.tell(menu).await?;
                }
            }
            tokio::select! {
                read = timeout(IDLE, self.connection.read()) => match read {
                    Ok(piece) => match piece? {
                        Some(piece) => menu.requests.push(piece),
                        None => return Ok(()),
                    },
                    Err(_) => return Ok(()),
                },
                () = menu.session.woken() => match menu.session.hear().await {
                    Err(_) => return Ok(()),
                    Ok(said) if said.is_empty() => {}
                    Ok(_) if menu.told => menu.owed = true,
                    Ok(said) => {
                        menu.owed = said.len() > 1;
                        self.tell(menu).await?;
                    }
                },
                () = sleep(GIVE_UP), if menu.requests.is_within() => {
                    if let Some(malformed) = menu.requests.give_up() {
                        self.reply(&wire::message(&malformed.to_string())).await?;
                    }
                }
                () = closed(&mut self.closing) => return Ok(()),
            }
        }
    }

    /// Tells the client that there are messages.
    async fn tell(&mut self, menu: &mut Menu) -> io::Result<()> {
        menu.told = true;
        self.connection.out.push(wire::new_message().as_bytes()).await
    }
}

fn why_not_joined(no: &No) -> String {
    match no {
        No::Refused(Refusal::UsernameTaken | Refusal::EmailTaken) => wire::USERNAME_TAKEN.to_owned(),
        no => no.to_string(),
    }
}

fn why_not_signed_in(no: &No) -> String {
    match no {
        No::Refused(Refusal::WrongCredentials | Refusal::NotFound { .. }) => {
            wire::WRONG_CREDENTIALS.to_owned()
        }
        no => no.to_string(),
    }
}

/// A member who is past the hand-shake.
struct Menu {
    session: Session,
    requests: Requests,
    /// Of a message that was too long for one reply, what was not shown yet.
    rest: Option<Said>,
    /// A notice of a message is owed.
    owed: bool,
    /// The client takes no notice until its next request.
    told: bool,
}

impl Menu {
    /// What is replied to a request; nothing when the session is over.
    async fn answer(&mut self, request: Request) -> Option<String> {
        match self.try_answer(request).await {
            Ok(reply) => Some(reply),
            Err(No::Refused(Refusal::SessionEnded)) => None,
            Err(no) => Some(wire::message(&no.to_string())),
        }
    }

    async fn try_answer(&mut self, request: Request) -> Result<String, No> {
        let session = &self.session;
        match request {
            Request::DisplayAll => {
                let listings = session.ask(|view| shelf::newest(view, WIRE)).await?;
                Ok(wire::display_all(&rows(listings)))
            }
            Request::DisplayUser { username } => {
                let name = username.clone();
                let found = session.ask(move |view| {
                    let Some(seller) = view.member_over(WIRE, &name)? else { return Ok(None) };
                    shelf::of(view, WIRE, &seller, false).map(Some)
                });
                Ok(match found.await? {
                    Some(listings) => wire::display_user(&username, &rows(listings)),
                    None => wire::display_nobody(),
                })
            }
            Request::ShowMatching { search_term } => {
                let found = session.ask(move |view| shelf::with_in_name(view, WIRE, &search_term)).await?;
                Ok(wire::matching(&rows(found)))
            }
            Request::Buy { id } => self.buy(&id).await,
            Request::Add { name, price, description, image } => {
                let draft = draft(&name, &price, &description, &image)?;
                session.run(Command::AddListing { draft }).await?;
                Ok(wire::message(wire::ADDED))
            }
            Request::View => Ok(wire::purchases(&session.ask(purchases).await?)),
            Request::Check { user } => Ok(match session.find(&user).await? {
                Some((_, here)) => wire::online(&user, here),
                None => wire::message(wire::NOBODY),
            }),
            Request::Send { to_user, message } => Ok(match session.find(&to_user).await? {
                None => wire::message(wire::NOBODY),
                Some((card, _)) if card.id == session.member => wire::message(wire::YOURSELF),
                Some((_, false)) => wire::not_sent(&to_user),
                Some((card, true)) => {
                    session.say(&card, &message).await?;
                    wire::sent(&to_user)
                }
            }),
            Request::Messages => self.messages().await,
            // The loop ends before.
            Request::LogOut => Ok(wire::message("")),
        }
    }

    async fn buy(&self, id: &str) -> Result<String, No> {
        let number = id.trim().parse::<i64>().map_err(|_| Refusal::not_found("listing"))?;
        let found = self.session.ask(move |view| {
            let listing = view.listing_by_number(number)?.ok_or_else(|| Refusal::not_found("listing"))?;
            view.listing(listing)
        });
        let listing = found.await?;
        let command = Command::BuyListing { listing: listing.listing, price: listing.price, quantity: 1 };
        match self.session.run(command).await? {
            Reply::Order(order) => {
                Ok(wire::purchased(shelf::called(&listing.title), &order.pickup.day.to_string()))
            }
            _ => Err(Refusal::not_found("order").into()),
        }
    }

    async fn messages(&mut self) -> Result<String, No> {
        let mut said = self.session.unread().await?;
        if let (Some(rest), Some(first)) = (self.rest.take(), said.first_mut())
            && (rest.conversation, rest.number) == (first.conversation, first.number)
        {
            *first = rest;
        }
        if said.is_empty() {
            return Ok(wire::message(wire::NO_MESSAGES));
        }
        let texts: Vec<_> = said.iter().map(|said| (said.from.clone(), said.text.clone())).collect();
        let (reply, whole, part) = wire::messages(&texts);
        let mut left = said.split_off(whole);
        self.session.has_read(&said).await;
        // There is more: the client's user asks again when there seems to be something new.
        self.owed = !left.is_empty();
        self.rest = left.drain(..).next().filter(|_| part > 0).map(|mut rest| {
            rest.text.drain(..part);
            rest
        });
        Ok(reply)
    }
}

fn draft(name: &str, price: &str, description: &str, image: &str) -> Result<ListingDraft, Refusal> {
    let description = match image.trim() {
        "" => description.to_owned(),
        image => format!("{description}{IMAGE}{image}"),
    };
    shelf::draft(name, price, &description)
}

fn rows(listings: Vec<Offered>) -> Vec<Row> {
    let row = |offered: Offered| {
        let Offered { number, name, seller, price, listing } = offered;
        let text = listing.description;
        let alone = || text.strip_prefix(IMAGE.trim_start()).map(|image| ("", image));
        let (description, image) = match text.rsplit_once(IMAGE).or_else(alone) {
            Some((description, image)) if !image.contains('\n') => (description.to_owned(), image.to_owned()),
            _ => {
                let cover = listing.pictures.first();
                (text, cover.map(|cover| format!("/pictures/{}/large", cover.picture)).unwrap_or_default())
            }
        };
        Row { id: number, name, owner: seller, price, description, image }
    };
    listings.into_iter().map(row).collect()
}

/// Who bought what the asker sold, the oldest first.
fn purchases(view: &mut View<'_>) -> Result<Vec<wire::Purchase>, No> {
    let mut names = Names::on(WIRE);
    let mut purchases = Vec::new();
    for order in view.orders(Side::Seller, None, Some(PAGE.1))?.rows.into_iter().rev() {
        if !order.state.is_sale() {
            continue;
        }
        let buyer = names.of(view, &order.buyer)?;
        for line in order.lines {
            let id = view.listing_number(line.listing)?;
            let product = shelf::called(&line.title).to_owned();
            purchases.push(wire::Purchase { buyer: buyer.clone(), product, id });
        }
    }
    Ok(purchases)
}
