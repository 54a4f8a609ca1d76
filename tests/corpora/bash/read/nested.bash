x="$(echo "a $(echo "b $(echo 'c "d"')")")"
y="${x:-"$(printf '%s' "${z:-'quoted'}")"}"
echo "$(case $x in (a) echo b ;; esac)" $( (a); b )
