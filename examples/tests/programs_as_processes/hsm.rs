//! The example for an HSM, with SoftHSM.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{CHANNEL_ID, KID, Server, directory, example, run};

const PIN: &str = "s3cret-648219";
const MODULES: [&str; 5] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
];

/// SoftHSM with one token in a new directory.
struct SoftHsm {
    module: &'static str,
    directory: PathBuf,
}

impl SoftHsm {
    /// `None`, and said so, if it is not installed.
    fn new(test: &str) -> Option<Self> {
        let Some(module) = MODULES.into_iter().find(|module| Path::new(module).exists()) else {
            assert_ne!(std::env::var("LINE_TEST_SOFTHSM").as_deref(), Ok("required"), "SoftHSM is required");
            let _ = writeln!(std::io::stderr(), "SKIPPED: {test}: SoftHSM is not installed (Debian: softhsm2)");
            return None;
        };
        let hsm = Self { module, directory: directory() };
        let tokens = hsm.directory.join("tokens");
        std::fs::create_dir(&tokens).unwrap();
        std::fs::write(hsm.configuration(), format!("directories.tokendir = {}\n", tokens.display())).unwrap();
        std::fs::write(hsm.pin_file(), format!("{PIN}\n")).unwrap();
        let mut init = Command::new("softhsm2-util");
        init.args(["--init-token", "--free", "--label", "line-bots", "--pin", PIN, "--so-pin", "12345678"]);
        let (ok, stdout, stderr) = run(init.env("SOFTHSM2_CONF", hsm.configuration()));
        assert!(ok, "{stdout}{stderr}");
        Some(hsm)
    }

    fn configuration(&self) -> PathBuf {
        self.directory.join("softhsm2.conf")
    }

    fn pin_file(&self) -> PathBuf {
        self.directory.join("pin.txt")
    }

    fn example(&self, key: &str, command: &[&str]) -> (bool, String, String) {
        let mut program = example("hsm");
        program.args(["--module", self.module, "--token", "line-bots", "--key", key, "--pin-file"]);
        run(program.arg(self.pin_file()).args(command).env("SOFTHSM2_CONF", self.configuration()))
    }
}

#[test]
fn a_key_is_made_in_the_hsm_and_issues_a_token() {
    let Some(hsm) = SoftHsm::new("a_key_is_made_in_the_hsm_and_issues_a_token") else { return };
    let (ok, jwk, stderr) = hsm.example("line-2026", &["generate"]);
    assert!(ok && jwk.starts_with(r#"{"kty":"RSA","alg":"RS256","use":"sig","n":""#), "{jwk}{stderr}");
    let (ok, again, stderr) = hsm.example("line-2026", &["jwk"]);
    assert!(ok && again == jwk, "{again}{stderr}");
    let (ok, stdout, stderr) = hsm.example("line-2026", &["generate"]);
    assert!(!ok && stdout.is_empty() && stderr.contains("already"), "{stdout}{stderr}");

    let file = hsm.directory.join("public.jwk");
    std::fs::write(&file, jwk).unwrap();
    let server = Server::start(&file);
    let issue = ["issue", "--channel", CHANNEL_ID, "--kid", KID, "--base-url", &server.url];
    let (ok, stdout, stderr) = hsm.example("line-2026", &issue);
    assert!(ok && stdout == "issued a stateless token that lives 900 seconds\n", "{stdout}{stderr}");

    // LINE takes RSA alone, and another key is not the one that was registered.
    let (ok, _, stderr) = hsm.example("gateway", &["generate", "--ec"]);
    assert!(ok, "{stderr}");
    let (ok, _, stderr) = hsm.example("gateway", &issue);
    assert!(!ok && stderr.contains("signs ES256, and LINE accepts only RS256"), "{stderr}");
    assert!(hsm.example("other", &["generate"]).0);
    let (ok, stdout, stderr) = hsm.example("other", &issue);
    assert!(!ok && stdout.is_empty() && stderr.starts_with("hsm: issue_stateless_with_jwt: "), "{stdout}{stderr}");
    let (ok, log) = server.interrupt();
    assert!(ok && !log.contains("eyJ"), "{log}");
}

#[test]
fn a_wrong_pin_or_module_is_told_to_a_person() {
    let (ok, stdout, stderr) = run(example("hsm").env("HSM_PIN", PIN).args([
        "--module",
        "/opt/no-hsm/libpkcs11.so",
        "--token",
        "t",
        "--key",
        "k",
        "jwk",
    ]));
    assert!(!ok && stdout.is_empty(), "{stdout}");
    assert!(stderr.starts_with("hsm: there is no file /opt/no-hsm/libpkcs11.so: give the path"), "{stderr}");
    let Some(hsm) = SoftHsm::new("a_wrong_pin_or_module_is_told_to_a_person") else { return };
    std::fs::write(hsm.pin_file(), "s3cret-wrong").unwrap();
    let (ok, stdout, stderr) = hsm.example("line-2026", &["jwk"]);
    assert!(!ok && stdout.is_empty() && stderr.contains("hsm: the token refused the PIN"), "{stdout}{stderr}");
    assert!(!stderr.contains("s3cret"), "{stderr}");
}
