//! A token of SoftHSM for each test, in a process of its own: SoftHSM is configured by a variable of the environment, and a module is
//! initialised once in a process.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use line_channel_token_assertion::SigningAlgorithm;
use line_channel_token_core::{AssertionKid, ChannelId, Error};
use line_channel_token_emulator::{EmulatedChannel, Emulator};
use line_channel_token_pkcs11::{
    KeySelector, KeySpec, Pkcs11Key, Pkcs11Module, Pkcs11Signer, Pkcs11Token, Pkcs11TokenBuilder, TokenSelector,
    UserPin,
};

pub(crate) const PIN: &str = "s3cret-pin-648219";
pub(crate) const SO_PIN: &str = "so-s3cret-99";
pub(crate) const LABEL: &str = "line-bots";
pub(crate) const CHANNEL: &str = "1234567890";
pub(crate) const KID: &str = "6b2f34a4-9a0b-4d0e-8f0e-5b5f6f0c2d11";

/// The directory of the test in its own process.
const DIRECTORY: &str = "LINE_TEST_HSM_DIRECTORY";
/// `required` if a test must not be skipped: `cargo xtask test` sets it once SoftHSM is installed.
const SOFTHSM: &str = "LINE_TEST_SOFTHSM";
const MODULES: [&str; 8] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
    "/usr/lib/pkcs11/libsofthsm2.so",
];

/// Defines a test that runs in a process of its own, with SoftHSM and a token that is initialised.
macro_rules! hsm_test {
    ($(#[$attribute:meta])* fn $name:ident($hsm:ident) $body:block) => {
        $(#[$attribute])*
        #[test]
        fn $name() {
            $crate::harness::run(concat!(module_path!(), "::", stringify!($name)), |$hsm| $body);
        }
    };
}
pub(crate) use hsm_test;

/// SoftHSM with one token, whose files are in a directory.
pub(crate) struct Hsm {
    pub(crate) directory: PathBuf,
    pub(crate) module: PathBuf,
}

/// Runs the test in a child process, or says that it is skipped. In the child, calls its body.
pub(crate) fn run(path: &str, body: impl FnOnce(&Hsm)) {
    // Without the name of the crate, which the names of tests lack.
    let name = path.split_once("::").map_or(path, |(_, name)| name);
    let Some(module) = MODULES.iter().map(Path::new).find(|path| path.exists()) else {
        assert_ne!(std::env::var(SOFTHSM).as_deref(), Ok("required"), "SoftHSM is required and not installed");
        // Past the capture of output, so that it is seen.
        let _ = writeln!(std::io::stderr(), "SKIPPED: {name}: SoftHSM is not installed (Debian: softhsm2)");
        return;
    };
    if let Some(directory) = std::env::var_os(DIRECTORY) {
        return body(&Hsm { directory: directory.into(), module: module.to_owned() });
    }
    let directory =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("hsm-{}-{}", name.replace("::", "-"), std::process::id()));
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(directory.join("tokens")).unwrap();
    let configuration = format!(
        "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
        directory.join("tokens").display()
    );
    std::fs::write(directory.join("softhsm2.conf"), configuration).unwrap();
    let hsm = Hsm { directory, module: module.to_owned() };
    hsm.init_token(LABEL);
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", name, "--nocapture", "--test-threads=1"]);
    hsm.environment(&mut child);
    let output = child.env(DIRECTORY, &hsm.directory).output().unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    // The name must have been found: nothing to run is a success, too.
    assert!(output.status.success() && stdout.contains("1 passed"), "in its own process:\n{stdout}{stderr}");
    std::fs::remove_dir_all(&hsm.directory).unwrap();
}

impl Hsm {
    fn environment(&self, command: &mut Command) {
        command.env("SOFTHSM2_CONF", self.directory.join("softhsm2.conf"));
        command.env("FAULTS", &self.directory).env("SOFTHSM_MODULE", &self.module);
    }

    /// Runs a program with this token, which must succeed, and returns what it printed.
    pub(crate) fn program(&self, name: &str, arguments: &[&str]) -> String {
        let (succeeded, text) = self.attempt(name, arguments);
        assert!(succeeded, "{name} {arguments:?}: {text}");
        text
    }

    pub(crate) fn attempt(&self, name: &str, arguments: &[&str]) -> (bool, String) {
        let mut command = Command::new(name);
        self.environment(&mut command);
        let output = command.args(arguments).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&text).into_owned())
    }

    pub(crate) fn init_token(&self, label: &str) {
        self.program("softhsm2-util", &["--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", SO_PIN]);
    }

    /// Imports a private key that openssl makes.
    pub(crate) fn import(&self, genpkey: &[&str], label: &str, id: &str) {
        let pem = self.directory.join(format!("{label}.pem"));
        let pem = pem.to_str().unwrap();
        self.program("openssl", &[&["genpkey", "-quiet", "-out", pem], genpkey].concat());
        self.program("softhsm2-util", &["--import", pem, "--token", LABEL, "--label", label, "--id", id, "--pin", PIN]);
    }

    pub(crate) fn open(&self) -> Pkcs11Module {
        Pkcs11Module::new(&self.module).unwrap()
    }

    pub(crate) fn builder(&self) -> Pkcs11TokenBuilder {
        builder_of(self.open())
    }

    pub(crate) fn token(&self) -> Pkcs11Token {
        self.builder().build().unwrap()
    }

    /// The module between us and SoftHSM which fails as files say. `None`, and said so, without a C compiler.
    pub(crate) fn faulty(&self, test: &str) -> Option<Faulty<'_>> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/softhsm/faulty_module.c");
        let module = self.directory.join("faulty.so");
        let arguments = ["-shared", "-fPIC", "-w", "-o", module.to_str().unwrap(), source.to_str().unwrap(), "-ldl"];
        let compiled = Command::new("cc").args(arguments).output();
        match compiled {
            Ok(output) if output.status.success() => Some(Faulty { hsm: self, module }),
            Ok(output) => panic!("{}", String::from_utf8_lossy(&output.stderr)),
            Err(_) => {
                assert_ne!(std::env::var(SOFTHSM).as_deref(), Ok("required"), "cc is required and not installed");
                let _ = writeln!(std::io::stderr(), "SKIPPED: {test}: there is no C compiler");
                None
            }
        }
    }
}

/// `faulty_module.c`, compiled.
pub(crate) struct Faulty<'a> {
    hsm: &'a Hsm,
    module: PathBuf,
}

impl Faulty<'_> {
    pub(crate) fn builder(&self) -> Pkcs11TokenBuilder {
        builder_of(Pkcs11Module::new(&self.module).unwrap())
    }

    /// Sets what a file of the module says.
    pub(crate) fn set(&self, file: &str, text: &str) {
        std::fs::write(self.hsm.directory.join(file), text).unwrap();
    }

    pub(crate) fn unset(&self, file: &str) {
        std::fs::remove_file(self.hsm.directory.join(file)).unwrap();
    }

    /// How often this function was called.
    pub(crate) fn calls(&self, function: &str) -> usize {
        let log = std::fs::read_to_string(self.hsm.directory.join("calls")).unwrap_or_default();
        log.lines().filter(|line| *line == function).count()
    }
}

fn builder_of(module: Pkcs11Module) -> Pkcs11TokenBuilder {
    Pkcs11Token::builder(module, TokenSelector::from_label(LABEL)).pin(UserPin::new(PIN).unwrap())
}

pub(crate) fn generate(token: &Pkcs11Token, algorithm: SigningAlgorithm, label: &str) -> Pkcs11Key {
    token.generate_key(&KeySpec::new(algorithm, label)).unwrap()
}

pub(crate) fn signer(token: &Pkcs11Token, label: &str) -> Result<Pkcs11Signer, Error> {
    Pkcs11Signer::new_with_es256(
        ChannelId::new(CHANNEL)?,
        AssertionKid::new(KID)?,
        token.clone(),
        &KeySelector::from_label(label),
    )
}

/// An emulator that knows the public key.
pub(crate) fn emulator(key: &Pkcs11Key) -> Emulator {
    let channel = EmulatedChannel::new(CHANNEL, "s3cret").unwrap();
    let emulator = Emulator::builder().channel(channel).accept_es256(true).build().unwrap();
    let jwk = key.public_jwk().unwrap().to_json();
    emulator.register_key(&ChannelId::new(CHANNEL).unwrap(), KID, jwk).unwrap();
    emulator
}
