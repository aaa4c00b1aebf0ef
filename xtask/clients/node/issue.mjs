// One stateless token, as a program of a user gets it.
import { channelAccessToken } from "@line/bot-sdk";

const { LINE_API_BASE_URL: baseURL, LINE_CHANNEL_ID: id, LINE_CHANNEL_SECRET: secret } = process.env;
const tokens = new channelAccessToken.ChannelAccessTokenClient({ baseURL });
console.log((await tokens.issueStatelessChannelTokenByClientSecret(id, secret)).access_token);
