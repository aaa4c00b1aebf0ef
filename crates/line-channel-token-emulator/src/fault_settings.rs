//! The settings of a fault: the response in more detail, which requests meet it, and how many.

use std::time::Duration;

use http::HeaderValue;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, TRANSFER_ENCODING};
use line_channel_token_core::{ChannelId, Error, Operation};

use crate::fault::{Fault, Target};

const HTML: &str = "<!doctype html><title>502 Bad Gateway</title><h1>502 Bad Gateway</h1>\n";

/// The response in more detail.
impl Fault {
    /// The same after this time on the emulator's clock, on top of what the fault does.
    ///
    /// ```
    /// use std::time::Duration;
    /// use line_channel_token_emulator::Fault;
    ///
    /// let late_reset = Fault::connection_reset_after().with_delay(Duration::from_secs(2));
    /// ```
    pub fn with_delay(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// The same with this body, labelled as JSON unless [`with_header`](Self::with_header) says otherwise. Only a fault that has a
    /// response of its own takes it: one of [`status`](Self::status), [`html`](Self::html) or [`redirect`](Self::redirect).
    ///
    /// ```
    /// use line_channel_token_emulator::Fault;
    ///
    /// let refused = Fault::status(400)?.with_body(r#"{"error":"invalid_client","error_description":"Invalid exp"}"#);
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn with_body(self, body: impl Into<String>) -> Self {
        Self { body: Some(body.into()), ..self }
    }

    /// The same with a page of HTML as its body, as a gateway sends one.
    ///
    /// ```
    /// use line_channel_token_emulator::Fault;
    ///
    /// let gateway = Fault::status(503)?.with_html_body();
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn with_html_body(mut self) -> Self {
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
        self.with_body(HTML)
    }

    /// The same with a header, in place of one with this name. Nothing has it if no response arrives.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if the name or the value is not one that HTTP allows, or
    /// if the name is one of those that say where a response ends: `Content-Length`, `Transfer-Encoding`, `Connection`.
    ///
    /// ```
    /// use line_channel_token_emulator::Fault;
    ///
    /// let fault = Fault::status(503)?.with_header("via", "1.1 gateway")?;
    /// assert!(Fault::hang().with_header("content-length", "5").is_err());
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn with_header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Result<Self, Error> {
        let name = HeaderName::from_bytes(name.as_ref().as_bytes()).map_err(|_| {
            Error::invalid_input("the name of a header is no HTTP token: give letters, digits and hyphens")
        })?;
        if [CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION].contains(&name) {
            return Err(Error::invalid_input(format!(
                "the header {name} is the server's: a fault of kind truncated_body makes the length wrong"
            )));
        }
        let value = HeaderValue::from_str(value.as_ref()).map_err(|_| {
            Error::invalid_input(format!("the value of the header {name} is not visible ASCII: leave out line breaks"))
        })?;
        self.headers.insert(name, value);
        Ok(self)
    }

    /// The same with a `Retry-After` header, in whole seconds, rounded up.
    ///
    /// ```
    /// use std::time::Duration;
    /// use line_channel_token_emulator::Fault;
    ///
    /// let overloaded = Fault::status(503)?.with_retry_after(Duration::from_secs(2));
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn with_retry_after(self, delay: Duration) -> Self {
        Self { retry_after: Some(delay), ..self }
    }
}

/// Which requests meet it, and how many.
impl Fault {
    /// The same for requests of one operation alone. Whether a request to `/oauth2/v3/token` is `issue_stateless` or
    /// `issue_stateless_with_jwt`, its form says.
    ///
    /// ```
    /// use line_channel_token_core::Operation;
    /// use line_channel_token_emulator::Fault;
    ///
    /// let fault = Fault::connection_reset_after().for_operation(Operation::IssueJwt);
    /// ```
    pub fn for_operation(self, operation: Operation) -> Self {
        Self { target: Target::Operation(operation), ..self }
    }

    /// The same for requests to the Messaging API alone.
    ///
    /// ```
    /// use line_channel_token_emulator::Fault;
    ///
    /// let fault = Fault::status(401)?.for_messaging_api();
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn for_messaging_api(self) -> Self {
        Self { target: Target::MessagingApi, ..self }
    }

    /// The same for requests about one channel alone: those with its id, with a kid that is registered for it, or with a token that
    /// was issued for it. So tests that run at the same time can have a channel each.
    ///
    /// ```
    /// use line_channel_token_core::ChannelId;
    /// use line_channel_token_emulator::Fault;
    ///
    /// let fault = Fault::hang().for_channel(ChannelId::new("1234567890")?);
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn for_channel(self, channel: ChannelId) -> Self {
        Self { channel: Some(channel), ..self }
    }

    /// The same for this many requests: once by default, and at least once. However many arrive at a time, exactly so many meet
    /// it.
    ///
    /// ```
    /// use line_channel_token_emulator::Fault;
    ///
    /// let fault = Fault::garbage().times(3);
    /// ```
    pub fn times(self, times: u64) -> Self {
        Self { times: Some(times.max(1)), ..self }
    }

    /// The same for each request, until [`Emulator::remove_fault`](crate::Emulator::remove_fault) or
    /// [`clear_faults`](crate::Emulator::clear_faults) ends it.
    ///
    /// ```
    /// use line_channel_token_emulator::Fault;
    ///
    /// let outage = Fault::status(503)?.until_cleared();
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn until_cleared(self) -> Self {
        Self { times: None, ..self }
    }
}
