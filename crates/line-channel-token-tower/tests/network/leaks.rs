//! A server of another name never sees the token.

use line_channel_token_core::BaseUrl;

use crate::clients::{Names, layer, stacks};
use crate::servers::{OK, Recorder};

#[tokio::test]
async fn lines_server_sees_it_and_no_other() {
    let line = Recorder::tls("api.line.me", OK).await;
    let others = [
        ("evil.example", Recorder::tls("evil.example", OK).await),
        ("api.line.me.evil.example", Recorder::tls("api.line.me.evil.example", OK).await),
        ("xapi.line.me", Recorder::tls("xapi.line.me", OK).await),
    ];
    let mut names: Names = others.iter().map(|(name, server)| (*name, server.address)).collect();
    names.push(("api.line.me", line.address));
    for stack in stacks(&layer("t0ken"), &names) {
        stack.get("https://api.line.me/v2/bot/info").await;
        for (name, _) in &others {
            stack.get(&format!("https://{name}/v2/bot/info?https://api.line.me/")).await;
        }
        stack.get("https://api.line.me@evil.example/v2/bot/info").await;
    }
    assert_eq!(line.counts(), (4, 4));
    assert_eq!(others.map(|(_, server)| server.counts().0), [8, 4, 4]);
}

#[tokio::test]
async fn other_ports_and_plain_http_do_not() {
    let (tls, plain) = (Recorder::tls("api.line.me", OK).await, Recorder::plain(OK).await);
    let names = vec![("api.line.me", plain.address), ("localhost", plain.address)];
    for stack in stacks(&layer("t0ken"), &names) {
        stack.get(&format!("https://api.line.me:{}/v2/bot/info", tls.address.port())).await;
        stack.get("http://api.line.me/v2/bot/info").await;
        stack.get(&format!("http://{}/v2/bot/info", plain.address)).await;
        stack.get(&format!("http://localhost:{}/v2/bot/info", plain.address.port())).await;
    }
    assert_eq!((tls.counts(), plain.counts()), ((4, 0), (12, 0)));
}

#[tokio::test]
async fn a_changed_base_url_takes_it_along_to_no_one() {
    let (before, after) = (Recorder::plain(OK).await, Recorder::plain(OK).await);
    let base = |server: &Recorder| format!("http://{}", server.address);
    let layer = layer("t0ken").allow_origin(&BaseUrl::new(base(&before)).unwrap());
    for stack in stacks(&layer, &Names::new()) {
        stack.get(&format!("{}/v2/bot/info", base(&before))).await;
        stack.get(&format!("{}/v2/bot/info", base(&after))).await;
    }
    assert_eq!((before.counts(), after.counts()), ((4, 4), (4, 0)));
}

#[tokio::test]
async fn the_users_own_header_stays() {
    let line = Recorder::tls("api.line.me", OK).await;
    let http = crate::clients::reqwest_client(&vec![("api.line.me", line.address)]).build().unwrap();
    let client = reqwest_middleware::ClientBuilder::new(http).with(layer("t0ken")).build();
    client.get("https://api.line.me/v2/profile").bearer_auth("of-the-user").send().await.unwrap();
    client.get("https://somebody:pa55@api.line.me/v2/profile").send().await.unwrap();
    let heads = line.heads();
    assert!(heads[0].contains("authorization: bearer of-the-user\r\n"), "{}", heads[0]);
    assert!(heads[1].contains("authorization: basic "), "{}", heads[1]);
    assert!(!heads.concat().contains("t0ken"));
}

#[tokio::test]
async fn a_default_header_of_the_client_gives_way() {
    let line = Recorder::tls("api.line.me", OK).await;
    let other = Recorder::tls("other.example", OK).await;
    let names = vec![("api.line.me", line.address), ("other.example", other.address)];
    let default = [(http::header::AUTHORIZATION, http::HeaderValue::from_static("Bearer by-default"))];
    let builder = crate::clients::reqwest_client(&names).default_headers(default.into_iter().collect());
    let stack = crate::clients::over_reqwest(&layer("t0ken"), builder.build().unwrap());
    stack.get("https://api.line.me/v2/bot/info").await;
    stack.get("https://other.example/").await;
    assert_eq!(line.heads()[0].matches("authorization: ").count(), 1);
    assert!(line.heads()[0].contains("authorization: bearer t0ken\r\n"), "{}", line.heads()[0]);
    assert!(other.heads()[0].contains("authorization: bearer by-default\r\n"), "{}", other.heads()[0]);
}
