//! The home page: what is new, and where to look.

use askama::Template;
use auboutique_domain::listing::{Browse, Category, ListingState, ListingView};
use axum::response::Response;

use super::error::Failed;
use super::visit::{Shell, Visit};

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    shell: Shell,
    categories: &'static [Category],
    newest: Vec<ListingView>,
}

/// Shows it.
///
/// # Errors
///
/// When the market cannot be read.
pub async fn home(visit: Visit) -> Result<Response, Failed> {
    let newest = visit.ask(|view| view.browse(&Browse::default(), None, Some(24))).await?.rows;
    visit.page(&Home { shell: visit.shell.clone(), categories: Category::ALL, newest })
}
