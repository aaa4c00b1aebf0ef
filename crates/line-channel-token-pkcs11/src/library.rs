//! The modules that this process has loaded: each once, initialised once, finalised with its last user.
//!
//! `C_Initialize` and `C_Finalize` count for the whole process: a second `C_Initialize` fails, and one `C_Finalize` ends the sessions of
//! everybody. So those who name the same file share it here, and one that somebody else has initialised is never finalised.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Function, Pkcs11};
use cryptoki::error::{Error as CallError, RvError};

static LOADED: Mutex<Vec<Loaded>> = Mutex::new(Vec::new());

struct Loaded {
    file: PathBuf,
    /// Which process initialised it: one that was forked from that must do so again.
    process: u32,
    pkcs11: Pkcs11,
    users: usize,
    /// Whether we initialised it.
    ours: bool,
    epoch: Arc<AtomicU64>,
}

/// A module that is loaded and initialised.
#[derive(Debug)]
pub(crate) struct Library {
    file: PathBuf,
    process: u32,
    pkcs11: Pkcs11,
    /// How often the module was found finalised. Handles of sessions and keys mean nothing in a later one, or something else: they count
    /// from one again.
    epoch: Arc<AtomicU64>,
}

impl Library {
    /// Loads and initialises a module, unless that is done.
    pub(crate) fn open(path: &Path) -> Result<Self, CallError> {
        // Links to one library are one module.
        let file = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let process = std::process::id();
        let mut loaded = loaded();
        if let Some(found) = loaded.iter_mut().find(|each| each.file == file && each.process == process) {
            found.users += 1;
            return Ok(Self { file, process, pkcs11: found.pkcs11.clone(), epoch: Arc::clone(&found.epoch) });
        }
        let pkcs11 = Pkcs11::new(path)?;
        let ours = initialize(&pkcs11)?;
        let epoch = Arc::new(AtomicU64::new(0));
        let of_entry = Arc::clone(&epoch);
        loaded.push(Loaded { file: file.clone(), process, pkcs11: pkcs11.clone(), users: 1, ours, epoch: of_entry });
        Ok(Self { file, process, pkcs11, epoch })
    }

    pub(crate) fn pkcs11(&self) -> &Pkcs11 {
        &self.pkcs11
    }

    /// Which handles are of use: those that were got in the same epoch.
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::SeqCst)
    }

    /// Initialises the module again, after somebody else has finalised it, or in a process that was forked. That was found out by a call
    /// that began in this epoch.
    pub(crate) fn initialize_again(&self, epoch: u64) -> Result<(), CallError> {
        // First, so that nobody takes a new session for an old one. Of several threads that found it out, one counts.
        let _ = self.epoch.compare_exchange(epoch, epoch.wrapping_add(1), Ordering::SeqCst, Ordering::SeqCst);
        let ours = initialize(&self.pkcs11)?;
        if ours && self.process == std::process::id() {
            let mut loaded = loaded();
            if let Some(entry) = loaded.iter_mut().find(|each| self.is(each)) {
                entry.ours = true;
            }
        }
        Ok(())
    }

    fn is(&self, entry: &Loaded) -> bool {
        entry.file == self.file && entry.process == self.process
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        // The lock of a parent process may have been held when this one was forked.
        if self.process != std::process::id() {
            return;
        }
        let mut loaded = loaded();
        let Some(at) = loaded.iter().position(|each| self.is(each)) else { return };
        let Some(entry) = loaded.get_mut(at) else { return };
        entry.users -= 1;
        if entry.users == 0 {
            let entry = loaded.swap_remove(at);
            if entry.ours {
                // Under the lock: whoever opens the module now must not meet one that is about to be finalised. There is nobody to
                // tell of a failure.
                let _ = entry.pkcs11.finalize();
            }
        }
    }
}

/// `false` if somebody else has initialised the module.
fn initialize(pkcs11: &Pkcs11) -> Result<bool, CallError> {
    match pkcs11.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) => Ok(true),
        Err(CallError::Pkcs11(RvError::CryptokiAlreadyInitialized, Function::Initialize)) => Ok(false),
        Err(error) => Err(error),
    }
}

fn loaded() -> MutexGuard<'static, Vec<Loaded>> {
    // Each change is complete by itself, so a panic cannot have left it in disorder.
    LOADED.lock().unwrap_or_else(PoisonError::into_inner)
}
