#!/bin/sh
# A token by curl and openssl, as one writes it without a store: it is issued each time. Stateless, because LINE would refuse the 31st of the others.
set -eu
base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
head=$(printf '{"alg":"RS256","typ":"JWT","kid":"%s"}' "$LINE_ASSERTION_KID" | base64url)
claims=$(printf '{"iss":"%s","sub":"%s","aud":"https://api.line.me/","exp":%d}' "$LINE_CHANNEL_ID" "$LINE_CHANNEL_ID" $(($(date +%s) + 300)) | base64url)
signature=$(printf '%s.%s' "$head" "$claims" | openssl dgst -sha256 -sign "$LINE_ASSERTION_KEY_FILE" | base64url)
curl --silent --show-error --fail --data grant_type=client_credentials \
    --data-urlencode client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer \
    --data "client_assertion=$head.$claims.$signature" "$LINE_API_BASE_URL/oauth2/v3/token" | sed 's/.*"access_token":"\([^"]*\)".*/\1/'
