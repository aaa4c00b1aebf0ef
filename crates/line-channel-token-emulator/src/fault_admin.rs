//! How a test injects faults, lists them and ends them.

use line_channel_token_core::ChannelId;

use crate::emulator::Emulator;
use crate::fault::Fault;
use crate::fault_state::FaultState;

impl Emulator {
    /// Puts a fault in force and returns its id, from 1 upwards. A request meets one fault at most, the oldest that is for it; so
    /// faults that are injected one after another are met in this order.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use http::Request;
    /// use line_channel_token_emulator::{Emulator, Fault};
    ///
    /// let emulator = Emulator::builder().build()?;
    /// emulator.inject(Fault::status(503)?);
    /// emulator.inject(Fault::status(429)?);
    /// let request = Request::post("/oauth2/v3/token").body(Bytes::new())?;
    /// let statuses: Vec<u16> = (0..3).map(|_| emulator.handle(&request).status().as_u16()).collect();
    /// assert_eq!(statuses, [503, 429, 415]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn inject(&self, fault: Fault) -> u64 {
        self.shared().faults.add(fault)
    }

    /// The faults in force, oldest first.
    ///
    /// ```
    /// use line_channel_token_emulator::{Emulator, Fault};
    ///
    /// let emulator = Emulator::builder().build()?;
    /// emulator.inject(Fault::hang());
    /// assert_eq!(emulator.faults()[0].fault, Fault::hang());
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    #[must_use]
    pub fn faults(&self) -> Vec<FaultState> {
        self.shared().faults.states()
    }

    /// Ends a fault, and returns whether it was in force.
    ///
    /// ```
    /// use line_channel_token_emulator::{Emulator, Fault};
    ///
    /// let emulator = Emulator::builder().build()?;
    /// let id = emulator.inject(Fault::hang().until_cleared());
    /// assert!(emulator.remove_fault(id));
    /// assert!(!emulator.remove_fault(id));
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn remove_fault(&self, id: u64) -> bool {
        self.shared().faults.remove(id)
    }

    /// Ends all faults. Requests that have met one already, such as those that hang, are not affected.
    ///
    /// ```
    /// use line_channel_token_emulator::{Emulator, Fault};
    ///
    /// let emulator = Emulator::builder().build()?;
    /// emulator.inject(Fault::hang().until_cleared());
    /// emulator.clear_faults();
    /// assert!(emulator.faults().is_empty());
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn clear_faults(&self) {
        self.shared().faults.clear();
    }

    /// Ends the faults that are for this channel alone.
    ///
    /// ```
    /// use line_channel_token_core::ChannelId;
    /// use line_channel_token_emulator::{Emulator, Fault};
    ///
    /// let emulator = Emulator::builder().build()?;
    /// let id = ChannelId::new("1234567890")?;
    /// emulator.inject(Fault::hang().for_channel(id.clone()));
    /// emulator.inject(Fault::hang());
    /// emulator.clear_channel_faults(&id);
    /// assert_eq!(emulator.faults().len(), 1);
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn clear_channel_faults(&self, id: &ChannelId) {
        self.shared().faults.clear_channel(id);
    }
}
