x=(a b
