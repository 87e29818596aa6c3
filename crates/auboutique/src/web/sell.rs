//! Selling in one screen, from the camera of a phone; and saying something else of what is on sale.

use std::time::Duration;

use askama::Template;
use auboutique_domain::auction::Lot;
use auboutique_domain::id::{ListingId, PictureId};
use auboutique_domain::listing::{
    Category, Condition, ListingChanges, ListingDraft, ListingState, ListingView,
};
use auboutique_domain::money::{Currency, Money, Price};
use auboutique_domain::picture::MOST_BYTES;
use auboutique_domain::{Command, Refusal, Reply};
use auboutique_market::{Busy, Desk, No};
use axum::extract::multipart::Field;
use axum::extract::{FromRequest as _, FromRequestParts as _, Multipart, Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokio::time::timeout;

use super::auction::{Mistake, TERMS, Terms, terms, worth, zone_of};
use super::error::Failed;
use super::form::{Typed, Wrong};
use super::listing::{MOST_PICTURES, chosen_pictures, named};
use super::visit::{Markup, Shell, Visit};
use crate::http::Site;
use crate::http::input::{FIELDS, media_type};
use crate::http::problem::Problem;

/// How long all the pictures of a form may take to come.
const PATIENCE: Duration = Duration::from_secs(150);
/// How many bytes a form with all its pictures may have; some more for what stands between them.
pub const MOST_FORM: usize = MOST_PICTURES * 8 * 1_024 * 1_024 + FIELDS + 64 * 1_024;

#[derive(Template)]
#[template(path = "sell.html")]
struct Page {
    shell: Shell,
    typed: Typed,
    wrong: Wrong,
    /// The listing that is changed; none while it is a new one.
    listing: Option<ListingId>,
    pictures: Vec<PictureId>,
    categories: &'static [Category],
    conditions: &'static [Condition],
    points: Vec<Desk>,
    most: usize,
}

impl Page {
    /// What the form is about, for the fields it has.
    fn beyond(&self) -> Option<&str> {
        let mut fields =
            vec!["title", "description", "price", "category", "condition", "pictures", "pickup_point"];
        fields.extend(TERMS);
        self.wrong.beyond(&fields)
    }

    /// The fields of the terms on which it is put up for auction.
    fn terms(&self) -> Markup {
        Terms { shell: &self.shell, typed: &self.typed, wrong: &self.wrong }.fields()
    }
}

/// What came with a form of pictures.
struct Brought {
    typed: Typed,
    problem: Option<Problem>,
}

/// Reads the form: its fields, and each picture as it comes. At most one of them is held in memory, and of all forms at
/// once as many as there is room for. What is wrong with a picture is remembered, and the rest of the form is read.
async fn read(visit: &Visit, request: Request) -> Brought {
    let mut brought = Brought { typed: Typed::default(), problem: None };
    let read = async {
        let mut parts = match Multipart::from_request(request, &()).await {
            Ok(parts) => parts,
            Err(rejection) => {
                return Some(Problem::http(rejection.status(), "form_needed", rejection.body_text()));
            }
        };
        let mut room = FIELDS;
        loop {
            let field = match parts.next_field().await {
                Ok(Some(field)) => field,
                Ok(None) => return None,
                Err(error) => return Some(Problem::http(error.status(), "body_broken", error.body_text())),
            };
            let name = field.name().unwrap_or_default().to_owned();
            if name == "pictures" {
                if let Err(problem) = take_picture(visit, field, &mut brought).await {
                    return Some(problem);
                }
                continue;
            }
            match whole(field, room).await {
                Ok(Some(bytes)) => {
                    room -= bytes.len();
                    brought.typed.add(&name, String::from_utf8_lossy(&bytes).into_owned());
                }
                Ok(None) => {
                    let detail = "This form is too large.";
                    return Some(Problem::http(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail));
                }
                Err(problem) => return Some(problem),
            }
        }
    };
    let too_slow = Problem::http(
        StatusCode::REQUEST_TIMEOUT,
        "body_too_slow",
        "The pictures took too long. Send fewer, or try again on a better connection.",
    );
    let outcome = timeout(PATIENCE, read).await.unwrap_or(Some(too_slow));
    brought.problem = brought.problem.take().or(outcome);
    brought
}

/// Takes one picture of a form in. One that was brought stays chosen, whatever is wrong with the rest of the form.
async fn take_picture(visit: &Visit, field: Field<'_>, brought: &mut Brought) -> Result<(), Problem> {
    let _room = visit.site.shared.forms.acquire().await.map_err(|_| No::Busy(Busy::Closing))?;
    let bytes = whole(field, usize::try_from(MOST_BYTES).unwrap_or(0)).await?;
    let problem = match bytes {
        None => Refusal::PictureTooLarge { most_bytes: MOST_BYTES }.into(),
        // A field for files that was left empty.
        Some(bytes) if bytes.is_empty() => return Ok(()),
        Some(_) if chosen_pictures(&brought.typed).len() >= MOST_PICTURES => {
            Refusal::TooManyPictures { most: i64::try_from(MOST_PICTURES).unwrap_or(i64::MAX) }.into()
        }
        Some(bytes) => match visit.site.market.add_picture(visit.asker.caller(), bytes).await {
            Ok(picture) => {
                brought.typed.add("picture", picture.picture.to_string());
                return Ok(());
            }
            Err(no) => Problem::from(no),
        },
    };
    brought.problem.get_or_insert(problem);
    Ok(())
}

/// A field's bytes; nothing when there are more than that. It is read to its end either way, so that the next one can be.
async fn whole(mut field: Field<'_>, most: usize) -> Result<Option<Vec<u8>>, Problem> {
    let (mut bytes, mut fits) = (Vec::new(), true);
    while let Some(piece) = field
        .chunk()
        .await
        .map_err(|error| Problem::http(error.status(), "body_broken", error.body_text()))?
    {
        fits &= bytes.len() + piece.len() <= most;
        if fits {
            bytes.extend_from_slice(&piece);
        } else {
            bytes = Vec::new();
        }
    }
    Ok(fits.then_some(bytes))
}

async fn page(visit: &Visit, listing: Option<ListingId>, typed: Typed, wrong: Wrong) -> Result<Page, Failed> {
    let mut points = visit.ask(|view| view.pickup_points()).await?;
    points.retain(|desk| desk.point.closed_at.is_none());
    let pictures = chosen_pictures(&typed);
    Ok(Page {
        shell: visit.shell.clone(),
        typed,
        wrong,
        listing,
        pictures,
        categories: Category::ALL,
        conditions: Condition::ALL,
        points,
        most: MOST_PICTURES,
    })
}

/// An empty form.
///
/// # Errors
///
/// The way to the login for a visitor.
pub async fn form(visit: Visit) -> Result<Response, Failed> {
    visit.me()?;
    let typed = Typed::of([("condition", "good".to_owned()), ("currency", "USD".to_owned())]);
    visit.page(&page(&visit, None, typed, Wrong::default()).await?)
}

/// The form with what the listing says now.
///
/// # Errors
///
/// When it is not the asker's, or sold.
pub async fn edit(visit: Visit, Path(id): Path<String>) -> Result<Response, Failed> {
    let listing = named(&visit, &id)?;
    let me = visit.me()?.account.id;
    let view = visit.ask(move |view| view.listing(listing)).await?;
    let store = view.store.as_ref().map(|card| card.store);
    let serves = match store {
        Some(store) => visit.ask(|view| view.my_stores()).await?.iter().any(|card| card.store == store),
        None => false,
    };
    if view.seller.id != me && !serves {
        return Err(visit.fail(Problem::from(Refusal::NotYours)));
    }
    if view.state == ListingState::Sold && store.is_none() {
        return Err(visit.fail(Problem::from(Refusal::ListingSold)));
    }
    let page = page(&visit, Some(listing), said(&view), Wrong::default()).await?;
    visit.page(&page)
}

/// What a listing says, as it was typed.
fn said(listing: &ListingView) -> Typed {
    let mut typed = Typed::of([
        ("title", listing.title.clone()),
        ("description", listing.description.clone()),
        ("price", plain(listing.price)),
        ("currency", listing.price.currency.code().to_owned()),
        ("category", listing.category.name().to_owned()),
        ("condition", listing.condition.name().to_owned()),
        ("pickup_point", listing.pickup_point.id.to_string()),
    ]);
    for picture in &listing.pictures {
        typed.add("picture", picture.picture.to_string());
    }
    typed
}

/// A price as it is typed, without its currency.
pub(super) fn plain(money: Money) -> String {
    money.to_string().split(' ').next().unwrap_or_default().to_owned()
}

fn price(typed: &Typed) -> Result<Price, Refusal> {
    Price::parse(typed.get("price"), Currency::parse(typed.get("currency"))?)
}

/// Which pickup point a form names; the market's first one when it names none.
fn point(typed: &Typed) -> Option<auboutique_domain::id::PickupPointId> {
    typed.some("pickup_point").and_then(|id| auboutique_domain::id::PickupPointId::parse(id).ok())
}

fn draft(typed: &Typed, price: Price) -> Result<ListingDraft, Refusal> {
    let draft = ListingDraft::new(
        typed.get("title"),
        typed.get("description"),
        price,
        Category::parse(typed.get("category"))?,
        Condition::parse(typed.get("condition"))?,
        point(typed),
    )?;
    draft.with_pictures(chosen_pictures(typed))
}

/// Whether it shall be put up for auction.
fn at_auction(typed: &Typed) -> bool {
    typed.is("way", "auction")
}

/// What is offered, at a fixed price or at auction.
fn offered(typed: &Typed, points: &[Desk]) -> Result<Command, Mistake> {
    let anywhere = |refusal| (refusal, "");
    if !at_auction(typed) {
        let draft = price(typed).and_then(|price| draft(typed, price)).map_err(anywhere)?;
        return Ok(Command::AddListing { draft });
    }
    let lot = Lot::New(draft(typed, worth(typed)?).map_err(anywhere)?);
    let zone = zone_of(points, typed.get("pickup_point"));
    Ok(Command::OpenAuction { lot, draft: terms(typed, &zone)? })
}

fn changes(listing: ListingId, typed: &Typed) -> Result<Command, Refusal> {
    let texts = (Some(typed.get("title")), Some(typed.get("description")));
    let mut changes =
        ListingChanges::default().texts(texts.0, texts.1)?.pictures(Some(chosen_pictures(typed)))?;
    changes.price = Some(price(typed)?);
    changes.category = Some(Category::parse(typed.get("category"))?);
    changes.condition = Some(Condition::parse(typed.get("condition"))?);
    changes.pickup_point = point(typed);
    Ok(Command::EditListing { listing, changes })
}

/// Offers the thing.
///
/// # Errors
///
/// The form again, with everything that was typed and brought.
pub async fn add(State(site): State<Site>, request: Request) -> Result<Response, Response> {
    submit(&site, None, request).await
}

/// Says something else of it.
///
/// # Errors
///
/// As [`add`].
pub async fn change(
    State(site): State<Site>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Response> {
    submit(&site, Some(id), request).await
}

async fn submit(site: &Site, id: Option<String>, request: Request) -> Result<Response, Response> {
    let (mut parts, body) = request.into_parts();
    let visit = Visit::from_request_parts(&mut parts, site).await?;
    let request = Request::from_parts(parts, body);
    take(&visit, id, request).await.map_err(IntoResponse::into_response)
}

/// What came with a form of pictures, and what is wrong with it. A visitor's pictures are not even read.
pub(super) async fn brought(visit: &Visit, request: Request) -> Result<(Typed, Option<Problem>), Failed> {
    visit.me()?;
    if media_type(request.headers()) != "multipart/form-data" {
        let problem =
            Problem::http(StatusCode::UNSUPPORTED_MEDIA_TYPE, "form_needed", "Send the form of this page.");
        return Err(visit.fail(problem));
    }
    let Brought { typed, problem } = read(visit, request).await;
    Ok((typed, problem))
}

async fn take(visit: &Visit, id: Option<String>, request: Request) -> Result<Response, Failed> {
    let listing = id.map(|id| named(visit, &id)).transpose()?;
    let (typed, problem) = brought(visit, request).await?;
    let points = if at_auction(&typed) { visit.ask(|view| view.pickup_points()).await? } else { Vec::new() };
    let command = match (problem, listing) {
        (Some(problem), _) => Err((problem, "")),
        (None, Some(listing)) => changes(listing, &typed).map_err(|refusal| (refusal.into(), "")),
        (None, None) => offered(&typed, &points).map_err(|(refusal, field)| (refusal.into(), field)),
    };
    let (outcome, field) = match command {
        Ok(command) => (visit.run_once(&typed, command).await.map_err(Problem::from), ""),
        Err((problem, field)) => (Err(problem), field),
    };
    match outcome {
        Ok(Reply::Auction(view)) => Ok(visit.go(&format!("/auctions/{}?done=auction-opened", view.auction))),
        Ok(Reply::Listing(view)) => {
            let done = if listing.is_some() { "edited" } else { "listed" };
            Ok(visit.go(&format!("/listings/{}?done={done}", view.listing)))
        }
        Ok(_) => Ok(visit.go("/selling")),
        Err(problem) if matches!(problem.status().as_u16(), 401 | 404 | 500) => Err(visit.fail(problem)),
        Err(problem) => {
            let wrong = Wrong::because(&visit.shell, &problem).in_field(field);
            let page = page(visit, listing, typed, wrong).await?;
            visit.page_with(problem.status(), &page)
        }
    }
}
