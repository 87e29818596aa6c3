//! The screen as a whole: tabs above, the page, keys and connection below, and what lies over it.

use ratatui::Frame;
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::Rect;
use ratatui::text::{Line as Text, Span};

use crate::app::{Above, App, Line};
use crate::form::{Aim, Entry, Form, Input, ShotState};
use crate::pen::{Hit, Pen};
use crate::tab::{self, Tab};
use crate::{
    account, auctions, cart, checkout, choice, conversation, desk, dialog, listing, notice, order, payout,
    room, saleroom, stock, store, text, variant,
};

type Keys = Vec<(KeyCode, &'static str, &'static str)>;

const fn letter(letter: char) -> KeyCode {
    KeyCode::Char(letter)
}

/// Draws everything.
pub fn draw(app: &mut App, frame: &mut Frame) {
    let all = frame.area();
    app.wants_older = false;
    let mut pen = Pen { frame, skin: app.skin, hits: Vec::new() };
    if all.width < 44 || all.height < 12 {
        pen.text(0, 0, all.width, "Make this window larger.", app.skin.strong());
        app.hits = pen.hits;
        return;
    }
    tab::draw(app, &mut pen, Rect { height: 1, ..all });
    pen.rule(0, 1, all.width);
    let page = Rect { y: 2, height: all.height - 4, ..all };
    draw_page(app, &mut pen, page);
    let hints = Rect { x: 1, y: all.height - 2, width: all.width.saturating_sub(2), height: 1 };
    pen.keys(hints, &keys(app));
    draw_line(app, &mut pen, Rect { y: all.height - 1, height: 1, ..all });
    if app.form.is_some() {
        draw_modal(app, &mut pen);
    }
    if app.choice.is_some() {
        choice::draw(app, &mut pen);
    }
    notice::draw_toast(app, &mut pen);
    if app.noticing {
        notice::draw(app, &mut pen);
    }
    if app.dialog.is_some() {
        dialog::draw(app, &mut pen);
    }
    if app.help {
        draw_help(app, &mut pen);
    }
    app.hits = pen.hits;
    app.dirty = false;
}

fn draw_page(app: &mut App, pen: &mut Pen, area: Rect) {
    match app.above.pop() {
        Some(mut above) => {
            match &mut above {
                Above::Listing(sheet) => listing::draw_sheet(app, pen, area, sheet),
                Above::Checkout(counter) => checkout::draw(app, pen, area, counter),
                Above::Group(group) => checkout::draw_group(app, pen, area, group),
                Above::Order { order, fresh, scroll } => {
                    let mut area = area;
                    if *fresh {
                        let style = pen.skin.good();
                        pen.text(
                            area.x + 1,
                            area.y,
                            area.width,
                            "✓ It is yours. Note place, day and code:",
                            style,
                        );
                        area = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
                    }
                    order::draw_one(app, pen, area, order, scroll);
                }
                Above::Store(front) => store::draw_front(app, pen, area, front),
                Above::Auction(room) => saleroom::draw(app, pen, area, room),
            }
            app.above.push(above);
        }
        None => match app.tab {
            Tab::Market => listing::draw_market(app, pen, area),
            Tab::Sell => {
                let mut form = app.sell.clone();
                let area = Rect { x: area.x + 1, width: area.width.saturating_sub(2).min(90), ..area };
                let cursor = !app.is_covered();
                draw_form(app, pen, area, &mut form, cursor);
                app.sell = form;
            }
            Tab::Mine => listing::draw_mine(app, pen, area),
            Tab::Orders => order::draw(app, pen, area),
            Tab::Talk => conversation::draw(app, pen, area),
            Tab::Me => account::draw(app, pen, area),
            Tab::Stores => store::draw(app, pen, area),
            Tab::Cart => cart::draw(app, pen, area),
            Tab::Auctions => auctions::draw(app, pen, area),
            Tab::Desk => desk::draw(app, pen, area),
        },
    }
}

/// The keys of what is looked at, the most useful first.
fn keys(app: &App) -> Keys {
    let mut keys: Keys = Vec::new();
    let typing = app.form.is_some() || (app.tab == Tab::Sell && app.above.is_empty());
    match app.above.last() {
        _ if app.form.is_some() => {
            keys.push((KeyCode::Tab, "Tab", "next"));
            keys.extend(app.form.iter().flat_map(stock::form_keys));
            keys.extend(app.form.iter().flat_map(variant::form_keys));
            keys.extend([(KeyCode::Null, "Ctrl+S", "send it"), (KeyCode::Esc, "Esc", "back")]);
        }
        Some(Above::Listing(sheet)) => {
            let of_store = sheet.listing.store.is_some();
            if app.is_own(&sheet.listing) {
                keys.extend(own_keys(&sheet.listing));
            } else {
                if sheet.listing.is_on_sale() {
                    keys.push((letter('b'), "b", "Buy"));
                    keys.push((letter('c'), "c", "To the cart"));
                }
                keys.push((letter('m'), "m", "Message"));
                keys.push((letter('o'), "o", if of_store { "Store" } else { "Owner's listings" }));
            }
            let product = sheet.listing.product.as_ref();
            if product.and_then(|product| app.variants.get(product)).is_some_and(|all| all.len() > 1) {
                keys.push((KeyCode::Tab, "Tab", "variant"));
            }
            if sheet.listing.pictures.len() > 1 {
                keys.push((KeyCode::Right, "←→", "pictures"));
            }
            keys.push((KeyCode::Esc, "Esc", "back"));
        }
        Some(Above::Order { order, .. }) => {
            keys.extend(order_keys(order));
            keys.push((KeyCode::Esc, "Esc", "back"));
        }
        Some(Above::Store(front)) => keys.extend(store::front_keys(app, front)),
        Some(Above::Auction(room)) => keys.extend(saleroom::keys(app, room)),
        Some(Above::Checkout(_)) => {
            keys.extend([(KeyCode::Enter, "Enter", "pay"), (KeyCode::Down, "↑↓", "how to pay")]);
            if app.cart.checkout.as_ref().is_some_and(checkout::Checkout::is_won) {
                keys.push((letter('d'), "d", "how it reaches you"));
            }
            let leave = [(letter('x'), "x", "leave the checkout"), (KeyCode::Esc, "Esc", "to the cart")];
            keys.extend(leave);
        }
        Some(Above::Group(_)) => {
            keys.extend([(KeyCode::Enter, "Enter", "open"), (KeyCode::Esc, "Esc", "back")]);
        }
        None => match app.tab {
            Tab::Market if app.market.searching => {
                keys.extend([
                    (KeyCode::Enter, "Enter", "to the list"),
                    (KeyCode::Esc, "Esc", "end the search"),
                ]);
            }
            Tab::Market => keys.extend([
                (letter('/'), "/", "search"),
                (letter('f'), "f", "shelf"),
                (letter('s'), "s", "filter"),
                (KeyCode::Enter, "Enter", "open"),
                (letter('b'), "b", "buy"),
                (letter('c'), "c", "cart"),
                (letter('m'), "m", "message"),
            ]),
            Tab::Sell => keys.extend([
                (KeyCode::Tab, "Tab", "next"),
                (KeyCode::Null, "Ctrl+S", "offer it"),
                (KeyCode::Esc, "Esc", "leave, and keep what is typed"),
            ]),
            Tab::Mine => {
                if let Some(listing) = app.mine.chosen() {
                    keys.push((KeyCode::Enter, "Enter", "open"));
                    keys.extend(own_keys(listing));
                }
            }
            Tab::Orders => {
                let list = if app.orders.sold_side { &app.orders.sold } else { &app.orders.bought };
                if let Some(order) = list.chosen() {
                    keys.push((KeyCode::Enter, "Enter", "open"));
                    keys.extend(order_keys(order));
                }
            }
            Tab::Talk if app.talk.open.is_some() => keys.extend([
                (KeyCode::Enter, "Enter", "send"),
                (KeyCode::PageUp, "PgUp", "earlier"),
                (KeyCode::Tab, "Tab", "next"),
                (KeyCode::Null, "Ctrl+O", "what it is about"),
                (KeyCode::Esc, "Esc", "back"),
            ]),
            Tab::Talk if app.talk.list.rows.is_empty() => {}
            Tab::Talk => keys.extend([(KeyCode::Enter, "Enter", "open"), (letter('x'), "x", "block")]),
            Tab::Me => match app.account.page {
                account::Page::Money => keys.extend(payout::keys(app)),
                account::Page::Menu => keys.push((KeyCode::Enter, "Enter", "choose")),
                account::Page::Sessions => {
                    keys.extend([(letter('x'), "x", "end the session"), (KeyCode::Esc, "Esc", "back")]);
                }
                account::Page::Blocks => {
                    keys.extend([(letter('x'), "x", "end the block"), (KeyCode::Esc, "Esc", "back")])
                }
            },
            Tab::Stores if app.stores.in_room => keys.extend(room::keys(app)),
            Tab::Stores => keys.extend(store::keys(app)),
            Tab::Cart => keys.extend(cart::keys(app)),
            Tab::Auctions => keys.extend(auctions::keys(app)),
            Tab::Desk => {
                keys.extend([
                    (KeyCode::Enter, "Enter", "go on"),
                    (KeyCode::Esc, "Esc", "next person"),
                    (KeyCode::F(6), "F6", "cash into a wallet"),
                ]);
            }
        },
    }
    let typing = typing
        || (app.tab == Tab::Talk && app.talk.open.is_some() && app.above.is_empty())
        || (app.tab == Tab::Desk && app.above.is_empty())
        || (app.market.searching && app.tab == Tab::Market && app.above.is_empty());
    keys.push((KeyCode::F(1), if typing { "F1" } else { "?" }, "help"));
    if !typing {
        keys.push((letter('q'), "q", "quit"));
    }
    keys
}

fn own_keys(listing: &listing::Listing) -> Keys {
    match listing.state.as_str() {
        _ if listing.store.is_some() && listing.state == "sold" => vec![(letter('e'), "e", "change")],
        "at_auction" => vec![(letter('u'), "u", "its auction")],
        state @ ("on_sale" | "withdrawn") => {
            let way = match state {
                "on_sale" => (letter('w'), "w", "withdraw"),
                _ => (letter('p'), "p", "put back on sale"),
            };
            let mut keys = vec![(letter('e'), "e", "change"), way];
            if listing.store.is_none() {
                keys.push((letter('u'), "u", "put up for auction"));
            }
            keys
        }
        _ => vec![(letter('v'), "v", "its order")],
    }
}

pub(crate) fn order_keys(order: &order::Order) -> Keys {
    let mut keys =
        vec![(letter('m'), "m", if order.is_bought() { "message the seller" } else { "message the buyer" })];
    match (order.state.as_str(), order.is_bought()) {
        ("placed", true) => {
            keys.extend([(letter('c'), "c", "cancel"), (letter('a'), "a", "ask to cancel")]);
        }
        ("placed", false) if order.ships() => {
            keys.insert(0, (letter('s'), "s", "it is sent"));
            keys.push((letter('c'), "c", "cancel"));
        }
        ("placed", false) => keys.push((letter('c'), "c", "cancel")),
        ("shipped", true) => keys.insert(0, (letter('y'), "y", "I have it")),
        ("collected", true) => keys.insert(0, (letter('y'), "y", "all is well")),
        ("completed", true) if order.return_until.is_some() => keys.push((letter('g'), "g", "give it back")),
        ("completed", false) if order.left().minor > 0 => keys.push((letter('f'), "f", "refund a part")),
        ("returned", false) => {
            let settle = [(letter('p'), "p", "back on the shelves"), (letter('w'), "w", "write it off")];
            keys.splice(0..0, settle);
        }
        _ => {}
    }
    if order.can_be_paid() {
        keys.insert(0, (letter('p'), "p", "pay from the wallet"));
    }
    keys.push((letter('v'), "v", "listing"));
    keys
}

/// Who I am, where, and how the connection is.
fn draw_line(app: &App, pen: &mut Pen, area: Rect) {
    let skin = pen.skin;
    let server = app.server.clone();
    let (mut spans, bad) = match &app.line {
        Line::Up => (vec![Span::styled(" ● ", skin.good())], None),
        Line::Connecting => (vec![Span::styled(" ◌ ", skin.warn())], Some("connecting…".to_owned())),
        Line::Down(why) => (vec![Span::styled(" ✕ ", skin.bad())], Some(format!("no connection: {why}"))),
    };
    let who = match &app.me {
        Some(me) => format!("{} @{}", me.name, me.username),
        None => "visitor".to_owned(),
    };
    spans.push(Span::raw(who));
    spans.push(Span::styled(format!(" · {server}"), skin.muted()));
    match (bad, app.guarded) {
        (Some(bad), _) => {
            let taken: usize = spans.iter().map(Span::width).sum();
            let room = usize::from(area.width).saturating_sub(taken);
            spans.push(Span::styled(text::cut(&format!(" · {bad}"), room), skin.warn()));
        }
        (None, (true, _)) => spans.push(Span::styled(" · encrypted", skin.muted())),
        (None, (false, false)) => {
            spans.push(Span::styled(" · NOT ENCRYPTED: others can read this", skin.warn()))
        }
        (None, (false, true)) => {}
    }
    if app.line == Line::Up && app.me.is_some() && !app.live {
        spans.push(Span::styled(" · not live, r refreshes", skin.muted()));
    }
    pen.line(area.x, area.y, area.width, Text::from(spans));
    if app.me.is_none() && app.settled {
        let label = "l log in ";
        pen.right(area.x, area.y, area.width, label, skin.key());
        pen.hit(Rect { x: area.right().saturating_sub(9), width: 9, ..area }, Hit::Key(letter('l')));
    }
}

fn draw_modal(app: &mut App, pen: &mut Pen) {
    let Some(mut form) = app.form.take() else { return };
    let long = matches!(form.aim, Aim::Edit(_) | Aim::Product(_) | Aim::Details);
    let all = pen.frame.area();
    let signs = matches!(form.aim, Aim::LogIn | Aim::Register);
    let width = if long { 78 } else { 64 };
    let said: usize = form.says.iter().map(|line| text::wrap(line, usize::from(width) - 4).len()).sum();
    let said = u16::try_from(said).unwrap_or(0);
    let rows: u16 = form.entries.iter().map(|entry| entry.rows() + 1).sum();
    // The keys below stay to be seen.
    let most = all.height.saturating_sub(4);
    let height = if long { most } else { said + rows + 6 + if signs { 3 } else { 0 } };
    let area = pen.middle(width, if signs { height } else { height.min(most) });
    let style = pen.skin.accent();
    let inner = pen.boxed(area, &form.title, style);
    let fields = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
    let mut fields = fields;
    let wide = usize::from(fields.width);
    for line in form.says.iter().flat_map(|line| text::wrap(line, wide)) {
        let style = pen.skin.plain();
        pen.text(fields.x, fields.y, fields.width, &line, style);
        fields = Rect { y: fields.y + 1, height: fields.height.saturating_sub(1), ..fields };
    }
    if said > 0 && fields.height > rows + 2 {
        fields = Rect { y: fields.y + 1, height: fields.height - 1, ..fields };
    }
    let cursor = app.dialog.is_none() && !app.help;
    draw_form(app, pen, fields, &mut form, cursor);
    if signs {
        let y = inner.bottom().saturating_sub(2);
        if !app.guarded.0 && !app.guarded.1 && app.line == Line::Up {
            let style = pen.skin.warn();
            pen.text(
                inner.x,
                y.saturating_sub(1),
                inner.width,
                "Not encrypted: others on the way can read the password.",
                style,
            );
        }
        let (what, other) = if form.aim == Aim::LogIn {
            ("F2", "I am new here: join")
        } else {
            ("F2", "I have an account: log in")
        };
        pen.keys(Rect { y, height: 1, ..inner }, &[(KeyCode::F(2), what, other)]);
        pen.keys(
            Rect { y: y + 1, height: 1, ..inner },
            &[(KeyCode::Esc, "Esc", "look around without an account")],
        );
    }
    app.form = Some(form);
}

/// The fields of a form, its pictures, its button and why it was not taken.
fn draw_form(app: &App, pen: &mut Pen, area: Rect, form: &mut Form, cursor: bool) {
    let skin = pen.skin;
    let label = 14;
    let wide = area.width.saturating_sub(label + 1);
    let mut y = area.y;
    let error: Vec<String> = form
        .error
        .iter()
        .flat_map(|error| text::wrap(error, usize::from(wide)).into_iter().take(3))
        .collect();
    let says = u16::try_from(error.len()).unwrap_or(0);
    let lines: u16 = form.entries.iter().map(Entry::rows).sum();
    let count = u16::try_from(form.entries.len()).unwrap_or(0);
    let shots = u16::try_from(form.shelf.len()).map_or(0, |shots| if shots == 0 { 0 } else { shots + 2 });
    let roomy = lines + count + says + shots < area.height;
    let is_apart =
        |entry: &Entry| roomy || (count < 10 && matches!(entry.name, "title" | "condition" | "description"));
    let height = |number: usize, entry: &Entry| {
        let shelf = if entry.name == "pictures" { shots } else { 0 };
        let wrong = if form.wrong == Some(number) { says } else { 0 };
        entry.rows() + wrong + shelf + u16::from(is_apart(entry))
    };
    let heights: Vec<u16> =
        form.entries.iter().enumerate().map(|(number, entry)| height(number, entry)).collect();
    // What is below the button's line is not seen: so many of the first entries go out above that the one one is in is there.
    let tail = 1 + if form.wrong.is_none() { says } else { 0 };
    let end = area.bottom().saturating_sub(tail);
    let mut first = 0;
    // What comes next is seen, too.
    let last = form.entries.len().saturating_sub(1);
    let to = (form.focus + 2).min(last);
    while first < form.focus.min(last) && heights[first..=to].iter().sum::<u16>() > end.saturating_sub(area.y)
    {
        first += 1;
    }
    if first > 0 {
        pen.right(area.x, area.y, area.width, "↑", skin.muted());
    }
    for number in first..form.entries.len() {
        if number > first && y + form.entries[number].rows() > end {
            pen.right(area.x, end.saturating_sub(1), area.width, "↓", skin.muted());
            break;
        }
        let focused = form.focus == number;
        let top = y;
        let entry = &mut form.entries[number];
        pen.mark(area.x, y, 1, focused);
        pen.text(area.x + 2, y, label - 2, entry.label, if focused { skin.strong() } else { skin.muted() });
        let x = area.x + label;
        let hint = entry.hint;
        match &mut entry.value {
            Input::Choice(of, at) => {
                let chosen = text::words(of.get(*at).map_or("", String::as_str));
                let style = if focused { skin.accent() } else { skin.plain() };
                let arrows = if focused { skin.key() } else { skin.muted() };
                pen.line(
                    x,
                    y,
                    wide,
                    vec![Span::styled("‹ ", arrows), Span::styled(chosen, style), Span::styled(" ›", arrows)],
                );
                y += 1;
            }
            Input::Lines(field, rows) => {
                let seen = field.seen(usize::from(wide), usize::from(*rows), false);
                for row in 0..*rows {
                    let line = seen.lines.get(usize::from(row)).map_or("", String::as_str);
                    let style = if focused { skin.input() } else { skin.plain() };
                    let shown = if focused { text::fit(line, usize::from(wide)) } else { line.to_owned() };
                    pen.line(x, y + row, wide, Span::styled(shown, style));
                }
                if field.is_empty() && !focused {
                    pen.text(x, y, wide, hint, skin.muted());
                }
                if focused && cursor {
                    pen.frame.set_cursor_position((x + seen.cursor.0.min(wide), y + seen.cursor.1));
                }
                y += *rows;
            }
            Input::Line(_) | Input::Secret(_) | Input::Path(_) => {
                let secret = matches!(entry.value, Input::Secret(_));
                let Some(field) = entry.field() else { continue };
                let seen = field.seen(usize::from(wide), 1, secret);
                if field.text().is_empty() {
                    let style = if focused { skin.muted().patch(skin.input()) } else { skin.muted() };
                    pen.line(x, y, wide, Span::styled(text::fit(hint, usize::from(wide)), style));
                } else {
                    let style = if focused { skin.input() } else { skin.plain() };
                    pen.line(
                        x,
                        y,
                        wide,
                        Span::styled(text::fit(&seen.lines.concat(), usize::from(wide)), style),
                    );
                }
                if focused && cursor {
                    pen.frame.set_cursor_position((x + seen.cursor.0.min(wide), y));
                }
                y += 1;
            }
        }
        if form.entries[number].name == "pictures" {
            y = draw_shelf(
                app,
                pen,
                Rect { x, y, width: wide, height: area.bottom().saturating_sub(y) },
                form,
                focused,
            );
        }
        pen.hit(
            Rect { x: area.x, y: top, width: area.width, height: y.saturating_sub(top) },
            Hit::Entry(number),
        );
        if form.wrong == Some(number) {
            for line in &error {
                pen.text(area.x + label, y, wide, line, skin.bad());
                y += 1;
            }
        }
        if is_apart(&form.entries[number]) {
            y += 1;
        }
    }
    y = y.min(end);
    if form.wrong.is_none() {
        for line in &error {
            pen.text(area.x + label, y, wide, line, skin.bad());
            y += 1;
        }
    }
    let count = form.entries.len();
    let focused = form.focus == count;
    let name = if form.sent { "One moment…" } else { form.button };
    let button = format!("[ {name} ]");
    let width = u16::try_from(text::width(&button)).unwrap_or(0);
    let y = y.min(area.bottom().saturating_sub(1));
    pen.text(area.x + label, y, wide, &button, if focused { skin.pressed() } else { skin.accent() });
    pen.hit(Rect { x: area.x + label, y, width, height: 1 }, Hit::Entry(count));
}

fn draw_shelf(app: &App, pen: &mut Pen, area: Rect, form: &Form, focused: bool) -> u16 {
    let skin = pen.skin;
    let mut y = area.y;
    if focused && !app.paths.is_empty() {
        pen.text(area.x, y, area.width, &app.paths.join("  "), skin.muted());
        y += 1;
    }
    for (number, shot) in form.shelf.iter().enumerate() {
        if y + 2 >= area.bottom() {
            break;
        }
        let on = focused && form.shot == number && form.text("pictures").is_empty();
        let (state, style) = match &shot.state {
            ShotState::Reading => ("reading…".to_owned(), skin.muted()),
            ShotState::Sending { bytes, received, .. } => {
                let all = bytes.len().max(1);
                let done = (*received * 12 / all).min(12);
                (
                    format!("{}{} {}%", "━".repeat(done), "╌".repeat(12 - done), *received * 100 / all),
                    skin.accent(),
                )
            }
            ShotState::There(picture) => (format!("✓ {} × {}", picture.width, picture.height), skin.good()),
            ShotState::Failed(why) => (why.clone(), skin.bad()),
        };
        let cover = if number == 0 { "cover  " } else { "       " };
        let name = text::fit(&shot.name, 20);
        pen.line(
            area.x,
            y,
            area.width,
            vec![
                Span::styled(if on { "▸ " } else { "  " }, skin.accent()),
                Span::styled(name, if on { skin.chosen() } else { skin.plain() }),
                Span::raw(" "),
                Span::styled(cover, skin.muted()),
                Span::styled(state, style),
            ],
        );
        y += 1;
    }
    if focused && form.shelf.len() > 1 && y + 2 < area.bottom() {
        pen.text(
            area.x,
            y,
            area.width,
            "←→ choose · < > move · Del removes; the first is the cover",
            skin.muted(),
        );
        y += 1;
    }
    y
}

/// The keys of what is looked at, in full.
pub(crate) fn help(app: &App) -> Vec<(&'static str, &'static str)> {
    let page: Vec<(&str, &str)> = match (app.form.as_ref(), app.above.last(), app.tab) {
        (Some(_), _, _) | (None, None, Tab::Sell) => vec![
            ("Tab, ↓ / Shift+Tab, ↑", "next, previous field"),
            ("← →, first letter", "choose"),
            ("Tab / Enter in Picture", "complete the path / add the file"),
            ("← → / < > / Del", "choose, move, remove a picture"),
            ("F3 / F4", "of a product: another variant / take it off"),
            ("Ctrl+S", "send the form"),
            ("Esc", "leave it"),
        ],
        (None, Some(Above::Listing(_)), _) => vec![
            ("b / c", "buy it; a question comes first / put it into the cart"),
            ("Tab", "a store's: the next variant"),
            ("m", "write to the seller"),
            ("o", "everything of this owner, or the store"),
            ("← →", "the pictures"),
            ("↑ ↓ PgUp PgDn", "scroll the description"),
            ("e w p u v", "yours: change, withdraw, put back, put up, its order"),
            ("Esc", "back"),
        ],
        (None, Some(Above::Order { .. }), _) | (None, None, Tab::Orders) => vec![
            ("Tab", "bought / sold"),
            ("Enter", "the order, with its code"),
            ("m", "write to the other side"),
            ("c / a", "cancel it before the drop-off / ask the seller to"),
            ("p", "pay it from the wallet"),
            ("y", "all is well: the seller is credited"),
            ("s", "sold, and shipped: it is sent"),
            ("g", "give it back, when a store sold it"),
            ("p / w / f", "sold: back on the shelves / write off / refund a part"),
            ("↑ ↓", "its lines, when there are many"),
            ("v", "its listing"),
        ],
        (None, Some(Above::Store(_)), _) => vec![
            ("Enter / b / c", "open what stands on the shelf / buy / to the cart"),
            ("m", "write to the owner"),
            ("d", "all the store says of itself"),
            ("y", "its back room, when you act for it"),
            ("Esc", "back"),
        ],
        (None, Some(Above::Checkout(_)), _) => vec![
            ("↑ ↓", "the ways to pay"),
            ("Enter", "pay; a question comes first"),
            ("PgUp PgDn", "the orders, when there are many"),
            ("d", "won in an auction: collect it, or have it shipped"),
            ("x", "leave it: nothing is set aside any more"),
            ("Esc", "to the cart; it stays set aside"),
        ],
        (None, Some(Above::Group(_)), _) => vec![("Enter", "the order, its code large"), ("Esc", "back")],
        (None, Some(Above::Auction(_)), _) => saleroom::help(),
        (None, None, Tab::Auctions) => auctions::help(),
        (None, None, Tab::Cart) => cart::help(),
        (None, None, Tab::Stores) if app.stores.in_room => room::help(app),
        (None, None, Tab::Stores) => vec![
            ("Enter", "look at the store"),
            ("y", "the back room of your store"),
            ("o", "open a store with a code"),
            ("r", "load again"),
        ],
        (None, None, Tab::Market) => vec![
            ("/", "search while you type"),
            ("f", "only one shelf"),
            ("s / F", "condition, prices, order / all of them again"),
            ("o", "everything of this owner"),
            ("Enter", "open"),
            ("b / c / m", "buy / into the cart / write to the seller"),
            ("r", "load again"),
            ("Esc", "show everything again"),
        ],
        (None, None, Tab::Mine) => vec![
            ("Enter", "open"),
            ("e", "change it, also its pictures"),
            ("w / p", "withdraw / put back on sale"),
            ("u", "put it up for auction / to its auction"),
            ("v", "the order it ended in"),
        ],
        (None, None, Tab::Talk) => vec![
            ("Enter", "open the conversation / send"),
            ("Alt+Enter, Ctrl+J", "a new line"),
            ("PgUp PgDn, ↑ ↓", "earlier, later"),
            ("Tab", "the next conversation"),
            ("Ctrl+O", "the listing or order it is about"),
            ("Ctrl+B", "block, or end the block (x in the list)"),
            ("Ctrl+R", "take back a message that was refused"),
        ],
        (None, None, Tab::Me) => {
            vec![
                ("Enter", "choose"),
                ("x", "end a session, a block, a payout that waits"),
                ("p", "money: ask for a payout"),
                ("Esc", "back"),
            ]
        }
        (None, None, Tab::Desk) => vec![
            ("Enter", "look at the code, then do what stands there"),
            ("F4", "take the payment now, collect later"),
            ("F6", "somebody pays cash into their wallet"),
            ("↑ ↓", "the lines of a long order"),
            ("Esc", "the next person"),
        ],
    };
    let mut all = page;
    all.push(("", ""));
    all.extend([
        ("0 … 9, Alt+0 … 9", "the tabs"),
        ("↑ ↓ j k, PgUp PgDn, g G", "up and down"),
        ("n", "what happened meanwhile"),
        ("R", "connect again now"),
        ("? or F1", "this"),
        ("q, Ctrl+C", "leave"),
    ]);
    all
}

fn draw_help(app: &App, pen: &mut Pen) {
    let lines = help(app);
    let skin = pen.skin;
    let height = u16::try_from(lines.len()).unwrap_or(10) + 4;
    let area = pen.middle(72, height);
    let inner = pen.boxed(area, "Keys", skin.accent());
    for ((keys, what), y) in lines.iter().zip(inner.y + 1..inner.bottom()) {
        pen.text(inner.x, y, 25, keys, skin.key());
        pen.text(inner.x + 26, y, inner.width.saturating_sub(26), what, skin.plain());
    }
    let y = inner.bottom().saturating_sub(1);
    pen.text(inner.x, y, inner.width, "Everything can be clicked, too. Any key closes this.", skin.muted());
}
