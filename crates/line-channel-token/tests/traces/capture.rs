//! A subscriber that keeps all that it is told.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

/// A span or an event.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    /// Of spans alone.
    pub(crate) id: u64,
    pub(crate) name: &'static str,
    pub(crate) target: String,
    pub(crate) level: Level,
    /// The span that it is in.
    pub(crate) parent: Option<u64>,
    pub(crate) follows: Vec<u64>,
    pub(crate) fields: BTreeMap<&'static str, String>,
    /// Its fields, also those without a value.
    pub(crate) declared: Vec<&'static str>,
    /// How often a field was recorded that had a value.
    pub(crate) overwritten: usize,
    pub(crate) is_closed: bool,
}

impl Recorded {
    /// The value of a field; empty if there is none.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    /// The values of these fields.
    pub(crate) fn all<const N: usize>(&self, names: [&str; N]) -> [&str; N] {
        names.map(|name| self.field(name))
    }
}

impl Visit for Recorded {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.overwritten += usize::from(self.fields.insert(field.name(), format!("{value:?}")).is_some());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.overwritten += usize::from(self.fields.insert(field.name(), value.to_owned()).is_some());
    }
}

/// All that was told so far.
#[derive(Clone, Default)]
pub(crate) struct Capture(Arc<Mutex<(Vec<Recorded>, Vec<Recorded>)>>);

impl Capture {
    /// A capture of what this thread tells from now on.
    pub(crate) fn start(level: LevelFilter) -> (Self, DefaultGuard) {
        let capture = Self::default();
        let subscriber = tracing_subscriber::registry().with(capture.clone().with_filter(level));
        (capture, tracing::subscriber::set_default(subscriber))
    }

    pub(crate) fn spans(&self) -> Vec<Recorded> {
        self.0.lock().unwrap().0.clone()
    }

    pub(crate) fn events(&self) -> Vec<Recorded> {
        self.0.lock().unwrap().1.clone()
    }

    pub(crate) fn named(&self, name: &str) -> Vec<Recorded> {
        self.spans().into_iter().filter(|span| span.name == name).collect()
    }

    /// The only span of this name.
    pub(crate) fn only(&self, name: &str) -> Recorded {
        let mut named = self.named(name);
        assert_eq!(named.len(), 1, "{named:#?}");
        named.remove(0)
    }

    fn change(&self, id: &Id, change: impl FnOnce(&mut Recorded)) {
        let mut kept = self.0.lock().unwrap();
        // An id is used again once its span is closed.
        if let Some(span) = kept.0.iter_mut().rev().find(|span| span.id == id.into_u64()) {
            change(span);
        }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Capture {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let metadata = attributes.metadata();
        let parent = context.span(id).and_then(|span| Some(span.parent()?.id().into_u64()));
        let mut span = recorded(metadata, parent);
        span.id = id.into_u64();
        attributes.record(&mut span);
        self.0.lock().unwrap().0.push(span);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        self.change(id, |span| values.record(span));
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, _: Context<'_, S>) {
        self.change(id, |span| span.follows.push(follows.into_u64()));
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let parent = context.event_span(event).map(|span| span.id().into_u64());
        let mut kept = recorded(event.metadata(), parent);
        event.record(&mut kept);
        self.0.lock().unwrap().1.push(kept);
    }

    fn on_close(&self, id: Id, _: Context<'_, S>) {
        self.change(&id, |span| span.is_closed = true);
    }
}

fn recorded(metadata: &'static tracing::Metadata<'static>, parent: Option<u64>) -> Recorded {
    Recorded {
        id: 0,
        name: metadata.name(),
        target: metadata.target().to_owned(),
        level: *metadata.level(),
        parent,
        follows: Vec::new(),
        fields: BTreeMap::new(),
        declared: metadata.fields().iter().map(|field| field.name()).collect(),
        overwritten: 0,
        is_closed: false,
    }
}
