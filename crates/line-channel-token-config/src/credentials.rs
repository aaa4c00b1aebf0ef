//! The credentials of a channel, as they are at the moment.

use std::path::PathBuf;

use line_channel_token_assertion::{AssertionSigner, SigningKey};
use line_channel_token_core::{AssertionKid, ChannelId, ChannelSecret};

use crate::error::ConfigProblem;
use crate::file::{self, Content};
use crate::followed::{Followed, Parsed};
use crate::labels::Labels;
use crate::setting::Setting;
use crate::settings::{Given, Settings};

/// The credentials of a channel. Each call reads their files, if they are in files.
#[derive(Debug)]
pub(crate) struct CredentialLoader {
    channel_id: ChannelId,
    labels: Labels,
    secret: Option<(Given<ChannelSecret>, Followed<ChannelSecret>)>,
    signer: Option<SignerFiles>,
}

#[derive(Debug)]
struct SignerFiles {
    key: Given<SigningKey>,
    kid: Option<Given<AssertionKid>>,
    /// The key's file first, if it is in one.
    files: Followed<KeyAndSigner>,
}

/// A key, and its signer with the kid.
#[derive(Debug)]
struct KeyAndSigner {
    key: SigningKey,
    signer: AssertionSigner,
}

impl CredentialLoader {
    pub(crate) fn new(channel_id: ChannelId, settings: &Settings) -> Self {
        let secret = settings.secret.clone().map(|secret| {
            let files = Followed::new(file_of(&secret, Setting::ChannelSecretFile).into_iter().collect());
            (secret, files)
        });
        let signer = settings.key.clone().map(|key| {
            let kid = settings.kid.clone();
            let kid_file = kid.as_ref().and_then(|kid| file_of(kid, Setting::AssertionKidFile));
            let files = file_of(&key, Setting::AssertionKeyFile).into_iter().chain(kid_file).collect();
            SignerFiles { key, kid, files: Followed::new(files) }
        });
        Self { channel_id, labels: settings.labels.clone(), secret, signer }
    }

    pub(crate) fn has_secret(&self) -> bool {
        self.secret.is_some()
    }

    pub(crate) fn has_signer(&self) -> bool {
        self.signer.is_some()
    }

    /// Whether [`secret`](Self::secret) reads a file, and so blocks.
    pub(crate) fn has_secret_file(&self) -> bool {
        self.secret.as_ref().is_some_and(|(_, files)| files.has_files())
    }

    /// Whether [`signer`](Self::signer) reads files, and so blocks.
    pub(crate) fn has_signer_files(&self) -> bool {
        self.signer.as_ref().is_some_and(|signer| signer.files.has_files())
    }

    /// The channel secret, if one is configured.
    pub(crate) fn secret(&self) -> Result<Option<ChannelSecret>, Vec<ConfigProblem>> {
        let Some((secret, files)) = &self.secret else { return Ok(None) };
        let parsed = files.load(&self.labels, |contents, _| match (secret, contents) {
            (Given::Value(secret), _) => Ok(secret.clone()),
            (Given::File(_), contents) => {
                let parsed = parse_text(contents.first(), |text| ChannelSecret::new(text));
                parsed.map_err(|message| files.problem(0, &self.labels, &message).into_iter().collect())
            }
        })?;
        Ok(Some(parsed.value.clone()))
    }

    /// The signer, if a key is configured.
    pub(crate) fn signer(&self) -> Result<Option<AssertionSigner>, Vec<ConfigProblem>> {
        let Some(signer) = &self.signer else { return Ok(None) };
        let parse =
            |contents: &[Content], last: Option<&Parsed<KeyAndSigner>>| self.parse_signer(signer, contents, last);
        Ok(Some(signer.files.load(&self.labels, parse)?.value.signer.clone()))
    }

    fn parse_signer(
        &self,
        signer: &SignerFiles,
        contents: &[Content],
        last: Option<&Parsed<KeyAndSigner>>,
    ) -> Result<KeyAndSigner, Vec<ConfigProblem>> {
        let mut problems = Vec::new();
        let kid_at = usize::from(matches!(signer.key, Given::File(_)));
        let key = match &signer.key {
            Given::Value(key) => Some(key.clone()),
            Given::File(_) => match self.parse_key(contents, last) {
                Ok(key) => Some(key),
                Err(message) => {
                    problems.extend(signer.files.problem(0, &self.labels, &message));
                    None
                }
            },
        };
        let kid = match &signer.kid {
            Some(Given::Value(kid)) => Some(kid.clone()),
            Some(Given::File(_)) => match parse_text(contents.get(kid_at), |text| AssertionKid::new(text)) {
                Ok(kid) => Some(kid),
                Err(message) => {
                    problems.extend(signer.files.problem(kid_at, &self.labels, &message));
                    None
                }
            },
            None => match self.embedded_kid(signer, key.as_ref(), contents) {
                Ok(kid) => kid,
                Err(problem) => {
                    problems.push(problem);
                    None
                }
            },
        };
        let (Some(key), Some(kid)) = (key, kid) else { return Err(problems) };
        match AssertionSigner::new(self.channel_id.clone(), kid, key.clone()) {
            Ok(signer) => Ok(KeyAndSigner { key, signer }),
            Err(error) => {
                let setting = signer.key.setting(Setting::AssertionKey);
                let problem = ConfigProblem::new(setting, self.labels.given(setting), error.to_string());
                problems.push(match &signer.key {
                    Given::File(path) => problem.in_file(path),
                    Given::Value(_) => problem,
                });
                Err(problems)
            }
        }
    }

    /// The key of the first file, which was checked before if only the kid has changed.
    fn parse_key(&self, contents: &[Content], last: Option<&Parsed<KeyAndSigner>>) -> Result<SigningKey, String> {
        let content = contents.first().ok_or_else(|| "it was not read".to_owned())?;
        match last.filter(|last| last.contents.first() == Some(content)) {
            Some(last) => Ok(last.value.key.clone()),
            None => SigningKey::parse(content).map_err(|error| error.to_string()),
        }
    }

    /// The kid of a JWK, which stands in for one that is not configured. `None` if that cannot be known, because the key is invalid.
    fn embedded_kid(
        &self,
        signer: &SignerFiles,
        key: Option<&SigningKey>,
        contents: &[Content],
    ) -> Result<Option<AssertionKid>, ConfigProblem> {
        let kid = self.labels.possible(Setting::AssertionKid);
        let key_setting = signer.key.setting(Setting::AssertionKey);
        let key_label = self.labels.given(key_setting);
        match key.map(SigningKey::embedded_kid) {
            Some(Some(embedded)) => AssertionKid::new(embedded)
                .map(Some)
                .map_err(|error| ConfigProblem::new(key_setting, key_label, format!("\"kid\" in the JWK: {error}"))),
            None if contents.first().is_some_and(|content| content.windows(3).any(|window| window == b"kid")) => {
                Ok(None)
            }
            _ => Err(missing_kid(kid, self.labels.absent(), &key_label)),
        }
    }
}

/// The problem that no kid goes with the key.
pub(crate) fn missing_kid(kid: String, absent: &str, key: &str) -> ConfigProblem {
    let message = format!(
        "{absent}, and goes with {key}: it is what the LINE Developers Console shows once the public key is registered (a key \
         that is a JWK with \"kid\" needs none)"
    );
    ConfigProblem::new(Setting::AssertionKid, kid, message).of_missing()
}

fn file_of<T>(given: &Given<T>, setting: Setting) -> Option<(Setting, PathBuf)> {
    match given {
        Given::File(path) => Some((setting, path.clone())),
        Given::Value(_) => None,
    }
}

/// The value that the content of a file holds. The error continues the file's name.
fn parse_text<T>(
    content: Option<&Content>,
    parse: impl FnOnce(&str) -> Result<T, line_channel_token_core::Error>,
) -> Result<T, String> {
    let text = file::text(content.map_or(&[][..], |content| content)).map_err(str::to_owned)?;
    parse(&text).map_err(|error| error.to_string())
}
