here=$(dirname "${BASH_SOURCE[0]}")
source "$here/log.sh"
source "$here/net.sh"
