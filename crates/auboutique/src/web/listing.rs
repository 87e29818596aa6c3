//! Listings: looking for them, looking at one, buying it, and what its owner does with it.

use askama::Template;
use auboutique_domain::id::{ListingId, PictureId};
use auboutique_domain::listing::{Browse, Category, Condition, ListingState, ListingView, PriceRange, Sort};
use auboutique_domain::money::{Currency, Price};
use auboutique_domain::presence::PresenceView;
use auboutique_domain::text::Search;
use auboutique_domain::{Command, Refusal, Reply, picture};
use auboutique_market::{No, View};
use axum::Extension;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::error::Failed;
use super::form::{Form, Typed, Wrong};
use super::store::face;
use super::visit::{Shell, Visit};
use crate::http::kept::Offers;
use crate::http::problem::Problem;

/// How many cards a page has.
const CARDS: i64 = 24;

// ---- looking for something ----

#[derive(Template)]
#[template(path = "browse.html")]
struct Shelf {
    shell: Shell,
    typed: Typed,
    wrong: Wrong,
    categories: &'static [Category],
    conditions: &'static [Condition],
    sorts: &'static [Sort],
    chosen: Option<Category>,
    rows: Vec<ListingView>,
    more: Option<String>,
}

impl Shelf {
    /// The address of the same page with another category.
    fn with_category(&self, category: Option<&Category>) -> String {
        let mut fields = self.typed.clone();
        fields.set("category", category.map_or("", |category| category.name()));
        fields.remove("after");
        format!("/browse?{}", fields.address())
    }

    /// Whether anything but the words and the category narrows the page.
    fn is_narrowed(&self) -> bool {
        ["condition", "currency", "least", "most"].iter().any(|name| self.typed.some(name).is_some())
            || self.typed.some("sort").is_some_and(|sort| sort != "newest")
    }
}

/// What is looked for by these words. Nothing but signs is no word: people are still typing.
fn words(text: &str) -> Result<Option<Search>, Refusal> {
    if !text.chars().any(char::is_alphanumeric) {
        return Ok(None);
    }
    Search::parse(text).map(Some)
}

/// What somebody looks for, as they typed it. What is decided for them stands in the form afterwards.
fn wanted(typed: &mut Typed) -> Result<Browse, Refusal> {
    let currency = typed.some("currency").map(Currency::parse).transpose()?;
    let sort = typed.some("sort").map(Sort::parse).transpose()?.unwrap_or(Sort::Newest);
    let bounds = typed.some("least").is_some() || typed.some("most").is_some();
    // Without a currency people mean the one that most prices here are in.
    let currency = currency.or_else(|| (bounds || sort != Sort::Newest).then_some(Currency::Usd));
    if let Some(currency) = currency {
        typed.set("currency", currency.code());
    }
    let bound = |name: &str| match (typed.some(name), currency) {
        (Some(text), Some(currency)) if text != "0" => {
            Price::parse(text, currency).map(|price| Some(price.money().minor))
        }
        _ => Ok(None),
    };
    let (least, most) = (bound("least")?, bound("most")?);
    Ok(Browse {
        search: words(typed.get("text"))?,
        category: typed.some("category").map(Category::parse).transpose()?,
        condition: typed.some("condition").map(Condition::parse).transpose()?,
        price: currency.map(|currency| PriceRange { currency, least, most }),
        sort,
    })
}

/// Shows what is on sale.
///
/// # Errors
///
/// For a page that is none.
pub async fn browse(visit: Visit) -> Result<Response, Failed> {
    let mut typed = Typed::parse(visit.query().as_bytes());
    let after = typed.some("after").map(str::to_owned);
    let browse = wanted(&mut typed);
    let chosen = browse.as_ref().ok().and_then(|browse| browse.category);
    let found = match browse {
        Ok(browse) => {
            let ask = move |view: &mut View<'_>| view.browse(&browse, after.as_deref(), Some(CARDS));
            visit.site.market.ask(visit.asker.caller(), ask).await
        }
        Err(refusal) => Err(refusal.into()),
    };
    let (page, wrong) = match found {
        Ok(page) => (Some(page), Wrong::default()),
        Err(no @ No::Refused(Refusal::NotFound { .. })) => return Err(visit.fail(no)),
        Err(no @ No::Refused(_)) => (None, Wrong::because(&visit.shell, &no.into())),
        Err(no) => return Err(visit.fail(no)),
    };
    let (rows, next) = page.map_or((Vec::new(), None), |page| (page.rows, page.next));
    let more = next.map(|next| {
        let mut fields = typed.clone();
        fields.set("after", &next);
        format!("/browse?{}", fields.address())
    });
    let status = if wrong.is_any() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Shelf {
        shell: visit.shell.clone(),
        wrong,
        categories: Category::ALL,
        conditions: Condition::ALL,
        sorts: Sort::ALL,
        chosen,
        rows,
        more,
        typed,
    };
    visit.page_with(status, &page)
}

// ---- looking at one ----

#[derive(Template)]
#[template(path = "listing.html")]
struct One {
    shell: Shell,
    listing: ListingView,
    /// What the store looks like that sells it.
    store_picture: Option<picture::PictureView>,
    seller: Option<PresenceView>,
    others: Vec<ListingView>,
    /// The other forms of the same product, and this one.
    variants: Vec<ListingView>,
    is_mine: bool,
    /// How many copies were asked for.
    quantity: String,
    wrong: Wrong,
}

/// The listing an address names.
pub(super) fn named(visit: &Visit, id: &str) -> Result<ListingId, Failed> {
    ListingId::parse(id).map_err(|_| visit.fail(Problem::from(Refusal::not_found("listing"))))
}

async fn one(visit: &Visit, id: ListingId, wrong: Wrong) -> Result<One, Failed> {
    let signed_in = visit.shell.me.is_some();
    let (listing, store_picture, seller, others, variants, serves) = visit
        .ask(move |view| {
            let listing = view.listing(id)?;
            let username = listing.seller.username.as_str().to_owned();
            let mut others = view.listings_of(&username, None, Some(9))?.rows;
            others.retain(|other| other.listing != id && other.state == ListingState::OnSale);
            others.truncate(6);
            let seller = if signed_in { view.presence(&[username])?.pop() } else { None };
            let variants = match listing.product {
                Some(product) => view.variants(product, None, Some(100))?.rows,
                None => Vec::new(),
            };
            let store = listing.store.as_ref().map(|card| card.store);
            let serves = signed_in
                && store.is_some()
                && view.my_stores()?.iter().any(|card| Some(card.store) == store);
            others.retain(|other| other.product.is_none() || other.product != listing.product);
            let store_picture = match &listing.store {
                Some(card) => view.store(&card.handle)?.picture,
                None => None,
            };
            Ok((listing, store_picture, seller, others, variants, serves))
        })
        .await?;
    let is_mine = serves || visit.shell.me.as_ref().is_some_and(|me| me.account.id == listing.seller.id);
    let quantity = "1".to_owned();
    let shell = visit.shell.clone();
    Ok(One { shell, listing, store_picture, seller, others, variants, is_mine, quantity, wrong })
}

/// Shows a listing.
///
/// # Errors
///
/// When there is none for these eyes.
pub async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response, Failed> {
    let page = one(&visit, named(&visit, &id)?, Wrong::default()).await?;
    let offers = Extension(Offers(page.listing.seller.id));
    Ok((offers, visit.page(&page)?).into_response())
}

/// Buys it, at the price that was shown.
///
/// # Errors
///
/// When it cannot be bought the listing is shown again, as it is now.
pub async fn buy(Path(id): Path<String>, Form(visit, typed): Form) -> Result<Response, Failed> {
    let listing = named(&visit, &id)?;
    visit.me()?;
    let minor = typed.get("minor").parse::<i64>().unwrap_or(0);
    let quantity = typed.some("quantity").map_or(1, |text| text.parse::<i64>().unwrap_or(0));
    let command =
        match Currency::parse(typed.get("currency")).and_then(|currency| Price::new(minor, currency)) {
            Ok(price) => Command::BuyListing { listing, price: price.money(), quantity },
            Err(refusal) => return Err(visit.fail(Problem::from(refusal))),
        };
    match visit.run_once(&typed, command).await {
        Ok(Reply::Order(order)) => Ok(visit.go(&format!("/orders/{}?done=bought", order.order))),
        Ok(_) => Ok(visit.go("/orders")),
        Err(no) => refused(&visit, listing, &typed, no).await,
    }
}

/// Shows a listing that could not be bought, or put into the cart, as it is now and with the reason.
pub(super) async fn refused(
    visit: &Visit,
    listing: ListingId,
    typed: &Typed,
    no: No,
) -> Result<Response, Failed> {
    match no {
        no @ No::Refused(Refusal::SignInNeeded | Refusal::SessionEnded | Refusal::NotFound { .. }) => {
            Err(visit.fail(no))
        }
        no @ (No::Refused(_) | No::Busy(_)) => {
            let problem = Problem::from(no);
            let page = one(visit, listing, Wrong::because(&visit.shell, &problem)).await;
            // What was just taken off the market can no longer be shown; why it was not bought can.
            let mut page = page.map_err(|_| visit.fail(problem.clone()))?;
            typed.some("quantity").unwrap_or("1").clone_into(&mut page.quantity);
            visit.page_with(problem.status(), &page)
        }
        no => Err(visit.fail(no)),
    }
}

/// Takes it off the market.
///
/// # Errors
///
/// When it cannot be, with the reason.
pub async fn withdraw(Path(id): Path<String>, Form(visit, _): Form) -> Result<Response, Failed> {
    let listing = named(&visit, &id)?;
    visit.run(Command::WithdrawListing { listing }).await.map_err(|no| visit.fail(no))?;
    Ok(visit.go(&format!("/listings/{listing}?done=withdrawn")))
}

/// Puts it back.
///
/// # Errors
///
/// When it cannot be, with the reason.
pub async fn publish(Path(id): Path<String>, Form(visit, _): Form) -> Result<Response, Failed> {
    let listing = named(&visit, &id)?;
    visit.run(Command::PublishListing { listing }).await.map_err(|no| visit.fail(no))?;
    Ok(visit.go(&format!("/listings/{listing}?done=published")))
}

/// How many pictures one can have, for the pages that offer to bring some.
pub(super) const MOST_PICTURES: usize = picture::MOST_PER_LISTING;

/// The pictures that are chosen already, as a form names them.
pub(super) fn chosen_pictures(typed: &Typed) -> Vec<PictureId> {
    let dropped = typed.all("drop");
    let kept = typed.all("picture").iter().filter(|id| !dropped.contains(id));
    kept.filter_map(|id| PictureId::parse(id).ok()).collect()
}
