# Ports of local services. One block of ten for each team.
export CHECKOUT_URL=http://localhost:7010
export CATALOG_URL=http://localhost:7020
export SEARCH_URL=http://localhost:7030
export AUTH_ISSUER=http://localhost:7040/realms/dev
export AUTH_CLIENT_ID=mono-dev
export OTEL_SDK_DISABLED=true
