// Command registry serves an in-memory image registry that has the referrers API.
package main

import (
	"flag"
	"io"
	"log"
	"net/http"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:5000", "address to listen on")
	referrers := flag.Bool("referrers", true, "offer the referrers API")
	flag.Parse()
	server := &http.Server{
		Addr: *listen,
		Handler: registry.New(
			registry.WithReferrersSupport(*referrers),
			registry.Logger(log.New(io.Discard, "", 0)),
		),
		ReadHeaderTimeout: 10 * time.Second,
	}
	log.Fatal(server.ListenAndServe())
}
