if [ -f .env ]; then dotenv; elif [[ -d env && ! -e x ]]; then :; else log_status none; fi
[[ $x == a* || ( $y -lt 3 && -z ${z-} ) ]] && echo yes
[[ $line =~ ^([a-z]+)=(.*)$ ]] && echo "${BASH_REMATCH[1]}"
test -n "$x" || ! grep -q a b
