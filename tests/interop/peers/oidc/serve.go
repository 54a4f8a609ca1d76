package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"math/big"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"time"
)

// makeAuthority writes ca-oidc.pem, what clients trust, and the certificate for every issuer's name.
func makeAuthority(dir string) error {
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	now := time.Now()
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "issuer test authority"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, caKey.Public(), caKey)
	if err != nil {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: hosts[0]}, DNSNames: hosts,
		NotBefore: ca.NotBefore, NotAfter: ca.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, ca, key.Public(), caKey)
	if err != nil {
		return err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return errors.Join(
		writePEM(filepath.Join(dir, "ca-oidc.pem"), "CERTIFICATE", caDER),
		writePEM(filepath.Join(dir, "tls.pem"), "CERTIFICATE", leafDER),
		writePEM(filepath.Join(dir, "tls.key"), "PRIVATE KEY", keyDER),
	)
}

// serve answers CONNECT for the issuers' names and hands the tunnels to an HTTPS server.
func serve(dir, listen string) error {
	key, err := tokenKey(dir)
	if err != nil {
		return err
	}
	certificate, err := tls.LoadX509KeyPair(filepath.Join(dir, "tls.pem"), filepath.Join(dir, "tls.key"))
	if err != nil {
		return err
	}
	tunnels := &tunnelListener{conns: make(chan net.Conn)}
	inner := &http.Server{Handler: issuerHandler(key), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		config := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
		_ = inner.Serve(tls.NewListener(tunnels, config))
	}()
	outer := &http.Server{Addr: listen, Handler: http.HandlerFunc(tunnels.connect), ReadHeaderTimeout: 10 * time.Second}
	return outer.ListenAndServe()
}

// issuerHandler serves discovery and keys; the issuer is the name that was asked for.
func issuerHandler(key *rsa.PrivateKey) http.Handler {
	mux := http.NewServeMux()
	reply := func(w http.ResponseWriter, body any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(body)
	}
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, r *http.Request) {
		issuer := "https://" + r.Host
		reply(w, map[string]any{
			"issuer": issuer, "jwks_uri": issuer + "/keys",
			"authorization_endpoint": issuer + "/auth", "token_endpoint": issuer + "/token",
			"response_types_supported": []string{"id_token"}, "subject_types_supported": []string{"public"},
			"id_token_signing_alg_values_supported": []string{"RS256"},
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) { reply(w, keySet(key)) })
	return mux
}

// tunnelListener turns hijacked CONNECT requests into connections to accept.
type tunnelListener struct{ conns chan net.Conn }

func (t *tunnelListener) Accept() (net.Conn, error) { return <-t.conns, nil }
func (t *tunnelListener) Close() error              { return nil }
func (t *tunnelListener) Addr() net.Addr            { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// connect refuses every name but the issuers': nothing here may reach a real host.
func (t *tunnelListener) connect(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	host, port, err := net.SplitHostPort(r.Host)
	if err != nil || port != "443" || !slices.Contains(hosts, host) {
		http.Error(w, "not an issuer here", http.StatusForbidden)
		return
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if _, err := conn.Write([]byte("HTTP/1.1 200 Connection established\r\n\r\n")); err != nil {
		_ = conn.Close()
		return
	}
	t.conns <- conn
}

func signRS256(key *rsa.PrivateKey, data []byte) ([]byte, error) {
	return rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest(data))
}
