time make -j4 |& tee log
! a | b
time -p { a; b; }
a 2>&1 | b >/dev/null
