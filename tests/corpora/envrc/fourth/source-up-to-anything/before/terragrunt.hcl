remote_state {
  backend = "s3"
  config  = { bucket = "lz-state", key = "root", region = "eu-central-1" }
}
