//! Proxies and roots that the environment names. A process cannot change its own environment safely, so each case is a child process,
//! which is the same test binary and runs [`run_child`] alone.

use std::process::Command;
use std::sync::Arc;

use http::Method;
use line_channel_token_core::{Error, HttpBackend, Sent, TransportErrorKind};

use crate::calls::{FORM, PATH, generous_limits, message, request};
use crate::cases::connections::respond_to_all;
use crate::proxy_server::{Proxy, ProxyBehavior};
use crate::run::Rule;
use crate::server::Server;
use crate::test_ca::{BEHIND_PROXY, ServerCertificate, ca_pem};

pub const RULE: Rule = Rule {
    says: "the environment of the process names proxies and trusted roots as it does for reqwest, curl and OpenSSL",
    hint: "read the variables when the backend is built, and return an error that names the variable if one cannot be used",
};

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

/// What a child must print, given the address of the proxy.
struct Case {
    variables: &'static [(&'static str, &'static str)],
    proxied: bool,
    says: &'static str,
}

/// The case connects without the proxy, which alone knows the host.
const DIRECT: &str = "direct";

// Windows has one variable for the upper and the lower case of a name, which elsewhere are two.
const CASES: &[Case] = &[
    Case { variables: &[], proxied: false, says: DIRECT },
    Case { variables: &[("HTTPS_PROXY", "http://ADDRESS")], proxied: true, says: "200" },
    Case { variables: &[("https_proxy", " ADDRESS ")], proxied: true, says: "200" },
    Case { variables: &[("ALL_PROXY", "http://ADDRESS/"), ("HTTP_PROXY", "http://h:1")], proxied: true, says: "200" },
    Case { variables: &[("HTTP_PROXY", "http://ADDRESS")], proxied: false, says: DIRECT },
    Case { variables: &[("HTTPS_PROXY", "")], proxied: false, says: DIRECT },
    #[cfg(not(windows))]
    Case { variables: &[("HTTPS_PROXY", ""), ("https_proxy", "http://ADDRESS")], proxied: false, says: DIRECT },
    Case { variables: &[("HTTPS_PROXY", "http://ADDRESS"), ("NO_PROXY", "a, .example")], proxied: false, says: DIRECT },
    Case {
        variables: &[("HTTPS_PROXY", "http://ADDRESS"), ("no_proxy", "line.example")],
        proxied: false,
        says: DIRECT,
    },
    Case { variables: &[("HTTPS_PROXY", "http://ADDRESS"), ("NO_PROXY", "example.org")], proxied: true, says: "200" },
    Case { variables: &[("HTTPS_PROXY", "http://ADDRESS"), ("REQUEST_METHOD", "GET")], proxied: false, says: DIRECT },
    Case {
        variables: &[("HTTPS_PROXY", "ftp://s3cret"), ("HTTP_PROXY", "'http://s3cret'")],
        proxied: false,
        says: "the environment names a proxy that cannot be used: HTTPS_PROXY has a scheme that is not supported: use http, \
               https, socks5, socks5h, socks4 or socks4a; HTTP_PROXY is in quotes: remove them. Set it right, or call \
               no_proxy() or proxy() of the backend's builder",
    },
    #[cfg(not(windows))]
    Case {
        variables: &[("https_proxy", "'http://s3cret'")],
        proxied: false,
        says: "the environment names a proxy that cannot be used: https_proxy is in quotes: remove them. Set it right, or call \
               no_proxy() or proxy() of the backend's builder",
    },
    Case { variables: &[("HTTPS_PROXY", "http://user:s3cret@ADDRESS")], proxied: true, says: "200" },
];

/// A machine without any trusted root, as some container images are: a backend needs a root of its own there, and works with one. The
/// child is the ignored test `child` of this binary, which calls [`run_child`].
pub async fn private_roots_work_without_those_of_the_platform(child: &'static str) {
    let server = trusted_server().await;
    for file in ["/nonexistent/ca.crt", "/dev/null"] {
        let run = |ca: &str| {
            let mut command = command(child);
            command.env("SSL_CERT_FILE", file).env("SSL_CERT_DIR", "/nonexistent");
            command.env("CASE_URL", server.url(PATH)).env("CASE_CA", ca);
            output_of(command)
        };
        assert_eq!(run(&ca_pem()).await, "200");
        let refused = run("").await;
        assert!(refused.contains("no trusted root certificates") && refused.contains("SSL_CERT_FILE"), "{refused}");
    }
}

/// Each case in a child process: the ignored test `child` of this binary, which calls [`run_child`].
pub async fn the_environment_names_the_proxy(child: &'static str) {
    let server = trusted_server().await;
    let url = server.url(PATH).replace("localhost", BEHIND_PROXY);
    for case in CASES {
        let proxy = Proxy::start(ProxyBehavior::Connect(None)).await;
        let address = proxy.address().to_string();
        let mut command = command(child);
        let variables = case.variables.iter().map(|(name, value)| (name, value.replace("ADDRESS", &address)));
        command.envs(variables).env("CASE_URL", &url).env("CASE_CA", ca_pem());
        let direct =
            message(TransportErrorKind::Connect, Sent::NotSent, "dns: no such host, or no name server responded");
        let expected = if case.says == DIRECT { &direct } else { case.says };
        assert_eq!(output_of(command).await, expected, "{:?}", case.variables);
        assert_eq!(!proxy.received().is_empty(), case.proxied, "{:?}", case.variables);
    }
}

/// A server that the test CA has signed.
async fn trusted_server() -> Server {
    Server::tls(ServerCertificate::Valid, respond_to_all).await
}

/// The child, with none of the variables that matter.
fn command(child: &str) -> Command {
    // The harness names a test without its crate.
    let child = child.split_once("::").map_or(child, |(_, test)| test);
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", child, "--ignored", "--nocapture"]);
    for name in VARIABLES {
        command.env_remove(name);
    }
    command
}

/// What the child prints.
async fn output_of(mut command: Command) -> String {
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let said = out.lines().find_map(|line| line.split_once("CHILD "));
    said.map_or_else(|| panic!("{out} {err}"), |(_, said)| said.to_owned())
}

/// One call through a backend that is made in this environment. Its outcome goes to the standard output.
pub fn run_child(make: MakeFromEnvironment) {
    // Not set if somebody runs the ignored tests.
    let Ok(url) = std::env::var("CASE_URL") else { return };
    crate::run::run(RULE, || async move {
        let backend = match make(&std::env::var("CASE_CA").unwrap()) {
            Ok(backend) => backend,
            Err(error) => return println!("CHILD {error}"),
        };
        let request = request(Method::POST, &url, FORM);
        match backend.send(request, generous_limits()).await {
            Ok(response) => println!("CHILD {}", response.status().as_str()),
            Err(error) => println!("CHILD {error}"),
        }
    });
}
