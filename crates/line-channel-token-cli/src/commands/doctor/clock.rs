//! This machine's clock against that of the service.

use std::time::Duration;

use super::recorder::{Reading, Recorder};
use super::report::Report;
use crate::failure::Exit;
use crate::time_text::describe;

/// The check of this file.
const CHECK: &str = "clock";
/// `Date` has whole seconds, and a clock that is as near is as good as right.
const NEAR: Duration = Duration::from_secs(30);
/// Assertions live for so long: by a clock that is slower than that they have expired when LINE sees them.
const TOO_SLOW: Duration = Duration::from_secs(300);
/// LINE refuses an assertion that expires later than 30 minutes from now, and those expire five minutes from now.
const TOO_FAST: Duration = Duration::from_secs(25 * 60);
const ADVICE: &str = "set the clock: switch on network time (timedatectl set-ntp true), and check a virtual machine after it was suspended";

/// How far this machine's clock is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Offset {
    Ahead(Duration),
    Behind(Duration),
}

pub(super) fn check(recorder: &Recorder, report: &mut Report) {
    let Some(offset) = recorder.readings().into_iter().map(offset).min_by_key(|offset| match offset {
        Offset::Ahead(time) | Offset::Behind(time) => *time,
    }) else {
        return report.skipped(CHECK, "no response says what time it is (header Date)");
    };
    match offset {
        Offset::Ahead(time) | Offset::Behind(time) if time <= NEAR => {
            report.ok(CHECK, format!("within {} seconds of the service's", NEAR.as_secs()));
        }
        Offset::Behind(time) if time >= TOO_SLOW => {
            let message = format!("{} behind the service's: assertions have expired when they arrive", describe(time));
            report.problem(CHECK, Exit::Usage, message, ADVICE.to_owned());
        }
        Offset::Ahead(time) if time >= TOO_FAST => {
            let message =
                format!("{} ahead of the service's: assertions expire later than LINE allows", describe(time));
            report.problem(CHECK, Exit::Usage, message, ADVICE.to_owned());
        }
        Offset::Behind(time) => report.warning(CHECK, format!("{} behind the service's", describe(time)), ADVICE),
        Offset::Ahead(time) => report.warning(CHECK, format!("{} ahead of the service's", describe(time)), ADVICE),
    }
}

/// The least by which the clocks differ: the response was made at any moment between the request and its end, and `Date` leaves out the
/// fraction of its second.
fn offset(reading: Reading) -> Offset {
    let Reading { server, sent, received } = reading;
    let ahead = sent.saturating_sub(server + Duration::from_secs(1));
    if ahead > Duration::ZERO { Offset::Ahead(ahead) } else { Offset::Behind(server.saturating_sub(received)) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Offset, offset};
    use crate::commands::doctor::recorder::Reading;

    #[test]
    fn an_exchange_leaves_room_for_its_length() {
        let seconds = Duration::from_secs;
        for (server, sent, received, expected) in [
            (1000, 1000, 1000, Offset::Behind(seconds(0))),
            (1000, 998, 1008, Offset::Behind(seconds(0))),
            (1000, 1001, 1001, Offset::Behind(seconds(0))),
            (1000, 1061, 1070, Offset::Ahead(seconds(60))),
            (1000, 890, 900, Offset::Behind(seconds(100))),
        ] {
            let reading = Reading { server: seconds(server), sent: seconds(sent), received: seconds(received) };
            assert_eq!(offset(reading), expected, "{reading:?}");
        }
    }
}
