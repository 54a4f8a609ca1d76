#!/usr/bin/env bash
# shellcheck shell=bash
set -euo pipefail
source_up_if_exists
if ! has nix_direnv_version || ! nix_direnv_version 3.0.6; then
  source_url "https://example.com/direnvrc" "sha256-RYcUJaRMf8oF5LznDrlCXbkOQrywm0HDv1VjYGaJGdM="
fi
watch_file flake.nix flake.lock
use flake . --impure
layout python3
PATH_add bin
dotenv_if_exists .env.local
export AWS_PROFILE="${AWS_PROFILE:-dev}"
: "${REGION:=eu-west-1}"
