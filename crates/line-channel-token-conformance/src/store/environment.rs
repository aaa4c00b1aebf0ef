//! What a case has: the store under test, and what its author says of it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use line_channel_token_cache::store::{StoreKey, TokenStore};

type Local<T> = Pin<Box<dyn Future<Output = T>>>;

/// A fresh store without values, and ways to act upon it from outside.
#[doc(hidden)]
pub struct Environment {
    handle: Box<dyn Fn() -> Local<Arc<dyn TokenStore>>>,
    advance_time: Box<dyn Fn(Duration) -> Local<()>>,
    clear: Option<Box<dyn Fn() -> Local<()>>>,
    damage: Option<Box<dyn Fn(StoreKey) -> Local<()>>>,
    make_incompatible: Option<Box<dyn Fn(StoreKey) -> Local<()>>>,
}

impl Environment {
    /// One more handle on the values.
    pub async fn handle(&self) -> Arc<dyn TokenStore> {
        (self.handle)().await
    }

    /// Returns once that much of the store's time has passed.
    pub async fn advance_time(&self, by: Duration) {
        (self.advance_time)(by).await;
    }

    /// Removes all values behind the store's back.
    ///
    /// # Panics
    ///
    /// If the suite was not told how.
    pub async fn clear(&self) {
        (self.clear.as_ref().expect("`clear` is an argument of the suite"))().await;
    }

    /// Damages the value at this key behind the store's back.
    ///
    /// # Panics
    ///
    /// If the suite was not told how.
    pub async fn damage(&self, key: &StoreKey) {
        (self.damage.as_ref().expect("`damage` is an argument of the suite"))(key.clone()).await;
    }

    /// Puts a value of a newer version at this key, behind the store's back.
    ///
    /// # Panics
    ///
    /// If the suite was not told how.
    pub async fn make_incompatible(&self, key: &StoreKey) {
        (self.make_incompatible.as_ref().expect("`make_incompatible` is an argument of the suite"))(key.clone()).await;
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment").finish_non_exhaustive()
    }
}

/// Makes an [`Environment`] of the arguments of the suite.
#[doc(hidden)]
pub struct EnvironmentBuilder<F> {
    fixture: Rc<F>,
    environment: Environment,
}

impl<F: 'static> EnvironmentBuilder<F> {
    /// `store` makes one handle more each time.
    pub async fn new<S: TokenStore>(fixture: impl AsyncFnOnce() -> F, store: impl AsyncFn(&F) -> S + 'static) -> Self {
        let fixture = Rc::new(fixture().await);
        let of_handles = Rc::clone(&fixture);
        let store = Rc::new(store);
        let environment = Environment {
            handle: Box::new(move || {
                let fixture = Rc::clone(&of_handles);
                let store = Rc::clone(&store);
                Box::pin(async move {
                    let handle: Arc<dyn TokenStore> = Arc::new(store(&*fixture).await);
                    handle
                })
            }),
            advance_time: Box::new(|by| Box::pin(tokio::time::sleep(by))),
            clear: None,
            damage: None,
            make_incompatible: None,
        };
        Self { fixture, environment }
    }

    #[must_use]
    pub fn advance_time(mut self, advance: impl AsyncFn(&F, Duration) + 'static) -> Self {
        let fixture = Rc::clone(&self.fixture);
        let advance = Rc::new(advance);
        self.environment.advance_time = Box::new(move |by| {
            let fixture = Rc::clone(&fixture);
            let advance = Rc::clone(&advance);
            Box::pin(async move { advance(&*fixture, by).await })
        });
        self
    }

    #[must_use]
    pub fn clear(mut self, clear: impl AsyncFn(&F) + 'static) -> Self {
        let fixture = Rc::clone(&self.fixture);
        let clear = Rc::new(clear);
        self.environment.clear = Some(Box::new(move || {
            let fixture = Rc::clone(&fixture);
            let clear = Rc::clone(&clear);
            Box::pin(async move { clear(&*fixture).await })
        }));
        self
    }

    #[must_use]
    pub fn damage(mut self, damage: impl AsyncFn(&F, &StoreKey) + 'static) -> Self {
        self.environment.damage = Some(self.at_a_key(damage));
        self
    }

    #[must_use]
    pub fn make_incompatible(mut self, make: impl AsyncFn(&F, &StoreKey) + 'static) -> Self {
        self.environment.make_incompatible = Some(self.at_a_key(make));
        self
    }

    #[must_use]
    pub fn build(self) -> Environment {
        self.environment
    }

    fn at_a_key(&self, act: impl AsyncFn(&F, &StoreKey) + 'static) -> Box<dyn Fn(StoreKey) -> Local<()>> {
        let fixture = Rc::clone(&self.fixture);
        let act = Rc::new(act);
        Box::new(move |key| {
            let fixture = Rc::clone(&fixture);
            let act = Rc::clone(&act);
            Box::pin(async move { act(&*fixture, &key).await })
        })
    }
}

impl<F> fmt::Debug for EnvironmentBuilder<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.environment.fmt(f)
    }
}
