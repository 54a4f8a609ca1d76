// Command oidc stands in for two OpenID Connect issuers and mints tokens with claims of the
// caller's choice.
//
// An issuer's URL ends up in every certificate, so it has to be a stable public-looking name
// although the server listens on a loopback port. The server is therefore a CONNECT proxy that
// answers for exactly those names, with a certificate of its own throw-away authority: a client
// reaches it with HTTPS_PROXY and SSL_CERT_FILE.
package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"math/big"
	"os"
	"path/filepath"
	"time"
)

// hosts are the issuers: the first gives e-mail claims, the second those of a CI job.
var hosts = []string{"accounts.acme.example", "token.actions.githubusercontent.com"}

func main() {
	if len(os.Args) < 2 {
		log.Fatal("usage: oidc init|serve|mint --dir DIR …")
	}
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	dir := flags.String("dir", "", "directory of the key and the authority")
	listen := flags.String("listen", "127.0.0.1:8080", "serve: address to listen on")
	issuer := flags.String("issuer", "https://"+hosts[1], "mint: the token's issuer")
	_ = flags.Parse(os.Args[2:])
	var err error
	switch os.Args[1] {
	case "init":
		err = initialise(*dir)
	case "serve":
		err = serve(*dir, *listen)
	case "mint":
		err = mint(*dir, *issuer, os.Stdin, os.Stdout)
	default:
		err = fmt.Errorf("no command %q", os.Args[1])
	}
	if err != nil {
		log.Fatal(err)
	}
}

// initialise makes the token key, and the authority that the proxy's certificates come from.
func initialise(dir string) error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := writePEM(filepath.Join(dir, "token.key"), "PRIVATE KEY", der); err != nil {
		return err
	}
	return makeAuthority(dir)
}

// mint signs the claims read from in; iss, aud, iat, nbf and exp are added where absent.
func mint(dir, issuer string, in io.Reader, out io.Writer) error {
	key, err := tokenKey(dir)
	if err != nil {
		return err
	}
	now := time.Now().Unix()
	claims := map[string]any{
		"iss": issuer, "aud": "sigstore", "iat": now, "nbf": now - 30, "exp": now + 600,
	}
	if err := json.NewDecoder(in).Decode(&claims); err != nil {
		return fmt.Errorf("claims: %w", err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return err
	}
	encode := base64.RawURLEncoding.EncodeToString
	header := encode([]byte(`{"alg":"RS256","kid":"1","typ":"JWT"}`))
	signed := header + "." + encode(payload)
	signature, err := signRS256(key, []byte(signed))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, signed+"."+encode(signature))
	return err
}

// tokenKey reads what initialise wrote.
func tokenKey(dir string) (*rsa.PrivateKey, error) {
	data, err := os.ReadFile(filepath.Join(dir, "token.key"))
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, errors.New("token.key: no PEM block")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("token.key: not an RSA key")
	}
	return key, nil
}

// keySet is the JWKS with the one token key.
func keySet(key *rsa.PrivateKey) map[string]any {
	encode := base64.RawURLEncoding.EncodeToString
	return map[string]any{"keys": []map[string]string{{
		"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1",
		"n": encode(key.N.Bytes()),
		"e": encode(big.NewInt(int64(key.E)).Bytes()),
	}}}
}

func writePEM(path, kind string, der []byte) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}

func digest(data []byte) []byte {
	sum := sha256.Sum256(data)
	return sum[:]
}
