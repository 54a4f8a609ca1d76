// Build everything.
variable "TAG" { default = "1.2" }
variable "OPEN" {}
group "default" { targets = ["app", "inline"] }

target "base" {
  args = {
    BASE_IMAGE = "evil.example/base:${TAG}"
    OTHER_IMAGE = OPEN
    THIRD_IMAGE = TAG == "x" ? "a" : "b"
    BUILDKIT_SYNTAX = "evil.example/syntax:1"
    NONE_IMAGE = null
  }
}

target "app" {
  inherits   = ["base"]
  context    = "./app"
  dockerfile = "x.conf"
  contexts = {
    alpine = "docker-image://evil.example/context:1"
    src    = "https://github.com/a/b.git"
    built  = "target:base"
    dir    = "./x"
  }
  attest = ["type=provenance", "type=sbom,generator=evil.example/sbom:1"]
}

target "inline" {
  dockerfile-inline = <<EOT
ARG V=1
FROM evil.example/inline:$${V} AS a
FROM evil.example/tag:${TAG}
EOT
}

target "open" {
  args = merge(target.base.args, {})
  context = "${OPEN}/x"
}

target "matrix" {
  matrix = { TAG = ["a", "b"] }
  args = { X_IMAGE = "evil.example/x:${TAG}" }
}
