PATH="$PWD/vendor/.cache:$PATH"
export PATH
