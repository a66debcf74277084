#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| terminraum_fuzz::edit::run(input));
