//! What the fuzzer does with bytes, and what has to be so whatever they are. The tests do the same with every input that was
//! worth keeping.
//!
//! The first byte says how large the pieces are in which the rest comes.

use auboutique_wire::legacy::w000::{self, HandShake};
use auboutique_wire::legacy::w003;
use auboutique_wire::legacy::w004::{self, Malformed, dialogue};
use auboutique_wire::legacy::{pickle, w001};

/// The pieces in which bytes come.
fn pieces(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (first, rest) = bytes.split_first().unwrap_or((&1, &[]));
    rest.chunks(usize::from(*first).max(1))
}

/// The hand-shake of 000: at silences and between, and what is left for the requests is what was not read.
pub fn hand_shake_000(bytes: &[u8]) {
    let mut hand_shake = HandShake::default();
    for (number, piece) in pieces(bytes).enumerate() {
        hand_shake.push(piece);
        while hand_shake.heard().is_some() {}
        if number % 3 == 2 && hand_shake.silence().is_some() {
            drop(hand_shake.after_silence());
        }
    }
    assert!(hand_shake.rest().len() <= bytes.len());
}

/// The requests of 000: the same in pieces as at once.
pub fn requests_000(bytes: &[u8]) {
    let mut in_pieces = w000::Requests::default();
    let mut read = Vec::new();
    for piece in pieces(bytes) {
        in_pieces.push(piece);
        while let Some(request) = in_pieces.next_request() {
            read.push(format!("{request:?}"));
        }
    }
    let mut at_once = w000::Requests::default();
    at_once.push(bytes.get(1..).unwrap_or_default());
    for expected in read {
        assert_eq!(at_once.next_request().map(|request| format!("{request:?}")), Some(expected));
    }
    assert!(at_once.next_request().is_none());
}

/// The requests of 001: the same in pieces as at once, and what is wrong has an answer that fits.
pub fn requests_001(bytes: &[u8]) {
    let mut in_pieces = w001::Requests::default();
    let mut read = Vec::new();
    for piece in pieces(bytes) {
        in_pieces.push(piece);
        while let Some(request) = in_pieces.next_request() {
            if let Err(malformed) = &request {
                assert!(malformed.reply().len() <= 1_024);
            }
            read.push(format!("{request:?}"));
        }
    }
    let mut at_once = w001::Requests::default();
    at_once.push(bytes.get(1..).unwrap_or_default());
    for expected in read {
        assert_eq!(at_once.next_request().map(|request| format!("{request:?}")), Some(expected));
    }
    assert!(at_once.next_request().is_none());
}

/// The pickles of 003: the same in pieces as at once; every value is a request, if only an undefined one.
pub fn pickles_003(bytes: &[u8]) {
    let mut in_pieces = pickle::Reader::default();
    let mut read = Vec::new();
    'pieces: for piece in pieces(bytes) {
        in_pieces.feed(piece);
        loop {
            match in_pieces.next_pickle() {
                Ok(None) => break,
                Ok(Some(value)) => {
                    drop(w003::Request::decode(&value));
                    read.push(Ok(format!("{value:?}")));
                }
                Err(refused) => {
                    read.push(Err(refused));
                    break 'pieces;
                }
            }
        }
    }
    let mut at_once = pickle::Reader::default();
    at_once.feed(bytes.get(1..).unwrap_or_default());
    for expected in read {
        match (expected, at_once.next_pickle()) {
            (Ok(expected), Ok(Some(value))) => assert_eq!(format!("{value:?}"), expected),
            (Err(expected), Err(refused)) => assert_eq!(refused, expected),
            (expected, other) => panic!("{expected:?} in pieces, {other:?} at once"),
        }
    }
}

/// The datagrams of 004, and what parties say in the closing dialogue: no answer is longer than a client reads, and no number
/// of a card is in what is written of it.
pub fn datagrams_004(bytes: &[u8]) {
    if let Err(Malformed::Answered { number, answer }) = w004::decode(bytes) {
        assert!(answer.encode(&number).len() <= 1_024);
    }
    if let Some(particulars) = dialogue::particulars(bytes) {
        let written = format!("{particulars:?}");
        let digits = written.split(|letter: char| !letter.is_ascii_digit());
        assert!(digits.map(str::len).max().unwrap_or(0) < 12, "{written}");
    }
}
