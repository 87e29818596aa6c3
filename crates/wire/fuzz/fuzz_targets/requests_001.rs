//! Reads the requests of 001 from bytes of any kind.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| decoders::requests_001(bytes));
