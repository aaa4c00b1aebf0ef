//! Whether each public type shows an example.

use serde_json::Value;

/// The structs, enums and traits of rustdoc's JSON whose page has no code; `cargo test` runs what code there is.
pub(crate) fn types_without(docs: &Value) -> Vec<String> {
    let Some(index) = docs["index"].as_object() else { return vec!["rustdoc's JSON has no index".to_owned()] };
    let without = index.values().filter(|item| item["crate_id"] == 0 && is_type(item) && !has_code(item));
    let mut names: Vec<String> = without.map(|item| item["name"].as_str().unwrap_or("?").to_owned()).collect();
    names.sort();
    names
}

fn is_type(item: &Value) -> bool {
    ["struct", "enum", "trait", "union"].iter().any(|kind| item["inner"].get(kind).is_some())
}

fn has_code(item: &Value) -> bool {
    item["docs"].as_str().is_some_and(|docs| docs.contains("```"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::types_without;

    #[test]
    fn types_without_code_are_named_and_all_else_is_passed_over() {
        let item = |name: &str, kind: &str, docs: &str| json!({ "crate_id": 0, "name": name, "inner": { kind: {} }, "docs": docs });
        let mut foreign = item("Foreign", "struct", "");
        foreign["crate_id"] = json!(1);
        let docs = json!({ "index": {
            "1": item("Bare", "struct", "Says what it is."),
            "2": item("Undocumented", "trait", ""),
            "3": item("Shown", "enum", "Like this:\n```\nlet x = 1;\n```"),
            "4": item("function", "function", ""),
            "5": foreign,
        } });
        assert_eq!(types_without(&docs), ["Bare", "Undocumented"]);
    }
}
