//! The variants of a product of a store: which there are, and how many copies of one are bought or put into the cart.

use auboutique_domain::Money;
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::Rect;
use ratatui::text::Span;
use serde_json::{Value, json};

use crate::app::{App, Purpose, read};
use crate::form::{Aim, Entry, Form, Input, Request};
use crate::listing::{Listing, Sheet, copies, state_span};
use crate::order::Order;
use crate::pen::Pen;
use crate::store::Wanted;
use crate::text;

/// How many variants of a product are seen at once on its page.
const SEEN: usize = 7;

/// What a variant is called; the only one of a product may have no name.
fn name(listing: &Listing) -> &str {
    if listing.variant.is_empty() { &listing.title } else { &listing.variant }
}

/// The variants of the product of a listing, the one that is looked at marked; returns how many rows they took.
pub(crate) fn draw(app: &App, pen: &mut Pen, area: Rect, listing: &Listing) -> u16 {
    let skin = pen.skin;
    let all = listing.product.as_ref().and_then(|product| app.variants.get(product));
    let Some(all) = all.filter(|all| all.len() > 1) else {
        if !listing.variant.is_empty() {
            pen.text(area.x, area.y, area.width, &listing.variant, skin.strong());
        }
        return u16::from(!listing.variant.is_empty());
    };
    let at = all.iter().position(|each| each.listing == listing.listing).unwrap_or(0);
    let label = format!("Variant {} of {}", at + 1, all.len());
    pen.text(area.x, area.y, area.width, &label, skin.muted());
    pen.right(area.x, area.y, area.width, "Tab: the next", skin.muted());
    let room = SEEN.min(usize::from(area.height.saturating_sub(2))).max(1);
    let first = (at + 1).saturating_sub(room);
    let seen = all.iter().enumerate().skip(first).take(room);
    let mut y = area.y + 1;
    for (number, each) in seen {
        pen.mark(area.x, y, 1, number == at);
        let price = text::money(&each.price);
        let left = each.left().map_or_else(|| state_span(app, each), |left| Span::styled(left, skin.muted()));
        let facts = usize::from(area.width).min(14 + 11);
        let wide = area.width.saturating_sub(u16::try_from(facts).unwrap_or(0) + 3);
        let style = if number == at { skin.chosen() } else { skin.plain() };
        pen.text(area.x + 2, y, wide, name(each), style);
        let x = area.x + 2 + wide;
        pen.right(x, y, 14, &price, skin.price());
        let wide = u16::try_from(left.width()).unwrap_or(0).min(10);
        pen.line(area.right().saturating_sub(wide), y, wide, left);
        y += 1;
    }
    y - area.y
}

/// What the form for copies asks of the market.
pub(crate) fn request(form: &Form) -> Option<Request> {
    let of = form.aim.variants()?;
    let gather = matches!(form.aim, Aim::Gather(_));
    let quantity = form.copies(form.at("quantity"), Some(1));
    Some(quantity.and_then(|quantity| match of.get(chosen(form)) {
        Some((listing, _)) if gather => {
            Ok(("add_to_cart", json!({ "listing": listing, "quantity": quantity })))
        }
        Some((listing, price)) => {
            Ok(("buy", json!({ "listing": listing, "price": price, "quantity": quantity })))
        }
        None => Err((0, "Choose one.".to_owned())),
    }))
}

/// The key that makes the one form for copies the other.
pub(crate) fn form_keys(form: &Form) -> Vec<(KeyCode, &'static str, &'static str)> {
    match form.aim {
        Aim::Buy(_) => vec![(KeyCode::F(3), "F3", "into the cart instead")],
        Aim::Gather(_) => vec![(KeyCode::F(3), "F3", "buy it now instead")],
        _ => Vec::new(),
    }
}

/// Makes of the form to buy copies the one to put them into the cart, and back. True when the key was meant for that.
pub(crate) fn on_form_key(form: &mut Form, code: KeyCode) -> bool {
    if code != KeyCode::F(3) || form.sent {
        return false;
    }
    let aim = match &form.aim {
        Aim::Buy(of) => Aim::Gather(of.clone()),
        Aim::Gather(of) => Aim::Buy(of.clone()),
        _ => return false,
    };
    (form.title, form.button) = titles(matches!(aim, Aim::Gather(_)));
    (form.aim, form.error, form.wrong) = (aim, None, None);
    true
}

fn titles(gather: bool) -> (String, &'static str) {
    if gather { ("Into the cart".to_owned(), "Put it there") } else { ("Buy".to_owned(), "Buy it") }
}

/// Which of the variants is chosen in the form for copies.
fn chosen(form: &Form) -> usize {
    match form.entries.iter().find(|entry| entry.name == "variant").map(|entry| &entry.value) {
        Some(Input::Choice(_, at)) => *at,
        _ => 0,
    }
}

impl App {
    pub(crate) fn load_variants(&mut self, product: &str, after: Option<&Value>) {
        let mut fields = json!({ "product": product, "limit": 100 });
        if let Some(after) = after {
            fields["after"] = after.clone();
        }
        let wanted = Wanted::Variants { product: product.to_owned(), more: after.is_some() };
        self.ask("variants", fields, Purpose::Store(wanted));
    }

    pub(crate) fn variants_came(&mut self, product: &str, more: bool, mut reply: Value) {
        let rows = reply["rows"].take();
        let rows = rows.as_array().cloned().unwrap_or_default();
        let fresh: Vec<Listing> = rows.into_iter().filter_map(read).collect();
        let known = self.variants.entry(product.to_owned()).or_default();
        if !more {
            known.clear();
        }
        known.extend(fresh.iter().cloned());
        for each in &fresh {
            self.know_listing(each);
        }
        match reply.get("next").filter(|next| !next.is_null()) {
            Some(next) => self.load_variants(product, Some(next)),
            None => self.renew_copies(),
        }
    }

    /// Looks at the next or the previous variant on the page of a listing.
    pub(crate) fn next_variant(&self, sheet: &mut Sheet, forward: bool) {
        let all = sheet.listing.product.as_ref().and_then(|product| self.variants.get(product));
        let Some(all) = all.filter(|all| !all.is_empty()) else { return };
        let at = all.iter().position(|each| each.listing == sheet.listing.listing).unwrap_or(0);
        let to = if forward { at + 1 } else { at + all.len() - 1 } % all.len();
        sheet.listing = all[to].clone();
        sheet.scroll = 0;
    }

    /// Asks which variant, and how many copies of it: to buy them, or to put them into the cart.
    pub(crate) fn choose_copies(&mut self, listing: &Listing, gather: bool) {
        if let Some(product) = listing.product.clone() {
            // Until the others come, it stands for all of them.
            self.variants.entry(product.clone()).or_insert_with(|| vec![listing.clone()]);
            self.load_variants(&product, None);
        }
        self.form = Some(self.copies_form(listing, gather));
        self.reckon();
    }

    fn copies_form(&self, listing: &Listing, gather: bool) -> Form {
        let family = listing.product.as_ref().and_then(|product| self.variants.get(product));
        let mut of: Vec<&Listing> = family
            .into_iter()
            .flatten()
            .filter(|each| each.is_on_sale() || each.listing == listing.listing)
            .collect();
        if !of.iter().any(|each| each.listing == listing.listing) {
            of = vec![listing];
        }
        let left = |each: &Listing| each.left().unwrap_or_else(|| "sold out".to_owned());
        let mut entries = Vec::new();
        if of.len() > 1 {
            let line =
                |each: &&Listing| format!("{} · {} · {}", name(each), text::money(&each.price), left(each));
            let on = line(&listing);
            entries.push(Entry::choice("variant", "Which", of.iter().map(line).collect(), &on));
            if let (Some(Input::Choice(_, at)), Some(on)) = (
                entries.first_mut().map(|entry| &mut entry.value),
                of.iter().position(|each| each.listing == listing.listing),
            ) {
                *at = on;
            }
        }
        entries.push(Entry::line("quantity", "How many", "1", "1"));
        let seen = of.iter().map(|each| (each.listing.clone(), each.price)).collect();
        let (title, button) = titles(gather);
        Form::new(if gather { Aim::Gather(seen) } else { Aim::Buy(seen) }, &title, button, entries)
    }

    /// Says in the form for copies what they cost together, and where they are collected.
    pub(crate) fn reckon(&mut self) {
        let Some(form) = &self.form else { return };
        let Some(of) = form.aim.variants() else { return };
        let gather = matches!(form.aim, Aim::Gather(_));
        let Some((id, price)) = of.get(chosen(form)) else { return };
        let Some(listing) = self.find_listing(id) else { return };
        let quantity = form.copies(form.at("quantity"), Some(1)).ok().filter(|quantity| *quantity > 0);
        let total = quantity.and_then(|quantity| price.minor.checked_mul(quantity));
        let total = total.map(|minor| text::money(&Money::new(minor, price.currency)));
        let mut says = vec![listing.title.clone()];
        if !listing.variant.is_empty() {
            says.push(listing.variant.clone());
        }
        says.push(format!("Price   {} each, {} left", text::money(price), listing.available));
        let total = total.unwrap_or_else(|| "–".to_owned());
        says.push(if gather {
            format!("Total   {total}")
        } else {
            format!("Total   {total}, in cash when you collect")
        });
        says.push(format!("From    {}", listing.from()));
        says.extend(self.pickup_lines(listing));
        if let Some(form) = &mut self.form {
            form.says = says;
        }
    }

    /// Puts what is known by now into the form for copies; what was typed in it stays.
    pub(crate) fn renew_copies(&mut self) {
        let Some(old) = self.form.as_ref().filter(|form| !form.sent) else { return };
        let Some(of) = old.aim.variants() else { return };
        let Some((id, _)) = of.get(chosen(old)) else { return };
        let Some(listing) = self.find_listing(id).cloned() else { return };
        let mut form = self.copies_form(&listing, matches!(old.aim, Aim::Gather(_)));
        let name = |at: usize| old.entries.get(at).map(|entry| entry.name);
        let (focus, wrong) = (name(old.focus), old.wrong.and_then(name));
        let at = form.at("quantity");
        if let Some(Input::Line(field)) = form.entries.get_mut(at).map(|entry| &mut entry.value) {
            field.set(old.text("quantity"));
        }
        form.error.clone_from(&old.error);
        form.focus = focus.map_or(form.entries.len(), |name| form.at(name));
        // Where one variant became several, one starts at the choice of them.
        if old.entries.len() < form.entries.len() && old.error.is_none() && !old.is_changed() {
            form.focus = 0;
        }
        form.wrong = wrong.map(|name| form.at(name));
        self.form = Some(form);
        self.reckon();
    }

    /// After the market did not sell: what it says of the listing by now is fetched.
    pub(crate) fn look_again(&mut self, code: &str) {
        if !matches!(code, "listing_sold" | "listing_withdrawn" | "price_changed" | "stock_short" | "held") {
            return;
        }
        let Some(form) = &self.form else { return };
        let Some(of) = form.aim.variants() else { return };
        let Some((id, _)) = of.get(chosen(form)).cloned() else { return };
        match self.find_listing(&id).and_then(|listing| listing.product.clone()) {
            Some(product) => self.load_variants(&product, None),
            None => self.ask("listing", json!({ "listing": id }), Purpose::Listing { show: false }),
        }
    }

    /// Copies were bought.
    pub(crate) fn bought(&mut self, reply: Value) {
        let Some(order) = read::<Order>(reply) else { return };
        for line in &order.lines {
            let fields = json!({ "listing": line.listing });
            self.ask("listing", fields, Purpose::Listing { show: false });
        }
        let what: i64 = order.lines.iter().map(|line| line.quantity).sum();
        self.say(&format!("{} bought", copies(what)));
        self.know_order(&order);
        self.show_order(order, true);
    }
}
