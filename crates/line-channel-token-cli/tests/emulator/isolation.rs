//! Tests that run at the same time against one emulator, each with a channel of its own.

use crate::support::Emulator;

#[test]
fn channels_do_not_see_each_other() {
    let emulator = Emulator::start(&[]);
    let create = || {
        let created = emulator.json("POST", "/_emulator/channels", "{}").value();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        (text(&created["channel"]["id"]), text(&created["secret"]))
    };
    let ((slow, slow_secret), (other, other_secret)) = (create(), create());
    emulator.issue(&slow, &slow_secret);
    emulator.issue(&other, &other_secret);
    let tokens =
        |id: &str| emulator.get(&format!("/_emulator/channels/{id}")).value()["tokens"].as_array().unwrap().len();

    // Faults.
    let fault = format!(r#"{{"kind":"status","status":500,"times":"until_cleared","channel_id":"{slow}"}}"#);
    assert_eq!(emulator.json("POST", "/_emulator/faults", &fault).status, 201);
    assert_eq!((emulator.issue(&slow, &slow_secret).status, emulator.issue(&other, &other_secret).status), (500, 200));
    assert_eq!(emulator.json("DELETE", &format!("/_emulator/faults?channel_id={other}"), "").status, 204);
    assert_eq!(emulator.issue(&slow, &slow_secret).status, 500, "the other's faults were cleared");
    assert_eq!(emulator.json("DELETE", &format!("/_emulator/faults?channel_id={slow}"), "").status, 204);
    assert_eq!(emulator.issue(&slow, &slow_secret).status, 200);

    // Time.
    let advance = format!(r#"{{"seconds":2592000,"channel_id":"{slow}"}}"#);
    assert_eq!(emulator.json("POST", "/_emulator/clock/advance", &advance).status, 200);
    assert_eq!((tokens(&slow), tokens(&other)), (0, 2));

    // State.
    emulator.issue(&slow, &slow_secret);
    assert_eq!(emulator.json("POST", &format!("/_emulator/channels/{other}/reset"), "").status, 204);
    assert_eq!((tokens(&slow), tokens(&other)), (1, 0));
    let requests = emulator.get(&format!("/_emulator/requests?channel_id={other}")).value();
    assert!(requests["requests"].as_array().unwrap().iter().all(|request| request["channel_id"] == *other));
    for path in ["/_emulator/clock/advance", "/_emulator/faults"] {
        let unknown = r#"{"seconds":1,"kind":"hang","channel_id":"999"}"#
            .replace(if path.ends_with("faults") { r#""seconds":1,"# } else { r#""kind":"hang","# }, "");
        assert_eq!(emulator.json("POST", path, &unknown).status, 404, "{path}");
    }
}

#[test]
fn many_channels_are_made_at_once() {
    let emulator = Emulator::start(&[]);
    let ids: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    (0..5)
                        .map(|_| {
                            let created = emulator.json("POST", "/_emulator/channels", "{}").value();
                            created["channel"]["id"].as_str().unwrap().to_owned()
                        })
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let unique: std::collections::HashSet<&String> = ids.iter().collect();
    assert_eq!((ids.len(), unique.len()), (40, 40));
    assert_eq!(emulator.get("/_emulator/channels").value()["channels"].as_array().unwrap().len(), 41);
}
