module proofmark.invalid/interop/peers/ctlog

go 1.26.0

require github.com/google/certificate-transparency-go v1.3.1

require golang.org/x/crypto v0.32.0 // indirect
