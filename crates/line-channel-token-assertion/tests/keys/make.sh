#!/bin/sh
# Generates the test keys in this folder again, each with the command that a user would type.
# They protect nothing. The rfc*.jwk files are the private keys that the RFCs of their names print, and are not
# generated here. Needs OpenSSL 3 and OpenSSH's ssh-keygen.
set -eu
cd "$(dirname "$0")"

# RSA with 2048 bits, in every format.
openssl genrsa -traditional -out rsa-pkcs1.pem 2048
openssl rsa -in rsa-pkcs1.pem -traditional -outform DER -out rsa-pkcs1.der
openssl pkcs8 -topk8 -nocrypt -in rsa-pkcs1.pem -out rsa-pkcs8.pem
openssl pkcs8 -topk8 -nocrypt -in rsa-pkcs1.pem -outform DER -out rsa-pkcs8.der
openssl pkcs8 -topk8 -passout pass:test -in rsa-pkcs1.pem -out rsa-pkcs8-encrypted.pem
openssl pkcs8 -topk8 -passout pass:test -in rsa-pkcs1.pem -outform DER -out rsa-pkcs8-encrypted.der
openssl rsa -aes256 -passout pass:test -traditional -in rsa-pkcs1.pem -out rsa-pkcs1-encrypted.pem
openssl rsa -in rsa-pkcs1.pem -pubout -out rsa-public.pem
openssl rsa -in rsa-pkcs1.pem -pubout -outform DER -out rsa-public.der
openssl rsa -in rsa-pkcs1.pem -RSAPublicKey_out -out rsa-public-pkcs1.pem
openssl rsa -in rsa-pkcs1.pem -RSAPublicKey_out -outform DER -out rsa-public-pkcs1.der
openssl req -new -x509 -key rsa-pkcs1.pem -subj /CN=test -days 36500 -out rsa-certificate.pem
openssl x509 -in rsa-certificate.pem -outform DER -out rsa-certificate.der
openssl req -new -key rsa-pkcs1.pem -subj /CN=test -out rsa-certificate-request.pem
openssl pkcs12 -export -passout pass:test -inkey rsa-pkcs1.pem -in rsa-certificate.pem -name test -out rsa.p12
openssl pkcs12 -in rsa.p12 -passin pass:test -nodes -out rsa-bag-attributes.pem
rm -f rsa-openssh.pem
cp rsa-pkcs1.pem rsa-openssh.pem
chmod 600 rsa-openssh.pem
ssh-keygen -q -p -P '' -N '' -C test -f rsa-openssh.pem
cat rsa-pkcs1.pem rsa-pkcs8.pem > rsa-twice.pem

# RSA that LINE does not accept, and other types of keys.
for bits in 1024 3072 4096; do
    openssl genrsa -out "rsa-$bits.pem" "$bits"
done
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_primes:3 -out rsa-3-primes.pem
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:3 -out rsa-exponent-3.pem
openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out rsa-pss.pem
openssl genpkey -algorithm ED25519 -out ed25519.pem

# EC on P-256, in every format.
openssl ecparam -name prime256v1 -genkey -out ec-sec1.pem
openssl ec -in ec-sec1.pem -outform DER -out ec-sec1.der
openssl pkcs8 -topk8 -nocrypt -in ec-sec1.pem -out ec-pkcs8.pem
openssl pkcs8 -topk8 -nocrypt -in ec-sec1.pem -outform DER -out ec-pkcs8.der
openssl ec -in ec-sec1.pem -no_public -out ec-sec1-no-public.pem
openssl ec -in ec-sec1.pem -conv_form compressed -out ec-sec1-compressed.pem
openssl pkcs8 -topk8 -passout pass:test -in ec-sec1.pem -out ec-pkcs8-encrypted.pem
openssl ec -aes256 -passout pass:test -in ec-sec1.pem -out ec-sec1-encrypted.pem
openssl ec -in ec-sec1.pem -pubout -out ec-public.pem
openssl ec -in ec-sec1.pem -pubout -outform DER -out ec-public.der
openssl ec -in ec-sec1.pem -param_enc explicit -out ec-explicit-curve.pem
openssl ecparam -name prime256v1 -out ec-parameters.pem

# Other curves.
openssl ecparam -name secp384r1 -genkey -noout -out ec-p384.pem
openssl ecparam -name secp256k1 -genkey -noout -out ec-secp256k1.pem
openssl pkcs8 -topk8 -nocrypt -in ec-p384.pem -out ec-p384-pkcs8.pem

# Numbers for keys that no tool generates: primes of several lengths, two factors of a composite, and a composite that
# passes a round of Miller-Rabin for a quarter of all bases: (k+1)(2k+1), both factors prime, found by trying random k.
# primes.txt gives them names.
for bits in 1024 1024 1008 1040 1023 1025 16 2032 512 512; do
    openssl prime -generate -bits "$bits" -hex
done
