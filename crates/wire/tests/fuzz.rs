//! Every input the fuzzer found worth keeping is read again, and nothing that is read takes more memory than its bound.

#![expect(clippy::panic, reason = "what the decoders are held to fails by panicking")]

use std::fs;
use std::path::Path;

use data_encoding::BASE64;
use peak_alloc::PeakAlloc;

#[path = "../fuzz/decoders.rs"]
#[expect(unreachable_pub, reason = "the fuzzer builds the same file as a library")]
mod decoders;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

type Decoder = fn(&[u8]);

const DECODERS: [(&str, Decoder); 5] = [
    ("hand_shake_000", decoders::hand_shake_000),
    ("requests_000", decoders::requests_000),
    ("requests_001", decoders::requests_001),
    ("pickles_003", decoders::pickles_003),
    ("datagrams_004", decoders::datagrams_004),
];

/// How many bytes a decoder, and what is compared here, may take beyond an input of so many bytes.
fn bound(length: usize) -> usize {
    2 * 1_024 * 1_024 + 64 * length
}

/// Reads an input, and says how much memory that took at most.
fn peak(decoder: Decoder, input: &[u8]) -> usize {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    decoder(input);
    MEMORY.peak_usage().saturating_sub(before)
}

#[test]
fn whatever_the_fuzzer_kept_is_read_within_the_bounds_and_so_are_bombs() {
    for (name, decoder) in DECODERS {
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/kept").join(format!("{name}.txt"));
        let kept = fs::read_to_string(kept).unwrap();
        let mut inputs: Vec<Vec<u8>> =
            kept.lines().map(|line| BASE64.decode(line.as_bytes()).unwrap()).collect();
        assert!(inputs.len() > 300, "{name} has only {} inputs", inputs.len());
        // Bombs of nesting, of length, and of promises.
        for bomb in
            [&b"{\"a\":"[..], b"[", b"(", b"]", b"}", b"{", b"\"", b"\x80\x04", b"registerx@mail.aub.edu"]
        {
            inputs.push([b"\xff", bomb.repeat(40_000).as_slice()].concat());
        }
        inputs.push(b"\xff\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7fx".to_vec());
        inputs.push(b"\xff\x80\x04\x8b\xff\xff\xff\x7f".to_vec());
        for input in inputs {
            let taken = peak(decoder, &input);
            assert!(taken <= bound(input.len()), "{name}: {} bytes took {taken}", input.len());
        }
    }
}
