//! A session with a token, logged in; it is opened again if it was lost.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use cryptoki::context::{Function, Pkcs11};
use cryptoki::error::{Error as CallError, RvError};
use cryptoki::mechanism::MechanismType;
use cryptoki::session::{Session, SessionState, UserType};
use cryptoki::slot::Slot;
use line_channel_token_core::Error;

use crate::find_key::{self, FoundKey};
use crate::find_token;
use crate::module::Pkcs11Module;
use crate::pin::UserPin;
use crate::selector::{KeySelector, TokenSelector};
use crate::token_error::{Failure, call_error, code, is_not_initialized, is_session_lost};
use crate::token_info::TokenInfo;

/// What all connections of one `Pkcs11Token` share.
#[derive(Debug)]
pub(crate) struct Access {
    module: Pkcs11Module,
    selector: TokenSelector,
    pin: Option<UserPin>,
    process: u32,
    /// The token refused the PIN. It is never tried again: after a few attempts a token locks.
    pin_refused: AtomicBool,
    /// The token accepted it once.
    pin_accepted: AtomicBool,
    /// Whether the token was found once.
    was_there: AtomicBool,
    /// One thread at a time logs in, so that a wrong PIN is tried once.
    login: Mutex<()>,
}

impl Access {
    pub(crate) fn new(module: Pkcs11Module, selector: TokenSelector, pin: Option<UserPin>) -> Self {
        Self {
            module,
            selector,
            pin,
            process: std::process::id(),
            pin_refused: AtomicBool::new(false),
            pin_accepted: AtomicBool::new(false),
            was_there: AtomicBool::new(false),
            login: Mutex::new(()),
        }
    }

    fn pkcs11(&self) -> &Pkcs11 {
        self.module.library().pkcs11()
    }

    fn connect(&self, epoch: u64) -> Result<Open, Failure> {
        let was_there = self.was_there.load(Ordering::Relaxed);
        let (slot, info) = find_token::find(self.pkcs11(), &self.selector, was_there)?;
        self.was_there.store(true, Ordering::Relaxed);
        let session = self.pkcs11().open_ro_session_no_drop(slot)?;
        let pkcs11 = self.pkcs11().clone();
        let mut open = Open { session, pkcs11, slot, info, login: Login::Missing, keys: Vec::new(), epoch };
        match self.log_in(&open.session, slot) {
            Ok(login) => {
                open.login = login;
                Ok(open)
            }
            Err(failure) => {
                self.close(open);
                Err(failure)
            }
        }
    }

    /// Closes a session, unless the module was finalised meanwhile: the handle may be that of another session now.
    fn close(&self, open: Open) {
        if open.epoch == self.module.library().epoch() {
            // There is nobody to tell of a failure.
            let _ = open.session.close();
        }
    }

    /// Logs the user in, for all sessions of this process.
    fn log_in(&self, session: &Session, slot: Slot) -> Result<Login, Failure> {
        // A process that was forked may have got the lock as another thread of its parent held it.
        let _login =
            (self.process == std::process::id()).then(|| self.login.lock().unwrap_or_else(PoisonError::into_inner));
        let info = self.pkcs11().get_token_info(slot)?;
        if !info.login_required() {
            return Ok(Login::NotNeeded);
        }
        // A token with a keypad asks for the PIN itself.
        let keypad = info.protected_authentication_path() && self.pin.is_none();
        if self.pin.is_none() && !keypad {
            return Ok(Login::Missing);
        }
        if self.pin_refused.load(Ordering::SeqCst) {
            return Err(Failure::Final(Error::signing(
                "the token refused the PIN before, and it is not tried again, because a token locks after a few wrong ones: check \
                 the PIN, then make a new Pkcs11Token",
            )));
        }
        if info.user_pin_locked() {
            return Err(Failure::Final(locked("CKF_USER_PIN_LOCKED")));
        }
        if info.user_pin_final_try() && !self.pin_accepted.load(Ordering::Relaxed) {
            return Err(Failure::Final(Error::signing(
                "one attempt is left before the token locks (CKF_USER_PIN_FINAL_TRY), and a program that starts again and again must \
                 not use it up: log in once with a tool, for example `pkcs11-tool --login --test`, then start again",
            )));
        }
        let pin = self.pin.as_ref().map(UserPin::auth_pin);
        match session.login(UserType::User, pin) {
            // Another session of this process did.
            Err(CallError::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(Login::Done),
            Ok(()) => {
                self.pin_accepted.store(true, Ordering::Relaxed);
                Ok(Login::Done)
            }
            Err(error) => Err(self.login_error(error)),
        }
    }

    fn login_error(&self, error: CallError) -> Failure {
        use RvError as Rv;
        let CallError::Pkcs11(value, _) = &error else { return error.into() };
        let refused = match value {
            Rv::PinIncorrect => Error::invalid_input(
                "the token refused the PIN (CKR_PIN_INCORRECT): check it; it is not tried again, because a token locks after a few \
                 wrong ones",
            ),
            Rv::PinLocked => locked("CKR_PIN_LOCKED"),
            Rv::PinLenRange | Rv::PinInvalid => Error::invalid_input(format!(
                "the token refused the PIN, which is too short, too long or holds a character that it does not take ({}): check it",
                code(&error)
            )),
            Rv::PinExpired => {
                Error::signing("the PIN has expired (CKR_PIN_EXPIRED): set a new one with the tool of the vendor")
            }
            Rv::UserPinNotInitialized => Error::invalid_input(
                "the token has no user PIN yet (CKR_USER_PIN_NOT_INITIALIZED): set it as the security officer, for example with \
                 `pkcs11-tool --init-pin`",
            ),
            _ => return error.into(),
        };
        self.pin_refused.store(true, Ordering::SeqCst);
        Failure::Final(refused)
    }
}

fn locked(code: &str) -> Error {
    Error::signing(format!(
        "the PIN of the token is locked after too many wrong ones ({code}): the security officer sets a new one, for example with \
         `pkcs11-tool --init-pin`"
    ))
}

/// The session of one thread.
pub(crate) struct Connection {
    open: Option<Open>,
    access: Arc<Access>,
}

impl Connection {
    pub(crate) fn new(access: Arc<Access>) -> Self {
        Self { open: None, access }
    }

    /// Works with the session. If it is lost meanwhile, a new one is opened, and `work` starts again, once.
    pub(crate) fn run<T>(&mut self, work: impl Fn(&mut Open) -> Result<T, Failure>) -> Result<T, Error> {
        match self.attempt(&work) {
            Err(Failure::Call(error)) if is_session_lost(&error) => self.attempt(&work).map_err(error_of),
            result => result.map_err(error_of),
        }
    }

    /// The same for what must not be done twice: only the session is tried out before.
    pub(crate) fn run_once<T>(&mut self, work: impl FnOnce(&Pkcs11, Slot) -> Result<T, Failure>) -> Result<T, Error> {
        let slot = self.run(|open| {
            open.check_login()?;
            match open.login {
                Login::Missing => Err(Error::invalid_input("a key is generated after a login: give the PIN").into()),
                Login::NotNeeded | Login::Done => Ok(open.slot),
            }
        })?;
        let access = Arc::clone(&self.access);
        self.closed_after_failure(|_, _| work(access.pkcs11(), slot)).map_err(error_of)
    }

    fn attempt<T>(&mut self, work: impl Fn(&mut Open) -> Result<T, Failure>) -> Result<T, Failure> {
        self.closed_after_failure(|connection, epoch| {
            if connection.open.as_ref().is_some_and(|open| open.epoch != epoch) {
                connection.close();
            }
            if connection.open.is_none() {
                connection.open = Some(connection.access.connect(epoch)?);
            }
            match &mut connection.open {
                Some(open) => work(open),
                None => Err(Error::signing("the session of the PKCS#11 token was not opened").into()),
            }
        })
    }

    /// A session that a call failed in is not used again: what state it is in is not known.
    fn closed_after_failure<T>(
        &mut self,
        work: impl FnOnce(&mut Self, u64) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let epoch = self.access.module.library().epoch();
        let result = work(self, epoch);
        if let Err(Failure::Call(error)) = &result {
            let initialized = match is_not_initialized(error) {
                true => self.access.module.library().initialize_again(epoch),
                false => Ok(()),
            };
            self.close();
            initialized?;
        }
        result
    }

    fn close(&mut self) {
        if let Some(open) = self.open.take() {
            self.access.close(open);
        }
    }
}

/// The session is closed first, then the module may be finalised.
impl Drop for Connection {
    fn drop(&mut self) {
        self.close();
    }
}

fn error_of(failure: Failure) -> Error {
    match failure {
        Failure::Call(error) => call_error(&error),
        Failure::Final(error) => error,
    }
}

/// Whether the user is logged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Login {
    /// The token shows its private keys to everybody.
    NotNeeded,
    Done,
    /// It takes a PIN, and none was given.
    Missing,
}

/// A session that is open. Only [`Access::close`] closes it.
pub(crate) struct Open {
    pub(crate) session: Session,
    pkcs11: Pkcs11,
    slot: Slot,
    pub(crate) info: TokenInfo,
    login: Login,
    /// The keys that were found in this session: handles mean nothing in another one.
    keys: Vec<(KeySelector, Arc<FoundKey>)>,
    /// When it was opened: see [`Library::epoch`](crate::library::Library::epoch).
    epoch: u64,
}

impl Open {
    /// The key that is selected, searched for once in a session.
    pub(crate) fn key(&mut self, selector: &KeySelector) -> Result<Arc<FoundKey>, Failure> {
        if let Some((_, found)) = self.keys.iter().find(|(known, _)| known == selector) {
            return Ok(Arc::clone(found));
        }
        let found = match find_key::find(&self.session, selector, self.login != Login::Missing) {
            Err(Failure::Final(error)) => {
                // To whom is not logged in, a token shows no private key, and says nothing.
                self.check_login()?;
                return Err(error.into());
            }
            found => Arc::new(found?),
        };
        self.keys.push((selector.clone(), Arc::clone(&found)));
        Ok(found)
    }

    /// The same, searched for anew: what a person asks for now may have changed since.
    pub(crate) fn key_anew(&mut self, selector: &KeySelector) -> Result<Arc<FoundKey>, Failure> {
        self.keys.retain(|(known, _)| known != selector);
        self.key(selector)
    }

    /// Fails if another part of this process has logged the user out.
    fn check_login(&self) -> Result<(), Failure> {
        match self.session.get_session_info()?.session_state() {
            SessionState::RoPublic | SessionState::RwPublic if self.login == Login::Done => {
                Err(CallError::Pkcs11(RvError::UserNotLoggedIn, Function::GetSessionInfo).into())
            }
            _ => Ok(()),
        }
    }

    /// What the token says that it can do.
    pub(crate) fn mechanisms(&self) -> Result<Vec<MechanismType>, Failure> {
        Ok(self.pkcs11.get_mechanism_list(self.slot)?)
    }
}
