//! The cart: what a buyer has gathered, who sells it, what it costs, and the way to check out.

use askama::Template;
use auboutique_domain::cart::{CartLineView, CartView};
use auboutique_domain::checkout::CheckoutView;
use auboutique_domain::id::ListingId;
use auboutique_domain::money::{Currency, Money};
use auboutique_domain::{Command, Refusal, Reply};
use auboutique_market::No;
use axum::extract::Path;
use axum::response::Response;

use super::error::Failed;
use super::form::{Form, Sent, Typed, Wrong};
use super::listing::refused;
use super::visit::{Shell, Visit};
use crate::http::problem::Problem;

/// What would make a line one that can be bought.
enum Remedy {
    /// To take the price as it is now.
    Price,
    /// To take so many copies.
    Copies(i64),
}

/// A line, with what is wrong with it in the language of the page.
struct Line {
    line: CartLineView,
    said: Option<String>,
    remedy: Option<Remedy>,
}

impl Line {
    fn new(shell: &Shell, line: CartLineView) -> Self {
        let refusal = line.problem.as_ref().and_then(|problem| problem.refusal.as_ref());
        let said = line.problem.as_ref().map(|problem| match refusal {
            Some(Refusal::PriceChanged { .. }) => {
                shell.l.t1("cart-price-changed", "price", shell.l.money(line.listing.price))
            }
            Some(refusal) => shell.l.refusal(refusal),
            None => problem.message.clone(),
        });
        let remedy = match refusal {
            Some(Refusal::PriceChanged { .. }) => Some(Remedy::Price),
            Some(Refusal::StockShort { available } | Refusal::Held { available, .. }) => {
                Some(Remedy::Copies(*available)).filter(|_| *available > 0)
            }
            Some(Refusal::QuantityLimit { most }) => Some(Remedy::Copies(*most)),
            _ => None,
        };
        Self { line, said, remedy }
    }

    /// The name of the form that says how many copies there shall be.
    fn form(&self) -> String {
        form_of(self.line.listing.listing)
    }

    /// How many copies, as a field holds it.
    fn quantity(&self) -> String {
        self.line.quantity.to_string()
    }

    /// What one copy cost when it was put there, if that is another price.
    fn was(&self) -> Option<Money> {
        Some(self.line.seen).filter(|seen| *seen != self.line.listing.price)
    }
}

fn form_of(listing: ListingId) -> String {
    format!("change-{listing}")
}

/// The lines of one seller: what becomes an order, or several where an order cannot hold all of it.
struct Group {
    /// A store, or a member.
    name: String,
    way: String,
    lines: Vec<Line>,
}

/// The lines by who sells, in the order of the cart.
fn groups(shell: &Shell, cart: CartView) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for line in cart.lines {
        let (name, way) = match &line.listing.store {
            Some(store) => (store.name.clone(), format!("/stores/{}", store.handle)),
            None => (line.listing.seller.name.clone(), format!("/members/{}", line.listing.seller.username)),
        };
        let line = Line::new(shell, line);
        match groups.iter_mut().find(|group| group.way == way) {
            Some(group) => group.lines.push(line),
            None => groups.push(Group { name, way, lines: vec![line] }),
        }
    }
    groups
}

#[derive(Template)]
#[template(path = "cart.html")]
struct Page {
    shell: Shell,
    groups: Vec<Group>,
    /// What it costs now, one total per currency.
    totals: Vec<Money>,
    /// What is set aside already.
    open: Option<CheckoutView>,
    sent: Sent,
}

impl Page {
    /// The ids of everything in the cart: what happens to any of it changes the page.
    fn about(&self) -> String {
        let lines = self.groups.iter().flat_map(|group| &group.lines);
        lines.map(|line| format!(" {}", line.line.listing.listing)).collect()
    }

    /// What is wrong with no line of its own.
    fn beyond(&self) -> Option<&str> {
        let placed = self.groups.iter().flat_map(|group| &group.lines).any(|line| self.sent.is(&line.form()));
        self.sent.wrong.any().filter(|_| !placed)
    }
}

async fn page(visit: &Visit, sent: Sent) -> Result<Page, Failed> {
    visit.me()?;
    let (cart, open) = visit.ask(|view| Ok((view.cart()?, view.open_checkout()?))).await?;
    let mut shell = visit.shell.clone();
    // What was just done may have changed it.
    shell.cart = i64::try_from(cart.lines.len()).unwrap_or(shell.cart);
    let totals = cart.totals.clone();
    let groups = groups(&shell, cart);
    Ok(Page { shell, groups, totals, open, sent })
}

/// Shows it.
///
/// # Errors
///
/// The way to the login for a visitor.
pub async fn show(visit: Visit) -> Result<Response, Failed> {
    let page = page(&visit, Sent::default()).await?;
    visit.page(&page)
}

fn copies(typed: &Typed) -> i64 {
    // What is no whole number is no number of copies.
    typed.some("quantity").map_or(1, |text| text.parse().unwrap_or(0))
}

/// Puts copies of a listing into the cart.
///
/// # Errors
///
/// When they cannot be had the listing is shown again, with the reason.
pub async fn add(Path(id): Path<String>, Form(visit, typed): Form) -> Result<Response, Failed> {
    let listing = super::listing::named(&visit, &id)?;
    visit.me()?;
    match visit.run_once(&typed, Command::AddToCart { listing, quantity: copies(&typed) }).await {
        Ok(_) => Ok(visit.go(&format!("/listings/{listing}?done=in-cart"))),
        Err(no) => refused(&visit, listing, &typed, no).await,
    }
}

/// The totals that stood on the page, as it writes them: the currency and the minor units.
fn seen(typed: &Typed) -> Vec<Money> {
    let total = |text: &String| {
        let (currency, minor) = text.split_once(' ')?;
        Some(Money::new(minor.parse().ok()?, Currency::parse(currency).ok()?))
    };
    typed.all("total").iter().filter_map(total).collect()
}

fn command(verb: &str, typed: &Typed) -> Result<Option<Command>, Refusal> {
    let listing = || ListingId::parse(typed.get("listing")).map_err(|_| Refusal::not_found("listing"));
    Ok(Some(match verb {
        "change" => Command::ChangeCart { listing: listing()?, quantity: copies(typed) },
        "remove" => Command::RemoveFromCart { listing: listing()? },
        "checkout" => Command::PrepareCheckout { totals: seen(typed) },
        _ => return Ok(None),
    }))
}

/// Says how many copies there shall be, takes a line out, or sets everything aside.
///
/// # Errors
///
/// The page again, as it is now, with the reason beside the line it is about.
pub async fn act(Path(verb): Path<String>, Form(visit, typed): Form) -> Result<Response, Failed> {
    visit.me()?;
    let outcome = match command(&verb, &typed) {
        Ok(Some(command)) => visit.run_once(&typed, command).await,
        Ok(None) => return Err(visit.fail(Problem::no_route())),
        Err(refusal) => Err(refusal.into()),
    };
    match outcome {
        Ok(Reply::Checkout(checkout)) => Ok(visit.go(&format!("/checkout/{}", checkout.checkout))),
        // Taken out in another window: it is gone, as was wanted.
        Err(No::Refused(Refusal::NotFound { .. })) if verb == "remove" => Ok(visit.go("/cart")),
        Ok(_) => Ok(visit.go("/cart")),
        Err(no @ No::Broken(_)) => Err(visit.fail(no)),
        Err(no) => {
            let problem = Problem::from(no);
            let wrong = Wrong::because(&visit.shell, &problem);
            let form = match ListingId::parse(typed.get("listing")) {
                Ok(listing) if verb == "change" => form_of(listing),
                _ => verb,
            };
            let page = page(&visit, Sent { form, typed, wrong }).await?;
            visit.page_with(problem.status(), &page)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_totals_of_a_page_are_read_as_they_were_written_and_nothing_else_is_one() {
        let typed = Typed::parse(b"total=USD+3751&total=LBP+100000&total=EUR+5&total=USD&total=USD+x");
        assert_eq!(seen(&typed), [Money::new(3_751, Currency::Usd), Money::new(100_000, Currency::Lbp)]);
    }
}
