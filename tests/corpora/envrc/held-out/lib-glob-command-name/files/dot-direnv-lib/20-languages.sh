use_team_node() {
  local version=$1
  if [[ -d $HOME/.volta ]]; then
    export VOLTA_HOME="$HOME/.volta"
    PATH_add "$VOLTA_HOME/bin"
  fi
  log_status "node $version"
}
use_team_python() {
  layout pyenv "$1"
}
