//! What a store shows of itself.

use super::super::environment::Environment;
use super::super::values::{assert_changed, key, load, set, value};
use crate::run::Rule;

pub const RULE: Rule = Rule {
    says: "`Debug` of a store shows no value",
    hint: "write `Debug` by hand, without the values: they hold channel access tokens, and a store is logged with the settings of a program",
};

const SECRET: &str = "s3cretTOKEN";

pub async fn it_shows_no_value(environment: Environment) {
    let store = environment.handle().await;
    set(&*store, &key(), None, &value(SECRET)).await;
    let loaded = load(&*store, &key()).await;
    let changed = assert_changed(&*store, &key(), None, &value(SECRET)).await;
    let bytes = format!("{:?}", SECRET.as_bytes());
    let bytes = bytes.trim_matches(['[', ']']);
    let on_lines = format!("{:#?}", SECRET.as_bytes());
    let on_lines: Vec<_> = on_lines.lines().filter(|line| line.ends_with(',')).map(str::trim).collect();
    let flat: String = format!("{store:#?}").lines().map(str::trim).collect();
    for text in [format!("{store:?}"), flat, format!("{loaded:?}{changed:?}")] {
        let shown = text.contains(SECRET) || text.contains(bytes) || text.contains(&on_lines.concat());
        assert!(!shown, "`Debug` shows the value that is stored");
    }
}
