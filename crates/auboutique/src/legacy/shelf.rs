//! What is on sale, as older programs show it: by number and name, at a price that is a float.

use std::borrow::Cow;
use std::collections::HashMap;

use auboutique_domain::id::MemberId;
use auboutique_domain::legacy::LegacyWire;
use auboutique_domain::listing::{Category, Condition, ListingDraft, ListingState, ListingView};
use auboutique_domain::member::MemberCard;
use auboutique_domain::{Refusal, text};
use auboutique_market::{No, View};
use auboutique_wire::legacy::price;

/// How many listings are looked at. More rows never fit into one message.
const ROWS: i64 = 60;
/// How many pages of a member's listings are looked through for those on sale.
const PAGES: usize = 10;
/// What stands behind a name when the price is in pounds.
const POUNDS: &str = " (LBP)";

/// The least letters a title has on the market, and what stands behind a name of fewer: older programs know no least.
const LEAST_TITLE: usize = 3;
const PADDING: &str = " ··";

/// What a name from an older program is as a title.
pub(super) fn title(name: &str) -> Cow<'_, str> {
    let name = name.trim();
    let is_short = (1..LEAST_TITLE).contains(&name.chars().count());
    if is_short { format!("{name}{PADDING}").into() } else { name.into() }
}

/// What a title is called in older programs.
pub(super) fn called(title: &str) -> &str {
    title.strip_suffix(PADDING).unwrap_or(title)
}

/// Something that is or was on sale.
pub(super) struct Offered {
    pub(super) number: i64,
    /// What it is, and the currency if it is not the usual one.
    pub(super) name: String,
    /// What its seller is called on the wire.
    pub(super) seller: String,
    pub(super) price: f64,
    pub(super) listing: ListingView,
}

impl Offered {
    /// Whether it can be bought.
    pub(super) fn is_on_sale(&self) -> bool {
        self.listing.state == ListingState::OnSale
    }
}

/// The names of members on a wire, each looked up once.
pub(super) struct Names {
    wire: LegacyWire,
    known: HashMap<MemberId, String>,
}

impl Names {
    pub(super) fn on(wire: LegacyWire) -> Self {
        Self { wire, known: HashMap::new() }
    }

    pub(super) fn of(&mut self, view: &mut View<'_>, member: &MemberCard) -> Result<String, No> {
        if let Some(name) = self.known.get(&member.id) {
            return Ok(name.clone());
        }
        let name = view.name_over(self.wire, member)?;
        self.known.insert(member.id, name.clone());
        Ok(name)
    }
}

/// In the order of their numbers, out of newest first.
fn offered(view: &mut View<'_>, wire: LegacyWire, rows: Vec<(i64, ListingView)>) -> Result<Vec<Offered>, No> {
    let mut names = Names::on(wire);
    let mut offered = Vec::new();
    for (number, listing) in rows.into_iter().rev() {
        let (price, currency) = price::shown(listing.price);
        let name = format!("{}{currency}", called(&listing.title));
        let seller = names.of(view, &listing.seller)?;
        offered.push(Offered { number, name, seller, price, listing });
    }
    Ok(offered)
}

/// What is on sale, the newest of it.
pub(super) fn newest(view: &mut View<'_>, wire: LegacyWire) -> Result<Vec<Offered>, No> {
    let rows = view.newest_numbered(ROWS)?;
    offered(view, wire, rows)
}

/// What is on sale and has that in its name, the newest of it.
pub(super) fn with_in_name(view: &mut View<'_>, wire: LegacyWire, part: &str) -> Result<Vec<Offered>, No> {
    let rows = view.titled_like(part, ROWS)?;
    offered(view, wire, rows)
}

/// What a member has on sale, the newest of it; and what they sold, if that is wanted.
pub(super) fn of(
    view: &mut View<'_>,
    wire: LegacyWire,
    seller: &MemberCard,
    sold: bool,
) -> Result<Vec<Offered>, No> {
    let mut rows = Vec::new();
    let mut below = i64::MAX;
    for _ in 0..PAGES {
        let page = view.numbered_of(seller.id, below, ROWS)?;
        let Some(&(last, _)) = page.last() else { break };
        below = last;
        rows.extend(page.into_iter().filter(|(_, row)| sold || row.state == ListingState::OnSale));
        if i64::try_from(rows.len()).is_ok_and(|count| count >= ROWS) {
            break;
        }
    }
    offered(view, wire, rows)
}

/// What has that name as older programs show it: first what is on sale, and of it the oldest.
pub(super) fn named(view: &mut View<'_>, name: &str) -> Result<Vec<ListingView>, No> {
    let name = text::line("title", name, 1, 200).unwrap_or_default();
    let mut rows = view.titled(&title(&name), ROWS)?;
    if let (true, Some(name)) = (rows.is_empty(), name.strip_suffix(POUNDS)) {
        rows = view.titled(&title(name), ROWS)?;
    }
    Ok(rows.into_iter().map(|(_, listing)| listing).collect())
}

/// What a seller says of a thing. Older programs know no shelves, and do not say how worn it is.
pub(super) fn draft(name: &str, price: &str, description: &str) -> Result<ListingDraft, Refusal> {
    let price = price::read(price)?;
    ListingDraft::new(&title(name), description, price, Category::Other, Condition::Good, None)
}
