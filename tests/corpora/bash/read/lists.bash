a; b & c && d || e
(cd x && y) &
! z
wait
