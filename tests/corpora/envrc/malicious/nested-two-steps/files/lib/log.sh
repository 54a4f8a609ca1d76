note() { printf 'note: %s\n' "$*" >&2; }
