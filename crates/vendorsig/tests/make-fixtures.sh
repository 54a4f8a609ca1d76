#!/usr/bin/env bash
# Makes tests/fixtures anew with the real gpg (2.2 or later) and minisign: keys and signatures of our own, and none of anyone else's.
set -eu
out=$(cd "$(dirname "$0")" && pwd)/fixtures
rm -rf "$out" && mkdir -p "$out"
work=$(mktemp -d)
export GNUPGHOME=$work/gpg LC_ALL=C
mkdir -m 700 "$GNUPGHOME"
trap 'gpgconf --kill all; rm -rf "$work"' EXIT
cat >"$GNUPGHOME/gpg.conf" <<'CONF'
batch
yes
quiet
no-tty
pinentry-mode loopback
passphrase ""
no-emit-version
allow-weak-digest-algos
allow-weak-key-signatures
cert-digest-algo SHA256
digest-algo SHA512
CONF
cd "$work"
printf 'the executable\n' >file
cp file "$out/file"

# gpg --faked-system-time runs on from the moment that it is given.
at() { local time=$1; shift; gpg --faked-system-time "$time" "$@"; }
key() { # NAME TIME [OPTION…]: parameters on stdin
  { cat; echo '%no-protection'; echo '%commit'; } >"$1.params"
  at "$2" "${@:3}" --generate-key "$1.params"
}
fingerprint() { gpg --with-colons --list-keys "=$1" | awk -F: '$1 == "fpr" {print $10; exit}'; }
public() { gpg --armor --export "$1"; }
sign() { at "$2" --local-user "$1" "${@:4}" --detach-sign --output "$3" file; }

# The shape of 1Password's key: RSA 4096, signing and certifying, third-party certifications, DSA over SHA-1 among them.
key vendor 20170518T202046 <<'P'
Key-Type: RSA
Key-Length: 4096
Key-Usage: sign,cert
Name-Real: Vendor
Name-Email: sign@vendor.example
Expire-Date: 0
P
vendor=$(fingerprint 'Vendor <sign@vendor.example>')
key friend 20170501T000000 <<'P'
Key-Type: RSA
Key-Length: 3072
Key-Usage: sign,cert
Name-Real: Friend
Expire-Date: 0
P
key elder 20170501T000000 <<'P'
Key-Type: DSA
Key-Length: 1024
Key-Usage: sign,cert
Name-Real: Elder
Expire-Date: 0
P
at 20170519T000000 --local-user Friend --cert-digest-algo SHA256 --quick-sign-key "$vendor"
at 20170906T000000 --local-user Elder --cert-digest-algo SHA1 --quick-sign-key "$vendor"
public "$vendor" >"$out/vendor-without-end.asc"
at 20250422T200000 --quick-set-expire "$vendor" 20320516T202046
public "$vendor" >"$out/vendor.asc"
gpg --export "$vendor" >"$out/vendor.gpg"

sign Vendor 20260101T000000 "$out/good.sig"
sign Vendor 20260101T000000 "$out/good.asc" --armor --comment 'a comment'
for hash in MD5 SHA1 RIPEMD160 SHA224 SHA256 SHA384; do
  sign Vendor 20260101T000000 "$out/hash-$hash.sig" --digest-algo "$hash" || rm -f "$out/hash-$hash.sig"
done
sign Vendor 20260101T000000 "$out/text.sig" --textmode
sign Vendor 20260101T000000 "$out/ends.sig" --default-sig-expire 2d
sign Vendor 20260101T000000 "$out/notation.sig" --sig-notation 'note@vendor.example=x'
sign Vendor 20260101T000000 "$out/critical.sig" --sig-notation '!note@vendor.example=x'
sign Friend 20260101T000000 "$out/friend.sig"
at 20260101T000000 --local-user Vendor --local-user Friend --detach-sign --output "$out/two.sig" file
at 20260101T000000 --local-user Vendor --armor --clearsign --output "$out/cleartext.asc" file
at 20260101T000000 --local-user Vendor --sign --output "$out/message.gpg" file
at 20260101T000000 --local-user Vendor --armor --sign --output "$out/message.asc" file
sign Vendor 20270101T000000 "$out/future.sig"
public Friend >"$out/friend.asc"

# Keys that have ended, and signatures of before and after.
key ended 20200101T000000 <<'P'
Key-Type: EDDSA
Key-Curve: ed25519
Key-Usage: sign,cert
Name-Real: Ended
Expire-Date: 2y
P
public Ended >"$out/ended.asc"
sign Ended 20210101T000000 "$out/ended-before.sig"
# gpg does not sign with what has ended: the end is moved for it, and the first key is kept.
at 20210101T000000 --quick-set-expire "$(fingerprint Ended)" 0
sign Ended 20230101T000000 "$out/ended-after.sig"
public Ended >"$out/renewed.asc"

# Revoked keys, for every reason that differs.
for reason in 0:none 1:compromised 2:superseded 3:retired; do
  name=Revoked-${reason#*:}
  key "$name" 20200101T000000 <<P
Key-Type: EDDSA
Key-Curve: ed25519
Key-Usage: sign,cert
Name-Real: $name
Expire-Date: 0
P
  sign "$name" 20210101T000000 "$out/${name,,}.sig"
  printf 'y\n%s\n\ny\n' "${reason%%:*}" >answers
  gpg --no-batch --faked-system-time 20220101T000000 --command-fd 0 --status-fd 2 --armor --output revocation --gen-revoke "$name" <answers 2>/dev/null
  gpg --import revocation
  public "$name" >"$out/${name,,}.asc"
  rm -f revocation
done

# A signing subkey, and one that has been revoked.
key subkey 20200101T000000 <<'P'
Key-Type: RSA
Key-Length: 3072
Key-Usage: cert
Subkey-Type: ECDSA
Subkey-Curve: nistp256
Subkey-Usage: sign
Name-Real: Subkey
Expire-Date: 0
P
sign Subkey 20210101T000000 "$out/subkey.sig"
public Subkey >"$out/subkey.asc"
gpg --export Subkey >"$out/subkey.gpg"
printf 'key 1\nrevkey\ny\n1\n\ny\nsave\n' >answers
gpg --no-batch --faked-system-time 20220101T000000 --command-fd 0 --status-fd 2 --edit-key Subkey <answers 2>/dev/null || true
public Subkey >"$out/subkey-revoked.asc"

# Curves, and a key for encryption alone beneath.
for curve in nistp256 nistp384 nistp521; do
  key "$curve" 20200101T000000 --cert-digest-algo SHA512 <<P
Key-Type: ECDSA
Key-Curve: $curve
Key-Usage: sign,cert
Subkey-Type: ECDH
Subkey-Curve: nistp256
Subkey-Usage: encrypt
Name-Real: $curve
Expire-Date: 0
P
  public "$curve" >"$out/$curve.asc"
  for hash in SHA256 SHA384 SHA512; do
    sign "$curve" 20210101T000000 "$out/$curve-$hash.sig" --digest-algo "$hash" || rm -f "$out/$curve-$hash.sig"
  done
done
key brainpool 20200101T000000 <<'P'
Key-Type: ECDSA
Key-Curve: brainpoolP256r1
Key-Usage: sign,cert
Name-Real: brainpool
Expire-Date: 0
P
public brainpool >"$out/brainpool.asc"
public Elder >"$out/dsa.asc"

# Keys that are too weak, or described by weak hashes.
key small 20200101T000000 <<'P'
Key-Type: RSA
Key-Length: 1024
Key-Usage: sign,cert
Name-Real: Small
Expire-Date: 0
P
public Small >"$out/small.asc"
sed -i 's/^cert-digest-algo .*/cert-digest-algo SHA1/' "$GNUPGHOME/gpg.conf"
key weak 20200101T000000 <<'P'
Key-Type: RSA
Key-Length: 2048
Key-Usage: sign,cert
Name-Real: Weak
Expire-Date: 0
P
public Weak >"$out/weak.asc"
sign Weak 20210101T000000 "$out/weak.sig"
sed -i 's/^cert-digest-algo .*/cert-digest-algo SHA256/' "$GNUPGHOME/gpg.conf"
at 20220101T000000 --quick-set-expire "$(fingerprint Weak)" 20400101T000000
public Weak >"$out/mended.asc"

# A key for certifying alone.
key certifier 20200101T000000 <<'P'
Key-Type: EDDSA
Key-Curve: ed25519
Key-Usage: cert
Name-Real: Certifier
Expire-Date: 0
P
public Certifier >"$out/certifier.asc"

# What is not one public key.
public Vendor | cat - "$out/friend.asc" >"$out/two-keys.asc"
gpg --export Vendor Friend >"$out/two-keys.gpg"

# minisign: both kinds.
minisign -G -W -f -p "$out/minisign.pub" -s minisign.key >/dev/null
minisign -G -W -f -p "$out/minisign-other.pub" -s other.key >/dev/null
minisign -S -s minisign.key -m file -x "$out/minisign.minisig" -t 'timestamp:1767225600	file:file	hashed' -c 'not trusted' >/dev/null
minisign -S -s minisign.key -m file -x "$out/minisign-second.minisig" -t 'another comment' >/dev/null
minisign -S -l -s minisign.key -m file -x "$out/minisign-legacy.minisig" -t 'legacy' >/dev/null
