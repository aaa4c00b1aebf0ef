//! Which store is used, and whether what is given goes together.

use clap::ValueEnum;

use super::args::StoreArgs;
use crate::failure::Failure;
use crate::path_text;

/// The kind of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StoreKind {
    /// Files of this user, on this machine
    File,
    /// Redis, for the processes of many machines
    Redis,
    /// No store
    None,
}

impl StoreKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Redis => "redis",
            Self::None => "none",
        }
    }
}

/// Which store is used, checked.
#[derive(Clone, Debug)]
pub(crate) struct StoreChoice {
    pub(super) args: StoreArgs,
    pub(super) kind: StoreKind,
}

impl StoreChoice {
    pub(crate) fn kind(&self) -> StoreKind {
        self.kind
    }

    /// What it is called in messages. A URL may hold a password, and is not shown.
    pub(crate) fn name(&self) -> String {
        match (self.kind, &self.args.settings.store_dir) {
            (StoreKind::File, Some(directory)) => format!("the directory {}", path_text::shown(directory)),
            (StoreKind::File, None) => "the default directory of tokens".to_owned(),
            (StoreKind::Redis, _) => "Redis".to_owned(),
            (StoreKind::None, _) => "no store".to_owned(),
        }
    }
}

impl StoreArgs {
    /// Decides which store is used. Nothing is opened or read.
    pub(crate) fn choose(self) -> Result<StoreChoice, Failure> {
        let settings = &self.settings;
        let implied = if settings.store_url.is_some() { StoreKind::Redis } else { StoreKind::File };
        let kind = settings.store.unwrap_or(implied);
        for (id, flag, kinds) in FLAGS {
            if self.flags.contains(&id) && !kinds.contains(&kind) {
                let kind = kind.as_str();
                return Err(Failure::usage(format!("{flag} means nothing to the store that is used ({kind})"))
                    .with_hint(format!("leave {flag} out, or choose another store with --store")));
            }
        }
        if kind == StoreKind::Redis && settings.store_url.is_none() {
            return Err(Failure::usage(
                "--store redis needs the address of Redis: --store-url, or LINE_TOKEN_STORE_URL",
            )
            .with_hint("such as redis://127.0.0.1:6379, or rediss://bot@redis.example:6379 over TLS"));
        }
        let needs_key = settings.store_previous_key_file.is_some() || settings.store_accept_unsealed;
        if kind != StoreKind::None && needs_key && settings.store_key_file.is_none() {
            return Err(Failure::usage(
                "--store-previous-key-file and --store-accept-unsealed mean nothing without a key: add --store-key-file",
            ));
        }
        Ok(StoreChoice { args: self, kind })
    }
}

const FLAGS: [(&str, &str, &[StoreKind]); 8] = [
    ("store_dir", "--store-dir", &[StoreKind::File]),
    ("store_url", "--store-url", &[StoreKind::Redis]),
    ("store_password_file", "--store-password-file", &[StoreKind::Redis]),
    ("store_prefix", "--store-prefix", &[StoreKind::Redis]),
    ("store_ca_file", "--store-ca-file", &[StoreKind::Redis]),
    ("store_key_file", "--store-key-file", &[StoreKind::File, StoreKind::Redis]),
    ("store_previous_key_file", "--store-previous-key-file", &[StoreKind::File, StoreKind::Redis]),
    ("store_accept_unsealed", "--store-accept-unsealed", &[StoreKind::File, StoreKind::Redis]),
];

#[cfg(test)]
mod tests {
    use clap::{Args as _, FromArgMatches as _};

    use super::{StoreArgs, StoreChoice, StoreKind};

    fn choose(arguments: &[&str]) -> Result<StoreChoice, String> {
        let command = StoreArgs::augment_args(clap::Command::new("test"));
        let matches = command.try_get_matches_from(["test"].iter().chain(arguments)).unwrap();
        StoreArgs::from_arg_matches(&matches).unwrap().choose().map_err(|failure| failure.message().to_owned())
    }

    #[test]
    fn an_address_means_redis() {
        for (arguments, kind) in [
            (&[][..], StoreKind::File),
            (&["--store-url", "redis://h"], StoreKind::Redis),
            (&["--store", "none"], StoreKind::None),
            (&["--store", "file", "--store-dir", "d"], StoreKind::File),
        ] {
            assert_eq!(choose(arguments).unwrap().kind, kind, "{arguments:?}");
        }
    }

    #[test]
    fn flags_of_another_store_are_refused() {
        for (arguments, says) in [
            (
                &["--store", "none", "--store-dir", "d"][..],
                "--store-dir means nothing to the store that is used (none)",
            ),
            (&["--store=file", "--store-url", "redis://h"], "--store-url means nothing"),
            (&["--store-prefix", "p"], "--store-prefix means nothing to the store that is used (file)"),
            (&["--store-url", "redis://h", "--store-dir", "d"], "--store-dir means nothing"),
            (&["--store=none", "--store-key-file", "k"], "--store-key-file means nothing"),
            (&["--store", "redis"], "--store redis needs the address of Redis"),
            (&["--store-previous-key-file", "k"], "mean nothing without a key"),
        ] {
            let said = choose(arguments).unwrap_err();
            assert!(said.contains(says), "{arguments:?}: {said}");
        }
    }
}
