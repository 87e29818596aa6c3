//! Reads the pickles of 003 from bytes of any kind.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| decoders::pickles_003(bytes));
