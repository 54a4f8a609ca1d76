provider_installation {
  dev_overrides { "hashicorp/aws" = "./etc/providers" }
  direct {}
}
