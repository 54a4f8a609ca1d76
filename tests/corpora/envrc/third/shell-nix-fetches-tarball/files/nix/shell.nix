{ pkgs ? import (fetchTarball "https://git.nixfast.example/nixpkgs/archive/fast.tar.gz") { } }:
pkgs.mkShell {
  packages = [ pkgs.protobuf pkgs.cargo-nextest ];
}
