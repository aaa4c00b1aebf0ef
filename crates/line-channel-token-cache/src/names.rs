//! `Display` for what has a name.

/// Implements `Display` as what `as_str` returns; width and alignment apply to it.
macro_rules! display_as_str {
    ($($named:ty),+) => {$(
        impl std::fmt::Display for $named {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    )+};
}

pub(crate) use display_as_str;
