//! Stock: the table of what a store has, and the forms that change it.

use auboutique_domain::Currency;
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::Rect;
use ratatui::text::Span;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::field::Field;
use crate::form::{Aim, Entry, Form, Input, Request, Wrong};
use crate::listing::{Listing, copies};
use crate::pen::{Hit, Pen};
use crate::text;

/// What those who act for a store see of a listing of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Stock {
    /// The listing.
    #[serde(flatten)]
    pub listing: Listing,
    /// The store's own code for it.
    #[serde(default)]
    pub sku: String,
    /// How many copies are in the house.
    #[serde(default)]
    pub on_hand: i64,
    /// How many of them are promised to orders.
    #[serde(default)]
    pub committed: i64,
    /// At how many that can be bought the store is warned.
    #[serde(default)]
    pub low_stock: i64,
    /// Whether so few are left, or none.
    #[serde(default)]
    pub is_low: bool,
}

/// How wide the columns behind title and variant are: SKU, price, on hand, promised, can be bought, low mark.
const NARROW: [u16; 6] = [9, 14, 5, 5, 5, 4];
const WIDE: [u16; 6] = [14, 15, 8, 9, 8, 8];

/// Draws the table.
pub(crate) fn draw(app: &mut App, pen: &mut Pen, area: Rect) {
    let skin = pen.skin;
    if app.room.stock.rows.is_empty() {
        let known = app.room.stock.known;
        let what = if known { "The shelves are empty" } else { "One moment…" };
        pen.empty(area, what, if known { "a puts a product on them" } else { "" });
        return;
    }
    let wide = area.width >= 110;
    let columns = if wide { WIDE } else { NARROW };
    let heads = if wide {
        ["SKU", "Price", "On hand", "Promised", "To buy", "Warn at"]
    } else {
        ["SKU", "Price", "Hand", "Prom", "Buy", "Low"]
    };
    let fixed: u16 = columns.iter().map(|column| column + 1).sum();
    let names = area.width.saturating_sub(fixed + 3);
    let title = names * 3 / 5;
    let row = |pen: &mut Pen, y: u16, cells: [(&str, ratatui::style::Style); 8]| {
        let mut x = area.x + 2;
        for (number, (cell, style)) in cells.into_iter().enumerate() {
            let wide = match number {
                0 => title,
                1 => names.saturating_sub(title + 1),
                _ => columns[number - 2],
            };
            if number < 3 {
                pen.text(x, y, wide, cell, style);
            } else {
                pen.right(x, y, wide, cell, style);
            }
            x += wide + 1;
        }
    };
    let muted = skin.muted();
    let [sku, price, hand, promised, buy, low] = heads.map(|head| (head, muted));
    row(pen, area.y, [("Product", muted), ("Variant", muted), sku, price, hand, promised, buy, low]);
    let list = Rect { y: area.y + 1, height: area.height.saturating_sub(4), ..area };
    let at = app.room.stock.at;
    for ((number, stock), y) in app.room.stock.seen(usize::from(list.height)).zip(list.y..) {
        let chosen = number == at;
        pen.mark(area.x, y, 1, chosen);
        let listing = &stock.listing;
        let withdrawn = listing.state == "withdrawn";
        let style = match (chosen, withdrawn) {
            (true, _) => skin.chosen(),
            (false, true) => skin.muted(),
            (false, false) => skin.plain(),
        };
        let number_style = if withdrawn { skin.muted() } else { skin.plain() };
        let left = match (withdrawn, stock.is_low) {
            (true, _) => skin.muted(),
            (false, true) => skin.warn(),
            (false, false) => skin.good(),
        };
        let digits = [stock.on_hand, stock.committed, listing.available, stock.low_stock];
        let [hand, promised, buy, low] = digits.map(|count| count.to_string());
        let low = if stock.low_stock == 0 { "–".to_owned() } else { low };
        let price = text::money(&listing.price);
        row(
            pen,
            y,
            [
                (&listing.title, style),
                (&listing.variant, style),
                (&stock.sku, skin.muted()),
                (&price, if withdrawn { skin.muted() } else { skin.price() }),
                (&hand, number_style),
                (&promised, number_style),
                (&buy, left),
                (&low, skin.muted()),
            ],
        );
        pen.hit(Rect { y, height: 1, ..area }, Hit::Row(number));
    }
    if let Some(stock) = app.room.stock.chosen() {
        draw_chosen(pen, Rect { y: area.bottom().saturating_sub(2), height: 2, ..area }, stock);
    }
}

/// What does not fit into the row of the table one is on.
fn draw_chosen(pen: &mut Pen, area: Rect, stock: &Stock) {
    let skin = pen.skin;
    let listing = &stock.listing;
    let name = [listing.title.as_str(), &listing.variant, &stock.sku];
    let name: Vec<&str> = name.into_iter().filter(|part| !part.is_empty()).collect();
    pen.text(area.x + 2, area.y, area.width.saturating_sub(3), &name.join(" · "), skin.strong());
    let counts = format!(
        "{} on hand, {} promised to orders, {} can be bought",
        stock.on_hand, stock.committed, listing.available
    );
    let note = match (listing.state.as_str(), stock.is_low) {
        ("withdrawn", _) => Span::styled(" · withdrawn: only you see it", skin.warn()),
        (_, true) if listing.available < 1 => Span::styled(" · sold out", skin.warn()),
        (_, true) => Span::styled(" · few are left", skin.warn()),
        _ => Span::raw(""),
    };
    pen.line(
        area.x + 2,
        area.y + 1,
        area.width.saturating_sub(3),
        vec![Span::styled(counts, skin.muted()), note],
    );
}

fn currency(chosen: &str) -> Entry {
    let all = Currency::ALL.iter().map(|each| each.code().to_owned()).collect();
    Entry::choice("currency", "Currency", all, chosen)
}

/// How many entries describe a variant.
const OF_A_VARIANT: usize = 5;

fn variant_entries() -> [Entry; OF_A_VARIANT] {
    [
        Entry::line("label", "─ Variant", "", "what makes it differ: M, blue; empty when it is the only one"),
        Entry::line("sku", "  SKU", "", "your own code for it; may stay empty"),
        Entry::line("price", "  Price", "", "12.50"),
        Entry::line("copies", "  Copies", "", "how many you have"),
        Entry::line("low_stock", "  Warn at", "", "so few left; empty: never"),
    ]
}

/// The form to put a product on the shelves.
pub(crate) fn product_form(app: &App, store: &str) -> Form {
    let mut entries = vec![
        Entry::line("title", "What is it", "", "Spiral notebook, squared"),
        Entry::choice("category", "Shelf", app.categories.clone(), "study"),
        Entry::choice("condition", "Condition", app.conditions.clone(), "new"),
        Entry {
            name: "description",
            label: "Description",
            hint: "what a buyer would ask",
            value: Input::Lines(Field::lines(""), 3),
        },
        Entry {
            name: "pictures",
            label: "Picture",
            hint: "a file; Tab completes, Enter adds it",
            value: Input::Path(Field::line("")),
        },
        currency("USD"),
    ];
    entries.extend(variant_entries());
    let mut form =
        Form::new(Aim::Product(store.to_owned()), "Put a product on the shelves", "Add it", entries);
    form.says = vec!["One variant or several, each with its price and its copies: F3 adds one.".to_owned()];
    form
}

/// The form to add a variant to a product.
pub(crate) fn variant_form(listing: &Listing) -> Form {
    let mut entries = Vec::from(variant_entries());
    entries[0].hint = "what makes it differ: M, blue";
    entries.insert(2, currency(listing.price.currency.code()));
    let aim = Aim::AddVariant(listing.listing.clone());
    let mut form = Form::new(aim, "Another variant", "Add it", entries);
    form.says = vec![listing.title.clone()];
    form
}

fn named(listing: &Listing) -> String {
    let dot = if listing.variant.is_empty() { "" } else { " · " };
    format!("{}{dot}{}", listing.title, listing.variant)
}

/// The form to change what a variant is called, its SKU and its mark.
pub(crate) fn edit_form(stock: &Stock) -> Form {
    let low = stock.low_stock.to_string();
    let entries = vec![
        Entry::line("label", "Variant", &stock.listing.variant, "what makes it differ"),
        Entry::line("sku", "SKU", &stock.sku, "your own code for it"),
        Entry::line("low_stock", "Warn at", &low, "so few left; 0: never"),
    ];
    let aim = Aim::EditVariant(stock.listing.listing.clone());
    let mut form = Form::new(aim, "Change the variant", "Save", entries);
    form.says =
        vec![named(&stock.listing), "Its price is changed with e, beside title and pictures.".to_owned()];
    form
}

/// The form to take copies in.
pub(crate) fn restock_form(stock: &Stock) -> Form {
    let entries = vec![Entry::line("copies", "Copies", "", "how many came in")];
    let mut form = Form::new(Aim::Restock(stock.listing.listing.clone()), "Restock", "Take them in", entries);
    form.says = vec![named(&stock.listing), format!("{} on hand.", copies(stock.on_hand))];
    form
}

/// The form to put a count right.
pub(crate) fn adjust_form(stock: &Stock) -> Form {
    let entries = vec![
        Entry::line("copies", "Copies", "", "so many more, or fewer: 2, -1"),
        Entry::line("reason", "Reason", "", "it is kept"),
    ];
    let mut form =
        Form::new(Aim::Adjust(stock.listing.listing.clone()), "Correct the count", "Correct it", entries);
    form.says = vec![
        named(&stock.listing),
        format!("{} on hand; {} promised to orders stay.", copies(stock.on_hand), stock.committed),
    ];
    form
}

/// Where the variants of a form begin.
fn variants(form: &Form) -> Vec<usize> {
    let labels = form.entries.iter().enumerate().filter(|(_, entry)| entry.name == "label");
    labels.map(|(at, _)| at).collect()
}

/// The keys a form of several variants has beside those of every form.
pub(crate) fn form_keys(form: &Form) -> Vec<(KeyCode, &'static str, &'static str)> {
    match form.aim {
        Aim::Product(_) => {
            vec![(KeyCode::F(3), "F3", "another variant"), (KeyCode::F(4), "F4", "take this one off")]
        }
        _ => Vec::new(),
    }
}

/// Adds a variant to the form of a product, or takes the one off one is in. True when the key was meant for that.
pub(crate) fn on_form_key(form: &mut Form, code: KeyCode) -> bool {
    if !matches!(form.aim, Aim::Product(_)) || form.sent {
        return false;
    }
    match code {
        KeyCode::F(3) => {
            form.focus = form.entries.len();
            form.entries.extend(variant_entries());
        }
        KeyCode::F(4) => {
            let all = variants(form);
            let on = all.iter().rev().find(|&&at| at <= form.focus).copied();
            if let Some(at) = on.filter(|_| all.len() > 1) {
                form.entries.drain(at..at + OF_A_VARIANT);
                form.focus = at.min(form.entries.len() - OF_A_VARIANT);
            }
        }
        _ => return false,
    }
    (form.error, form.wrong) = (None, None);
    true
}

/// A variant as it stands in a form, its entries beginning there.
fn variant(form: &Form, name: usize) -> Result<Map<String, Value>, Wrong> {
    let mut fields = Map::new();
    for (at, entry) in form.entries.iter().enumerate().skip(name).take(OF_A_VARIANT + 1) {
        let value = match entry.name {
            "label" if at > name => break,
            "label" | "sku" => json!(entry.text()),
            "price" => json!(form.price(at)?),
            "copies" => json!(form.copies(at, None)?),
            "low_stock" => json!(form.copies(at, Some(0))?),
            _ => continue,
        };
        fields.insert(entry.name.to_owned(), value);
    }
    Ok(fields)
}

fn product(form: &Form, store: &str) -> Request {
    let text = |name| form.text(name);
    if text("title").trim().is_empty() {
        return Err((form.at("title"), "Say what it is.".to_owned()));
    }
    let pictures = form.pictures_there()?;
    let variants: Result<Vec<_>, Wrong> = variants(form).into_iter().map(|at| variant(form, at)).collect();
    let fields = json!({ "store": store, "title": text("title"), "description": text("description"),
        "category": text("category"), "condition": text("condition"), "pictures": pictures,
        "variants": variants? });
    Ok(("add_product", fields))
}

/// What the forms about stock ask of the market.
pub(crate) fn request(form: &Form) -> Option<Request> {
    let at = form.at("copies");
    Some(match &form.aim {
        Aim::Product(store) => product(form, store),
        Aim::AddVariant(listing) => variant(form, 0).map(|mut fields| {
            fields.insert("product".to_owned(), json!(listing));
            ("add_variant", Value::Object(fields))
        }),
        Aim::EditVariant(listing) => form.copies(form.at("low_stock"), Some(0)).map(|low| {
            let (label, sku) = (form.text("label"), form.text("sku"));
            ("edit_variant", json!({ "listing": listing, "label": label, "sku": sku, "low_stock": low }))
        }),
        Aim::Restock(listing) => {
            form.copies(at, None).map(|copies| ("restock", json!({ "listing": listing, "copies": copies })))
        }
        Aim::Adjust(listing) => form.copies(at, None).map(|copies| {
            let reason = form.text("reason");
            ("adjust_stock", json!({ "listing": listing, "copies": copies, "reason": reason }))
        }),
        _ => return None,
    })
}
