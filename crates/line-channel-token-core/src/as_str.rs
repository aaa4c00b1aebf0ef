//! One name in `snake_case` for each variant: for logs, labels of metrics, and serde.

/// Gives an enum without fields `ALL`, `as_str`, `Display` and, with the feature `serde`, `Serialize`.
macro_rules! text_form {
    ($type:ident { $($variant:ident => $text:literal,)* }) => {
        impl $type {
            /// All of them, in the order of their declaration.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name in `snake_case`, as it stands in logs and labels of metrics.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        #[cfg(feature = "serde")]
        #[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
        impl serde::Serialize for $type {
            /// As [`as_str`](Self::as_str).
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

pub(crate) use text_form;
