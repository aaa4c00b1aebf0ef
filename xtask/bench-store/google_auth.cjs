// Prints the token that google-auth-library finds in its file, as a script does in the place of `gcloud auth print-access-token`.
const { readFileSync } = require("node:fs");
const { OAuth2Client } = require("google-auth-library");

const file = JSON.parse(readFileSync(process.argv[2], "utf8"));
const client = new OAuth2Client(file.client_id, file.client_secret);
client.setCredentials({ access_token: file.token, refresh_token: file.refresh_token, expiry_date: Date.parse(file.expiry) });
client.getAccessToken().then(({ token }) => console.log(token));
