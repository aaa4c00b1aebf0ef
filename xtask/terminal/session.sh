line-channel-token keygen --out line.pem
line-channel-token emulator --channel 1234567890 --key 1234567890=k1=@line.pem --env-out line.env &
set -a; . ./line.env; LINE_ASSERTION_KEY_FILE=line.pem LINE_ASSERTION_KID=k1; set +a
line-channel-token issue
line-channel-token issue --family jwt --token-ttl 12h --output env
line-channel-token sign | line-channel-token inspect
line-channel-token doctor
