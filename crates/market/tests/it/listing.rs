//! Listings: pages of them, finding them, changing them, taking them away.

use auboutique_domain::id::{ListingId, PickupPointId};
use auboutique_domain::listing::{
    Browse, Category, Condition, ListingChanges, ListingDraft, ListingState, ListingView, MOST_SORTED, Page,
    PriceRange, Sort,
};
use auboutique_domain::member::Role;
use auboutique_domain::text::Search;
use auboutique_domain::{Command, Currency, Price, Refusal, Reply};
use auboutique_market::{Caller, No, View};

use crate::stage::{Person, Stage, refused, usd};

/// Reads all pages of two rows, from the first to the last; something may happen between them.
fn pages(
    stage: &Stage,
    read: impl Fn(&mut View<'_>, Option<&str>) -> Result<Page<ListingView>, No> + Clone + Send + 'static,
    mut between: impl FnMut(),
) -> Vec<String> {
    let (mut titles, mut after) = (Vec::new(), None::<String>);
    loop {
        let (read, from) = (read.clone(), after.clone());
        let page = stage.ask(Caller::VISITOR, move |view| read(view, from.as_deref())).unwrap();
        assert!(page.rows.len() <= 2);
        titles.extend(page.rows.into_iter().map(|listing| listing.title));
        let Some(next) = page.next else { return titles };
        after = Some(next);
        between();
    }
}

/// The titles a search finds, newest first.
fn found_in(stage: &Stage, category: Option<Category>, words: &str) -> Vec<String> {
    let browse = Browse { category, ..Browse::words(Search::parse(words).unwrap()) };
    let page = stage.ask(Caller::VISITOR, move |view| view.browse(&browse, None, Some(100)));
    page.unwrap().rows.into_iter().map(|listing| listing.title).collect()
}

fn found(stage: &Stage, words: &str) -> Vec<String> {
    found_in(stage, None, words)
}

fn described(stage: &Stage, seller: &Person, title: &str, description: &str) {
    let draft =
        ListingDraft::new(title, description, usd(100), Category::Other, Condition::Good, None).unwrap();
    stage.does(seller, Command::AddListing { draft });
}

/// Puts something on sale: at that price, on that shelf, that worn.
fn offers(
    stage: &Stage,
    seller: &Person,
    title: &str,
    price: Price,
    place: (Category, Condition),
) -> ListingId {
    let draft = ListingDraft::new(title, "", price, place.0, place.1, None).unwrap();
    match stage.does(seller, Command::AddListing { draft }) {
        Reply::Listing(listing) => listing.listing,
        other => panic!("{other:?}"),
    }
}

fn lbp(pounds: i64) -> Price {
    Price::new(pounds, Currency::Lbp).unwrap()
}

/// Prices in dollars, of that many cents.
fn dollars(least: Option<i64>, most: Option<i64>) -> Option<PriceRange> {
    Some(PriceRange { currency: Currency::Usd, least, most })
}

/// All pages of two rows, one after the other.
fn browsed(stage: &Stage, browse: Browse) -> Vec<String> {
    pages(stage, move |view, after| view.browse(&browse, after, Some(2)), || ())
}

fn texts(title: Option<&str>, description: Option<&str>) -> ListingChanges {
    ListingChanges::default().texts(title, description).unwrap()
}

fn edit(listing: ListingId, changes: ListingChanges) -> Command {
    Command::EditListing { listing, changes }
}

on_both! {
    fn pages_neither_skip_nor_repeat_while_new_listings_come(stage) {
        let rana = stage.member("rana");
        let before: Vec<String> = (0..9).rev().map(|number| format!("Volume {number}")).collect();
        for title in before.iter().rev() {
            stage.lists(&rana, title, usd(100));
        }
        let newer = || {
            stage.lists(&rana, "Newer", usd(100));
        };
        let seen = pages(stage, |view, after| view.browse(&Browse::default(), after, Some(2)), newer);
        assert_eq!(seen, before);
        let first = stage.ask(Caller::VISITOR, |view| view.browse(&Browse::default(), None, Some(1))).unwrap();
        assert_eq!(first.rows[0].title, "Newer");
    }

    fn a_shelf_and_a_member_have_pages_of_their_own(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        for number in 0..5 {
            stage.lists_in(&rana, Category::Study, &format!("Record {number}"), usd(100));
            stage.lists_in(&karim, Category::Books, &format!("Volume {number}"), usd(100));
        }
        let records: Vec<String> = (0..5).rev().map(|number| format!("Record {number}")).collect();
        let study = Browse::shelf(Some(Category::Study));
        let shelf = move |view: &mut View<'_>, after: Option<&str>| view.browse(&study, after, Some(2));
        assert_eq!(pages(stage, shelf, || ()), records);
        let member = |view: &mut View<'_>, after: Option<&str>| view.listings_of("rana", after, Some(2));
        assert_eq!(pages(stage, member, || ()), records);
        let nobody = stage.ask(Caller::VISITOR, |view| view.listings_of("nobody_here", None, None));
        assert_eq!(refused(nobody), Refusal::not_found("member"));
        let nonsense = stage.ask(Caller::VISITOR, |view| view.browse(&Browse::default(), Some("x"), None));
        assert_eq!(refused(nonsense), Refusal::not_found("page"));
    }

    fn a_page_has_one_to_a_hundred_rows_whatever_is_asked(stage) {
        let rana = stage.member("rana");
        for number in 0..103 {
            stage.lists(&rana, &format!("Volume {number}"), usd(100));
        }
        for (asked, rows) in [(None, 20), (Some(-1), 1), (Some(0), 1), (Some(i64::MAX), 100)] {
            let page = stage.ask(Caller::VISITOR, move |view| view.browse(&Browse::default(), None, asked)).unwrap();
            assert_eq!((page.rows.len(), page.next.is_some()), (rows, true), "{asked:?}");
        }
    }

    fn what_is_on_sale_comes_in_the_order_of_its_prices_one_currency_at_a_time(stage) {
        let rana = stage.member("rana");
        for (title, price) in [
            ("Lamp", usd(900)), ("Desk", usd(2_500)), ("Pen", usd(100)), ("Coat", lbp(500)), ("Shelf", usd(900)),
            ("Chair", usd(1_000)), ("Book", lbp(350_000)),
        ] {
            stage.lists(&rana, title, price);
        }
        let sorted = |sort, price| browsed(stage, Browse { sort, price, ..Browse::default() });
        let all = dollars(None, None);
        assert_eq!(sorted(Sort::Cheapest, all), ["Pen", "Lamp", "Shelf", "Chair", "Desk"]);
        assert_eq!(sorted(Sort::Dearest, all), ["Desk", "Chair", "Shelf", "Lamp", "Pen"]);
        assert_eq!(sorted(Sort::Newest, all), ["Chair", "Shelf", "Pen", "Desk", "Lamp"]);
        assert_eq!(sorted(Sort::Cheapest, dollars(Some(900), Some(1_000))), ["Lamp", "Shelf", "Chair"]);
        assert_eq!(sorted(Sort::Dearest, dollars(Some(900), Some(1_000))), ["Chair", "Shelf", "Lamp"]);
        assert_eq!(sorted(Sort::Newest, dollars(Some(900), Some(1_000))), ["Chair", "Shelf", "Lamp"]);
        assert_eq!(sorted(Sort::Newest, dollars(Some(2_501), None)), [""; 0]);
        assert_eq!(sorted(Sort::Dearest, dollars(None, Some(0))), [""; 0]);
        let pounds = Some(PriceRange { currency: Currency::Lbp, least: None, most: None });
        assert_eq!(sorted(Sort::Dearest, pounds), ["Book", "Coat"]);
    }

    fn shelf_condition_words_and_prices_are_asked_of_one_listing_together(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let (books, study) = (Category::Books, Category::Study);
        offers(stage, &rana, "Desk lamp", usd(900), (books, Condition::Good));
        offers(stage, &rana, "Desk lamp, worn", usd(300), (books, Condition::Fair));
        offers(stage, &rana, "Desk", usd(2_500), (study, Condition::Good));
        let sold = offers(stage, &rana, "Desk lamp, sold", usd(800), (books, Condition::Good));
        offers(stage, &rana, "Lamp in pounds", lbp(900), (books, Condition::Good));
        offers(stage, &rana, "Lamp", usd(1_000), (study, Condition::Good));
        stage.buys(&karim, sold);
        let words = |text: &str| Some(Search::parse(text).unwrap());
        let check = |browse: Browse, expected: &[&str]| {
            let newest = browsed(stage, Browse { sort: Sort::Newest, ..browse.clone() });
            let found = browsed(stage, browse.clone());
            assert_eq!(found, expected, "{browse:?}");
            assert_eq!(newest.len(), expected.len(), "{browse:?}");
        };
        let good = Browse { condition: Some(Condition::Good), ..Browse::default() };
        check(good.clone(), &["Lamp", "Lamp in pounds", "Desk", "Desk lamp"]);
        check(Browse { category: Some(books), ..good.clone() }, &["Lamp in pounds", "Desk lamp"]);
        check(Browse { search: words("lamp"), ..good.clone() }, &["Lamp", "Lamp in pounds", "Desk lamp"]);
        let good = Browse { price: dollars(None, None), sort: Sort::Dearest, ..good };
        check(good.clone(), &["Desk", "Lamp", "Desk lamp"]);
        check(Browse { category: Some(study), ..good.clone() }, &["Desk", "Lamp"]);
        check(Browse { search: words("des"), ..good.clone() }, &["Desk", "Desk lamp"]);
        check(Browse { search: words("lam"), category: Some(study), ..good.clone() }, &["Lamp"]);
        let cheap = Browse { sort: Sort::Cheapest, condition: None, price: dollars(None, Some(999)), ..good };
        check(cheap.clone(), &["Desk lamp, worn", "Desk lamp"]);
        check(Browse { search: words("lamp"), ..cheap.clone() }, &["Desk lamp, worn", "Desk lamp"]);
        check(Browse { category: Some(books), ..cheap.clone() }, &["Desk lamp, worn", "Desk lamp"]);
        check(Browse { category: Some(books), condition: Some(Condition::Fair), ..cheap }, &["Desk lamp, worn"]);
    }

    fn pages_in_the_order_of_prices_neither_skip_nor_repeat_while_new_listings_come(stage) {
        let rana = stage.member("rana");
        let prices = [700, 100, 700, 300, 700, 500, 300];
        for (number, cents) in prices.iter().enumerate() {
            stage.lists(&rana, &format!("Volume {number}"), usd(*cents));
        }
        let cheapest = ["1", "3", "6", "5", "0", "2", "4"].map(|number| format!("Volume {number}"));
        for (sort, search) in [
            (Sort::Cheapest, None), (Sort::Dearest, None), (Sort::Cheapest, Some("volume")), (Sort::Dearest, Some("vol")),
        ] {
            let search = search.map(|words| Search::parse(words).unwrap());
            let browse = Browse { search, price: dollars(None, None), sort, ..Browse::default() };
            // What comes meanwhile stands before what was read already, wherever one is.
            let cents = if sort == Sort::Cheapest { 50 } else { 900 };
            let mut newer = Vec::new();
            let read = move |view: &mut View<'_>, after: Option<&str>| view.browse(&browse, after, Some(2));
            let seen = pages(stage, read, || newer.push(stage.lists(&rana, "Volume 9", usd(cents))));
            let mut expected = cheapest.to_vec();
            if sort == Sort::Dearest {
                expected.reverse();
            }
            assert_eq!(seen, expected, "{sort:?}");
            for listing in newer {
                stage.does(&rana, Command::WithdrawListing { listing });
            }
        }
    }

    fn what_cannot_be_compared_and_a_page_of_another_order_are_refused(stage) {
        let rana = stage.member("rana");
        for cents in [100, 200, 300] {
            stage.lists(&rana, "Lamp", usd(cents));
        }
        let no = |browse: Browse, after: Option<&'static str>| {
            refused(stage.ask(Caller::VISITOR, move |view| view.browse(&browse, after, Some(1))))
        };
        for sort in [Sort::Cheapest, Sort::Dearest] {
            assert_eq!(no(Browse { sort, ..Browse::default() }, None), Refusal::CurrencyNeeded);
            let price = dollars(Some(2), Some(1));
            assert_eq!(no(Browse { sort, price, ..Browse::default() }, None), Refusal::PriceRangeInvalid);
            let price = dollars(Some(200), Some(300));
            // A number, half a cursor, one of another range, and ones that are none.
            for after in ["1795324757545753", "200-", "-200", "100-5", "301-5", "200-0", "200--5", "a-b", "200-5-5", ""] {
                let asked = Browse { sort, price, ..Browse::default() };
                assert_eq!(no(asked.clone(), Some(after)), Refusal::not_found("page"), "{after}");
                let words = Some(Search::parse("lamp").unwrap());
                assert_eq!(no(Browse { search: words, ..asked }, Some(after)), Refusal::not_found("page"), "{after}");
            }
        }
        let newest = Browse { condition: Some(Condition::Good), ..Browse::default() };
        assert_eq!(no(newest, Some("200-5")), Refusal::not_found("page"));
    }

    fn of_many_that_have_the_words_the_newest_thousand_are_put_in_the_order_of_their_prices(stage) {
        let rana = stage.member("rana");
        let total = MOST_SORTED + 2;
        for number in 0..total {
            // The two oldest are the cheapest, and the dearest is one of the newest.
            stage.lists(&rana, "Lamp", usd(1 + number));
        }
        stage.lists(&rana, "Desk", usd(1));
        let first = |sort, price| {
            let browse = Browse { price, sort, ..Browse::words(Search::parse("lamp").unwrap()) };
            let page = stage.ask(Caller::VISITOR, move |view| view.browse(&browse, None, Some(1))).unwrap();
            page.rows[0].price.minor
        };
        assert_eq!(first(Sort::Cheapest, dollars(None, None)), 3);
        assert_eq!(first(Sort::Dearest, dollars(None, None)), total);
        // Those that are not looked for are not counted.
        assert_eq!(first(Sort::Cheapest, dollars(None, Some(total - 2))), 1);
    }

    fn searching_folds_accents_and_case_and_finds_the_start_of_a_word(stage) {
        let rana = stage.member("rana");
        stage.lists(&rana, "Table basse, café crème", usd(100));
        for words in ["café", "CAFE", "cafe cr", "CRÈME table", "tab", "t"] {
            assert_eq!(found(stage, words), ["Table basse, café crème"], "{words}");
        }
        for words in ["caf table", "cafes", "able", "table chaise"] {
            assert_eq!(found(stage, words), [""; 0], "{words}");
        }
    }

    fn searching_folds_arabic_forms(stage) {
        let rana = stage.member("rana");
        stage.lists(&rana, "مَكْتَبَة خشب إيطالية ٣٠", usd(100));
        for words in ["مكتبه", "مكتبة", "مكت", "ايطاليه", "أيطالية خشب", "كـــ", "30"] {
            let expected = if words == "كـــ" { 0 } else { 1 };
            assert_eq!(found(stage, words).len(), expected, "{words}");
        }
    }

    fn every_word_must_be_there_in_title_or_description(stage) {
        let rana = stage.member("rana");
        described(stage, &rana, "Desk lamp", "Warm light, bought in Hamra");
        described(stage, &rana, "Desk", "Oak");
        assert_eq!(found(stage, "desk"), ["Desk", "Desk lamp"]);
        assert_eq!(found(stage, "hamra desk"), ["Desk lamp"]);
        assert_eq!(found(stage, "oak hamra"), [""; 0]);
    }

    fn a_search_keeps_to_a_shelf_when_told_to(stage) {
        let rana = stage.member("rana");
        stage.lists_in(&rana, Category::Books, "Piano for beginners", usd(100));
        stage.lists_in(&rana, Category::Study, "Piano stool", usd(100));
        assert_eq!(found(stage, "piano"), ["Piano stool", "Piano for beginners"]);
        assert_eq!(found_in(stage, Some(Category::Study), "piano"), ["Piano stool"]);
        assert_eq!(found_in(stage, Some(Category::Art), "piano"), [""; 0]);
    }

    fn a_search_comes_in_pages_too(stage) {
        let rana = stage.member("rana");
        let volumes: Vec<String> = (0..5).rev().map(|number| format!("Volume {number}")).collect();
        for title in volumes.iter().rev() {
            stage.lists(&rana, title, usd(100));
            stage.lists(&rana, "Atlas", usd(100));
        }
        let browse = Browse::words(Search::parse("vol").unwrap());
        let read = move |view: &mut View<'_>, after: Option<&str>| view.browse(&browse, after, Some(2));
        let newer = || {
            stage.lists(&rana, "Volume 9", usd(100));
        };
        assert_eq!(pages(stage, read, newer), volumes);
    }

    fn what_is_sold_or_withdrawn_is_not_found_and_what_comes_back_is(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let sold = stage.lists(&rana, "Calculus one", usd(100));
        let withdrawn = stage.lists(&rana, "Calculus two", usd(100));
        let order = stage.buys(&karim, sold).order;
        stage.does(&rana, Command::WithdrawListing { listing: withdrawn });
        let newest = stage.ask(Caller::VISITOR, |view| view.browse(&Browse::default(), None, None)).unwrap();
        assert_eq!((found(stage, "calculus").len(), newest.rows.len()), (0, 0));
        stage.cancels(&karim, order);
        stage.does(&rana, Command::PublishListing { listing: withdrawn });
        assert_eq!(found(stage, "calculus"), ["Calculus two", "Calculus one"]);
    }

    fn edited_words_are_found_and_the_old_ones_are_not(stage) {
        let rana = stage.member("rana");
        let listing = stage.lists(&rana, "Calculus", usd(100));
        stage.does(&rana, edit(listing, texts(Some("Physics"), Some("by Halliday"))));
        assert_eq!(found(stage, "calculus"), [""; 0]);
        assert_eq!(found(stage, "halliday phys"), ["Physics"]);
        stage.does(&rana, Command::WithdrawListing { listing });
        stage.does(&rana, edit(listing, texts(Some("Chemistry"), None)));
        assert_eq!(found(stage, "chemistry"), [""; 0]);
        stage.does(&rana, Command::PublishListing { listing });
        assert_eq!(found(stage, "chemistry halliday"), ["Chemistry"]);
    }

    fn nothing_that_is_typed_into_a_search_breaks_it(stage) {
        let rana = stage.member("rana");
        stage.lists(&rana, "TI-83 calculator, C++ 4x4 \"mint\" O'Reilly 100% x🅰y", usd(100));
        for words in [
            "ti 83", "TI-83", "\"mint", "c++", "o'reilly", "100%", "4x4", "calc*", "mint)", "(mint", "min:",
        ] {
            assert_eq!(found(stage, words).len(), 1, "{words}");
        }
        for words in [
            "calculator OR zebra", "zebra NOT", "words:mint zebra", "calculator NEAR zebra", "a AND NOT b",
            "'; DROP TABLE listings; --", "zebra & !", "z:*|m", "a\\b", "$1", "%", "½ z", "1e3", "0x1f", "🅰",
            "x🅰y", "🅰🅱 zebra", "ꙋ𞤀", "Ꞷꟃ a", "Ა", "\u{1b9c}\u{300}a", "a\u{301}\u{302}", "ﷺ", "㍿", "👩‍🔬 lab",
        ] {
            if let Ok(search) = Search::parse(words) {
                let browse = Browse::words(search);
                let page = stage.ask(Caller::VISITOR, move |view| view.browse(&browse, None, None));
                assert!(page.is_ok(), "{words}: {page:?}");
            }
        }
        assert_eq!(stage.count("listings"), 1);
    }

    fn both_databases_find_words_of_letters_younger_than_they_are(stage) {
        let rana = stage.member("rana");
        stage.lists(&rana, "Book in 𞤀𞤣𞤤𞤢𞤥", usd(100));
        assert_eq!(found(stage, "𞤢𞤣𞤤").len(), 1);
        assert_eq!(found(stage, "𞤀𞤣𞤤𞤢𞤥 book").len(), 1);
    }

    fn an_owner_edits_price_shelf_and_condition_until_it_is_sold(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let listing = stage.lists(&rana, "Calculus", usd(2_500));
        let mut changes = ListingChanges::default();
        changes.price = Some(usd(2_000));
        changes.category = Some(Category::Study);
        changes.condition = Some(Condition::Fair);
        stage.does(&rana, edit(listing, changes.clone()));
        let seen = stage.listing(listing).unwrap();
        assert_eq!((seen.price.minor, seen.category, seen.condition), (2_000, Category::Study, Condition::Fair));
        assert_eq!(seen.title, "Calculus");
        stage.buys(&karim, listing);
        assert_eq!(stage.refusal(&rana, edit(listing, changes)), Refusal::ListingSold);
        assert_eq!(stage.refusal(&rana, Command::WithdrawListing { listing }), Refusal::ListingSold);
        assert_eq!(stage.refusal(&rana, Command::PublishListing { listing }), Refusal::ListingSold);
    }

    fn others_neither_edit_nor_withdraw_and_a_moderator_only_withdraws(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let moderator = stage.member_with(Role::Moderator, "mounir");
        let listing = stage.lists(&rana, "Calculus", usd(2_500));
        for (person, withdraws) in [(&karim, false), (&moderator, true)] {
            let changed = edit(listing, texts(Some("Mine"), None));
            assert_eq!(stage.refusal(person, changed), Refusal::NotYours);
            assert_eq!(stage.refusal(person, Command::PublishListing { listing }), Refusal::NotYours);
            let withdrawn = stage.run(person.caller(), Command::WithdrawListing { listing });
            if withdraws {
                assert!(withdrawn.is_ok());
            } else {
                assert_eq!(refused(withdrawn), Refusal::NotYours);
            }
        }
        assert_eq!(stage.events("listing_withdrawn"), 1);
        for command in [Command::WithdrawListing { listing }, Command::PublishListing { listing }] {
            assert_eq!(stage.refusal_to_visitor(command), Refusal::SignInNeeded);
        }
    }

    fn a_withdrawn_listing_is_for_others_the_same_as_a_missing_one(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let withdrawn = stage.lists(&rana, "Calculus", usd(2_500));
        let buying = stage.buying(withdrawn);
        stage.does(&rana, Command::WithdrawListing { listing: withdrawn });
        let again = stage.refusal(&rana, Command::WithdrawListing { listing: withdrawn });
        assert_eq!(again, Refusal::ListingWithdrawn);
        for listing in [withdrawn, ListingId::new(stage.now(), [9; 10])] {
            for caller in [Caller::VISITOR, karim.caller()] {
                let read = stage.ask(caller, move |view| view.listing(listing));
                assert_eq!(refused(read), Refusal::not_found("listing"));
            }
            for command in [
                Command::BuyListing { listing, price: usd(2_500).money(), quantity: 1 },
                edit(listing, texts(Some("Mine"), None)),
                Command::WithdrawListing { listing },
                Command::PublishListing { listing },
            ] {
                assert_eq!(stage.refusal(&karim, command), Refusal::not_found("listing"));
            }
        }
        assert_eq!(stage.refusal(&rana, buying), Refusal::ListingWithdrawn);
        let seen = stage.sees(&rana, move |view| view.listing(withdrawn));
        assert_eq!(seen.state, ListingState::Withdrawn);
        let of_member = stage.ask(Caller::VISITOR, |view| view.listings_of("rana", None, None)).unwrap();
        assert_eq!(of_member.rows, []);
        assert_eq!(stage.sees(&rana, |view| view.own_listings(None, None)).rows.len(), 1);
    }

    fn what_comes_back_stands_where_it_stood(stage) {
        let rana = stage.member("rana");
        let older = stage.lists(&rana, "Older", usd(100));
        stage.lists(&rana, "Newer", usd(100));
        stage.does(&rana, Command::WithdrawListing { listing: older });
        stage.does(&rana, Command::PublishListing { listing: older });
        let again = stage.refusal(&rana, Command::PublishListing { listing: older });
        assert_eq!(again, Refusal::ListingPublished);
        let titles = pages(stage, |view, after| view.browse(&Browse::default(), after, Some(2)), || ());
        assert_eq!(titles, ["Newer", "Older"]);
    }

    fn a_listing_is_collected_where_its_seller_says_and_nowhere_that_is_closed(stage) {
        let rana = stage.member("rana");
        let listing_at = |pickup_point| {
            let draft = ListingDraft::new(
                "Calculus", "", usd(100), Category::Books, Condition::New, pickup_point,
            );
            Command::AddListing { draft: draft.unwrap() }
        };
        let missing = PickupPointId::new(stage.now(), [9; 10]);
        let nowhere = stage.refusal(&rana, listing_at(Some(missing)));
        assert_eq!(nowhere, Refusal::not_found("pickup point"));
        let point = stage.point().id;
        let listing = stage.lists(&rana, "Physics", usd(100));
        stage.at_console(Command::ClosePickupPoint { pickup_point: point });
        assert_eq!(stage.refusal(&rana, listing_at(Some(point))), Refusal::PickupPointClosed);
        assert_eq!(stage.refusal(&rana, listing_at(None)), Refusal::not_found("pickup point"));
        let karim = stage.member("karim");
        assert_eq!(stage.refusal(&karim, stage.buying(listing)), Refusal::PickupPointClosed);
    }

    fn listings_of_one_moment_keep_their_order_over_a_restart(stage) {
        let rana = stage.member("rana");
        let mut titles: Vec<String> = (0..12).map(|number| format!("Volume {number:02}")).collect();
        for title in &titles[..11] {
            stage.lists(&rana, title, usd(100));
        }
        stage.close();
        stage.open();
        stage.lists(&rana, &titles[11], usd(100));
        titles.reverse();
        assert_eq!(pages(stage, |view, after| view.browse(&Browse::default(), after, Some(2)), || ()), titles);
    }
}
