//! What clients of system 003 send, and what they read.

use auboutique_domain::member::Secret;
use auboutique_domain::{Currency, Money};
use auboutique_wire::legacy::pickle::Value;
use auboutique_wire::legacy::w003::{
    Answer, Extra, ItemRow, MOST_REPLY, MerchantRow, ProductRow, Reply, Request, Verb,
};
use proptest::prelude::*;

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn int(number: i128) -> Value {
    Value::Int(number)
}

fn verb(parts: Vec<Value>) -> Verb {
    Request::decode(&Value::Tuple(parts)).verb
}

#[test]
fn a_request_is_a_tuple_or_a_list_and_its_id_comes_back_as_str_spells_it() {
    for (id, spelled) in [
        (text("1795301023"), "1795301023"),
        (int(7), "7"),
        (Value::Float(1e16), "1e+16"),
        (Value::Bool(true), "True"),
        (Value::None, "None"),
        (Value::List(vec![]), "None"),
    ] {
        let parts = vec![text("LIST_MERCHANT"), id];
        let expected = Request { id: spelled.to_owned(), verb: Verb::ListMerchant };
        assert_eq!(Request::decode(&Value::Tuple(parts.clone())), expected);
        assert_eq!(Request::decode(&Value::List(parts)), expected);
    }
}

#[test]
fn whatever_is_no_request_has_an_answer() {
    let undefined = |value: Value, id: &str| {
        let expected = Request { id: id.to_owned(), verb: Verb::Undefined };
        assert_eq!(Request::decode(&value), expected);
    };
    undefined(Value::None, "None");
    undefined(text("LIST_MERCHANT"), "None");
    undefined(Value::Tuple(vec![]), "None");
    undefined(Value::Tuple(vec![text("LIST_STORES"), int(1)]), "1");
    undefined(Value::Tuple(vec![text("list_merchant"), int(1)]), "1");
    undefined(Value::Tuple(vec![text("CLIENT_LOGIN"), int(1), text("ali")]), "1");
    undefined(Value::Tuple(vec![text("LIST_PRODUCT"), int(1), Value::None]), "1");
    // What the window of the older client sends after it logged out.
    undefined(Value::Tuple(vec![Value::List(vec![text("1 200 OK: …")]), text("2")]), "2");
}

#[test]
fn numbers_come_as_texts_and_texts_as_numbers() {
    let add =
        |product: Value, quantity: Value| verb(vec![text("CLIENT_ADD_ITEM"), int(1), product, quantity]);
    let item = |product, quantity| Verb::ClientAddItem { product, quantity };
    assert_eq!(add(int(7), text("3")), item(Some(7), Some(3)));
    assert_eq!(add(text(" 7 "), Value::Float(3.9)), item(Some(7), Some(3)));
    assert_eq!(add(Value::Float(7.0), Value::Bool(true)), item(Some(7), Some(1)));
    assert_eq!(add(Value::Float(7.5), text("3.0")), item(None, None));
    assert_eq!(add(Value::Float(f64::NAN), Value::Float(f64::INFINITY)), item(None, None));
    assert_eq!(add(int(1 << 70), Value::List(vec![])), item(None, None));
    assert_eq!(add(Value::None, text("-2")), item(None, Some(-2)));
    assert_eq!(
        verb(vec![text("CLIENT_LOGIN"), int(1), int(12), Value::Float(3.5)]),
        Verb::ClientLogIn { login: "12".to_owned(), password: Secret::new("3.5".to_owned()) }
    );
}

#[test]
fn a_price_is_read_as_cents_and_never_through_a_float() {
    let price =
        |price: Value| match verb(vec![text("MERCHANT_ADD_PRODUCT"), int(1), text("x"), price, text("")]) {
            Verb::MerchantAddProduct { price, .. } => price,
            other => panic!("{other:?}"),
        };
    // What it is worth is read where all prices of older programs are.
    for typed in ["12.5", " 12 ", "1e3", "abc", ""] {
        assert_eq!(price(text(typed)), typed);
    }
    assert_eq!(price(int(400)), "400");
    assert_eq!(price(Value::Float(19.99)), "19.99");
    assert_eq!(price(Value::Float(12.0)), "12.0");
    assert_eq!(price(Value::None), "");
}

#[test]
fn passwords_do_not_print() {
    let request = verb(vec![text("CLIENT_LOGIN"), int(1), text("ali"), text("hunter2")]);
    assert!(!format!("{request:?}").contains("hunter2"));
}

#[test]
fn a_reply_is_its_id_and_the_literal_and_what_stands_beside() {
    let encode = |answer, extra| Reply { id: "7".to_owned(), answer, extra }.encode();
    assert_eq!(encode(Answer::ClientCreated, None), b"\x80\x03](\x8c\x0d7 201 Createde.");
    assert_eq!(
        encode(Answer::StorenameOccupied, None),
        b"\x80\x03](\x8c\x2b7 409 Conflict:  This storename is occupiede."
    );
    let price = encode(Answer::CartPrice, Some(Extra::Amount(Money::new(1_250, Currency::Usd))));
    assert!(price.ends_with(b"G\x40\x29\x00\x00\x00\x00\x00\x00e."), "{price:?}");
    assert!(encode(Answer::CartPrice, Some(Extra::Int(0))).ends_with(b"K\x00e."));
    let code = encode(Answer::InvitationMade, Some(Extra::Text("aB3dE6gH9jK2".to_owned())));
    assert!(code.ends_with(b"\x8c\x0caB3dE6gH9jK2e."));
}

#[test]
fn a_table_is_what_the_constructor_makes_of_its_rows() {
    let row = ProductRow {
        product: 1,
        storename: "S".to_owned(),
        name: "n".to_owned(),
        description: "d".to_owned(),
        price: Money::new(50, Currency::Usd),
        stock: 300,
    };
    let rows = vec![row.clone(), ProductRow { price: Money::new(90_000, Currency::Lbp), ..row }];
    let reply = Reply { id: "7".to_owned(), answer: Answer::Merchants, extra: Some(Extra::Products(rows)) };
    let pickle = reply.encode();
    let expected = [
        b"\x80\x03](\x8c\x087 200 OKcpandas.core.frame\nDataFrame\n(](".as_slice(),
        b"](K\x01\x8c\x01Sq\x00\x8c\x01n\x8c\x01dG\x3f\xe0\x00\x00\x00\x00\x00\x00M\x2c\x01e",
        b"](K\x01h\x00\x8c\x07n (LBP)\x8c\x01dG\x40\xf5\xf9\x00\x00\x00\x00\x00M\x2c\x01e",
        b"eN](\x8c\x0aproduct_id\x8c\x09storename\x8c\x0bproductname\x8c\x0bdescription\x8c\x05price\x8c\x05stocketRe.",
    ]
    .concat();
    assert_eq!(pickle, expected);
}

fn product(product: i64, length: usize) -> ProductRow {
    ProductRow {
        product,
        storename: "Cybermarket".to_owned(),
        name: format!("Product {product}"),
        description: "é".repeat(length),
        price: Money::new(product * 100, Currency::Usd),
        stock: product,
    }
}

#[test]
fn thirty_products_fit_and_of_more_the_newest_are_shown_whole() {
    let shown = |rows: Vec<ProductRow>| {
        let reply = Reply {
            id: "1795301023".to_owned(),
            answer: Answer::Products,
            extra: Some(Extra::Products(rows)),
        };
        let pickle = reply.encode();
        assert!(pickle.len() <= MOST_REPLY, "{}", pickle.len());
        let pickle = String::from_utf8_lossy(&pickle).into_owned();
        (1..=500)
            .filter(|product| {
                pickle.contains(&format!("Product {product}\u{fffd}")) || {
                    pickle.contains(&format!("Product {product}G"))
                }
            })
            .collect::<Vec<i64>>()
    };
    let few = shown((1..=30).map(|number| product(number, 5)).collect());
    assert_eq!(few.len(), 30, "{few:?}");
    let many = shown((1..=500).map(|number| product(number, 1_000)).collect());
    assert_eq!(many.last(), Some(&500));
    assert!(many.len() >= 10, "{many:?}");
    let (first, count) = (many[0], i64::try_from(many.len()).unwrap());
    assert_eq!(many, (first..first + count).collect::<Vec<_>>());
}

proptest! {
    // The texts are long, and few of them tell what many would.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_reply_is_longer_than_a_client_takes(
        id in ".{0,2000}",
        sentence in ".{0,2000}",
        texts in proptest::collection::vec((".{0,100}", ".{0,3000}", any::<i64>()), 0..200),
        sort in 0..3,
    ) {
        let request = Request::decode(&Value::Tuple(vec![text("X"), Value::Text(id)]));
        let extra = match sort {
            0 => Extra::Merchants(texts.iter().map(|(name, description, _)| MerchantRow {
                storename: name.clone(), description: description.clone(), email: name.clone(),
            }).collect()),
            1 => Extra::Products(texts.iter().map(|(name, description, number)| ProductRow {
                product: *number,
                storename: name.clone(),
                name: name.clone(),
                description: description.clone(),
                price: Money::new(*number, Currency::Usd),
                stock: *number,
            }).collect()),
            _ => Extra::Items(texts.iter().map(|(name, _, number)| ItemRow {
                storename: name.clone(),
                product: *number,
                name: name.clone(),
                price: Money::new(*number, Currency::Lbp),
                quantity: *number,
            }).collect()),
        };
        for answer in [Answer::BadRequest(sentence), Answer::Products] {
            for extra in [None, Some(extra.clone())] {
                let reply = Reply { id: request.id.clone(), answer: answer.clone(), extra };
                prop_assert!(reply.encode().len() <= MOST_REPLY);
            }
        }
    }

    #[test]
    fn every_value_is_a_request(parts in proptest::collection::vec(prop_oneof![
        Just(Value::None), any::<i64>().prop_map(|n| Value::Int(n.into())), any::<f64>().prop_map(Value::Float),
        ".{0,20}".prop_map(Value::Text), Just(Value::List(vec![Value::None])),
    ], 0..8), name in prop::sample::select(vec![
        "CLIENT_CREATE", "CLIENT_ADD_ITEM", "MERCHANT_ADD_PRODUCT", "MERCHANT_RESTOCK_PRODUCT", "MERCHANT_CREATE", "DISCONNECT",
    ])) {
        let mut parts = parts;
        parts.insert(0, text(name));
        let _ = Request::decode(&Value::List(parts));
    }
}
