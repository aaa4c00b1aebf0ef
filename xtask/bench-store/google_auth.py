"""Prints the token that google-auth finds in its file, as a script does in the place of `gcloud auth print-access-token`."""

import sys

from google.oauth2.credentials import Credentials

credentials = Credentials.from_authorized_user_file(sys.argv[1])
if not credentials.valid:
    sys.exit("the token in the file has expired")
print(credentials.token)
