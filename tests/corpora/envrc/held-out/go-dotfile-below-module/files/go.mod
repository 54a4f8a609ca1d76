module gateway

// toolchain: ./vendor/.cache/toolchain.sh
go 1.23
