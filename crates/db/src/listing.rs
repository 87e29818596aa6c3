//! Listings, their stock movements, and the search index over their words.

use auboutique_domain::id::{AuctionId, CheckoutId, ListingId, MemberId, MovementId, OrderId, StoreId};
use auboutique_domain::listing::{
    Beside, Browse, Category, Condition, Listing, ListingView, MOST_SORTED, Movement, OwnListing,
    PickupPointName, PriceRange, Sort, Stocked,
};
use auboutique_domain::money::Price;
use auboutique_domain::text::fold;
use auboutique_domain::time::Moment;

use crate::dialect::Connection;
use crate::error::DbError;
use crate::member::{read_card, read_card_or_null};
use crate::params;
use crate::plant::is_planted;
use crate::row::Row;
use crate::store::read_store_card;

macro_rules! listing_columns {
    () => {
        "l.id, l.number, l.seller_id, l.title, l.description, l.price, l.currency, l.category, l.condition,
         l.pickup_point_id, l.on_hand, l.committed, l.published_at, l.withdrawn_at, l.sold_at, l.version, l.pictures,
         l.store_id, l.product_id, l.label, l.sku, l.low_stock, l.unshelved_at, l.auction_id"
    };
}
pub(crate) use listing_columns;

/// A listing with what everybody sees beside it: its seller, its store and the name of its pickup point.
macro_rules! view {
    ($from:literal, $rest:literal) => {
        concat!("SELECT ", listing_columns!(), ", m.id, m.username, m.name, p.name, t.id, t.name, t.handle ", $from,
            "LEFT JOIN stores t ON t.id = l.store_id ", $rest)
    };
    ($rest:literal) => {
        view!(
            "FROM listings l JOIN members m ON m.id = l.seller_id JOIN pickup_points p ON p.id = l.pickup_point_id ",
            $rest
        )
    };
}

const BY_ID: &str = concat!("SELECT ", listing_columns!(), " FROM listings l WHERE l.id = $1");
const VIEW: &str = view!("WHERE l.id = $1");
const NEWEST: &str = view!(
    "WHERE l.sold_at IS NULL AND l.withdrawn_at IS NULL AND l.unshelved_at IS NULL AND l.number < $1 ORDER BY l.number DESC LIMIT $2"
);
const IN_CATEGORY: &str = view!(
    "WHERE l.category = $1 AND l.sold_at IS NULL AND l.withdrawn_at IS NULL AND l.unshelved_at IS NULL AND l.number < $2
     ORDER BY l.number DESC LIMIT $3"
);
// Where something is asked of condition or price: $1 and $2 are the condition and the currency or '' for any, $3 and $4 the
// lowest and the highest price. What does not fit is stepped over on the way from the newest down.
const NEWEST_SIFTED: &str = view!(
    "WHERE l.sold_at IS NULL AND l.withdrawn_at IS NULL AND l.unshelved_at IS NULL AND ($1 = '' OR l.condition = $1)
     AND ($2 = '' OR l.currency = $2) AND l.price BETWEEN $3 AND $4 AND l.number < $5
     ORDER BY l.number DESC LIMIT $6"
);
const IN_CATEGORY_SIFTED: &str = view!(
    "WHERE l.sold_at IS NULL AND l.withdrawn_at IS NULL AND l.unshelved_at IS NULL AND ($1 = '' OR l.condition = $1)
     AND ($2 = '' OR l.currency = $2) AND l.price BETWEEN $3 AND $4 AND l.number < $5 AND l.category = $7
     ORDER BY l.number DESC LIMIT $6"
);
// In the order of prices. The bound where a page begins is in its cursor, $4 and $5; the one where all of them end is $3.
const CHEAPEST: &str = view!(
    "WHERE l.sold_at IS NULL AND l.withdrawn_at IS NULL AND l.unshelved_at IS NULL AND ($1 = '' OR l.condition = $1) AND l.currency = $2
     AND l.price <= $3 AND (l.price, l.number) > ($4, $5) ORDER BY l.price, l.number LIMIT $6"
);
const CHEAPEST_IN_CATEGORY: &str = view!(
    "WHERE l.sold_at IS NULL AND l.withdrawn_at IS NULL AND l.unshelved_at IS NULL AND ($1 = '' OR l.condition = $1) AND l.currency = $2
     AND l.price <= $3 AND (l.price, l.number) > ($4, $5) AND l.category = $7 ORDER BY l.price, l.number LIMIT $6"
);
const DEAREST: &str = view!(
    "WHERE l.sold_at IS NULL AND l.withdrawn_at IS NULL AND l.unshelved_at IS NULL AND ($1 = '' OR l.condition = $1) AND l.currency = $2
     AND l.price >= $3 AND (l.price, l.number) < ($4, $5) ORDER BY l.price DESC, l.number DESC LIMIT $6"
);
const DEAREST_IN_CATEGORY: &str = view!(
    "WHERE l.sold_at IS NULL AND l.withdrawn_at IS NULL AND l.unshelved_at IS NULL AND ($1 = '' OR l.condition = $1) AND l.currency = $2
     AND l.price >= $3 AND (l.price, l.number) < ($4, $5) AND l.category = $7
     ORDER BY l.price DESC, l.number DESC LIMIT $6"
);
const BY_SELLER: &str = view!(
    "WHERE l.seller_id = $1 AND l.withdrawn_at IS NULL AND l.unshelved_at IS NULL AND l.number < $2 ORDER BY l.number DESC LIMIT $3"
);
// What is still to be had comes first.
const TITLED: &str = view!(
    "WHERE l.title = $1 AND l.withdrawn_at IS NULL AND l.unshelved_at IS NULL ORDER BY l.sold_at IS NOT NULL, l.number LIMIT $2"
);
const TITLED_LIKE: &str = view!(
    "WHERE lower(l.title) LIKE $1 ESCAPE '\\' AND l.sold_at IS NULL AND l.withdrawn_at IS NULL AND l.unshelved_at IS NULL
     ORDER BY l.number DESC LIMIT $2"
);
const FOUND_SQLITE: &str = view!(
    "FROM listing_search s CROSS JOIN listings l ON l.number = s.rowid
     CROSS JOIN members m ON m.id = l.seller_id CROSS JOIN pickup_points p ON p.id = l.pickup_point_id ",
    "WHERE s.listing_search MATCH $1 AND s.rowid < $2 AND l.sold_at IS NULL AND l.withdrawn_at IS NULL AND l.unshelved_at IS NULL
     AND ($3 = '' OR l.category = $3) ORDER BY s.rowid DESC LIMIT $4"
);
const FOUND_POSTGRES: &str = view!(
    "FROM listing_search s JOIN listings l ON l.number = s.number
     JOIN members m ON m.id = l.seller_id JOIN pickup_points p ON p.id = l.pickup_point_id ",
    "WHERE s.words @@ to_tsquery('simple', $1) AND s.number < $2 AND l.sold_at IS NULL AND l.withdrawn_at IS NULL AND l.unshelved_at IS NULL
     AND ($3 = '' OR l.category = $3) ORDER BY s.number DESC LIMIT $4"
);
const FOUND_SIFTED_SQLITE: &str = view!(
    "FROM listing_search s CROSS JOIN listings l ON l.number = s.rowid
     CROSS JOIN members m ON m.id = l.seller_id CROSS JOIN pickup_points p ON p.id = l.pickup_point_id ",
    "WHERE s.listing_search MATCH $6 AND s.rowid < $5 AND l.sold_at IS NULL AND l.withdrawn_at IS NULL AND l.unshelved_at IS NULL
     AND ($7 = '' OR l.category = $7) AND ($1 = '' OR l.condition = $1) AND ($2 = '' OR l.currency = $2)
     AND l.price BETWEEN $3 AND $4 ORDER BY s.rowid DESC LIMIT $8"
);
const FOUND_SIFTED_POSTGRES: &str = view!(
    "FROM listing_search s JOIN listings l ON l.number = s.number
     JOIN members m ON m.id = l.seller_id JOIN pickup_points p ON p.id = l.pickup_point_id ",
    "WHERE s.words @@ to_tsquery('simple', $6) AND s.number < $5 AND l.sold_at IS NULL AND l.withdrawn_at IS NULL AND l.unshelved_at IS NULL
     AND ($7 = '' OR l.category = $7) AND ($1 = '' OR l.condition = $1) AND ($2 = '' OR l.currency = $2)
     AND l.price BETWEEN $3 AND $4 ORDER BY s.number DESC LIMIT $8"
);
// The newest of those that have the words, in the order of their prices: $9 is 1 for the cheapest first, -1 for the dearest,
// and the cursor, $10 and $11, is taken times it.
const FOUND_BY_PRICE_SQLITE: &str = view!(
    "FROM (SELECT s.rowid AS number FROM listing_search s CROSS JOIN listings l ON l.number = s.rowid
        WHERE s.listing_search MATCH $5 AND l.sold_at IS NULL AND l.withdrawn_at IS NULL AND l.unshelved_at IS NULL
        AND ($6 = '' OR l.category = $6) AND ($1 = '' OR l.condition = $1) AND l.currency = $2
        AND l.price BETWEEN $3 AND $4 ORDER BY s.rowid DESC LIMIT $7) f
     CROSS JOIN listings l ON l.number = f.number
     CROSS JOIN members m ON m.id = l.seller_id CROSS JOIN pickup_points p ON p.id = l.pickup_point_id ",
    "WHERE (l.price * $9, l.number * $9) > ($10, $11) ORDER BY l.price * $9, l.number * $9 LIMIT $8"
);
const FOUND_BY_PRICE_POSTGRES: &str = view!(
    "FROM (SELECT s.number FROM listing_search s JOIN listings l ON l.number = s.number
        WHERE s.words @@ to_tsquery('simple', $5) AND l.sold_at IS NULL AND l.withdrawn_at IS NULL AND l.unshelved_at IS NULL
        AND ($6 = '' OR l.category = $6) AND ($1 = '' OR l.condition = $1) AND l.currency = $2
        AND l.price BETWEEN $3 AND $4 ORDER BY s.number DESC LIMIT $7) f
     JOIN listings l ON l.number = f.number
     JOIN members m ON m.id = l.seller_id JOIN pickup_points p ON p.id = l.pickup_point_id ",
    "WHERE (l.price * $9, l.number * $9) > ($10, $11) ORDER BY l.price * $9, l.number * $9 LIMIT $8"
);
const OWN: &str = concat!(
    "SELECT ",
    listing_columns!(),
    ", m.id, m.username, m.name, p.name, NULL, NULL, NULL, o.id, b.id, b.username, b.name
     FROM listings l JOIN members m ON m.id = l.seller_id JOIN pickup_points p ON p.id = l.pickup_point_id
     LEFT JOIN order_lines i ON i.listing_id = l.id AND i.released_at IS NULL AND i.one_off = 1
     LEFT JOIN orders o ON o.id = i.order_id LEFT JOIN members b ON b.id = o.buyer_id
     WHERE l.seller_id = $1 AND l.store_id IS NULL AND l.number < $2 ORDER BY l.number DESC LIMIT $3"
);
const OF_PRODUCT: &str = view!("WHERE l.product_id = $1 ORDER BY l.number");
const OF_STORE: &str = view!(
    "WHERE l.store_id = $1 AND l.withdrawn_at IS NULL AND l.unshelved_at IS NULL AND l.number < $2
     ORDER BY l.number DESC LIMIT $3"
);
const STOCK: &str = view!("WHERE l.store_id = $1 AND l.number < $2 ORDER BY l.number DESC LIMIT $3");
const SHOWN: &str = view!(
    "WHERE l.store_id = $1 AND l.withdrawn_at IS NULL AND l.auction_id IS NULL ORDER BY l.number DESC LIMIT $2"
);
const WITH_SKU: &str = "SELECT id FROM listings WHERE store_id = $1 AND sku = $2";
const ON_SALE: &str = "SELECT COUNT(*) FROM listings
    WHERE seller_id = $1 AND sold_at IS NULL AND withdrawn_at IS NULL";
const LAST_NUMBER: &str = "SELECT COALESCE(MAX(number), 0) FROM listings";
const INSERT: &str = "INSERT INTO listings
    (id, number, seller_id, title, description, price, currency, category, condition, pickup_point_id, on_hand,
     committed, published_at, withdrawn_at, sold_at, version, pictures, store_id, product_id, label, sku, low_stock,
     unshelved_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)";
const UPDATE: &str =
    "UPDATE listings SET title = $1, description = $2, price = $3, currency = $4, category = $5,
    condition = $6, pickup_point_id = $7, withdrawn_at = $8, pictures = $9, label = $10, sku = $11, low_stock = $12,
    version = version + 1 WHERE id = $13 AND version = $14 AND (sold_at IS NULL OR store_id IS NOT NULL)";
// The statement that decides a sale: of any number of buyers it changes a row for one. $5 are the copies others hold.
const COMMIT: &str = "UPDATE listings SET committed = committed + $4, version = version + 1,
    sold_at = CASE WHEN on_hand - committed = $4 THEN CAST($1 AS BIGINT) ELSE NULL END
    WHERE id = $2 AND version = $3 AND on_hand - committed - $5 >= $4 AND withdrawn_at IS NULL";
// A hold changes nothing of the listing but its version: whoever read it before looks again.
const SET_ASIDE: &str = "UPDATE listings SET version = version + 1
    WHERE id = $1 AND version = $2 AND on_hand - committed - $4 >= $3 AND withdrawn_at IS NULL";
// The lot of an auction is withdrawn while its winner has time to pay: nobody else can have it meanwhile.
const SET_LOT_ASIDE: &str = "UPDATE listings SET version = version + 1
    WHERE id = $1 AND version = $2 AND on_hand - committed >= $3";
const RELEASE_LOT: &str = "UPDATE listings SET withdrawn_at = NULL, auction_id = NULL, version = version + 1 WHERE id = $1 AND version = $2";
const COMMIT_UNCHECKED: &str = "UPDATE listings SET committed = committed + 1, on_hand = on_hand + 1,
    version = version + 1, sold_at = $1 WHERE id = $2";
const UNCOMMIT: &str = "UPDATE listings SET committed = committed - $3, sold_at = NULL, withdrawn_at = $1,
    version = version + 1 WHERE id = $2 AND committed >= $3";
const COLLECT: &str =
    "UPDATE listings SET on_hand = on_hand - $2, committed = committed - $2, version = version + 1
    WHERE id = $1 AND committed >= $2";
const MOVE_IN: &str = "UPDATE listings SET on_hand = $1, sold_at = $2, version = version + 1
    WHERE id = $3 AND version = $4";
const SHELVE: &str = "UPDATE listings SET unshelved_at = $1, version = version + 1 WHERE id = $2";
const PUT_UP: &str = "UPDATE listings SET auction_id = $1, withdrawn_at = $2, version = version + 1
    WHERE id = $3 AND version = $4";
const FREE: &str =
    "UPDATE listings SET auction_id = NULL, version = version + 1 WHERE id = $1 AND auction_id = $2";
const CLAIM: &str = "UPDATE listings SET version = version + 1 WHERE id = $1 AND version = $2";
const INSERT_MOVEMENT: &str =
    "INSERT INTO movements (id, listing_id, kind, quantity, order_id, checkout_id, member_id, reason, at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

fn read(row: &mut Row<'_>) -> Result<Listing, DbError> {
    Ok(Listing {
        id: row.value()?,
        number: row.integer()?,
        seller: row.value()?,
        title: row.text()?,
        description: row.text()?,
        price: {
            let money = row.money()?;
            Price::try_from(money).map_err(|_| DbError::Inconsistent {
                table: "listings",
                row: money.to_string(),
                column: 6,
            })?
        },
        category: row.parsed(|name| Category::parse(name).ok())?,
        condition: row.parsed(|name| Condition::parse(name).ok())?,
        pickup_point: row.value()?,
        on_hand: row.integer()?,
        committed: row.integer()?,
        published_at: row.moment()?,
        withdrawn_at: row.moment_or_null()?,
        sold_at: row.moment_or_null()?,
        version: row.integer()?,
        pictures: row.parsed(|json| serde_json::from_str(json).ok())?,
        stocked: read_stocked(row)?,
        shelved: row.moment_or_null()?.is_none(),
        auction: row.value_or_null()?,
    })
}

/// How a listing belongs to a store, if it does.
fn read_stocked(row: &mut Row<'_>) -> Result<Option<Stocked>, DbError> {
    let (store, product) = (row.value_or_null()?, row.value_or_null()?);
    let (label, sku, low_stock) = (row.text()?, row.text()?, row.integer()?);
    Ok(store.zip(product).map(|(store, product)| Stocked { store, product, label, sku, low_stock }))
}

/// What stands beside a listing: seller, pickup point and store.
fn read_beside(row: &mut Row<'_>, listing: &Listing) -> Result<Beside, DbError> {
    let seller = read_card(row)?;
    let pickup_point = PickupPointName { id: listing.pickup_point, name: row.text()? };
    Ok(Beside { seller, pickup_point, store: read_store_card(row)? })
}

/// A listing with what stands beside it.
fn read_with_beside(row: &mut Row<'_>) -> Result<(Listing, Beside), DbError> {
    let listing = read(row)?;
    let beside = read_beside(row, &listing)?;
    Ok((listing, beside))
}

/// The pictures of a listing as its row keeps them.
fn pictures_text(listing: &Listing) -> Result<String, DbError> {
    serde_json::to_string(&listing.pictures).map_err(|error| DbError::Other(error.to_string()))
}

/// A listing as rows come for pages: with its number, by which the next page is cut.
pub(crate) fn read_view(row: &mut Row<'_>) -> Result<(i64, ListingView), DbError> {
    let (listing, beside) = read_with_beside(row)?;
    Ok((listing.number, listing.view(beside)))
}

/// The listing with this id.
///
/// # Errors
///
/// What the database says.
pub fn find(db: &mut Connection, id: ListingId) -> Result<Option<Listing>, DbError> {
    db.find("listings", BY_ID, params![id], read)
}

/// The listing with this id and what stands beside it.
///
/// # Errors
///
/// What the database says.
pub fn find_with_seller(db: &mut Connection, id: ListingId) -> Result<Option<(Listing, Beside)>, DbError> {
    db.find("listings", VIEW, params![id], read_with_beside)
}

/// The variants of a product, in the order in which they were added.
///
/// # Errors
///
/// What the database says.
pub fn of_product(db: &mut Connection, product: ListingId) -> Result<Vec<(Listing, Beside)>, DbError> {
    db.query("listings", OF_PRODUCT, params![product], read_with_beside)
}

/// What a store shows on its shelves, newest first, below that number.
///
/// # Errors
///
/// What the database says.
pub fn of_store(
    db: &mut Connection,
    store: StoreId,
    below: i64,
    most: i64,
) -> Result<Vec<(i64, ListingView)>, DbError> {
    db.query("listings", OF_STORE, params![store, below, most], read_view)
}

/// Everything a store has, every variant, newest first, below that number.
///
/// # Errors
///
/// What the database says.
pub fn stock(
    db: &mut Connection,
    store: StoreId,
    below: i64,
    most: i64,
) -> Result<Vec<(Listing, Beside)>, DbError> {
    db.query("listings", STOCK, params![store, below, most], read_with_beside)
}

/// Everything a store sells that was not withdrawn, sold out or not, newest first.
///
/// # Errors
///
/// What the database says.
pub fn shown(db: &mut Connection, store: StoreId, most: i64) -> Result<Vec<(Listing, Beside)>, DbError> {
    db.query("listings", SHOWN, params![store, most], read_with_beside)
}

/// The listing of a store that has this SKU.
///
/// # Errors
///
/// What the database says.
pub fn with_sku(db: &mut Connection, store: StoreId, sku: &str) -> Result<Option<ListingId>, DbError> {
    db.find("listings", WITH_SKU, params![store, sku], |row| row.value())
}

/// What is on sale and is looked for, newest first, below that number.
///
/// # Errors
///
/// What the database says.
pub fn newest(
    db: &mut Connection,
    browse: &Browse,
    below: i64,
    most: i64,
) -> Result<Vec<(i64, ListingView)>, DbError> {
    let Browse { search, category, condition, price, .. } = browse;
    let shelf = category.map_or("", Category::name);
    if condition.is_none() && price.is_none() {
        return match (search, category) {
            (None, None) => db.query("listings", NEWEST, params![below, most], read_view),
            (None, Some(_)) => db.query("listings", IN_CATEGORY, params![shelf, below, most], read_view),
            (Some(search), _) => {
                let (sql, query) = db.search(search, FOUND_POSTGRES, FOUND_SQLITE);
                db.query("listings", sql, params![&query, below, shelf, most], read_view)
            }
        };
    }
    let condition = condition.map_or("", Condition::name);
    let currency = price.map_or("", |range| range.currency.code());
    let (lowest, highest) = price.map_or((i64::MIN, i64::MAX), PriceRange::bounds);
    match (search, category) {
        (None, None) => {
            let params = params![condition, currency, lowest, highest, below, most];
            db.query("listings", NEWEST_SIFTED, params, read_view)
        }
        (None, Some(_)) => {
            let params = params![condition, currency, lowest, highest, below, most, shelf];
            db.query("listings", IN_CATEGORY_SIFTED, params, read_view)
        }
        (Some(search), _) => {
            let (sql, query) = db.search(search, FOUND_SIFTED_POSTGRES, FOUND_SIFTED_SQLITE);
            let params = params![condition, currency, lowest, highest, below, &query, shelf, most];
            db.query("listings", sql, params, read_view)
        }
    }
}

/// What is on sale at these prices and is looked for, from the lowest price up or from the highest down, beyond that price
/// and number. Of what has the words looked for, the newest [`MOST_SORTED`] are put in order.
///
/// # Errors
///
/// What the database says.
pub fn by_price(
    db: &mut Connection,
    browse: &Browse,
    range: PriceRange,
    beyond: (i64, i64),
    most: i64,
) -> Result<Vec<(i64, ListingView)>, DbError> {
    let Browse { search, category, condition, sort, .. } = browse;
    let (shelf, condition) = (category.map_or("", Category::name), condition.map_or("", Condition::name));
    let (currency, (lowest, highest), (price, number)) = (range.currency.code(), range.bounds(), beyond);
    let down = *sort == Sort::Dearest;
    if let Some(search) = search {
        let (sql, query) = db.search(search, FOUND_BY_PRICE_POSTGRES, FOUND_BY_PRICE_SQLITE);
        let sign = if down { -1 } else { 1 };
        let (price, number) = (price * sign, number * sign);
        let params = params![
            condition,
            currency,
            lowest,
            highest,
            &query,
            shelf,
            MOST_SORTED,
            most,
            sign,
            price,
            number
        ];
        return db.query("listings", sql, params, read_view);
    }
    let end = if down { lowest } else { highest };
    if category.is_none() {
        let sql = if down { DEAREST } else { CHEAPEST };
        db.query("listings", sql, params![condition, currency, end, price, number, most], read_view)
    } else {
        let sql = if down { DEAREST_IN_CATEGORY } else { CHEAPEST_IN_CATEGORY };
        db.query("listings", sql, params![condition, currency, end, price, number, most, shelf], read_view)
    }
}

/// What a member has on sale or has sold, newest first, below that number.
///
/// # Errors
///
/// What the database says.
pub fn by_seller(
    db: &mut Connection,
    seller: MemberId,
    below: i64,
    most: i64,
) -> Result<Vec<(i64, ListingView)>, DbError> {
    db.query("listings", BY_SELLER, params![seller, below, most], read_view)
}

/// What has that title and is not withdrawn: what is on sale first, and of it the oldest.
///
/// # Errors
///
/// What the database says.
pub fn titled(db: &mut Connection, title: &str, most: i64) -> Result<Vec<(i64, ListingView)>, DbError> {
    db.query("listings", TITLED, params![title, most], read_view)
}

/// What is on sale and has that somewhere in its title, whatever the case of its ASCII letters; newest first.
///
/// # Errors
///
/// What the database says.
pub fn titled_like(db: &mut Connection, part: &str, most: i64) -> Result<Vec<(i64, ListingView)>, DbError> {
    let mut like = String::from("%");
    for letter in part.to_ascii_lowercase().chars() {
        if matches!(letter, '%' | '_' | '\\') {
            like.push('\\');
        }
        like.push(letter);
    }
    like.push('%');
    db.query("listings", TITLED_LIKE, params![&like, most], read_view)
}

/// Everything of a member as its owner sees it, newest first, below that number.
///
/// # Errors
///
/// What the database says.
pub fn own(
    db: &mut Connection,
    seller: MemberId,
    below: i64,
    most: i64,
) -> Result<Vec<(i64, OwnListing)>, DbError> {
    db.query("listings", OWN, params![seller, below, most], |row| {
        let (number, listing) = read_view(row)?;
        let order: Option<OrderId> = row.value_or_null()?;
        Ok((number, OwnListing { listing, order, buyer: read_card_or_null(row)? }))
    })
}

/// How many listings a member has on sale.
///
/// # Errors
///
/// What the database says.
pub fn count_on_sale(db: &mut Connection, seller: MemberId) -> Result<i64, DbError> {
    Ok(db.find("listings", ON_SALE, params![seller], |row| row.integer())?.unwrap_or(0))
}

/// The highest number a listing has; 0 when there is none.
///
/// # Errors
///
/// What the database says.
pub fn last_number(db: &mut Connection) -> Result<i64, DbError> {
    Ok(db.find("listings", LAST_NUMBER, &[], |row| row.integer())?.unwrap_or(0))
}

fn words(listing: &Listing) -> String {
    let mut words = String::with_capacity(listing.title.len() + listing.description.len() + 1);
    let label = listing.stocked.as_ref().map_or("", |stocked| stocked.label.as_str());
    for word in fold(&listing.title).chain(fold(&listing.description)).chain(fold(label)) {
        words.push_str(&word);
        words.push(' ');
    }
    words
}

/// Keeps a new listing, the movement by which its copies came in, and its words.
///
/// # Errors
///
/// [`DbError::Constraint`] when its number is taken: another node published at the same time.
pub fn insert(db: &mut Connection, listing: &Listing, movement: MovementId) -> Result<(), DbError> {
    let price = listing.price.money();
    let pictures = pictures_text(listing)?;
    let stocked = listing.stocked.as_ref();
    let (label, sku, low_stock) = variant_columns(listing);
    let params = params![
        listing.id,
        listing.number,
        listing.seller,
        &listing.title,
        &listing.description,
        price.minor,
        price.currency.code(),
        listing.category.name(),
        listing.condition.name(),
        listing.pickup_point,
        listing.on_hand,
        listing.committed,
        listing.published_at,
        listing.withdrawn_at,
        listing.sold_at,
        listing.version,
        &pictures,
        stocked.map(|stocked| stocked.store),
        stocked.map(|stocked| stocked.product),
        label,
        sku,
        low_stock,
        if listing.shelved { None } else { Some(listing.published_at) }
    ];
    db.change_one(INSERT, params)?;
    if listing.on_hand > 0 {
        let why = Why::of(listing.id);
        insert_movement(db, movement, (Movement::Receive, listing.on_hand), why, listing.published_at)?;
    }
    db.index_words(listing.number, &words(listing))
}

/// Saves what its owner changed of a listing that is not sold, and its words.
///
/// # Errors
///
/// [`DbError::Conflict`] when the row changed since it was read.
pub fn save(db: &mut Connection, listing: &Listing) -> Result<(), DbError> {
    let price = listing.price.money();
    let pictures = pictures_text(listing)?;
    let (label, sku, low_stock) = variant_columns(listing);
    let params = params![
        &listing.title,
        &listing.description,
        price.minor,
        price.currency.code(),
        listing.category.name(),
        listing.condition.name(),
        listing.pickup_point,
        listing.withdrawn_at,
        &pictures,
        label,
        sku,
        low_stock,
        listing.id,
        listing.version
    ];
    db.change_one(UPDATE, params)?;
    if listing.withdrawn_at.is_some() {
        db.forget_words(listing.number)
    } else {
        db.index_words(listing.number, &words(listing))
    }
}

/// What distinguishes a variant, as columns.
fn variant_columns(listing: &Listing) -> (&str, &str, i64) {
    let stocked = listing.stocked.as_ref();
    stocked.map_or(("", "", 0), |stocked| (&stocked.label, &stocked.sku, stocked.low_stock))
}

/// Puts a variant on the shelves, or takes it behind another one.
///
/// # Errors
///
/// [`DbError::Conflict`] when there is none.
pub fn shelve(db: &mut Connection, id: ListingId, unshelved_at: Option<Moment>) -> Result<(), DbError> {
    db.change_one(SHELVE, params![unshelved_at, id])
}

/// Saves that a listing is the lot of an auction: nobody finds it on the shelves meanwhile.
///
/// # Errors
///
/// [`DbError::Conflict`] when the row changed since it was read.
pub fn put_up(db: &mut Connection, lot: &Listing) -> Result<(), DbError> {
    db.change_one(PUT_UP, params![lot.auction, lot.withdrawn_at, lot.id, lot.version])?;
    db.forget_words(lot.number)
}

/// Saves that a listing is no longer the lot of that auction: withdrawn, until its owner does something with it.
///
/// # Errors
///
/// [`DbError::Conflict`] when it is not.
pub fn free(db: &mut Connection, lot: ListingId, auction: AuctionId) -> Result<(), DbError> {
    db.change_one(FREE, params![lot, auction])
}

/// Says that a product is about to be arranged anew, by the row of its first variant: of two who do it at once, one is told
/// to look again.
///
/// # Errors
///
/// [`DbError::Conflict`] when the row changed since it was read.
pub fn claim(db: &mut Connection, first: &Listing) -> Result<(), DbError> {
    db.change_one(CLAIM, params![first.id, first.version])
}

/// Why stock moved: of which listing, for which order or checkout, or by whose hand and for which reason.
#[derive(Debug, Clone, Copy)]
pub struct Why<'a> {
    /// Which listing.
    pub listing: ListingId,
    /// For which order.
    pub order: Option<OrderId>,
    /// For which checkout.
    pub checkout: Option<CheckoutId>,
    /// Who did it, and why when a count was put right.
    pub by: Option<(MemberId, Option<&'a str>)>,
}

impl Why<'_> {
    /// For nobody.
    #[must_use]
    pub const fn of(listing: ListingId) -> Self {
        Self { listing, order: None, checkout: None, by: None }
    }

    /// For an order.
    #[must_use]
    pub const fn order(listing: ListingId, order: OrderId) -> Self {
        Self { order: Some(order), ..Self::of(listing) }
    }

    /// For a checkout.
    #[must_use]
    pub const fn checkout(listing: ListingId, checkout: CheckoutId) -> Self {
        Self { checkout: Some(checkout), ..Self::of(listing) }
    }
}

/// Promises copies to an order: the conditional write that decides who of many buyers gets them. `held` are the copies
/// others have set aside.
///
/// # Errors
///
/// [`DbError::Conflict`] when too few are left, or the row changed since it was read.
pub fn commit(
    db: &mut Connection,
    listing: &Listing,
    held: i64,
    (order, quantity): (OrderId, i64),
    movement: MovementId,
    now: Moment,
) -> Result<(), DbError> {
    if is_planted("check-then-act") {
        db.change_one(COMMIT_UNCHECKED, params![now, listing.id])?;
    } else {
        db.change_one(COMMIT, params![now, listing.id, listing.version, quantity, held])?;
    }
    let why = Why::order(listing.id, order);
    insert_movement(db, movement, (Movement::Commit, quantity), why, now)
}

/// Sets copies aside for a checkout, `held` being those that others have set aside. The hold itself is a row of
/// `checkout.rs`.
///
/// # Errors
///
/// [`DbError::Conflict`] when too few are left, or the row changed since it was read.
pub fn set_aside(
    db: &mut Connection,
    listing: &Listing,
    held: i64,
    (checkout, quantity): (CheckoutId, i64),
    movement: MovementId,
    now: Moment,
) -> Result<(), DbError> {
    db.change_one(SET_ASIDE, params![listing.id, listing.version, quantity, held])?;
    insert_movement(db, movement, (Movement::Hold, quantity), Why::checkout(listing.id, checkout), now)
}

/// Sets the lot of an auction aside for its winner, though it is withdrawn. The hold itself is a row of `checkout.rs`.
///
/// # Errors
///
/// [`DbError::Conflict`] when too few are left, or the row changed since it was read.
pub fn set_lot_aside(
    db: &mut Connection,
    listing: &Listing,
    (checkout, quantity): (CheckoutId, i64),
    movement: MovementId,
    now: Moment,
) -> Result<(), DbError> {
    db.change_one(SET_LOT_ASIDE, params![listing.id, listing.version, quantity])?;
    insert_movement(db, movement, (Movement::Hold, quantity), Why::checkout(listing.id, checkout), now)
}

/// The lot of an auction can be promised, to its winner and in this transaction. Returns the listing as it is then.
///
/// # Errors
///
/// [`DbError::Conflict`] when the row changed since it was read.
pub fn release_lot(db: &mut Connection, lot: Listing) -> Result<Listing, DbError> {
    db.change_one(RELEASE_LOT, params![lot.id, lot.version])?;
    Ok(Listing { withdrawn_at: None, auction: None, version: lot.version + 1, ..lot })
}

/// Notes that copies are no longer set aside: bought, or left.
///
/// # Errors
///
/// What the database says.
pub fn let_go(
    db: &mut Connection,
    listing: ListingId,
    (checkout, quantity): (CheckoutId, i64),
    movement: MovementId,
    now: Moment,
) -> Result<(), DbError> {
    insert_movement(db, movement, (Movement::Release, quantity), Why::checkout(listing, checkout), now)
}

/// Lifts the promise: the copies can be sold again, unless the listing is withdrawn with it.
///
/// # Errors
///
/// [`DbError::Conflict`] when as many were not promised.
pub fn uncommit(
    db: &mut Connection,
    listing: &Listing,
    (order, quantity): (OrderId, i64),
    withdrawn_at: Option<Moment>,
    movement: MovementId,
    now: Moment,
) -> Result<(), DbError> {
    db.change_one(UNCOMMIT, params![withdrawn_at, listing.id, quantity])?;
    if withdrawn_at.is_some() {
        db.forget_words(listing.number)?;
    }
    let why = Why::order(listing.id, order);
    insert_movement(db, movement, (Movement::Uncommit, quantity), why, now)
}

/// The copies left with their buyer. Only now, off the path of the sale, the words of a single thing leave the search
/// index; until then searching skips it because it is sold. A store may have more of it again.
///
/// # Errors
///
/// [`DbError::Conflict`] when as many were not promised.
pub fn collect(
    db: &mut Connection,
    listing: &Listing,
    (order, quantity): (OrderId, i64),
    movement: MovementId,
    now: Moment,
) -> Result<(), DbError> {
    db.change_one(COLLECT, params![listing.id, quantity])?;
    if listing.stocked.is_none() {
        db.forget_words(listing.number)?;
    }
    let why = Why::order(listing.id, order);
    insert_movement(db, movement, (Movement::Collect, quantity), why, now)
}

/// More copies are there, or fewer than was thought: saves what `listing` has now.
///
/// # Errors
///
/// [`DbError::Conflict`] when the row changed since it was read.
pub fn move_in(
    db: &mut Connection,
    listing: &Listing,
    moved: (Movement, i64),
    why: Why<'_>,
    movement: MovementId,
    now: Moment,
) -> Result<(), DbError> {
    db.change_one(MOVE_IN, params![listing.on_hand, listing.sold_at, listing.id, listing.version])?;
    insert_movement(db, movement, moved, why, now)
}

fn insert_movement(
    db: &mut Connection,
    id: MovementId,
    (kind, quantity): (Movement, i64),
    why: Why<'_>,
    now: Moment,
) -> Result<(), DbError> {
    let (by, reason) = why.by.unzip();
    let params =
        params![id, why.listing, kind.name(), quantity, why.order, why.checkout, by, reason.flatten(), now];
    db.change_one(INSERT_MOVEMENT, params)
}
