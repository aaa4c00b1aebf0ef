//! What happens to a fleet that shares nothing: the measure for everything else.

use fleet_tests::{StoreSettings, Task};

use crate::fleet::Fleet;
use crate::platform::Platform;

#[test]
fn forty_replicas_without_store_leave_ten_without_token() {
    let platform = Platform::new();
    let channel = platform.add_channel("1000000001", "jwt");
    let settings = platform.settings(vec![channel.clone()], StoreSettings::None);
    let fleet = Fleet::start(&platform, &settings, 40);
    let replies = fleet.ask(Task::Send);
    assert_eq!(replies.iter().filter(|reply| reply.status == Some(200)).count(), 30);
    assert_eq!(platform.issues(&channel).len(), 30);
    assert_eq!(platform.most_live(&channel), 30);
}

#[test]
fn forty_replicas_without_store_leave_ten_with_dead_token() {
    let platform = Platform::new();
    let channel = platform.add_channel("1000000001", "short_lived");
    let settings = platform.settings(vec![channel.clone()], StoreSettings::None);
    let fleet = Fleet::start(&platform, &settings, 40);
    fleet.ask(Task::Token);
    let replies = fleet.ask(Task::SendLast);
    assert_eq!(replies.iter().filter(|reply| reply.status == Some(200)).count(), 30);
    assert_eq!(replies.iter().filter(|reply| reply.status == Some(401)).count(), 10);
    assert_eq!(platform.issues(&channel).len(), 40);
}
