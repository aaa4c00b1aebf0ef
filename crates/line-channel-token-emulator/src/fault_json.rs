//! Faults in from JSON, and their states out, with the feature `serde`.

use std::collections::BTreeMap;
use std::time::Duration;

use line_channel_token_core::{ChannelId, Error, Operation};
use serde::de::{self, Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

use crate::fault::{Fault, Target};
use crate::fault_kind::FaultKind;
use crate::fault_state::FaultState;
use crate::fault_times::Times;

/// A fault's members in JSON.
#[derive(serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, expecting = "an object with the members of a fault")]
struct FaultJson {
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delay_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    messaging_api: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel_id: Option<String>,
    #[serde(default)]
    times: Times,
}

/// A fault's state, with its members beside those of the fault.
#[derive(serde::Serialize)]
struct FaultStateJson {
    id: u64,
    #[serde(flatten)]
    fault: FaultJson,
    remaining: Option<u64>,
    used: u64,
}

#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl<'de> Deserialize<'de> for Fault {
    /// From the members that the methods of [`Fault`] are named after, such as
    /// `{"kind":"status","status":503,"retry_after_seconds":2,"body":"…","headers":{"x":"y"},"operation":"issue_jwt",
    /// "channel_id":"123","times":3,"delay_seconds":0.5}`. `kind` is needed; `times` may be `"until_cleared"`, and
    /// `"messaging_api":true` stands for [`Fault::for_messaging_api`].
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        FaultJson::deserialize(deserializer)?.into_fault().map_err(de::Error::custom)
    }
}

#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl Serialize for Fault {
    /// As it is deserialized, without members that say nothing.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        FaultJson::of(self).serialize(serializer)
    }
}

#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl Serialize for FaultState {
    /// The members of the fault, and `id`, `remaining` (`null` until it is cleared) and `used`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { id, fault, remaining, used } = self;
        FaultStateJson { id: *id, fault: FaultJson::of(fault), remaining: *remaining, used: *used }
            .serialize(serializer)
    }
}

#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl Serialize for FaultKind {
    /// As [`as_str`](Self::as_str).
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl FaultJson {
    fn into_fault(self) -> Result<Fault, Error> {
        let mut fault = self.of_kind()?;
        let kind = fault.kind;
        if let Some(body) = self.body {
            if !kind.has_own_response() {
                return Err(misplaced("body", kind, "status, html or redirect"));
            }
            fault = fault.with_body(body);
        }
        if (!self.headers.is_empty() || self.retry_after_seconds.is_some()) && !kind.has_headers() {
            let member = if self.headers.is_empty() { "retry_after_seconds" } else { "headers" };
            return Err(misplaced(member, kind, "one that sends a response"));
        }
        for (name, value) in self.headers {
            fault = fault.with_header(name, value)?;
        }
        if let Some(seconds) = self.retry_after_seconds {
            fault = fault.with_retry_after(duration("retry_after_seconds", seconds)?);
        }
        if let Some(seconds) = self.delay_seconds {
            fault = fault.with_delay(duration("delay_seconds", seconds)?);
        }
        match (self.operation, self.messaging_api) {
            (Some(_), true) => {
                return Err(Error::invalid_input("operation and messaging_api are both there: give one of them"));
            }
            (Some(name), false) => fault = fault.for_operation(operation(&name)?),
            (None, true) => fault = fault.for_messaging_api(),
            (None, false) => {}
        }
        if let Some(id) = self.channel_id {
            fault = fault.for_channel(ChannelId::new(id)?);
        }
        Ok(match self.times {
            Times::Count(0) => {
                return Err(Error::invalid_input("times is 0: give 1 or more, or \"until_cleared\""));
            }
            Times::Count(times) => fault.times(times),
            Times::UntilCleared => fault.until_cleared(),
        })
    }

    /// The fault of this kind, without what the other members say.
    fn of_kind(&self) -> Result<Fault, Error> {
        let kind = FaultKind::ALL.iter().copied().find(|kind| kind.as_str() == self.kind);
        let kind = kind.ok_or_else(|| {
            let known: Vec<&str> = FaultKind::ALL.iter().map(|kind| kind.as_str()).collect();
            Error::invalid_input(format!("kind is none of {}", known.join(", ")))
        })?;
        if self.status.is_some() && kind != FaultKind::Status {
            return Err(misplaced("status", kind, "status"));
        }
        Ok(match kind {
            FaultKind::Status => {
                let status = self.status.ok_or_else(|| {
                    Error::invalid_input("status is missing, which the kind status needs: give one from 200 to 599")
                })?;
                Fault::status(status)?
            }
            FaultKind::Delay if self.delay_seconds.is_none() => {
                return Err(Error::invalid_input(
                    "delay_seconds is missing, which the kind delay needs: give a number of seconds",
                ));
            }
            FaultKind::Html => Fault::html(),
            FaultKind::Redirect => Fault::redirect(),
            kind => Fault::new(kind),
        })
    }

    fn of(fault: &Fault) -> Self {
        let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        Self {
            kind: fault.kind.as_str().to_owned(),
            status: (fault.kind == FaultKind::Status).then(|| fault.status.as_u16()),
            body: fault.body.clone().filter(|_| fault.kind.has_own_response()),
            headers: fault.headers.iter().filter(|_| fault.kind.has_headers()).map(header).collect(),
            retry_after_seconds: fault
                .retry_after
                .filter(|_| fault.kind.has_headers())
                .map(|delay| delay.as_secs_f64()),
            delay_seconds: (!fault.delay.is_zero() || fault.kind == FaultKind::Delay)
                .then_some(fault.delay.as_secs_f64()),
            operation: match fault.target {
                Target::Operation(operation) => Some(operation.as_str().to_owned()),
                Target::Everything | Target::MessagingApi => None,
            },
            messaging_api: fault.target == Target::MessagingApi,
            channel_id: fault.channel.as_ref().map(|id| id.as_str().to_owned()),
            times: fault.times.map_or(Times::UntilCleared, Times::Count),
        }
    }
}

fn misplaced(member: &str, kind: FaultKind, needed: &str) -> Error {
    Error::invalid_input(format!("{member} has no meaning with the kind {kind}: leave it out, or take {needed}"))
}

fn operation(name: &str) -> Result<Operation, Error> {
    Operation::ALL.iter().copied().find(|operation| operation.as_str() == name).ok_or_else(|| {
        let known: Vec<&str> = Operation::ALL.iter().map(|operation| operation.as_str()).collect();
        Error::invalid_input(format!("operation is none of {}", known.join(", ")))
    })
}

fn duration(member: &str, seconds: f64) -> Result<Duration, Error> {
    Duration::try_from_secs_f64(seconds)
        .map_err(|_| Error::invalid_input(format!("{member} is {seconds}: give a number of seconds from 0")))
}

fn is_false(value: &bool) -> bool {
    !value
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use line_channel_token_core::{ChannelId, Operation};
    use serde_json::{Value, json};

    use crate::emulator::Emulator;
    use crate::fault::Fault;
    use crate::fault_kind::FaultKind;

    fn parse(json: &Value) -> Result<Fault, String> {
        serde_json::from_value(json.clone()).map_err(|error| error.to_string())
    }

    #[test]
    fn all_members_are_parsed() {
        let json = json!({
            "kind": "status", "status": 503, "retry_after_seconds": 2, "body": "down", "headers": {"x": "y"},
            "operation": "issue_jwt", "channel_id": "123", "times": 3, "delay_seconds": 0.5,
        });
        let fault = Fault::status(503)
            .unwrap()
            .with_retry_after(Duration::from_secs(2))
            .with_body("down")
            .with_header("x", "y")
            .unwrap()
            .for_operation(Operation::IssueJwt)
            .for_channel(ChannelId::new("123").unwrap())
            .times(3)
            .with_delay(Duration::from_millis(500));
        assert_eq!(parse(&json).unwrap(), fault);
    }

    #[test]
    fn every_kind_survives_a_round_trip() {
        for kind in FaultKind::ALL {
            let mut json = json!({"kind": kind.as_str(), "times": "until_cleared", "messaging_api": true});
            match kind {
                FaultKind::Status => json["status"] = json!(429),
                FaultKind::Delay => json["delay_seconds"] = json!(1.5),
                _ => {}
            }
            let fault = parse(&json).unwrap();
            assert_eq!(fault.kind(), *kind);
            let written = serde_json::to_value(&fault).unwrap();
            assert_eq!(parse(&written).unwrap(), fault, "{written}");
            assert_eq!((&written["times"], &written["messaging_api"]), (&json!("until_cleared"), &json!(true)));
        }
    }

    #[test]
    fn states_have_the_members_of_their_fault() {
        let emulator = Emulator::builder().build().unwrap();
        emulator.inject(Fault::status(503).unwrap().times(2));
        emulator.inject(Fault::hang().until_cleared());
        let states = serde_json::to_value(emulator.faults()).unwrap();
        assert_eq!(
            states,
            json!([
                {"id": 1, "kind": "status", "status": 503, "times": 2, "remaining": 2, "used": 0},
                {"id": 2, "kind": "hang", "times": "until_cleared", "remaining": null, "used": 0},
            ])
        );
    }

    #[test]
    fn wrong_members_are_named() {
        for (json, says) in [
            (json!({}), "missing field `kind`"),
            (json!({"kind": "explode"}), "kind is none of status, delay, hang"),
            (json!({"kind": "status"}), "status is missing"),
            (json!({"kind": "status", "status": 99}), "status is 99: give one from 200 to 599"),
            (json!({"kind": "status", "status": 70_000}), "70000"),
            (json!({"kind": "delay"}), "delay_seconds is missing"),
            (json!({"kind": "delay", "delay_seconds": -1}), "delay_seconds is -1"),
            (json!({"kind": "delay", "delay_seconds": 1e300}), "delay_seconds is 1"),
            (json!({"kind": "hang", "status": 500}), "status has no meaning with the kind hang"),
            (json!({"kind": "hang", "body": "x"}), "body has no meaning with the kind hang"),
            (json!({"kind": "garbage", "headers": {"x": "y"}}), "headers has no meaning with the kind garbage"),
            (json!({"kind": "hang", "retry_after_seconds": 1}), "retry_after_seconds has no meaning"),
            (json!({"kind": "html", "headers": {"a b": "y"}}), "no HTTP token"),
            (json!({"kind": "html", "headers": {"a": "b\r\nc"}}), "value of the header a"),
            (json!({"kind": "html", "headers": {"Content-Length": "9"}}), "content-length is the server's"),
            (json!({"kind": "hang", "times": 0}), "times is 0"),
            (json!({"kind": "hang", "times": -1}), "a whole number from 1"),
            (json!({"kind": "hang", "times": "forever"}), "until_cleared"),
            (json!({"kind": "hang", "operation": "issue_all"}), "operation is none of issue, verify"),
            (json!({"kind": "hang", "operation": "issue", "messaging_api": true}), "give one of them"),
            (json!({"kind": "hang", "channel_id": "U1"}), "channel id"),
            (json!({"kind": "hang", "time": 1}), "unknown field `time`"),
        ] {
            let error = parse(&json).unwrap_err();
            assert!(error.contains(says), "{json}: {error}");
        }
    }
}
