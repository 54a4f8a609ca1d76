export LONG=a\
b
command --flag \
  --other \
  "argument"
a &&
  b ||
  c |
  d
