//! Reads the hand-shake of 000 from bytes of any kind.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| decoders::hand_shake_000(bytes));
