module proofmark.invalid/interop/peers/oidc

go 1.26.0
