team_require() {
  local tool
  for tool in "$@"; do
    has "$tool" || log_error "missing: $tool"
  done
}
layout_team() {
  export TEAM_CACHE="${XDG_CACHE_HOME:-$HOME/.cache}/team"
  PATH_add bin
}
