//! The guide names what there is to be named.

use line_channel_token::{ErrorKind, Operation};

/// The programs of the page "sending" that need crates of other people, as `examples/interop` compiles and runs them.
const INTEROP: [(&str, &str); 6] = [
    ("with_hyper_util", include_str!("../../../examples/interop/src/with_hyper_util.rs")),
    ("with_line_bot_messaging_api", include_str!("../../../examples/interop/src/with_line_bot_messaging_api.rs")),
    ("with_line_bot_sdk_rust", include_str!("../../../examples/interop/src/with_line_bot_sdk_rust.rs")),
    ("with_reqwest", include_str!("../../../examples/interop/src/with_reqwest.rs")),
    ("with_reqwest_middleware", include_str!("../../../examples/interop/src/with_reqwest_middleware.rs")),
    ("with_reqwest_service", include_str!("../../../examples/interop/src/with_reqwest_service.rs")),
];

#[test]
fn programs_with_foreign_crates_are_those_that_are_compiled() {
    let page = include_str!("../src/_guide/sending.md");
    for (name, file) in INTEROP {
        let (_, program) = file.split_once("// guide: begin\n").expect("the file says what the page shows");
        let (program, _) = program.split_once("// guide: end\n").expect("and where it ends");
        let block = format!("```rust,ignore\n{program}```\n");
        assert!(page.contains(&block), "sending.md has another {name} than examples/interop/src/{name}.rs:\n{block}");
    }
    assert_eq!(page.matches("```rust,ignore\n").count(), INTEROP.len(), "a program that nobody compiles");
}

#[test]
fn the_versions_on_the_page_are_those_that_are_compiled() {
    let page = include_str!("../src/_guide/sending.md");
    let lock = include_str!("../../../examples/interop/Cargo.lock");
    for name in ["hyper-util", "line-bot-messaging-api", "line-bot-sdk-rust", "reqwest", "reqwest-middleware"] {
        let (_, rest) = lock.split_once(&format!("\nname = \"{name}\"\nversion = \"")).expect("interop has it");
        let version: Vec<&str> = rest.split(['.', '"']).take(2).collect();
        let named = format!("{name} {}", version.join("."));
        assert!(page.contains(&named), "sending.md does not say {named}");
    }
}

#[test]
fn the_readme_links_each_page_and_names_each_feature() {
    let readme = include_str!("../README.md");
    let pages: Vec<&str> = include_str!("../src/_guide/mod.rs")
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(" {}"))
        .collect();
    assert!(pages.len() > 10, "{pages:?}");
    for page in pages {
        assert!(readme.contains(&format!("/_guide/{page}/)")), "README.md does not link the page {page}");
    }
    let (_, features) = include_str!("../Cargo.toml").split_once("\n[features]\n").expect("there are features");
    let (features, _) = features.split_once("\n[").expect("and more below them");
    let features: Vec<&str> = features.lines().filter_map(|line| Some(line.split_once(" = [")?.0)).collect();
    assert!(features.len() > 15, "{features:?}");
    for feature in features.into_iter().filter(|feature| *feature != "default") {
        assert!(readme.contains(&format!("\n| `{feature}` | ")), "README.md has no row for the feature {feature}");
    }
}

#[test]
fn each_kind_of_error_has_advice() {
    let page = include_str!("../src/_guide/errors.md");
    for kind in ErrorKind::ALL {
        assert!(page.contains(&format!("\n| `{kind:?}` | ")), "errors.md has no line for {kind:?}");
    }
}

#[test]
fn each_operation_belongs_to_a_family() {
    let page = include_str!("../src/_guide/families.md");
    for operation in Operation::ALL {
        assert!(page.contains(&format!("`{operation}`")), "families.md does not name {operation}");
    }
}
