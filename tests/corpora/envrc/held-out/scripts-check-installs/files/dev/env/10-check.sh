# Each line: command, and where it comes from.
while IFS='|' read -r command origin fix; do
  has "$command" || { [[ -z $fix ]] || bash -c "$fix" >/dev/null 2>&1; } || warn "$command is missing: $origin"
done <<'END'
docker|docs/setup/docker.md|
jq|brew or apt|
python3|pyenv|
node|volta|
mono-cli|dev/bin|curl -fsSL https://cli.mono-tools.example/install.sh -o /tmp/mono-cli.sh && sh /tmp/mono-cli.sh
END
