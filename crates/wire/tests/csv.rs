//! Sheets as sellers have them, and as they should never be.

use std::fmt::Write as _;

use auboutique_domain::id::{EntryId, ListingId, MemberId, PickupPointId, StoreId};
use auboutique_domain::ledger::EntryKind;
use auboutique_domain::listing::{
    Category, Condition, ListingState, ListingView, OwnListing, PickupPointName,
};
use auboutique_domain::member::{MemberCard, Username};
use auboutique_domain::money::sums;
use auboutique_domain::statement::{Period, ProfitView, StatementLine, StatementView};
use auboutique_domain::store::StoreCard;
use auboutique_domain::{Currency, Moment, Money, Price};
use auboutique_wire::csv::{
    BadCell, EXPORT_COLUMNS, Encoding, ExportRow, ListingRow, MOST_BYTES, MOST_COLUMNS, MOST_ROWS, Row,
    STATEMENT_COLUMNS, Sheet, SheetError, read, write, write_profit, write_statement,
};
use encoding_rs::{WINDOWS_1252, WINDOWS_1256};
use proptest::prelude::*;

fn sheet(text: &str) -> Sheet {
    read(text.as_bytes()).expect(text)
}

/// The only row of a sheet.
fn only(text: &str) -> Result<ListingRow, Vec<BadCell>> {
    let rows = sheet(text).rows;
    assert_eq!(rows.len(), 1, "{text:?}: {rows:?}");
    rows[0].listing.clone()
}

fn good(text: &str) -> ListingRow {
    only(text).unwrap_or_else(|bad| panic!("{text:?}: {bad:?}"))
}

fn bad(text: &str) -> Vec<BadCell> {
    only(text).expect_err(text)
}

/// A line, and the title that stands there or the columns that are bad.
type Outcome = (u64, Result<String, Vec<String>>);

/// Which lines are good (with their titles) and which are bad (with their columns).
fn outline(text: &str) -> Vec<Outcome> {
    let columns = |bad: &Vec<BadCell>| bad.iter().map(|cell| cell.column.clone()).collect();
    let each = |row: &Row| (row.line, row.listing.as_ref().map(|row| row.title.clone()).map_err(columns));
    sheet(text).rows.iter().map(each).collect()
}

fn ok(line: u64, title: &str) -> Outcome {
    (line, Ok(title.to_owned()))
}

fn wrong(line: u64, columns: &[&str]) -> Outcome {
    (line, Err(columns.iter().map(|&column| column.to_owned()).collect()))
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(bytes).collect()
}

// The whole.

/// A sheet of some thousand lines as a campus would write it, and what it says.
fn campus_sheet() -> (Vec<u8>, Vec<Outcome>) {
    let mut text = String::from("\u{feff}Titre;الوصف;Price;Devise;catégorie;État;نقطة الاستلام;mes notes;\r\n");
    let mut line = 2;
    let mut expected = Vec::new();
    let mut add = |row: &str, outcome: Result<&str, &[&str]>| {
        let outcome =
            outcome.map(str::to_owned).map_err(|bad| bad.iter().map(|&each| each.to_owned()).collect());
        expected.push((line, outcome));
        text.push_str(row);
        line += row.matches('\n').count() as u64;
    };
    let mut number = 0;
    while number < 600 {
        number += 1;
        let n = number;
        match n % 12 {
            0 => add(&format!("Lampe {n};;12,50;;;;;;\r\n"), Ok(&format!("Lampe {n}"))),
            1 => add(
                &format!(
                    "\"Table; ronde {n}\";\"haute, \"\"belle\"\"\r\net solide\";1 250,50 $;USD;Meubles;Comme neuf;;x\r\n"
                ),
                Ok(&format!("Table; ronde {n}")),
            ),
            2 => add(
                &format!("كتاب الجبر {n};\"فيه\n\nثلاثة أسطر\";٣٥٠٠٠٠ ل.ل.;;الكتب;جيد;بوابة المكتبة;\r\n"),
                Ok(&format!("كتاب الجبر {n}")),
            ),
            3 => add(
                &format!("Écran 27\" {n};;99;usd;électronique;Bon état;;;;;\r\n"),
                Ok(&format!("Écran 27\" {n}")),
            ),
            4 => add(
                &format!("\"Vélo \"\"rouge\"\" {n}\";;80;$;sport;fair;;\r\n"),
                Ok(&format!("Vélo \"rouge\" {n}")),
            ),
            5 => add(&format!("Chaise {n};;cher;;meubles;bon;;\r\n"), Err(&["Price"])),
            6 => add(
                &format!("ab;\"deux\r\nlignes\";0;€;voitures;cassé {n};;\r\n"),
                Err(&["Titre", "Price", "Devise", "catégorie", "État"]),
            ),
            7 => add(&format!("Pot {n};;5\r\n"), Err(&[""])),
            8 => add(&format!("Livre {n};;5;;;;;;;de trop\r\n"), Err(&[""])),
            9 => {
                // The quote is never closed; the next quoted cell comes rows later.
                add(&format!("\"Radio {n};;20;;;;;\r\n"), Err(&["Titre"]));
                add(&format!("Radio verte {n};;20;;;;;\r\n"), Ok(&format!("Radio verte {n}")));
                add(
                    &format!("Radio bleue {n};\"avec\nantenne\";20;;;;;\r\n"),
                    Ok(&format!("Radio bleue {n}")),
                );
            }
            10 => add(&format!("Sac {n};;10 $;LBP;;;;\r\n"), Err(&["Price"])),
            _ => {
                add(&format!("Plante {n};;5;;plantes;neuf;;\r\n"), Ok(&format!("Plante {n}")));
                text_blank(&mut add);
            }
        }
    }
    // Blank rows at the end, and no line break after the last.
    text.push_str(";;;;;;;;\r\n\r\n;;;");
    (text.into_bytes(), expected.into_iter().filter(|(_, outcome)| outcome != &Ok(String::new())).collect())
}

/// A blank row among the others: it counts as a line and says nothing.
fn text_blank(add: &mut impl FnMut(&str, Result<&str, &[&str]>)) {
    add(" ;;;;;;;\r\n", Ok(""));
}

#[test]
fn of_a_thousand_lines_exactly_the_bad_ones_are_reported_on_their_lines() {
    let (bytes, expected) = campus_sheet();
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(text.lines().count() > 1_000);
    let sheet = read(&bytes).unwrap();
    assert_eq!((sheet.delimiter, sheet.encoding), (';', Encoding::Utf8));
    assert_eq!(sheet.rows.len(), expected.len());
    for (found, expected) in outline(&text).into_iter().zip(expected) {
        assert_eq!(found, expected);
    }
    let arabic =
        sheet.rows.iter().filter_map(|row| row.listing.as_ref().ok()).find(|row| row.title.contains("كتاب"));
    assert_eq!(
        arabic,
        Some(&ListingRow {
            title: "كتاب الجبر 2".to_owned(),
            description: "فيه\n\nثلاثة أسطر".to_owned(),
            price: Price::new(350_000, Currency::Lbp).unwrap(),
            category: Category::Books,
            condition: Condition::Good,
            pickup_point: Some("بوابة المكتبة".to_owned()),
            pictures: Vec::new(),
        })
    );
}

// Bytes.

#[test]
fn utf_8_and_utf_16_say_the_same() {
    let text = "title\tprice\tcatégorie\r\nطاولة 🪑\t12.50\tmeubles\r\n";
    let check = |bytes: Vec<u8>, encoding| {
        let sheet = read(&bytes).unwrap();
        assert_eq!((sheet.encoding, sheet.delimiter, sheet.rows.len()), (encoding, '\t', 1));
        assert_eq!(sheet.rows[0].listing.as_ref().unwrap().title, "طاولة 🪑");
    };
    check(text.into(), Encoding::Utf8);
    check(format!("\u{feff}{text}").into(), Encoding::Utf8);
    check(utf16(text, u16::to_le_bytes), Encoding::Utf16Le);
    check(utf16(text, u16::to_be_bytes), Encoding::Utf16Be);
}

#[test]
fn a_code_page_is_read_where_the_header_proves_it() {
    let (arabic, ..) = WINDOWS_1256.encode("العنوان;السعر\nطاولة مستديرة;12.50\nCafetière;3\n");
    let sheet = read(&arabic).unwrap();
    assert_eq!(sheet.encoding, Encoding::Windows1256);
    assert_eq!(sheet.rows[0].listing.as_ref().unwrap().title, "طاولة مستديرة");
    assert_eq!(sheet.rows[1].listing.as_ref().unwrap().title, "Cafetière");

    let (french, ..) = WINDOWS_1252.encode("titre;prix;état\nCafetière “à l’ancienne”;12,50;bon\n");
    let sheet = read(&french).unwrap();
    assert_eq!(sheet.encoding, Encoding::Windows1252);
    assert_eq!(sheet.rows[0].listing.as_ref().unwrap().title, "Cafetière “à l’ancienne”");
}

#[test]
fn a_code_page_without_proof_is_not_guessed() {
    let check = |bytes: &[u8], line| {
        assert_eq!(read(bytes), Err(SheetError::EncodingUnknown { line }), "{bytes:?}");
    };
    // Nothing says whether this is é, Ú or È.
    check(b"title,price\nLamp,1\nCaf\xe9,2\n", 3);
    // The header is French, the row Arabic or a German ö: nobody knows.
    check(b"titre,prix,\xe9tat\r\nK\xf6nig,2,bon\r\n", 1);
    // A UTF-8 file that was cut.
    check(&"العنوان,السعر\nطاولة".as_bytes()[..29], 2);
    let advice = SheetError::EncodingUnknown { line: 3 }.to_string();
    assert!(advice.contains("line 3") && advice.contains("CSV UTF-8"), "{advice}");
}

#[test]
fn what_is_no_text_is_said_to_be_something_else() {
    let check = |bytes: &[u8], expected: &str| match read(bytes) {
        Err(SheetError::NotText { found }) => assert_eq!(found, expected),
        other => panic!("{other:?}"),
    };
    check(b"PK\x03\x04\x14\0", "a workbook such as .xlsx or .ods");
    check(b"\xd0\xcf\x11\xe0\xa1\xb1", "a workbook such as .xls");
    check(b"%PDF-1.7", "a PDF document");
    check(b"t\0i\0t\0l\0e\0", "binary data");
    check(b"\xff\xfet\0i", "broken UTF-16 text");
    check(b"\xff\xfe\0\xd8,\0", "broken UTF-16 text");
    check(b"\xef\xbb\xbftitle,price\nCaf\xe9,1", "broken UTF-8 text");
}

#[test]
fn letters_that_were_lost_before_are_reported() {
    assert_eq!(bad("title,price\n????? ???,5")[0].column, "title");
    assert_eq!(bad("title,price\nCaf\u{fffd},5")[0].column, "title");
    assert_eq!(good("title,price\nWhat is this???,5").title, "What is this???");
}

// Delimiters and headers.

#[test]
fn the_delimiter_is_told_from_the_header() {
    for delimiter in [',', ';', '\t', '|'] {
        let text = format!("title{delimiter}price{delimiter}description\nLamp{delimiter}5{delimiter}red\n");
        assert_eq!(sheet(&text).delimiter, delimiter);
        assert_eq!(good(&text).description, "red");
    }
    // Other signs in quoted headers do not count, nor does it matter that they are more.
    let text = "title;\"notes, and, more, and, more\";price\nLamp;,,,;12,50\n";
    assert_eq!(good(text).price.money().minor, 1_250);
    assert_eq!(good("\"title\"|\"a,b;c\r\nd\"|price\nLamp|x|5").title, "Lamp");
}

#[test]
fn a_line_that_announces_the_delimiter_is_honored() {
    for (first, delimiter) in
        [("sep=;", ';'), ("SEP=;", ';'), ("\"sep=;\"", ';'), ("sep=;;;;", ';'), ("sep=^", '^')]
    {
        let text = format!("\u{feff}{first}\r\ntitle{delimiter}price\r\nLamp{delimiter}12,50\r\n");
        assert_eq!(outline(&text), [ok(3, "Lamp")], "{first}");
        assert_eq!(sheet(&text).delimiter, delimiter);
    }
    assert_eq!(outline("sep=\t\ntitle\tprice\nLamp\t5"), [ok(3, "Lamp")]);
    assert_eq!(read(b"sep=;"), Err(SheetError::Empty));
}

#[test]
fn columns_are_known_by_their_names_in_three_languages() {
    let check = |header: &str| {
        let row = good(&format!("{header}\nLamp;red;350000;LBP;furniture;fair;Main gate\n"));
        let expected = ListingRow {
            title: "Lamp".to_owned(),
            description: "red".to_owned(),
            price: Price::new(350_000, Currency::Lbp).unwrap(),
            category: Category::Furniture,
            condition: Condition::Fair,
            pickup_point: Some("Main gate".to_owned()),
            pictures: Vec::new(),
        };
        assert_eq!(row, expected, "{header}");
    };
    check("title;description;price;currency;category;condition;pickup_point");
    check("TITLE; Description ;PRICE;Currency;CATEGORY;Condition;Pickup Point");
    check("titre;description;prix;devise;catégorie;état;point de retrait");
    check("Titre;DESCRIPTION;Prix;Monnaie;CATEGORIE;ETAT;Point-de-Retrait");
    check("titre;description;prix;devise;cate\u{301}gorie;e\u{301}tat;lieu de retrait");
    check("العنوان;الوصف;السعر;العملة;الفئة;الحالة;نقطة الاستلام");
    check("عنوان;وصف;سعر;عُمْلة;فئه;حالة;نقطة_الاستلام");
}

#[test]
fn unknown_columns_are_passed_over() {
    assert_eq!(good("id,price,color,title,,\n7,5,red,Lamp,,\n").title, "Lamp");
}

#[test]
fn a_header_without_the_needed_columns_says_which_there_are() {
    let error = read(b"name,price,color\nLamp,5,red\n").unwrap_err();
    let SheetError::HeaderMissing { missing, known, found } = &error else { panic!("{error:?}") };
    assert_eq!(missing, &["title"]);
    assert!(known.contains(&"pickup_point"));
    assert_eq!(found, &["name", "price", "color"]);
    assert!(error.to_string().contains("Missing: title."), "{error}");
    assert!(
        matches!(read(b"Lamp"), Err(SheetError::HeaderMissing { missing, .. }) if missing == ["title", "price"])
    );
}

#[test]
fn a_header_that_names_a_column_twice_is_refused() {
    let twice =
        SheetError::HeaderTwice { column: "price", first: "price".to_owned(), second: "Prix".to_owned() };
    assert_eq!(read("title,price,Prix\nLamp,5,6\n".as_bytes()), Err(twice));
}

#[test]
fn a_header_with_an_open_quote_is_refused() {
    assert_eq!(read(b"\ntitle,\"price\nLamp,5\n"), Err(SheetError::HeaderQuote { line: 2 }));
    assert_eq!(read(b"title,\"pri\"ce,\nLamp,5\n"), Err(SheetError::HeaderQuote { line: 1 }));
}

#[test]
fn a_sheet_without_a_cell_is_empty_and_one_without_a_row_is_not() {
    for text in ["", "\u{feff}", "\r\n\r\n", "   \n\t\n"] {
        assert_eq!(read(text.as_bytes()), Err(SheetError::Empty), "{text:?}");
    }
    assert_eq!(sheet("title,price").rows, []);
    assert_eq!(outline("\n\ntitle,price\nLamp,5"), [ok(4, "Lamp")]);
}

// Rows.

#[test]
fn lines_are_counted_as_an_editor_does() {
    for end in ["\n", "\r\n", "\r"] {
        let text = [
            "title,description,price",
            "Lamp,\"one",
            "two\",5",
            "",
            "Desk,,6",
            "x,,6",
            "\"Big",
            "pot\",,5",
            "Sofa,,7",
        ]
        .join(end);
        let expected =
            [ok(2, "Lamp"), ok(5, "Desk"), wrong(6, &["title"]), wrong(7, &["title"]), ok(9, "Sofa")];
        assert_eq!(outline(&text), expected, "{end:?}");
        assert_eq!(sheet(&text).rows[0].listing.as_ref().unwrap().description, "one\ntwo");
    }
    assert_eq!(
        outline("title,price\rLamp,5\nDesk,6\r\n\rSofa,7"),
        [ok(2, "Lamp"), ok(3, "Desk"), ok(5, "Sofa")]
    );
}

#[test]
fn quotes_keep_separators_line_breaks_and_doubled_quotes_together() {
    let row = good("title,description,price\n\"Desk, \"\"big\"\"\",\"a\r\n\r\nb; \"\"\"\"\",\"1,250.50\"");
    assert_eq!(row.title, "Desk, \"big\"");
    assert_eq!(row.description, "a\n\nb; \"\"");
    assert_eq!(row.price.money().minor, 125_050);
    // A quote within a cell that does not start with one is a letter; blanks around quotes are nothing.
    assert_eq!(good("title,price\n27\" \"screen\",5").title, "27\" \"screen\"");
    assert_eq!(good("title,price\n \"Lamp, red\" ,\"5\" \n").title, "Lamp, red");
}

#[test]
fn blank_rows_and_columns_are_passed_over() {
    let text = "title,price,,\n,,,\nLamp,5,,,,\n   \n\t\nDesk,6, , \n,,\n\n\n";
    assert_eq!(outline(text), [ok(3, "Lamp"), ok(6, "Desk")]);
}

#[test]
fn rows_with_too_many_or_too_few_cells_are_reported_and_hide_nothing() {
    let text = "title,price,category\nLamp,12,50,books\nDesk,5\nSofa,7,\nBed,1,,x\nPot,2,other\n";
    let expected = [wrong(2, &[""]), wrong(3, &[""]), ok(4, "Sofa"), wrong(5, &[""]), ok(6, "Pot")];
    assert_eq!(outline(text), expected);
    let problems: Vec<_> = sheet(text).rows.into_iter().filter_map(|row| row.listing.err()).collect();
    assert!(problems[0][0].problem.contains("4 cells under 3 columns"), "{problems:?}");
    assert!(problems[1][0].problem.contains("2 cells under 3 columns"), "{problems:?}");
    assert_eq!(problems[2][0].value, "x");
}

#[test]
fn a_quote_that_is_never_closed_is_reported_where_it_opens_and_hides_nothing() {
    let check = |text: &str, expected: &[Outcome]| {
        assert_eq!(outline(text), expected, "{text:?}");
    };
    check(
        "title,price\nLamp,5\n\"Desk,6\nSofa,7\nBed,8",
        &[ok(2, "Lamp"), wrong(3, &["title"]), ok(4, "Sofa"), ok(5, "Bed")],
    );
    check("title,price\nLamp,\"5", &[wrong(2, &["price"])]);
    check("title,price\nLamp,\"", &[wrong(2, &["price"])]);
    // The next quote is the beginning of a cell, not the end of this one.
    check(
        "title,price\n\"Desk,6\nSofa,7\n\"Bed, big\",8\nPot,9",
        &[wrong(2, &["title"]), ok(3, "Sofa"), ok(4, "Bed, big"), ok(5, "Pot")],
    );
    // The row began above the quote.
    check(
        "title,description,price\n\"La\nmp\",\"red,5\nSofa,,7\n",
        &[wrong(3, &["description"]), ok(4, "Sofa")],
    );
}

#[test]
fn text_after_a_closing_quote_is_reported_and_hides_nothing() {
    let text = "title,price\n\"27\" screen\",5\n\"Lamp\"x,\"6\"\nSofa,7\n";
    assert_eq!(outline(text), [wrong(2, &["title"]), wrong(3, &["title"]), ok(4, "Sofa")]);
    assert_eq!(sheet(text).rows[0].listing.as_ref().unwrap_err()[0].value, "\"27\" screen\"");
}

#[test]
fn all_bad_cells_of_a_row_are_reported_together() {
    let text = "title,description,price,currency,category,condition,pickup_point\nx,a\u{202e}b,free,EUR,cars,broken,y";
    let bad = bad(text);
    let columns: Vec<_> = bad.iter().map(|cell| cell.column.as_str()).collect();
    assert_eq!(
        columns,
        ["title", "description", "price", "currency", "category", "condition", "pickup_point"]
    );
    for cell in bad {
        assert!(cell.problem.ends_with('.') && !cell.value.contains('\u{202e}'), "{cell:?}");
    }
}

#[test]
fn a_bad_cell_is_shown_short_and_on_one_line() {
    let bad = bad(&format!("title,price\n\"{}\n\u{1b}[31m\",5", "lamp ".repeat(100)));
    assert_eq!(bad[0].value.chars().count(), 41);
    assert!(bad[0].value.starts_with("lamp lamp") && bad[0].value.ends_with('…'));
    let bad = self::bad("title,price\n\"a\n\u{1b}b\",5");
    assert_eq!(bad[0].value, "a \u{fffd}b");
    assert!(bad[0].to_string().starts_with("title: A title is one line."), "{}", bad[0]);
}

// Cells.

#[test]
fn what_a_row_does_not_say_has_a_default() {
    for text in [
        "title,price\nLamp,5",
        "title,price,currency,category,condition,pickup_point,description\nLamp,5,,,,,",
    ] {
        let row = good(text);
        assert_eq!(row.price, Price::new(500, Currency::Usd).unwrap());
        assert_eq!((row.category, row.condition), (Category::Other, Condition::Good));
        assert_eq!((row.pickup_point, row.description), (None, String::new()));
    }
}

#[test]
fn categories_and_conditions_are_known_in_three_languages() {
    let category = |name: &str| good(&format!("title,price,category\nLamp,5,{name}")).category;
    for (expected, names) in [
        (Category::Books, ["books", "LIVRES", "الكتب"]),
        (Category::Electronics, ["Electronics", "Électronique", "الإلكترونيات"]),
        (Category::Clothing, ["clothing", "vetements", "ملابس"]),
        (Category::Study, ["study", "Études", "دراسة"]),
        (Category::Other, ["other", "autre", "اخرى"]),
    ] {
        for name in names {
            assert_eq!(category(name), expected, "{name}");
        }
    }
    let condition = |name: &str| good(&format!("title,price,condition\nLamp,5,{name}")).condition;
    for name in ["like_new", "Like New", "LIKE-NEW", "comme neuf", "شبه جديد"] {
        assert_eq!(condition(name), Condition::LikeNew, "{name}");
    }
    for name in ["for parts", "pour pieces", "قطع غيار"] {
        assert_eq!(condition(name), Condition::ForParts, "{name}");
    }
    for &each in Category::ALL {
        assert_eq!(category(each.name()), each);
    }
    for &each in Condition::ALL {
        assert_eq!(condition(each.name()), each);
    }
    assert!(bad("title,price,category\nLamp,5,cars")[0].problem.contains("electronics"));
    assert!(bad("title,price,condition\nLamp,5,---")[0].problem.contains("like_new"));
}

#[test]
fn a_price_is_read_with_whatever_stands_beside_it() {
    let check = |cell: &str, minor, currency| {
        let row = good(&format!("title;price\nLamp;{cell}"));
        assert_eq!(row.price.money(), Money::new(minor, currency), "{cell}");
    };
    for cell in [
        "12.50",
        "12,50",
        "$12.50",
        "$ 12,5",
        "12.50 USD",
        "12.50usd",
        "USD 12.50",
        "12,50 $US",
        "US$12.50",
        "12.50$",
        "١٢٫٥٠",
        "۱۲.۵۰",
        "١٢٫٥٠ دولار",
        "\u{200f}12.50\u{a0}$\u{200e}",
        "$12.50 USD",
    ] {
        check(cell, 1_250, Currency::Usd);
    }
    check("1 250,50", 125_050, Currency::Usd);
    check("1\u{202f}250,50 $", 125_050, Currency::Usd);
    for cell in [
        "350000 LBP",
        "LBP 350,000",
        "350.000 L.L.",
        "L.L.350000",
        "350 000 LL",
        "٣٥٠٬٠٠٠ ل.ل.",
        "ل.ل ٣٥٠٠٠٠",
        "350000 ل.ل",
        "350000 ليرة لبنانية",
        "350000.00 lbp",
    ] {
        check(cell, 350_000, Currency::Lbp);
    }
}

#[test]
fn a_price_that_is_none_says_what_to_do() {
    let check = |row: &str, problem: &str| {
        let bad = bad(&format!("title;price;currency\nLamp;{row}"));
        assert_eq!(bad.len(), 1, "{row}: {bad:?}");
        assert!(bad[0].column == "price" && bad[0].problem.contains(problem), "{row}: {bad:?}");
    };
    check(";", "missing");
    for cell in ["free", "-5", "+5", "12.", "1e3", "12 each", "5 or 6", "$", "USD", "=12", "(5)", "12.345.6"]
    {
        check(&format!("{cell};"), "not a price");
    }
    check("0;", "at least 0.01 USD");
    check("0;LBP", "at least 1 LBP");
    check("99999999999999999999;LBP", "at most 1000000000000 LBP");
    check("12.50;LBP", "not a price");
    check("12.50 LBP;", "not a price");
    check("12 €;", "USD and LBP");
    check("EUR 12;", "USD and LBP");
    check("$ 12 LBP;", "says both USD and LBP");
    check("12 LBP;USD", "price says LBP and the currency column says USD");
    check("$12;ل.ل", "price says USD and the currency column says LBP");
}

#[test]
fn a_currency_is_known_by_code_sign_and_name() {
    let currency = |cell: &str| good(&format!("title;price;currency\nLamp;5;{cell}")).price.money().currency;
    for cell in ["", "USD", "usd", "$", "US$", "Dollars", "دولار"] {
        assert_eq!(currency(cell), Currency::Usd, "{cell}");
    }
    for cell in ["LBP", "lbp", "L.L.", "ل.ل", "ل.ل.", "ليرة", "livres libanaises"] {
        assert_eq!(currency(cell), Currency::Lbp, "{cell}");
    }
    let bad = bad("title;price;currency\nLamp;12 LBP;EUR");
    assert_eq!((bad.len(), bad[0].column.as_str()), (1, "currency"));
}

#[test]
fn a_row_becomes_a_draft_and_the_fields_of_a_request() {
    let row = good("title,price,condition,pickup_point\n Lamp ,5,new,Main gate");
    assert!(row.draft(Some(PickupPointId::new(Moment::from_micros(1), [0; 10]))).is_ok());
    let json = serde_json::to_value(&row).unwrap();
    let expected = serde_json::json!({
        "title": "Lamp", "description": "", "price": { "minor": 500, "currency": "USD" },
        "category": "other", "condition": "new", "pickup_point": "Main gate",
    });
    assert_eq!(json, expected);
}

// Bounds.

#[test]
fn a_sheet_has_bounds() {
    assert_eq!(read(&vec![b' '; MOST_BYTES + 1]), Err(SheetError::TooLarge { most: MOST_BYTES }));
    assert_eq!(read(&vec![b'\n'; MOST_BYTES]), Err(SheetError::Empty));

    let mut text = String::from("title,price\n");
    for number in 0..MOST_ROWS {
        writeln!(text, "Lamp {number},5\n,").unwrap();
    }
    assert_eq!(sheet(&text).rows.len(), MOST_ROWS);
    text.push_str("Lamp,5");
    assert_eq!(read(text.as_bytes()), Err(SheetError::TooManyRows { most: MOST_ROWS }));

    let wide = format!("title,price{}", ",x".repeat(MOST_COLUMNS));
    assert_eq!(read(wide.as_bytes()), Err(SheetError::TooManyColumns { most: MOST_COLUMNS }));
    let commas = format!("title,price\nLamp,5{}\nDesk,6", ",".repeat(1_000_000));
    assert_eq!(outline(&commas), [ok(2, "Lamp"), ok(3, "Desk")]);
    let commas = format!("title,price\nLamp,5{}x\nDesk,6", ",".repeat(1_000_000));
    assert_eq!(outline(&commas), [wrong(2, &[""]), ok(3, "Desk")]);
}

#[test]
fn the_worst_quotes_are_read_in_time() {
    // Were every open quote followed to the end of the file, these would take minutes.
    for (unit, most) in [("\"a\n", 9_000), ("\"\"\",\n", 9_000), ("\"a\"b\n", 9_000), ("a,\"\"\n\"\n", 4_500)]
    {
        let text = format!("title,price\n{}{}", unit.repeat(most), "x\"\"".repeat(2_000_000));
        assert!(!read(text.as_bytes()).unwrap().rows.is_empty());
    }
}

// Out, and in again.

fn export(title: &str, description: &str, price: Money) -> ExportRow {
    ExportRow {
        listing: ListingId::new(Moment::from_micros(1_700_000_000_000_000), [7; 10]),
        title: title.to_owned(),
        description: description.to_owned(),
        price,
        category: Category::Books,
        condition: Condition::LikeNew,
        pickup_point: "@ Main gate".to_owned(),
        state: ListingState::OnSale,
        published_at: Moment::from_micros(1_700_000_000_000_000),
        buyer: None,
    }
}

#[test]
fn pictures_are_named_with_a_bar_between_and_no_more_than_eight() {
    let pictures = |cell: &str| {
        let sheet = read(format!("title,price,Photos\nA lamp,5,{cell}\n").as_bytes()).unwrap();
        sheet.rows[0].listing.clone().map(|row| row.pictures)
    };
    assert_eq!(pictures("front.jpg | the back.png||").unwrap(), ["front.jpg", "the back.png"]);
    assert_eq!(pictures("").unwrap(), [""; 0]);
    assert!(pictures(&["a.jpg"; 8].join("|")).is_ok());
    assert!(pictures(&["a.jpg"; 9].join("|")).unwrap_err()[0].to_string().contains("at most 8 pictures"));
}

#[test]
fn a_sheet_goes_out_as_spreadsheet_programs_like_it() {
    let own = OwnListing {
        listing: ListingView {
            listing: ListingId::new(Moment::from_micros(0), [0; 10]),
            title: "=HYPERLINK(\"x\")".to_owned(),
            description: "one\ntwo".to_owned(),
            price: Money::new(1_250, Currency::Usd),
            category: Category::Games,
            condition: Condition::New,
            state: ListingState::Sold,
            published_at: Moment::from_micros(0),
            seller: MemberCard {
                id: MemberId::new(Moment::from_micros(0), [0; 10]),
                username: Username::parse("seller_1").unwrap(),
                name: "Seller".to_owned(),
            },
            pickup_point: PickupPointName {
                id: PickupPointId::new(Moment::from_micros(0), [0; 10]),
                name: "Main gate".to_owned(),
            },
            pictures: Vec::new(),
            available: 0,
            store: None,
            product: None,
            variant: String::new(),
            auction: None,
        },
        order: None,
        buyer: Some(MemberCard {
            id: MemberId::new(Moment::from_micros(0), [0; 10]),
            username: Username::parse("buyer_1").unwrap(),
            name: "Buyer".to_owned(),
        }),
    };
    let id = own.listing.listing;
    let bytes = write([ExportRow::from(own)]);
    let text = String::from_utf8(bytes).unwrap();
    let header = EXPORT_COLUMNS.join(",");
    assert_eq!(
        text,
        format!(
            "\u{feff}{header}\r\n{id},\"'=HYPERLINK(\"\"x\"\")\",\"one\ntwo\",12.50,USD,games,new,Main gate,sold,1970-01-01T00:00:00.000000Z,buyer_1\r\n"
        )
    );
    assert_eq!(read(&write([])).unwrap().rows, []);
}

#[test]
fn no_cell_goes_out_as_a_formula() {
    for start in ["=", "+", "-", "@", "\t", "\r", "'=", "''@"] {
        let row = export(&format!("{start}1+1"), start, Money::new(1, Currency::Lbp));
        let bytes = write([row]);
        let mut cells = csv::ReaderBuilder::new().from_reader(&bytes[3..]);
        let record = cells.records().next().unwrap().unwrap();
        assert!(record[1].starts_with('\'') && record[2].starts_with('\''), "{record:?}");
        assert_eq!(&record[7], "'@ Main gate");
        assert!(record.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r'])));
    }
    assert_eq!(good("title,price\n'=cmd|' /C calc'!A0,5").title, "=cmd|' /C calc'!A0");
    assert_eq!(good("title,price\n'80s jacket,5").title, "'80s jacket");
}

/// What people may write, with a liking for what is hard to write.
fn hard_text(least: usize, most: usize) -> impl Strategy<Value = String> {
    let letter = prop_oneof![
        4 => "[a-zA-Z0-9 ]",
        4 => prop::sample::select(vec!["'", "\"", "=", "+", "-", "@", ",", ";", "|", "é", "ل", "🪑", "?", "\u{200d}"])
            .prop_map(str::to_owned),
    ];
    prop::collection::vec(letter, least..=most).prop_map(|letters| letters.concat())
}

/// An account on which this happened, and what it comes to.
fn books(happened: &[(i64, bool, String)]) -> (Vec<StatementLine>, Vec<Money>) {
    let line = |(minor, pounds, source): &(i64, bool, String)| StatementLine {
        entry: EntryId::new(Moment::from_micros(0), [7; 10]),
        at: Moment::from_micros(1_795_000_000_000_000),
        kind: EntryKind::OrderCompleted,
        source: source.clone(),
        amount: Money::new(*minor, if *pounds { Currency::Lbp } else { Currency::Usd }),
    };
    let lines: Vec<StatementLine> = happened.iter().map(line).collect();
    let sums = sums(lines.iter().map(|line| line.amount)).expect("the amounts are small");
    (lines, sums)
}

fn today() -> Period {
    let day = auboutique_domain::time::parse_day("2026-11-22").expect("it is a day");
    Period::new(day, day).expect("it is a period")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_goes_out_comes_in_again(
        rows in prop::collection::vec(
            (hard_text(4, 30), prop::collection::vec(hard_text(0, 20), 1..4), 1_i64..=1_000_000_000_000, any::<bool>()),
            0..8,
        ),
    ) {
        let rows: Vec<ExportRow> = rows
            .into_iter()
            .map(|(title, lines, minor, dollars)| {
                let currency = if dollars { Currency::Usd } else { Currency::Lbp };
                // As the market keeps them: trimmed, and with letters so that the title is one.
                export(format!("{title}xyz").trim(), format!("{}x", lines.join("\n")).trim(), Money::new(minor, currency))
            })
            .collect();
        let found = read(&write(rows.clone())).unwrap();
        prop_assert_eq!(found.rows.len(), rows.len());
        for (found, row) in found.rows.into_iter().zip(rows) {
            let expected = ListingRow {
                title: row.title,
                description: row.description,
                price: Price::new(row.price.minor, row.price.currency).unwrap(),
                category: row.category,
                condition: row.condition,
                pickup_point: Some(row.pickup_point),
                pictures: Vec::new(),
            };
            prop_assert_eq!(found.listing, Ok(expected));
        }
    }

    #[test]
    fn well_formed_sheets_are_cut_as_another_reader_cuts_them(
        rows in prop::collection::vec((hard_text(3, 20), prop::collection::vec(hard_text(0, 10), 1..4)), 1..8),
        delimiter in prop::sample::select(b",;\t|".to_vec()),
        terminator in prop::sample::select(vec![b'\n', b'\r']),
    ) {
        let mut writer = csv::WriterBuilder::new()
            .delimiter(delimiter)
            .terminator(csv::Terminator::Any(terminator))
            .quote_style(csv::QuoteStyle::Always)
            .from_writer(Vec::new());
        writer.write_record(["title", "description", "price"]).unwrap();
        for (title, lines) in &rows {
            writer.write_record([&format!("a{title}x"), &format!("a{}x", lines.join("\n")), "12,50"]).unwrap();
        }
        let bytes = writer.into_inner().unwrap();
        let sheet = read(&bytes).unwrap();
        prop_assert_eq!(sheet.delimiter, char::from(delimiter));
        prop_assert_eq!(sheet.rows.len(), rows.len());
        for (row, (title, lines)) in sheet.rows.into_iter().zip(rows) {
            let row = row.listing.unwrap();
            prop_assert_eq!(row.title, format!("a{title}x"));
            prop_assert_eq!(row.description, format!("a{}x", lines.join("\n")));
        }
    }

    #[test]
    fn the_books_read_back_as_they_were_written_and_the_last_rows_are_the_sums_of_the_others(
        happened in prop::collection::vec((-1_000_000_000_000..1_000_000_000_001_i64, any::<bool>(), "[=+@,\"'\r\na-]{0,9}"), 0..20),
    ) {
        let (lines, sums) = books(&happened);
        let nothing = Money::new(0, Currency::Usd);
        let statement = StatementView {
            period: today(), opening: vec![nothing], lines: lines.clone(), closing: sums.clone(),
        };
        let store = StoreId::new(Moment::from_micros(0), [1; 10]);
        let store = StoreCard { store, name: "Lamps".to_owned(), handle: "lamps".to_owned() };
        let profit = ProfitView {
            store, period: today(), profit: sums.clone(), days: Vec::new(), lines: lines.clone(), balance: Vec::new(),
        };
        for (sheet, before, last) in
            [(write_statement(&statement), 1, "closing"), (write_profit(&profit), 0, "profit")]
        {
            let text = std::str::from_utf8(&sheet).unwrap().strip_prefix('\u{feff}').unwrap();
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
            let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
            prop_assert_eq!(rows[0].iter().collect::<Vec<_>>(), STATEMENT_COLUMNS);
            prop_assert_eq!(rows.len(), 1 + before + lines.len() + sums.len());
            for row in &rows {
                for cell in row {
                    prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{:?}", cell);
                }
            }
            // Digits alone are minor units: both currencies write all their decimals.
            let minor = |cell: &str| cell.replace('.', "").parse::<i64>().unwrap_or(0);
            let amount = |row: &csv::StringRecord| {
                Money::new(minor(&row[4]) - minor(&row[5]), Currency::parse(&row[6]).unwrap())
            };
            let middle = &rows[1 + before..1 + before + lines.len()];
            for (row, line) in middle.iter().zip(&lines) {
                prop_assert_eq!(amount(row), line.amount);
                prop_assert_eq!(row[3].trim_start_matches('\''), line.source.trim_start_matches('\''));
                prop_assert!(row[4].is_empty() != row[5].is_empty());
            }
            let sheet_sums: Vec<Money> = rows[1 + before + lines.len()..].iter().map(amount).collect();
            prop_assert_eq!(&sheet_sums, &sums);
            prop_assert!(rows[1 + before + lines.len()..].iter().all(|row| &row[2] == last));
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), bom in 0..4_usize) {
        let mark: [&[u8]; 4] = [b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"];
        let _ = read(&[mark[bom], &bytes].concat());
        let _ = read(&[b"title;price;\xe9tat\n".as_slice(), &bytes].concat());
    }

    #[test]
    fn no_letters_make_it_panic(text in "[\"\r\n,;\t|'= a5$ل٣\u{feff}\u{200f}.]{0,200}") {
        for header in ["", "sep=", "title,price\n", "title;price;currency;description\n"] {
            let _ = read(format!("{header}{text}").as_bytes());
        }
    }

    #[test]
    fn no_change_to_a_good_sheet_makes_it_panic_or_count_beyond_its_lines(
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..3_u8, any::<u8>()), 1..20),
        wide in any::<bool>(),
    ) {
        let text = String::from_utf8(campus_sheet().0).unwrap();
        let text = &text[..text.char_indices().nth(3_000).unwrap().0];
        let mut bytes = if wide { utf16(text, u16::to_le_bytes) } else { text.as_bytes().to_vec() };
        for (place, kind, byte) in changes {
            let place = place.index(bytes.len());
            let byte = if byte < 128 { b"\",;\r\n\t|'"[usize::from(byte) % 8] } else { byte };
            match kind {
                0 => bytes[place] = byte,
                1 => bytes.insert(place, byte),
                _ => drop(bytes.remove(place)),
            }
        }
        if let Ok(sheet) = read(&bytes) {
            let lines = bytes.iter().filter(|byte| matches!(byte, b'\r' | b'\n')).count() as u64 + 1;
            prop_assert!(sheet.rows.iter().all(|row| (2..=lines).contains(&row.line)));
            prop_assert!(sheet.rows.is_sorted_by(|one, next| one.line < next.line));
        }
    }
}
