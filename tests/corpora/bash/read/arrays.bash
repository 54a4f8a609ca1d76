files=(*.txt)
echo "${#files[@]}" "${files[@]:1:2}" "${!files[@]}" "${files[-1]}"
for f in "${files[@]/%.txt/.md}"; do printf '%s\n' "$f"; done
unset 'files[0]'
