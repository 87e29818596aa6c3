//! Pickles as Python writes them, and as nobody should read them.

use auboutique_wire::legacy::pickle::{MOST_BYTES, MOST_DEPTH, MOST_VALUES, Reader, Refused, Value, Writer};
use proptest::prelude::*;

fn bytes(hex: &str) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(hex.as_bytes()).expect(hex)
}

fn read(pickle: &[u8]) -> Result<Option<Value>, Refused> {
    let mut reader = Reader::default();
    reader.feed(pickle);
    reader.next_pickle()
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// `('CLIENT_ADD_ITEM', '1795301023', 7, '3')`, by the `pickle.dumps` of Python 3.11 in every protocol.
const ADD_ITEM: [&str; 6] = [
    "2856434c49454e545f4144445f4954454d0a70300a56313739353330313032330a70310a49370a56330a70320a7470330a2e",
    "28580f000000434c49454e545f4144445f4954454d7100580a0000003137393533303130323371014b0758010000003371027471032e",
    "800228580f000000434c49454e545f4144445f4954454d7100580a0000003137393533303130323371014b0758010000003371027471032e",
    "800328580f000000434c49454e545f4144445f4954454d7100580a0000003137393533303130323371014b0758010000003371027471032e",
    "8004952900000000000000288c0f434c49454e545f4144445f4954454d948c0a31373935333031303233944b078c01339474942e",
    "8005952900000000000000288c0f434c49454e545f4144445f4954454d948c0a31373935333031303233944b078c01339474942e",
];

/// A list of one thing of every sort, in every protocol.
const EVERYTHING: [&str; 6] = [
    "286c70300a565345545f434c49454e545f555345524e414d450a70310a6149313739353330313032330a6156e9205c75346636305c75303030615c75303035630a70320a61492d350a61493330300a614937303030300a614c313039393531313632373737364c0a614c2d313138303539313632303731373431313330333432344c0a6146312e350a614e614930310a614930300a61287461286c70330a49310a61286c70340a49320a616161286470350a56610a70360a49310a73612e",
    "5d71002858130000005345545f434c49454e545f555345524e414d4571014a9f1e026b5808000000c3a920e4bda00a5c71024afbffffff4d2c014a701101004c313039393531313632373737364c0a4c2d313138303539313632303731373431313330333432344c0a473ff80000000000004e4930310a4930300a295d7103284b015d71044b0261657d710558010000006171064b0173652e",
    "80025d71002858130000005345545f434c49454e545f555345524e414d4571014a9f1e026b5808000000c3a920e4bda00a5c71024afbffffff4d2c014a701101008a060000000000018a090000000000000000c0473ff80000000000004e8889295d7103284b015d71044b0261657d710558010000006171064b0173652e",
    "80035d71002858130000005345545f434c49454e545f555345524e414d4571014a9f1e026b5808000000c3a920e4bda00a5c71024afbffffff4d2c014a701101008a060000000000018a090000000000000000c0473ff80000000000004e8889295d7103284b015d71044b0261657d710558010000006171064b0173652e",
    "8004956c000000000000005d94288c135345545f434c49454e545f555345524e414d45944a9f1e026b8c08c3a920e4bda00a5c944afbffffff4d2c014a701101008a060000000000018a090000000000000000c0473ff80000000000004e8889295d94284b015d944b0261657d948c0161944b0173652e",
    "8005956c000000000000005d94288c135345545f434c49454e545f555345524e414d45944a9f1e026b8c08c3a920e4bda00a5c944afbffffff4d2c014a701101008a060000000000018a090000000000000000c0473ff80000000000004e8889295d94284b015d944b0261657d948c0161944b0173652e",
];

/// `('X', '1', x)` where reading `x` would run `os.system('true')`, in every protocol.
const RUNS_CODE: [&str; 6] = [
    "2856580a70300a56310a70310a63706f7369780a73797374656d0a70320a2856747275650a70330a7470340a5270350a7470360a2e",
    "285801000000587100580100000031710163706f7369780a73797374656d0a71022858040000007472756571037471045271057471062e",
    "80025801000000587100580100000031710163706f7369780a73797374656d0a710258040000007472756571038571045271058771062e",
    "80035801000000587100580100000031710163706f7369780a73797374656d0a710258040000007472756571038571045271058771062e",
    "80049529000000000000008c0158948c0131948c05706f736978948c0673797374656d9493948c0474727565948594529487942e",
    "80059529000000000000008c0158948c0131948c05706f736978948c0673797374656d9493948c0474727565948594529487942e",
];

fn add_item() -> Value {
    Value::Tuple(vec![text("CLIENT_ADD_ITEM"), text("1795301023"), Value::Int(7), text("3")])
}

#[test]
fn every_protocol_of_python_is_read() {
    let everything = Value::List(vec![
        text("SET_CLIENT_USERNAME"),
        Value::Int(1_795_301_023),
        text("é 你\n\\"),
        Value::Int(-5),
        Value::Int(300),
        Value::Int(70_000),
        Value::Int(1 << 40),
        Value::Int(-(1 << 70)),
        Value::Float(1.5),
        Value::None,
        Value::Bool(true),
        Value::Bool(false),
        Value::Tuple(vec![]),
        Value::List(vec![Value::Int(1), Value::List(vec![Value::Int(2)])]),
        Value::Dict(vec![(text("a"), Value::Int(1))]),
    ]);
    for protocol in 0..6 {
        assert_eq!(read(&bytes(ADD_ITEM[protocol])), Ok(Some(add_item())), "protocol {protocol}");
        assert_eq!(read(&bytes(EVERYTHING[protocol])), Ok(Some(everything.clone())), "protocol {protocol}");
    }
}

#[test]
fn pickles_end_by_themselves_whether_they_come_byte_by_byte_or_all_at_once() {
    let all: Vec<u8> = ADD_ITEM.iter().chain(&EVERYTHING).flat_map(|pickle| bytes(pickle)).collect();
    for step in [1, 2, 7, 100, all.len()] {
        let mut reader = Reader::default();
        let mut read = 0;
        for piece in all.chunks(step) {
            reader.feed(piece);
            while let Some(value) = reader.next_pickle().unwrap() {
                assert_eq!(value == add_item(), read < ADD_ITEM.len());
                read += 1;
            }
        }
        assert_eq!(read, ADD_ITEM.len() + EVERYTHING.len(), "{step} bytes at a time");
        assert!(!reader.is_within());
    }
}

#[test]
fn what_would_run_code_is_refused_and_the_reader_reads_nothing_after_it() {
    for pickle in RUNS_CODE {
        let mut reader = Reader::default();
        reader.feed(&bytes(pickle));
        let refused = reader.next_pickle().unwrap_err();
        assert!(matches!(refused, Refused::Instruction(b'c' | 0x93)), "{refused}");
        reader.feed(&bytes(ADD_ITEM[4]));
        assert_eq!(reader.next_pickle(), Err(refused));
    }
}

#[test]
fn no_instruction_beyond_plain_values_is_carried_out() {
    let known = b"\x80\x95(.\x8cX\x8dVJKMIL\x8aGFN\x88\x89)t\x85\x86\x87]lae}dsupqrghj\x94";
    for instruction in 0..=u8::MAX {
        let refused = read(&[0x80, 4, instruction, 0, 0, 0, 0, 0, 0, 0, 0, b'\n', b'.']);
        let is_unknown = refused == Err(Refused::Instruction(instruction));
        assert_eq!(is_unknown, !known.contains(&instruction), "{instruction:#04x}: {refused:?}");
    }
}

#[test]
fn references_are_followed_and_what_they_unfold_to_is_bounded() {
    let twice = Value::List(vec![text("x"), text("x")]);
    assert_eq!(
        read(&bytes("8004950f000000000000005d94288c017894680165680086942e")),
        Ok(Some(Value::Tuple(vec![twice.clone(), twice])))
    );
    // A list that is in itself.
    assert_eq!(read(&bytes("80049506000000000000005d946800612e")), Err(Refused::TooMuch("levels")));
    // A list of two of a list of two of …: 14 levels are 16,384 values in some hundred bytes.
    let mut doubled = b"\x80\x04K\x01\x94".to_vec();
    for place in 0..14_u8 {
        doubled.extend([b'h', place, b'h', place, 0x86, 0x94]);
    }
    doubled.push(b'.');
    assert_eq!(read(&doubled), Err(Refused::TooMuch("values")));
    // A text of 60,000 letters, a hundred times.
    let mut repeated = b"\x80\x04(X\x60\xea\x00\x00".to_vec();
    repeated.extend([b'a'; 60_000]);
    repeated.push(0x94);
    repeated.extend(b"h\x00".repeat(100));
    repeated.extend(b"l.");
    assert_eq!(read(&repeated), Err(Refused::TooMuch("letters")));
}

#[test]
fn what_is_too_much_is_refused_before_it_is_waited_for() {
    let long = |bytes: &[u8]| read(bytes).unwrap_err();
    assert_eq!(long(b"\x80\x04X\xff\xff\xff\xff"), Refused::TooMuch("bytes"));
    assert_eq!(long(b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7f"), Refused::TooMuch("bytes"));
    assert_eq!(long(b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xff"), Refused::TooMuch("bytes"));
    assert_eq!(long(&[b"L".as_slice(), &[b'9'; 100]].concat()), Refused::TooMuch("digits"));
    assert_eq!(long(&[0x80, 4].repeat(MOST_BYTES)), Refused::TooMuch("bytes"));
    assert_eq!(long(&[b'('].repeat(MOST_VALUES + 1)), Refused::TooMuch("marks"));
    assert_eq!(long(&[b'N'].repeat(MOST_VALUES + 1)), Refused::TooMuch("values"));
    let deep = [b"N".to_vec(), b"\x85".repeat(MOST_DEPTH), b".".to_vec()].concat();
    assert_eq!(long(&deep), Refused::TooMuch("levels"));
    let as_deep_as_can_be = [b"N".to_vec(), b"\x85".repeat(MOST_DEPTH - 1), b".".to_vec()].concat();
    assert!(read(&as_deep_as_can_be).is_ok());
}

#[test]
fn what_makes_no_sense_is_refused() {
    for pickle in [
        b".".as_slice(),
        b"\x80\x06N.",
        b"t.",
        b"\x85.",
        b"N(.",
        b"N(a.",
        b"NNa.",
        b"}(Nu.",
        b"h\x00.",
        b"g7\n.",
        b"gx\n.",
        b"p-1\n.",
        b"Ix\n.",
        b"Fx\n.",
        b"\x8c\x01\xff.",
        b"V\\u12\n.",
        b"V\\ud800\n.",
        b"\x8a\x11aaaaaaaaaaaaaaaaa.",
    ] {
        assert!(read(pickle).is_err(), "{pickle:?}");
    }
}

#[test]
fn what_is_written_is_what_the_shortest_reply_looks_like() {
    let mut out = Writer::default();
    out.list(|out| out.text("7 200 OK"));
    assert_eq!(out.finish(), b"\x80\x03](\x8c\x087 200 OKe.");
}

/// A plain value.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::None),
        any::<i64>().prop_map(|number| Value::Int(number.into())),
        any::<f64>().prop_filter("it must equal itself", |float| !float.is_nan()).prop_map(Value::Float),
        ".{0,300}".prop_map(Value::Text),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..8).prop_map(Value::List),
            proptest::collection::vec(inner, 0..8).prop_map(Value::Tuple),
        ]
    })
}

fn write(out: &mut Writer, value: &Value) {
    match value {
        Value::None => out.none(),
        Value::Int(number) => out.int(i64::try_from(*number).expect("it was made of one")),
        Value::Float(number) => out.float(*number),
        Value::Text(text) => out.repeated_text(text),
        Value::List(items) => out.list(|out| items.iter().for_each(|item| write(out, item))),
        Value::Tuple(items) => out.tuple(|out| items.iter().for_each(|item| write(out, item))),
        other => unreachable!("{other:?} is not written"),
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_as_the_same(value in value(), cut in any::<prop::sample::Index>()) {
        let mut out = Writer::default();
        write(&mut out, &value);
        let pickle = out.finish();
        let cut = cut.index(pickle.len());
        let mut reader = Reader::default();
        reader.feed(&pickle[..cut]);
        prop_assert_eq!(reader.next_pickle(), Ok(None));
        reader.feed(&pickle[cut..]);
        prop_assert_eq!(reader.next_pickle(), Ok(Some(value)));
    }

    #[test]
    fn random_bytes_are_read_or_refused_whatever_pieces_they_come_in(
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
        piece in 1_usize..50,
    ) {
        let whole = read(&bytes);
        let mut reader = Reader::default();
        let mut first = Ok(None);
        for piece in bytes.chunks(piece) {
            reader.feed(piece);
            first = reader.next_pickle();
            if first != Ok(None) {
                break;
            }
        }
        // A NaN is no reason to differ.
        prop_assert_eq!(format!("{whole:?}"), format!("{first:?}"));
    }

    #[test]
    fn a_pickle_with_one_byte_changed_is_read_or_refused(
        which in 0_usize..6, at in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let mut pickle = bytes(EVERYTHING[which]);
        let at = at.index(pickle.len());
        pickle[at] = byte;
        let _ = read(&pickle);
    }
}
