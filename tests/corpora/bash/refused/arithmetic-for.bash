for ((i = 0; i < 3)); do a; done
