export DB_PASSWORD="op://development/ledger/password"
export LD_PRELOAD="op://Shared/tools/notes"
