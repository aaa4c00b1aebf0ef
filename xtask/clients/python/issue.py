"""One stateless token, as a program of a user gets it."""
from os import environ

from linebot.v3.oauth import ApiClient, ChannelAccessToken, Configuration

tokens = ChannelAccessToken(ApiClient(Configuration(host=environ["LINE_API_BASE_URL"])))
issue = tokens.issue_stateless_channel_token_by_client_secret
print(issue(environ["LINE_CHANNEL_ID"], environ["LINE_CHANNEL_SECRET"]).access_token)
