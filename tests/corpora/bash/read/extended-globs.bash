shopt -s extglob
ls !(*.o) @(a|b) +([0-9]) ?(x) *(y)
[[ $x == @(a|b)* ]]
