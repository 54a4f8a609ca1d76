coproc cat
coproc NAME { cat; }
echo a >&"${NAME[1]}"
