a b(c)
