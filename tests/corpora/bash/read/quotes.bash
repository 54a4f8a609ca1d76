echo 'single' "double $x" $'ansi\x41\n' $"translated" a'b'"c"\ d \"e\"
echo "a\"b\$c\`d\\e" 'a"b'
echo ""'' "" ~ ~/x ~user/y
