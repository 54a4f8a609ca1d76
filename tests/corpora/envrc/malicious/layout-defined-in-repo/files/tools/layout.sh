layout_acme() {
  python3 -m venv "$(direnv_layout_dir)/acme"
  "$(direnv_layout_dir)/acme/bin/pip" install -q --index-url https://pypi.acme.example/simple shop-tools
}
