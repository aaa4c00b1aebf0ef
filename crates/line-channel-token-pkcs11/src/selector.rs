//! Which token, and which key in it.

use std::fmt;

/// Which token of a module: by label, serial number or slot. If several are given, all of them must match.
///
/// Prefer the label or the serial number: many modules give a token another slot when it is inserted again or initialised.
///
/// ```
/// use line_channel_token_pkcs11::TokenSelector;
///
/// let token = TokenSelector::from_label("line-bots").with_serial("b9d7c36fa7f8a1c2");
/// assert_eq!(token.to_string(), "label \"line-bots\", serial \"b9d7c36fa7f8a1c2\"");
/// assert_eq!(TokenSelector::from_slot(3).to_string(), "slot 3");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSelector {
    pub(crate) label: Option<String>,
    pub(crate) serial: Option<String>,
    pub(crate) slot: Option<u64>,
}

impl TokenSelector {
    const ANY: Self = Self { label: None, serial: None, slot: None };

    /// The token with this label, without the spaces that fill it up.
    #[must_use]
    pub fn from_label(label: impl Into<String>) -> Self {
        Self::ANY.with_label(label)
    }

    /// The token with this serial number.
    #[must_use]
    pub fn from_serial(serial: impl Into<String>) -> Self {
        Self::ANY.with_serial(serial)
    }

    /// The token in the slot with this id (not its position in a list).
    #[must_use]
    pub fn from_slot(slot: u64) -> Self {
        Self::ANY.with_slot(slot)
    }

    /// Asks for this label too.
    #[must_use]
    pub fn with_label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Asks for this serial number too.
    #[must_use]
    pub fn with_serial(mut self, serial: impl Into<String>) -> Self {
        self.serial = Some(serial.into());
        self
    }

    /// Asks for this slot too.
    #[must_use]
    pub fn with_slot(mut self, slot: u64) -> Self {
        self.slot = Some(slot);
        self
    }
}

impl fmt::Display for TokenSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let label = self.label.as_ref().map(|label| format!("label {label:?}"));
        let serial = self.serial.as_ref().map(|serial| format!("serial {serial:?}"));
        let slot = self.slot.map(|slot| format!("slot {slot}"));
        let parts: Vec<String> = [label, serial, slot].into_iter().flatten().collect();
        f.write_str(&parts.join(", "))
    }
}

/// Which private key of a token: by label (`CKA_LABEL`), by id (`CKA_ID`), or by both.
///
/// ```
/// use line_channel_token_pkcs11::KeySelector;
///
/// let key = KeySelector::from_label("line-2026").with_id([0x01, 0xa0]);
/// assert_eq!(key.to_string(), "label \"line-2026\", id 01a0");
/// assert_eq!(KeySelector::from_id([0x01]).to_string(), "id 01");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySelector {
    pub(crate) label: Option<String>,
    pub(crate) id: Option<Vec<u8>>,
}

impl KeySelector {
    /// The private key with this label.
    #[must_use]
    pub fn from_label(label: impl Into<String>) -> Self {
        Self { label: Some(label.into()), id: None }
    }

    /// The private key with this id.
    #[must_use]
    pub fn from_id(id: impl Into<Vec<u8>>) -> Self {
        Self { label: None, id: Some(id.into()) }
    }

    /// Asks for this id too.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<Vec<u8>>) -> Self {
        self.id = Some(id.into());
        self
    }
}

impl fmt::Display for KeySelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let label = self.label.as_ref().map(|label| format!("label {label:?}"));
        let id = self.id.as_ref().map(|id| format!("id {}", hex(id)));
        let parts: Vec<String> = [label, id].into_iter().flatten().collect();
        f.write_str(&parts.join(", "))
    }
}

/// An id as tools of PKCS#11 show it.
pub(crate) fn hex(id: &[u8]) -> String {
    if id.is_empty() {
        return "(empty)".to_owned();
    }
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}
