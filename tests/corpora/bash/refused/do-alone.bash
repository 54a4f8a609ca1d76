do a; done
