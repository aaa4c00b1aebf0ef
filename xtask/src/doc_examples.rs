//! Whether each public type shows an example that runs.

use serde_json::Value;

/// The structs, enums and traits of rustdoc's JSON whose page has no code that `cargo test` runs.
pub(crate) fn types_without(docs: &Value) -> Vec<String> {
    let Some(index) = docs["index"].as_object() else { return vec!["rustdoc's JSON has no index".to_owned()] };
    let without = index.values().filter(|item| item["crate_id"] == 0 && is_type(item) && !has_example(item));
    let mut names: Vec<String> = without.map(|item| item["name"].as_str().unwrap_or("?").to_owned()).collect();
    names.sort();
    names
}

fn is_type(item: &Value) -> bool {
    ["struct", "enum", "trait", "union"].iter().any(|kind| item["inner"].get(kind).is_some())
}

fn has_example(item: &Value) -> bool {
    item["docs"].as_str().is_some_and(|docs| fences(docs).iter().any(|words| is_run(words)))
}

/// The words behind each fence that opens a block of code.
fn fences(docs: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut open: Option<&str> = None;
    for line in docs.lines().map(str::trim) {
        let words = line.trim_start_matches(['`', '~']);
        let fence = line.strip_suffix(words).unwrap_or_default();
        match open {
            // It is closed by as many of the same characters, or more.
            Some(opening) if words.is_empty() && fence.starts_with(opening) => open = None,
            None if fence.starts_with("```") || fence.starts_with("~~~") => {
                open = Some(fence);
                found.push(words);
            }
            _ => {}
        }
    }
    found
}

/// Whether rustdoc runs a block with these words: not if it is `ignore`, `no_run` or `compile_fail`, nor in another language.
fn is_run(words: &str) -> bool {
    let words = words.split([',', ' ', '\t']).filter(|word| !word.is_empty());
    words
        .into_iter()
        .all(|word| ["rust", "should_panic", "standalone_crate"].contains(&word) || word.starts_with("edition"))
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

    #[test]
    fn only_code_that_runs_is_an_example() {
        let shown = |docs: &str| {
            let item = json!({ "crate_id": 0, "name": "A", "inner": { "struct": {} }, "docs": docs });
            types_without(&json!({ "index": { "1": item } })).is_empty()
        };
        for words in ["", "rust", " rust", "should_panic", "edition2024", "rust,should_panic", "standalone_crate"] {
            for fence in ["```", "````", "~~~"] {
                assert!(shown(&format!("Like this:\n\n  {fence}{words}\nf();\n  {fence}")), "{fence}{words}");
            }
        }
        for words in [
            "text",
            "toml",
            "console",
            "ignore",
            "ignore-windows",
            "compile_fail",
            "compile_fail,E0277",
            "no_run",
            "rust,no_run",
        ] {
            assert!(!shown(&format!("```{words}\nf();\n```")), "{words}");
            assert!(shown(&format!("```{words}\nf();\n```\nor\n```\nf();\n```")), "{words}, then code");
        }
        assert!(!shown("````text\n```\nf();\n```\n````"), "a fence within another block");
        assert!(!shown("`f()` and ```f()```"));
    }
}
