//! One run of the fleet: its start, its deploys, its end.

use std::time::Duration;

use line_channel_token::{Clock, SigningKey, SystemClock};

use crate::arguments::Arguments;
use crate::history::{History, Sample};
use crate::line::Line;
use crate::pace::Pace;
use crate::settings::{Channel, Family, Settings, StoreSettings};
use crate::view::View;
use crate::workers::Workers;

const TICK: Duration = Duration::from_millis(50);
/// On a wall: a hundred processes on two cores that do other things too.
const TIME_TO_START: Duration = Duration::from_secs(120);
const TIME_TO_LEAVE: Duration = Duration::from_secs(20);

/// Runs the workers, with this store or without one, until the time is over.
pub(crate) async fn run(
    arguments: &Arguments,
    store: Option<StoreSettings>,
    view: &mut View,
) -> Result<History, String> {
    let is_shared = store.is_some();
    let (channel, jwk) = channel()?;
    let pace = match arguments.lives {
        0 => Pace::real_time(),
        _ => Pace::begin(u32::from(arguments.life), arguments.family == Family::ShortLived),
    };
    let line = Line::serve(&channel, &jwk, arguments.family, pace).await?;
    let settings = Settings {
        line: line.url(),
        channel,
        family: arguments.family,
        pace,
        store,
        send_every_ms: arguments.send_every,
    };
    let settings = serde_json::to_string(&settings).map_err(|error| error.to_string())?;
    let mut workers = Workers::start(usize::from(arguments.workers), settings)?;
    let starting = now();
    while !workers.are_ready() {
        workers.update()?;
        if now().saturating_sub(starting) > TIME_TO_START {
            return Err("not all workers have started within two minutes: take fewer with --workers".to_owned());
        }
        tokio::time::sleep(TICK).await;
    }
    workers.begin();
    let history = History { is_shared, workers: workers.count(), life: pace.real(pace.lifetime), ..History::default() };
    let history = watch(arguments, history, &line, &mut workers, view).await?;
    workers.dismiss();
    let leaving = now();
    while !workers.have_left() && now().saturating_sub(leaving) < TIME_TO_LEAVE {
        workers.update()?;
        tokio::time::sleep(TICK).await;
    }
    drop(workers);
    line.shutdown().await;
    Ok(history)
}

/// Takes samples, and replaces workers one after the other.
async fn watch(
    arguments: &Arguments,
    mut history: History,
    line: &Line,
    workers: &mut Workers,
    view: &mut View,
) -> Result<History, String> {
    let begin = now();
    let length = history.life * u32::from(arguments.lives);
    let deploys = arguments.deploys.unwrap_or(arguments.lives.saturating_sub(1));
    let replacements = usize::from(deploys) * workers.count();
    let mut begun = 0;
    loop {
        workers.update()?;
        history.elapsed = now().saturating_sub(begin);
        history.served = workers.served();
        history.live = line.live();
        history.line = line.counts();
        history.issues = history.line.issues.iter().map(|at| at.saturating_sub(begin)).collect();
        history.totals = workers.totals.clone();
        let sample = Sample { at: history.elapsed, live: history.live, served: history.served };
        history.samples.push(sample);
        view.show(&history);
        let is_over = if length.is_zero() { workers.have_all_tried() } else { history.elapsed >= length };
        if is_over {
            return Ok(history);
        }
        if !length.is_zero() {
            let share = history.elapsed.as_secs_f64() / length.as_secs_f64();
            while begun < replacements && (begun as f64) < share * replacements as f64 {
                workers.replace(begun % workers.count())?;
                begun += 1;
            }
        }
        tokio::time::sleep(TICK).await;
    }
}

/// A channel that was never seen before, and the public half of its key.
fn channel() -> Result<(Channel, String), String> {
    let key = SigningKey::generate_rsa().map_err(|error| error.to_string())?;
    let pem = key.to_pkcs8_pem().map_err(|error| error.to_string())?;
    let random = |digits: usize| -> String { (0..digits).map(|_| format!("{:x}", fastrand::u8(..16))).collect() };
    let channel = Channel {
        id: format!("{}", fastrand::u64(1_000_000_000..10_000_000_000)),
        secret: random(32),
        kid: format!("fleet-{}", random(8)),
        key: pem.expose_secret().to_owned(),
    };
    Ok((channel, key.public_jwk().to_json()))
}

fn now() -> Duration {
    SystemClock.now().monotonic
}
