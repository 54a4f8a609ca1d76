use_tools() {
  source_url https://tools.acme.example/lib.sh sha256-FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFA=
}
