//! The guide names what there is to be named.

use line_channel_token::{ErrorKind, Operation};

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
