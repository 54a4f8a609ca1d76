// Command ctlog answers add-pre-chain with a signed certificate timestamp, as a certificate
// transparency log does. It keeps no tree: nothing in these tests asks for a proof.
package main

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	ct "github.com/google/certificate-transparency-go"
	"github.com/google/certificate-transparency-go/tls"
	ctx509 "github.com/google/certificate-transparency-go/x509"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:6962", "address to listen on")
	keyPath := flag.String("key", "", "PKCS#8 private key in PEM")
	flag.Parse()
	key, id, err := loadKey(*keyPath)
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ct/v1/get-roots", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"certificates":[]}`)
	})
	mux.HandleFunc("POST /ct/v1/add-pre-chain", func(w http.ResponseWriter, r *http.Request) {
		answer, err := timestamp(r, key, id)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer)
	})
	server := &http.Server{Addr: *listen, Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.ListenAndServe())
}

// loadKey reads the log's key; its identifier is the SHA-256 of the SPKI (RFC 6962 section 3.2).
func loadKey(path string) (*ecdsa.PrivateKey, [32]byte, error) {
	var id [32]byte
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, id, err
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, id, fmt.Errorf("%s: no PEM block", path)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, id, err
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return nil, id, fmt.Errorf("%s: not an EC key", path)
	}
	spki, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return nil, id, err
	}
	return key, sha256.Sum256(spki), nil
}

// timestamp signs the precertificate of an add-pre-chain request (RFC 6962 section 4.2).
func timestamp(r *http.Request, key *ecdsa.PrivateKey, id [32]byte) (*ct.AddChainResponse, error) {
	var request ct.AddChainRequest
	if err := json.NewDecoder(http.MaxBytesReader(nil, r.Body, 1<<20)).Decode(&request); err != nil {
		return nil, err
	}
	chain := make([]*ctx509.Certificate, 0, len(request.Chain))
	for _, der := range request.Chain {
		certificate, err := ctx509.ParseCertificate(der)
		if ctx509.IsFatal(err) {
			return nil, err
		}
		chain = append(chain, certificate)
	}
	now := uint64(time.Now().UnixMilli())
	leaf, err := ct.MerkleTreeLeafFromChain(chain, ct.PrecertLogEntryType, now)
	if err != nil {
		return nil, err
	}
	sct := ct.SignedCertificateTimestamp{SCTVersion: ct.V1, LogID: ct.LogID{KeyID: id}, Timestamp: now}
	input, err := ct.SerializeSCTSignatureInput(sct, ct.LogEntry{Leaf: *leaf})
	if err != nil {
		return nil, err
	}
	signature, err := tls.CreateSignature(*key, tls.SHA256, input)
	if err != nil {
		return nil, err
	}
	encoded, err := tls.Marshal(signature)
	if err != nil {
		return nil, err
	}
	return &ct.AddChainResponse{SCTVersion: ct.V1, ID: id[:], Timestamp: now, Signature: encoded}, nil
}
