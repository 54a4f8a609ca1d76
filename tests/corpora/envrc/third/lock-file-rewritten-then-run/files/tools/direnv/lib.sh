#!/usr/bin/env bash
# Functions for .envrc

require_tool() {
  # require_tool NAME: says what is missing, and goes on
  if ! has "$1"; then
    log_error "$1 is missing: mise install"
  fi
}

add_tools() {
  # add_tools FOLDER...: on PATH, the first one first
  local folder
  for folder in "$@"; do
    PATH_add "$folder"
  done
}
