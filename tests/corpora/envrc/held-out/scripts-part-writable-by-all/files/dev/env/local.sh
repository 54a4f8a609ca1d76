export MONO_QUIET=
export CHECKOUT_URL=http://localhost:7110
