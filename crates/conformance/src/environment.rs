//! Proxies and roots that the environment names. A process cannot change its own environment safely, so each case is a child of the test,
//! which is the same binary and runs [`child`] alone.

use std::process::Command;
use std::sync::Arc;

use http::Method;
use line_channel_token_core::{Error, HttpBackend};

use crate::authority::{BEHIND_PROXY, Shows, ca_pem};
use crate::call::{FORM, PATH, request, roomy};
use crate::proxy::{Does, Proxy};
use crate::server::{Server, ok};

const VARIABLES: [&str; 9] = [
    "ALL_PROXY",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "REQUEST_METHOD",
    "all_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

/// Makes the backend of a child with the PEM of a CA that it trusts, if there is one, and leaves the rest to the environment.
pub type MakeFromEnvironment = fn(ca_pem: &str) -> Result<Arc<dyn HttpBackend>, Error>;

/// What a child is to say, given the place of the proxy.
struct Case {
    variables: &'static [(&'static str, &'static str)],
    proxied: bool,
    says: &'static str,
}

const DIRECT: &str = "could not connect: dns: no such host, or no name server responded";

const CASES: [Case; 12] = [
    Case { variables: &[], proxied: false, says: DIRECT },
    Case { variables: &[("HTTPS_PROXY", "http://PLACE")], proxied: true, says: "200" },
    Case { variables: &[("https_proxy", " PLACE ")], proxied: true, says: "200" },
    Case { variables: &[("ALL_PROXY", "http://PLACE/"), ("HTTP_PROXY", "http://h:1")], proxied: true, says: "200" },
    Case { variables: &[("HTTP_PROXY", "http://PLACE")], proxied: false, says: DIRECT },
    Case { variables: &[("HTTPS_PROXY", ""), ("https_proxy", "http://PLACE")], proxied: false, says: DIRECT },
    Case { variables: &[("HTTPS_PROXY", "http://PLACE"), ("NO_PROXY", "a, .example")], proxied: false, says: DIRECT },
    Case { variables: &[("HTTPS_PROXY", "http://PLACE"), ("no_proxy", "line.example")], proxied: false, says: DIRECT },
    Case { variables: &[("HTTPS_PROXY", "http://PLACE"), ("NO_PROXY", "example.org")], proxied: true, says: "200" },
    Case { variables: &[("HTTPS_PROXY", "http://PLACE"), ("REQUEST_METHOD", "GET")], proxied: false, says: DIRECT },
    Case {
        variables: &[("HTTPS_PROXY", "ftp://s3cret"), ("http_proxy", "'http://s3cret'")],
        proxied: false,
        says: "the environment names a proxy that cannot be used: HTTPS_PROXY has a scheme that is not supported: use http, \
               https, socks5, socks5h, socks4 or socks4a; http_proxy is in quotes: remove them. Set it right, or call \
               no_proxy() or proxy() of the backend's builder",
    },
    Case { variables: &[("HTTPS_PROXY", "http://user:s3cret@PLACE")], proxied: true, says: "200" },
];

/// A machine without any trusted root, as container images are: without a root of one's own there is no backend, and with one it
/// works. The children are the ignored test named `child` of this binary, which calls [`child`].
pub fn no_platform_roots(child: &str) {
    crate::run_case(async {
        let server = trusted_server().await;
        for file in ["/nonexistent/ca.crt", "/dev/null"] {
            let run = |ca: &str| {
                let mut command = command(child);
                command.env("SSL_CERT_FILE", file).env("SSL_CERT_DIR", "/nonexistent");
                command.env("CASE_URL", server.url(PATH)).env("CASE_CA", ca);
                said(command)
            };
            assert_eq!(run(&ca_pem()).await, "200");
            let refused = run("").await;
            assert!(refused.contains("no trusted root certificates") && refused.contains("SSL_CERT_FILE"), "{refused}");
        }
    });
}

/// Runs each case in a child: the ignored test named `child` of this binary, which calls [`child`].
pub fn proxies(child: &str) {
    crate::run_case(async {
        let server = trusted_server().await;
        let url = server.url(PATH).replace("localhost", BEHIND_PROXY);
        for case in CASES {
            let proxy = Proxy::start(Does::Connect(None)).await;
            let place = proxy.place().to_string();
            let mut command = command(child);
            let variables = case.variables.iter().map(|(name, value)| (name, value.replace("PLACE", &place)));
            command.envs(variables).env("CASE_URL", &url).env("CASE_CA", ca_pem());
            assert_eq!(said(command).await, case.says, "{:?}", case.variables);
            assert_eq!(!proxy.seen().is_empty(), case.proxied, "{:?}", case.variables);
        }
    });
}

/// A server of the test CA's that responds to everything.
async fn trusted_server() -> Server {
    Server::tls(Shows::Valid, |mut connection| async move { while connection.answer(ok("{}")).await.is_some() {} })
        .await
}

/// The child, with none of the variables that matter.
fn command(child: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", child, "--ignored", "--nocapture"]);
    for name in VARIABLES {
        command.env_remove(name);
    }
    command
}

/// What the child says.
async fn said(mut command: Command) -> String {
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let said = out.lines().find_map(|line| line.split_once("CHILD "));
    said.map_or_else(|| panic!("{out} {err}"), |(_, said)| said.to_owned())
}

/// One call through a backend that is made in this environment. What comes of it goes to the standard output.
pub fn child(make: MakeFromEnvironment) {
    // Somebody runs the ignored tests by themselves.
    let Ok(url) = std::env::var("CASE_URL") else { return };
    crate::run_case(async move {
        let backend = match make(&std::env::var("CASE_CA").unwrap()) {
            Ok(backend) => backend,
            Err(error) => return println!("CHILD {error}"),
        };
        let request = request(Method::POST, &url, FORM);
        match backend.send(request, roomy()).await {
            Ok(response) => println!("CHILD {}", response.status().as_str()),
            Err(error) => println!("CHILD {error}"),
        }
    });
}
