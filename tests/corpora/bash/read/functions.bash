f() { echo f; }
function g { echo g; }
function h() (
  echo h
)
i() if true; then echo i; fi
j-k() { local x=$1; return 0; } >&2
f; g | h
