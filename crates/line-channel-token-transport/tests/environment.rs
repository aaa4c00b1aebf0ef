//! The environment means to us what it means to reqwest, which asks hyper-util's matcher. A process cannot change its own
//! environment safely, so each case is a child of the test, which is the same binary.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;

use hyper_util::client::proxy::matcher::Matcher;
use line_channel_token_transport::{Proxies, ProxySettings};

const URLS: [&str; 8] = [
    "https://api.line.me/",
    "http://api.line.me/",
    "https://line.me/",
    "https://notline.me/",
    "https://10.1.2.3/",
    "https://[2001:db8::1]/",
    "https://other.example:8443/",
    "http://other.example/",
];

#[test]
#[ignore = "run by the_environment_means_what_it_means_to_reqwest"]
fn child() {
    let (ours, theirs) = (Proxies::new(ProxySettings::from_environment().unwrap()), Matcher::from_env());
    for url in URLS {
        let url = url.parse().unwrap();
        let theirs = theirs.intercept(&url).map(|proxy| {
            (proxy.uri().host().unwrap().to_owned(), proxy.basic_auth().cloned(), proxy.raw_auth().map(owned))
        });
        let ours = ours.intercept(&url).map(|proxy| {
            (proxy.uri().host().unwrap().to_owned(), proxy.basic_auth().cloned(), proxy.raw_auth().map(owned))
        });
        assert_eq!(ours, theirs, "{url}");
    }
    println!("CHILD done");
}

fn owned((user, password): (&str, &str)) -> (String, String) {
    (user.to_owned(), password.to_owned())
}

#[test]
fn the_environment_means_what_it_means_to_reqwest() {
    for variables in [
        &[][..],
        &[("HTTPS_PROXY", "http://a:1")],
        &[("https_proxy", "http://us%40er:p%20w@a:1")],
        &[("HTTPS_PROXY", ""), ("https_proxy", "http://a:1")],
        &[("HTTPS_PROXY", "a:1"), ("https_proxy", "http://b:1"), ("HTTP_PROXY", "https://c")],
        &[("ALL_PROXY", "socks5h://user:pw@a:1"), ("http_proxy", "http://b:1")],
        &[("all_proxy", "socks5://a"), ("NO_PROXY", "line.me")],
        &[("ALL_PROXY", "http://a:1"), ("NO_PROXY", ".line.me, 10.0.0.0/8")],
        &[("ALL_PROXY", "http://a:1"), ("NO_PROXY", "API.LINE.ME,2001:db8::/32")],
        &[("ALL_PROXY", "http://a:1"), ("NO_PROXY", "other.example:8443")],
        &[("ALL_PROXY", "http://a:1"), ("NO_PROXY", ""), ("no_proxy", "*")],
        &[("ALL_PROXY", "http://a:1"), ("no_proxy", "*")],
        &[("HTTPS_PROXY", "http://a:1"), ("HTTP_PROXY", "http://a:1"), ("ALL_PROXY", "socks://a")],
        &[("HTTPS_PROXY", "http://a:1"), ("REQUEST_METHOD", "POST")],
    ] {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "child", "--ignored", "--nocapture"]);
        for name in ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"] {
            command.env_remove(name).env_remove(name.to_lowercase());
        }
        let output = command.env_remove("REQUEST_METHOD").envs(variables.iter().copied()).output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(out.contains("CHILD done"), "{variables:?}: {out} {err}");
    }
}
