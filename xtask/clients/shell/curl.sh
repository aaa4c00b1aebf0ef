#!/bin/sh
# curl, and openssl that signs: all operations of all families with the key that `line-channel-token keygen` made.
set -eu

url=$LINE_API_BASE_URL
type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '%s\n' "$LINE_ASSERTION_KEY" > "$work/key.pem"

base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }

# An assertion that ends in so many seconds.
assertion() {
    head=$(printf '{"alg":"RS256","typ":"JWT","kid":"%s"}' "$LINE_ASSERTION_KID" | base64url)
    claims=$(printf '{"iss":"%s","sub":"%s","aud":"https://api.line.me/","exp":%d,"token_exp":86400}' \
        "$LINE_CHANNEL_ID" "$LINE_CHANNEL_ID" $(($(date +%s) + $1)) | base64url)
    printf '%s.%s.%s' "$head" "$claims" "$(printf '%s.%s' "$head" "$claims" | openssl dgst -sha256 -sign "$work/key.pem" | base64url)"
}

# Calls with curl; the status must be $1, and the body is printed.
call() {
    expected=$1
    shift
    status=$(curl --silent --show-error --max-time 10 --output "$work/body" --write-out '%{http_code}' "$@")
    if [ "$status" != "$expected" ]; then
        echo "status $status instead of $expected: $(cat "$work/body")" >&2
        exit 1
    fi
    cat "$work/body"
}

member() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
bot_info() { call "$1" --header "Authorization: Bearer $2" "$url/v2/bot/info"; }
by_secret() { call "$1" --data grant_type=client_credentials --data "client_id=$LINE_CHANNEL_ID" --data "client_secret=$LINE_CHANNEL_SECRET" "$url$2"; }
by_assertion() { call "$1" --data grant_type=client_credentials --data-urlencode "client_assertion_type=$type" --data "client_assertion=$3" "$url$2"; }

# What must stand in the error response.
says() { grep -q "\"$1\"" || { echo "it does not say $1" >&2; exit 1; }; }

token=$(by_secret 200 /v2/oauth/accessToken | member access_token)
call 200 --data-urlencode "access_token=$token" "$url/v2/oauth/verify" | says "$LINE_CHANNEL_ID"
bot_info 200 "$token" > /dev/null
call 200 --data-urlencode "access_token=$token" "$url/v2/oauth/revoke"
bot_info 401 "$token" > /dev/null
echo "short-lived: issued, verified, used, revoked, refused with 401"

token=$(by_secret 200 /oauth2/v3/token | member access_token)
bot_info 200 "$token" > /dev/null
token=$(by_assertion 200 /oauth2/v3/token "$(assertion 300)" | member access_token)
bot_info 200 "$token" > /dev/null
echo "stateless: issued by secret and by assertion, used"

by_assertion 200 /oauth2/v2.1/token "$(assertion 300)" > "$work/issued"
token=$(member access_token < "$work/issued")
call 200 --get --data "access_token=$token" "$url/oauth2/v2.1/verify" | says "$LINE_CHANNEL_ID"
call 200 --get --data-urlencode "client_assertion_type=$type" --data "client_assertion=$(assertion 300)" "$url/oauth2/v2.1/tokens/kid" |
    says "$(member key_id < "$work/issued")"
bot_info 200 "$token" > /dev/null
call 200 --data "client_id=$LINE_CHANNEL_ID" --data "client_secret=$LINE_CHANNEL_SECRET" --data "access_token=$token" "$url/oauth2/v2.1/revoke"
bot_info 401 "$token" > /dev/null
echo "v2.1: issued, verified, listed, used, revoked, refused with 401"

by_assertion 400 /oauth2/v2.1/token "$(assertion -60)" | says "Invalid exp"
LINE_CHANNEL_SECRET=wrong
by_secret 400 /v2/oauth/accessToken | says "invalid client_secret"
echo "an expired assertion and a wrong secret: refused as LINE refuses them"
