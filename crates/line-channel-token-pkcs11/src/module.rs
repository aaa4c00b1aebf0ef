//! A PKCS#11 module: the library of an HSM's vendor.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cryptoki::error::Error as CallError;
use line_channel_token_core::Error;

use crate::find_token;
use crate::library::Library;
use crate::token_error::{call_error, code, is_not_initialized};
use crate::token_info::TokenInfo;

/// A PKCS#11 module: the library through which a program calls an HSM, a smart card or SoftHSM.
///
/// It is loaded and initialised once in a process, however often it is opened, and finalised when its last user is gone: its clones,
/// its [tokens](crate::Pkcs11Token) and their [signers](crate::Pkcs11Signer). If another part of the process has initialised it, it is
/// shared, and never finalised.
///
/// ```
/// use line_channel_token_pkcs11::Pkcs11Module;
///
/// // In a program: "/usr/lib/softhsm/libsofthsm2.so", or the path in the vendor's manual.
/// let error = Pkcs11Module::new("/opt/no-hsm/libpkcs11.so").unwrap_err();
/// assert!(error.to_string().contains("there is no file"));
/// ```
#[derive(Clone)]
pub struct Pkcs11Module {
    library: Arc<Library>,
    path: Arc<Path>,
}

impl Pkcs11Module {
    /// Loads and initialises the module in this file. It blocks, as a network HSM may be asked.
    ///
    /// A module runs in this process with all of its rights: give an absolute path to a file that only an administrator can write.
    /// [`Pkcs11Module`] has an example.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if there is no such file, if it cannot be loaded as a
    /// library, or is none of PKCS#11. Kind [`Signing`](line_channel_token_core::ErrorKind::Signing) or a transient one if the module
    /// cannot be initialised.
    pub fn new(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        check_file(path)?;
        let library = Library::open(path).map_err(|error| open_error(path, &error))?;
        Ok(Self { library: Arc::new(library), path: path.into() })
    }

    /// The path that the module was loaded from, as it was given.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The tokens that are present and initialised. It blocks.
    ///
    /// ```
    /// use line_channel_token_core::Error;
    /// use line_channel_token_pkcs11::Pkcs11Module;
    ///
    /// fn list(module: &str) -> Result<(), Error> {
    ///     for token in Pkcs11Module::new(module)?.tokens()? {
    ///         println!("slot {}: {} (serial {})", token.slot(), token.label(), token.serial());
    ///     }
    ///     Ok(())
    /// }
    ///
    /// assert!(list("/opt/no-hsm/libpkcs11.so").is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// Kind [`Signing`](line_channel_token_core::ErrorKind::Signing) or a transient one if the module cannot list them.
    pub fn tokens(&self) -> Result<Vec<TokenInfo>, Error> {
        let epoch = self.library.epoch();
        let mut found = find_token::all(self.library.pkcs11());
        if found.as_ref().is_err_and(is_not_initialized) {
            // Another part of the process has finalised it.
            self.library.initialize_again(epoch).map_err(|error| open_error(&self.path, &error))?;
            found = find_token::all(self.library.pkcs11());
        }
        let found = found.map_err(|error| call_error(&error))?;
        Ok(found.into_iter().map(|(_, info)| info).collect())
    }

    pub(crate) fn library(&self) -> &Library {
        &self.library
    }
}

impl fmt::Debug for Pkcs11Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pkcs11Module").field(&self.path).finish()
    }
}

/// A name without a directory is searched for by the operating system.
fn check_file(path: &Path) -> Result<(), Error> {
    if path.as_os_str().is_empty() {
        return Err(Error::invalid_input("the path of the PKCS#11 module is empty"));
    }
    let is_bare_name = path.parent().is_some_and(|parent| parent.as_os_str().is_empty());
    if path.is_dir() {
        return Err(Error::invalid_input(format!(
            "the PKCS#11 module {} is a directory: give the library in it",
            path.display()
        )));
    }
    if !is_bare_name && !path.exists() {
        return Err(Error::invalid_input(format!(
            "there is no file {}: give the path of the PKCS#11 module that the manual of the HSM names",
            path.display()
        )));
    }
    Ok(())
}

fn open_error(path: &Path, error: &CallError) -> Error {
    let path: PathBuf = path.to_owned();
    match error {
        CallError::LibraryLoading(_) => Error::invalid_input(format!(
            "{} cannot be loaded as a library: it is none, it is for another processor, or a library that it needs is missing \
             (`ldd` shows that)",
            path.display()
        )),
        CallError::MissingSymbol(_) | CallError::NullFunctionPointer => Error::invalid_input(format!(
            "{} is a library, but not of PKCS#11: give the path of the module that the manual of the HSM names",
            path.display()
        )),
        CallError::Pkcs11(..) => {
            let text = format!(
                "the PKCS#11 module {} cannot be initialised ({}): check its configuration, as the manual of the HSM says \
                 (SoftHSM reads the file that SOFTHSM2_CONF names)",
                path.display(),
                code(error)
            );
            if call_error(error).is_transient() { Error::transient(text) } else { Error::signing(text) }
        }
        _ => call_error(error),
    }
}
