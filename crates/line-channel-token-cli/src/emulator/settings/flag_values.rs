//! `ID=@FILE` and `ID=KID=@FILE`. Whoever writes a secret there gets an error that does not repeat it.

use std::path::PathBuf;

use line_channel_token::ChannelId;

/// The channel and the file of `--secret ID=@FILE`.
pub(super) fn secret(value: &str) -> Result<(ChannelId, PathBuf), String> {
    let (id, rest) = split(value, "--secret", "ID=@FILE")?;
    Ok((id, file(rest, "--secret", "ID=@FILE")?))
}

/// The channel, the kid and the file of `--key ID=KID=@FILE`.
pub(super) fn key(value: &str) -> Result<(ChannelId, String, PathBuf), String> {
    let (id, rest) = split(value, "--key", "ID=KID=@FILE")?;
    let wrong = || "--key takes ID=KID=@FILE: a channel id, the kid, and the name of a file after an @".to_owned();
    let (kid, rest) = rest.split_once("=@").ok_or_else(wrong)?;
    if kid.is_empty() || rest.is_empty() {
        return Err(wrong());
    }
    Ok((id, kid.to_owned(), PathBuf::from(rest)))
}

/// The channel and the scope of `--scope ID=SCOPE`.
pub(super) fn scope(value: &str) -> Result<(ChannelId, String), String> {
    let (id, scope) = split(value, "--scope", "ID=SCOPE")?;
    Ok((id, scope.to_owned()))
}

fn split<'a>(value: &'a str, flag: &str, form: &str) -> Result<(ChannelId, &'a str), String> {
    let wrong = || format!("{flag} takes {form}: what was given does not begin with a channel id and `=`");
    let (id, rest) = value.split_once('=').ok_or_else(wrong)?;
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    let id = ChannelId::new(id).map_err(|error| format!("{flag}: {error}"))?;
    Ok((id, rest))
}

fn file(rest: &str, flag: &str, form: &str) -> Result<PathBuf, String> {
    match rest.strip_prefix('@') {
        Some(path) if !path.is_empty() => Ok(PathBuf::from(path)),
        _ => Err(format!(
            "{flag} takes {form}: write the secret into a file and give its name after an @, or set LINE_EMULATOR_SECRET_<ID>; \
             a command line is seen by everybody on the machine"
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{key, scope, secret};

    #[test]
    fn values_name_a_channel_and_a_file() {
        let (id, path) = secret("123=@a=b").unwrap();
        assert_eq!((id.as_str(), &*path), ("123", Path::new("a=b")));
        let (id, kid, path) = key("123=k=1=@/dir/k.pem").unwrap();
        assert_eq!((id.as_str(), &*kid, &*path), ("123", "k=1", Path::new("/dir/k.pem")));
        assert_eq!(scope("123=P CM").unwrap().1, "P CM");
    }

    #[test]
    fn a_secret_on_the_command_line_is_not_repeated() {
        for value in ["123=s3cret", "s3cret", "=s3cret", "s3cret=@file", "123=", "123=@", "123"] {
            let problem = secret(value).unwrap_err();
            assert!(!problem.contains("s3cret") && problem.contains("ID=@FILE"), "{value}: {problem}");
            let problem = key(value).unwrap_err();
            assert!(!problem.contains("s3cret") && problem.contains("ID=KID=@FILE"), "{value}: {problem}");
        }
    }
}
