# Messages. Nothing is printed when MONO_QUIET is set.
info() { [[ -n ${MONO_QUIET:-} ]] || log_status "$*"; }
warn() { [[ -n ${MONO_QUIET:-} ]] || log_error "$*"; }
