module git.acme.example/ledger

go 1.23.1

require git.acme.example/ledger/proto v0.4.0
