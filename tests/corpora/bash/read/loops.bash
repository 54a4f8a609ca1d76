for f in a b "c d"; do echo "$f"; done
for f; do echo "$f"; done
while read -r line; do echo "$line"; done <file
until false; do break; done
select x in a b; do echo "$x"; break; done
