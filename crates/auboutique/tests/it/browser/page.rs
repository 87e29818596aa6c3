//! What holds on every page: everybody can use it, nothing sticks out, nothing complains, and it looks like this.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and so do the functions it stands on")]

use std::fs;

use auboutique_domain::Command;
use auboutique_domain::listing::{Category, Condition, ListingDraft};
use auboutique_domain::money::{Currency, Price};
use auboutique_market::Caller;
use serde_json::Value;

use super::town::{PLAIN, Sight, Town, Words, empty_sights};
use super::{Browser, Screen, screenshots, target};
use crate::stage::Stage;

/// Every page of an empty market and of a town, in turn.
fn on_every_page(
    browser_of: impl Fn(&Stage) -> Browser,
    words: &Words,
    mut look: impl FnMut(&Browser, &Sight),
) {
    let empty = Stage::on_sqlite();
    let browser = browser_of(&empty);
    for sight in empty_sights() {
        sight.is_seen_by(&browser);
        look(&browser, &sight);
    }
    drop(browser);
    let (stage, town) = Town::with(words);
    let browser = browser_of(&stage);
    for sight in town.sights() {
        sight.is_seen_by(&browser);
        look(&browser, &sight);
    }
}

// ---- everybody can use it ----

/// axe-core, as `cargo xtask test` brings it.
fn axe() -> String {
    let lib = target().join("axe/lib");
    let versions = fs::read_dir(&lib).into_iter().flatten().flatten();
    let mut files =
        versions.map(|version| version.path().join("site-packages/axe_playwright_python/axe.min.js"));
    let file = files.find(|file| file.is_file());
    let file = file
        .unwrap_or_else(|| panic!("axe-core is not below {}: run `cargo xtask test` once", lib.display()));
    fs::read_to_string(file).unwrap()
}

/// What axe-core finds on the page as it is shown now.
const EXAMINE: &str = "
    const done = arguments[arguments.length - 1];
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] }).then(
      ({ violations }) => done(violations.map(({ id, nodes }) =>
        `${id}: ${nodes.map(({ target, failureSummary }) => `${target.join(' ')} (${failureSummary})`).join('; ')}`)),
      (error) => done([String(error)]));";

/// Axe looks at what stands still: what moves in was there a moment ago, half seen. And at the colors of this hour: of
/// those that are inherited, the browser keeps some from before until it has to paint the page anew.
const SETTLE: &str = "
    const page = document.documentElement;
    page.hidden = true;
    page.getBoundingClientRect();
    page.hidden = false;
    page.getBoundingClientRect();
    document.getAnimations().forEach((animation) => animation.finish());";

#[test]
fn axe_core_finds_nothing_on_any_page_by_day_and_by_night_on_a_phone_and_on_a_desk() {
    let axe = axe();
    let mut found = Vec::new();
    on_every_page(
        |stage| Browser::on(stage, Screen::Desktop),
        &PLAIN,
        |browser, sight| {
            browser.script(&axe);
            for screen in [Screen::Phone, Screen::Desktop] {
                browser.becomes(screen);
                for dark in [false, true] {
                    browser.is_in_the_dark(dark);
                    browser.script(SETTLE);
                    let violations = browser.long_script(EXAMINE, Vec::new());
                    let violations = violations.as_array().unwrap().iter();
                    let night = if dark { "dark" } else { "light" };
                    found.extend(violations.map(|violation| {
                        format!("{} ({screen:?}, {night}): {}", sight.name, violation.as_str().unwrap())
                    }));
                }
            }
        },
    );
    assert!(found.is_empty(), "{} findings\n{}", found.len(), found.join("\n"));
}

// ---- nothing sticks out ----

const LONG: Words = Words {
    name: "محمد_عبد_الرحمن_النصوحي_الحسيني_المستعصم_بالله_ابن_خلدون_الدمشقي",
    title: "Anticonstitutionnellementhexakosioihexekontahexaphobieetpneumonoultramicroscopicsilicovolcanoconioseبلاانقطاعولانهايةلها",
    description: "كتاب قديم في الحساب والمقابلة، بغلاف من جلد، مع حواش كثيرة بخط اليد.\n\
                  Dictionnairedesmotsquinefinissentjamaisetquinesecoupentnullepartmêmeàlafindelalignelapluslonguequisoit \
                  et puis quelques mots ordinaires.",
    message: "هل ما زال الكتاب متوفرا؟ https://example.edu/unechaînequineseterminejamaisetquinecontientaucunespaceparcequec'estuneadresse",
};

/// What reaches beyond the window, and how far.
const STICKS_OUT: &str = "
    document.documentElement.dir = arguments[0];
    const wide = document.documentElement.clientWidth;
    const out = [];
    const page = document.scrollingElement;
    if (page.scrollWidth > page.clientWidth) out.push(`the page: ${page.scrollWidth} > ${page.clientWidth}`);
    for (const part of document.body.querySelectorAll('*')) {
      if (part.closest('.scroller, .stage, .thumbs, .tabs, .unseen, .skip, .brand-word')) continue;
      if (!part.checkVisibility({ visibilityProperty: true })) continue;
      const { left, right, width } = part.getBoundingClientRect();
      if (width > 0 && (left < -1 || right > wide + 1))
        out.push(`${part.tagName}.${part.getAttribute('class') ?? ''}#${part.id} ${left}…${right} of ${wide}`);
    }
    return out;";

#[test]
fn nothing_sticks_out_of_any_page_whatever_people_write_and_whichever_way_it_is_read() {
    let mut found = Vec::new();
    on_every_page(
        |stage| Browser::on(stage, Screen::Phone),
        &LONG,
        |browser, sight| {
            for (width, height) in [(320, 640), (390, 844), (1280, 900)] {
                browser.is_as_wide_as(width, height, width < 1000);
                for direction in ["rtl", "ltr"] {
                    let out = browser.script_with(STICKS_OUT, vec![Value::from(direction)]);
                    let out = out.as_array().unwrap().iter().take(3);
                    found.extend(out.map(|part| format!("{} at {width} {direction}: {part}", sight.name)));
                }
            }
        },
    );
    assert!(found.is_empty(), "{} findings\n{}", found.len(), found.join("\n"));
}

// ---- nothing complains ----

/// What a browser says of an answer that is a no; the page says the rest.
const SAID_NO: &str = "Failed to load resource: the server responded with a status of 4";

#[test]
fn the_console_has_nothing_to_complain_of_on_any_page() {
    let mut found = Vec::new();
    on_every_page(
        |stage| Browser::on(stage, Screen::Desktop),
        &PLAIN,
        |browser, sight| {
            browser.finds("the page is awake", "return document.readyState === 'complete'");
            let says_no = sight.name.ends_with("-wrong") || sight.name == "nothing-there";
            let complaints =
                browser.complaints().into_iter().filter(|line| !(says_no && line.contains(SAID_NO)));
            found.extend(complaints.map(|line| format!("{}: {line}", sight.name)));
        },
    );
    assert!(found.is_empty(), "{} complaints\n{}", found.len(), found.join("\n"));
}

// ---- how it looks ----

#[test]
fn every_page_has_its_picture_taken() {
    on_every_page(
        |stage| Browser::on(stage, Screen::Desktop),
        &PLAIN,
        |browser, sight| {
            for screen in [Screen::Desktop, Screen::Phone] {
                browser.becomes(screen);
                for dark in [false, true] {
                    browser.is_in_the_dark(dark);
                    browser.script(SETTLE);
                    let night = if dark { "dark" } else { "light" };
                    browser.photographs(&format!("{}-{screen:?}-{night}", sight.name).to_lowercase());
                }
            }
        },
    );
    println!("The pictures of all pages are in {}", screenshots().display());
}

/// Every route of a page is among what is looked at, so that a new one cannot be forgotten.
#[test]
fn every_page_of_the_router_is_looked_at() {
    let router = include_str!("../../../src/router.rs");
    let (_stage, town) = Town::with(&PLAIN);
    let sights = town.sights();
    let pages = router.split("fn pages()").nth(1).unwrap().split("\n}").next().unwrap();
    let routes: Vec<&str> = pages
        .lines()
        .filter(|line| line.contains("get("))
        .map(|line| line.split('"').nth(1).unwrap())
        .collect();
    assert!(routes.len() > 15, "{routes:?}");
    for route in routes {
        // Files for a calendar, for sheets and of bids, a scrap that scripts put on a page, and the ways to a provider and back.
        let ways = ["/payments/{payment}", "/payments/{payment}/page"];
        let files =
            ["/orders/{order}/pickup.ics", "/store/money.csv", "/events/{event}", "/auctions/{auction}/log"];
        if files.contains(&route) || ways.contains(&route) {
            continue;
        }
        let is_it = |path: &str| {
            let (given, named) = (path.split('?').next().unwrap().split('/'), route.split('/'));
            given.clone().count() == named.clone().count()
                && given.zip(named).all(|(given, named)| given == named || named.starts_with('{'))
        };
        assert!(sights.iter().any(|sight| is_it(&sight.path)), "nobody looks at {route}");
    }
}

// ---- how much comes over the wire ----

/// The bytes of everything the page took but pictures, compressed as they came, and those of the scripts among them.
const WEIGH: &str = "
    const [page] = performance.getEntriesByType('navigation');
    const parts = performance.getEntriesByType('resource').filter(({ name }) => !name.includes('/pictures/'));
    const sum = (parts) => parts.reduce((sum, { transferSize }) => sum + transferSize, 0);
    return [sum([page, ...parts]), sum(parts.filter(({ name }) => name.endsWith('.js'))), parts.length];";

/// Puts so many things on sale, as many in one batch as go.
fn fill(stage: &Stage, count: usize) {
    let sellers: Vec<_> = (0..100).map(|number| stage.member(&format!("seller_{number}"))).collect();
    let mut numbers = 0..count;
    while !numbers.is_empty() {
        let under_way: Vec<_> = numbers
            .by_ref()
            .take(200)
            .map(|number| {
                let title = format!("A good calculus book, number {number}");
                let price = Price::new(1_250, Currency::Usd).unwrap();
                let draft =
                    ListingDraft::new(&title, "", price, Category::Books, Condition::Good, None).unwrap();
                let caller = Caller::member(sellers[number % sellers.len()].session);
                stage.market.run(caller, Command::AddListing { draft })
            })
            .collect();
        stage.runtime.block_on(async {
            for added in under_way {
                added.await.unwrap();
            }
        });
    }
}

/// `promises.md`: the first visit of a full market.
#[test]
fn the_home_page_of_ten_thousand_listings_comes_in_less_than_a_hundred_kilobytes() {
    let stage = Stage::on_sqlite();
    fill(&stage, 10_000);
    let browser = Browser::on(&stage, Screen::Desktop);
    browser.goes("/");
    browser.finds("everything has come", "return document.readyState === 'complete'");
    assert_eq!(browser.count("#cards .card"), 24);
    let weighed = browser.script(WEIGH);
    let [all, scripts, parts] = [0, 1, 2].map(|place| weighed[place].as_i64().unwrap());
    println!("{all} bytes in {parts} files and the page, {scripts} of them scripts");
    assert!(parts >= 6, "the browser does not say what it took: {weighed}");
    assert!((1_000..=100_000).contains(&all) && (1_000..=60_000).contains(&scripts), "{weighed}");
}
