read -r a b <<<"$line"
grep x <<<'a b' <<<c
tr a b <<<$(date)
