//! The transcripts in `tests/cmd`: what commands write, word by word. `TRYCMD=overwrite cargo test --test cmd` writes them anew.
#![cfg(unix)]

#[test]
fn commands_write_what_the_transcripts_say() {
    trycmd::TestCases::new().case("tests/cmd/*.trycmd");
}
