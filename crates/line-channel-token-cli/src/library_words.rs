//! The library's messages without what only a programmer has: the names of its functions and types.

/// What it says, and what is said of it here.
const WORDS: [(&str, &str); 11] = [
    ("for redis:// and rediss:// there is `RedisStore`", "redis:// and rediss:// are for --store-url"),
    (", or call `allow_network_file_systems` if this machine alone uses it", " (--store-url)"),
    ("(`SealedStore::with_unsealed_values`)", "(--store-accept-unsealed)"),
    ("give it the key (a `SealedStore`)", "give it the key (--store-key-file)"),
    ("; the server's own words are in expose_server_text()", ""),
    (
        ", a loopback address, or BaseUrl::insecure if the network between is trusted, as that of a compose file is",
        " or a loopback address",
    ),
    (
        "verify and revoke are the methods for short-lived and long-lived tokens",
        "short-lived and long-lived tokens take --family short-lived",
    ),
    ("verify_jwt and revoke_jwt are the methods for v2.1 tokens", "v2.1 tokens take --family jwt"),
    (", and is given to a StaticSource if it is to be used as it is", ""),
    (": give it to a StaticSource of line-channel-token-cache", ", and is used as it is"),
    (
        "this is a pipe or a device, and the file is read again for each token: give a regular file",
        "this is a pipe or a device: give a regular file, or the value itself in the variable without _FILE",
    ),
];

/// The message for people at a shell.
pub(crate) fn for_people(message: &str) -> String {
    WORDS.iter().fold(message.to_owned(), |message, (theirs, ours)| message.replace(theirs, ours))
}

#[cfg(test)]
mod tests {
    use line_channel_token::BaseUrl;
    use line_channel_token::configuration::{ChannelConfig, TokenFamily};

    use super::for_people;

    #[test]
    fn no_message_names_a_function_or_a_type() {
        let family = "long-lived".parse::<TokenFamily>().unwrap_err();
        let url = BaseUrl::new("http://emulator:8787").unwrap_err();
        let config =
            ChannelConfig::from_vars([("LINE_CHANNEL_ID", "1"), ("LINE_CHANNEL_ACCESS_TOKEN", "x")]).unwrap_err();
        for message in [family.to_string(), url.to_string(), config.to_string()] {
            let said = for_people(&message);
            assert!(said != message && !said.contains("::") && !said.contains("Source"), "{said}");
        }
    }
}
