//! Reads the requests of 000 from bytes of any kind.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| decoders::requests_000(bytes));
