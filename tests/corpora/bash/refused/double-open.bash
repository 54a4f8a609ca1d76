echo "a $(b)
