(a; b)
(
  a
)
x=$(
  a
  b # c )
)
