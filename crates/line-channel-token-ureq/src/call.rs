//! The call that this thread is making, as far as ureq must not know it or cannot tell it.
//!
//! ureq makes a call from its beginning to its end on the thread that asks for it. So what belongs to the call and has no way
//! through ureq to our connections, and back, is kept for the thread.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::mem;

use line_channel_token_core::Sent;
use zeroize::Zeroizing;

thread_local! {
    static CALL: RefCell<Option<Call>> = const { RefCell::new(None) };
}

struct Call {
    /// What stands in the request line. ureq would write its query into the log, and it holds a token or an assertion.
    target: Zeroizing<String>,
    sent: bool,
}

/// This thread's call, for as long as the value exists.
pub(crate) struct CurrentCall {
    /// The call during which this one is made, by a verifier of certificates for example.
    outer: Option<Call>,
    /// It belongs to the thread.
    _not_send: PhantomData<*const ()>,
}

impl CurrentCall {
    pub(crate) fn begin(target: Zeroizing<String>) -> Self {
        Self { outer: CALL.replace(Some(Call { target, sent: false })), _not_send: PhantomData }
    }

    /// Whether the server may have got any part of the request.
    pub(crate) fn sent(&self) -> Sent {
        let sent = CALL.with_borrow(|call| call.as_ref().is_none_or(|call| call.sent));
        if sent { Sent::Unknown } else { Sent::NotSent }
    }
}

impl Drop for CurrentCall {
    fn drop(&mut self) {
        CALL.set(self.outer.take());
    }
}

/// A part of the request is about to be written. From now on it counts as sent; the first part is returned the target of the request.
pub(crate) fn begin_writing() -> Option<Zeroizing<String>> {
    CALL.with_borrow_mut(|call| {
        let call = call.as_mut().filter(|call| !call.sent)?;
        call.sent = true;
        Some(mem::take(&mut call.target))
    })
}

#[cfg(test)]
mod tests {
    use line_channel_token_core::Sent;
    use zeroize::Zeroizing;

    use super::{CurrentCall, begin_writing};

    #[test]
    fn a_request_counts_as_sent_from_its_first_part_on() {
        assert!(begin_writing().is_none(), "there is no call");
        for target in ["/first", "/second"] {
            let call = CurrentCall::begin(Zeroizing::new(target.to_owned()));
            assert_eq!(call.sent(), Sent::NotSent);
            assert_eq!(begin_writing().as_deref().map(String::as_str), Some(target));
            assert_eq!(call.sent(), Sent::Unknown);
            assert!(begin_writing().is_none(), "the target stands in the request line alone");
        }
    }

    #[test]
    fn a_call_within_a_call_leaves_it_as_it_was() {
        let outer = CurrentCall::begin(Zeroizing::new("/outer".to_owned()));
        let inner = CurrentCall::begin(Zeroizing::new("/inner".to_owned()));
        assert_eq!(begin_writing().as_deref().map(String::as_str), Some("/inner"));
        drop(inner);
        assert_eq!(outer.sent(), Sent::NotSent);
        assert_eq!(begin_writing().as_deref().map(String::as_str), Some("/outer"));
    }
}
