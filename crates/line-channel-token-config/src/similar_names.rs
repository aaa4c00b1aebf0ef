//! Which variable was meant by one that has almost its name.

use crate::setting::Setting;

/// How many letters may differ, be missing or be too many.
const MAX_DISTANCE: usize = 2;

/// What to say of a variable that is not set, if others have almost its name. It continues a message.
pub(crate) fn hint(missing: Setting, prefix: &str, others: &[String]) -> Option<String> {
    let wanted: &[Setting] = match missing {
        Setting::ChannelSecret => {
            &[Setting::ChannelSecret, Setting::ChannelSecretFile, Setting::AssertionKey, Setting::AssertionKeyFile]
        }
        Setting::AssertionKey => &[Setting::AssertionKey, Setting::AssertionKeyFile],
        Setting::AssertionKid => &[Setting::AssertionKid, Setting::AssertionKidFile],
        Setting::ChannelId => &[Setting::ChannelId],
        _ => &[],
    };
    let is_shown =
        |name: &&String| name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let mut names: Vec<&str> =
        others.iter().filter(is_shown).map(String::as_str).filter(|other| is_near(other, prefix, wanted)).collect();
    names.sort_unstable();
    names.truncate(3);
    if !names.is_empty() {
        let (is, are) =
            if names.len() == 1 { ("is", "that a typing error") } else { ("are", "one of them a typing error") };
        return Some(format!("; {} {is} set: is {are}?", names.join(" and ")));
    }
    let token = others.iter().filter(is_shown).find(|other| {
        let name = other.to_ascii_uppercase();
        missing == Setting::ChannelSecret && name.contains("LINE") && name.contains("TOKEN") && !name.contains("FAMILY")
    })?;
    Some(format!(
        "; {token} is set: a token is not what tokens are issued for, and is given to a StaticSource if it is to be used as it is"
    ))
}

/// The member that was meant by this name.
#[cfg(feature = "serde")]
pub(crate) fn nearest_member(name: &str) -> Option<&'static str> {
    let wanted = |setting: &Setting| is_near(name, "", &[*setting]);
    Setting::ALL.into_iter().find(wanted).map(Setting::name)
}

/// Whether `other` may be one of the wanted ones: with letters of another case, a few others, without the prefix, or under another common name.
fn is_near(other: &str, prefix: &str, wanted: &[Setting]) -> bool {
    let plain = |name: &str| name.to_ascii_uppercase().replace(['_', '-'], "");
    let other = plain(other);
    wanted.iter().any(|setting| {
        let with_prefix = plain(&setting.variable(prefix));
        let common = common_names(*setting).iter().any(|name| other == plain(prefix) + name || other == *name);
        common || distance(&other, &with_prefix) <= MAX_DISTANCE || other == plain(setting.name())
    })
}

/// What others call the same.
fn common_names(setting: Setting) -> &'static [&'static str] {
    match setting {
        Setting::ChannelId => &["CLIENTID", "LINEBOTCHANNELID", "ID"],
        Setting::ChannelSecret => &["CLIENTSECRET", "SECRET", "LINEBOTCHANNELSECRET"],
        Setting::AssertionKey => &["PRIVATEKEY", "SIGNINGKEY", "ASSERTIONSIGNINGKEY", "KEY"],
        Setting::AssertionKid => &["KID", "KEYID", "ASSERTIONKEYID"],
        _ => &[],
    }
}

/// Levenshtein's distance.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (at, a) in left.bytes().enumerate() {
        let mut diagonal = at;
        let mut before = at + 1;
        for (b, cell) in right.bytes().zip(row.iter_mut().skip(1)) {
            let cost = diagonal + usize::from(a != b);
            diagonal = *cell;
            *cell = cost.min(before + 1).min(*cell + 1);
            before = *cell;
        }
        if let Some(first) = row.first_mut() {
            *first = at + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{distance, hint};
    use crate::setting::Setting;

    #[test]
    fn the_distance_counts_letters() {
        for (left, right, expected) in [
            ("", "", 0),
            ("abc", "abc", 0),
            ("abc", "", 3),
            ("", "ab", 2),
            ("kitten", "sitting", 3),
            ("abcd", "acd", 1),
        ] {
            assert_eq!(distance(left, right), expected, "{left} {right}");
        }
    }

    #[test]
    fn a_name_that_is_almost_the_missing_one_is_said() {
        let says = |missing, names: &[&str]| {
            hint(missing, "LINE_", &names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
        };
        for (missing, name) in [
            (Setting::ChannelId, "LINE_CHANEL_ID"),
            (Setting::ChannelId, "line_channel_id"),
            (Setting::ChannelId, "LINE_CHANNELID"),
            (Setting::ChannelId, "CHANNEL_ID"),
            (Setting::ChannelId, "LINE_CLIENT_ID"),
            (Setting::ChannelSecret, "LINE_CHANNEL_SECERT"),
            (Setting::ChannelSecret, "LINE_SECRET"),
            (Setting::ChannelSecret, "LINE_ASSERTION_KEYFILE"),
            (Setting::AssertionKey, "LINE_PRIVATE_KEY"),
            (Setting::AssertionKid, "LINE_KID"),
        ] {
            let said = says(missing, &["HOME", "LINE_TOKEN_FAMLY", name]).unwrap_or_default();
            assert!(said.starts_with(&format!("; {name} is set: ")), "{name}: {said}");
        }
        let both = says(Setting::ChannelId, &["LINE_CHANELL_ID", "LINE_CHANEL_ID"]);
        assert_eq!(
            both.as_deref(),
            Some("; LINE_CHANELL_ID and LINE_CHANEL_ID are set: is one of them a typing error?")
        );
        assert!(
            says(Setting::ChannelSecret, &["LINE_CHANNEL_ACCESS_TOKEN"])
                .is_some_and(|said| said.contains("StaticSource"))
        );
        assert_eq!(says(Setting::ChannelId, &["HOME", "LINES", "CHANNEL", "LINE_CHANNEL_NAME"]), None);
    }
}
