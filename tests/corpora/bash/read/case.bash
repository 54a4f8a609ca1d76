case "$OSTYPE" in
  linux*) os=linux ;;
  darwin* | freebsd*) os=bsd ;&
  "odd name") os=odd ;;&
  (*) os=unknown
esac
case $1 in esac
