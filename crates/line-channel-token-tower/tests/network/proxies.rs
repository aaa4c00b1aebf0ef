//! A proxy sees no token.

use http::StatusCode;

use crate::clients::{Names, layer, over_reqwest, over_reqwest_middleware, reqwest_client};
use crate::servers::{OK, Recorder, proxy};

#[tokio::test]
async fn a_proxy_sees_none() {
    let line = Recorder::tls("api.line.me", OK).await;
    let proxy = proxy(line.address).await;
    let through = || {
        let proxy = reqwest::Proxy::all(format!("http://{}", proxy.address)).unwrap();
        reqwest_client(&Names::new()).proxy(proxy).build().unwrap()
    };
    let layer = layer("t0ken");
    for stack in [over_reqwest(&layer, through()), over_reqwest_middleware(&layer, through())] {
        assert_eq!(stack.get("http://api.line.me/v2/bot/info").await, StatusCode::OK, "the proxy's response");
        assert_eq!(stack.get("https://api.line.me/v2/bot/info").await, StatusCode::OK);
    }
    assert_eq!(line.counts(), (2, 2), "LINE sees it, through the tunnel");
    let seen = proxy.heads();
    assert_eq!(seen.iter().filter(|head| head.starts_with("get http://api.line.me/")).count(), 2);
    assert_eq!(seen.iter().filter(|head| head.starts_with("connect api.line.me:443")).count(), 2);
    assert_eq!(proxy.counts().1, 0);
}
