//! Stores: all of them, one as everybody sees it, and the back room of those who act for it.

use askama::Template;
use auboutique_domain::id::{InvitationId, ListingId, PictureId, StoreId};
use auboutique_domain::listing::{
    Category, Condition, ListingDraft, ListingState, ListingView, StockView, VariantDraft,
};
use auboutique_domain::member::{Email, MemberCard, Username};
use auboutique_domain::money::{Currency, Price};
use auboutique_domain::order::{Side, State};
use auboutique_domain::picture::PictureView;
use auboutique_domain::store::{
    Away, InvitationCode, InvitationState, InvitationView, StoreCard, StoreChanges, StoreDraft, StoreName,
    StoreView,
};
use auboutique_domain::{Command, Refusal, Reply, text, time};
use auboutique_market::No;
use axum::extract::{FromRequestParts as _, Path, Request, State as Shared};
use axum::response::Response;

use super::error::Failed;
use super::form::{Form, Sent, Typed, Wrong};
use super::listing::{MOST_PICTURES, chosen_pictures};
use super::order::{Row, cover, tone};
use super::sell;
use super::visit::{Markup, Shell, Visit};
use crate::http::Site;
use crate::http::problem::Problem;

/// How many rows a page has.
const ROWS: i64 = 24;
/// How many variants can be described at once; more can be added to the product later.
const VARIANTS: usize = 6;

// ---- for everybody ----

#[derive(Template)]
#[template(path = "stores.html")]
struct Stores {
    shell: Shell,
    rows: Vec<StoreView>,
    more: Option<String>,
}

fn after(visit: &Visit) -> Option<String> {
    Typed::parse(visit.query().as_bytes()).some("after").map(str::to_owned)
}

/// What stands for a store beside its name: its picture, or the first letter of its name.
pub(super) fn face(shell: &Shell, picture: Option<&PictureView>, name: &str, class: &str) -> Markup {
    let inside = picture.map_or_else(
        // One letter or digit: nothing in it has to be escaped.
        || shell.initial(name),
        |picture| {
            let (id, size) = (picture.picture, picture.thumbnail);
            let (width, height) = (size.width, size.height);
            format!(
                "<img src=\"/pictures/{id}/thumbnail.webp\" alt=\"\" width=\"{width}\" height=\"{height}\">"
            )
        },
    );
    Markup::ours(format!("<span class=\"face {class}\" aria-hidden=\"true\">{inside}</span>"))
}

/// All stores.
///
/// # Errors
///
/// None but a page that cannot be written.
pub async fn all(visit: Visit) -> Result<Response, Failed> {
    let after = after(&visit);
    let page = visit.ask(move |view| view.stores(after.as_deref(), Some(ROWS))).await?;
    let more = page.next.map(|next| format!("/stores?{}", Typed::of([("after", next)]).address()));
    visit.page(&Stores { shell: visit.shell.clone(), rows: page.rows, more })
}

#[derive(Template)]
#[template(path = "store.html")]
struct One {
    shell: Shell,
    store: StoreView,
    rows: Vec<ListingView>,
    more: Option<String>,
    /// The asker acts for it.
    is_mine: bool,
}

/// One store and what it has on its shelves.
///
/// # Errors
///
/// When there is none.
pub async fn show(visit: Visit, Path(handle): Path<String>) -> Result<Response, Failed> {
    let after = after(&visit);
    let signed_in = visit.shell.me.is_some();
    let (store, page, is_mine) = visit
        .ask(move |view| {
            let store = view.store(&handle)?;
            let page = view.store_listings(&handle, after.as_deref(), Some(ROWS))?;
            let mine = if signed_in { view.my_stores()? } else { Vec::new() };
            let is_mine = mine.iter().any(|card| card.store == store.store);
            Ok((store, page, is_mine))
        })
        .await?;
    let more = page.next.map(|next| format!("/stores/{}?after={next}", store.handle));
    visit.page(&One { shell: visit.shell.clone(), store, rows: page.rows, more, is_mine })
}

// ---- the back room ----

#[derive(Template)]
#[template(path = "store-open.html")]
struct Open {
    shell: Shell,
    typed: Typed,
    wrong: Wrong,
}

impl Open {
    fn beyond(&self) -> Option<&str> {
        self.wrong.beyond(&["name", "description", "email", "code"])
    }
}

#[derive(Template)]
#[template(path = "store-room.html")]
struct Room {
    shell: Shell,
    store: StoreView,
    stores: Vec<StoreCard>,
    is_owner: bool,
    staff: Vec<MemberCard>,
    invitations: Vec<InvitationView>,
    /// An invitation that was just made: its code is shown this once.
    code: Option<String>,
    sent: Sent,
}

impl Room {
    fn value(&self, form: &str, field: &str, now: &str) -> String {
        self.sent.value(form, field, now)
    }

    /// The picture the store has, or shall have once the form is accepted.
    fn picture(&self) -> Option<PictureId> {
        match self.sent.is("edit") {
            true => chosen_pictures(&self.sent.typed).last().copied(),
            false => self.store.picture.map(|picture| picture.picture),
        }
    }

    /// What is wrong with a field of the store's details, beside it.
    fn mark(&self, field: &str) -> Markup {
        if self.sent.is("edit") { self.sent.wrong.mark(field) } else { Wrong::default().mark(field) }
    }

    fn say(&self, field: &str) -> Markup {
        if self.sent.is("edit") { self.sent.wrong.say(field) } else { Wrong::default().say(field) }
    }

    /// What is wrong with the store's details that belongs to none of the fields.
    fn beside(&self) -> Option<&str> {
        let fields = ["name", "email", "description", "limit", "pictures"];
        self.sent.wrong.beyond(&fields).filter(|_| self.sent.is("edit"))
    }

    /// The first or the last of the closed days.
    fn away(&self, field: &str) -> String {
        let now = self.store.away.map_or(String::new(), |away| match field {
            "from" => away.from.to_string(),
            _ => away.until.to_string(),
        });
        self.sent.value("away", field, &now)
    }

    /// What is wrong with a form that has no place of its own to say so.
    fn beyond(&self) -> Option<&str> {
        let placed = ["edit", "away", "appoint"].contains(&self.sent.form.as_str());
        self.sent.wrong.any().filter(|_| !placed)
    }
}

/// The store a page of the back room is about: the one it names, or the first the asker acts for.
pub(super) async fn mine(visit: &Visit, named: Option<&str>) -> Result<(StoreView, Vec<StoreCard>), Failed> {
    visit.me()?;
    let named = named.map(str::to_owned);
    let found = visit
        .ask(move |view| {
            let stores = view.my_stores()?;
            let chosen = match &named {
                Some(name) => {
                    stores.iter().find(|card| card.handle == *name || card.store.to_string() == *name)
                }
                None => stores.first(),
            };
            let chosen = chosen.ok_or_else(|| Refusal::not_found("store"))?.store.to_string();
            Ok((view.store(&chosen)?, stores))
        })
        .await?;
    Ok(found)
}

async fn room(visit: &Visit, named: Option<&str>, sent: Sent, code: Option<String>) -> Result<Room, Failed> {
    let (store, stores) = mine(visit, named).await?;
    let is_owner = visit.me()?.account.id == store.owner.id;
    let id = store.store;
    let (staff, invitations) = visit
        .ask(move |view| {
            let staff = view.staff(id)?;
            let invitations = if is_owner { view.invitations(None, Some(50))?.rows } else { Vec::new() };
            Ok((staff, invitations))
        })
        .await?;
    Ok(Room { shell: visit.shell.clone(), store, stores, is_owner, staff, invitations, code, sent })
}

/// The back room of the asker's store; the way to open one for who has none.
///
/// # Errors
///
/// The way to the login for a visitor.
pub async fn back(visit: Visit) -> Result<Response, Failed> {
    visit.me()?;
    let named = Typed::parse(visit.query().as_bytes());
    let stores = visit.ask(|view| view.my_stores()).await?;
    if stores.is_empty() {
        let typed = Typed::default();
        return visit.page(&Open { shell: visit.shell.clone(), typed, wrong: Wrong::default() });
    }
    let page = room(&visit, named.some("store"), Sent::default(), None).await?;
    visit.page(&page)
}

fn day(typed: &Typed, name: &str) -> Result<time::Date, Refusal> {
    time::parse_day(typed.get(name)).map_err(|_| Refusal::DayInvalid)
}

fn store_of(typed: &Typed) -> Result<StoreId, Refusal> {
    StoreId::parse(typed.get("store")).map_err(|_| Refusal::not_found("store"))
}

fn username(typed: &Typed) -> Result<Username, Refusal> {
    Username::parse(typed.get("username")).map_err(|_| Refusal::not_found("member"))
}

fn command(verb: &str, typed: &Typed) -> Result<Option<Command>, Refusal> {
    Ok(Some(match verb {
        "away" => {
            let open = typed.some("from").is_none() && typed.some("until").is_none();
            let away = if open {
                None
            } else {
                Some(Away { from: day(typed, "from")?, until: day(typed, "until")? })
            };
            let mut changes = StoreChanges::default();
            changes.away = Some(away);
            Command::EditStore { changes }
        }
        "appoint" => Command::AppointStaff { username: username(typed)? },
        "dismiss" => Command::DismissStaff { store: store_of(typed)?, username: username(typed)? },
        "invite" => Command::CreateInvitation,
        "revoke" => Command::RevokeInvitation {
            invitation: InvitationId::parse(typed.get("invitation"))
                .map_err(|_| Refusal::not_found("invitation"))?,
        },
        _ => return Ok(None),
    }))
}

/// Opens a store, or does what one of the forms of the back room says.
///
/// # Errors
///
/// The page again, with the reason beside the form that was sent.
pub async fn act(Path(verb): Path<String>, Form(visit, typed): Form) -> Result<Response, Failed> {
    visit.me()?;
    if verb == "open" {
        return open(&visit, typed).await;
    }
    let outcome = match command(&verb, &typed) {
        Ok(Some(command)) => visit.run_once(&typed, command).await.map_err(Problem::from),
        Ok(None) => return Err(visit.fail(Problem::no_route())),
        Err(refusal) => Err(Problem::from(refusal)),
    };
    let named = typed.some("store").map(str::to_owned);
    match outcome {
        Ok(Reply::NewInvitation(new)) => {
            let code = new.code.map(|code| code.reveal());
            let page = room(&visit, named.as_deref(), Sent::default(), code).await?;
            visit.page(&page)
        }
        Ok(_) => Ok(visit.go("/store?done=store")),
        Err(problem) => {
            let wrong = Wrong::because(&visit.shell, &problem);
            let page = room(&visit, named.as_deref(), Sent { form: verb, typed, wrong }, None).await?;
            visit.page_with(problem.status(), &page)
        }
    }
}

/// What its owner says of a store. Of the pictures that came the last is the one it shall have.
fn changes(store: &StoreView, typed: &Typed) -> Result<StoreChanges, Refusal> {
    // What is no whole number is no number of copies.
    let limit = typed.get("limit").trim().parse::<i64>().unwrap_or(0);
    let mut changes = StoreChanges::default().describe(Some(typed.get("description")))?.limit(Some(limit))?;
    changes.name = Some(StoreName::parse(typed.get("name"))?);
    changes.email = Some(Email::parse(typed.get("email"))?);
    let picture = chosen_pictures(typed).last().copied();
    let is_another = picture != store.picture.map(|picture| picture.picture);
    changes.picture = is_another.then_some(picture);
    Ok(changes)
}

/// Changes what a store says of itself, and its picture.
///
/// # Errors
///
/// The page again, with everything that was typed and brought.
pub async fn edit(Shared(site): Shared<Site>, request: Request) -> Result<Response, Response> {
    let (mut parts, body) = request.into_parts();
    let visit = Visit::from_request_parts(&mut parts, &site).await?;
    let request = Request::from_parts(parts, body);
    say(&visit, request).await.map_err(axum::response::IntoResponse::into_response)
}

async fn say(visit: &Visit, request: Request) -> Result<Response, Failed> {
    let (typed, problem) = sell::brought(visit, request).await?;
    let named = typed.some("store").map(str::to_owned);
    let (store, _) = mine(visit, named.as_deref()).await?;
    let command = match problem {
        Some(problem) => Err(problem),
        None => changes(&store, &typed).map_err(Problem::from),
    };
    let outcome = match command {
        Ok(changes) => visit.run_once(&typed, Command::EditStore { changes }).await.map_err(Problem::from),
        Err(problem) => Err(problem),
    };
    match outcome {
        Ok(_) => Ok(visit.go("/store?done=store")),
        Err(problem) if matches!(problem.status().as_u16(), 401 | 404 | 500) => Err(visit.fail(problem)),
        Err(problem) => {
            let wrong = Wrong::because(&visit.shell, &problem);
            let sent = Sent { form: "edit".to_owned(), typed, wrong };
            let page = room(visit, named.as_deref(), sent, None).await?;
            visit.page_with(problem.status(), &page)
        }
    }
}

async fn open(visit: &Visit, typed: Typed) -> Result<Response, Failed> {
    let draft = StoreDraft::new(typed.get("name"), typed.get("description"), typed.get("email"));
    let code = InvitationCode::typed(typed.get("code"));
    let outcome = match draft {
        Ok(draft) => visit.run_once(&typed, Command::OpenStore { code, draft }).await,
        Err(refusal) => Err(refusal.into()),
    };
    match outcome {
        Ok(Reply::Store(store)) => Ok(visit.go(&format!("/stores/{}?done=store-opened", store.handle))),
        Ok(_) => Ok(visit.go("/store")),
        Err(no @ No::Broken(_)) => Err(visit.fail(no)),
        Err(no) => {
            let problem = Problem::from(no);
            let wrong = Wrong::because(&visit.shell, &problem);
            visit.page_with(problem.status(), &Open { shell: visit.shell.clone(), typed, wrong })
        }
    }
}

// ---- what is in stock ----

#[derive(Template)]
#[template(path = "stock.html")]
struct Stock {
    shell: Shell,
    store: StoreView,
    rows: Vec<StockView>,
    more: Option<String>,
    sent: Sent,
}

async fn stock_page(visit: &Visit, named: Option<&str>, sent: Sent) -> Result<Stock, Failed> {
    let (store, _) = mine(visit, named).await?;
    let (id, after) = (store.store, after(visit));
    let page = visit.ask(move |view| view.stock(id, after.as_deref(), Some(ROWS))).await?;
    let more = page.next.map(|next| format!("/store/stock?store={}&after={next}", store.handle));
    Ok(Stock { shell: visit.shell.clone(), store, rows: page.rows, more, sent })
}

/// Everything a store has, with what is left of it.
///
/// # Errors
///
/// When the asker acts for no store.
pub async fn stock(visit: Visit) -> Result<Response, Failed> {
    let named = Typed::parse(visit.query().as_bytes());
    let page = stock_page(&visit, named.some("store"), Sent::default()).await?;
    visit.page(&page)
}

fn moved(verb: &str, typed: &Typed) -> Result<Option<Command>, Refusal> {
    let listing = || ListingId::parse(typed.get("listing")).map_err(|_| Refusal::not_found("listing"));
    // What is no whole number is no number of copies.
    let copies = || typed.get("copies").trim().parse::<i64>().unwrap_or(0);
    Ok(Some(match verb {
        "restock" => Command::Restock { listing: listing()?, copies: copies() },
        "adjust" => {
            let reason = text::line("reason", typed.get("reason"), 3, 200)?;
            Command::AdjustStock { listing: listing()?, copies: copies(), reason }
        }
        "withdraw" => Command::WithdrawListing { listing: listing()? },
        "publish" => Command::PublishListing { listing: listing()? },
        _ => return Ok(None),
    }))
}

/// More copies, a count put right, on the shelf and off it.
///
/// # Errors
///
/// The page again, with the reason at the thing it is about.
pub async fn stock_act(Path(verb): Path<String>, Form(visit, typed): Form) -> Result<Response, Failed> {
    visit.me()?;
    let outcome = match moved(&verb, &typed) {
        Ok(Some(command)) => visit.run_once(&typed, command).await.map_err(Problem::from),
        Ok(None) => return Err(visit.fail(Problem::no_route())),
        Err(refusal) => Err(Problem::from(refusal)),
    };
    let named = typed.some("store").map(str::to_owned);
    match outcome {
        Ok(_) => Ok(visit.go(&format!("/store/stock?{}&done=stock", typed.only("store").address()))),
        Err(problem) => {
            let wrong = Wrong::because(&visit.shell, &problem);
            let form = format!("{verb}-{}", typed.get("listing"));
            let page = stock_page(&visit, named.as_deref(), Sent { form, typed, wrong }).await?;
            visit.page_with(problem.status(), &page)
        }
    }
}

// ---- what is sold ----

#[derive(Template)]
#[template(path = "store-orders.html")]
struct Orders {
    shell: Shell,
    store: StoreView,
    queue: Vec<Row>,
    /// What comes back, and what is there and waits to be looked at.
    returns: Vec<Row>,
    rows: Vec<Row>,
    more: Option<String>,
}

/// What a store has to hand over, and what it sold.
///
/// # Errors
///
/// When the asker acts for no store.
pub async fn orders(visit: Visit) -> Result<Response, Failed> {
    let named = Typed::parse(visit.query().as_bytes());
    let (store, _) = mine(&visit, named.some("store")).await?;
    let (id, after) = (store.store, after(&visit));
    let (queue, returns, rows, next) = visit
        .ask(move |view| {
            let (mut queue, mut returns) = (Vec::new(), Vec::new());
            if after.is_none() {
                for order in view.to_hand_over(Some(id), None, Some(100))?.rows {
                    queue.push(Row { cover: cover(view, &order), order });
                }
            }
            let page = view.store_orders(id, after.as_deref(), Some(ROWS))?;
            let mut rows = Vec::new();
            for order in page.rows {
                let comes_back = matches!(order.state, State::ReturnOpen | State::Returned);
                let row = Row { cover: cover(view, &order), order };
                if comes_back { returns.push(row) } else { rows.push(row) }
            }
            Ok((queue, returns, rows, page.next))
        })
        .await?;
    let more = next.map(|next| format!("/store/orders?store={}&after={next}", store.handle));
    visit.page(&Orders { shell: visit.shell.clone(), store, queue, returns, rows, more })
}

// ---- another product ----

#[derive(Template)]
#[template(path = "product.html")]
struct Product {
    shell: Shell,
    store: StoreView,
    typed: Typed,
    wrong: Wrong,
    pictures: Vec<auboutique_domain::id::PictureId>,
    categories: &'static [Category],
    conditions: &'static [Condition],
    most: usize,
    places: Vec<usize>,
}

impl Product {
    fn beyond(&self) -> Option<&str> {
        self.wrong.beyond(&["title", "description", "price", "category", "condition", "pictures"])
    }

    /// What stands in a field of a variant.
    fn of(&self, field: &str, place: &usize) -> &str {
        self.typed.get(&format!("{field}-{place}"))
    }
}

async fn product(visit: &Visit, typed: Typed, wrong: Wrong) -> Result<Product, Failed> {
    let (store, _) = mine(visit, typed.some("store")).await?;
    let pictures = chosen_pictures(&typed);
    Ok(Product {
        shell: visit.shell.clone(),
        store,
        typed,
        wrong,
        pictures,
        categories: Category::ALL,
        conditions: Condition::ALL,
        most: MOST_PICTURES,
        places: (1..=VARIANTS).collect(),
    })
}

/// An empty form.
///
/// # Errors
///
/// When the asker acts for no store.
pub async fn product_form(visit: Visit) -> Result<Response, Failed> {
    let mut typed = Typed::of([("condition", "new".to_owned()), ("currency", "USD".to_owned())]);
    if let Some(store) = Typed::parse(visit.query().as_bytes()).some("store") {
        typed.set("store", store);
    }
    let page = product(&visit, typed, Wrong::default()).await?;
    visit.page(&page)
}

/// The variants that were described: the first one, and every other with a name or a price.
fn variants(typed: &Typed) -> Result<Vec<VariantDraft>, Refusal> {
    let currency = Currency::parse(typed.get("currency"))?;
    let mut variants = Vec::new();
    for place in 1..=VARIANTS {
        let field = |name: &str| typed.get(&format!("{name}-{place}")).trim();
        if place > 1 && ["label", "price", "copies", "sku"].iter().all(|name| field(name).is_empty()) {
            continue;
        }
        // A variant without a price of its own costs what the first one costs.
        let price = Some(field("price")).filter(|price| !price.is_empty()).unwrap_or(typed.get("price-1"));
        let number = |name: &str| match field(name) {
            "" => 0,
            text => text.parse::<i64>().unwrap_or(-1),
        };
        let price = Price::parse(price, currency)?;
        variants.push(VariantDraft::new(
            field("label"),
            field("sku"),
            price,
            number("copies"),
            number("low"),
        )?);
    }
    Ok(variants)
}

fn draft(store: StoreId, typed: &Typed) -> Result<Command, Refusal> {
    let variants = variants(typed)?;
    let first = Price::parse(typed.get("price-1"), Currency::parse(typed.get("currency"))?)?;
    let draft = ListingDraft::new(
        typed.get("title"),
        typed.get("description"),
        first,
        Category::parse(typed.get("category"))?,
        Condition::parse(typed.get("condition"))?,
        None,
    )?;
    let draft = draft.with_pictures(chosen_pictures(typed))?;
    Ok(Command::AddProduct { store, draft, variants })
}

/// Puts a product on the shelves.
///
/// # Errors
///
/// The form again, with everything that was typed and brought.
pub async fn add_product(Shared(site): Shared<Site>, request: Request) -> Result<Response, Response> {
    let (mut parts, body) = request.into_parts();
    let visit = Visit::from_request_parts(&mut parts, &site).await?;
    let request = Request::from_parts(parts, body);
    add(&visit, request).await.map_err(axum::response::IntoResponse::into_response)
}

async fn add(visit: &Visit, request: Request) -> Result<Response, Failed> {
    visit.me()?;
    let (typed, problem) = sell::brought(visit, request).await?;
    let (store, _) = mine(visit, typed.some("store")).await?;
    let command = match problem {
        Some(problem) => Err(problem),
        None => draft(store.store, &typed).map_err(Problem::from),
    };
    let outcome = match command {
        Ok(command) => visit.run_once(&typed, command).await.map_err(Problem::from),
        Err(problem) => Err(problem),
    };
    match outcome {
        Ok(_) => Ok(visit.go(&format!("/store/stock?store={}&done=product", store.handle))),
        Err(problem) if matches!(problem.status().as_u16(), 401 | 404 | 500) => Err(visit.fail(problem)),
        Err(problem) => {
            let page = product(visit, typed, Wrong::because(&visit.shell, &problem)).await?;
            visit.page_with(problem.status(), &page)
        }
    }
}
