//! Reads the datagrams and the dialogue of 004 from bytes of any kind.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| decoders::datagrams_004(bytes));
