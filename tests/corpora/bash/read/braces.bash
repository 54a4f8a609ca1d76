mkdir -p src/{lib,bin}/{a..c}
{ echo a; echo b; } >out
{ echo a
}
echo {not,a}list {x
