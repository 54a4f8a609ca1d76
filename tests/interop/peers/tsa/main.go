// Command tsa serves the timestamp authority's own API with a key and a chain from files.
//
// The released program also opens the fixed port 2112 for metrics, on all interfaces: two of
// them cannot run on one machine. This leaves that server out and changes nothing else.
package main

import (
	"flag"
	"log"
	"time"

	"github.com/sigstore/timestamp-authority/v2/pkg/server"
	"github.com/spf13/viper"
)

func main() {
	port := flag.Int("port", 3000, "loopback port to listen on")
	key := flag.String("key", "", "private key in PEM")
	chain := flag.String("chain", "", "certificate chain in PEM, leaf first")
	flag.Parse()
	// The released program's defaults, as far as its API reads them.
	for name, value := range map[string]any{
		"timestamp-signer": "file", "timestamp-signer-hash": "sha256",
		"file-signer-key-path": *key, "certificate-chain-path": *chain,
		"enforce-intermediate-eku": true, "max-request-body-size": 1 << 20,
		"default-policy-oid":   "1.3.6.1.4.1.57264.2",
		"accepted-policy-oids": []string{"1.3.6.1.4.1.57264.2"},
		// No clock is compared with time servers: there is no network.
		"disable-ntp-monitoring": true,
	} {
		viper.Set(name, value)
	}
	const limit = 30 * time.Second
	api := server.NewRestAPIServer("127.0.0.1", *port, []string{"http"}, false, limit, limit)
	log.Fatal(api.Serve())
}
