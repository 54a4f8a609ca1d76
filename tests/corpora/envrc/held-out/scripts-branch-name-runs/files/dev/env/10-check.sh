# Each line: command, and where it comes from.
while read -r command origin; do
  has "$command" || warn "$command is missing: $origin"
done <<'END'
docker docs/setup/docker.md
jq brew or apt
python3 pyenv
node volta
END
