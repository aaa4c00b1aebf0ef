use super::{StoreUrl, parse, parse_sentinel};
use crate::settings::{Address, Target};

fn address(url: &StoreUrl) -> String {
    match &url.target {
        Target::Server(address) => address.to_string(),
        Target::Sentinel { master, sentinels, is_tls } => {
            let nodes: Vec<_> = sentinels.iter().map(|node| node.address.to_string()).collect();
            format!("{master} {is_tls} {}", nodes.join(" "))
        }
    }
}

#[test]
fn what_people_write_is_understood() {
    for (text, at, user, password, database) in [
        ("redis://h", "redis://h:6379", None, None, 0),
        (" \"rediss://h:7000/3\"\n", "rediss://h:7000", None, None, 3),
        ("REDIS://h/", "redis://h:6379", None, None, 0),
        ("valkeys://h", "rediss://h:6379", None, None, 0),
        ("redis://[::1]:6380", "redis://[::1]:6380", None, None, 0),
        ("redis://[::1]", "redis://[::1]:6379", None, None, 0),
        ("rediss://bot@h", "rediss://h:6379", Some("bot"), None, 0),
        ("redis://:pw@h", "redis://h:6379", None, Some("pw"), 0),
        ("redis://bot:p%40s%2Fs%25@h", "redis://h:6379", Some("bot"), Some("p@s/s%"), 0),
        ("redis://bot:p@s:s@h:1", "redis://h:1", Some("bot"), Some("p@s:s"), 0),
        ("unix:/run/redis.sock", "unix:/run/redis.sock", None, None, 0),
        ("unix:///run/redis.sock", "unix:/run/redis.sock", None, None, 0),
        ("redis+unix:///run/redis.sock", "unix:/run/redis.sock", None, None, 0),
        ("redis+sentinel://u:pw@a,b:1/bots/2", "bots false redis://a:26379 redis://b:1", Some("u"), Some("pw"), 2),
        ("rediss-sentinel://a/bots", "bots true rediss://a:26379", None, None, 0),
    ] {
        let url = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(address(&url), at, "{text}");
        let credentials = &url.credentials;
        let given = (credentials.username.as_deref(), credentials.password.as_ref().map(|text| text.as_str()));
        assert_eq!((given, url.database), ((user, password), database), "{text}");
    }
}

#[test]
fn what_is_wrong_is_said_without_the_text() {
    for (text, says) in [
        ("", "is empty"),
        ("  \"\" ", "is empty"),
        ("s3cret.example:6379", "no scheme"),
        ("user:s3cret@host:6379", "no scheme"),
        ("s3cret", "no scheme"),
        ("redis:/s3cret", "no :// after its scheme"),
        ("rediss:s3cret", "no :// after its scheme"),
        ("redis//s3cret", "no :// after its scheme"),
        ("http://s3cret", "web page"),
        ("https://:s3cret@host", "web page"),
        ("tcp://s3cret", "scheme that is not supported"),
        ("redisss://s3cret", "scheme that is not supported"),
        ("/run/s3cret.sock", "unix: before it"),
        ("unix:s3cret.sock", "absolute path"),
        ("unix:/run/s3cret.sock?db=1", "path alone"),
        ("redis://", "no host"),
        ("redis://:s3cret@", "no host"),
        ("redis://:s3cret@:6379", "no host"),
        ("redis://user:s3cret", "port that is not a number"),
        ("redis://host:", "port that is not a number"),
        ("redis://host:0", "port that is not a number"),
        ("redis://host:65536", "port that is not a number"),
        ("redis://host:+1", "port that is not a number"),
        ("redis://user:s3:cret", "more than one port"),
        ("redis://::1:6379", "no host"),
        ("redis://fe80::1", "more than one port"),
        ("redis://[s3cret]:1", "IPv6"),
        ("redis://user:s3/cret@host", "%2F"),
        ("redis://user:s3?cret@host", "%3F"),
        ("redis://user:s3#cret@host", "%23"),
        ("rediss://host#insecure", "no insecure mode"),
        ("redis://user:s3%cret@host", "%25"),
        ("redis://user:s3cret%@host", "%25"),
        ("redis://user:s3cret%ff@host", "UTF-8"),
        ("redis://host?password=s3cret", "query"),
        ("redis://host/0?password=s3cret", "query"),
        ("redis://host/s3cret", "number of a database"),
        ("redis://host/99999999999", "too large"),
        ("redis://user:s3cret @host", "white space"),
        ("redis://us\ner:s3cret@host", "white space"),
        ("redis://${REDIS_S3CRET}:6379", "not expanded"),
        ("redis://<s3cret>:6379", "not expanded"),
        ("redis://a:1,s3cret:2", "several hosts"),
        ("redis+sentinel://s3cret:1", "name of the master"),
        ("redis+sentinel://s3cret:1,/bots", "no host"),
    ] {
        let error = parse(text).err().unwrap_or_else(|| panic!("{text}"));
        let error = format!("{error} {error:?}");
        assert!(error.contains(says) && !error.to_lowercase().contains("s3cret"), "{text}: {error}");
    }
}

#[test]
fn a_sentinel_has_a_port_and_credentials_of_its_own() {
    for (text, at, user) in [
        ("10.0.0.1", "redis://10.0.0.1:26379", None),
        ("10.0.0.1:5000", "redis://10.0.0.1:5000", None),
        ("rediss://watch:pw@s.example", "rediss://s.example:26379", Some("watch")),
    ] {
        let node = parse_sentinel(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!((node.address.to_string().as_str(), node.credentials.username.as_deref()), (at, user));
    }
    for (text, says) in [("http://s3cret", "unknown scheme"), ("redis://s3cret/0", "a path"), ("", "is empty")] {
        let error = parse_sentinel(text).err().unwrap_or_else(|| panic!("{text}")).to_string();
        assert!(error.contains(says) && !error.contains("s3cret"), "{text}: {error}");
    }
    assert!(matches!(parse_sentinel("a").unwrap().address, Address::Tcp { is_tls: false, .. }));
}
