//! Directories, files and keys for the tests.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use line_channel_token_assertion::SigningKey;
use line_channel_token_config::ConfigError;

pub(crate) const ID: &str = "1234567890";
pub(crate) const SECRET: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
pub(crate) const NEXT_SECRET: &str = "a0b1c2d3e4f5061728394a5b6c7d8e9f";
pub(crate) const KID: &str = "6b2f34a4-9a0b-4d0e-8f0e-5b5f6f0c2d11";
pub(crate) const NEXT_KID: &str = "0c1d34a4-9a0b-4d0e-8f0e-5b5f6f0c2d22";

/// A new directory below the target directory.
pub(crate) fn directory() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let nth = COUNT.fetch_add(1, Ordering::Relaxed);
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("config-{}-{nth}", std::process::id()));
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

/// A new file with this content.
pub(crate) fn file(name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = directory().join(name);
    std::fs::write(&path, content).unwrap();
    path
}

/// Keys, made once.
pub(crate) fn key(nth: usize) -> &'static SigningKey {
    static KEYS: [OnceLock<SigningKey>; 2] = [OnceLock::new(), OnceLock::new()];
    KEYS[nth].get_or_init(|| SigningKey::generate_rsa().unwrap())
}

pub(crate) fn pem(nth: usize) -> String {
    key(nth).to_pkcs8_pem().unwrap().expose_secret().to_owned()
}

/// A key of the tests of line-channel-token-assertion.
pub(crate) fn given_key(name: &str) -> Vec<u8> {
    let keys = Path::new(env!("CARGO_MANIFEST_DIR")).join("../line-channel-token-assertion/tests/keys");
    std::fs::read(keys.join(name)).unwrap()
}

/// The subjects of all problems.
pub(crate) fn subjects(error: &ConfigError) -> Vec<&str> {
    error.problems().map(|problem| problem.subject()).collect()
}

/// Files as Kubernetes mounts a secret: each is a link into `..data`, which is a link to a directory that is swapped.
#[cfg(unix)]
pub(crate) struct Mount {
    pub(crate) root: PathBuf,
    version: u32,
}

#[cfg(unix)]
impl Mount {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let mut mount = Self { root: directory(), version: 0 };
        mount.swap(files);
        for (name, _) in files {
            std::os::unix::fs::symlink(format!("..data/{name}"), mount.root.join(name)).unwrap();
        }
        mount
    }

    /// All files at once.
    pub(crate) fn swap(&mut self, files: &[(&str, &str)]) {
        self.version += 1;
        let next = format!("..{}", self.version);
        std::fs::create_dir(self.root.join(&next)).unwrap();
        for (name, content) in files {
            std::fs::write(self.root.join(&next).join(name), content).unwrap();
        }
        std::os::unix::fs::symlink(&next, self.root.join("..data_tmp")).unwrap();
        std::fs::rename(self.root.join("..data_tmp"), self.root.join("..data")).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }
}
