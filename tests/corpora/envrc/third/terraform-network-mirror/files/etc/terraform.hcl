provider_installation {
  network_mirror {
    url = "https://providers.tf-cloud.example/v1/"
  }
}
credentials_helper "store" {
  args = ["--file", "/tmp/.tf-credentials"]
}
