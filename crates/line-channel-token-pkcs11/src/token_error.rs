//! What the codes of PKCS#11 mean, in words. No text of the module or of the crate `cryptoki` is passed on.

use cryptoki::error::{Error as CallError, RvError};
use line_channel_token_core::Error;

/// Why a call on a token failed.
pub(crate) enum Failure {
    /// The module returned a code. Another attempt with a new session may succeed.
    Call(CallError),
    /// Another attempt gives the same.
    Final(Error),
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Final(error)
    }
}

/// Whether the session or what belongs to it is gone, so that a new one may do.
pub(crate) fn is_session_lost(error: &CallError) -> bool {
    use RvError as Rv;
    matches!(
        error,
        CallError::Pkcs11(
            Rv::SessionHandleInvalid
                | Rv::SessionClosed
                | Rv::UserNotLoggedIn
                | Rv::DeviceRemoved
                | Rv::DeviceError
                | Rv::TokenNotPresent
                | Rv::TokenNotRecognized
                | Rv::SlotIdInvalid
                | Rv::KeyHandleInvalid
                | Rv::ObjectHandleInvalid
                | Rv::OperationActive
                | Rv::OperationNotInitialized
                | Rv::CryptokiNotInitialized,
            _
        )
    )
}

/// Whether the module is not initialised (any more) in this process.
pub(crate) fn is_not_initialized(error: &CallError) -> bool {
    matches!(error, CallError::Pkcs11(RvError::CryptokiNotInitialized, _))
}

/// The error of ours for a failed call.
pub(crate) fn call_error(error: &CallError) -> Error {
    use RvError as Rv;
    let code = code(error);
    let CallError::Pkcs11(value, _) = error else {
        return Error::signing(format!(
            "the PKCS#11 module does not behave as it should ({code}): check that it is the library for this token"
        ));
    };
    let (transient, words) = match value {
        Rv::DeviceRemoved | Rv::TokenNotPresent | Rv::TokenNotRecognized | Rv::SlotIdInvalid => {
            (true, "the token is not present: insert it, or check that the HSM is reachable")
        }
        Rv::DeviceError | Rv::FunctionFailed | Rv::GeneralError | Rv::FunctionCanceled | Rv::FunctionRejected => {
            (true, "the token or its module failed: if it does so again, look into the log of the HSM")
        }
        Rv::SessionCount => {
            (true, "the token has no session left: end other programs that use it, or allow it more sessions")
        }
        Rv::DeviceMemory | Rv::HostMemory => (true, "the token or the module has no memory left"),
        Rv::SessionHandleInvalid
        | Rv::SessionClosed
        | Rv::UserNotLoggedIn
        | Rv::OperationActive
        | Rv::OperationNotInitialized
        | Rv::CryptokiNotInitialized => (
            true,
            "the session was ended twice in a row: another part of this process finalises the module, or logs out",
        ),
        Rv::KeyHandleInvalid | Rv::ObjectHandleInvalid => (true, "the key was removed from the token during the call"),
        Rv::VendorDefined(_) => {
            (true, "the module failed with a code of its own: look into the vendor's manual and log")
        }
        Rv::KeyFunctionNotPermitted | Rv::ActionProhibited => (
            false,
            "the token does not allow this key to sign: set its CKA_SIGN, or generate a key with Pkcs11Token::generate_key",
        ),
        Rv::KeyTypeInconsistent | Rv::KeySizeRange => {
            (false, "the key has another type or size than the token can sign with")
        }
        Rv::MechanismInvalid | Rv::MechanismParamInvalid => {
            (false, "the token does not support the mechanism: it needs RSASSA-PKCS1-v1_5 (RS256) or ECDSA (ES256)")
        }
        Rv::CurveNotSupported | Rv::DomainParamsInvalid => (false, "the token does not support P-256"),
        Rv::TokenWriteProtected | Rv::SessionReadOnly => {
            (false, "the token is write-protected: generate the key with the tool of its vendor")
        }
        Rv::TemplateInconsistent | Rv::TemplateIncomplete | Rv::AttributeValueInvalid | Rv::AttributeTypeInvalid => {
            (false, "the token does not accept the attributes of the key: generate it with the tool of its vendor")
        }
        Rv::CantLock | Rv::NeedToCreateThreads => (false, "the module cannot be used by several threads"),
        Rv::UserTypeInvalid | Rv::UserAnotherAlreadyLoggedIn | Rv::UserTooManyTypes | Rv::SessionReadWriteSoExists => {
            (false, "another user is logged in to the token in this process: log the security officer out")
        }
        _ => (false, "the token refused the call"),
    };
    let text = format!("{words} ({code})");
    if transient { Error::transient(text) } else { Error::signing(text) }
}

/// The code as headers and manuals of PKCS#11 write it, and the function: `CKR_DEVICE_ERROR from C_Sign`.
pub(crate) fn code(error: &CallError) -> String {
    match error {
        CallError::Pkcs11(value, function) => {
            let code = match value {
                RvError::VendorDefined(code) | RvError::UnknownErrorCode(code) => format!("code {code:#x}"),
                known => constant(&format!("{known:?}")),
            };
            format!("{code} from C_{function:?}")
        }
        CallError::NullFunctionPointer => "a function is missing".to_owned(),
        CallError::MissingSymbol(_) | CallError::LibraryLoading(_) => "it is no PKCS#11 library".to_owned(),
        _ => "a value is malformed".to_owned(),
    }
}

/// `PinIncorrect` as `CKR_PIN_INCORRECT`.
fn constant(name: &str) -> String {
    let mut constant = "CKR".to_owned();
    for character in name.chars() {
        if character.is_ascii_uppercase() {
            constant.push('_');
        }
        constant.push(character.to_ascii_uppercase());
    }
    constant
}

#[cfg(test)]
mod tests {
    use cryptoki::context::Function;
    use cryptoki::error::{Error as CallError, RvError};

    use super::{call_error, code};

    #[test]
    fn codes_are_named_as_in_manuals() {
        for (value, function, expected) in [
            (RvError::DeviceError, Function::Sign, "CKR_DEVICE_ERROR from C_Sign"),
            (RvError::SlotIdInvalid, Function::OpenSession, "CKR_SLOT_ID_INVALID from C_OpenSession"),
            (RvError::VendorDefined(0x8000_0101), Function::SignInit, "code 0x80000101 from C_SignInit"),
        ] {
            assert_eq!(code(&CallError::Pkcs11(value, function)), expected);
        }
    }

    #[test]
    fn what_may_pass_is_transient() {
        for (value, transient) in [
            (RvError::DeviceRemoved, true),
            (RvError::SessionCount, true),
            (RvError::VendorDefined(0x8000_0001), true),
            (RvError::MechanismInvalid, false),
            (RvError::KeyFunctionNotPermitted, false),
            (RvError::ArgumentsBad, false),
        ] {
            let error = call_error(&CallError::Pkcs11(value, Function::Sign));
            assert_eq!(error.is_transient(), transient, "{error}");
        }
        assert!(!call_error(&CallError::NullFunctionPointer).is_transient());
    }
}
