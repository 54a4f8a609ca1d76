cat <<EOF
$HOME and $(date) and `uname` and \$not
EOF
cat <<'EOF' >file
$literal $(text)
EOF
cat <<-EOF | sed s/a/b/
	stripped
	EOF
cat <<A <<B
a
A
b
B
