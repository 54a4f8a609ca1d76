# The guard of proofmark: direnv reads this file before it loads an .envrc, and loads it only if it and everything that it
# loads are as they were approved by `proofmark envrc allow`. Written by `proofmark envrc guard`; see docs/guide/direnv.md.
if [[ -n "${2-}" ]]; then
  XDG_STATE_HOME=@STATE@ @PROGRAM@ envrc verify -- "$2" >&2 || builtin exit 1
fi
