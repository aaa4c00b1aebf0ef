//! The page of the guide about spans.

use std::collections::BTreeSet;

use crate::capture::Capture;

/// Checks that the page names each of our spans and each field of theirs and of the client's events, and counts them.
pub(crate) fn the_guide_lists(capture: &Capture) -> usize {
    let page = include_str!("../../src/_guide/observability.md");
    let retries = capture.events().into_iter().filter(|event| event.target == "line_channel_token_core");
    let spans = capture.spans().into_iter().filter(|span| span.target.starts_with("line_channel_token"));
    let spans: Vec<_> = spans.collect();
    let mut names: BTreeSet<&str> = spans.iter().map(|span| span.name).collect();
    names.extend(spans.into_iter().chain(retries).flat_map(|it| it.declared).filter(|field| *field != "message"));
    for name in &names {
        assert!(page.contains(&format!("`{name}`")), "observability.md does not name {name}");
    }
    names.len()
}
