//! Reading one of many channels' tokens from a pool, against a bare concurrent map.

use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;

use foldhash::fast::RandomState;
use line_channel_token::cache::{StaticSource, TokenPool};
use line_channel_token::{AccessToken, ChannelId};

use crate::cached_read::{READS, per_read, read_often, warm_cache};
use crate::curve::{Curve, Line};
use crate::fixtures::TOKEN;
use crate::measure::compare;
use crate::report::Row;

const SIZES: [usize; 5] = [1_000, 3_000, 10_000, 30_000, 100_000];

/// Channels in a random order, each once; a read takes the next.
struct Channels {
    ids: Vec<ChannelId>,
    order: Vec<u32>,
    next: usize,
}

impl Channels {
    fn new(count: usize) -> Result<Self, Box<dyn Error>> {
        let ids = (0..count).map(|id| ChannelId::new((1_000_000_000 + id).to_string())).collect::<Result<_, _>>()?;
        let mut order: Vec<u32> = (0..u32::try_from(count)?).collect();
        fastrand::Rng::with_seed(7).shuffle(&mut order);
        Ok(Self { ids, order, next: 0 })
    }

    fn next(&mut self) -> &ChannelId {
        self.next += 1;
        if self.next == self.order.len() {
            self.next = 0;
        }
        &self.ids[self.order[self.next] as usize]
    }
}

fn warm_pool(channels: &Channels) -> Result<TokenPool, Box<dyn Error>> {
    let pool = TokenPool::builder(|_: &ChannelId| Ok(StaticSource::new(AccessToken::new(TOKEN)?))).build();
    tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
        for channel in &channels.ids {
            pool.warm_up(channel).await?;
        }
        Ok::<_, line_channel_token::Error>(())
    })?;
    Ok(pool)
}

async fn read_pool(pool: &TokenPool, channels: &mut Channels) {
    for _ in 0..READS {
        assert!(black_box(pool.token(channels.next()).await).is_ok());
    }
}

/// The rows of the table, and what a read costs in pools of growing size.
///
/// # Errors
///
/// If there is no runtime.
pub fn rows() -> Result<(Vec<Row>, Curve), Box<dyn Error>> {
    let mut rows = Vec::new();
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let (mut of_pool, mut of_map) = (Vec::new(), Vec::new());
    for size in SIZES {
        let mut channels = Channels::new(size)?;
        let pool = warm_pool(&channels)?;
        let map: papaya::HashMap<ChannelId, Arc<String>, RandomState> =
            papaya::HashMap::with_hasher(RandomState::default());
        for channel in &channels.ids {
            map.pin().insert(channel.clone(), Arc::new(TOKEN.to_owned()));
        }
        let mut others = Channels::new(size)?;
        let figures = per_read(compare(
            31,
            1,
            || runtime.block_on(read_pool(&pool, &mut channels)),
            || (0..READS).for_each(|_| assert!(black_box(map.pin().get(others.next()).cloned()).is_some())),
        ));
        of_pool.push((size as f64, figures.ours));
        of_map.push((size as f64, figures.reference));
        if size == SIZES[0] {
            let cache = warm_cache()?;
            let single = compare(
                31,
                1,
                || runtime.block_on(read_pool(&pool, &mut channels)),
                || runtime.block_on(read_often(&cache)),
            );
            rows.push(Row::new("pool of 1,000 / a single cache", per_read(single), 3.0));
        }
        if size == SIZES[SIZES.len() - 1] {
            rows.push(Row::new("pool of 100,000, at random / bare map", figures, 3.0));
        }
    }
    let curve = Curve {
        title: "Nanoseconds a read, by the number of warm channels (uniformly at random)",
        x: "channels",
        y: "ns",
        logarithmic: true,
        lines: vec![
            Line { name: "TokenPool::token", color: "#06c755", points: of_pool },
            Line { name: "bare concurrent map of Arcs", color: "#888", points: of_map },
        ],
    };
    Ok((rows, curve))
}
