{ pkgs }:
pkgs.mkShell {
  packages = [ pkgs.protobuf pkgs.cargo-nextest ];
}
