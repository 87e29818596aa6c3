//! The legacy wires in whatever pieces they come: the same requests, and never more memory than is said.

use auboutique_wire::legacy::object::{FromObject as _, MOST, Objects};
use auboutique_wire::legacy::w000::{self, HandShake, Registration, Said};
use auboutique_wire::legacy::w001;
use proptest::prelude::*;

/// Cuts the bytes at these places.
fn pieces<'bytes>(bytes: &'bytes [u8], cuts: &[prop::sample::Index]) -> Vec<&'bytes [u8]> {
    let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    places.extend([0, bytes.len()]);
    places.sort_unstable();
    places.windows(2).map(|ends| &bytes[ends[0]..ends[1]]).filter(|piece| !piece.is_empty()).collect()
}

fn cuts() -> impl Strategy<Value = Vec<prop::sample::Index>> {
    prop_oneof![
        prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        prop::collection::vec(any::<prop::sample::Index>(), 200..400),
    ]
}

/// Something a program in Python might have made a string of.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z ]{0,12}",
        any::<String>(),
        Just("{\"action\": \"view\"}".to_owned()),
        Just("\\\"{[".to_owned())
    ]
}

fn request_000() -> impl Strategy<Value = serde_json::Value> {
    prop_oneof![
        Just(serde_json::json!({ "action": "display_all" })),
        text().prop_map(|user| serde_json::json!({ "action": "display_user", "username": user })),
        text().prop_map(|term| serde_json::json!({ "action": "show_matching", "search_term": term })),
        (text(), 0..1_000_i64).prop_map(
            |(list, id)| serde_json::json!({ "action": "buy", "prod_list": list, "ID": id.to_string() })
        ),
        (text(), text(), text(), prop::sample::select(vec![0.0, 0.1, 12.5, -3.0, 19.99, 1e7, 9_999_999.99]))
            .prop_map(|(name, description, image, price)| {
                serde_json::json!({
                    "action": "add", "name": name, "price": price, "description": description, "image": image
                })
            }),
        Just(serde_json::json!({ "action": "view" })),
        text().prop_map(|user| serde_json::json!({ "action": "check", "user": user })),
        (text(), text()).prop_map(
            |(user, said)| serde_json::json!({ "action": "send", "to_user": user, "message": said })
        ),
        Just(serde_json::json!({ "action": "get_msgs" })),
        text().prop_map(|action| serde_json::json!({ "action": action })),
        text().prop_map(|field| serde_json::json!({ "action": "check", field: [1, { "a": null }] })),
    ]
}

fn requests_000(pieces: &[&[u8]]) -> Vec<Result<w000::Request, w000::Malformed>> {
    let mut requests = w000::Requests::default();
    let mut read = Vec::new();
    for piece in pieces {
        requests.push(piece);
        read.extend(std::iter::from_fn(|| requests.next_request()));
    }
    assert!(!requests.is_within());
    read
}

fn said(pieces: &[&[u8]]) -> Vec<Said> {
    let mut hand_shake = HandShake::default();
    let mut said = Vec::new();
    for piece in pieces {
        hand_shake.push(piece);
        said.extend(std::iter::from_fn(|| hand_shake.heard()));
    }
    said.extend(hand_shake.after_silence());
    assert_eq!(hand_shake.silence(), None);
    said
}

/// What is said, name and e-mail address together: where one ends is known by the pieces alone.
fn outline(said: &[Said]) -> Vec<(String, String)> {
    let secret = |hash: &auboutique_wire::json::Typed| hash.reveal().to_owned();
    said.iter()
        .map(|said| match said {
            Said::Register(Registration { user, hash, .. }) => (format!("register {user}"), secret(hash)),
            Said::LogIn { user, hash } => (format!("log in {user}"), secret(hash)),
            Said::Neither => ("neither".to_owned(), String::new()),
        })
        .collect()
}

proptest! {
    #[test]
    fn a_session_on_000_is_the_same_requests_in_whatever_pieces(
        session in prop::collection::vec((request_000(), prop_oneof![Just(""), Just("view"), Just("\r\n")]), 1..8),
        cuts in cuts(),
    ) {
        let bytes: Vec<u8> =
            session.iter().flat_map(|(request, junk)| format!("{junk}{request}").into_bytes()).collect();
        let whole: Vec<_> =
            session.iter().map(|(request, _)| w000::Request::from_object(request.as_object().unwrap().clone())).collect();
        prop_assert_eq!(requests_000(&pieces(&bytes, &cuts)), whole);
    }

    #[test]
    fn a_session_on_001_is_the_same_requests_in_whatever_pieces(
        session in prop::collection::vec((prop::sample::select(vec![
            "register", "login", "add_product", "view_buyers", "view_products", "view_products_by_owner",
            "buy_product", "check_online_status", "send_message", "quit", "dance",
        ]), text()), 1..8),
        cuts in cuts(),
    ) {
        let requests: Vec<_> = session.iter().map(|(command, text)| serde_json::json!({
            "command": command, "name": text, "email": text, "username": text, "password": text,
            "description": text, "price": text, "owner": text, "product": text, "message": text,
        })).collect();
        let bytes: Vec<u8> = requests.iter().flat_map(|request| request.to_string().into_bytes()).collect();
        let mut decoder = w001::Requests::default();
        let mut read = Vec::new();
        for piece in pieces(&bytes, &cuts) {
            decoder.push(piece);
            read.extend(std::iter::from_fn(|| decoder.next_request()));
        }
        let whole: Vec<_> =
            requests.iter().map(|request| w001::Request::from_object(request.as_object().unwrap().clone())).collect();
        prop_assert_eq!(read, whole);
    }

    #[test]
    fn a_hand_shake_is_the_same_in_whatever_pieces(
        name in "[A-Za-z ]{0,20}", local in "[a-z0-9.]{1,12}", user in "[a-z0-9_]{1,12}", hash in "[0-9a-f]{64}",
        registers in any::<bool>(), cuts in cuts(),
    ) {
        let bytes = if registers {
            format!("register{name}{local}@mail.aub.edu{user}{hash}")
        } else {
            format!("log in{user}{hash}")
        };
        let all = said(&pieces(bytes.as_bytes(), &cuts));
        let word = if registers { "register" } else { "log in" };
        prop_assert_eq!(outline(&all), vec![(format!("{word} {user}"), hash)]);
    }

    #[test]
    fn five_pieces_of_a_registration_are_five_fields(
        name in "[A-Z][a-z]{1,8} [A-Z][a-z]{1,8}", local in "[a-z][a-z0-9.]{0,12}", user in "[a-z0-9_]{1,12}",
        hash in "[0-9a-f]{64}",
    ) {
        let email = format!("{local}@mail.aub.edu");
        let sends = ["register", &name, &email, &user, &hash].map(str::as_bytes);
        match said(&sends).as_slice() {
            [Said::Register(read)] => {
                prop_assert_eq!(&read.name, &name);
                prop_assert_eq!(read.email.as_ref(), Some(&email));
                prop_assert_eq!(&read.user, &user);
            }
            other => prop_assert!(false, "{other:?}"),
        }
    }

    #[test]
    fn no_bytes_are_too_much_for_the_decoders(
        bytes in prop::collection::vec(prop_oneof![
            any::<u8>(), prop::sample::select(b"{}[]\",:\\ ae0f\n".to_vec())
        ], 0..2_000),
        cuts in cuts(),
    ) {
        let pieces = pieces(&bytes, &cuts);
        let mut hand_shake = HandShake::default();
        let mut objects = Objects::default();
        for piece in pieces {
            hand_shake.push(piece);
            while hand_shake.heard().is_some() {}
            objects.push(piece);
            while objects.next_object().is_some() {}
        }
        while hand_shake.after_silence().is_some() {}
        objects.give_up();
        prop_assert!(!objects.is_within());
        objects.push(b"{\"a\": 1}");
        prop_assert!(matches!(objects.next_object(), Some(Ok(_))));
    }

    #[test]
    fn what_is_no_request_comes_to_the_same_in_whatever_pieces(
        bytes in prop::collection::vec(prop::sample::select(b"{}[]\",:\\ 1a".to_vec()), 0..200), cuts in cuts(),
    ) {
        let read = |pieces: &[&[u8]]| {
            let mut objects = Objects::default();
            let mut read = Vec::new();
            for piece in pieces {
                objects.push(piece);
                read.extend(std::iter::from_fn(|| objects.next_object()));
            }
            read.extend(objects.give_up().map(Err));
            read
        };
        prop_assert_eq!(read(&pieces(&bytes, &cuts)), read(&[&bytes]));
    }
}

#[test]
fn an_endless_request_takes_bounded_memory() {
    let mut objects = Objects::default();
    objects.push(b"{\"a\": \"");
    for _ in 0..200 {
        objects.push(&[b'x'; 4_096]);
        assert!(objects.next_object().is_none());
    }
    const { assert!(200 * 4_096 > 10 * MOST) };
    objects.push(b"\"}{}");
    assert!(objects.next_object().unwrap().is_err());
    assert!(objects.next_object().unwrap().unwrap().is_empty());
}
