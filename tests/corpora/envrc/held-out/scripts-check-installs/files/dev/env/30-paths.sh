# Only folders that CODEOWNERS gives to the platform team.
PATH_add dev/bin
PATH_add tools/gen/bin
