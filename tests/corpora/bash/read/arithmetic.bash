((n = 1 + 2 * (3 - 1), n++))
x=$((n ** 2 % 7)) y=$[n + 1]
for ((i = 0; i < 10; i += 2)); do echo "$i"; done
if ((n > 3 && n < 9)); then echo "${list[n - 1]}"; fi
