module gateway

go 1.23
