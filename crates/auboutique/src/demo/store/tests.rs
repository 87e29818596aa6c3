//! The stores of the demo are what they say they are, and their story is the same every time.

use std::collections::{BTreeMap, BTreeSet};

use auboutique_domain::listing::check_variants;
use auboutique_domain::member::Email;
use auboutique_domain::order::State;
use auboutique_domain::{Currency, Event};
use auboutique_market::env::ManualEnv;
use auboutique_market::{Location, Market, Options, Told};

use super::super::{campus, drawing};
use super::*;

fn products() -> impl Iterator<Item = &'static Product> {
    STORES.iter().flat_map(|store| store.products)
}

#[test]
fn six_stores_of_people_on_the_campus_have_valid_names_descriptions_and_addresses() {
    let people = campus::people();
    let is_here = |username: &str| people.iter().any(|person| person.username == username);
    let mut names = BTreeSet::new();
    let mut owners = BTreeSet::new();
    for store in &STORES {
        let draft = StoreDraft::new(store.name, store.description, store.email).unwrap();
        assert_eq!(draft.name().as_str(), store.name);
        assert_eq!(Email::parse(store.email).unwrap().as_str(), store.email);
        assert!(names.insert(draft.name().handle().to_owned()), "{}", store.name);
        assert!(is_here(store.owner) && owners.insert(store.owner), "{}", store.owner);
        assert!(store.staff.iter().all(|username| is_here(username) && *username != store.owner));
        let username = draft.name().handle().replace('-', "_");
        assert!(!is_here(&username), "somebody is called as a store is: {username}");
    }
    assert_eq!((STORES.len(), STORES[0].owner), (6, "karim"));
    assert_eq!(STORES.iter().filter(|store| !store.staff.is_empty()).count(), 2);
}

#[test]
fn eighty_products_make_valid_drafts_and_a_third_of_them_come_in_several_forms() {
    assert_eq!(products().count(), 80);
    assert_eq!(products().map(|product| product.title).collect::<BTreeSet<_>>().len(), 80);
    for product in products() {
        let (_, variants) = drafts(product).unwrap();
        assert_eq!(check_variants(&variants), Ok(()), "{}", product.title);
        let clean = |text| auboutique_domain::text::lines("text", text, 1, 4_000);
        for text in [product.title, product.description] {
            assert_eq!(clean(text).as_deref(), Ok(text));
            assert!(!text.contains("  "), "{text}");
        }
        let alone = product.variants.len() == 1;
        for (variant, draft) in product.variants.iter().zip(&variants) {
            assert_eq!(draft.label(), variant.label);
            assert_eq!(draft.sku(), variant.sku);
            assert_eq!(variant.label.is_empty(), alone, "{}", variant.sku);
            assert!((0..=60).contains(&variant.copies), "{}", variant.sku);
        }
    }
    let several = products().filter(|product| product.variants.len() > 1).count();
    assert!((26..=32).contains(&several), "{several}");
    let categories: BTreeSet<_> = products().map(|product| product.category).collect();
    assert_eq!(categories.len(), Category::ALL.len(), "{categories:?}");
}

#[test]
fn every_sku_occurs_once_and_some_variants_are_sold_out_or_low() {
    let variants: Vec<_> = products().flat_map(|product| product.variants).collect();
    let skus: BTreeSet<_> = variants.iter().map(|variant| variant.sku).collect();
    assert_eq!(skus.len(), variants.len());
    let sold_out = variants.iter().filter(|variant| variant.copies == 0).count();
    let low = variants.iter().filter(|each| (1..=each.low_stock).contains(&each.copies)).count();
    assert!((4..=8).contains(&sold_out) && low >= 5, "{sold_out} sold out, {low} low");
    let pounds = variants.iter().filter(|variant| variant.currency == Currency::Lbp).count();
    assert!(pounds * 4 > variants.len(), "{pounds} of {}", variants.len());
    let said = RESTOCKS.iter().map(|(_, sku, _)| sku);
    for sku in said.chain(CORRECTIONS.iter().map(|(_, sku, ..)| sku)).chain([&WITHDRAWN.1]) {
        assert!(skus.contains(sku), "{sku}");
    }
}

#[test]
fn every_store_and_every_product_has_a_drawing_of_its_own() {
    // In one light and from one seed, so that nothing but the thing itself is different.
    let drawn = |looks: &str| drawing::draw(looks, Category::Other, 0);
    let mut others = BTreeMap::from([(drawn("what nobody has thought of"), "a parcel")]);
    for looks in STORES.iter().map(|store| store.looks.0).chain(products().map(|product| product.looks)) {
        let same = others.insert(drawn(looks), looks);
        assert_eq!(same, None, "{looks}");
    }
}

/// A Sunday evening: the desk is closed, so that more than usual is under way.
const END: Moment = Moment::from_micros(1_795_370_400_000_000);

/// A small gray picture: the real ones would take a minute.
fn sketch(_: &str, _: Category, _: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 8, 8);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header().unwrap().write_image_data(&[128; 64]).unwrap();
    bytes
}

/// A market in which the demo's story was told, and all of its log.
fn told(seed: u64) -> (tempfile::TempDir, Market, Vec<Told>) {
    let folder = tempfile::tempdir().unwrap();
    let options = Options::new(Location::Sqlite(folder.path().join("demo.db")));
    let env = std::sync::Arc::new(ManualEnv::new(END.minus(Span::days(DAYS)), seed));
    let market = Market::open(&options, env.clone()).unwrap();
    Story::tell(market.clone(), &env, (seed, END), sketch).unwrap();
    let log = market.ask_now(Caller::CONSOLE, |view| Ok(view.events_after(0, &[], 100_000)?.told)).unwrap();
    (folder, market, log)
}

#[test]
fn the_same_seed_tells_the_same_story_in_which_the_stores_earn_on_most_days() {
    let again = std::thread::spawn(|| {
        let (_folder, market, log) = told(7);
        market.close();
        log
    });
    let (_folder, market, log) = told(7);
    assert_eq!(log, again.join().unwrap());
    let count = |test: fn(&Event) -> bool| log.iter().filter(|told| test(&told.event)).count();
    assert_eq!(count(|event| matches!(event, Event::StoreOpened { .. })), 6);

    let stores = market.ask_now(Caller::CONSOLE, |view| view.stores(None, Some(100))).unwrap().rows;
    assert_eq!(stores.len(), 6);
    let mut sold = Vec::new();
    for store in &stores {
        let owner = store.owner.id;
        let session = market.start_session_at_console(owner).unwrap().0.session;
        let mut after: Option<String> = None;
        loop {
            let (id, from) = (store.store, after.take());
            let page = market.ask_now(Caller::member(session), move |view| {
                view.store_orders(id, from.as_deref(), Some(100))
            });
            let page = page.unwrap();
            sold.extend(page.rows);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    market.close();
    // Some of the purchases are checkouts of two or three orders.
    assert!((180..=270).contains(&sold.len()), "{}", sold.len());
    let mut states: BTreeMap<String, usize> = BTreeMap::new();
    for order in &sold {
        *states.entry(format!("{:?}", order.state)).or_default() += 1;
    }
    let mut of_club = 0;
    for order in &sold {
        let store = order.store.as_ref().map(|store| store.handle.as_str());
        of_club += usize::from(order.state == State::Placed && store == Some("engineering-club"));
    }
    assert!(of_club >= 5, "{of_club} to be prepared at the club: {states:?}");
    for (state, least) in [("Completed", 100), ("Placed", 8), ("AtDesk", 1), ("Canceled", 3), ("NoPickup", 1)]
    {
        assert!(states.get(state).is_some_and(|&count| count >= least), "{state}: {states:?}");
    }
    let days: BTreeSet<Date> = sold
        .iter()
        .filter(|order| order.state == State::Completed)
        .map(|order| day_of(order.changed_at))
        .collect();
    assert!(days.len() >= 18, "{days:?}");
}

#[test]
fn the_story_comes_to_its_end_on_every_day_of_the_week_and_leaves_the_club_something_to_do() {
    let on = |day: i64| {
        let folder = tempfile::tempdir().unwrap();
        let options = Options::new(Location::Sqlite(folder.path().join("demo.db")));
        let (seed, end) = (u64::try_from(day).unwrap(), END.plus(Span::hours(25 * day)));
        let env = std::sync::Arc::new(ManualEnv::new(end.minus(Span::days(DAYS)), seed));
        let market = Market::open(&options, env.clone()).unwrap();
        Story::tell(market.clone(), &env, (seed, end), sketch).unwrap();
        let stores = market.ask_now(Caller::CONSOLE, |view| view.stores(None, Some(100))).unwrap().rows;
        let club = stores.iter().find(|store| store.handle == "engineering-club").unwrap();
        let session = market.start_session_at_console(club.owner.id).unwrap().0.session;
        let id = club.store;
        let queue =
            market.ask_now(Caller::member(session), move |view| view.to_hand_over(Some(id), None, Some(100)));
        let queue = queue.unwrap().rows.len();
        market.close();
        assert!(queue >= 4, "{queue} to hand over on day {day}");
    };
    std::thread::scope(|scope| {
        scope.spawn(|| (1..4).for_each(on));
        scope.spawn(|| (4..8).for_each(on));
    });
}
